"""FL007: words that an output must or must not hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import regex

from evalsuite.rules.finding import Finding
from evalsuite.rules.numbers import values
from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span, fold, word_texts

# Scripts without spaces between words, and Hangul, whose particles are written onto the word: a run of letters is
# no word there, so a spelling is looked for as a plain run of characters.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Hangul}]")
_SIGNS = str.maketrans({"٪": "%", "٫": ".", "٬": ",", "％": "%"})
_OTHER_DIGIT = regex.compile(r"(?![0-9])\p{Nd}")


@lru_cache(maxsize=64)
def _ascii_digits(text: str) -> str:
    """Text with the digits of any script as 0 to 9, and the Arabic number signs as theirs."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(lambda match: str(unicodedata.digit(match.group())), text).translate(_SIGNS)


def _same_word(word: str, wanted: str) -> bool:
    """Whether a word of the output is the wanted one: itself, equal as a number, or behind a clitic."""
    if word == wanted:
        return True
    if wanted[0].isdecimal():
        return word[0].isdecimal() and not values(word).isdisjoint(values(wanted))
    if word.endswith(wanted) or word.startswith("لل"):
        return _behind_proclitic(word, wanted)
    # "Snow's" and Turkish "Ankara'dan" hold the name; "can't" does not hold "can".
    return len(wanted) > 3 and word.startswith(wanted + "'") and not word.endswith("'t")


def _behind_proclitic(word: str, wanted: str) -> bool:
    if not "\u0620" <= wanted[0] <= "\u06ff" or len(wanted) < 3:
        return False
    front = word[: len(word) - len(wanted)] if word.endswith(wanted) else None
    if front and regex.fullmatch("[وف]?[بلك]?", front):
        return True
    return wanted.startswith("ال") and regex.fullmatch("[وف]?لل" + regex.escape(wanted[2:]), word) is not None


@lru_cache(maxsize=4096)
def _literal(spelling: str) -> regex.Pattern[str] | None:
    """Pattern of a spelling that holds more than words ("*#06#", "C++", "-5") or no spaced words; None for words."""
    folded = _ascii_digits(fold(spelling)).strip()
    rest = folded
    for word in word_texts(spelling):
        rest = rest.replace(_ascii_digits(word), "", 1)
    if not rest.strip() and not _UNSPACED.search(folded):
        return None
    body = r"\s++".join(regex.escape(part) for part in folded.split())
    left = right = ""
    if not _UNSPACED.match(folded):
        if folded[0].isalnum():
            left = r"(?<![\p{L}\p{N}])(?<!\p{Nd}[.,])"
        elif folded[0] in "-+" and folded[1:2].isdecimal():
            left = r"(?<![\p{L}\p{N}])"
        if folded[-1].isalnum():
            right = r"(?![\p{L}\p{N}])(?![.,]\p{Nd})" if folded[-1].isdecimal() else r"(?![\p{L}\p{N}])"
    return regex.compile(left + body + right)


def occurrences(reading: Reading, spelling: str) -> Iterator[Span]:
    """Spans of a spelling in the output, as whole words, numbers by value, case and Arabic spelling aside."""
    pattern = _literal(spelling)
    if pattern is not None:
        for match in pattern.finditer(_ascii_digits(reading.folded.text)):
            yield reading.folded.span(*match.span())
        return
    wanted = word_texts(spelling)
    if not wanted:
        return
    words, texts = reading.words, reading.word_texts
    for index in range(len(texts) - len(wanted) + 1):
        if _same_word(texts[index], wanted[0]) and texts[index + 1 : index + len(wanted)] == wanted[1:]:
            yield words[index].start, words[index + len(wanted) - 1].end


def missing_content(reading: Reading, groups: list[list[str]]) -> Iterator[Finding]:
    """FL007 for each required group of which no spelling is found."""
    for group in groups:
        if not any(True for spelling in group for _ in occurrences(reading, spelling)):
            yield Finding("FL007", None, f"The output lacks {' or '.join(map(repr, group))}.")


def forbidden_content(reading: Reading, spellings: list[str]) -> Iterator[Finding]:
    """FL007 for each place where a forbidden spelling stands."""
    for spelling in spellings:
        for span in occurrences(reading, spelling):
            yield Finding("FL007", span, f"The output holds {spelling!r}, which the case forbids.")
