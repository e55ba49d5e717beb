"""Where a text repeats units of another, word for word or nearly so.

Words are compared by a key under which pronoun flips ("I'm" and "you're") and spellings of one number are equal. A unit
of n words may differ in n // 10 of them. With k differences allowed, one of k + 1 equal pieces of the unit must recur
exactly: those pieces are looked up in one pass over the output, and only around a hit is the edit distance computed
(bit-parallel: Myers 1999, Hyyrö 2003). The cost is linear in the length of the output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from evalsuite.rules.text import Span

WORDS_PER_EDIT = 10
"""PA001: one word in ten may be changed, added or dropped; none under ten."""
ANCHOR = 5
"""Words of an anchor; no piece of a unit of ten words or more is shorter: 10 words with one edit have two of five."""
CANDIDATES = 1_000_000
"""Hits of anchors looked at per call; real texts have fewer than their words."""
LONGEST = 120
"""Words of a unit that are compared. A longer one counts as repeated where its first 120 words are."""
WORK = 400_000
"""Words that the edit distance may pass over per call: ten passes over the words of 200 KB. Exact matches need none."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a message that can be repeated: a sentence, a line, a clause, a whole message."""

    keys: tuple[str, ...]
    size: int
    """Words, as the contract counts them."""
    span: Span
    """Offsets in the message."""
    is_question: bool = False
    whole: bool = False
    """Whether it is the whole message."""
    in_quotes: bool = False
    """Whether it is out of a text that the message quotes or asks about: the answer may quote it as such."""
    must_hold: str | None = None
    """Key without which its repetition is no echo: the verb of "Translate ..." when a text to be translated follows."""

    @property
    def allowance(self) -> int:
        """Words that may differ."""
        return self.size // WORDS_PER_EDIT


@dataclass(frozen=True, slots=True)
class Echo:
    """One repetition: the stretch of the output from its first to its last word that is the unit's own."""

    unit: Unit
    start: int
    end: int
    edits: int = 0
    """Words that differ inside the stretch."""
    missing_before: int = 0
    """Words of the unit's beginning that were dropped, or changed for others in front of the stretch."""
    missing_after: int = 0


def find_echoes(units: Iterable[Unit], keys: Sequence[str]) -> Iterator[Echo]:
    """Repetitions of the units among the keys of an output, in no order, none overlapping another of its unit."""
    known: dict[tuple[str, ...], Unit] = {}
    for unit in units:
        known.setdefault(unit.keys[:LONGEST], unit)
    hits = _anchor_hits(known, keys)
    work = WORK
    for cut, windows in hits.items():
        unit = known[cut]
        edits = min(unit.allowance, len(cut) // WORDS_PER_EDIT)
        if not edits:
            yield from _exact(unit, cut, keys, windows)
            continue
        for start, end in windows:
            end = min(end, start + work)
            work -= end - start
            yield from _near(unit, cut, keys, start, end, edits)


def _anchor_hits(known: dict[tuple[str, ...], Unit], keys: Sequence[str]) -> dict[tuple[str, ...], list[list[int]]]:
    """Windows of the output, disjoint and in order, in which each unit may be repeated."""
    anchors = _anchors(known)
    hits: dict[tuple[str, ...], list[list[int]]] = {}
    budget = CANDIDATES
    lengths = {key: {len(gram) for gram in grams} for key, grams in anchors.items()}
    for position, key in enumerate(keys):
        grams = anchors.get(key)
        if grams is None or budget < 0:
            continue
        for length in lengths[key]:
            places = grams.get(tuple(keys[position : position + length]))
            for cut, (low, high) in places.items() if places else ():
                budget -= 1
                slack = len(cut) // WORDS_PER_EDIT
                left, right = max(0, position - high - slack), min(len(keys), position - low + len(cut) + slack)
                _add_window(hits.setdefault(cut, []), left, right)
    return hits


_Anchors = dict[str, dict[tuple[str, ...], dict[tuple[str, ...], tuple[int, int]]]]


def _anchors(known: Iterable[tuple[str, ...]]) -> _Anchors:
    """First key -> anchor -> unit -> lowest and highest offset of the anchor among the unit's pieces."""
    anchors: _Anchors = {}
    for cut in known:
        if not cut:
            continue
        pieces = len(cut) // WORDS_PER_EDIT + 1
        for piece in range(pieces):
            offset = piece * len(cut) // pieces
            gram = cut[offset : offset + ANCHOR]
            places = anchors.setdefault(gram[0], {}).setdefault(gram, {})
            low, high = places.get(cut, (offset, offset))
            places[cut] = min(low, offset), max(high, offset)
    return anchors


def _add_window(windows: list[list[int]], left: int, right: int) -> None:
    """Widens the last window, or opens one: hits come from left to right."""
    if windows and left <= windows[-1][1]:
        windows[-1][1] = max(right, windows[-1][1])
        windows[-1][0] = min(left, windows[-1][0])
    else:
        windows.append([left, right])


def _exact(unit: Unit, cut: tuple[str, ...], keys: Sequence[str], windows: list[list[int]]) -> Iterator[Echo]:
    size = len(cut)
    for start, end in windows:
        position = start
        while position + size <= end:
            if keys[position] == cut[0] and tuple(keys[position : position + size]) == cut:
                yield Echo(unit, position, position + size)
                position += size
            else:
                position += 1


def _near(unit: Unit, cut: tuple[str, ...], keys: Sequence[str], start: int, end: int, edits: int) -> Iterator[Echo]:
    """Repetitions with at most `edits` differences within `start:end`, the best end of each."""
    best: tuple[int, int] | None = None
    for position, distance in enumerate(_distances(cut, keys[start:end]), start):
        if distance <= edits and (best is None or distance < best[1]):
            best = position + 1, distance
        elif best is not None and (distance > edits or position - best[0] > edits):
            yield _with_start(unit, cut, keys, start, best)
            best = None
    if best is not None:
        yield _with_start(unit, cut, keys, start, best)


def _with_start(unit: Unit, cut: tuple[str, ...], keys: Sequence[str], floor: int, best: tuple[int, int]) -> Echo:
    """The repetition that ends at best[0]: its start is where the reversed unit ends in the reversed text."""
    end, distance = best
    first = max(floor, end - len(cut) - distance)
    backwards = _distances(cut[::-1], keys[first:end][::-1])
    length = next((i + 1 for i, found in enumerate(backwards) if found <= distance), len(cut))
    start = max(first, end - length)
    before = next((i for i in range(distance + 1) if cut[i] == keys[start]), 0)
    after = next((i for i in range(distance + 1) if cut[-1 - i] == keys[end - 1]), 0)
    return Echo(unit, start, end, max(0, distance - before - after), before, after)


def _distances(pattern: Sequence[str], text: Sequence[str]) -> Iterator[int]:
    """For every end in the text, the least number of changes that make some stretch ending there the pattern."""
    size = len(pattern)
    masks: dict[str, int] = {}
    for index, key in enumerate(pattern):
        masks[key] = masks.get(key, 0) | 1 << index
    full = (1 << size) - 1
    last = 1 << (size - 1)
    positive, negative, score = full, 0, size
    for key in text:
        equal = masks.get(key, 0)
        vertical = equal | negative
        horizontal = (((equal & positive) + positive) ^ positive) | equal
        plus = negative | ~(horizontal | positive) & full
        minus = positive & horizontal
        if plus & last:
            score += 1
        elif minus & last:
            score -= 1
        plus = plus << 1 & full
        minus = minus << 1 & full
        positive = minus | ~(vertical | plus) & full
        negative = plus & vertical
        yield score
