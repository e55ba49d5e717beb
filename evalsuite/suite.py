"""Suites: YAML files of cases. A case is read, checked, and expanded over its axes into what is asked and judged."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from evalsuite.case import STRICT, Case, CaseKeys, SamplingKeys, Text
from evalsuite.conversation import Message, Sampling
from evalsuite.document import Document, DocumentError, Problem, read_document
from evalsuite.persona import Persona, Systems, fill, read_persona, read_systems
from evalsuite.rules.catalogue import BEHAVIOURS, RULES, behaviours_for, field_names, parse_facts
from evalsuite.rules.facts import CaseFacts, Voice
from evalsuite.schema_errors import kind, read_model, unknown_key, validation_problems
from evalsuite.twins import check_twins

SUFFIX = ".suite.yaml"
_NEVER_DEFAULT = frozenset(("id", "user", "good", "bad"))
"""Keys that each case has for itself."""
_NEVER_CHANGED = frozenset(("id", "parametrize"))
"""Keys that no label of an axis changes."""
_PYTEST_MARKS = ("skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings")
"""Tags become marks, and with these pytest does something."""
_ROLES: tuple[Literal["user", "assistant"], ...] = ("user", "assistant")


class SuiteKeys(BaseModel):
    """The top level of a `*.suite.yaml`."""

    model_config = STRICT

    suite: str
    description: Text | None = None
    defaults: dict[str, Any] = {}
    """Keys that every case has unless it gives its own."""
    cases: Annotated[list[dict[str, Any]], Field(min_length=1)]


@dataclass(frozen=True)
class Suite:
    """One suite file with its persona and system prompts, expanded."""

    name: str
    path: str
    cases: tuple[Case, ...]
    persona: Persona
    digests: Mapping[str, str]
    """sha256 of each file that was read: the suite's, persona.yaml, systems.yaml (by file name)."""

    @cached_property
    def by_id(self) -> dict[str, Case]:
        """Cases by their expanded id."""
        return {case.id: case for case in self.cases}


def load_suite(path: Path, *, shown: str | None = None) -> Suite:
    """The suite in a file, with persona.yaml and systems.yaml from its folder.

    Raises:
        DocumentError: with every problem of the three files, each `path:line:column: what; expected; mend`.
    """
    name = shown or str(path)
    folder = str(Path(name).parent)
    prefix = "" if folder == "." else f"{folder}/"
    problems: list[Problem] = []
    document = _read(path, name, problems)
    persona_document = _read(path.parent / "persona.yaml", f"{prefix}persona.yaml", problems)
    systems_document = _read(path.parent / "systems.yaml", f"{prefix}systems.yaml", problems)
    persona = read_persona(persona_document, problems) if persona_document else None
    systems = read_systems(systems_document, persona, problems) if systems_document else None
    keys = read_model(SuiteKeys, document, (), document.value, problems) if document else None
    cases: list[Case] = []
    if document and keys and persona and systems:
        cases = _Reader(document, keys, persona, systems, problems).cases()
    if problems:
        raise DocumentError(problems)
    assert keys is not None
    assert persona is not None
    digests = {
        Path(found.path).name: found.digest
        for found in (document, persona_document, systems_document)
        if found is not None
    }
    return Suite(keys.suite, name, tuple(cases), persona, digests)


def _read(path: Path, shown: str, problems: list[Problem]) -> Document | None:
    try:
        return read_document(path, shown=shown)
    except DocumentError as error:
        problems.extend(error.problems)
        return None


