"""Opening what is under test: what is refused, and what the digest covers."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from evalsuite.checkpoint import Checkpoint, CheckpointError


def write_safetensors(path: Path, **shapes: list[int]) -> None:
    """A whole safetensors file of float32 zeros, written without the library."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        size = 4
        for length in shape:
            size *= length
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))


def change(path: Path, **values: Any) -> None:
    found = json.loads(path.read_text(encoding="utf-8")) | values
    path.write_text(json.dumps(found), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint, as far as its files go."""
    folder = tmp_path / "my model"
    folder.mkdir()
    config = {"architectures": ["Qwen2ForCausalLM"], "max_position_embeddings": 512}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}), encoding="utf-8")
    write_safetensors(folder / "model.safetensors", a=[3, 5], b=[7])
    return folder


@pytest.fixture
def adapter(folder: Path) -> Path:
    adapter = folder.parent / "adapter"
    adapter.mkdir()
    config = {"peft_type": "LORA", "r": 4, "base_model_name_or_path": str(folder)}
    (adapter / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    write_safetensors(adapter / "adapter_model.safetensors", lora=[2, 2])
    return adapter


def refused(text: str | Path, **options: Any) -> str:
    with pytest.raises(CheckpointError) as raised:
        Checkpoint.open(str(text), **options)
    message = str(raised.value)
    assert message.count("; ") >= 1, "what is wrong; what was expected; how to mend it"
    assert "expected" in message or "permissions" in message
    return message


def test_a_folder(folder: Path) -> None:
    found = Checkpoint.open(str(folder))
    assert (found.kind, found.path, found.name) == ("folder", str(folder), "my-model")
    assert (found.architecture, found.parameters, found.context_tokens) == ("Qwen2ForCausalLM", 22, 512)
    assert set(found.files) == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert found.digest.startswith("sha256:")
    assert found.template_digest is not None
    plain = found.as_dict()
    assert json.loads(json.dumps(plain)) == plain


def test_the_digest_is_the_content_s_not_the_place_s(folder: Path) -> None:
    before = Checkpoint.open(str(folder))
    moved = shutil.copytree(folder, folder.parent / "elsewhere")
    (moved / "README.md").write_text("About it.", encoding="utf-8")
    (moved / "checkpoint-500").mkdir()
    (moved / "training_args.bin").write_bytes(b"a pickle that nobody loads")
    assert Checkpoint.open(str(moved)).digest == before.digest
    for name in before.files:
        copy = shutil.copytree(folder, folder.parent / f"changed-{name}")
        raw = (copy / name).read_bytes()
        (copy / name).write_bytes(raw[:-1] + b"\x01" if name.endswith("safetensors") else raw + b"\n")
        assert Checkpoint.open(str(copy)).digest != before.digest, name
    (moved / "generation_config.json").write_text("{}", encoding="utf-8")
    assert Checkpoint.open(str(moved)).digest != before.digest


@pytest.mark.parametrize("name", ["checkpoint-500", "merged", "final"])
def test_a_folder_with_a_common_name_is_called_by_its_parent_too(folder: Path, name: str) -> None:
    moved = shutil.copytree(folder, folder.parent / "haitham v3" / name)
    assert Checkpoint.open(str(moved)).name == f"haitham-v3-{name}"


def test_a_template_of_its_own_file_wins(folder: Path) -> None:
    before = Checkpoint.open(str(folder)).template_digest
    (folder / "chat_template.jinja").write_text("{{ other }}", encoding="utf-8")
    after = Checkpoint.open(str(folder)).template_digest
    assert after not in (None, before)
    (folder / "chat_template.jinja").unlink()
    named = [{"name": "tool_use", "template": "x"}, {"name": "default", "template": "{{ other }}"}]
    change(folder / "tokenizer_config.json", chat_template=named)
    assert Checkpoint.open(str(folder)).template_digest == after


def test_what_is_not_there(tmp_path: Path) -> None:
    assert "is not there" in refused(tmp_path / "missing")
    assert "is not there" in refused("no such/model at/all")
    assert "is not there" in refused("model")
    assert "is a file" in refused(__file__)
    assert "no config.json and no adapter_config.json" in refused(tmp_path)


def test_what_is_missing(folder: Path) -> None:
    change(folder / "tokenizer_config.json", chat_template=None)
    assert "no chat template" in refused(folder)
    (folder / "tokenizer.json").unlink()
    assert "no tokenizer" in refused(folder)
    (folder / "model.safetensors").unlink()
    assert "no weights" in refused(folder)


def test_weights_that_are_not_whole(folder: Path) -> None:
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    for broken in (whole[:-1], whole + b"x", b"", whole[:4], b"\xff" * 99, struct.pack("<Q", 2) + b"[]"):
        weights.write_bytes(broken)
        assert "no whole safetensors file" in refused(folder)
    weights.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
    assert "git lfs pull" in refused(folder)


def test_shards_that_are_missing(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}), encoding="utf-8")
    assert "lacks 1 of 2 weight files (model-00002-of-00002.safetensors)" in refused(folder)


@pytest.mark.parametrize("text", ["{", "[]", "\udcff", "[" * 100_000, ""])
def test_a_config_that_is_no_json(folder: Path, text: str) -> None:
    (folder / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "config.json" in refused(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read(folder: Path) -> None:
    (folder / "model.safetensors").chmod(0)
    assert "permissions" in refused(folder)


def test_pickles_are_refused_unless_trusted(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "--trust-remote-code" in refused(folder)
    assert "pytorch_model.bin" in Checkpoint.open(str(folder), trust_remote_code=True).files


@pytest.mark.parametrize("where", ["config.json", "tokenizer_config.json", "modeling_x.py"])
def test_code_is_refused_unless_trusted(folder: Path, where: str) -> None:
    if where.endswith(".py"):
        (folder / where).write_text("raise SystemExit", encoding="utf-8")
    else:
        change(folder / where, auto_map={"AutoModel": "modeling_x.X"})
    message = refused(folder)
    assert where in message
    assert "--trust-remote-code" in message
    assert Checkpoint.open(str(folder), trust_remote_code=True).kind == "folder"


def test_an_adapter(folder: Path, adapter: Path) -> None:
    found = Checkpoint.open(str(adapter))
    assert (found.kind, found.base, found.tokenizer, found.lora_rank) == ("adapter", str(folder), str(folder), 4)
    assert {"adapter_config.json", "adapter_model.safetensors", "base/model.safetensors"} <= set(found.files)
    assert found.parameters == 22
    before = found.digest
    write_safetensors(folder / "model.safetensors", a=[3, 5], b=[8])
    assert Checkpoint.open(str(adapter)).digest != before


def test_an_adapter_with_its_own_tokenizer(folder: Path, adapter: Path) -> None:
    shutil.copy(folder / "tokenizer.json", adapter)
    assert Checkpoint.open(str(adapter)).tokenizer == str(folder)
    (adapter / "chat_template.jinja").write_text("{{ mine }}", encoding="utf-8")
    found = Checkpoint.open(str(adapter))
    assert found.tokenizer == str(adapter)
    assert found.template_digest != Checkpoint.open(str(folder)).template_digest


def test_where_the_base_is_looked_for(folder: Path, adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(adapter / "adapter_config.json", base_model_name_or_path="../my model")
    assert Checkpoint.open(str(adapter)).base == str(folder)
    monkeypatch.chdir(folder.parent)
    change(adapter / "adapter_config.json", base_model_name_or_path="my model")
    assert Checkpoint.open("adapter").base == str(folder)
    change(adapter / "adapter_config.json", base_model_name_or_path="/gone/base")
    assert "--base-model" in refused(adapter)
    assert Checkpoint.open("adapter", base_model="my model").base == str(folder)
    change(adapter / "adapter_config.json", base_model_name_or_path=None)
    assert "--base-model" in refused(adapter)


def test_an_adapter_over_a_hub_id(adapter: Path) -> None:
    change(adapter / "adapter_config.json", base_model_name_or_path="Org/Base-7B")
    found = Checkpoint.open(str(adapter))
    assert (found.base, found.tokenizer, found.digest) == ("Org/Base-7B", "Org/Base-7B", "unresolved")


def test_an_adapter_s_faults(folder: Path, adapter: Path) -> None:
    (folder / "config.json").rename(folder / "config.off")
    assert str(folder) in refused(adapter)
    (folder / "config.off").rename(folder / "config.json")
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert "adapter_model.bin" in refused(adapter)
    (adapter / "adapter_model.bin").unlink()
    assert "no weights" in refused(adapter)


def test_a_base_for_what_is_no_adapter(folder: Path) -> None:
    assert "leave --base-model out" in refused(folder, base_model="org/base")


def test_a_hub_id(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert Checkpoint.open("Org/Model-7B").digest == "unresolved"
    stored = tmp_path / "hub" / "models--Org--Model-7B"
    (stored / "refs").mkdir(parents=True)
    (stored / "refs" / "main").write_text("abc123", encoding="utf-8")
    shutil.copytree(folder, stored / "snapshots" / "abc123")
    found = Checkpoint.open("Org/Model-7B")
    assert (found.kind, found.digest, found.name) == ("hub", "Org/Model-7B@abc123", "Org-Model-7B")
    assert (found.parameters, found.architecture) == (22, "Qwen2ForCausalLM")
    assert found.template_digest == Checkpoint.open(str(folder)).template_digest
