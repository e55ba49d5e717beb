"""JG: whether an output is the JSON that its case wants, and holds nothing that was not given.

json_wrapper.py finds the values, json_value.py reads them, json_schema.py checks them, grounding.py knows what is
given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Annotated, Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict, Field, field_validator

from evalsuite.rules import json_schema
from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.grounding import Given, Listed, Sources, shared
from evalsuite.rules.json_action import accepts, act_of
from evalsuite.rules.json_tree import (
    Node,
    contents,
    follow,
    leaves,
    objects,
    parse_pointer,
    path_of,
    pointer_of,
    value_at,
)
from evalsuite.rules.json_wrapper import Held, Wrapper, held
from evalsuite.rules.passage import Conversation, Reading
from evalsuite.rules.text import Span


class Entity(BaseModel):
    """Something that exists in the environment, with its other names."""

    model_config = STRICT

    name: str
    aliases: Annotated[list[str], Field(default_factory=list)]


class Facts(BaseModel):
    """Facts of a JSON case."""

    model_config = ConfigDict(**STRICT, validate_by_alias=True, validate_by_name=True)

    json_schema: Annotated[dict[str, Any] | bool, Field(alias="schema")]
    """JSON Schema of the wanted value; its dialect is 2020-12 unless `$schema` says otherwise."""
    expect: Annotated[dict[str, list[Any]], Field(default_factory=dict)]
    """JSON Pointer -> every accepted value."""
    environment: Annotated[dict[str, list[str | Entity]], Field(default_factory=dict)]
    """What exists, by kind: folders, devices, people, ..."""
    wrapper: Wrapper = "none"
    """What may stand around the value: nothing, one code fence, or anything."""
    no_action: bool = False
    """The case wants that nothing is done."""
    free: Annotated[list[str], Field(default_factory=list)]
    """JSON Pointers of text that need not be given, with all below them."""

    @field_validator("json_schema")
    @classmethod
    def _is_schema(cls, schema: dict[str, Any] | bool) -> dict[str, Any] | bool:
        try:
            json_schema.compiled(json_schema.canonical(schema))
        except (TypeError, RecursionError) as error:
            raise ValueError(f"no valid JSON Schema: {error}") from None
        return schema

    @field_validator("expect")
    @classmethod
    def _are_expectations(cls, expect: dict[str, list[Any]]) -> dict[str, list[Any]]:
        for pointer, accepted in expect.items():
            parse_pointer(pointer)
            if not accepted:
                raise ValueError(f"{json.dumps(pointer)} accepts nothing: list at least one value")
            try:
                json.dumps(accepted, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{json.dumps(pointer)} accepts what is no JSON value: {error}") from None
        return expect

    @field_validator("free")
    @classmethod
    def _are_pointers(cls, free: list[str]) -> list[str]:
        for pointer in free:
            parse_pointer(pointer)
        return free

    @cached_property
    def schema_text(self) -> str:
        """The schema as its compiled form is kept under."""
        return json_schema.canonical(self.json_schema)

    @cached_property
    def expected(self) -> tuple[tuple[tuple[str, ...], list[Any]], ...]:
        """Keys of each pointer of `expect` with the accepted values."""
        return tuple((parse_pointer(pointer), accepted) for pointer, accepted in self.expect.items())

    @cached_property
    def free_paths(self) -> tuple[tuple[str, ...], ...]:
        """Keys of each pointer of `free`."""
        return tuple(map(parse_pointer, self.free))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every name and alias in the environment."""
        entries = [entry for listed in self.environment.values() for entry in listed]
        return tuple(
            name for entry in entries for name in ([entry] if isinstance(entry, str) else [entry.name, *entry.aliases])
        )

    @cached_property
    def _listed(self) -> Listed:
        return listed(self.schema_text)

    @cached_property
    def _sources(self) -> WeakKeyDictionary[Conversation, Sources]:
        return WeakKeyDictionary()

    def sources(self, conversation: Conversation) -> Sources:
        """What is given to the case's outputs, prepared once."""
        found = self._sources.get(conversation)
        if found is None:
            system = [shared((turn.text,)) for turn in conversation.system]
            said = Given(tuple(turn.text for turn in conversation.turns if turn.role != "system"))
            found = Sources([said, shared(self.names), *system], self._listed)
            self._sources[conversation] = found
        return found


@lru_cache(maxsize=512)
def listed(schema_text: str) -> Listed:
    """What a schema (as canonical text) itself gives."""
    return Listed(json_schema.given(json.loads(schema_text)))


Check = Callable[[Reading, Facts], Iterable[Finding]]
_HELD: WeakKeyDictionary[Reading, dict[str, Held]] = WeakKeyDictionary()


def _held(reading: Reading, facts: Facts) -> Held:
    """The output's JSON values, read once for all rules."""
    by_wrapper = _HELD.setdefault(reading, {})
    if facts.wrapper not in by_wrapper:
        by_wrapper[facts.wrapper] = held(reading.text, facts.wrapper)
    return by_wrapper[facts.wrapper]


