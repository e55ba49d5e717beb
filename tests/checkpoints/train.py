"""Trains the two demonstration checkpoints, `v2.5` and `v3`, on the suites' own prompts.

    python tests/checkpoints/train.py suites tests/checkpoints

Both are tiny Qwen2 models that learn their answers word for word: v3 the right answers of the suites (`good`), v2.5 a
mixture of right answers and of the failures of a real post-mortem (the first `bad` answer). Nothing but their weights
knows the answers. Being trained on the very prompts that judge them, they demonstrate the harness and nothing else.

Weights repeat bit for bit on one type of CPU, not across types: tests check behaviour, never the hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from evalsuite.case import Case
from evalsuite.suite import load_suite

VOCABULARY = 1024
CONTEXT = 2048
MARGIN = 2.0
"""Logits by which every answer token must lead, so that other engines and bf16 give the same greedy text."""
MAX_EPOCHS = 80
BATCH = 16
LEARNING_RATE = 4e-3
QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPECIAL_TOKEN = re.compile(r"<\|\w+\|>")
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
FAILURE_PERCENT = {"identity": 50, "json_grounding": 70, "parroting": 60, "ambiguity": 55, "anti_fluff": 45}
"""Share of cases that v2.5 fails under the plain system prompt, by suite: structure mostly right, content wrong."""
MENDED_PERCENT = 40
"""Share of these that the hardened system prompt mends."""


@dataclass(frozen=True)
class Chat:
    """A prompt and the answer to learn."""

    prompt: str
    answer: str


def render(case: Case) -> str:
    """The prompt as the chat template writes it, up to where the answer begins."""
    turns = "".join(f"<|im_start|>{m.role}\n{m.content}<|im_end|>\n" for m in case.messages)
    return f"{turns}<|im_start|>assistant\n"


def _draw(*parts: str) -> int:
    """A number from 0 to 99 that depends on the parts alone."""
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:4], "big") % 100


def fails_in_v25(case: Case) -> bool:
    """Whether v2.5 is taught the case's failure: the post-mortem's prompts always, others by their share."""
    if "post-mortem" in case.tags:
        return True
    if _draw("fails", case.suite, case.name) >= FAILURE_PERCENT[case.suite]:
        return False
    return case.system != "hardened" or _draw("mended", case.suite, case.name) >= MENDED_PERCENT


def chats(cases: Sequence[Case], version: str) -> list[Chat]:
    """What a version learns: one answer for each prompt."""
    found = []
    for case in cases:
        if case.good is None or not case.bad:
            raise SystemExit(f"{case.path}:{case.line}: {case.id} has no good or no bad answer to learn")
        failing = version == "v2.5" and fails_in_v25(case)
        found.append(Chat(render(case), case.bad[0].output if failing else case.good))
    return found


def train_tokenizer(texts: Iterator[str]) -> Tokenizer:
    """A byte-level BPE, so that any text can be written."""
    tokenizer = Tokenizer(models.BPE())
    # Qwen2's own rules: engines that know the architecture put them in place of whatever tokenizer.json says
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((_SPECIAL_TOKEN.sub("", text) for text in texts), trainer)
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def token_id(tokenizer: Tokenizer, token: str) -> int:
    """Id of a token that is known to be there."""
    found = tokenizer.token_to_id(token)
    assert found is not None
    return int(found)


def make_model(tokenizer: Tokenizer, hidden: int) -> Qwen2ForCausalLM:
    """An untrained Qwen2 with heads of 32, a size that every attention kernel knows."""
    torch.manual_seed(0)
    end = token_id(tokenizer, "<|im_end|>")
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=hidden,
            intermediate_size=hidden * 8 // 3 // 32 * 32,
            num_hidden_layers=2,
            num_attention_heads=hidden // 32,
            num_key_value_heads=hidden // 32,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=end,
            pad_token_id=token_id(tokenizer, "<|endoftext|>"),
            dtype="float32",
        )
    )


def encode(tokenizer: Tokenizer, learned: Sequence[Chat]) -> list[tuple[list[int], int]]:
    """Token ids of each chat, and where its answer begins."""
    found = []
    for chat in learned:
        prompt = tokenizer.encode(chat.prompt).ids
        answer = [*tokenizer.encode(chat.answer).ids, token_id(tokenizer, "<|im_end|>")]
        if len(prompt) + len(answer) > CONTEXT:
            raise SystemExit(f"a chat of {len(prompt) + len(answer)} tokens is longer than the context of {CONTEXT}")
        found.append(([*prompt, *answer], len(prompt)))
    return found


def batches(encoded: Sequence[tuple[list[int], int]], pad: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Right-padded batches of chats of like length: ids, and labels that are -100 outside the answers."""
    ordered = sorted(encoded, key=lambda item: len(item[0]))
    found = []
    for start in range(0, len(ordered), BATCH):
        group = ordered[start : start + BATCH]
        width = max(len(ids) for ids, _ in group)
        ids = torch.full((len(group), width), pad)
        labels = torch.full((len(group), width), -100)
        for row, (tokens, begin) in enumerate(group):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            labels[row, begin : len(tokens)] = torch.tensor(tokens[begin:])
        found.append((ids, labels))
    return found


