"""A case: the keys it has in a suite file, and the case that is asked and judged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evalsuite.conversation import Message, Sampling
from evalsuite.rules.facts import CaseFacts

NAME = r"^[a-z0-9][a-z0-9._-]*$"
"""Form of ids, tags, groups and axis labels: they become pytest ids, `-k` words and file names."""

Name = Annotated[str, Field(pattern=NAME, max_length=120)]
Text = Annotated[str, Field(min_length=1)]

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


class SamplingKeys(BaseModel):
    """`sampling:` of a case or of a suite's defaults; what is missing is greedy."""

    model_config = STRICT

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: list[Text] | None = None


class BadAnswer(BaseModel):
    """An answer that must fail, and the codes of the rules that must report."""

    model_config = STRICT

    output: str
    codes: Annotated[list[str], Field(min_length=1)]


class CaseKeys(BaseModel):
    """The keys of a case that are not facts of a rule."""

    model_config = STRICT

    id: Name
    """What the case tests, in a few words joined by hyphens; unique in its suite."""
    why: Text | None = None
    """One sentence for the reader: what a failure here would mean."""
    user: Text | None = None
    """The user's message; short for a `conversation` of one turn."""
    conversation: Annotated[list[dict[Literal["user", "assistant"], Text]], Field(min_length=1)] | None = None
    """Turns in order, each `user: ...` or `assistant: ...`; the last one is the user's."""
    system: Name | None = None
    """Name of one system prompt in systems.yaml; to run a case under several, use `parametrize: {system: [...]}`."""
    context: Text | None = None
    """What the model is told besides, appended to the system prompt: contacts, folders, the form of an answer."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2,8}(-[a-zA-Z0-9]{2,8})*$")] = "en"
    """Language of the case ("en", "ar", "ar-EG", "mixed"); picks the system prompt's wording where it has several."""
    tags: list[Name] = []
    split: Literal["gate", "dev"] = "gate"
    """`gate` decides; `dev` is for looking and training, and never decides."""
    group: Name | None = None
    """Cases that are paraphrases of one thing carry one group, and count as one cluster; the case's id by default."""
    twin: Name | None = None
    """Id of the clear case of an ambiguous one, and the other way round."""
    sampling: SamplingKeys = SamplingKeys()
    parametrize: dict[Name, list[Name] | dict[Name, dict[str, Any]]] = {}
    """Axes: `system: [names]`, or any axis name with, for each label, the keys of the case that it changes."""
    good: Text | None = None
    """An answer that passes every rule."""
    bad: list[BadAnswer] = []
    """Answers that fail, each with the codes that must report."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case under one combination of its axes: what is asked, and what judging needs."""

    id: str
    """Id with the labels of its axes: `who-are-you[hardened]`."""
    name: str
    """Id as written, without labels."""
    suite: str
    path: str
    """The suite file, as it was named."""
    line: int
    """1-based line of the case in the suite file."""
    messages: tuple[Message, ...]
    params: Mapping[str, Any]
    """The case's facts, flat, as written (persona included)."""
    facts: CaseFacts = field(compare=False, repr=False)
    sampling: Sampling
    labels: Mapping[str, str]
    """Axis -> label."""
    system: str
    language: str
    tags: tuple[str, ...]
    split: Literal["gate", "dev"]
    group: str
    twin: str | None
    good: str | None = None
    bad: tuple[BadAnswer, ...] = ()

    @property
    def key(self) -> str:
        """The case's name in run folders, the same wherever the suites lie: `identity::who-are-you[hardened]`."""
        stem = self.path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".suite.yaml")
        return f"{stem}::{self.id}"

    def digest(self) -> str:
        """sha256 of what is asked and how it is judged; equal digests mean the same case."""
        material = {
            "suite": self.suite,
            "messages": [[m.role, m.content] for m in self.messages],
            "params": self.params,
        }
        return hashlib.sha256(json.dumps(material, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
