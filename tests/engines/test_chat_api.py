"""What a server's reply means, without a server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.engines.chat_api import (
    Answer,
    Refused,
    Transient,
    UnknownField,
    read_reply,
    retry_after_s,
    server_message,
)

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Wed, 18 Nov 2026 11:07:20 GMT", 40.0),
        ("Wed, 18 Nov 2026 10:00:00 GMT", 0.0),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, now=NOW) == seconds


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "too long", "code": 400}}', "too long"),
        (b'{"error": "too long"}', "too long"),
        (b'{"message": "too long"}', "too long"),
        (b'{"detail": "too long"}', "too long"),
        (b'{"detail": [{"loc": ["body"], "msg": "bad"}]}', '[{"loc": ["body"], "msg": "bad"}]'),
        (b"  plain text\n", "plain text"),
        (b"\xff\xfe", "��"),
        (b"", ""),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_server_message(body: bytes, said: str) -> None:
    assert server_message(body) == said


def test_unknown_fields_are_named_only_where_they_were_sent() -> None:
    body = b'{"error": {"message": "extra fields not permitted: top_k, min_p"}}'
    with pytest.raises(UnknownField) as raised:
        read_reply(422, {}, body, sent={"top_k", "min_p", "repetition_penalty"}, now=NOW)
    assert raised.value.names == {"top_k", "min_p"}
    with pytest.raises(Refused, match="HTTP 422"):
        read_reply(422, {}, body, sent=set(), now=NOW)


def check_reply(status: int, body: bytes) -> None:
    """A reply is an answer, or one of the three errors; nothing else is raised."""
    try:
        found = read_reply(status, {}, body, sent={"top_k"}, now=NOW)
    except (Transient, UnknownField, Refused):
        return
    assert isinstance(found, Answer)


@given(st.integers(min_value=100, max_value=599), st.binary())
def test_any_bytes_are_read(status: int, body: bytes) -> None:
    check_reply(status, body)


KEYS = ["choices", "message", "content", "refusal", "tool_calls", "usage", "prompt_tokens", "finish_reason", "error"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS), inner),
)


@given(st.sampled_from([200, 400, 500]), JSON)
def test_any_json_is_read(status: int, value: object) -> None:
    check_reply(status, json.dumps(value).encode())


@given(JSON)
def test_any_choice_is_read(value: object) -> None:
    check_reply(200, json.dumps({"choices": [value]}).encode())
    check_reply(200, json.dumps({"choices": [{"message": value}]}).encode())
