"""The files of a checkpoint folder: which of them matter, whether they are whole, and what they say."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_MATTERS = (
    "*.safetensors",
    "*.safetensors.index.json",
    "adapter_config.json",
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.tiktoken",
    "chat_template.*",
    "additional_chat_templates/*.jinja",
)
"""Patterns of the files that shape an answer."""
_CODE = ("*.py", "pytorch_model*.bin", "adapter_model.bin")
"""What shapes an answer besides where pickles and code are let through."""
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "*.tiktoken", "spiece.model")
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_LONGEST_HEADER = 100_000_000  # safetensors' own bound


class CheckpointError(Exception):
    """The checkpoint cannot be tested. For the user: what is wrong; what was expected; how to mend it."""


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; CheckpointError where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is not valid JSON ({error}); the file as training saved it was expected; copy it again"
        ) from None
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} holds no JSON object; one was expected; copy the file again")
    return found


def text_settings(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a config that is about text; models that also see or hear keep it below `text_config`."""
    inner = config.get("text_config")
    return inner if isinstance(inner, dict) else config


def chat_template(folder: Path) -> str | None:
    """The text of the folder's chat template, as transformers chooses it; None where there is none."""
    alone = folder / "chat_template.jinja"
    if alone.is_file():
        return alone.read_text(encoding="utf-8", errors="replace")
    for name in ("chat_template.json", "tokenizer_config.json"):
        if not (folder / name).is_file():
            continue
        found = read_json(folder / name).get("chat_template")
        if isinstance(found, list):
            named = {entry.get("name"): entry.get("template") for entry in found if isinstance(entry, dict)}
            found = named.get("default")
        if isinstance(found, str) and found:
            return found
    return None


def has_tokenizer(folder: Path) -> bool:
    """Whether the folder has a tokenizer's vocabulary."""
    return any(True for pattern in _TOKENIZERS for _ in folder.glob(pattern))


def check_code(folder: Path, trusted: bool) -> None:
    """CheckpointError where loading the folder would run code that lies in it, unless that is trusted."""
    if trusted:
        return
    found = sorted(path.name for path in folder.glob("*.py"))
    for name in ("config.json", "tokenizer_config.json"):
        if (folder / name).is_file() and read_json(folder / name).get("auto_map"):
            found.append(f"{name} (auto_map)")
    if found:
        raise CheckpointError(
            f"{folder} has code that loading it may run: {', '.join(found)}; a checkpoint without code was expected; "
            "remove what is not the model's, or, if you trust its author, add --trust-remote-code"
        )


def check_weights(folder: Path, stem: str, trusted: bool) -> None:
    """CheckpointError unless the weights are there, whole, and in safetensors. `stem`: "model" or "adapter_model"."""
    weights = sorted(folder.glob("*.safetensors")) if stem == "model" else [folder / f"{stem}.safetensors"]
    weights = [path for path in weights if path.is_file()]
    pickles = sorted(path.name for path in folder.glob("pytorch_model*.bin" if stem == "model" else f"{stem}.bin"))
    if not weights and pickles:
        if trusted:
            return
        raise CheckpointError(
            f"{folder} has its weights as pickle only ({', '.join(pickles)}), and loading a pickle can run code; "
            "safetensors were expected; save it again with safe_serialization=True, or, if you trust its author, "
            "add --trust-remote-code"
        )
    if not weights:
        raise CheckpointError(
            f"{folder} has no weights; {stem}.safetensors was expected; check that the training or the copy finished"
        )
    _check_shards(folder, stem)
    for path in weights:
        _read_header(path)


def count_parameters(folder: Path) -> int | None:
    """Numbers in the folder's safetensors, read from their headers; None where there are none."""
    total = 0
    for path in _matching(folder, ["*.safetensors"]):
        header = _read_header(path)
        total += sum(_size(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    return total or None


def file_digests(folder: Path) -> dict[str, str]:
    """sha256 by relative path, of every file in the folder that shapes an answer."""
    paths = _matching(folder, (*_MATTERS, *_CODE))
    with ThreadPoolExecutor(max_workers=4) as pool:  # hashing releases the lock; big checkpoints are many files
        return dict(zip((path.relative_to(folder).as_posix() for path in paths), pool.map(_sha256, paths), strict=True))


def _matching(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}); check its permissions") from None


def _check_shards(folder: Path, stem: str) -> None:
    index = folder / f"{stem}.safetensors.index.json"
    if not index.is_file():
        return
    shards = read_json(index).get("weight_map")
    named = set(shards.values()) if isinstance(shards, dict) else set()
    missing = sorted(str(name) for name in named if not (folder / str(name)).is_file())
    if missing:
        raise CheckpointError(
            f"{folder} lacks {len(missing)} of {len(named)} weight files ({', '.join(missing)}); all that "
            f"{index.name} names were expected; copy the folder again"
        )


def _read_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file (its format: 8 bytes of length, JSON, data), checked against the file's size."""
    broken = f"{path} is no whole safetensors file"
    mend = "the weights as training saved them were expected; copy the file again"
    try:
        with path.open("rb") as file:
            start = file.read(8)
            length = int.from_bytes(start, "little")
            if (start + file.read(32)).startswith(_LFS_POINTER):
                raise CheckpointError(
                    f"{path} is a Git LFS pointer; the weights were expected; run git lfs pull in its repository"
                )
            file.seek(8)
            header = json.loads(file.read(length)) if 2 <= length <= _LONGEST_HEADER else None
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"] if header else []
        whole = bool(ends) and path.stat().st_size == 8 + length + max(ends)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    except (ValueError, RecursionError, TypeError, KeyError, IndexError, AttributeError):
        raise CheckpointError(f"{broken}; {mend}") from None
    if not whole:
        raise CheckpointError(f"{broken}; {mend}")
    assert header is not None
    return dict(header)


def _size(shape: Iterable[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
