"""What is under test: a checkpoint folder, hub id or PEFT adapter, checked and digested before anything loads it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from evalsuite.checkpoint_files import (
    CheckpointError,
    chat_template,
    check_code,
    check_weights,
    count_parameters,
    file_digests,
    has_tokenizer,
    read_json,
    text_settings,
)

__all__ = ["Checkpoint", "CheckpointError"]

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
UNRESOLVED = "unresolved"
"""The digest of a hub id that is not in the local cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A model to test. Made by `Checkpoint.open`; nothing in it depends on where the folder lies, but the paths."""

    kind: Literal["folder", "hub", "adapter"]
    path: str
    """The folder, absolute, or the hub id."""
    base: str | None = None
    """The model below an adapter: a folder, absolute, or a hub id."""
    tokenizer: str
    """Folder or hub id that has the tokenizer and the chat template: the adapter's own, or its base's."""
    name: str
    """Short and fit for a folder's name; the model is served under it."""
    files: Mapping[str, str] = field(default_factory=dict)
    """sha256 by relative path, of every file that shapes an answer; an adapter's base has the prefix `base/`."""
    digest: str
    """One for the whole: `sha256:...`, `id@revision` for a hub id in the local cache, else "unresolved"."""
    template_digest: str | None = None
    """sha256 of the chat template's text; None where it is not on this machine."""
    architecture: str | None = None
    parameters: int | None = None
    """Of the model, an adapter's own not counted; None where it is not on this machine."""
    context_tokens: int | None = None
    """The longest conversation, prompt and answer, that the config allows."""
    lora_rank: int | None = None

    @classmethod
    def open(cls, text: str, *, base_model: str | None = None, trust_remote_code: bool = False) -> Checkpoint:
        """The checkpoint that `text` names: a path that exists, else a hub id `org/name`.

        Args:
            text: what the user gave as the model.
            base_model: the model below an adapter, instead of the one its config names.
            trust_remote_code: whether pickles and code in the folder are let through.

        Raises:
            CheckpointError: what is wrong; what was expected; how to mend it.
        """
        folder = _expanded(text)
        if not os.path.exists(folder):  # noqa: PTH110  # Path's raises where the name is too long for a path
            return cls._open_hub(text, base_model)
        if not folder.is_dir():
            raise CheckpointError(
                f"{text} is a file; a checkpoint's folder was expected; give the folder that it lies in"
            )
        folder = folder.resolve()
        if (folder / "adapter_config.json").is_file():
            return cls._open_adapter(folder, base_model, trust_remote_code)
        if base_model is not None:
            raise CheckpointError(
                f"{text} is no adapter, and a base model was given; a folder with adapter_config.json was expected; "
                "leave --base-model out"
            )
        return cls._open_folder(folder, trust_remote_code)

    def as_dict(self) -> dict[str, Any]:
        """The checkpoint as plain JSON values, as run.json keeps it."""
        return {name: getattr(self, name) for name in self.__slots__} | {"files": dict(self.files)}

    @classmethod
    def _open_folder(cls, folder: Path, trusted: bool) -> Checkpoint:
        config = _check_model_folder(folder, trusted)
        _check_tokenizer(folder, folder)
        files = file_digests(folder)
        return cls(
            kind="folder",
            path=str(folder),
            tokenizer=str(folder),
            name=_short_name(folder),
            files=files,
            digest=_digest_of(files),
            template_digest=_text_digest(chat_template(folder)),
            parameters=count_parameters(folder),
            **_facts(config),
        )

    @classmethod
    def _open_adapter(cls, folder: Path, base_model: str | None, trusted: bool) -> Checkpoint:
        config = read_json(folder / "adapter_config.json")
        check_code(folder, trusted)
        check_weights(folder, "adapter_model", trusted)
        base = _find_base(folder, config, base_model)
        files = file_digests(folder)
        facts: dict[str, Any] = {}
        tokenizer, template = base, None
        if Path(base).is_dir():
            facts = _facts(_check_model_folder(Path(base), trusted)) | {"parameters": count_parameters(Path(base))}
            files |= {f"base/{name}": digest for name, digest in file_digests(Path(base)).items()}
        else:
            files["base"] = _hub_digest(base)
        if has_tokenizer(folder) and chat_template(folder):
            tokenizer, template = str(folder), chat_template(folder)
        elif Path(base).is_dir():
            _check_tokenizer(Path(base), folder)
            template = chat_template(Path(base))
        rank = config.get("r")
        return cls(
            kind="adapter",
            path=str(folder),
            base=base,
            tokenizer=tokenizer,
            name=_short_name(folder),
            files=files,
            digest=_digest_of(files) if files.get("base") != UNRESOLVED else UNRESOLVED,
            template_digest=_text_digest(template),
            lora_rank=rank if isinstance(rank, int) else None,
            **facts,
        )

    @classmethod
    def _open_hub(cls, text: str, base_model: str | None) -> Checkpoint:
        if base_model is not None or not _HUB_ID.fullmatch(text):
            raise CheckpointError(
                f"{text} is not there; a checkpoint's folder or a hub id (org/name) was expected; "
                f"check the path, seen from {Path.cwd()}"
            )
        snapshot = _snapshot(text)
        facts: dict[str, Any] = {}
        if snapshot is not None and (snapshot / "config.json").is_file():
            facts = _facts(read_json(snapshot / "config.json")) | {
                "parameters": count_parameters(snapshot),
                "template_digest": _text_digest(chat_template(snapshot)),
            }
        return cls(kind="hub", path=text, tokenizer=text, name=_safe(text), digest=_hub_digest(text), **facts)


