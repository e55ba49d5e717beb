"""FL003: self-referring or hedging boilerplate. The phrases are in lexicon/anti_fluff.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.phrases import phrase, phrase_anywhere, scripts_in
from evalsuite.rules.own_voice import JUNK, Sentence, raw_span, sentence
from evalsuite.rules.passage import Reading
from evalsuite.rules.question import Question
from evalsuite.rules.text import Span, fold

_LEXICON = "anti_fluff"
_SENTENCES = 400
"""Suspicious sentences that are read; a text with more of them has reported long before."""
_ANYWHERE = ("machine_self", "machine_plain", "noteworthy", "consult", "no_advice")
_CLAUSE = regex.compile(
    r"(?:[,;:،؛，：–—(]|\s-{1,2}\s)[\s*_]*+|(?<!\w)(?:and|but|so|also|however|et|mais|pero|y|und|aber|doch|لكن|ولكن|بس|و|ma|e|mas)[\s*_]++"
)


@cache
def _triggers() -> tuple[str, ...]:
    """Folded stems, one of which every disclaimer holds: a cheap look before the patterns are tried."""
    return tuple(sorted({fold(stem) for stems in load(_LEXICON)["disclaimer_stems"].values() for stem in stems}))


def _suspects(reading: Reading) -> Iterator[Sentence]:
    text = reading.folded.text
    stems = [stem for stem in _triggers() if stem in text]
    if not stems:
        return
    count = 0
    for span in reading.sentences:
        piece = sentence(reading, span)
        if any(stem in piece.text for stem in stems):
            count += 1
            if count > _SENTENCES:
                return
            yield piece


def disclaimers(reading: Reading) -> Iterator[Span]:
    """Raw spans of the disclaimers in the model's own voice, at most one a sentence."""
    question: Question | None = None
    for candidate in _suspects(reading):
        for kind, start, end in _found(candidate):
            question = question or Question(reading)
            span = raw_span(reading, candidate.start + start, candidate.start + end)
            if reading.in_own_voice(span[0]) and not _answers(kind, question):
                yield span
                break


def is_disclaimer(reading: Reading, candidate: Sentence) -> bool:
    """Whether a sentence holds a disclaimer's words."""
    del reading
    return any(stem in candidate.text for stem in _triggers()) and next(_found(candidate), None) is not None


def _found(candidate: Sentence) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of the disclaimers' words in a sentence."""
    text = candidate.text
    for script in scripts_in(text):
        for kind in _ANYWHERE:
            match = phrase_anywhere(_LEXICON, script, kind).search(text)
            if match:
                yield kind, match.start(), match.end()
        pattern = phrase(_LEXICON, script, "note")
        for start in _clause_starts(text):
            match = pattern.match(text, start)
            if match:
                yield "note", start, match.end()
                break


def _clause_starts(text: str) -> list[int]:
    junk = JUNK.match(text)
    starts = [0, junk.end() if junk else 0]
    return starts + [match.end() for match in _CLAUSE.finditer(text)][:40]


def _answers(kind: str, question: Question) -> bool:
    """Whether the words say what the user asked for."""
    if kind == "machine_plain":
        return question.asks("asks_what_you_are")
    return kind == "consult" and question.asks("asks_whom")
