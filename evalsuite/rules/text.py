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


_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st vs etc e.g i.e eg ie no fig approx sr jr inc ltd co dept est min max p pp cf ca "
    "bzw z.b d.h usw nr str ca. p.ej ej sra srta m mme vol art"
    .split()
)
# A sentence ends at . ! ? ؟ 。 ！ ？ … with closing quotes or brackets behind, or at a line end.
_SENTENCE_END = regex.compile(r"[.!?؟。！？…]++[\"'”’»)\]*_]*+(?=\s|$|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana})|\r\n|\r|\n")


def _ends_abbreviation(text: str, start: int, dot: int) -> bool:
    """Whether the dot at `dot` belongs to an abbreviation or an initial, looking back at most 12 characters."""
    if text[dot] != "." or text[dot : dot + 2] in ("..", ".…"):
        return False
    piece = text[max(start, dot - 12) : dot]
    last = regex.split(r"[\s(\[\"'“‘«]", piece)[-1]
    if last.lower() in _ABBREVIATIONS:
        return True
    return len(last) == 1 and last.isalpha() and last.isupper() and text[dot + 1 : dot + 2] == " "


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


