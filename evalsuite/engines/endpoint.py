"""Servers that run already: any OpenAI-compatible chat API, by one or several URLs.

    worker --+                        +-- server: fewest requests in flight
    worker --+-- attempt -- pick -----+-- server
    worker --+   (retried)            +-- (one that cannot be reached is probed apart, then gone)

At most `concurrency` workers take the requests in the order given. One that fails for a passing reason is asked
again, with growing, jittered pauses (tenacity) and within its deadline. A server that cannot be reached is tried
by one probe for all; it comes back, or it is gone, and when the last one is gone the rest of the requests fail
at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from evalsuite.conversation import Completion, Request
from evalsuite.engines.chat_api import (
    EXTRA_FIELDS,
    Answer,
    Refused,
    Transient,
    UnknownField,
    read_reply,
    request_body,
)
from evalsuite.engines.engine import EngineError, EngineOptions, EngineRecord
from evalsuite.engines.server import Gone, Server, Unreachable, find_model, parse_url, pick, reach

if TYPE_CHECKING:
    import threading

    import aiohttp
    from tenacity import RetryCallState

KEY_VARIABLES = ("EVALSUITE_API_KEY", "OPENAI_API_KEY")
ATTEMPTS = 8
"""How often one request is asked at most: pauses of up to 30 s, about a minute in all."""
LONGEST_REPLY_BYTES = 256 * 2**20
_STOP_POLL_S = 0.05

Sleep = Callable[[float], Awaitable[None]]
Deliver = Callable[[Completion], None]


class EndpointEngine:
    """Answers from running servers. The API key is the environment's, and goes nowhere but to the servers."""

    def __init__(
        self,
        options: EngineOptions,
        *,
        api_key: str | None = None,
        ended: Callable[[], str | None] | None = None,
        hold: Callable[[Completion], bool] | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`options.base_urls` are the servers; `api_key`, for a server of our own, replaces the environment's.

        `ended` says why the server is known to have ended, None while it runs: a probe need not wait then.
        `hold` is offered each completion whose error is the server's fault and not the request's; True takes it,
        and it is not delivered. `sleep` stands in for time in tests.
        """
        self._options = options
        self._key = api_key or next(filter(None, map(os.environ.get, KEY_VARIABLES)), None)
        self._ended = ended
        self._hold = hold
        self._sleep = sleep
        self._servers = [Server(parse_url(url)) for url in dict.fromkeys(options.base_urls)]
        self._model: str | None = options.model
        self._version: str | None = None
        self._without: frozenset[str] = frozenset()

    def start(self) -> None:
        """Reach the servers and settle the model's name; EngineError where either fails."""
        if not self._servers:
            raise EngineError(
                "no server was given; a URL such as http://127.0.0.1:8000 was expected; add --base-url URL"
            )
        asyncio.run(self._start())

    def describe(self) -> EngineRecord:
        """The record: servers, model, the fields sent, and those that the server did not know."""
        sent = {name: value for name, value in EXTRA_FIELDS.items() if name not in self._without}
        arguments: dict[str, Any] = {"concurrency": self._options.concurrency, "extra_fields": sent}
        if self._without:
            arguments["unknown_to_the_server"] = sorted(self._without)
        gone = {server.url: server.gone for server in self._servers if server.gone}
        if gone:
            arguments["gone"] = {url: self._hide_key(reason) for url, reason in gone.items()}
        return EngineRecord(
            name="endpoint",
            version=self._version,
            model=self._model,
            arguments=arguments,
            urls=tuple(server.url for server in self._servers),
        )

    def answer(self, requests: Sequence[Request], deliver: Deliver, stop: threading.Event) -> None:
        """Ask the servers, at most `concurrency` requests at once; see Engine."""
        asyncio.run(self._answer(requests, deliver, stop))

    def close(self) -> None:
        """Nothing to end: the servers are not ours, and connections live no longer than `answer`."""

    async def _start(self) -> None:
        async with self._session() as session:
            await asyncio.gather(*(self._reach(session, server) for server in self._servers))
            alive = [server for server in self._servers if not server.gone]
            if not alive:
                raise EngineError(self._no_server_left())
            try:
                self._model = await find_model(session, alive, self._model)
            except EngineError as error:
                raise EngineError(self._hide_key(str(error))) from None
            self._version = next((server.version for server in alive if server.version), None)

    async def _reach(self, session: aiohttp.ClientSession, server: Server) -> None:
        server.gone = await reach(session, server, sleep=self._sleep, ended=self._ended)

    async def _answer(self, requests: Sequence[Request], deliver: Deliver, stop: threading.Event) -> None:
        waiting = iter(requests)
        async with self._session() as session:
            count = max(1, min(self._options.concurrency, len(requests)))
            workers = [asyncio.create_task(self._work(session, waiting, deliver)) for _ in range(count)]
            watcher = asyncio.create_task(_wait_for(stop))
            try:
                await _first_of(asyncio.gather(*workers), watcher)
            finally:
                probes = [server.probe for server in self._servers if server.probe]
                await _cancel([*workers, watcher, *probes])
                for server in self._servers:
                    server.probe, server.in_flight = None, 0

    async def _work(self, session: aiohttp.ClientSession, waiting: Iterator[Request], deliver: Deliver) -> None:
        for request in waiting:
            completion, servers_fault = await self._complete(session, request)
            if not (servers_fault and self._hold is not None and self._hold(completion)):
                deliver(completion)

    async def _complete(self, session: aiohttp.ClientSession, request: Request) -> tuple[Completion, bool]:
        """The completion of a request, an answer or the error of its last attempt; whether that is the server's."""
        asked = _Attempts()
        limit_s = self._options.request_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                answer = await self._ask(session, request, asked)
        except Refused as failure:
            return self._failed(request, asked, str(failure)), False
        except TimeoutError:
            before = f"; before that: {asked.last}" if asked.last else ""
            return self._failed(request, asked, f"no answer within {limit_s:g} s{before}"), True
        except (Transient, Gone) as failure:
            return self._failed(request, asked, str(failure)), True
        return Completion(
            request_id=request.id,
            text=answer.text,
            finish_reason=answer.finish_reason,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            latency_s=asked.latency_s,
            attempts=asked.count,
        ), False

    def _failed(self, request: Request, asked: _Attempts, error: str) -> Completion:
        where = f"{asked.server} " if asked.server else ""
        times = f" (asked {asked.count} times)" if asked.count > 1 else ""
        return Completion(
            request_id=request.id,
            text="",
            attempts=max(1, asked.count),
            error=self._hide_key(f"{where}{error}{times}"),
        )

    async def _ask(self, session: aiohttp.ClientSession, request: Request, asked: _Attempts) -> Answer:
        """The answer, after as many attempts as it takes and the bounds allow."""
        from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_pause_s,
            sleep=self._sleep,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                return await self._attempt(session, request, asked)
        raise AssertionError("tenacity returns an answer or raises")

    async def _attempt(self, session: aiohttp.ClientSession, request: Request, asked: _Attempts) -> Answer:
        """One attempt, repeated where the server could not be reached or did not know a field of ours."""
        while True:
            asked.server = ""
            server = await pick(self._servers)
            asked.server = server.url
            try:
                with server.busy():
                    return await self._post(session, server, request, asked)
            except Unreachable as error:
                asked.last = str(error)
                self._probe(session, server)
            except UnknownField as error:
                self._without |= error.names
            except Transient as error:
                asked.last = str(error)
                raise

    async def _post(self, session: aiohttp.ClientSession, server: Server, request: Request, asked: _Attempts) -> Answer:
        without = self._without
        body = request_body(request, self._model or "", without=without)
        asked.count += 1
        began = time.perf_counter()
        status, headers, reply = await server.post(session, body, longest=LONGEST_REPLY_BYTES)
        asked.latency_s = time.perf_counter() - began
        return read_reply(status, headers, reply, sent=EXTRA_FIELDS.keys() - without, now=time.time())

    def _probe(self, session: aiohttp.ClientSession, server: Server) -> None:
        """Have one probe find out whether `server` is there; requests meanwhile go to the others or wait."""
        if server.probe is not None or server.gone:
            return
        server.probe = asyncio.create_task(self._reach(session, server))
        server.probe.add_done_callback(lambda _: setattr(server, "probe", None))

    def _session(self) -> aiohttp.ClientSession:
        import aiohttp

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # `concurrency` is the bound
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=15),
            headers=headers,
            # A proxy from the environment is for far servers; one on this machine is asked directly.
            trust_env=not all(server.is_local for server in self._servers),
        )

    def _no_server_left(self) -> str:
        reasons = "; ".join(f"{server.url}: {server.gone}" for server in self._servers)
        return self._hide_key(f"no server can be reached ({reasons}); a running one was expected; check --base-url")

    def _hide_key(self, text: str) -> str:
        return text.replace(self._key, "[API key]") if self._key else text


class _Attempts:
    """What is known of the attempts of one request."""

    def __init__(self) -> None:
        self.count = 0
        self.server = ""
        self.last = ""
        self.latency_s: float | None = None


def _pause_s(state: RetryCallState) -> float:
    """The pause before the next attempt: what the server asks for, else growing; jittered, to spread retries."""
    from tenacity import wait_random_exponential

    failure = state.outcome.exception() if state.outcome else None
    asked_s = failure.retry_after_s if isinstance(failure, Transient) else None
    jittered = wait_random_exponential(multiplier=1, max=30)(state)
    return jittered if asked_s is None else asked_s + min(jittered, 1.0)


async def _wait_for(stop: threading.Event) -> None:
    while not stop.is_set():  # an event between threads cannot be awaited
        await asyncio.sleep(_STOP_POLL_S)


async def _first_of(work: asyncio.Future[Any], watcher: asyncio.Task[None]) -> None:
    """Wait until the work is done (raising what it raised) or the watcher is."""
    await asyncio.wait([work, watcher], return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
    else:
        work.cancel()


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
