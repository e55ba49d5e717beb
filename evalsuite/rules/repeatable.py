"""What of a message can be repeated: its sentences, lines, clauses before a colon, and the whole of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

import regex

from evalsuite.rules.echo import Unit
from evalsuite.rules.passage import Passage
from evalsuite.rules.text import Span, merge
from evalsuite.rules.word_keys import word_keys

_MARK = regex.compile(r"[ \t>]*+(?:(?:[-*•+–·#]++|\(?\p{Nd}{1,3}+[.)]|\(?\p{L}[.)])[ \t]++)?+")
_COLON = regex.compile(r"[:：](?=\s|$|\p{Script=Han})")
_QUESTION = regex.compile(r"[?؟？]")
LABEL_WORDS = 2
"""Words of a label at most: "Question: ...", "My question: ..."."""


class Units:
    """Maker of the units of one message."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self._starts = [word.start for word in passage.words]
        self._keys = word_keys(passage)
        self._key_words = [key.word for key in self._keys]

    def unit(self, span: Span, *, whole: bool = False) -> Unit | None:
        """The unit of a span; None where it holds no word."""
        first, last = bisect_left(self._starts, span[0]), bisect_left(self._starts, span[1])
        if first >= last:
            return None
        low, high = bisect_left(self._key_words, first), bisect_left(self._key_words, last)
        text = self.passage.text[span[0] : span[1] + 3]
        is_question = _QUESTION.search(text) is not None
        keys = tuple(key.text for key in self._keys[low:high])
        return Unit(keys, last - first, span, is_question=is_question, whole=whole)


def spans_of(passage: Passage, without: Sequence[Span] = ()) -> list[Span]:
    """Spans of the sentences, lines and clauses of a message, but for the parts in `without`."""
    found: list[Span] = []
    for start, end in _parted([*passage.sentences, *passage.lines], without):
        mark = _MARK.match(passage.text, start, end)
        start = mark.end() if mark else start
        found.append((start, end))
        for colon in _COLON.finditer(passage.text, start, end):
            found.append((start, colon.start()))
        label = _COLON.search(passage.text, start, end)
        if label is not None and len(passage.text[start : label.start()].split()) <= LABEL_WORDS:
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


def units_of(passage: Passage, *, least: int, without: Sequence[Span] = ()) -> list[Unit]:
    """Units of a message with `least` words or more, each once."""
    maker = Units(passage)
    units = (maker.unit(span) for span in spans_of(passage, without))
    kept = {unit.keys: unit for unit in units if unit is not None and unit.size >= least}
    return list(kept.values())
