"""Whether the user asked for a repetition."""

from __future__ import annotations

from functools import cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives, words_of
from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span, word_texts

SHOWN = 2_000
"""How many characters of a loop are compared with what the user wrote: a unit shows itself early."""


@cache
def _times() -> regex.Pattern[str]:
    lexicon = load("output")
    number = alternatives(lexicon["number_word"])
    return regex.compile(
        rf"(?:\p{{Nd}}++|(?<!\w)(?:{number}))\s*+(?:more\s++)?(?:{alternatives(lexicon['times'])})(?![\w])"
        rf"|(?:[\p{{Nd}}四五六七八九十百千]++)(?:次|遍|回)"
    )


def asked_to_repeat(reading: Reading, span: Span) -> bool:
    """Whether the repetition at `span` is what the user asked for, or the user's own words."""
    shown = word_texts(reading.text[span[0] : min(span[1], span[0] + SHOWN)])
    unit, run = set(shown), " ".join(shown)
    for turn in reading.conversation.user:
        asked = turn.folded.text
        if run and run in " ".join(turn.word_texts):
            return True
        times = _times().search(asked) is not None
        repeat = words_of("output", "asks_repeat").search(asked)
        if repeat is not None and words_of("output", "not_repeat").search(
            asked, max(0, repeat.start() - 24), repeat.start()
        ):
            repeat = None
        if times and (repeat is not None or not _is_about_frequency(asked)):
            return True
        known = {word for other in reading.conversation.turns for word in other.word_texts}
        if repeat is not None and unit <= known:
            return True
    return False


_FREQUENCY = regex.compile(
    r"times\s++(?:a|per|each|every|as|more|larger|bigger|smaller|faster|the)(?!\w)|fois\s++par|veces\s++(?:al|por)|mal\s++(?:am|pro|im)"
    r"|(?:مرات|مره)\s++(?:في|كل|باليوم|يوميا|اكثر|اكبر)"
)


def _is_about_frequency(asked: str) -> bool:
    """Whether "three times a day", "ten times bigger" is meant: no wish for a repetition."""
    return _FREQUENCY.search(asked) is not None
