"""The OpenAI chat API as plain data: what is sent for a request, and what a server's reply means.

Pure functions, no network. A reply is one of four things, and the last three are exceptions:

    Answer        the model's words
    Transient     asking again may help (408, 429, 5xx, half a body, no choices)
    UnknownField  the server does not know a field that only vLLM-like servers take
    Refused       asking again cannot help (400, 401, 404, a null answer)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from evalsuite.conversation import Request

EXTRA_FIELDS: Mapping[str, Any] = {
    # Raw text: a special token in an answer is a fault to be seen, not to be hidden by the server.
    "skip_special_tokens": False,
    "spaces_between_special_tokens": False,
    # Neutral values: what is not sent, a server may take from the checkpoint's generation_config.
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
}
"""Fields outside OpenAI's API, as vLLM takes them. One that a server says it does not know is left out."""

_NEUTRAL = {"presence_penalty": 0.0, "frequency_penalty": 0.0}
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]*)?")
_RETRIED_STATUS = frozenset({408, 409, 425, 429})
_UNFINISHED = frozenset({"abort", "error"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that holds an answer."""

    text: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None


class Refused(Exception):
    """The request has no answer, and asking again would not change that."""


class Transient(Exception):
    """No answer this time; another attempt may get one."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """How long the server asks to be left alone, in seconds; None where it does not say."""


class UnknownField(Exception):
    """The server refused a request for the sake of fields in EXTRA_FIELDS."""

    def __init__(self, names: AbstractSet[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


def request_body(request: Request, model: str, *, without: AbstractSet[str] = frozenset()) -> dict[str, Any]:
    """The JSON body that asks `request` of `model`; `without` names the fields to leave out."""
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "max_tokens": sampling.max_tokens,
        "stream": False,
        **_NEUTRAL,
        **{name: value for name, value in EXTRA_FIELDS.items() if name not in without},
    }
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    return body


def read_reply(status: int, headers: Mapping[str, str], body: bytes, *, sent: AbstractSet[str], now: float) -> Answer:
    """The answer in a server's reply.

    `sent` names the extra fields that the request had; `now` is the time in seconds since 1970, for a Retry-After
    that is a date. Raises Transient, UnknownField or Refused, with the server's whole message.
    """
    if 200 <= status < 300:
        return _read_answer(headers, body)
    said = server_message(body)
    text = f"HTTP {status}: {said}" if said else f"HTTP {status} without a message"
    if status in _RETRIED_STATUS or status >= 500:
        raise Transient(text, retry_after_s=retry_after_s(headers.get("Retry-After"), now=now))
    named = frozenset(name for name in sent if name in said)
    if status in (400, 422) and named:
        raise UnknownField(named)
    raise Refused(text)


def server_message(body: bytes) -> str:
    """What a server's error says, whole: the message field of the common forms, else the body as text."""
    text = body.decode("utf-8", errors="replace").strip()
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for key in ("error", "message", "detail"):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def retry_after_s(value: str | None, *, now: float) -> float | None:
    """Seconds to wait by a Retry-After header: a number or an HTTP date (RFC 9110, 10.2.3). None for neither."""
    if value is None:
        return None
    if _NUMBER.fullmatch(value.strip()):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _read_answer(headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer in a reply whose status says that all is well. Its body decides, not its content type."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError) as error:
        kind = headers.get("Content-Type", "no content type")
        shown = body.decode("utf-8", errors="replace")
        raise Transient(f"the reply is not valid JSON ({error}; {kind}): {shown!r}") from error
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        raise Transient(f"the reply has no choices: {reply!r}")
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise Transient(f"the reply's choice has no message: {choice!r}")
    reason = choice.get("finish_reason")
    if isinstance(reason, str) and reason in _UNFINISHED:
        raise Transient(f"the server gave up the answer (finish_reason {reason!r})")
    usage = reply.get("usage")
    return Answer(
        text=_answer_text(message),
        finish_reason=reason if isinstance(reason, str) else None,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
    )


def _answer_text(message: Mapping[str, Any]) -> str:
    """The model's words in a message; raises Refused where the server kept or changed them.

    A refusal (null content beside a `refusal` text) is the model's answer, put in another field: it is judged
    like any other. An answer that was taken apart into tool calls is none: its raw text is lost.
    """
    content, refusal = message.get("content"), message.get("refusal")
    if message.get("tool_calls"):
        raise Refused(
            "the server took the answer apart into tool calls; the raw text was expected; "
            "start the server without a tool-call parser"
        )
    if isinstance(content, str):
        return content
    if content is None and isinstance(refusal, str) and refusal:
        return refusal
    found = "null" if content is None else type(content).__name__
    raise Refused(f"the reply's content is {found}, not text: {dict(message)!r}")


def _count(usage: Any, key: str) -> int | None:
    """A token count out of `usage`; None where it is missing or no count: it never spoils an answer."""
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