class _Reader:
    """Reads the cases of one suite document; problems are gathered, never raised."""

    def __init__(
        self, document: Document, keys: SuiteKeys, persona: Persona, systems: Systems, problems: list[Problem]
    ) -> None:
        self.document = document
        self.keys = keys
        self.persona = persona
        self.systems = systems
        self.problems = problems
        self.suites = tuple(b.name for b in BEHAVIOURS)
        self.facts_keys = frozenset(Voice.model_fields).union(*(field_names(b) for b in behaviours_for(keys.suite)))

    def cases(self) -> list[Case]:
        """Every case of the suite, expanded, in the order of the file."""
        if self.keys.suite not in self.suites:
            near = difflib.get_close_matches(self.keys.suite, self.suites, n=1)
            self.problems.append(
                self.document.problem(
                    ("suite",),
                    f"the suite {self.keys.suite!r} is not known",
                    f"one of {', '.join(self.suites)} was expected",
                    f"did you mean {near[0]!r}?" if near else "name the behaviour that the suite tests",
                )
            )
            return []
        for key in _NEVER_DEFAULT & self.keys.defaults.keys():
            self._problem(
                ("defaults", key),
                f"the key {key!r} is no default",
                "each case has its own",
                "move it into the cases",
                at_key=True,
            )
        cases: list[Case] = []
        first_of: dict[str, int] = {}
        for index, raw in enumerate(self.keys.cases):
            found = self._case(index, raw)
            cases.extend(found)
            name = raw.get("id")
            if isinstance(name, str):
                if name in first_of:
                    self._problem(
                        ("cases", index, "id"),
                        f"the id {name!r} is taken by the case in line {first_of[name]}",
                        "each id stands once in a suite",
                        "rename one of the two",
                    )
                first_of.setdefault(name, self.document.place(("cases", index))[0])
        self._check_labels(cases)
        self.problems.extend(check_twins(self.document, self.keys.suite, self.keys.defaults, self.keys.cases))
        return cases

    def _check_labels(self, cases: Sequence[Case]) -> None:
        """Two expansions of one case must not have one id: the same label twice, or labels that join to the same."""
        seen: set[str] = set()
        for case in cases:
            if case.id in seen and any(other.name == case.name and other.line != case.line for other in cases):
                continue  # told as an id that is taken
            if case.id in seen:
                self.problems.append(
                    Problem(
                        self.document.path,
                        case.line,
                        1,
                        f"the case expands to {case.id!r} twice",
                        "labels that tell the expansions apart were expected",
                        "rename or remove a label of `parametrize`",
                    )
                )
            seen.add(case.id)

    def _problem(self, keys: Sequence[str | int], what: str, expected: str, mend: str, *, at_key: bool = False) -> None:
        self.problems.append(self.document.problem(keys, what, expected, mend, at_key=at_key))

    def _case(self, index: int, raw: dict[str, Any]) -> list[Case]:
        """The expansions of one case; none when something is wrong with it."""
        before = len(self.problems)
        at: tuple[str | int, ...] = ("cases", index)
        defaults = {key: value for key, value in self.keys.defaults.items() if key not in _NEVER_DEFAULT}
        filled = fill(self.document, at, raw, self.persona, self.problems)
        merged = {**fill(self.document, ("defaults",), defaults, self.persona, self.problems), **filled}
        if "user" in filled or "conversation" in filled:
            merged = {k: v for k, v in merged.items() if k in filled or k not in ("user", "conversation")}
        cases: list[Case] = []
        for labels, overrides, system in self._axes(at, merged):
            values = {**merged, **overrides}
            case = self._expanded(at, raw, values, labels, system)
            if len(self.problems) > before:
                return []
            if case is not None:
                cases.append(case)
        return cases

    def _axes(
        self, at: tuple[str | int, ...], merged: dict[str, Any]
    ) -> list[tuple[dict[str, str], dict[str, Any], str | None]]:
        """Every combination of labels, with the keys that it changes and the system prompt that it names."""
        axes = merged.get("parametrize", {})
        if not isinstance(axes, dict):
            return [({}, {}, None)]  # the model reports it
        choices: list[list[tuple[str, str, dict[str, Any]]]] = []
        for axis, labels in axes.items():
            where = (*at, "parametrize", axis)
            if axis == "system":
                names = labels if isinstance(labels, list) else []
                if not names or not all(isinstance(name, str) for name in names):
                    self._problem(
                        where,
                        "the axis 'system' is no list of names",
                        "`system: [plain, hardened]` was expected",
                        "list names that stand in systems.yaml",
                    )
                choices.append([("system", str(name), {}) for name in names])
            elif isinstance(labels, dict) and labels and all(isinstance(v, dict) for v in labels.values()):
                choices.append([(axis, label, keys) for label, keys in labels.items()])
            else:
                self._problem(
                    where,
                    f"the axis {axis!r} is {kind(labels)}",
                    "labels were expected, each with the keys of the case that it changes",
                    "write `label: {user: ...}` for each",
                )
        found = []
        for combination in itertools.product(*choices):
            changed: dict[str, Any] = {}
            for axis, label, keys in combination:
                for key in _NEVER_CHANGED & keys.keys():
                    self._problem(
                        (*at, "parametrize", axis, label, key),
                        f"the key {key!r} is not changed by an axis",
                        "keys of what is asked and judged were expected",
                        "write another case",
                        at_key=True,
                    )
                changed.update({key: value for key, value in keys.items() if key not in _NEVER_CHANGED})
            named = {axis: label for axis, label, _ in combination}
            found.append((named, changed, named.get("system")))
        return found

    def _expanded(
        self,
        at: tuple[str | int, ...],
        raw: dict[str, Any],
        values: dict[str, Any],
        labels: dict[str, str],
        system: str | None,
    ) -> Case | None:
        own = {key: value for key, value in values.items() if key in CaseKeys.model_fields}
        params = {key: value for key, value in values.items() if key in self.facts_keys and key != "persona"}
        for key in values:
            if key not in own and key not in params:
                self.problems.append(
                    unknown_key(
                        self.document,
                        self._key_place(at, raw, labels, key),
                        key,
                        sorted({*CaseKeys.model_fields, *self.facts_keys} - {"persona"}),
                    )
                )
        keys = read_model(CaseKeys, self.document, at, own, self.problems)
        self._check_names(at, values)
        facts = self._facts(at, params)
        if keys is None or facts is None:
            return None
        messages = self._messages(at, keys, system)
        if messages is None:
            return None
        suffix = f"[{'-'.join(labels.values())}]" if labels else ""
        return Case(
            id=f"{keys.id}{suffix}",
            name=keys.id,
            suite=self.keys.suite,
            path=self.document.path,
            line=self.document.place(at)[0],
            messages=messages,
            params={**params, "persona": {"name": self.persona.name, "aliases": list(self.persona.aliases)}},
            facts=facts,
            sampling=_sampling(keys.sampling),
            labels=labels,
            system=system or keys.system or "",
            language=keys.language,
            tags=tuple(keys.tags),
            split=keys.split,
            group=keys.group or keys.id,
            twin=keys.twin,
            good=keys.good,
            bad=tuple(keys.bad),
        )

    def _key_place(
        self, at: tuple[str | int, ...], raw: dict[str, Any], labels: dict[str, str], key: str
    ) -> tuple[str | int, ...]:
        """Where a key of an expanded case stands: in the case, under one of its labels, or in the defaults."""
        if key in raw:
            return (*at, key)
        axes = raw.get("parametrize")
        for axis, label in labels.items():
            keys = axes.get(axis) if isinstance(axes, dict) else None
            if isinstance(keys, dict) and key in keys[label]:
                return (*at, "parametrize", axis, label, key)
        return ("defaults", key)

    def _facts(self, at: tuple[str | int, ...], params: dict[str, Any]) -> CaseFacts | None:
        persona = {"name": self.persona.name, "aliases": list(self.persona.aliases)}
        try:
            return parse_facts(self.keys.suite, {**params, "persona": persona})
        except ValidationError as error:
            self.problems.extend(validation_problems(error, self.document, at, sorted(self.facts_keys)))
            return None

    def _check_names(self, at: tuple[str | int, ...], values: dict[str, Any]) -> None:
        """Every rule code that a case names must be one, and no tag may be a mark of pytest's own."""
        named: list[tuple[tuple[str | int, ...], Any]] = []
        allow = values.get("allow")
        if isinstance(allow, list):
            named += [((*at, "allow", i), code) for i, code in enumerate(allow)]
        bad = values.get("bad")
        for i, answer in enumerate(bad if isinstance(bad, list) else []):
            codes = answer.get("codes") if isinstance(answer, dict) else None
            named += [
                ((*at, "bad", i, "codes", j), code) for j, code in enumerate(codes if isinstance(codes, list) else [])
            ]
        tags = values.get("tags")
        for i, tag in enumerate(tags if isinstance(tags, list) else []):
            if tag in _PYTEST_MARKS:
                self._problem(
                    (*at, "tags", i),
                    f"the tag {tag!r} would change how pytest runs the case",
                    f"no tag of {', '.join(_PYTEST_MARKS)} was expected",
                    "rename it",
                )
        for place, code in named:
            if isinstance(code, str) and code not in RULES:
                near = difflib.get_close_matches(code, RULES, n=1)
                self._problem(
                    place,
                    f"the rule {code!r} is not known",
                    "a code that `evalsuite rules` lists was expected",
                    f"did you mean {near[0]!r}?" if near else "remove it",
                )

    def _messages(
        self, at: tuple[str | int, ...], keys: CaseKeys, axis_system: str | None
    ) -> tuple[Message, ...] | None:
        """The messages that are sent: always a system message, since some templates bring one of their own."""
        turns = [{"user": keys.user}] if keys.user is not None else keys.conversation
        if turns is None or (keys.user is not None and keys.conversation is not None):
            self._problem(
                at,
                "the case has both `user` and `conversation`" if turns else "the case asks nothing",
                "either `user` or `conversation` was expected",
                "keep one of the two" if turns else "add `user:`",
            )
            return None
        order = [next(iter(turn)) if len(turn) == 1 else "" for turn in turns]
        if order != ["user" if i % 2 == 0 else "assistant" for i in range(len(order))] or order[-1] != "user":
            self._problem(
                (*at, "conversation"),
                "the turns do not alternate",
                "`user`, `assistant`, ..., `user` was expected, one speaker an entry",
                "start and end with the user",
            )
            return None
        name = axis_system or keys.system
        if name is None or name not in self.systems:
            near = difflib.get_close_matches(name or "", self.systems, n=1)
            place = (*at, "parametrize", "system") if axis_system else (*at, "system") if keys.system else at
            self._problem(
                place,
                f"the system prompt {name!r} is not known" if name else "the case names no system prompt",
                f"one of {', '.join(self.systems)} was expected (systems.yaml)",
                f"did you mean {near[0]!r}?" if near else "add `system:` or `parametrize: {system: [...]}`",
            )
            return None
        texts = self.systems[name]
        system = texts.get(keys.language) or texts.get(keys.language.split("-")[0]) or next(iter(texts.values()))
        content = f"{system.strip()}\n\n{keys.context.strip()}" if keys.context else system.strip()
        spoken = [Message(role, turn[role]) for turn in turns for role in _ROLES if turn.get(role) is not None]
        return (Message("system", content), *spoken)


def _sampling(keys: SamplingKeys) -> Sampling:
    given = {name: value for name, value in keys if value is not None}
    if "stop" in given:
        given["stop"] = tuple(given["stop"])
    return Sampling(**given)
