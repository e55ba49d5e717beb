"""The embedded engine: transformers in this process, for machines without vLLM or a GPU.

Conversations are sorted by length and answered in left-padded batches. Greedy answers do not depend on the batch;
sampled ones neither, because each request has its own random numbers (see `decoding.Row.draw`).
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from evalsuite.conversation import Completion, Request
from evalsuite.engines.decoding import Drawing, Ending, Row
from evalsuite.engines.engine import ONE_THREAD_PARAMETERS, EngineError, EngineOptions, EngineRecord

if TYPE_CHECKING:
    import threading

    from evalsuite.checkpoint import Checkpoint

Deliver = Callable[[Completion], None]


class TransformersEngine:
    """Answers from a model loaded into this process: float32 on a CPU, the checkpoint's own type on a GPU."""

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions | None = None) -> None:
        self._checkpoint = checkpoint
        self._options = options or EngineOptions()
        self._model: Any = None
        self._tokenizer: Any = None
        self._device = "cpu"
        self._end_tokens: frozenset[int] = frozenset()
        self._context_tokens: int | None = None
        self._threads_before: int | None = None

    def start(self) -> None:
        """Load the checkpoint; EngineError where it or the software for it is missing."""
        try:
            import torch
            import transformers  # noqa: F401  # here, so that its absence is told apart from a broken checkpoint
        except ImportError as error:
            raise EngineError(
                f"transformers cannot be imported ({error}); it was expected for the embedded engine; "
                "pip install 'evalsuite[cpu]'"
            ) from error
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        with _quiet():
            try:
                self._load()
            except EngineError:
                raise
            except Exception as error:
                # transformers raises almost anything here: OSError, ValueError, KeyError, RuntimeError, ...
                raise EngineError(
                    f"{self._checkpoint.path} cannot be loaded ({type(error).__name__}: {error}); a checkpoint that "
                    "AutoModelForCausalLM loads was expected; check that it is whole, and its transformers version"
                ) from error
        self._set_threads()

    def describe(self) -> EngineRecord:
        """The record, with versions of transformers and torch and what ends an answer."""
        import torch
        import transformers

        return EngineRecord(
            name="transformers",
            version=transformers.__version__,
            model=self._checkpoint.name,
            arguments={
                "torch": str(torch.__version__),
                "batch_size": self._options.batch_size,
                "threads": torch.get_num_threads(),
                "end_tokens": sorted(self._end_tokens),
                "context_tokens": self._context_tokens,
            },
            dtype=str(self._model.dtype).removeprefix("torch."),
            device=self._device,
        )

    def answer(self, requests: Sequence[Request], deliver: Deliver, stop: threading.Event) -> None:
        """Answer in batches; see Engine. Each completion is delivered when its batch is done."""
        rows = []
        for request in requests:
            if stop.is_set():
                return
            try:
                rows.append(self._prepare(request))
            except _Unanswerable as reason:
                deliver(Completion(request_id=request.id, text="", error=str(reason)))
        rows.sort(key=lambda row: len(row.prompt))
        size = max(1, self._options.batch_size)
        for first in range(0, len(rows), size):
            self._answer_batch(rows[first : first + size], deliver, stop)

    def close(self) -> None:
        """Let go of the model."""
        self._model = self._tokenizer = None
        if self._threads_before is not None:
            import torch

            torch.set_num_threads(self._threads_before)
            self._threads_before = None

    def _load(self) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

        checkpoint, trusted = self._checkpoint, self._options.trust_remote_code
        self._tokenizer = AutoTokenizer.from_pretrained(checkpoint.tokenizer, trust_remote_code=trusted)
        if self._tokenizer.chat_template is None:
            raise EngineError(
                f"{checkpoint.tokenizer} has no chat template; the template of its training was expected; "
                "save the tokenizer with it"
            )
        where = checkpoint.base or checkpoint.path
        model, report = AutoModelForCausalLM.from_pretrained(
            where,
            dtype=self._options.dtype or ("float32" if self._device == "cpu" else "auto"),
            trust_remote_code=trusted,
            use_safetensors=None if trusted else True,
            output_loading_info=True,
        )
        _check_loaded(where, report)
        self._end_tokens = _end_tokens(where, model.config, self._tokenizer)
        if checkpoint.kind == "adapter":
            model = _with_adapter(model, checkpoint.path)
        # generate() fills what our settings leave open from the model's: nothing of the checkpoint's may be there.
        for holder in {id(part): part for part in (model, getattr(model, "get_base_model", lambda: model)())}.values():
            holder.generation_config = GenerationConfig()
        self._model = model.to(self._device).eval()
        settings = model.config.get_text_config()
        own = getattr(settings, "max_position_embeddings", None)
        self._context_tokens = self._options.max_model_len or own

    def _set_threads(self) -> None:
        import torch

        wanted = self._options.threads
        if wanted is None and self._device == "cpu" and self._model.num_parameters() < ONE_THREAD_PARAMETERS:
            wanted = 1
        if wanted is not None:
            self._threads_before = torch.get_num_threads()
            torch.set_num_threads(wanted)

    def _prepare(self, request: Request) -> Row:
        """The row of a request; raises _Unanswerable where its prompt cannot be made or has no room."""
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        try:
            text = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            prompt = self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        except Exception as error:
            # A template may raise what it likes, of roles that it does not know for instance.
            raise _Unanswerable(f"the chat template fails: {type(error).__name__}: {error}") from error
        wanted = request.sampling.max_tokens
        if wanted < 1:
            raise _Unanswerable(f"max_tokens is {wanted}; at least 1 was expected")
        if self._context_tokens is not None and len(prompt) + wanted > self._context_tokens:
            raise _Unanswerable(
                f"the prompt has {len(prompt)} tokens and the answer may have {wanted}; "
                f"{self._context_tokens} in all was expected, the model's context; shorten it or lower max_tokens"
            )
        return Row(request, prompt, self._tokenizer, self._end_tokens)

    def _answer_batch(self, rows: Sequence[Row], deliver: Deliver, stop: threading.Event) -> None:
        """Answer the rows at once; where that fails, for want of memory above all, in halves, then one by one."""
        if stop.is_set() or not rows:
            return
        began = time.perf_counter()
        try:
            self._generate(rows, stop)
        except Exception as error:
            if len(rows) == 1:
                reason = f"the model fails: {type(error).__name__}: {error}"
                deliver(Completion(request_id=rows[0].request.id, text="", error=reason))
                return
            half = len(rows) // 2
            anew = [Row(row.request, row.prompt, self._tokenizer, self._end_tokens) for row in rows]
            self._answer_batch(anew[:half], deliver, stop)
            self._answer_batch(anew[half:], deliver, stop)
            return
        latency_s = time.perf_counter() - began
        for row in rows:
            if row.finish_reason is not None:
                deliver(row.completion(latency_s))

    def _generate(self, rows: Sequence[Row], stop: threading.Event) -> None:
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        longest = max(len(row.prompt) for row in rows)
        padding = [longest - len(row.prompt) for row in rows]
        pad = self._tokenizer.pad_token_id or 0  # masked: any token will do
        ids = [[pad] * gap + list(row.prompt) for gap, row in zip(padding, rows, strict=True)]
        mask = [[0] * gap + [1] * (longest - gap) for gap in padding]
        settings = GenerationConfig(
            do_sample=False,
            use_cache=True,  # training often leaves False in the config
            max_new_tokens=max(row.request.sampling.max_tokens for row in rows),
            pad_token_id=pad,
        )
        with torch.inference_mode():
            self._model.generate(
                input_ids=torch.tensor(ids, device=self._device),
                attention_mask=torch.tensor(mask, device=self._device),
                generation_config=settings,
                logits_processor=LogitsProcessorList([Drawing(rows)]),
                stopping_criteria=StoppingCriteriaList([Ending(rows, stop)]),
            )


