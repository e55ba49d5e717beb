"""Speech acts of an output: what it asks of the user, and what it states.

tokens -> sentences -> pieces (parts between commas, colons and dashes) -> asks (questions and requests) and statements.
The words are in `lexicon/ambiguity.yaml`; which places of a piece they must hold is decided here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import regex

from evalsuite.rules.language import tag
from evalsuite.rules.numbers import values
from evalsuite.rules.passage import Passage, Reading
from evalsuite.rules.tagging import Token, tokens

_HARD = regex.compile(r"[!?؟？！。\n\r\u2028]|[.…۔](?=[\s\"'”’»)\]*_~`])")
_SOFT = regex.compile(r"[,;:،؛，；：、()¿¡|]|(?:^|\s)[-–—]+(?:\s|$)|—|=|→")
_FAR = 1 << 62
_SCANNED = 64
"""Words up to which a stretch is searched word by word, and not by the places of each slot."""
_WINDOW = 15
"""Words within which the verb of a question or request without a mark follows its opening. In the 231 labelled outputs
that were at hand, 20 of 21 requests have it within 8 words of their sentence's start, one within 16."""
_INVERSION = 4
"""Words behind a question word within which "are", "do", "you" or "or" stands in a question (a judgement)."""
_NOMINAL = 6
"""Words up to which a piece without a verb may name what is wanted (a judgement)."""
_VERBAL = (
    "me",
    "we",
    "perfect",
    "participle",
    "done",
    "doing",
    "will",
    "can",
    "offer",
    "copula",
    "greet",
    "not",
    "lack",
)
_ITEM = (".", ")", "-")
_QUESTION = regex.compile(r"[?؟？]")
_ABBREVIATIONS = frozenset(
    ("mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "approx", "nr", "bzw", "ca", "usw", "fig", "inc", "ltd")
)

WH = ("which", "what", "who", "where", "when", "how", "manner")
_CUES = (*WH, "why", "aux", "tell", "need", "mean", "offer", "confirm", "sure")
_REQUESTS = ("tell", "need", "unless", "which", "who", "what")
_LEAD_INS = ("but", "please", "greet", "guess", "and", "or", "if", "adverb")


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
        last = self.tokens[-1].end if self.tokens else 0
        self._tail = passage.text[last:]
        self.tags = tag(passage, self.tokens, self.sentences)

    def gap_after(self, index: int) -> str:
        """What stands between a token and the next one (or the end of the text)."""
        return self.tokens[index + 1].gap if index + 1 < len(self.tokens) else self._tail

    def has(self, index: int, *slots: str) -> bool:
        """Whether an entry of one of the slots begins at a token; false behind the last token."""
        return index < len(self.tags) and not self.tags[index].keys().isdisjoint(slots)

    def find(self, first: int, last: int, *slots: str) -> int | None:
        """First token of `first:last` at which an entry of one of the slots begins and ends within; else None."""
        if last - first > _SCANNED:
            return min((place for slot in slots if (place := self._first_of(slot, first, last)) >= 0), default=None)
        for index in range(first, last):
            tags = self.tags[index]
            if tags and not tags.keys().isdisjoint(slots) and any(tags.get(slot, _FAR) <= last for slot in slots):
                return index
        return None

    def _first_of(self, slot: str, first: int, last: int) -> int:
        """First token of a range at which an entry of a slot begins and ends within; -1 where there is none."""
        places = self._places.get(slot, [])
        for number in range(bisect_left(places, first), len(places)):
            place = places[number]
            if place >= last:
                break
            if self.tags[place][slot] <= last:
                return place
        return -1

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Slot -> the tokens at which its entries begin."""
        found: dict[str, list[int]] = {}
        for index, tags in enumerate(self.tags):
            for slot in tags:
                found.setdefault(slot, []).append(index)
        return found

    def sentence_at(self, index: int) -> int:
        """Number of the sentence that holds a token."""
        return bisect_right(self._sentence_starts, index) - 1

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [first for first, _, _ in self.sentences]

    def piece_at(self, index: int) -> tuple[int, int]:
        """Token range of the piece that holds a token."""
        pieces = self.pieces[self.sentence_at(index)]
        return pieces[bisect_right(pieces, (index, len(self.tokens))) - 1]

    def unknown(self, first: int, last: int) -> list[int]:
        """Tokens of a stretch that no entry of the lexicon covers."""
        found = []
        covered = first
        for index in range(first, last):
            covered = max(covered, max(self.tags[index].values(), default=0))
            if covered <= index:
                found.append(index)
        return found

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
            if index + 1 < len(self.tokens) and (match is None or self._is_abbreviation(index, gap)):
                continue
            found.append((first, index + 1, self._is_question(index, gap)))
            first = index + 1
        return found

    def _is_abbreviation(self, index: int, gap: str) -> bool:
        word = self.tokens[index]
        if gap[0] != "." or "\n" in gap:
            return False
        if "." in self.passage.text[word.start : word.end] and not word.is_number:
            follower = self.tokens[index + 1].start if index + 1 < len(self.tokens) else word.start
            return not self.passage.text[follower].isupper()  # "7 a.m. or", not "7 a.m. Sleep well."
        return word.text in _ABBREVIATIONS or index in self.list_numbers

    @cached_property
    def list_numbers(self) -> frozenset[int]:
        """Tokens that number the items of a list: at line starts, counting from one."""
        found = []
        expected = 1
        for index, word in enumerate(self.tokens):
            if not word.is_number or not (index == 0 or "\n" in word.gap) or self.gap_after(index)[:1] not in _ITEM:
                continue
            if values(word.text) in ({"1"}, {str(expected)}):
                expected = int(next(iter(values(word.text)))) + 1
                found.append(index)
        return frozenset(found)

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
            starts = starts or ([first] if not question and self._asks_without_mark(number) else [])
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
            inner = None if cue else self.find(first, last, *WH, "mean", "intend", "tell")
            if starts:
                again = first < last and self.has(first, "and", "or", "but") and cue
                if again and self.has(index, *WH, "aux", "offer"):
                    starts.append(first)
            elif cue or "¿" in self.tokens[first].gap or self._is_afterthought(pieces[0][0], first):
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

    def _is_afterthought(self, start: int, first: int) -> bool:
        """Whether a piece asks behind a deed: "I booked the nine o'clock, or would you rather ...?"."""
        return first > start and self.has(first, "or") and self._acts_before(start, first)

    def _acts_before(self, first: int, last: int) -> bool:
        if self.tokens[first].text[0] >= "\u3040" and self.find(first, last, "perfect") is None:
            return False  # a verb of these languages tells a thing done only with a particle
        return self.find(first, last, "participle", "done", "doing") is not None

    def _request_starts(self, number: int) -> list[int]:
        end = self.pieces[number][-1][1]
        for first, last in self.pieces[number]:
            head = self.skip(first, last)
            lack = self.find(first, last, "lack")
            for index in range(first, last):
                if not self.tags[index] or self.tags[index].keys().isdisjoint(_REQUESTS):
                    continue
                if self._opens_request(index, first, head, min(end, index + _WINDOW), lack):
                    return [index if index > head else first]
        first, last = self.pieces[number][0]
        return [first] if self._names_a_wish(first, last, end) else []

    def _names_a_wish(self, first: int, last: int, end: int) -> bool:
        """Whether a piece names something and asks for it without a verb: "Your height, please." """
        place = self.find(first, min(end, last + 2), "polite")
        if place is None or place - first > _NOMINAL or self.is_protected(first):
            return False
        if place == first:
            return self.has(first + 1, "det", "label") and last - first <= _NOMINAL
        return self.find(first, place, *_VERBAL) is None

    def _opens_request(self, index: int, first: int, head: int, end: int, lack: int | None) -> bool:
        if self.is_protected(index):
            return False
        tags = self.tags[index]
        at_head = index <= head
        if "tell" in tags:
            if self._is_negated(index, first):
                return False
            after_cue = any(self.has(k, "please", "need") for k in range(max(first, index - 3), index))
            return at_head or after_cue or (tags["tell"] - index > 1 and (lack is None or lack >= index))
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
        # Without a mark only a question to the user is one: "which file do you mean", "أي ملف تقصد"; not "أي أن".
        return not self.has(index + 1, "prep") and self.find(index + 1, end, "mean") is not None

    def _asks_without_mark(self, number: int) -> bool:
        """Whether a sentence without any mark at its end is a question: a short one that a question word heads."""
        first, last, _ = self.sentences[number]
        if (
            last - first > _WINDOW
            or self.gap_after(last - 1).strip()
            or self.passage.is_protected(self.tokens[first].start)
        ):
            return False
        head = self.skip(first, last)
        if head < last and not self.has(head, *WH):
            return self._is_bare_choice(first, last)
        if head >= last:
            return False
        if self.tokens[head].text[0] >= "\u0600":
            return not self.has(head + 1, "prep")
        end = max(end for slot, end in self.tags[head].items() if slot in WH)
        near = (self.has(k, "you", "aux", "or") for k in range(end, min(end + _INVERSION, last)))
        return any(near) and not self.has(end, "me", "we")

    def _is_bare_choice(self, first: int, last: int) -> bool:
        """Whether a sentence is no more than two things with "or" between them: "hamlet or macbeth"."""
        place = self.find(first + 1, last - 1, "or") if first + 2 < last <= first + _NOMINAL else None
        if place is None or any(self.tokens[k].is_number for k in range(first, last)):
            return False
        return self.find(first, last, *_VERBAL, "if", "numword") is None

    def _is_negated(self, index: int, first: int) -> bool:
        return any(self.has(k, "not") for k in range(max(first, index - 2), index))


_SPEECHES: WeakKeyDictionary[Passage, Speech] = WeakKeyDictionary()


def speech_of(passage: Passage | Reading) -> Speech:
    """The speech acts of a passage, worked out once for all rules."""
    found = _SPEECHES.get(passage)
    if found is None:
        found = _SPEECHES[passage] = Speech(passage)
    return found
