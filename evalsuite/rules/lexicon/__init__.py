"""Phrase knowledge of the rules: one YAML file a behaviour, slot -> language -> entries, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

# The C parser reads these files about ten times faster; a PyYAML built without libyaml has only the other one.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load(name: str) -> dict[str, Any]:
    """Content of `<name>.yaml` beside this file. Shared between callers: do not change it."""
    text = resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, Loader=_LOADER)
    return content
