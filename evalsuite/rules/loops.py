"""Where an output loops: repeated units, repeated words, periodic tails. All in linear time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import regex

from evalsuite.rules.passage import Passage
from evalsuite.rules.text import Span, Word, words

UNIT_REPEATS = 4
"""OUT003: a unit repeated four times or more ..."""
UNIT_OUTPUT_WORDS = 8
"""... in an output of eight words or more (and covering at least half of them)."""
UNIT_PHRASE_WORDS = 3
"""A phrase is a unit from three words on; a line or a sentence is one at any length."""
WORD_REPEATS = 6
"""OUT003: one or two words repeated six times or more running."""
TAIL_REPEATS = 3
TAIL_TOKENS = 30
"""OUT003: a periodic tail of three or more repeats over thirty tokens."""

# Bullets and list numbers at a line's start are set aside: "1. Go home. 2. Go home." repeats "Go home".
_LIST_MARK = regex.compile(r"(?:^|(?<=[\r\n\u2028\u2029]))[ \t>]*+(?:[-*•+–·]|\(?\p{Nd}{1,4}+[.)\-:])[ \t]++")
_CJK_DIGITS = frozenset("〇零一二三四五六七八九十百千")
"""An ideograph is a word, but a digit of a number in ideographs is none that loops."""
_SYMBOL = regex.compile(r"[^\s\p{L}\p{M}\p{N}\p{Cc}\p{Cf}]")
_RULE_OR_BLANK = regex.compile(r"_{3,}+|-{3,}+|={3,}+|─{3,}+|\.{3,}+|\*{3,}+")


def content_words(passage: Passage) -> list[Word]:
    """Words of a passage, but for the bullets and numbers of its lists."""
    marks = [match.span() for match in _LIST_MARK.finditer(passage.text)]
    if not marks:
        return passage.words
    kept, index = [], 0
    for word in passage.words:
        while index < len(marks) and marks[index][1] <= word.start:
            index += 1
        if index == len(marks) or word.start < marks[index][0]:
            kept.append(word)
    return kept


def repeated_words(found: Sequence[Word], *, ignore: Sequence[Span] = ()) -> Span | None:
    """First run of one or two words repeated six times or more, as raw offsets; `ignore` are spans to pass over."""
    texts = [word.text for word in found]
    for period in (1, 2):
        start = 0
        for index in range(period, len(texts) + 1):
            if index < len(texts) and texts[index] == texts[index - period]:
                continue
            if index - start >= WORD_REPEATS * period and not all(text in _CJK_DIGITS for text in texts[start:index]):
                span = found[start].start, found[index - 1].end
                if not any(left < span[1] and span[0] < right for left, right in ignore):
                    return span
            start = index - period + 1
    return None


def repeated_sentences(passage: Passage, total: int) -> Span | None:
    """Run of one line or sentence, four times or more, that covers half of the `total` words."""
    if total < UNIT_OUTPUT_WORDS:
        return None
    units = _sentence_words(passage)
    for size in (1, 2):  # a sentence, or two by turns (A B A B A B A B), which a loop of lines often is
        start = 0
        for index in range(size, len(units) + 1):
            if index < len(units) and units[index][0] == units[index - size][0]:
                continue
            run = units[start:index]
            if len(run) >= UNIT_REPEATS * size and 2 * sum(len(unit[0]) for unit in run) >= total:
                return run[0][1][0], run[-1][1][1]
            start = index - size + 1
    return None


def _sentence_words(passage: Passage) -> list[tuple[tuple[str, ...], Span]]:
    units = []
    for start, end in passage.sentences:
        piece = passage.text[start:end]
        mark = _LIST_MARK.match(piece)
        texts = tuple(word.text for word in words(piece[mark.end() :] if mark else piece))
        if texts and not (len(texts) == 1 and texts[0].isdigit() and len(piece) <= len(texts[0]) + 2):
            units.append((texts, (start, end)))
    return units


def repeated_phrase(found: Sequence[Word]) -> Span | None:
    """Run of a phrase of three words or more, four times or more, that covers half of all words.

    Such a run holds the middle word, so that it is enough to look for repetitions around it (Main and Lorentz, 1984).
    """
    total = len(found)
    if total < UNIT_OUTPUT_WORDS or 8 * len({word.text for word in found}) > 5 * total + 8:
        return None  # half of the words repeated four times leave at most five eighths of them distinct
    texts = [word.text for word in found]
    run = _run_around_middle(texts)
    return None if run is None else (found[run[0]].start, found[run[1] - 1].end)


def _run_around_middle(texts: list[str]) -> Span | None:
    total = len(texts)
    middle = total // 2
    ahead = z_lengths(texts[middle:])
    mirrored = texts[::-1]
    behind = z_lengths(mirrored[total - middle :])
    # Common extension to the left of (middle, middle + p): the reversed head against the whole text reversed.
    head = mirrored[total - middle :]
    against = z_lengths([*head, None, *mirrored])[len(head) + 1 :]
    ahead_of = z_lengths([*texts[middle:], None, *texts])[total - middle + 1 :]
    for period in range(UNIT_PHRASE_WORDS, total // UNIT_REPEATS + 1):
        right = ahead[period] if period < len(ahead) else 0
        left = against[total - middle - period] if total - middle - period >= 0 else 0
        run = middle - left, middle + period + right
        if _covers_half(run, period, total):
            return run
        left = behind[period] if period < len(behind) else 0
        right = ahead_of[middle - period] if middle >= period else 0
        run = middle - period - left, middle + right
        if _covers_half(run, period, total):
            return run
    return None


def _covers_half(run: Span, period: int, total: int) -> bool:
    length = run[1] - run[0]
    return run[0] >= 0 and length >= UNIT_REPEATS * period and 2 * length >= total


def z_lengths(items: Sequence[Hashable]) -> list[int]:
    """For every position, how many items from it on equal those from the start on (the Z array)."""
    size = len(items)
    lengths = [0] * size
    if size:
        lengths[0] = size
    left = right = 0
    for index in range(1, size):
        length = min(right - index, lengths[index - left]) if index < right else 0
        while index + length < size and items[length] == items[index + length]:
            length += 1
        lengths[index] = length
        if index + length > right:
            left, right = index, index + length
    return lengths


def tokens(passage: Passage, *, joined_rules: bool = False) -> list[tuple[str, int, int]]:
    """Words and single symbols in order; with `joined_rules` a drawn rule or a blank to fill in is one token."""
    text = passage.text
    spans = [(word.text, word.start, word.end) for word in content_words(passage)]
    inside = [(start, end) for _, start, end in spans]
    symbols: list[tuple[str, int, int]] = []
    rules = [match.span() for match in _RULE_OR_BLANK.finditer(text)] if joined_rules else []
    taken = sorted(inside + rules + [match.span() for match in _LIST_MARK.finditer(text)])
    index = 0
    for match in _SYMBOL.finditer(text):
        position = match.start()
        while index < len(taken) and taken[index][1] <= position:
            index += 1
        if index == len(taken) or position < taken[index][0]:
            symbols.append((match.group(), position, position + 1))
    symbols += [("—", start, end) for start, end in rules]
    return sorted(spans + symbols, key=lambda token: token[1])


def periodic_tail(found: Sequence[tuple[str, int, int]]) -> Span | None:
    """Periodic end of the tokens, three repeats or more over thirty tokens; its last token may be cut."""
    for cut in (0, 1):
        kept = found[: len(found) - cut]
        texts = [token[0] for token in reversed(kept)]
        length = _longest_periodic_prefix(texts)
        if length:
            return kept[len(kept) - length][1], found[-1][2]
    return None


def _longest_periodic_prefix(items: Sequence[str]) -> int:
    """Length of the longest prefix with a period of at most a third of it, if over thirty tokens; else 0."""
    best = 0
    borders = [0] * (len(items) + 1)
    border = 0
    for index in range(1, len(items)):
        while border and items[index] != items[border]:
            border = borders[border]
        if items[index] == items[border]:
            border += 1
        borders[index + 1] = border
        length = index + 1
        if length >= TAIL_TOKENS and TAIL_REPEATS * (length - border) <= length:
            best = length
    return best


def symbol_run(found: Sequence[tuple[str, int, int]], word_count: int) -> Span | None:
    """Run of symbols, one to four of them repeated, that covers half of the tokens of an output of eight words."""
    if word_count < UNIT_OUTPUT_WORDS:
        return None
    for period in range(1, 5):
        start = 0
        for index in range(period, len(found) + 1):
            if index < len(found) and found[index][0] == found[index - period][0] and _is_symbol(found[index][0]):
                continue
            if index - start >= UNIT_REPEATS * period and 2 * (index - start) >= len(found):
                return found[start][1], found[index - 1][2]
            start = index - period + 1
    return None


def _is_symbol(token: str) -> bool:
    return len(token) == 1 and not token.isalnum()
