"""The facts of a case, as its rules need them: one model for suite files and labelled outputs alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Requested = Literal["dialogue", "letter", "message", "story", "translation", "code", "quiz", "notice", "text"]

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
"""How every facts model reads its keys: unknown keys and silent conversions are errors."""


class Voice(BaseModel):
    """Facts that every rule may need: what the user asked for as such, and which rules the case allows."""

    model_config = STRICT

    requested: Requested | None = None
    """What the user asked for as such; rules about the model's own voice do not look inside it."""
    allow: Annotated[list[str], Field(default_factory=list)]
    """Codes of rules that this case does not apply."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Facts of one case: the shared ones, and one model for each behaviour whose rules judge it."""

    voice: Voice
    by_behaviour: Mapping[str, Any]
    """Behaviour name -> its facts model; a behaviour that is not a key does not judge the case."""
