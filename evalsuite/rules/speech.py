"""Speech acts of an output: what it asks of the user, and what it states.

tokens -> sentences -> pieces (parts between commas, colons and dashes) -> asks (questions and requests) and statements.
The words are in `lexicon/ambiguity.yaml`; which places of a piece they must hold is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from weakref import WeakKeyDictionary

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.passage import Passage, Reading
from evalsuite.rules.tagging import Lexicon, Token, entries, tokens

_HARD = regex.compile(r"[!?؟？！。\n\r\u2028]|[.…۔](?=[\s\"'”’»)\]*_~`]|$)")
_SOFT = regex.compile(r"[,;:،؛，；：、()¿¡|]|(?:^|\s)[-–—]+(?:\s|$)|—|=|→")
_QUESTION = regex.compile(r"[?؟？]")
_ABBREVIATIONS = frozenset("mr mrs ms dr prof st vs etc approx no nr bzw ca e g i z b p ej usw fig inc ltd".split())

WH = ("which", "what", "who", "where", "when", "how")
_CUES = (*WH, "why", "aux", "tell", "need", "mean", "offer", "confirm", "sure")
_LEAD_INS = ("but", "please", "greet", "guess", "and", "or", "if")


@cache
def lexicon() -> Lexicon:
    """The slots of the ambiguity lexicon."""
    return Lexicon((slot, entries(v)) for slot, v in load("ambiguity").items() if slot != "concepts")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens `first` up to `last` (exclusive) of one sentence."""

    first: int
    last: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Ask(Stretch):
    """A question or request; `question` tells whether a question mark ends it."""

    question: bool


