"""JSON is read as a whole, and its parts are found again where they stand; what surely fits a schema fits it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evalsuite.rules.json_tree import leaves, objects
from evalsuite.rules.json_valid import sure_check
from evalsuite.rules.json_value import DEPTH_LIMIT, BrokenJson, scan
from evalsuite.rules.json_wrapper import held

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(-2, 3), st.text('aé\u0301\\"/ ', max_size=3)
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text("ab", max_size=2), inner))
)


@given(_VALUES, st.booleans(), st.sampled_from((None, 1)), st.sampled_from(("", " \n")))
def test_parts_stand_where_they_say(value: Any, ascii_only: bool, indent: int | None, space: str) -> None:
    text = space + json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    root = scan(text)
    assert text[slice(*root.span)] == text.strip(" \n")
    for _, leaf in leaves(root):
        assert scan(text[slice(*leaf.span)]).value == leaf.value
    for _, holder in objects(root):
        assert {member.key: member.node.value for member in holder.members} == holder.value
        assert all(scan(text[slice(*m.span)]).value == m.key for m in holder.members)


@pytest.mark.parametrize("depth", [DEPTH_LIMIT, DEPTH_LIMIT + 1, 900, 1100, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth(depth: int, opening: str, closing: str) -> None:
    text = opening * depth + "1" + closing * depth
    if depth <= DEPTH_LIMIT:
        assert scan(text).end == len(text)
    else:
        with pytest.raises(BrokenJson, match="nested deeper"):
            scan(text)


@pytest.mark.parametrize("number", ["1e309", "-1e309", "9" * 310, "9" * 250 + "e80", "NaN", "-Infinity", "1a", "01"])
@pytest.mark.parametrize("form", ["{}", "[{}]", '{{"a": {}}}', "[1, {}, 2]"])
def test_numbers_that_are_none(number: str, form: str) -> None:
    with pytest.raises(BrokenJson):
        scan(form.format(number) + " ")


@pytest.mark.parametrize("number", ["1e308", "9" * 300, "0.5e-400", "-0", "1E+10"])
def test_numbers_at_the_edge(number: str) -> None:
    assert scan(f"[{number}]").value == json.loads(f"[{number}]")


@pytest.mark.parametrize("escaped", [True, False])
def test_strings_and_keys_are_composed_and_repeated_keys_found(escaped: bool) -> None:
    node = scan(json.dumps({"e\u0301": "e\u0301", "é": 2}, ensure_ascii=escaped))
    assert node.repeats
    assert [(member.key, member.node.value) for member in node.members] == [("é", "é"), ("é", 2)]


def test_prose_is_told_wherever_it_begins() -> None:
    for width in range(300):
        found = held(" " * width + "Sorry, I cannot do that. ", "none")
        assert found.place == (width, width + 24), width


_KEYWORDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(("object", "array", "string", "integer", "number", "null", ["string", "null"])),
        "enum": st.lists(_SCALARS, min_size=1),
        "required": st.just(["a"]),
        "minimum": st.integers(0, 2),
        "exclusiveMaximum": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "minItems": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
    },
)
_SCHEMAS = st.recursive(
    st.one_of(st.booleans(), _KEYWORDS),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"items": inner}),
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("ab"), inner), "additionalProperties": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1)}),
    ),
)  # fmt: skip


@given(_SCHEMAS, _VALUES)
def test_what_surely_fits_fits(schema: Any, value: Any) -> None:
    check = sure_check(schema)
    if check is not None and check(value):
        assert Draft202012Validator(schema).is_valid(value)
