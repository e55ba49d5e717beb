"""One answer, token by token, without a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from evalsuite.conversation import Message, Request, Sampling
from evalsuite.engines.decoding import Row

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'evalsuite[cpu]'")
END = 0


class Letters:
    """A tokenizer that is not of the `tokenizers` library: token n is the n-th letter."""

    def decode(self, tokens: Sequence[int], **_: Any) -> str:
        return "".join(chr(ord("a") + token - 1) for token in tokens)


def row(**sampling: Any) -> Row:
    request = Request("one", (Message("user", "?"),), Sampling(**{"max_tokens": 6} | sampling))
    return Row(request, [1, 2], Letters(), {END})


def push(target: Row, text: str) -> Row:
    for letter in text:
        target.push(END if letter == "." else ord(letter) - ord("a") + 1)
    return target


@pytest.mark.parametrize(
    ("tokens", "stop", "text", "reason", "count"),
    [
        ("abc", (), "abc", None, 3),
        ("abc.", (), "abc", "stop", 4),
        ("abcdef", (), "abcdef", "length", 6),
        ("abcde.", (), "abcde", "stop", 6),
        ("abcdefghi", (), "abcdef", "length", 6),
        ("a.bc", (), "a", "stop", 2),
        ("abcd", ("cd",), "ab", "stop", 4),
        ("abcd", ("d", "bcd"), "a", "stop", 4),
        ("abcdef", ("f",), "abcde", "stop", 6),
        (".", ("x",), "", "stop", 1),
    ],
)
def test_where_an_answer_ends(tokens: str, stop: tuple[str, ...], text: str, reason: str | None, count: int) -> None:
    done = push(row(stop=stop), tokens).completion(1.5)
    assert (done.text, done.finish_reason, done.completion_tokens) == (text, reason, count)
    assert (done.prompt_tokens, done.latency_s) == (2, 1.5)


def draws(scores: Sequence[float], count: int, **sampling: Any) -> list[int]:
    target = row(**{"temperature": 1.0} | sampling)
    return [target.draw(torch.tensor(scores)) for _ in range(count)]


def test_draws_follow_the_chances() -> None:
    found = Counter(draws([1.0, 2.0, 0.0], 4000))
    chances = torch.softmax(torch.tensor([1.0, 2.0, 0.0]), dim=-1).tolist()
    for token, chance in enumerate(chances):
        assert found[token] / 4000 == pytest.approx(chance, abs=0.03)


def test_draws_are_the_seed_s() -> None:
    scores = [0.1, 0.2, 0.3, 0.4]
    assert draws(scores, 50, seed=1) == draws(scores, 50, seed=1)
    assert draws(scores, 50, seed=1) != draws(scores, 50, seed=2)


def test_top_p_keeps_the_fewest_tokens_that_reach_it() -> None:
    scores = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05])).tolist()
    assert set(draws(scores, 500, top_p=0.79)) == {0, 1}
    assert set(draws(scores, 500, top_p=0.49)) == {0}
    assert set(draws(scores, 2000, top_p=1.0)) == {0, 1, 2, 3}


def test_a_token_without_a_chance_is_never_drawn() -> None:
    assert set(draws([float("-inf"), 0.0, float("-inf")], 500)) == {1}


def test_a_low_temperature_is_nearly_greedy() -> None:
    assert set(draws([1.0, 1.2, 0.9], 500, temperature=0.01)) == {1}
