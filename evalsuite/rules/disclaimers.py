"""FL003: self-referring or hedging boilerplate. The phrases are in lexicon/anti_fluff.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.phrases import Languages, languages_of, phrase, phrase_anywhere, scripts_in
from evalsuite.rules.own_voice import Sentence, clause_starts, raw_span, sentence
from evalsuite.rules.passage import Reading
from evalsuite.rules.question import Question
from evalsuite.rules.text import Span, fold

_LEXICON = "anti_fluff"
_SENTENCES = 400
"""Suspicious sentences that are read; a text with more of them has reported long before."""
_ENDS = 1000
"""Sentences read at each end of a text; no answer within a sane token limit has more."""
_LARGE = 20_000
"""Characters from which on a text is not searched as a whole first: its sentences are, and they are cut."""
_ANYWHERE = ("machine_self", "machine_plain", "noteworthy", "consult", "no_advice")


@cache
def _stems(languages: frozenset[str] | None = None) -> dict[str, Languages]:
    """Folded stems, one of which every disclaimer holds, with their languages: a cheap look before the patterns."""
    found: dict[str, list[str]] = {}
    for language, stems in load(_LEXICON)["disclaimer_stems"].items():
        if languages is None or language in languages:
            for stem in stems:
                found.setdefault(fold(stem), []).append(language)
    return {stem: tuple(known) for stem, known in found.items()}


def _languages(text: str, stems: Mapping[str, Languages]) -> set[str]:
    """Languages of the stems that a text holds."""
    return {language for stem, languages in stems.items() if stem in text for language in languages}


def _suspects(reading: Reading) -> Iterator[tuple[Sentence, set[str]]]:
    """Sentences that hold a stem, with the languages to look in."""
    text = reading.folded.text
    likely = frozenset(each for script in scripts_in(text) for each in languages_of(_LEXICON, text, script))
    stems = _stems(likely)
    if len(text) < _LARGE:
        stems = {stem: languages for stem, languages in stems.items() if stem in text}
    if not stems:
        return
    count = 0
    spans = reading.sentences
    for span in spans if len(spans) <= 2 * _ENDS else spans[:_ENDS] + spans[-_ENDS:]:
        piece = sentence(reading, span)
        languages = _languages(piece.text, stems)
        if languages:
            count += 1
            if count > _SENTENCES:
                return
            yield piece, languages


def disclaimers(reading: Reading) -> Iterator[Span]:
    """Raw spans of the disclaimers in the model's own voice, at most one a sentence."""
    question: Question | None = None
    for candidate, languages in _suspects(reading):
        for kind, start, end in _found(candidate.text, languages):
            question = question or Question(reading)
            span = raw_span(reading, candidate.start + start, candidate.start + end)
            if reading.in_own_voice(span[0]) and not _answers(kind, question):
                yield span
                break


def is_disclaimer(candidate: Sentence) -> bool:
    """Whether a sentence holds a disclaimer's words."""
    return next(_found(candidate.text, _languages(candidate.text, _stems())), None) is not None


def _found(text: str, languages: set[str]) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of the disclaimers' words in a sentence."""
    for language in sorted(languages):
        for kind in _ANYWHERE:
            match = phrase_anywhere(_LEXICON, language, kind).search(text)
            if match:
                yield kind, match.start(), match.end()
        pattern = phrase(_LEXICON, language, "note")
        for start in (0, *clause_starts(text, _LEXICON)):
            match = pattern.match(text, start)
            if match:
                yield "note", start, match.end()
                break


def _answers(kind: str, question: Question) -> bool:
    """Whether the words say what the user asked for."""
    if kind == "machine_plain":
        return question.asks("asks_what_you_are")
    return kind == "consult" and question.asks("asks_whom")
