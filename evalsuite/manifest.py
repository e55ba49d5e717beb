"""`run.json`: what was run, on what, when, and whether it came to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from evalsuite import __version__

SCHEMA_VERSION = 1
MAX_REPEATS = 10_000
"""Bound on the repeats of a case: ids are made for each before anything is asked."""

_Count = Annotated[int, Field(ge=0)]


class SuiteRecord(BaseModel):
    """A suite file that took part, with the digests of what was read for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    suite: str
    digests: dict[str, str]


class Selection(BaseModel):
    """What pytest collected and what became of it, in cases."""

    model_config = ConfigDict(extra="forbid")

    collected: _Count
    deselected: _Count
    selected: _Count


class Manifest(BaseModel):
    """`run.json`."""

    model_config = ConfigDict(extra="forbid")

    schema_version: int = SCHEMA_VERSION
    evalsuite: str = __version__
    rules: str
    """Digest of the rules that gave the verdicts."""
    checkpoint: dict[str, Any]
    engine: dict[str, Any] | None = None
    sampling: dict[str, Any]
    """What the command line changed of the cases' own sampling."""
    repeats: Annotated[int, Field(ge=1, le=MAX_REPEATS)] = 1
    suites: list[SuiteRecord]
    selection: Selection
    started: str
    """UTC, ISO 8601."""
    ended: str | None = None
    complete: bool = False
    """Whether every selected case has an answer and a verdict."""
    reason: str | None = None
    """Why the run is not complete, where that is known."""
    resumed: int = 0
    """How often the run was taken up again."""
    rescored: str | None = None
    """The run whose answers were judged again here, and by which rules it had been judged."""
    replayed: str | None = None
    """The run whose answers these are, where nobody was asked."""

    @property
    def why_incomplete(self) -> str:
        """Why the run is not complete, as a sentence's end."""
        if self.reason is not None:
            return self.reason
        return "the reason was not recorded" if self.ended else "it was killed, or is still being written"


def now() -> str:
    """The time, UTC, to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
