"""YAML documents: values by the 1.2 core schema, places of values, and what is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.document import Document, DocumentError, Problem, parse_document


def parse(text: str) -> Document:
    return parse_document(text.encode(), shown="x.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("''", ""),
        ("12", 12),
        ("-1.5e3", -1500.0),
        ("0x1f", 31),
        ("012", 12),
        ("1_000", "1_000"),
        ("2026-05-03", "2026-05-03"),
        ("12:30:00", "12:30:00"),
        ("'12'", "12"),
        ("[a, {b: 1}]", ["a", {"b": 1}]),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_values_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    assert parse(text).value == value


def test_places_are_lines_and_columns_of_values_and_keys() -> None:
    document = parse("a: 1\ncases:\n  - id: x\n    tags: [b, c]\n")
    assert document.place(("cases", 0, "tags", 1)) == (4, 15)
    assert document.key_place(("cases", 0, "tags")) == (4, 5)
    assert document.place(("cases", 0, "missing")) == (3, 5), "the nearest parent that is there"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\na: 2\n", 2, "second time"),
        ("a: &x 1\nb: *x\n", 1, "alias"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("a: !!binary aGk=\n", 1, "tag"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
        ("a: 1\n--- \nb: 2\n", 2, "not YAML"),
        ("? [a]\n: 1\n", 1, "key is no string"),
        ("a: \x07\n", 0, "not YAML"),
    ],
)
def test_what_is_no_plain_data_is_refused_at_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    problem = caught.value.problems[0]
    assert what in problem.what
    assert problem.line == line


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000, "\n".join(" " * i + "a:" for i in range(1500))]
)
def test_deep_nesting_is_refused_without_reading_it(text: str) -> None:
    with pytest.raises(DocumentError, match="nested deeper"):
        parse(text)


def test_text_that_is_not_utf8_is_named_with_its_line() -> None:
    with pytest.raises(DocumentError, match=r"x\.yaml:2:1: is not UTF-8"):
        parse_document(b"a: 1\nb: \xff\n", shown="x.yaml")


def test_a_byte_order_mark_and_crlf_are_read() -> None:
    assert parse_document(b"\xef\xbb\xbfa: 1\r\nb: x\r\n", shown="x.yaml").value == {"a": 1, "b": "x"}


def test_all_duplicate_keys_are_reported_at_once_in_order() -> None:
    with pytest.raises(DocumentError) as caught:
        parse("a: 1\nb: 2\nb: 3\na: 4\n")
    assert [p.line for p in caught.value.problems] == [3, 4]


def test_a_problem_is_said_with_place_cause_expectation_and_remedy() -> None:
    assert str(Problem("a.yaml", 3, 5, "what", "expected", "mend")) == "a.yaml:3:5: what; expected; mend"
    assert str(Problem("a.yaml", 0, 0, "what", "expected", "mend")) == "a.yaml: what; expected; mend"


@given(st.text(max_size=200))
def test_any_text_is_a_document_or_a_document_error(text: str) -> None:
    with contextlib.suppress(DocumentError):
        parse_document(text.encode("utf-8", "surrogatepass"), shown="x.yaml")
