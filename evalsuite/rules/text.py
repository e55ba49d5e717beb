"""Words, sentences, lines and normal form of a text, each with its offsets in the raw text.

Everything is linear in the length of the text. Patterns of the rules are matched against `Folded.text` and mapped
back to raw offsets by `Folded.span`, so that evidence always points into what the model wrote.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import regex

Span = tuple[int, int]

# Arabic letters that writers use for one another, and the Persian and Urdu forms of the same letters. Hamza carriers
# are unfolded by NFKD already (أ is alef and a combining hamza, which is dropped).
_VARIANTS = str.maketrans(
    {
        "ى": "ي",
        "ی": "ي",
        "ے": "ي",
        "ې": "ي",
        "ۍ": "ي",
        "ک": "ك",
        "ڪ": "ك",
        "ھ": "ه",
        "ہ": "ه",
        "ە": "ه",
        "ۀ": "ه",
        "ۂ": "ه",
        "ة": "ه",
        "ۃ": "ه",
        "ٱ": "ا",
        "’": "'",
        "‘": "'",
        "‛": "'",
        "ʼ": "'",
        "ʻ": "'",
        "`": "`",
        "“": '"',
        "”": '"',
        "„": '"',
        "‟": '"',
        "‐": "-",
        "‑": "-",
        "−": "-",
    }
)
_TATWEEL = "\u0640"


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    """Folded form of one character: none, one or more characters."""
    decomposed = unicodedata.normalize("NFKD", character)
    kept = "".join(
        c for c in decomposed if c != _TATWEEL and unicodedata.category(c) not in ("Mn", "Me", "Cf")
    )
    return kept.translate(_VARIANTS).casefold()


def fold(text: str) -> str:
    """Text in the form in which words are compared.

    NFKD; without combining marks, format characters and tatweel; Arabic, Persian and Urdu letter variants, curly
    quotes and hyphens unified; case-folded.
    """
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_character, text))


class Folded:
    """A folded text that knows where each of its characters stood in the raw text."""

    __slots__ = ("_starts", "length", "text")

    def __init__(self, raw: str) -> None:
        self.length = len(raw)
        self._starts: list[int] | None
        if raw.isascii():
            self.text = raw.lower()
            self._starts = None
            return
        pieces = [_fold_character(character) for character in raw]
        self.text = "".join(pieces)
        if len(self.text) == self.length and all(len(piece) == 1 for piece in pieces):
            self._starts = None
        else:
            self._starts = [
                index for index, piece in enumerate(pieces) for _ in range(len(piece))
            ]

    def span(self, start: int, end: int) -> Span:
        """Raw offsets of the folded slice `start:end`; marks that were dropped inside it are covered."""
        if self._starts is None:
            return start, end
        if start >= len(self._starts):
            return self.length, self.length
        first = self._starts[start]
        if end <= start:
            return first, first
        return first, self._starts[end - 1] + 1

    def index(self, raw_offset: int) -> int:
        """Folded offset of the first folded character at or after a raw offset."""
        if self._starts is None:
            return raw_offset
        from bisect import bisect_left

        return bisect_left(self._starts, raw_offset)


class Word(NamedTuple):
    """One word: its folded text and its offsets in the raw text."""

    text: str
    start: int
    end: int


# A word of the contract. Alternatives, in order: a number with separators; one CJK ideograph (or kana run: kana are
# letters of a run); a French elision, apart from its word; a run of letters, marks and digits joined by inner
# apostrophes and hyphens. Every quantifier is possessive or over disjoint classes: linear time.
_WORD = regex.compile(
    r"(?:\p{Nd}++(?:[.,٫٬]\p{Nd}++)*+(?![\p{L}\p{M}\p{N}]))"
    r"|\p{Script=Han}"
    r"|(?<![\p{L}\p{M}\p{N}'’])(?:[lLdDnNjJmMtTsScC]|[qQ][uU])['’](?=\p{L})"
    r"|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}\u200c\u200d])++"
    r"(?:['’ʼ‑‐-](?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}\u200c\u200d])++)*+"
)
_fold_word = lru_cache(maxsize=65536)(fold)


def words(text: str) -> list[Word]:
    """Words of a text in order, in the contract's sense, folded, with raw offsets."""
    found = []
    for match in _WORD.finditer(text):
        folded = _fold_word(match.group())
        if folded:
            found.append(Word(folded, match.start(), match.end()))
    return found


