"""Tiny random checkpoints for tests: a Qwen2, a LoRA adapter over it, and the two merged."""

from __future__ import annotations

import contextlib
import json
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CONTEXT_TOKENS = 1024


def make_checkpoint(folder: Path, *, seed: int = 0) -> Path:
    """A random Qwen2 (hidden 96, 2 layers, 3 heads of 32) with tokenizer and ChatML template, in `folder`.

    Its generation_config.json asks for hot sampling with a repetition penalty: an engine that lets it leak in
    does not answer greedily.
    """
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = _make_tokenizer(folder)
    config = Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=96,
        num_hidden_layers=2,
        num_attention_heads=3,
        num_key_value_heads=3,
        intermediate_size=256,
        max_position_embeddings=CONTEXT_TOKENS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 3,
        dtype="float32",
    )
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(config)
    # The default initialisation (0.02) leaves logits so flat that rounding decides; here there are clear winners.
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.15)
    model.save_pretrained(folder)
    generation = {"do_sample": True, "temperature": 5.0, "repetition_penalty": 1.9, "max_new_tokens": 3}
    (folder / "generation_config.json").write_text(json.dumps(generation), encoding="utf-8")
    return folder


def make_adapter(folder: Path, base: Path, *, seed: int = 1) -> Path:
    """A LoRA adapter (rank 4, weights far from zero) over `base`, saved as training leaves it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    torch.manual_seed(seed)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    with _warnings_ignored():
        lora = get_peft_model(model, config)
    for name, parameter in lora.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    lora.save_pretrained(folder)
    return folder


def merge(folder: Path, base: Path, adapter: Path) -> Path:
    """`adapter` merged into `base`: a checkpoint of its own in `folder`."""
    import shutil

    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    with _warnings_ignored():
        merged = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter).merge_and_unload()
    merged.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copy(base / name, folder / name)
    return folder


@contextlib.contextmanager
def _warnings_ignored() -> Iterator[None]:
    """peft lags behind transformers' deprecations; that is no matter of these tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _make_tokenizer(folder: Path) -> int:
    """Write a byte-level BPE of about 300 tokens with the ChatML template; the size of its vocabulary."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(["system user assistant You are helpful. Who are you?"] * 4, trainer)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.save(str(folder / "tokenizer.json"))
    # Written by hand: version 5 of transformers writes class names that version 4 refuses.
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": CONTEXT_TOKENS,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return int(tokenizer.get_vocab_size())