class _Unanswerable(Exception):
    """Why a request cannot be put to the model."""


def _check_loaded(where: str, report: Any) -> None:
    """EngineError where tensors of the model were not in its files: they would be random."""
    missing = sorted(report["missing_keys"]) if isinstance(report, dict) else sorted(report.missing_keys)
    if missing:
        raise EngineError(
            f"{where} lacks {len(missing)} of the model's tensors ({', '.join(missing)}); weights for its whole "
            "architecture were expected; check how it was saved"
        )


def _end_tokens(where: str, config: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer, as vLLM takes them: the tokenizer's, and the generation config's."""
    from transformers import GenerationConfig

    try:
        named = GenerationConfig.from_pretrained(where).eos_token_id
    except OSError:
        named = getattr(config.get_text_config(), "eos_token_id", None)
    several = named if isinstance(named, list) else [named]
    return frozenset(token for token in (tokenizer.eos_token_id, *several) if token is not None)


def _with_adapter(model: Any, path: str) -> Any:
    try:
        from peft import PeftModel
    except ImportError as error:
        raise EngineError(
            f"{path} is an adapter and peft cannot be imported ({error}); it was expected; "
            "pip install 'evalsuite[cpu,lora]'"
        ) from error
    with warnings.catch_warnings(record=True) as advice:
        warnings.simplefilter("always")
        adapted = PeftModel.from_pretrained(model, path)
    for warning in advice:
        if "missing adapter keys" in str(warning.message):  # peft goes on, with random numbers in their place
            raise EngineError(
                f"{path} does not fit its base model ({warning.message}); an adapter trained on that base was "
                "expected; name the right one with --base-model"
            )
    return adapted


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the progress bars and advice of loading off the terminal; what was set before is set again.

    Only for loading, which blocks the main thread: warning filters are the process's, and the answering thread must
    not change them while tests run.
    """
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