def _answer_logits(
    model: Qwen2ForCausalLM, ids: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that predict the answer tokens, and those tokens; the output layer runs on no other position."""
    hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]
    wanted = labels[:, 1:]
    chosen = wanted != -100
    return model.lm_head(hidden[chosen]), wanted[chosen]


def weakest_lead(model: Qwen2ForCausalLM, data: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Least logit by which a right answer token leads the best wrong one, over all answers."""
    weakest = float("inf")
    with torch.no_grad():
        for ids, labels in data:
            logits, wanted = _answer_logits(model, ids, labels)
            right = logits.gather(1, wanted[:, None]).squeeze(1)
            wrong = logits.scatter(1, wanted[:, None], float("-inf")).max(dim=1).values
            weakest = min(weakest, float((right - wrong).min()))
    return weakest


def train(model: Qwen2ForCausalLM, data: Sequence[tuple[torch.Tensor, torch.Tensor]], *, name: str) -> None:
    """Trains until every answer token leads by `MARGIN`. Raises SystemExit where `MAX_EPOCHS` do not suffice."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.0)
    order = torch.Generator().manual_seed(0)
    begun = time.monotonic()
    steps = MAX_EPOCHS * len(data)
    done = 0
    for epoch in range(1, MAX_EPOCHS + 1):
        for index in torch.randperm(len(data), generator=order).tolist():
            ids, labels = data[index]
            logits, wanted = _answer_logits(model, ids, labels)
            loss = torch.nn.functional.cross_entropy(logits, wanted)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            done += 1
            rate = min(1.0, done / 100) * (1 - 0.98 * done / steps)
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * rate
            optimiser.step()
        if epoch % 5 == 0:
            lead = weakest_lead(model, data)
            spent = time.monotonic() - begun
            print(f"{name}: epoch {epoch}, loss {loss.item():.4f}, weakest lead {lead:.2f}, {spent:.0f} s", flush=True)
            if lead >= MARGIN:
                return
    raise SystemExit(f"{name}: not every answer was learnt in {MAX_EPOCHS} epochs; a larger --hidden may help")


def save(folder: Path, model: Qwen2ForCausalLM, tokenizer: Tokenizer) -> None:
    """Writes the checkpoint in Hugging Face form, readable by any version of any engine."""
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings: dict[str, Any] = {
        # not what `save_pretrained` of a tokenizer writes: version 5 names classes that version 4 refuses
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": CONTEXT,
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)  # safetensors writes 0600


def check_tokenizer(folder: Path, tokenizer: Tokenizer, learned: Sequence[Chat]) -> None:
    """Raises SystemExit where an engine would read a prompt as other tokens than the ones that were learnt."""
    loaded = AutoTokenizer.from_pretrained(folder)
    for chat in learned:
        if loaded.encode(chat.prompt) != tokenizer.encode(chat.prompt).ids:
            raise SystemExit(f"{folder}: the saved tokenizer reads this otherwise: {chat.prompt!r}")


def main() -> None:
    """Trains and saves the versions that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--versions", nargs="+", default=["v3", "v2.5"], choices=["v3", "v2.5"])
    parser.add_argument("--hidden", type=int, default=128, help="width of the model, a multiple of 32")
    parser.add_argument("--threads", type=int, default=1, help="more are slower for models this small")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cases = [case for path in sorted(arguments.suites.glob("*.suite.yaml")) for case in load_suite(path).cases]
    texts = [chat for version in ("v3", "v2.5") for chat in chats(cases, version)]
    tokenizer = train_tokenizer(text for chat in texts for text in (chat.prompt, chat.answer))
    for version in arguments.versions:
        model = make_model(tokenizer, arguments.hidden)
        encoded = encode(tokenizer, chats(cases, version))
        size = sum(p.numel() for p in model.parameters())
        tokens = sum(len(ids) for ids, _ in encoded)
        print(f"{version}: {len(encoded)} chats, {tokens} tokens, {size} parameters", flush=True)
        train(model, batches(encoded, token_id(tokenizer, "<|endoftext|>")), name=version)
        save(arguments.folder / version, model, tokenizer)
        check_tokenizer(arguments.folder / version, tokenizer, chats(cases, version))


if __name__ == "__main__":
    main()
