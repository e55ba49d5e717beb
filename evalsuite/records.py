"""The lines of a run folder's files: cases, completions and verdicts as JSON, and back, each checked on the way in.

A run folder may come from elsewhere: what does not have the form that evalsuite writes is damage, told with its line.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, get_args

from evalsuite.case import Case
from evalsuite.conversation import Completion, Message, Role, Sampling
from evalsuite.rules.catalogue import parse_facts
from evalsuite.rules.finding import Finding, Status, Verdict

T = TypeVar("T")

_NOT_IN_NAMES = ("Cc", "Cs", "Zl", "Zp")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class RunError(Exception):
    """A run folder that cannot be written or read: what is wrong; what was expected; how to mend it."""


def request_ids(case: Case, repeats: int) -> list[str]:
    """Ids of a case's requests: its key, then `key#1`, `key#2`, ... for further repeats."""
    return [case.key, *(f"{case.key}#{k}" for k in range(1, repeats))]


def case_record(case: Case) -> dict[str, Any]:
    """A case as a line of cases.jsonl."""
    return {
        "key": case.key,
        "id": case.id,
        "name": case.name,
        "suite": case.suite,
        "path": case.path,
        "line": case.line,
        "messages": [{"role": m.role, "content": m.content} for m in case.messages],
        "params": case.params,
        "sampling": asdict(case.sampling),
        "labels": dict(case.labels),
        "system": case.system,
        "language": case.language,
        "tags": list(case.tags),
        "split": case.split,
        "group": case.group,
        "twin": case.twin,
    }


def case_from_record(record: Mapping[str, Any]) -> Case:
    """The case of a line of cases.jsonl.

    Raises:
        KeyError, TypeError, ValueError (pydantic.ValidationError included): other lines.
    """
    sampling = dict(record["sampling"])
    sampling["stop"] = tuple(_list_of(str, sampling["stop"]))
    return Case(
        id=_word(record["id"]),
        name=_word(record["name"]),
        suite=_word(record["suite"]),
        path=_word(record["path"]),
        line=_is(int, record["line"]),
        messages=tuple(_message(m) for m in _list_of(dict, record["messages"])),
        params=_is(dict, record["params"]),
        facts=parse_facts(record["suite"], record["params"]),
        sampling=Sampling(**sampling),
        labels={_word(axis): _word(label) for axis, label in _is(dict, record["labels"]).items()},
        system=_word(record["system"]),
        language=_word(record["language"]),
        tags=tuple(map(_word, _list_of(str, record["tags"]))),
        split=_one_of(("gate", "dev"), record["split"]),
        group=_word(record["group"]),
        twin=None if record["twin"] is None else _word(record["twin"]),
    )


def completion_record(completion: Completion) -> dict[str, Any]:
    """An answer as a line of completions.jsonl."""
    return asdict(completion)


def completion_from_record(record: Mapping[str, Any]) -> Completion:
    """The answer of a line of completions.jsonl. Raises TypeError or ValueError on other lines."""
    completion = Completion(**record)
    _is(str, completion.request_id)
    _is(str, completion.text)
    for text in (completion.finish_reason, completion.error):
        _is((str, type(None)), text)
    for count in (completion.prompt_tokens, completion.completion_tokens):
        _is((int, type(None)), count)
    _is((int, float, type(None)), completion.latency_s)
    _is(int, completion.attempts)
    return completion


def verdict_record(case_key: str, request_id: str, verdict: Verdict) -> dict[str, Any]:
    """A verdict as a line of verdicts.jsonl."""
    return {
        "id": request_id,
        "case": case_key,
        "status": verdict.status,
        "findings": [
            {"code": f.code, "span": None if f.span is None else list(f.span), "message": f.message}
            for f in verdict.findings
        ],
        "errors": list(verdict.errors),
    }


def verdict_from_record(record: Mapping[str, Any]) -> Verdict:
    """The verdict of a line of verdicts.jsonl. Raises KeyError, TypeError or ValueError on other lines."""
    verdict = Verdict(
        _one_of(get_args(Status), record["status"]),
        tuple(
            Finding(_word(f["code"]), _span(f["span"]), _is(str, f["message"]))
            for f in _list_of(dict, record["findings"])
        ),
        tuple(_list_of(str, record["errors"])),
    )
    if verdict.status != ("error" if verdict.errors else "fail" if verdict.findings else "pass"):
        raise ValueError(f"the status {verdict.status!r} does not fit its findings and errors")
    return verdict


def line(record: Mapping[str, Any]) -> bytes:
    """A record as a line of a JSON Lines file."""
    # ASCII: lone surrogates, which a hostile output may hold, cannot be written as UTF-8 but survive as escapes
    return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def read_records(path: Path, convert: Callable[[Mapping[str, Any]], T]) -> Iterator[T]:
    """What `convert` makes of each line of a JSON Lines file, in order.

    Raises:
        RunError: the file is missing or unreadable, or a line is not what evalsuite writes.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                yield _converted(path, number, raw, convert)
    except FileNotFoundError:
        raise RunError(f"{path}: is missing; every run folder holds one; restore it or run the suites again") from None
    except OSError as error:
        raise RunError(
            f"{path}: cannot be read ({error.strerror}); a readable file was expected; check its permissions"
        ) from None


def _converted(path: Path, number: int, raw: bytes, convert: Callable[[Mapping[str, Any]], T]) -> T:
    if not raw.endswith(b"\n"):
        raise RunError(
            f"{path}:{number}: is damaged (an unfinished line); a line that evalsuite wrote was expected; "
            "take the interrupted run up again with --resume, or restore the file"
        )
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        raise _damaged(path, number, "no JSON") from None
    if not isinstance(record, dict):
        raise _damaged(path, number, "no JSON object")
    try:
        return convert(record)
    except KeyError as error:
        raise _damaged(path, number, f"the key {error.args[0]!r} is missing or not known") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise _damaged(path, number, " ".join(str(error).split())) from None


def _damaged(path: Path, number: int, detail: str) -> RunError:
    return RunError(
        f"{path}:{number}: is damaged ({detail}); a line that evalsuite wrote was expected; "
        "run the suites again, or restore the file"
    )


def _is(kinds: type | tuple[type, ...], value: Any) -> Any:
    """The value, where it is of one of the kinds (a boolean is no number)."""
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(f"{value!r} is of the wrong type")
    return value


def _list_of(kind: type, value: Any) -> list[Any]:
    return [_is(kind, entry) for entry in _is(list, value)]


def _one_of(known: tuple[Any, ...], value: Any) -> Any:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(map(repr, known))}")
    return value


def _word(value: Any) -> str:
    """A name, id or path: no line end, control or change of direction, since names are printed as they are."""
    text: str = _is(str, value)
    if not text.isprintable() and any(unicodedata.category(c) in _NOT_IN_NAMES or c in _BIDI for c in text):
        raise ValueError(f"{text!r} holds characters that no name has")
    return text


def _message(record: Mapping[str, Any]) -> Message:
    return Message(_one_of(get_args(Role), record["role"]), _is(str, record["content"]))


def _span(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    start, end = _list_of(int, value)
    if not 0 <= start <= end:
        raise ValueError(f"{value!r} is no span")
    return start, end