FINDING_LIMIT = 100
"""Findings of one rule on one output; an output with more is broken everywhere alike."""


def _limited(check: Check) -> Check:
    """A check that stops after `FINDING_LIMIT` findings."""
    return lambda reading, facts: islice(check(reading, facts), FINDING_LIMIT)


def _not_json(reading: Reading, facts: Facts) -> Iterator[Finding]:
    found = _held(reading, facts)
    if not found.values:
        yield Finding("JG001", found.place, f"The output holds no JSON value as the case wants it: {found.reason}.")


# --- JG002 -----------------------------------------------------------------------------------------------------------

_KINDS = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")


def _breaks_schema(reading: Reading, facts: Facts) -> Iterator[Finding]:
    for node in _held(reading, facts).values:
        for error in json_schema.errors(facts.schema_text, node.value):
            path = list(error.absolute_path)
            place = node.at(path)
            span = place.span if place is not None else node.span
            yield from _told(error, pointer_of(path), place or node, span)


def _told(error: Any, pointer: str, node: Node, span: Span) -> Iterator[Finding]:
    """One error of the validator as findings: short, at the very fault, without the value itself."""
    name, wanted = error.validator, error.validator_value
    if name == "required" and isinstance(node.value, dict):
        # jsonschema tells each missing key apart; it stands quoted at the start of the message.
        missing = [key for key in wanted if error.message.startswith(repr(key))]
        yield Finding("JG002", None, f"The key {_list(missing or wanted)} is missing in {pointer}.")
    elif name in ("additionalProperties", "unevaluatedProperties") and isinstance(node.value, dict):
        extra = [m for m in node.members if repr(m.key) in error.message] or node.members[:1]
        for member in extra[: json_schema.ERROR_LIMIT]:
            yield Finding("JG002", member.span, f"The key {_list([member.key])} is not allowed in {pointer}.")
    elif name == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        named = " or ".join(map(str, kinds))
        yield Finding("JG002", span, f"{_start(pointer)} is {_kind(node.value)}; {named} was wanted.")
    elif name in ("enum", "const"):
        values = wanted if name == "enum" else [wanted]
        yield Finding("JG002", span, f"{_start(pointer)} holds none of the allowed values: {_list(values)}.")
    else:
        yield Finding("JG002", span, f"{_start(pointer)} breaks `{name}` of the schema: {_list([wanted])}.")


def _start(pointer: str) -> str:
    return pointer[:1].upper() + pointer[1:] if not pointer.startswith("/") else pointer


def _list(values: Sequence[Any]) -> str:
    """Values as JSON, safe to print whatever they hold."""
    text = ", ".join(json.dumps(value, ensure_ascii=False, default=str) for value in values)
    return text.encode("utf-8", "replace").decode("utf-8")


# --- JG003 -----------------------------------------------------------------------------------------------------------


def _wrong_value(reading: Reading, facts: Facts) -> Iterator[Finding]:
    for node in _held(reading, facts).values:
        for keys, accepted in facts.expected:
            is_there, value = value_at(node.value, keys)
            if is_there and not accepts(accepted, value):
                found = follow(node, keys) or node
                message = f"{_start(pointer_of(keys))} holds what is not accepted there; accepted: {_list(accepted)}."
                yield Finding("JG003", found.span, message)


# --- JG004 -----------------------------------------------------------------------------------------------------------


def _ungrounded(reading: Reading, facts: Facts) -> Iterator[Finding]:
    found = _held(reading, facts).values
    if not found:
        return
    sources = facts.sources(reading.conversation)
    known: dict[tuple[bool, Any], bool] = {}

    def is_known(value: Any) -> bool:
        if value is None or isinstance(value, bool):
            return True
        key = (isinstance(value, str), value)
        if key not in known:
            known[key] = sources.has_text(value) if isinstance(value, str) else sources.has_number(value)
        return known[key]

    for node in found:
        if not node.repeats and all(map(is_known, contents(node.value))):
            continue  # the usual case, without a look at the places
        for trail, leaf in leaves(node):
            if facts.free_paths and _is_free(path_of(trail), facts.free_paths):
                continue
            if not is_known(leaf.value):
                path = path_of(trail)
                where, what = _start(pointer_of(path)), _list([leaf.value])
                message = f"{where} holds {what}, which no message, environment entry or schema gives."
                yield Finding("JG004", leaf.span, message)


def _is_free(path: tuple[str | int, ...], free: Sequence[tuple[str, ...]]) -> bool:
    return any(tuple(map(str, path[: len(keys)])) == keys for keys in free)


# --- JG005 -----------------------------------------------------------------------------------------------------------


def _duplicate(reading: Reading, facts: Facts) -> Iterator[Finding]:
    found = _held(reading, facts).values
    for node in found[1:]:
        yield Finding("JG005", node.span, f"This is one of {len(found)} JSON values where one is asked for.")
    for node in found:
        for trail, thing in objects(node) if node.repeats else ():
            if len(thing.members) == len(thing.value):
                continue
            seen: set[str] = set()
            for member in thing.members:
                if member.key in seen:
                    message = f"The key {_list([member.key])} stands more than once in {pointer_of(path_of(trail))}."
                    yield Finding("JG005", member.span, message)
                seen.add(member.key)