def _expanded(text: str) -> Path:
    """The path, with `~` replaced where there is such a home."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _check_model_folder(folder: Path, trusted: bool) -> dict[str, Any]:
    """The config of a folder that holds a whole model; CheckpointError where it does not."""
    if not (folder / "config.json").is_file():
        raise CheckpointError(
            f"{folder} is no checkpoint: it has no config.json and no adapter_config.json; a folder as "
            "save_pretrained() leaves it was expected; check the path"
        )
    config = read_json(folder / "config.json")
    check_code(folder, trusted)
    check_weights(folder, "model", trusted)
    return config


def _check_tokenizer(folder: Path, asked: Path) -> None:
    """CheckpointError unless `folder` has a tokenizer and a chat template; `asked` is what the user named."""
    if not has_tokenizer(folder):
        raise CheckpointError(
            f"{folder} has no tokenizer; tokenizer.json or the like was expected; copy the tokenizer's files "
            f"of the model that it was trained from into {asked}"
        )
    if not chat_template(folder):
        raise CheckpointError(
            f"{folder} has no chat template, neither chat_template.jinja nor in tokenizer_config.json; the "
            "template of its training was expected; save the tokenizer with it, "
            f"or copy chat_template.jinja into {asked}"
        )


def _find_base(folder: Path, config: Mapping[str, Any], given: str | None) -> str:
    """The model below the adapter: a folder that exists, absolute, or a hub id."""
    named = given or config.get("base_model_name_or_path")
    if not isinstance(named, str) or not named:
        raise CheckpointError(
            f"{folder} names no base model in adapter_config.json; a path or hub id was expected; add --base-model"
        )
    # What the user types is seen from where they are, what the file says from the file; the other way is tried too.
    places = [Path.cwd(), folder] if given else [folder, Path.cwd()]
    for place in places:
        candidate = place / _expanded(named)
        if os.path.isdir(candidate):  # noqa: PTH112  # Path's raises where the name is too long for a path
            return str(candidate.resolve())
    if _HUB_ID.fullmatch(named):
        return named
    raise CheckpointError(
        f"the base model {named} of the adapter {folder} is not there; a checkpoint's folder or a hub id (org/name) "
        "was expected; add --base-model with the place where it is now"
    )


def _facts(config: Mapping[str, Any]) -> dict[str, Any]:
    architectures = config.get("architectures")
    context = text_settings(config).get("max_position_embeddings")
    return {
        "architecture": str(architectures[0]) if isinstance(architectures, list) and architectures else None,
        "context_tokens": context if isinstance(context, int) else None,
    }


def _short_name(folder: Path) -> str:
    """The folder's name, with its parent's where the folder is called `checkpoint-500`, `merged` or the like."""
    generic = re.fullmatch(
        r"(checkpoint|step|epoch)[-_]?\d*|merged|final|latest|best|adapter|model|output", folder.name
    )
    return _safe(f"{folder.parent.name}-{folder.name}" if generic and folder.parent.name else folder.name)


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:80] or "checkpoint"


def _digest_of(files: Mapping[str, str]) -> str:
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def _text_digest(text: str | None) -> str | None:
    return None if text is None else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _hub_digest(hub_id: str) -> str:
    snapshot = _snapshot(hub_id)
    return UNRESOLVED if snapshot is None else f"{hub_id}@{snapshot.name}"


def _snapshot(hub_id: str) -> Path | None:
    """The folder of a hub id's main revision in the local Hugging Face cache, where it has been fetched before."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    stored = cache / f"models--{hub_id.replace('/', '--')}"
    try:
        revision = (stored / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    folder = stored / "snapshots" / revision
    return folder if revision and folder.is_dir() else None
