"""The embedded engine, on real tiny checkpoints."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.checkpoint import Checkpoint
from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines.engine import EngineError, EngineOptions
from evalsuite.engines.transformers import TransformersEngine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.engines.conftest import Ask


@pytest.fixture(scope="module")
def engine(base: Path) -> Iterator[TransformersEngine]:
    engine = TransformersEngine(Checkpoint.open(str(base)))
    engine.start()
    yield engine
    engine.close()


def words(completions: Mapping[str, Completion]) -> dict[str, tuple[Any, ...]]:
    return {
        key: (c.text, c.finish_reason, c.prompt_tokens, c.completion_tokens, c.error) for key, c in completions.items()
    }


def question(text: str = "Who are you?", **sampling: Any) -> Request:
    return Request("one", (Message("user", text),), Sampling(**{"max_tokens": 16} | sampling))


@pytest.mark.parametrize("size", [1, 7, 30])
def test_greedy_answers_do_not_depend_on_the_batch(
    base: Path, engine: TransformersEngine, ask: Ask, prompts: list[Request], size: int
) -> None:
    other = TransformersEngine(Checkpoint.open(str(base)), EngineOptions(batch_size=size))
    other.start()
    assert words(ask(other, prompts)) == words(ask(engine, prompts))
    other.close()


def test_sampled_answers_depend_on_the_seed_alone(
    base: Path, engine: TransformersEngine, ask: Ask, prompts: list[Request]
) -> None:
    hot = [replace(p, sampling=replace(p.sampling, temperature=0.8, top_p=0.9, seed=k)) for k, p in enumerate(prompts)]
    other = TransformersEngine(Checkpoint.open(str(base)), EngineOptions(batch_size=4))
    other.start()
    together = words(ask(engine, hot))
    assert words(ask(other, list(reversed(hot)))) == together
    reseeded = [replace(p, sampling=replace(p.sampling, seed=p.sampling.seed + 1000)) for p in hot]
    assert words(ask(engine, reseeded)) != together


def test_greedy_and_sampled_rows_share_a_batch(engine: TransformersEngine, ask: Ask) -> None:
    greedy = question()
    hot = replace(question(temperature=1.5, seed=3), id="two")
    alone = ask(engine, [greedy])["one"]
    assert ask(engine, [greedy, hot])["one"].text == alone.text


def test_agrees_with_plain_generate(base: Path, engine: TransformersEngine, ask: Ask) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    model.generation_config = GenerationConfig()
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Who are you?"}], add_generation_prompt=True, tokenize=False
    )
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        expected = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=8, pad_token_id=0
        )[0, ids.shape[1] :]
    completion = ask(engine, [question(max_tokens=8)])["one"]
    assert completion.completion_tokens == len(expected)
    assert completion.prompt_tokens == ids.shape[1]
    # Decoded as a whole, a last character cut in half shows as a replacement mark; token by token it does not.
    assert tokenizer.decode(expected).startswith(completion.text)


def test_end_token_on_the_last_allowed_place_is_a_stop(engine: TransformersEngine, ask: Ask) -> None:
    requests = [replace(question(f"question {n}", max_tokens=300), id=str(n)) for n in range(20)]
    ended = next(r for r in requests if ask(engine, [r])[r.id].finish_reason == "stop")
    full = ask(engine, [ended])[ended.id]
    assert full.completion_tokens is not None
    exact = replace(ended, sampling=replace(ended.sampling, max_tokens=full.completion_tokens))
    assert ask(engine, [exact])[ended.id].finish_reason == "stop"
    assert ask(engine, [exact])[ended.id].text == full.text
    shorter = replace(ended, sampling=replace(ended.sampling, max_tokens=full.completion_tokens - 1))
    assert ask(engine, [shorter])[ended.id].finish_reason == "length"
    assert "<|im_end|>" not in full.text


def test_stop_strings_cut_before_themselves(engine: TransformersEngine, ask: Ask) -> None:
    full = ask(engine, [question(max_tokens=40)])["one"]
    stop = full.text[5]
    cut = ask(engine, [question(max_tokens=40, stop=(stop,))])["one"]
    assert cut.text == full.text[: full.text.index(stop)]
    assert cut.finish_reason == "stop"


def test_a_request_without_room_is_an_error_of_its_own(engine: TransformersEngine, ask: Ask) -> None:
    long = replace(question("x" * 2000), id="long")
    much = replace(question(max_tokens=1024), id="much")
    none = replace(question(max_tokens=0), id="none")
    found = ask(engine, [long, question(), much, none])
    assert found["one"].error is None
    assert "1024" in (found["long"].error or "")
    assert "lower max_tokens" in (found["much"].error or "")
    assert "at least 1" in (found["none"].error or "")


def test_a_batch_that_fails_is_answered_in_parts(
    engine: TransformersEngine, ask: Ask, monkeypatch: pytest.MonkeyPatch, prompts: list[Request]
) -> None:
    expected = words(ask(engine, prompts))
    generate = engine._generate

    def scarce(rows: Any, stop: threading.Event) -> None:
        if len(rows) > 4:
            raise RuntimeError("out of memory")
        generate(rows, stop)

    monkeypatch.setattr(engine, "_generate", scarce)
    assert words(ask(engine, prompts)) == expected


def test_a_model_that_fails_gives_errors(engine: TransformersEngine, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no kernel")

    monkeypatch.setattr(engine, "_generate", broken)
    completion = ask(engine, [question()])["one"]
    assert completion.text == ""
    assert completion.error == "the model fails: RuntimeError: no kernel"


def test_stop_is_seen_between_tokens(engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    from evalsuite.engines.decoding import Row

    stop, pushed = threading.Event(), 0
    push = Row.push

    def counted(row: Row, token: int) -> None:
        nonlocal pushed
        pushed += 1
        push(row, token)
        if pushed == 3:
            stop.set()

    monkeypatch.setattr(Row, "push", counted)
    found: list[Completion] = []
    engine.answer([question(max_tokens=900), replace(question("b" * 50), id="two")], found.append, stop)
    assert pushed <= 4
    assert found == []


def test_adapter_answers_like_the_merged_checkpoint(
    base: Path, adapter: Path, merged: Path, ask: Ask, prompts: list[Request]
) -> None:
    found = []
    for folder in (adapter, merged, base):
        engine = TransformersEngine(Checkpoint.open(str(folder)))
        engine.start()
        found.append(words(ask(engine, prompts)))
        engine.close()
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_an_adapter_of_another_model_is_an_error(base: Path, adapter: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "other"
    shutil.copytree(adapter, folder)
    weights = load_file(folder / "adapter_model.safetensors")
    save_file(dict(list(weights.items())[2:]), folder / "adapter_model.safetensors")
    with pytest.raises(EngineError, match=r"does not fit its base model.*--base-model"):
        TransformersEngine(Checkpoint.open(str(folder), base_model=str(base))).start()


def test_weights_that_are_missing_are_an_error(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "torn"
    shutil.copytree(base, folder)
    weights = load_file(folder / "model.safetensors")
    weights.pop("model.layers.1.mlp.up_proj.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EngineError, match=r"lacks 1 of the model's tensors .*up_proj"):
        TransformersEngine(Checkpoint.open(str(folder))).start()


def test_a_config_that_transformers_refuses_is_an_error(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    shutil.copytree(base, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "no-such"}), encoding="utf-8")
    with pytest.raises(EngineError, match=r"cannot be loaded .*no-such"):
        TransformersEngine(Checkpoint.open(str(folder))).start()


def test_threads_and_record(base: Path) -> None:
    import torch

    before = torch.get_num_threads()
    engine = TransformersEngine(Checkpoint.open(str(base)), EngineOptions(batch_size=5))
    engine.start()
    record = engine.describe().as_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["name"] == "transformers"
    assert record["dtype"] == "float32"
    assert record["arguments"]["batch_size"] == 5
    assert record["arguments"]["threads"] == 1
    engine.close()
    engine.close()
    assert torch.get_num_threads() == before