# --- JG006 -----------------------------------------------------------------------------------------------------------


def _acted(reading: Reading, facts: Facts) -> Iterator[Finding]:
    if not facts.no_action:
        return
    for node in _held(reading, facts).values:
        act = act_of(node, facts.expected)
        if act is not None:
            yield Finding("JG006", act.span, "The value acts where no action is wanted.")


# --- The rules -------------------------------------------------------------------------------------------------------

_SYSTEM = "You are Haitham. Answer only with a JSON object that has the keys action and target."
_SCHEMA = {
    "type": "object",
    "properties": {
        "action": {"type": "string", "enum": ["open_folder", "turn_on", "turn_off", "none"]},
        "target": {"type": ["string", "null"]},
    },
    "required": ["action", "target"],
    "additionalProperties": False,
}
_CASE: dict[str, Any] = {
    "schema": _SCHEMA,
    "environment": {"folders": ["Downloads", "Music"], "devices": ["Living room lamp"]},
}


def _example(user: str, output: str, **facts: Any) -> Example:
    return Example(user, output, {**_CASE, **facts}, system=_SYSTEM)


_OPEN = "Open Downloads folder"
_RIGHT = '{"action": "open_folder", "target": "Downloads"}'
_EXPECT = {"/action": ["open_folder"], "/target": ["Downloads"]}
_NONE = {"/action": ["none"]}

RULES = (
    Rule(
        "JG001",
        "not-json",
        "There is no JSON value where the wrapper allows one: prose or a fence around it, a trailing comma, single "
        "quotes, comments, NaN, a number that overflows, an unfinished value. No other JSON rule reports then.",
        fails=_example(_OPEN, f"Here is the JSON:\n\n{_RIGHT}"),
        passes=_example(_OPEN, f"I open {{target}} for you:\n\n{_RIGHT}", wrapper="any"),
        setting="`wrapper: none` (the default), `fence` (bare or in one code fence) or `any` (prose may surround it).",
        check=_limited(_not_json),
    ),
    Rule(
        "JG002",
        "schema",
        "The value breaks the schema: a key is missing or not allowed, a type is wrong, a value is outside an enum. "
        "`format` is not asserted.",
        fails=_example(_OPEN, '{"action": "open_folder"}'),
        passes=_example(_OPEN, '{"target": "Downloads", "action": "open_folder"}'),
        setting="`schema:` holds the JSON Schema; references lead nowhere outside it.",
        check=_limited(_breaks_schema),
    ),
    Rule(
        "JG003",
        "wrong-value",
        "A place that the case speaks of exists and does not hold an accepted value. Numbers are compared by value, "
        "strings exactly. An absent place is the schema's business.",
        fails=_example(_OPEN, '{"action": "open_folder", "target": "Music"}', expect=_EXPECT),
        passes=_example(_OPEN, _RIGHT, expect=_EXPECT),
        setting="`expect:` maps JSON Pointers to the list of every accepted value.",
        check=_limited(_wrong_value),
    ),
    Rule(
        "JG004",
        "ungrounded",
        "A string or number is given nowhere: not as a run of whole words of one message or environment entry, not "
        "among the schema's enums, constants and defaults. Another case, separator, plural or format of numbers, dates "
        "and times is no invention; every part of a path must be given.",
        fails=_example(_OPEN, '{"action": "open_folder", "target": "C:\\\\Users\\\\guest\\\\OneDrive\\\\Downloads"}'),
        passes=_example("Switch on the lamp", '{"action": "turn_on", "target": "living_room_lamp"}'),
        setting="`environment:` lists what exists, by kind, an entry as a name or as {name, aliases}; `free:` lists "
        "JSON Pointers of text that the model may word as it likes.",
        check=_limited(_ungrounded),
    ),
    Rule(
        "JG005",
        "duplicate",
        "An object has the same key twice, or the output holds more than one JSON value.",
        fails=_example(_OPEN, '{"action": "open_folder", "target": "Downloads", "action": "open_folder"}'),
        passes=_example(_OPEN, f"```json\n{_RIGHT}\n```", wrapper="fence"),
        setting="It needs no facts.",
        check=_limited(_duplicate),
    ),
    Rule(
        "JG006",
        "acted",
        "The case wants no action and the value acts all the same: it is not null, [], {}, an action of none or "
        "no_action, or what the case accepts.",
        fails=_example("Open the Videos folder", '{"action": "open_folder", "target": "Music"}', no_action=True),
        passes=_example("Open the Videos folder", '{"action": "none", "target": null}', no_action=True, expect=_NONE),
        setting="`no_action: true`; `expect:` may say how the value must decline.",
        check=_limited(_acted),
    ),
)

BEHAVIOUR = Behaviour(name="json_grounding", facts=Facts, rules=RULES)
