"""Words, sentences, lines and normal form of a text, each with its offsets in the raw text.

Everything is linear in the length of the text. Patterns of the rules are matched against `Folded.text` and mapped
back to raw offsets by `Folded.span`, so that evidence always points into what the model wrote.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from functools import cache, cached_property, lru_cache
from itertools import chain, repeat
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


class _FoldedCharacters(dict[str, str]):
    """Folded form of each character that was met: none, one or more characters."""

    limit = 8192
    """Characters that are kept; no text of a known language has so many different ones."""

    def __missing__(self, character: str) -> str:
        decomposed = unicodedata.normalize("NFKD", character)
        kept = "".join(c for c in decomposed if c != _TATWEEL and unicodedata.category(c) not in ("Mn", "Me", "Cf"))
        folded = kept.translate(_VARIANTS).casefold()
        if len(self) >= self.limit:
            self.clear()
        self[character] = folded
        return folded


_FOLDED = _FoldedCharacters()


def fold(text: str) -> str:
    """Text in the form in which words are compared.

    NFKD; without combining marks, format characters and tatweel; Arabic, Persian and Urdu letter variants, curly
    quotes and hyphens unified; case-folded.
    """
    if text.isascii():
        return text.lower()
    return "".join(map(_FOLDED.__getitem__, text))


class Folded:
    """A folded text that knows where each of its characters stood in the raw text."""

    def __init__(self, raw: str) -> None:
        self.length = len(raw)
        self._pieces: list[str] | None = None
        """Folded form of each raw character; None where each has become one."""
        if raw.isascii():
            self.text = raw.lower()
            return
        pieces = list(map(_FOLDED.__getitem__, raw))
        self.text = "".join(pieces)
        if len(self.text) != self.length or "" in pieces:
            self._pieces = pieces

    @cached_property
    def _starts(self) -> list[int] | None:
        """Raw offset of each folded character; None where it is the same."""
        if self._pieces is None:
            return None
        return list(chain.from_iterable(map(repeat, range(self.length), map(len, self._pieces))))

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
        return bisect_left(self._starts, raw_offset)


class Word(NamedTuple):
    """One word: its folded text and its offsets in the raw text."""

    text: str
    start: int
    end: int


_BASIC_PLANE = "".join(map(chr, range(0x10000)))


def spelled_out(member: str) -> str:
    """A character class of the `regex` module as one of `re`: the same characters of the basic plane, by their ranges.

    `re` looks a character up in a table, several times faster than `regex` asks for its properties.
    """
    runs = (match.group() for match in regex.finditer(f"(?V1){member}++", _BASIC_PLANE))
    return "[" + "".join(f"\\u{ord(run[0]):04x}-\\u{ord(run[-1]):04x}" for run in runs) + "]"


def _word_source(digit: str, ideograph: str, letter: str, joined: str, inner: str) -> str:
    """A word of the contract, of character classes.

    Alternatives, in order: a number with separators; one CJK ideograph (or kana run: kana are letters of a run); a
    French elision, apart from its word; a run of letters, marks and digits joined by inner apostrophes and hyphens.
    Every quantifier is possessive or over disjoint classes: linear time.
    """
    return (
        rf"{digit}++(?:[.,٫٬]{digit}++)*+(?!{joined})|{ideograph}"
        rf"|(?<!{joined})(?<!['’])(?:[lLdDnNjJmMtTsScC]|[qQ][uU])['’](?={letter})"
        rf"|{inner}++(?:['’ʼ‑‐-]{inner}++)*+"
    )


_WORD_CLASSES = (
    r"\p{Nd}",
    r"\p{Script=Han}",
    r"\p{L}",
    r"[\p{L}\p{M}\p{N}]",
    r"[[\p{L}\p{M}\p{N}\u200c\u200d]--\p{Script=Han}]",
)
_WORD = regex.compile("(?V1)" + _word_source(*_WORD_CLASSES))


@cache
def _basic_word() -> re.Pattern[str]:
    """The same pattern for texts of the basic plane, compiled when it is first needed."""
    return re.compile(_word_source(*map(spelled_out, _WORD_CLASSES)))


_fold_word = lru_cache(maxsize=65536)(fold)
_make = tuple.__new__  # a named tuple's own constructor takes longer than finding the word


def words(text: str) -> list[Word]:
    """Words of a text in order, in the contract's sense, folded, with raw offsets."""
    if text.isascii():
        found = _basic_word().finditer(text.lower())
        return [_make(Word, (match[0], match.start(), match.end())) for match in found]
    return _words(text, _basic_word() if max(text) <= "\uffff" else _WORD)


