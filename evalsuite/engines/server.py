"""One server behind a URL: asking it, probing it, choosing among several, and what model it serves."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from evalsuite.engines.chat_api import Transient, server_message
from evalsuite.engines.engine import EngineError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    import aiohttp

PROBES = 5
"""Consecutive failures to connect after which a server counts as gone: about eight seconds."""
_FIRST_PROBE_PAUSE_S = 0.5
_PROBE_TIMEOUT_S = 15.0


class Unreachable(Exception):
    """No connection to the server could be made: the request never left."""


class Gone(Exception):
    """No server is left."""


class Server:
    """A server, and what is known of it at the moment."""

    def __init__(self, url: str) -> None:
        self.url = url
        """`http://host:port` and a path where there is one; the API is below `/v1`."""
        self.gone: str | None = None
        """Why nothing is asked of it any more."""
        self.version: str | None = None
        self.probe: asyncio.Task[None] | None = None
        self.in_flight = 0

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        host = urlsplit(self.url).hostname or ""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(host).is_loopback
        return host == "localhost"

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Count a request as in flight."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def post(
        self, session: aiohttp.ClientSession, body: Mapping[str, Any], *, longest: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask for a chat completion: status, headers, body. Raises Unreachable, or Transient for a broken reply."""
        import aiohttp

        try:
            async with session.post(f"{self.url}/v1/chat/completions", json=body) as reply:
                return reply.status, reply.headers, await _read(reply, longest)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(_reason(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Transient(f"the connection broke: {_reason(error)}") from error


def parse_url(text: str) -> str:
    """The server's URL without trailing `/v1` and the like. EngineError for what is no plain http(s) URL."""
    parts = urlsplit(text.strip())
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise EngineError(f"{text!r} is no server's URL; http://host:port was expected; mend --base-url")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise EngineError(
            f"the URL of {parts.hostname} has a user name, password or query; http://host:port was expected, "
            "because URLs are kept in reports; put the key into EVALSUITE_API_KEY"
        )
    path = parts.path.rstrip("/")
    for tail in ("/chat/completions", "/v1"):
        path = path.removesuffix(tail)
    return f"{parts.scheme}://{parts.netloc}{path}"


async def pick(servers: Sequence[Server]) -> Server:
    """The server with the fewest requests in flight, waiting for probes where it must; Gone when none is left."""
    while True:
        ready = [server for server in servers if not server.gone and server.probe is None]
        if ready:
            return min(ready, key=lambda server: server.in_flight)
        probes = [server.probe for server in servers if server.probe is not None]
        if not probes:
            raise Gone("; ".join(f"{server.url} is gone: {server.gone}" for server in servers))
        await asyncio.wait(probes, return_when=asyncio.FIRST_COMPLETED)


async def reach(
    session: aiohttp.ClientSession,
    server: Server,
    *,
    sleep: Callable[[float], Awaitable[None]],
    ended: Callable[[], str | None] | None = None,
) -> str | None:
    """Why `server` cannot be reached, after PROBES attempts with growing pauses; None once it answers anything."""
    import aiohttp

    reason = "not tried"
    for probe in range(PROBES):
        if ended is not None and (known := ended()):
            return known
        if probe:
            await sleep(_FIRST_PROBE_PAUSE_S * 2 ** (probe - 1))
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT_S), session.get(f"{server.url}/version") as reply:
                server.version = _version(await _read(reply, 65536)) or server.version
                return None
        except aiohttp.ClientConnectorCertificateError as error:
            return _reason(error)
        except TimeoutError:
            reason = f"no reply within {_PROBE_TIMEOUT_S:g} s"
        except (aiohttp.ClientError, OSError, Transient) as error:
            reason = _reason(error)
    return reason


async def find_model(session: aiohttp.ClientSession, servers: Sequence[Server], wanted: str | None) -> str:
    """The model's name at the servers: `wanted`, or the only one they list; else EngineError."""
    listed: list[str] = []
    for server in servers:
        names = await _models(session, server)
        if wanted and names and wanted not in names:
            raise EngineError(
                f"{server.url} does not serve {wanted!r}; one of {', '.join(names)} was expected; name it with --model"
            )
        listed += [name for name in names if name not in listed]
    if wanted:
        return wanted
    if len(listed) == 1:
        return listed[0]
    found = f"lists {len(listed)} models ({', '.join(listed)})" if listed else "lists no models"
    raise EngineError(f"{servers[0].url} {found}; just one was expected; name the one to test with --model")


async def _models(session: aiohttp.ClientSession, server: Server) -> list[str]:
    """The names at `/v1/models`; none where the server has no such list. EngineError where it refuses us."""
    import json

    import aiohttp

    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S), session.get(f"{server.url}/v1/models") as reply:
            body = await _read(reply, 2**24)
    except (TimeoutError, aiohttp.ClientError, OSError, Transient):
        return []
    if reply.status in (401, 403):
        raise EngineError(
            f"{server.url} refuses the key (HTTP {reply.status}: {server_message(body)}); "
            "set EVALSUITE_API_KEY to the server's key"
        )
    try:
        entries = json.loads(body)["data"]
        return [str(entry["id"]) for entry in entries]
    except (ValueError, RecursionError, KeyError, TypeError):
        return []


async def _read(reply: aiohttp.ClientResponse, longest: int) -> bytes:
    """The reply's body, whole; Transient where it does not end within `longest` bytes."""
    parts = bytearray()
    async for part in reply.content.iter_any():
        parts += part
        if len(parts) > longest:
            raise Transient(f"the reply is longer than {longest} bytes")
    return bytes(parts)


def _version(body: bytes) -> str | None:
    import json

    try:
        found = json.loads(body)["version"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
