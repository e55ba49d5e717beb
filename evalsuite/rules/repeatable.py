"""What of a message can be repeated: its sentences, lines, clauses before a colon, and the whole of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

import regex

from evalsuite.rules.echo import Unit
from evalsuite.rules.lexicon.entries import words_of
from evalsuite.rules.passage import Passage, covers
from evalsuite.rules.quotable import (
    greeting_end,
    is_acknowledgement,
    is_greeting,
    judged_spans,
    quotable_spans,
    starts_with_request,
)
from evalsuite.rules.text import Span, fold, merge
from evalsuite.rules.word_keys import word_keys

_MARK = regex.compile(r"[ \t>]*+(?:(?:[-*•+–·#]++|\(?\p{Nd}{1,3}+[.)]|\(?\p{L}[.)])[ \t]++)?+")
_COLON = regex.compile(r"[:：](?=\s|$|\p{Script=Han})")
_QUESTION = regex.compile(r"[?؟？]")
LEAST_WORDS = 5
"""PA001: a sentence, instruction or question of five words or more; a shorter message counts only as a whole."""
COLONS = 3
"""Colons of a line that end a clause each; a line with more is data."""
LABEL_WORDS = 2
"""Words of a label at most: "Question: ...", "My question: ..."."""


class Units:
    """Maker of the units of one message."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self._starts = [word.start for word in passage.words]
        self._keys = word_keys(passage)

    def unit(self, span: Span, *, whole: bool = False) -> Unit | None:
        """The unit of a span; None where it holds no word."""
        first, last = bisect_left(self._starts, span[0]), bisect_left(self._starts, span[1])
        if first >= last:
            return None
        low, high = bisect_left(self._keys.words, first), bisect_left(self._keys.words, last)
        if low >= high:
            return None
        text = self.passage.text[span[0] : span[1] + 3]
        is_question = _QUESTION.search(text) is not None
        return Unit(self._keys.texts[low:high], last - first, span, is_question=is_question, whole=whole)


def spans_of(passage: Passage, without: Sequence[Span] = ()) -> list[Span]:
    """Spans of the sentences, lines and clauses of a message, but for the parts in `without`."""
    found: list[Span] = []
    pieces = _parted([*passage.sentences, *passage.lines], without)
    for start, end in (*pieces, *_around_mentions(passage, without)):
        mark = _MARK.match(passage.text, start, end)
        start = mark.end() if mark else start
        found.append((start, end))
        found += [(start, colon.start()) for colon in islice(_COLON.finditer(passage.text, start, end), COLONS)]
        label = _COLON.search(passage.text, start, end)
        if label is not None and (
            len(passage.text[start : label.start()].split()) <= LABEL_WORDS
            or _QUESTION.search(passage.text, label.end(), end + 1)
        ):
            found.append((label.end(), end))
    return sorted(set(found))


def _parted(spans: Iterable[Span], without: Sequence[Span]) -> Iterator[Span]:
    """The spans, cut at the parts that are left out."""
    holes = merge(list(without))
    for start, end in spans:
        for left, right in holes:
            if right <= start or left >= end:
                continue
            if start < left:
                yield start, left
            start = right
        if start < end:
            yield start, end


def _around_mentions(passage: Passage, without: Sequence[Span]) -> Iterator[Span]:
    """Sentences of which the parts in `without` are the smaller part: they mention words, and are no quotation."""
    for start, end in passage.sentences:
        inside = [(max(start, left), min(end, right)) for left, right in without if left < end and right > start]
        named = sum(len(passage.text[slice(*span)].split()) for span in inside)
        if inside and 2 * named < len(passage.text[start:end].split()):
            yield start, end


def units_of(passage: Passage, *, least: int, without: Sequence[Span] = ()) -> list[Unit]:
    """Units of a message with `least` words or more, each once."""
    maker = Units(passage)
    units = (maker.unit(span) for span in spans_of(passage, without))
    kept = {unit.keys: unit for unit in units if unit is not None and unit.size >= least}
    return list(kept.values())


@lru_cache(maxsize=256)
def user_units(message: Passage) -> tuple[Unit, ...]:
    """Units of a user message that must not come back: none that was given to be quoted, no greeting, no thanks."""
    given = quotable_spans(message)
    maker = Units(message)
    found = map(maker.unit, [*spans_of(message, given), *_inner_questions(message, given)])
    units = [unit for unit in found if unit is not None and unit.size >= LEAST_WORDS]
    cited = merge([*message.protected, *judged_spans(message)])
    units = [replace(unit, in_quotes=covers(cited, *unit.span)) for unit in units]
    whole = _whole(maker, given)
    return tuple(unit for unit in [*units, *whole] if not _may_return(message, unit))


def _may_return(message: Passage, unit: Unit) -> bool:
    text = message.text[slice(*unit.span)]
    return is_greeting(text) or (unit.size < LEAST_WORDS and is_acknowledgement(text))


def _whole(maker: Units, given: Sequence[Span]) -> Iterator[Unit]:
    """The whole message, with and without the greeting at its beginning, unless all of it was given."""
    text = maker.passage.text
    for start in {0, greeting_end(text)}:
        unit = maker.unit((start, len(text)), whole=True)
        if unit is None:
            continue
        own = [maker.unit(span) for span in _parted([(start, len(text))], given)]
        first = next((piece for piece in own if piece is not None), None)
        if first is not None:
            verb = first.keys[0] if given or starts_with_request(text[start:]) else None
            yield replace(unit, must_hold=verb)


_CLAUSE = regex.compile(r"[,،]\s*+")


def _inner_questions(message: Passage, given: Sequence[Span]) -> Iterator[Span]:
    """Questions behind a greeting or a comma of their sentence: "Hi Rami, where can I park?"."""
    for start, end in _parted(message.sentences, given):
        skip = greeting_end(message.text[start:end])
        if skip:
            yield start + skip, end
        if _QUESTION.search(message.text, start, end) is None:
            continue
        for comma in _CLAUSE.finditer(message.text, start, end):
            if words_of("parroting", "question_word").match(fold(message.text[comma.end() : end])):
                yield comma.end(), end


def runs_of(answer: Passage, *, least: int) -> list[Unit]:
    """Sentences of an earlier answer, or as many in a row as make `least` words; no code, and of JSON its strings."""
    maker = Units(answer)
    if answer.text.lstrip().startswith(("{", "[")):
        return [unit for unit in map(maker.unit, answer.quotes) if unit is not None and unit.size >= least]
    spans = [span for span in answer.sentences if not covers(answer.fences, span[0])]
    kept: dict[tuple[str, ...], Unit] = {}
    for index, (start, end) in enumerate(spans):
        mark = _MARK.match(answer.text, start, end)
        start = mark.end() if mark else start
        for _, last in [(start, end), *spans[index + 1 : index + least]]:
            unit = maker.unit((start, last))
            if unit is not None and unit.size >= least:
                kept.setdefault(unit.keys, unit)
                break
    return list(kept.values())
