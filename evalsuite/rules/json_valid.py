"""Whether a value surely fits a JSON Schema: a quick look with the keywords that most schemas are made of.

jsonschema tells every error, and takes its time for values that have none. What this module is not sure of is left to
it: an unknown keyword, a reference, a value that fits only perhaps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import Any

Check = Callable[[Any], bool]

_NOTES = frozenset(
    ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format", "$comment")
)
_TYPES: dict[str, Check] = {
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "string": lambda value: type(value) is str,
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) is int or type(value) is float,
    "boolean": lambda value: type(value) is bool,
    "null": lambda value: value is None,
}


def sure_check(schema: Any) -> Check | None:
    """A function that is true only of values that fit a schema of draft 2020-12; None where it would not be sure."""
    if schema is True:
        return lambda _: True
    if not isinstance(schema, Mapping):
        return None
    checks: list[Check] = []
    for keyword, wanted in schema.items():
        if keyword in _NOTES or (keyword == "additionalProperties" and "properties" not in schema and wanted is True):
            continue
        if keyword == "additionalProperties" and "properties" in schema:
            continue  # judged with the properties
        make = _CHECKS.get(keyword)
        check = make(wanted, schema) if make is not None else None
        if check is None:
            return None
        checks.append(check)
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(check(value) for check in checks)


def _type(wanted: Any, _: Mapping[str, Any]) -> Check | None:
    names = [wanted] if isinstance(wanted, str) else wanted
    if not all(name in _TYPES for name in names):
        return None
    checks = [_TYPES[name] for name in names]
    return checks[0] if len(checks) == 1 else lambda value: any(check(value) for check in checks)


def _enum(wanted: Any, _: Mapping[str, Any]) -> Check:
    strings = frozenset(value for value in wanted if isinstance(value, str))
    has_null = any(value is None for value in wanted)
    return lambda value: value in strings if type(value) is str else value is None and has_null


def _properties(wanted: Any, schema: Mapping[str, Any]) -> Check | None:
    known = {key: sure_check(subschema) for key, subschema in wanted.items()}
    others = sure_check(schema.get("additionalProperties", True))
    if schema.get("additionalProperties") is False:
        others = _never
    checks = {key: check for key, check in known.items() if check is not None}
    if others is None or len(checks) < len(known):
        return None
    get, other = checks.get, others
    return lambda value: type(value) is not dict or all(get(key, other)(item) for key, item in value.items())


def _never(_: Any) -> bool:
    return False


def _items(wanted: Any, _: Mapping[str, Any]) -> Check | None:
    check = sure_check(wanted)
    if check is None:
        return None
    sure = check
    return lambda value: type(value) is not list or all(map(sure, value))


def _required(wanted: Any, _: Mapping[str, Any]) -> Check:
    return lambda value: type(value) is not dict or all(key in value for key in wanted)


def _number(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Mapping[str, Any]], Check]:
    return lambda bound, _: lambda value: type(value) not in (int, float) or compare(value, bound)


def _size(kind: type[Sized], compare: Callable[[int, Any], bool]) -> Callable[[Any, Mapping[str, Any]], Check]:
    return lambda bound, _: lambda value: not isinstance(value, kind) or compare(len(value), bound)


_CHECKS: dict[str, Callable[[Any, Mapping[str, Any]], Check | None]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda wanted, schema: _enum([wanted], schema),
    "properties": _properties,
    "items": _items,
    "required": _required,
    "minimum": _number(lambda value, bound: value >= bound),
    "maximum": _number(lambda value, bound: value <= bound),
    "exclusiveMinimum": _number(lambda value, bound: value > bound),
    "exclusiveMaximum": _number(lambda value, bound: value < bound),
    "minLength": _size(str, lambda size, bound: size >= bound),
    "maxLength": _size(str, lambda size, bound: size <= bound),
    "minItems": _size(list, lambda size, bound: size >= bound),
    "maxItems": _size(list, lambda size, bound: size <= bound),
    "minProperties": _size(dict, lambda size, bound: size >= bound),
    "maxProperties": _size(dict, lambda size, bound: size <= bound),
}
