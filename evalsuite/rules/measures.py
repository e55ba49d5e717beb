"""FL005: how long an output is, in lines, sentences, words, characters and list items."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import regex
from pydantic import BaseModel, Field, model_validator

from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Finding
from evalsuite.rules.forms import list_items
from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span


class Bound(BaseModel):
    """How many there may be."""

    model_config = STRICT

    exactly: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=0)
    at_least: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _bounds_something(self) -> Bound:
        if self.exactly is None and self.at_most is None and self.at_least is None:
            raise ValueError("a limit needs exactly, at_most or at_least")
        return self

    def broken_by(self, count: int) -> str | None:
        """What was asked for where `count` breaks it ("at most 3"), None where it holds."""
        if self.exactly is not None and count != self.exactly:
            return f"exactly {self.exactly}"
        if self.at_most is not None and count > self.at_most:
            return f"at most {self.at_most}"
        if self.at_least is not None and count < self.at_least:
            return f"at least {self.at_least}"
        return None


class Limits(BaseModel):
    """Limits of one output, by measure."""

    model_config = STRICT

    lines: Bound | None = None
    """Non-empty lines."""
    sentences: Bound | None = None
    """Sentences, headings counted."""
    words: Bound | None = None
    """Words of the contract: "it's" is one, a CJK ideograph is one."""
    characters: Bound | None = None
    """Code points (of the composed form), white space at the ends not counted."""
    items: Bound | None = None
    """List items at any depth."""


_CONTENT = regex.compile(r"[\p{L}\p{N}\p{So}]")


def line_spans(reading: Reading) -> list[Span]:
    """Non-empty lines."""
    return [span for span in reading.lines if reading.text[span[0] : span[1]].strip()]


def sentence_spans(reading: Reading) -> list[Span]:
    """Sentences that say something: a rule, a fence or a lone bracket is none."""
    return [span for span in reading.sentences if _CONTENT.search(reading.text, span[0], span[1])]


def word_spans(reading: Reading) -> list[Span]:
    """Words."""
    return [(word.start, word.end) for word in reading.words]


def character_spans(reading: Reading) -> list[Span]:
    """Characters of the composed text, one a code point; a line end is one however it is written."""
    text = unicodedata.normalize("NFC", reading.text).replace("\r\n", "\n").strip()
    return [(index, index + 1) for index in range(len(text))]


_MEASURES: dict[str, Callable[[Reading], list[Span]]] = {
    "lines": line_spans,
    "sentences": sentence_spans,
    "words": word_spans,
    "characters": character_spans,
    "items": list_items,
}


def broken_limits(reading: Reading, limits: Limits) -> Iterator[Finding]:
    """FL005 for each measure whose limit is broken; the evidence is what is too much, if anything is."""
    for name, measure in _MEASURES.items():
        bound: Bound | None = getattr(limits, name)
        if bound is None:
            continue
        found = measure(reading)
        asked = bound.broken_by(len(found))
        if asked is not None:
            were = "was" if asked.endswith(" 1") else "were"
            message = f"The output has {len(found)} {name}, where {asked} {were} asked for."
            yield Finding("FL005", _excess(found, bound, len(reading.text)), message)


def _excess(found: list[Span], bound: Bound, size: int) -> Span | None:
    """Span of what stands beyond the limit; None where something is missing."""
    ceiling = bound.exactly if bound.exactly is not None else bound.at_most
    if ceiling is None or len(found) <= ceiling:
        return None
    return min(found[ceiling][0], size), min(found[-1][1], size)
