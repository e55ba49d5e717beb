"""Tokens of a text and the slots of a lexicon that they fill: what the grammar of speech acts reads.

Linear: one scan for the tokens, one dictionary look-up per distinct word, phrases of a bounded number of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from evalsuite.rules.text import fold

# Numbers with their separators (a date or a clock time is one token); initials ("a.m."); single CJK characters; French
# elisions; runs of letters with inner apostrophes and trailing digits ("S24", "don't"). Disjoint classes, possessive:
# linear time.
_TOKEN = regex.compile(
    r"(?P<number>\p{Nd}++(?:[.,:/٫٬]\p{Nd}++)*+)"
    r"|(?<!\p{L})\p{L}(?:\.\p{L})++(?![\p{L}\p{Nd}])"
    r"|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]"
    r"|(?:[lLdDnNjJmMtTsScC]|[qQ][uU])['’](?=\p{L})"
    r"|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\u0640\u200c\u200d])++"
    r"(?:['’ʼ](?:(?![\p{Script=Han}])[\p{L}\p{M}])++)*+\p{Nd}*+"
)
_CONTRACTIONS = frozenset(("t", "re", "ve", "ll", "d", "m"))
"""English endings behind an apostrophe that change the word; others (Ben's, Paris'tir) only inflect it."""
_PHRASE_LIMIT = 6
"""Most words of a lexicon entry that are looked at; no entry has more."""
_STEM_LIMIT = 16
"""Most letters of a lexicon entry that stands for longer words; no entry has more."""
_KEPT = 65536
"""Most distinct words whose entries are remembered."""


class Token(NamedTuple):
    """A word, number or ideograph with its raw offsets and what stands between it and the token before."""

    text: str
    start: int
    end: int
    gap: str
    is_number: bool


@lru_cache(maxsize=65536)
def _fold_token(text: str) -> str:
    # Initials are compared without their dots: "a.m." is "am", "U.S." is "US". No other token holds one but a number.
    return fold(text).replace(".", "") if text[:1].isalpha() else fold(text)


def tokens(text: str) -> list[Token]:
    """Tokens of a text in order."""
    found = []
    previous = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        folded = _fold_token(match.group())
        if folded:
            found.append(Token(folded, start, end, text[previous:start], match.lastgroup == "number"))
            previous = end
    return found


@lru_cache(maxsize=65536)
def variants(word: str) -> tuple[str, ...]:
    """A folded word and what is left without a possessive 's or, in Arabic, without its prefixes and article."""
    if not ("\u0621" <= word[0] <= "\u064a"):
        base, mark, ending = word.partition("'")
        return (word, base) if mark and len(base) > 1 and ending not in _CONTRACTIONS else (word,)
    found = [word]
    if word[0] in "وف" and len(word) > 2:
        found.append(word[1:])
    found += [base[1:] for base in found if base[0] in "بلكه" and len(base) > 3]
    found += [base[2:] for base in found if base.startswith(("ال", "لل")) and len(base) > 3]
    return tuple(dict.fromkeys(found))


class _Entry(NamedTuple):
    slot: str
    words: tuple[str, ...]
    wild: tuple[bool, ...]


class _Candidates(NamedTuple):
    """What may begin at a word: slots that the word fills by itself, and longer entries by their second word."""

    alone: tuple[str, ...]
    longer: dict[str, tuple[_Entry, ...]]
    loose: tuple[_Entry, ...]
    """Longer entries whose second word stands for all words that begin so."""