def word_texts(text: str) -> tuple[str, ...]:
    """Folded words of a text, without offsets."""
    return tuple(word.text for word in words(text))


def lines(text: str) -> list[Span]:
    """Spans of the lines of a text, line ends excluded, empty lines included. CRLF, CR and LF end a line."""
    spans = []
    start = 0
    for match in regex.finditer(r"\r\n|\r|\n|\u2028|\u2029", text):
        spans.append((start, match.start()))
        start = match.end()
    spans.append((start, len(text)))
    return spans


def _set(spaced: str) -> frozenset[str]:
    return frozenset(spaced.split())


# Abbreviations by what must follow for the dot not to end a sentence: anything, a number, or lower case.
_BEFORE_ANY = _set("mr mrs ms dr prof st e.g i.e eg ie vs cf sra srta mme z.b d.h bzw p.ej")
_BEFORE_NUMBER = _set("no nr fig p pp vol art ca approx max min str")
_BEFORE_LOWER = _set("etc inc ltd co dept est approx max min usw jr sr ca ej")
# Words that begin a sentence, and so do not follow an initial: "take vitamin C. It helps".
_STARTERS = _set(
    "it the this that these those you i a an in if he she they we then so but and for when what how there to as"
)
# A sentence ends at . ! ? ؟ 。 ！ ？ … with closing quotes or brackets behind, or at a line end.
_SENTENCE_END = regex.compile(
    r"[.!?؟。！？…]++[\"'”’»)\]*_]*+(?=\s|$|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana})|\r\n|\r|\n"
)


def _ends_abbreviation(text: str, start: int, dot: int) -> bool:
    """Whether the dot at `dot` belongs to an abbreviation or an initial, looking at most 12 characters around."""
    if text[dot] != "." or text[dot : dot + 2] in ("..", ".…"):
        return False
    last = regex.split(r"[\s(\[\"'“‘«]", text[max(start, dot - 12) : dot])[-1]
    following = text[dot + 1 : dot + 13].lstrip(" \t\u00a0,;)")
    if not following or following[0] in "\r\n":
        return False
    word = last.lower()
    if len(last) == 1 and last.isupper():
        return _is_initial(following, text[dot + 1 : dot + 2])
    return (
        word in _BEFORE_ANY
        or (word in _BEFORE_NUMBER and following[0].isdigit())
        or (word in _BEFORE_LOWER and following[0].islower())
    )


def _is_initial(following: str, gap: str) -> bool:
    """Whether a single capital and a dot stand for a name ("J. K. Rowling")."""
    next_word = regex.match(r"\w*+", following)
    if gap != " " or not following[0].isupper() or next_word is None:
        return False
    return next_word.group().lower() not in _STARTERS


_LIST_NUMBER = regex.compile(r"\s*+(?:[-*•+]\s++)?+\(?+\p{Nd}{1,3}+\.$")


def sentences(text: str) -> list[Span]:
    """Spans of the sentences of a text, surrounding white space excluded, none empty.

    Numbers, URLs, abbreviations ("Dr.", "z.B."), initials and list numbers ("1.") do not end a sentence.
    """
    spans: list[Span] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        line_end = text[match.start()] in "\r\n"
        if not line_end:
            if _ends_abbreviation(text, start, match.start()):
                continue
            if text[match.start()] == "." and _LIST_NUMBER.match(text, start, match.start() + 1):
                continue
        _append_trimmed(spans, text, start, match.start() if line_end else match.end())
        start = match.end()
    _append_trimmed(spans, text, start, len(text))
    return spans


def _append_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left < right:
        spans.append((left, right))


def merge(spans: list[Span]) -> list[Span]:
    """Sorted, disjoint spans that cover the same characters."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


