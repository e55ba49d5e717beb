"""Making endpoint engines that do not sleep, and asking them."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines.endpoint import EndpointEngine
from evalsuite.engines.engine import EngineOptions

PAUSES = list[float]


def make(*urls: str, pauses: PAUSES | None = None, **options: Any) -> EndpointEngine:
    async def pass_over(seconds: float) -> None:
        if pauses is not None:
            pauses.append(seconds)
        await asyncio.sleep(0)

    engine = EndpointEngine(EngineOptions(base_urls=urls, **options), sleep=pass_over)
    engine.start()
    return engine


def requests(count: int = 1, **sampling: Any) -> list[Request]:
    return [Request(str(n), (Message("user", f"question {n}"),), Sampling(**sampling)) for n in range(count)]


def ask(engine: EndpointEngine, asked: list[Request]) -> list[Completion]:
    found: list[Completion] = []
    engine.answer(asked, found.append, threading.Event())
    assert sorted(c.request_id for c in found) == sorted(r.id for r in asked)
    return sorted(found, key=lambda c: int(c.request_id))
