"""Sentences made of a closed stock of words: whether one says anything beyond the stock and the user's own words."""

from __future__ import annotations

from functools import cache, lru_cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.phrases import Languages
from evalsuite.rules.text import fold

_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}]++(?:['-][\p{L}\p{M}\p{N}]++)*+")
_ARABIC = regex.compile(r"\p{Arabic}")
# Conjunctions and prepositions written onto a word, the article, and the prefixes of persons of the verb.
_PREFIX = regex.compile(r"(?:[وفبلك]?(?:ال|لل)|[وفبل](?=\p{L}{3}))?+(?:[اتني](?=\p{L}{3}))?+")

_ENDING = regex.compile(r"(?:ings?|ed|es|s|e)$")
_WEAK = regex.compile(r"[اويهءئؤ]")


def root(word: str) -> str:
    """What is left of a folded word without its inflection, roughly: its first four letters; in Arabic, the first
    three firm ones, prefixes removed."""
    if _ARABIC.match(word):
        prefix = _PREFIX.match(word)
        bare = word[prefix.end() :] if prefix else word
        firm = _WEAK.sub("", bare)
        return firm[:3] if len(firm) > 1 else bare
    return _ENDING.sub("", word)[:4] if len(word) > 3 else word


@lru_cache(maxsize=64)
def roots(text: str) -> frozenset[str]:
    """Roots of the words of a folded text."""
    return frozenset(root(word) for word in _WORDS.findall(text) if len(word) > 2)


@cache
def _stock(lexicon: str, slot: str, language: str) -> regex.Pattern[str]:
    entries = load(lexicon)["slots"].get(slot, {}).get(language, ())
    return regex.compile("|".join(fold(entry) for entry in entries) or r"(?!)")


def holds_only(text: str, lexicon: str, languages: Languages, kind: str, own: frozenset[str]) -> bool:
    """Whether a folded text is made of a kind's stock of words and of words with roots in `own`, and has a mark.

    A mark that is the user's own word marks nothing, but for announcements: those speak of what was asked.
    """
    words = _WORDS.findall(text)
    if not 2 <= len(words) <= 24:
        return False
    return any(_is_made_of(words, lexicon, language, kind, own) for language in languages)


def _is_made_of(words: list[str], lexicon: str, language: str, kind: str, own: frozenset[str]) -> bool:
    marks, stock = _stock(lexicon, kind + "_marks", language), _stock(lexicon, kind + "_words", language)
    marked = False
    for word in words:
        if marks.fullmatch(word):
            marked = marked or kind == "announcing" or root(word) not in own
        elif not (stock.fullmatch(word) or (kind != "closing" and _is_own(word, own))):
            return False
    return marked


def _is_own(word: str, own: frozenset[str]) -> bool:
    return word.isdecimal() or (len(word) > 2 and root(word) in own)


def news(text: str, lexicon: str, languages: Languages, own: frozenset[str]) -> tuple[int, int]:
    """How many words of a folded text are the user's own, and how many are neither that nor in the common stock."""
    words = [word for word in _WORDS.findall(text) if len(word) > 2 or word.isdecimal()]
    stocks = [_stock(lexicon, "common_words", language) for language in languages]
    rest = [word for word in words if not any(stock.fullmatch(word) for stock in stocks)]
    known = sum(root(word) in own for word in rest)
    return known, len(rest) - known
