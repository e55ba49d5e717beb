"""JSON Schemas of cases: checked once, compiled once, asked for what an output breaks and what it may take from them.

jsonschema is imported when a schema is first compiled, so that a session without JSON cases does not pay for it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import regex

from evalsuite.rules.json_valid import Check, sure_check

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

ERROR_LIMIT = 100
"""Errors of one value that are told apart; a value with more is broken everywhere alike."""

_PROBES: tuple[Any, ...] = (None, True, 0, "", [], {}, [None], {"": None})


def canonical(schema: Mapping[str, Any] | bool) -> str:
    """One text for one schema, under which its compiled form is kept."""
    return unicodedata.normalize("NFC", json.dumps(schema, ensure_ascii=False, sort_keys=True))


@lru_cache(maxsize=512)
def compiled(text: str) -> Validator:
    """Validator of a schema given as canonical text. References lead nowhere outside the schema; formats are notes.

    Raises:
        ValueError: it is no valid JSON Schema; the message says where and why.
    """
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import SchemaError
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped] # it ships no types

    schema = json.loads(text)
    dialect: Any = validators.validator_for(schema, default=Draft202012Validator)
    try:
        dialect.check_schema(schema, format_checker=None)  # patterns are checked below, by the engine that matches
    except SchemaError as error:
        place = "".join(f"/{key}" for key in error.absolute_path) or "the root"
        raise ValueError(f"no valid JSON Schema at {place}: {error.message}") from None
    _check_patterns(schema)
    checks: dict[str, Any] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "uniqueItems": _unique_items,
    }
    if dialect is Draft202012Validator:
        checks["items"] = _Items()
    extend: Any = validators.extend  # untyped in jsonschema
    validator: Validator = extend(dialect, checks)(schema, registry=REGISTRY)
    _check_references(schema)
    try:
        for probe in _PROBES:
            validator.is_valid(probe)
    except RecursionError:
        raise ValueError("no valid JSON Schema: a $ref leads back to itself without end") from None
    return validator


def errors(text: str, value: Any) -> list[ValidationError]:
    """What a value (strings in NFC) breaks of a schema given as canonical text: at most `ERROR_LIMIT` errors."""
    surely_fits = _sure(text)
    if surely_fits is not None and surely_fits(value):
        return []
    return list(islice(compiled(text).iter_errors(value), ERROR_LIMIT))


@lru_cache(maxsize=512)
def _sure(text: str) -> Check | None:
    from jsonschema import Draft202012Validator, validators

    schema = json.loads(text)
    if validators.validator_for(schema, default=Draft202012Validator) is not Draft202012Validator:
        return None
    if isinstance(schema, dict):
        schema.pop("$schema", None)
    return sure_check(schema)


class _Items:
    """`items` as jsonschema checks it, but quickly past the items that surely fit."""

    def __init__(self) -> None:
        self._sure: dict[int, Check | None] = {}
        """By the id of a subschema, which lives as long as the validator."""

    def __call__(self, validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        from jsonschema import Draft202012Validator

        if id(items) not in self._sure:
            self._sure[id(items)] = sure_check(items)
        surely_fits = self._sure[id(items)]
        start = len(schema.get("prefixItems", []))
        if not isinstance(instance, list) or surely_fits is None:
            yield from Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)
            return
        for index in range(start, len(instance)):
            if not surely_fits(instance[index]):
                yield from validator.descend(instance[index], items, path=index)


# Python's and ECMA-262's patterns differ in what matters here: \d and \w are ASCII in JSON Schema, $ is the very end.
_TOKEN = regex.compile(r"\\.|\[|\]|\$", regex.DOTALL)
_CLASSES = {"\\d": "0-9", "\\w": "A-Za-z0-9_"}


@lru_cache(maxsize=1024)
def _search_of(pattern: str) -> regex.Pattern[str]:
    in_class = False

    def translated(match: regex.Match[str]) -> str:
        nonlocal in_class
        token: str = match.group()
        if token in _CLASSES:
            return _CLASSES[token] if in_class else f"[{_CLASSES[token]}]"
        if token == "$":
            return "$" if in_class else r"\Z"
        if token == "[":
            if in_class:
                return "\\["
            in_class = True
        elif token == "]":
            in_class = False
        return token

    return regex.compile(_TOKEN.sub(translated, pattern))


def _pattern(_: Validator, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not _search_of(pattern).search(value):
        yield ValidationError(f"does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], value: Any, _: Any) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    for pattern, subschema in patterns.items():
        for key, item in value.items():
            if _search_of(pattern).search(key):
                yield from validator.descend(item, subschema, path=key, schema_path=pattern)


def _unique_items(_: Validator, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:
    """As jsonschema's own, in linear time."""
    from jsonschema import ValidationError

    if wanted and isinstance(value, list) and len({_identity(item) for item in value}) < len(value):
        yield ValidationError("has items that are equal")