class Lexicon:
    """Entries of named slots, found in a token list by their first word."""

    def __init__(self, slots: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._exact: dict[str, list[_Entry]] = {}
        self._stems: dict[str, list[_Entry]] = {}
        self._by_word: dict[str, _Candidates | None] = {}
        for slot, entries in slots:
            for entry in entries:
                self._add(slot, entry)

    def _add(self, slot: str, entry: str) -> None:
        pieces = entry.split()
        words: list[str] = []
        wild: list[bool] = []
        for piece in pieces:
            parts = [token.text for token in tokens(piece)]
            words += parts
            wild += [False] * (len(parts) - 1) + [piece.endswith("*")] if parts else []
        if not words or len(words) > _PHRASE_LIMIT:
            return
        table = self._stems if wild[0] else self._exact
        table.setdefault(words[0], []).append(_Entry(slot, tuple(words), tuple(wild)))

    def beginning(self, word: str) -> list[_Entry]:
        """Entries that begin with a word."""
        found: dict[_Entry, None] = {}
        for variant in variants(word):
            found.update(dict.fromkeys(self._exact.get(variant, ())))
            for size in range(1, min(len(variant), _STEM_LIMIT) + 1):
                found.update(dict.fromkeys(self._stems.get(variant[:size], ())))
        return list(found)

    def _candidates(self, word: str) -> _Candidates | None:
        if word in self._by_word:
            return self._by_word[word]
        known = _sorted_out(self.beginning(word))
        if len(self._by_word) < _KEPT:
            self._by_word[word] = known
        return known

    def tag(self, words: Sequence[Token]) -> list[dict[str, int]]:
        """For each token: the slots that an entry beginning there fills, with the end of the longest entry."""
        return [self.tag_at(words, index) for index in range(len(words))]

    def tag_at(self, words: Sequence[Token], index: int) -> dict[str, int]:
        """The slots that an entry beginning at one token fills, with the end of the longest entry of each."""
        known = self._candidates(words[index].text)
        if known is None:
            return _NOTHING
        found = dict.fromkeys(known.alone, index + 1)
        if index + 1 == len(words) or not (known.longer or known.loose):
            return found
        longer = known.loose
        for variant in variants(words[index + 1].text):
            longer = longer + known.longer.get(variant, ())
        for entry in longer:
            end = index + len(entry.words)
            if end > len(words) or found.get(entry.slot, 0) >= end:
                continue
            if all(self._continues(words[index + k], entry, k) for k in range(1, end - index)):
                found[entry.slot] = end
        return found

    @staticmethod
    def _continues(token: Token, entry: _Entry, k: int) -> bool:
        if token.gap not in ("", " ") and any(mark in token.gap for mark in _BREAKS):
            return False
        if token.text == entry.words[k]:
            return True
        if entry.wild[k]:
            return any(variant.startswith(entry.words[k]) for variant in variants(token.text))
        return entry.words[k] in variants(token.text)


class Lexicons(Lexicon):
    """Several lexicons read as one."""

    def __init__(self, parts: Sequence[Lexicon]) -> None:
        super().__init__(())
        self._parts = parts

    def beginning(self, word: str) -> list[_Entry]:
        """Entries of all parts that begin with a word."""
        return [entry for part in self._parts for entry in part.beginning(word)]


def _sorted_out(found: list[_Entry]) -> _Candidates | None:
    if not found:
        return None
    longer: dict[str, tuple[_Entry, ...]] = {}
    for entry in found:
        if len(entry.words) > 1 and not entry.wild[1]:
            longer[entry.words[1]] = (*longer.get(entry.words[1], ()), entry)
    alone = tuple(dict.fromkeys(entry.slot for entry in found if len(entry.words) == 1))
    return _Candidates(alone, longer, tuple(entry for entry in found if len(entry.words) > 1 and entry.wild[1]))


_NOTHING: dict[str, int] = {}
_BREAKS = ("\n", ",", ";", "?", "!", "،", "؛", "؟", "，", "。", "？", ". ", ": ")


def entries(languages: Mapping[str, Any], only: str | None = None) -> list[str]:
    """Entries of one slot of a lexicon file, in all its languages or in one."""
    return [
        entry.strip()
        for language, text in languages.items()
        if language != "asks" and only in (None, language)
        for entry in str(text).split(",")
        if entry.strip()
    ]
