"""The endpoint engine against a real server that misbehaves on order. Pauses are recorded, not slept."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from aiohttp import web

from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines.endpoint import ATTEMPTS, EndpointEngine
from evalsuite.engines.engine import EngineError, EngineOptions
from evalsuite.engines.server import PROBES
from tests.engines.asking import PAUSES, ask, make, requests
from tests.engines.fault_server import FaultServer, chat_reply, reset_mid_body


def test_what_is_sent_and_what_comes_back(server: FaultServer) -> None:
    engine = make(server.url)
    asked = Request("a", (Message("system", "Sé breve."), Message("user", "؟")), Sampling(0.5, 0.9, 7, 33, ("END",)))
    found: list[Completion] = []
    engine.answer([asked], found.append, threading.Event())
    assert server.seen == [
        {
            "model": "tiny",
            "messages": [{"role": "system", "content": "Sé breve."}, {"role": "user", "content": "؟"}],
            "temperature": 0.5,
            "top_p": 0.9,
            "seed": 7,
            "max_tokens": 33,
            "stop": ["END"],
            "stream": False,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "skip_special_tokens": False,
            "spaces_between_special_tokens": False,
            "top_k": -1,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
        }
    ]
    assert found[0].latency_s is not None
    assert (found[0].text, found[0].finish_reason, found[0].error) == ("echo: ؟", "stop", None)
    assert (found[0].prompt_tokens, found[0].completion_tokens, found[0].attempts) == (11, 3, 1)


def test_answers_are_kept_as_they_are(server: FaultServer) -> None:
    text = "  <|im_end|>\x00\x1b[31m😀 \u202e \ud800 \n\n" + "x" * 2**20
    server.script = [chat_reply(text), chat_reply("")]
    found = ask(make(server.url, concurrency=1), requests(2))
    assert found[0].text == text
    assert found[1].text == ""
    assert found[1].error is None


def test_requests_go_in_order_and_are_bounded(server: FaultServer) -> None:
    found = ask(make(server.url, concurrency=3), requests(50))
    assert [c.text for c in found] == [f"echo: question {n}" for n in range(50)]
    assert server.most_in_flight <= 3
    one_by_one = FaultServer()
    with one_by_one:
        ask(make(one_by_one.url, concurrency=1), requests(9))
        assert [body["messages"][0]["content"] for body in one_by_one.seen] == [f"question {n}" for n in range(9)]


PASSING = {
    "429": 429,
    "408": 408,
    "500": 500,
    "502": 502,
    "503": 503,
    "half JSON": b'{"choices": [{"mess',
    "no JSON": web.Response(text="<html>Bad gateway</html>", content_type="text/html"),
    "empty body": b"",
    "no choices": {"choices": []},
    "null choices": {"choices": None},
    "choice without message": {"choices": [{}]},
    "a list": b"[]",
    "deep JSON": b"[" * 100_000,
    "abort": {"choices": [{"message": {"content": "half"}, "finish_reason": "abort"}]},
    "reset in mid-body": lambda request, _: reset_mid_body(request),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_passing_fault_is_asked_again(server: FaultServer, fault: Any) -> None:
    server.script = [fault]
    pauses: PAUSES = []
    (found,) = ask(make(server.url, pauses=pauses), requests())
    assert (found.text, found.attempts) == ("echo: question 0", 2)
    assert len(pauses) == 1


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_stays_is_an_error(server: FaultServer, fault: Any) -> None:
    # A Response can be sent once only.
    again = fault if not isinstance(fault, web.Response) else b"<html>Bad gateway</html>"
    server.script = [again] * ATTEMPTS
    pauses: PAUSES = []
    (found,) = ask(make(server.url, pauses=pauses), requests())
    assert found.error is not None
    assert found.text == ""
    assert f"(asked {ATTEMPTS} times)" in found.error
    assert server.url in found.error
    assert (len(server.seen), found.attempts, len(pauses)) == (ATTEMPTS, ATTEMPTS, ATTEMPTS - 1)
    assert all(0 <= pause <= 30 for pause in pauses)


FINAL = {
    "400": (400, "HTTP 400: status 400 was asked for"),
    "401": (401, "HTTP 401"),
    "404": (404, "HTTP 404"),
    "null content": (chat_reply(None), "content is null"),
    "content is a list": (chat_reply([{"type": "text", "text": "x"}]), "content is list"),  # type: ignore[arg-type]
    "tool calls": (chat_reply("", tool_calls=[{"id": "1"}]), "tool-call parser"),
}


@pytest.mark.parametrize(("fault", "words"), FINAL.values(), ids=FINAL.keys())
def test_a_final_fault_is_not_asked_again(server: FaultServer, fault: Any, words: str) -> None:
    server.script = [fault]
    (found,) = ask(make(server.url), requests())
    assert words in (found.error or "")
    assert found.text == ""
    assert len(server.seen) == 1


def test_a_refusal_is_the_answer(server: FaultServer) -> None:
    server.script = [chat_reply(None, refusal="I will not.")]
    (found,) = ask(make(server.url), requests())
    assert (found.text, found.error) == ("I will not.", None)


def test_wrong_usage_and_model_do_no_harm(server: FaultServer) -> None:
    reply = chat_reply("Yes.") | {"usage": {"prompt_tokens": "many", "completion_tokens": -1}, "model": "another"}
    server.script = [reply, chat_reply("Yes.") | {"usage": None}, chat_reply("Yes.") | {"usage": [1]}]
    for found in ask(make(server.url, concurrency=1), requests(3)):
        assert (found.text, found.prompt_tokens, found.completion_tokens) == ("Yes.", None, None)


def test_a_content_type_that_is_wrong_does_no_harm(server: FaultServer) -> None:
    server.script = [web.Response(text=json.dumps(chat_reply()), content_type="text/plain")]
    assert ask(make(server.url), requests())[0].text == "Fine."


def test_retry_after_is_respected(server: FaultServer) -> None:
    server.script = [web.Response(status=429, headers={"Retry-After": "17"})]
    pauses: PAUSES = []
    assert ask(make(server.url, pauses=pauses), requests())[0].error is None
    assert 17 <= pauses[0] <= 18


def test_a_stall_ends_at_the_deadline(server: FaultServer) -> None:
    server.script = [503, server.stall]
    found = ask(make(server.url, concurrency=1, request_timeout_s=0.3), requests(2))
    assert found[0].error == (
        f"{server.url} no answer within 0.3 s; before that: HTTP 503: status 503 was asked for (asked 2 times)"
    )
    assert found[1].text == "echo: question 1"


def test_stop_ends_the_asking(server: FaultServer) -> None:
    stop = threading.Event()

    async def stop_and_stall(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        stop.set()
        return await server.stall(request, body)

    server.script = [{"choices": [{"message": {"content": "first"}}]}]
    server.always = stop_and_stall
    found: list[Completion] = []
    make(server.url, concurrency=1).answer(requests(5), found.append, stop)
    assert [c.text for c in found] == ["first"]
    assert len(server.seen) == 2


def test_what_deliver_raises_ends_the_asking(server: FaultServer) -> None:
    def full(completion: Completion) -> None:
        raise OSError(28, "No space left on device", completion.request_id)

    with pytest.raises(OSError, match="No space left"):
        make(server.url, concurrency=2).answer(requests(20), full, threading.Event())
    assert len(server.seen) < 10


def test_can_be_asked_again(server: FaultServer) -> None:
    engine = make(server.url)
    assert [c.error for c in ask(engine, requests(3)) + ask(engine, requests(3))] == [None] * 6
    engine.close()
    engine.close()


# -- fields that a server does not know ----------------------------------------------------------------------------


def strict(*known: str) -> Any:
    """A server like OpenAI's own: an unknown field is an error, one at a time."""

    async def handler(_: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        extras = ("skip_special_tokens", "spaces_between_special_tokens", "top_k", "min_p", "repetition_penalty")
        unknown = [name for name in extras if name in body and name not in known]
        if unknown:
            message = f"Unrecognized request argument supplied: {unknown[0]}"
            return web.json_response({"error": {"message": message}}, status=400)
        return web.json_response(chat_reply())

    return handler


def test_fields_that_the_server_does_not_know_are_left_out(server: FaultServer) -> None:
    server.always = strict("top_k", "repetition_penalty")
    engine = make(server.url, concurrency=4)
    assert {c.text for c in ask(engine, requests(40))} == {"Fine."}
    assert len(server.seen) <= 40 + 4 * 3
    assert engine.describe().arguments["unknown_to_the_server"] == [
        "min_p",
        "skip_special_tokens",
        "spaces_between_special_tokens",
    ]
    assert engine.describe().arguments["extra_fields"] == {"top_k": -1, "repetition_penalty": 1.0}


def test_a_400_about_something_else_stays_an_error(server: FaultServer) -> None:
    server.script = [web.json_response({"error": {"message": "the prompt is too long"}}, status=400)]
    engine = make(server.url)
    assert ask(engine, requests())[0].error == f"{server.url} HTTP 400: the prompt is too long"
    assert "unknown_to_the_server" not in engine.describe().arguments


# -- several servers, and servers that are gone ----------------------------------------------------------------------


def test_several_servers_share_the_work(server: FaultServer) -> None:
    with FaultServer() as other:
        assert all(c.error is None for c in ask(make(server.url, other.url, concurrency=4), requests(40)))
        assert min(len(server.seen), len(other.seen)) >= 10


def test_a_server_that_is_dead_from_the_start_is_left_out(server: FaultServer, dead_url: str) -> None:
    engine = make(dead_url, server.url)
    assert all(c.error is None for c in ask(engine, requests(10)))
    assert list(engine.describe().arguments["gone"]) == [dead_url]


def test_a_server_that_dies_hands_its_requests_to_the_others(server: FaultServer) -> None:
    with FaultServer() as dying:
        engine = make(dying.url, server.url, concurrency=4)
        dying.always = dying.stall
        enough = threading.Event()

        def deliver(completion: Completion) -> None:
            found.append(completion)
            if len(found) == 10:
                dying.end()
                enough.set()

        found: list[Completion] = []
        engine.answer(requests(40), deliver, threading.Event())
    assert enough.is_set()
    assert sorted(int(c.request_id) for c in found) == list(range(40))
    assert all(c.error is None for c in found)
    assert dying.url in engine.describe().arguments["gone"]


def test_when_the_last_server_is_gone_the_rest_fails_fast(server: FaultServer) -> None:
    pauses: PAUSES = []
    engine = make(server.url, concurrency=4, pauses=pauses)
    found: list[Completion] = []

    def deliver(completion: Completion) -> None:
        found.append(completion)
        server.end()

    engine.answer(requests(200), deliver, threading.Event())
    failed = [c for c in found if c.error]
    assert len(found) == 200
    assert len(failed) >= 190
    assert all(f"{server.url} is gone: " in (c.error or "") for c in failed)
    # One probe for all: not a pause for every request.
    assert len(pauses) <= PROBES - 1 + 4 * (ATTEMPTS - 1)


def test_a_probe_ends_at_once_where_the_end_is_known(dead_url: str) -> None:
    engine = EndpointEngine(EngineOptions(base_urls=(dead_url,)), ended=lambda: "the server has crashed")
    with pytest.raises(EngineError, match="the server has crashed"):
        engine.start()


def test_errors_of_the_server_can_be_held_back(server: FaultServer) -> None:
    held: list[Completion] = []

    def hold(completion: Completion) -> bool:
        held.append(completion)
        return True

    async def nothing(_: float) -> None: ...

    server.script = [400, *[500] * ATTEMPTS]
    engine = EndpointEngine(EngineOptions(base_urls=(server.url,), concurrency=1), hold=hold, sleep=nothing)
    engine.start()
    found: list[Completion] = []
    engine.answer(requests(3), found.append, threading.Event())
    assert [(c.request_id, bool(c.error)) for c in found] == [("0", True), ("2", False)]
    assert [c.request_id for c in held] == ["1"]
