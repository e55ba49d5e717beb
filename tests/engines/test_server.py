"""Starting on running servers: their URLs, their models, the key."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from evalsuite.engines.engine import EngineError
from evalsuite.engines.server import PROBES
from tests.engines.asking import PAUSES, ask, make, requests
from tests.engines.fault_server import FaultServer


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:8000", "is no server's URL"),
        ("ftp://host", "is no server's URL"),
        ("http://host:port", "is no server's URL"),
        ("http://", "is no server's URL"),
        ("http://user:secret@host", "EVALSUITE_API_KEY"),
        ("http://host/?key=secret", "EVALSUITE_API_KEY"),
    ],
)
def test_urls_that_are_none(url: str, words: str) -> None:
    with pytest.raises(EngineError, match=words) as raised:
        make(url)
    assert "secret" not in str(raised.value) or "user" not in url


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_urls_in_all_forms(server: FaultServer, tail: str) -> None:
    engine = make(server.url + tail)
    assert ask(engine, requests())[0].error is None
    assert engine.describe().urls == (server.url,)
    assert engine.describe().version == "1.2.3"


def test_no_url() -> None:
    with pytest.raises(EngineError, match="--base-url"):
        make()


def test_no_server_there(dead_url: str) -> None:
    pauses: PAUSES = []
    with pytest.raises(EngineError, match="no server can be reached") as raised:
        make(dead_url, pauses=pauses)
    assert dead_url in str(raised.value)
    assert len(pauses) == PROBES - 1


def test_the_model_s_name(server: FaultServer) -> None:
    assert make(server.url).describe().model == "tiny"
    server.models = ["a", "b"]
    with pytest.raises(EngineError, match=r"lists 2 models \(a, b\).*--model"):
        make(server.url)
    assert make(server.url, model="b").describe().model == "b"
    with pytest.raises(EngineError, match=r"does not serve 'c'; one of a, b"):
        make(server.url, model="c")
    server.models = []
    with pytest.raises(EngineError, match="lists no models"):
        make(server.url)
    assert make(server.url, model="c").describe().model == "c"


# -- the key ---------------------------------------------------------------------------------------------------------


def test_the_key_comes_from_the_environment_and_shows_nowhere(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("EVALSUITE_API_KEY", "sk-planted")
    echoed = {"error": {"message": "Incorrect API key provided: sk-planted."}}
    server.script = [web.json_response(echoed, status=401)]
    engine = make(server.url)
    (found,) = ask(engine, requests())
    assert server.headers[0]["Authorization"] == "Bearer sk-planted"
    assert found.error == f"{server.url} HTTP 401: Incorrect API key provided: [API key]."
    everything = repr(found) + json.dumps(engine.describe().as_dict()) + repr(capfd.readouterr())
    assert "sk-planted" not in everything


def test_no_key_no_header(server: FaultServer) -> None:
    ask(make(server.url), requests())
    assert "Authorization" not in server.headers[0]