class Speech:
    """The tokens, tags, asks and statements of one text."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.tokens: list[Token] = tokens(passage.text)
        self.tags = lexicon().tag(self.tokens)
        last = self.tokens[-1].end if self.tokens else 0
        self._tail = passage.text[last:]

    def gap_after(self, index: int) -> str:
        """What stands between a token and the next one (or the end of the text)."""
        return self.tokens[index + 1].gap if index + 1 < len(self.tokens) else self._tail

    def has(self, index: int, *slots: str) -> bool:
        """Whether an entry of one of the slots begins at a token."""
        tags = self.tags[index]
        return any(slot in tags for slot in slots)

    def find(self, first: int, last: int, *slots: str) -> int | None:
        """First token of `first:last` at which an entry of one of the slots begins and ends within; else None."""
        for index in range(first, last):
            tags = self.tags[index]
            if tags and any(slot in tags and tags[slot] <= last for slot in slots):
                return index
        return None

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Raw offsets of tokens `first:last`."""
        return self.tokens[first].start, self.tokens[last - 1].end

    def is_protected(self, index: int) -> bool:
        """Whether a token stands in quoted or code text."""
        return self.passage.is_protected(self.tokens[index].start)

    @cached_property
    def sentences(self) -> list[tuple[int, int, bool]]:
        """Token ranges of the sentences, each with whether a question mark of the model's own ends it."""
        found = []
        first = 0
        for index in range(len(self.tokens)):
            gap = self.gap_after(index)
            match = _HARD.search(gap)
            if index + 1 < len(self.tokens):
                if match is None or self._is_abbreviation(index, gap):
                    continue
            found.append((first, index + 1, self._is_question(index, gap)))
            first = index + 1
        return found

    def _is_abbreviation(self, index: int, gap: str) -> bool:
        word = self.tokens[index]
        if gap[0] != "." or "\n" in gap:
            return False
        return word.text in _ABBREVIATIONS or (word.is_number and "\n" in word.gap) or (word.is_number and index == 0)

    def _is_question(self, index: int, gap: str) -> bool:
        mark = _QUESTION.search(gap)
        return mark is not None and not self.passage.is_protected(self.tokens[index].end + mark.start())

    @cached_property
    def pieces(self) -> list[list[tuple[int, int]]]:
        """For each sentence, the token ranges of its pieces."""
        found = []
        for first, last, _ in self.sentences:
            parts = []
            start = first
            for index in range(first, last - 1):
                if _SOFT.search(self.tokens[index + 1].gap):
                    parts.append((start, index + 1))
                    start = index + 1
            parts.append((start, last))
            found.append(parts)
        return found

    def skip(self, first: int, last: int, slots: Sequence[str] = _LEAD_INS) -> int:
        """First token behind the lead-in words ("okay", "so", "please") at the head of a stretch."""
        index = first
        while index < last:
            end = max((end for slot, end in self.tags[index].items() if slot in slots), default=index)
            if end <= index or end > last:
                break
            index = end
        return index

    @cached_property
    def _split(self) -> tuple[list[Ask], list[Stretch]]:
        asks: list[Ask] = []
        statements: list[Stretch] = []
        for number, (first, last, question) in enumerate(self.sentences):
            starts = self._question_starts(number) if question else self._request_starts(number)
            if not starts:
                statements.append(Stretch(first, last, number))
                continue
            if starts[0] > first:
                statements.append(Stretch(first, starts[0], number))
            ends = [*starts[1:], last]
            asks += [Ask(start, end, number, question) for start, end in zip(starts, ends, strict=True)]
        return asks, statements

    @property
    def asks(self) -> list[Ask]:
        """Questions and requests in order."""
        return self._split[0]

    @property
    def statements(self) -> list[Stretch]:
        """Everything else, one stretch a sentence."""
        return self._split[1]

    def _question_starts(self, number: int) -> list[int]:
        pieces = self.pieces[number]
        starts: list[int] = []
        for first, last in pieces:
            index = self.skip(first, last)
            cue = index < last and self.has(index, *_CUES)
            inner = None if cue else self.find(first, last, *WH, "mean", "tell")
            if starts:
                again = first < last and self.has(first, "and", "or", "but") and cue
                if again and self.has(index, *WH, "aux", "offer"):
                    starts.append(first)
            elif cue or "¿" in self.tokens[first].gap:
                starts.append(first)
            elif inner is not None:
                starts.append(first if not self._acts_before(first, inner) else inner)
        if starts:
            return starts
        # No question word: an intonation question. What stands before a colon, semicolon or dash is not asked.
        first = pieces[0][0]
        for start, _ in pieces[1:]:
            if regex.search(r"[;:؛：；—–]|\s-\s", self.tokens[start].gap) or self.has(start, "but"):
                first = start
        return [first]

    def _acts_before(self, first: int, last: int) -> bool:
        return self.find(first, last, "participle", "done", "doing") is not None

    def _request_starts(self, number: int) -> list[int]:
        for first, last in self.pieces[number]:
            end = self.pieces[number][-1][1]
            for index in range(first, last):
                if self.tags[index] and self._opens_request(index, first, last, end):
                    return [index if index > self.skip(first, last) else first]
        return []

    def _opens_request(self, index: int, first: int, last: int, end: int) -> bool:
        if self.is_protected(index):
            return False
        tags = self.tags[index]
        at_head = index <= self.skip(first, last)
        if "tell" in tags:
            if self._is_negated(index, first):
                return False
            after_cue = index > first and any(
                self.has(k, "please", "you", "aux", "need", "mean") for k in range(max(first, index - 3), index)
            )
            return at_head or after_cue or (tags["tell"] - index > 1 and not self._is_prevented(index, first))
        if "need" in tags:
            if self.tokens[index].text.startswith("you"):
                return self.find(tags["need"], end, "tell") is not None
            return not self._is_negated(index, first)
        if "unless" in tags:
            return True
        if at_head and ("which" in tags or "who" in tags or "what" in tags):
            return self.find(index + 1, end, "mean", "aux") is not None and self._is_interrogative(index, end)
        return False

    def _is_interrogative(self, index: int, end: int) -> bool:
        # Without a mark only a question to the user is one: "which file do you mean", "أي ملف تقصد".
        return self.find(index + 1, end, "mean") is not None

    def _is_negated(self, index: int, first: int) -> bool:
        return any(self.has(k, "not") for k in range(max(first, index - 2), index))

    def _is_prevented(self, index: int, first: int) -> bool:
        return any(self.has(k, "lack") for k in range(first, index))


_SPEECHES: WeakKeyDictionary[Passage, Speech] = WeakKeyDictionary()


def speech_of(passage: Passage | Reading) -> Speech:
    """The speech acts of a passage, worked out once for all rules."""
    found = _SPEECHES.get(passage)
    if found is None:
        found = _SPEECHES[passage] = Speech(passage)
    return found
