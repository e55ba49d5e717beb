"""Labelled outputs: full outputs of models with the codes that must report, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalsuite.conversation import Message
from evalsuite.document import DocumentError, Problem
from evalsuite.rules.catalogue import BEHAVIOURS, RULES, parse_facts
from evalsuite.rules.facts import CaseFacts

_PERSONA = {"name": "Haitham", "aliases": ["Haytham", "Haithem", "هيثم"]}
"""Stands in where a line gives no persona; only rules that are counted elsewhere read it."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")
    role: Literal["system", "user", "assistant"]
    content: str


class _Line(BaseModel):
    """The keys that are read; others (`why`, `lang`, `evidence`, ...) are for people and tests."""

    model_config = ConfigDict(extra="ignore")
    id: Annotated[str, Field(min_length=1)]
    behaviour: str
    messages: Annotated[list[_Message], Field(min_length=1)]
    params: dict[str, Any]
    output: str
    finish_reason: str | None = "stop"
    codes: list[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One output with its label."""

    id: str
    place: str
    """`path:line`."""
    behaviour: str
    messages: tuple[Message, ...]
    facts: CaseFacts
    output: str
    finish_reason: str | None
    codes: frozenset[str]


def scope(behaviour: str) -> tuple[str, ...]:
    """Codes of the rules that a behaviour's labels speak of: its own, and OUT with identity."""
    names = ("output", "identity") if behaviour == "identity" else (behaviour,)
    return tuple(rule.code for b in BEHAVIOURS if b.name in names for rule in b.rules)


def read_labelled(paths: Sequence[Path]) -> list[Labelled]:
    """Every labelled output of some JSON Lines files, in order.

    Raises:
        DocumentError: with every problem of all files, each at its line.
    """
    problems: list[Problem] = []
    found: list[Labelled] = []
    first: dict[str, str] = {}
    for path in paths:
        for number, raw in _lines(path, problems):
            labelled = _labelled(path, number, raw, problems)
            if labelled is None:
                continue
            if labelled.id in first:
                problems.append(
                    Problem(
                        str(path),
                        number,
                        1,
                        f"the id {labelled.id!r} is taken by {first[labelled.id]}",
                        "each id stands once",
                        "rename one of the two",
                    )
                )
            first.setdefault(labelled.id, labelled.place)
            found.append(labelled)
    if problems:
        raise DocumentError(problems)
    return found


def _lines(path: Path, problems: list[Problem]) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
    except OSError as error:
        problems.append(
            Problem(
                str(path),
                0,
                0,
                f"cannot be read ({error.strerror})",
                "a file of labelled outputs was expected",
                "check the path",
            )
        )


def _labelled(path: Path, number: int, raw: bytes, problems: list[Problem]) -> Labelled | None:
    """One line as a labelled output, or None after adding what is wrong with it."""

    def wrong(what: str, expected: str, mend: str) -> None:
        problems.append(Problem(str(path), number, 1, what, expected, mend))

    try:
        line = _Line.model_validate(json.loads(raw))
    except ValidationError as error:
        for item in error.errors(include_url=False):
            name = ".".join(map(str, item["loc"])) or "the line"
            wrong(f"{name}: {item['msg'].lower()}", "the form of a labelled output was expected", "mend the line")
        return None
    except (ValueError, RecursionError) as error:
        wrong(f"is no JSON ({error})", "one JSON object a line was expected", "mend the line")
        return None
    names = [behaviour.name for behaviour in BEHAVIOURS if behaviour.name != "output"]
    if line.behaviour not in names:
        wrong(f"the behaviour {line.behaviour!r} is not known", f"one of {', '.join(names)} was expected", "correct it")
        return None
    unknown = sorted(set(line.codes) - set(RULES))
    if unknown:
        wrong(f"the codes {', '.join(unknown)} are not known", "codes that `evalsuite rules` lists", "correct them")
    try:
        facts = parse_facts(line.behaviour, {"persona": _PERSONA, **line.params})
    except ValidationError as error:
        for item in error.errors(include_url=False):
            name = ".".join(map(str, item["loc"]))
            wrong(f"params.{name}: {item['msg']}", "facts as a suite's case has them were expected", "mend the value")
        return None
    except KeyError as error:
        wrong(f"params: the keys {error.args[0]} are not known", "the facts of the behaviour's rules", "remove them")
        return None
    return Labelled(
        id=line.id,
        place=f"{path}:{number}",
        behaviour=line.behaviour,
        messages=tuple(Message(m.role, m.content) for m in line.messages),
        facts=facts,
        output=line.output,
        finish_reason=line.finish_reason,
        codes=frozenset(line.codes),
    )