def _identity(value: Any) -> Any:
    if isinstance(value, dict):
        return ("object", frozenset((key, _identity(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("array", tuple(map(_identity, value)))
    return ("boolean", value) if isinstance(value, bool) else value


def _check_patterns(schema: Any) -> None:
    import re

    for subschema in subschemas(schema):
        names = subschema.get("patternProperties", {})
        for pattern in (subschema.get("pattern"), *names):
            if isinstance(pattern, str):
                try:
                    _search_of(pattern)
                    if pattern in names:  # jsonschema itself matches these for additionalProperties
                        re.compile(pattern)
                except (regex.error, re.error) as error:
                    raise ValueError(f"no valid JSON Schema: the pattern {pattern!r} is wrong: {error}") from None


def _check_references(schema: Any) -> None:
    """Every reference must lead to a place in the schema itself (or to a meta-schema)."""
    from jsonschema_specifications import REGISTRY
    from referencing import Registry, Resource
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    if isinstance(schema, bool):
        return
    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    registry: Registry[Any] = REGISTRY
    stack = [(resource, registry.resolver_with_root(resource))]
    while stack:
        current, resolver = stack.pop()
        contents = current.contents
        if isinstance(contents, dict):
            for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
                reference = contents.get(keyword)
                if isinstance(reference, str):
                    try:
                        resolver.lookup(reference)
                    except Unresolvable:
                        raise ValueError(
                            f"no valid JSON Schema: {keyword} {reference!r} leads to nothing in this schema "
                            "(other documents are not fetched)"
                        ) from None
        for subresource in current.subresources():
            stack.append((subresource, resolver.in_subresource(subresource)))  # noqa: PERF401 # the loop reads the stack


# Keywords whose value is a schema (or a list of them), and those whose value maps names to schemas (JSON Schema,
# drafts 4 to 2020-12). A property called "enum" or "default" is no keyword.
_HOLDS_SCHEMAS = frozenset(
    {"additionalItems", "additionalProperties", "allOf", "anyOf", "contains", "contentSchema", "else", "if", "items"}
    | {"not", "oneOf", "prefixItems", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"}
)
_MAPS_SCHEMAS = frozenset(
    {"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"}
)


def subschemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every schema object in a schema, itself first, and what `#/...` references lead to, each once."""
    stack: list[Any] = [schema]
    seen: set[int] = set()
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(reversed(current))
        if not isinstance(current, dict) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        for keyword, value in reversed(current.items()):
            if keyword in _MAPS_SCHEMAS and isinstance(value, dict):
                stack.extend(reversed(value.values()))
            elif keyword in _HOLDS_SCHEMAS:
                stack.append(value)
            elif keyword == "$ref" and isinstance(value, str) and value.startswith("#/"):
                stack.append(_lookup(schema, value[2:]))


def _lookup(schema: Any, pointer: str) -> Any:
    from urllib.parse import unquote

    found = schema
    for part in unquote(pointer).split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return found


def given(schema: Any) -> Iterator[Any]:
    """Strings and numbers among a schema's enums, constants and defaults, wherever they stand in it."""
    for subschema in subschemas(schema):
        stack = [subschema[keyword] for keyword in ("enum", "const", "default") if keyword in subschema]
        while stack:
            value = stack.pop()
            if isinstance(value, dict):
                stack.extend(value.values())
            elif isinstance(value, list):
                stack.extend(value)
            elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
                yield value
