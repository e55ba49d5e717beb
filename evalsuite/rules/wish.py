"""What the user asked for: a deed, a figure, an answer or a text; and in which words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from evalsuite.rules.numbers import values
from evalsuite.rules.passage import Reading
from evalsuite.rules.speech import WH, Speech, is_content, speech_of
from evalsuite.rules.tagging import Token, tokens

Kind = Literal["deed", "figure", "answer", "text"]
_STEM = 4  # a judgement, checked by the golden outputs only
"""Letters by which two forms of a word are taken for one another (delete/deleted, fermé/ferme)."""


class Wish:
    """The user's request in its conversation."""

    def __init__(self, reading: Reading, *, wants_figure: bool = False) -> None:
        self._wants_figure = wants_figure
        self._turns = reading.conversation.turns
        self._user = reading.conversation.user
        self._requested = reading.requested

    @cached_property
    def _speech(self) -> Speech | None:
        return speech_of(self._user[-1]) if self._user else None

    @cached_property
    def kind(self) -> Kind:
        """Whether the last message wants a deed, a figure, an answer in words, or a text."""
        speech = self._speech
        if self._requested == "message":
            return "deed"
        if self._requested is not None or speech is None or not speech.tokens:
            return "text"
        size = len(speech.tokens)
        if self._wants_figure or speech.find(0, size, "how", "quantity") is not None:
            return "figure"
        asks = any(question for _, _, question in speech.sentences) or speech.has(0, *WH, "why")
        wants_deed = speech.find(0, size, "actverb") is not None and speech.find(0, min(size, 3), "aux") is not None
        if asks and not wants_deed:
            return "answer"
        return "text" if speech.find(0, min(size, 4), "infoverb") is not None else "deed"

    @cached_property
    def given_numbers(self) -> frozenset[str]:
        """Values of all numbers in the conversation."""
        return frozenset(v for t in self._all(self._turns) if t.is_number for v in values(t.text))

    @cached_property
    def known_words(self) -> frozenset[str]:
        """All words of the conversation."""
        return frozenset(t.text for t in self._all(self._turns))

    @cached_property
    def user_words(self) -> frozenset[str]:
        """All words of the user's messages."""
        return frozenset(t.text for t in self._all(self._user))

    @cached_property
    def content_stems(self) -> frozenset[str]:
        """Stems of the content words of the user's last message."""
        return frozenset(stem(t.text) for t in self._all(self._user[-1:]) if is_content(t))

    @staticmethod
    def _all(turns: Iterable[object]) -> Iterable[Token]:
        for turn in turns:
            yield from tokens(getattr(turn, "text", ""))


def stem(word: str) -> str:
    """The first letters of a word, without the Arabic article and prefixes."""
    bare = word
    for prefix in ("وال", "بال", "فال", "كال", "ال", "لل"):
        if bare.startswith(prefix) and len(bare) > len(prefix) + 2:
            bare = bare[len(prefix) :]
            break
    return bare[:_STEM]
