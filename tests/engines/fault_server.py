"""A real HTTP server that answers like an OpenAI-compatible one, or fails in the way a test asks for."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


def chat_reply(text: str | None = "Fine.", **changes: Any) -> dict[str, Any]:
    """A chat completion as vLLM gives it; `changes` replace fields of its message."""
    return {
        "id": "x",
        "model": "tiny",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text} | changes, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }


async def reset_mid_body(request: web.Request) -> web.StreamResponse:
    """Promise a body, send the start of it, and cut the connection."""
    body = json.dumps(chat_reply()).encode()
    response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    assert request.transport is not None
    request.transport.abort()
    return response


class FaultServer:
    """A server on loopback in a thread of its own. `script` holds what comes first; after that all goes well.

    An item of the script is a status, a body, or a handler. `seen` has the bodies of the requests in order of arrival.
    """

    def __init__(self, *script: int | bytes | dict[str, Any] | web.Response | Handler) -> None:
        self.script = list(script)
        self.always: Handler | None = None
        self.models: list[str] = ["tiny"]
        self.seen: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_in_flight = 0
        self.url = ""
        self.stalled = 0
        self._in_flight = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Stop listening, cut every connection."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
            self._thread.join()

    async def stall(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:  # noqa: ARG002
        """Never answer."""
        self.stalled += 1
        await self._done.wait()
        return web.Response(status=503)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._done = asyncio.Event()
        app = web.Application(client_max_size=2**26)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/version", self._version)
        app.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(app, shutdown_timeout=0.05)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        self._started.set()
        await self._done.wait()
        await runner.cleanup()

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": "1.2.3"})

    async def _list_models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": name} for name in self.models]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(body)
        self.headers.append(dict(request.headers))
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            return await self._reply(request, body)
        finally:
            self._in_flight -= 1

    async def _reply(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        item = self.script.pop(0) if self.script else self.always
        if item is None:
            return web.json_response(chat_reply(f"echo: {body['messages'][-1]['content']}"))
        if isinstance(item, int):
            return web.json_response({"error": {"message": f"status {item} was asked for"}}, status=item)
        if isinstance(item, bytes):
            return web.Response(body=item, content_type="application/json")
        if isinstance(item, dict):
            return web.json_response(item)
        return item if isinstance(item, web.Response) else await item(request, body)