def _words(text: str, pattern: re.Pattern[str] | regex.Pattern[str]) -> list[Word]:
    return [
        _make(Word, (folded, match.start(), match.end()))
        for match in pattern.finditer(text)
        if (folded := _fold_word(match[0]))
    ]


def word_texts(text: str) -> tuple[str, ...]:
    """Folded words of a text, without offsets."""
    return tuple(word.text for word in words(text))


_LINE_END = re.compile(r"\r\n|[\r\n\u2028\u2029]")


def lines(text: str) -> list[Span]:
    """Spans of the lines of a text, line ends excluded, empty lines included. CRLF, CR and LF end a line."""
    spans = []
    start = 0
    for match in _LINE_END.finditer(text):
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
_SPACE = r"[^\S\x1c-\x1f]"
"""White space to `re`, without the separators of files and records that Unicode does not count."""


@cache
def _sentence_end() -> re.Pattern[str]:
    """A sentence ends at . ! ? ؟ 。 ！ ？ … ۔ । with closing quotes or brackets behind, or at a line end."""
    ideograph = spelled_out(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]")
    rare = "[\U00016fe2-\U00016fff\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"  # blocks of other planes
    closing = r"[\"'”’»)\]*_]*+"
    return re.compile(rf"[.!?؟。！？…۔।]++{closing}(?={_SPACE}|$|{ideograph}|{rare})|\r\n|[\r\n]")


_OPENING = re.compile(rf"{_SPACE}|[(\[\"'“‘«]")
_WORD_BEHIND = regex.compile(r"\w*+")
_LONG = 7
"""Letters that no abbreviation has."""

_DOTTED = regex.compile(r"(?:\p{L}\.)++\p{L}")  # "U.S" in front of its last dot


def _ends_abbreviation(text: str, start: int, dot: int) -> bool:
    """Whether the dot at `dot` belongs to an abbreviation or an initial, looking at most 12 characters around."""
    if text[dot] != "." or text[dot : dot + 2] in ("..", ".…"):
        return False
    if dot - start >= _LONG and text[dot - _LONG : dot].isalpha():
        return False
    last = _OPENING.split(text[max(start, dot - 12) : dot])[-1]
    following = text[dot + 1 : dot + 13].lstrip(" \t\u00a0,;)")
    if not following or following[0] in "\r\n":
        return False
    word = last.lower()
    if len(last) == 1 and last.isupper():
        return _is_initial(following, text[dot + 1 : dot + 2])
    return (
        word in _BEFORE_ANY
        or (word in _BEFORE_NUMBER and following[0].isdigit())
        or ((word in _BEFORE_LOWER or _DOTTED.fullmatch(word) is not None) and following[0].islower())
    )


def _is_initial(following: str, gap: str) -> bool:
    """Whether a single capital and a dot stand for a name ("J. K. Rowling")."""
    next_word = _WORD_BEHIND.match(following)
    if gap != " " or not following[0].isupper() or next_word is None:
        return False
    return next_word.group().lower() not in _STARTERS


_LIST_NUMBER = regex.compile(r"\s*+(?:[-*•+]\s++)?+\(?+\p{Nd}{1,3}+\.$")


def _ends_list_number(text: str, start: int, dot: int) -> bool:
    """Whether the dot at `dot` belongs to the number of a list item that begins at `start`."""
    is_possible = text[dot] == "." and text[dot - 1 : dot].isdecimal()
    return is_possible and _LIST_NUMBER.match(text, start, dot + 1) is not None


def sentences(text: str) -> list[Span]:
    """Spans of the sentences of a text, surrounding white space excluded, none empty.

    Numbers, URLs, abbreviations ("Dr.", "z.B."), initials and list numbers ("1.") do not end a sentence.
    """
    spans: list[Span] = []
    start = 0
    is_first = True  # whether nothing was passed over since `start`: only then may a list number stand here
    for match in _sentence_end().finditer(text):
        at, end = match.span()
        if text[at] in "\r\n":
            _append_trimmed(spans, text, start, at)
        elif _ends_abbreviation(text, start, at) or (is_first and _ends_list_number(text, start, at)):
            is_first = False
            continue
        else:
            _append_trimmed(spans, text, start, end)
        start, is_first = end, True
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
