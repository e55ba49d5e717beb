"""Which rules these are: a digest of their code and lexicon, so that a measurement can say what it measured."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


def _sources(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                found += _sources(entry, f"{name}/")
        elif entry.name.endswith((".py", ".yaml")):
            found.append((name, entry.read_bytes().replace(b"\r\n", b"\n")))
    return found


@cache
def rules_digest() -> str:
    """`sha256:...` over every source file and lexicon of the rules, by name; line ends do not matter."""
    digest = hashlib.sha256()
    for name, content in sorted(_sources(files("evalsuite.rules"))):
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return f"sha256:{digest.hexdigest()}"
