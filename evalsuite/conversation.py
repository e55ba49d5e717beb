"""What is asked of a model and what comes back: Message, Sampling, Request, Completion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, in the form every chat API takes."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. The defaults are greedy, so that a run can be repeated.

    Every field is always sent: a checkpoint's own `generation_config.json` must not leak in.
    """

    temperature: float = 0.0
    """0 is greedy decoding; above 0 the seed decides."""
    top_p: float = 1.0
    seed: int = 0
    """Repeat number k of a case samples with `seed + k`."""
    max_tokens: int = 512
    """Bound on the answer, in tokens. An answer that reaches it has `finish_reason` "length" and fails OUT001."""
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the engine."""

    id: str
    """Unique within a run: the pytest node id of the case, `#k` appended for repeat k > 0."""
    messages: tuple[Message, ...]
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Completion:
    """What the engine answered to one request, or why it did not.

    `error` is None for an answer; otherwise it is a sentence for the user, and `text` is empty. An error is the
    engine's, never the model's: it makes the case an error, not a failure.
    """

    request_id: str
    text: str
    """The raw text, special tokens included, never cut or stripped."""
    finish_reason: str | None = None
    """"stop", "length", or what the engine gave; None where there is no answer."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_s: float | None = None
    """Seconds from sending the request (or starting its batch) to its whole answer."""
    attempts: int = 1
    """How often it was asked, retries included."""
    error: str | None = None
