"""A text as atoms: the pieces of its words that stay the same whatever the case, separators and camelCase.

"livingRoomLamp", "Living-room lamp" and "living_room_lamp" are the atoms living, room, lamp. Letters and digits are
apart ("20min" is 20 and min), but glued: a glued place is no edge of a whole word, so that 5 is not found in PS5.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import regex

from evalsuite.rules.text import fold, spelled_out

SYMBOLS = "%٪‰°€$£"
"""Signs that stand for a word of a unit; any other sign is a separator."""


def _atom_source(digit: str, ideograph: str, letter: str) -> str:
    return (
        rf"(?P<number>{digit}++(?:[.,٫٬]{digit}++)*+)|(?P<ideograph>{ideograph})|(?P<letters>{letter}++)"
        rf"|(?P<symbol>[{SYMBOLS}])"
    )


_ATOM_CLASSES = (
    r"\p{Nd}",
    r"\p{Script=Han}",
    r"[[\p{L}\p{M}\p{Nl}\u200c\u200d\u0640]--\p{Script=Han}]",
)
_ATOM = regex.compile("(?V1)" + _atom_source(*_ATOM_CLASSES))


@cache
def _basic_atom() -> re.Pattern[str]:
    """The same pattern for texts of the basic plane, several times faster."""
    return re.compile(_atom_source(*map(spelled_out, _ATOM_CLASSES)))


@cache
def _capital() -> re.Pattern[str]:
    """A letter before which a word of mixed case may be cut; rare ones of other planes are only possible."""
    return re.compile(spelled_out(r"\p{Lu}") + "|[\U00010000-\U0010ffff]")


# A word of mixed case is cut before a capital that follows a small letter, and before the last of several capitals.
_HUMP = regex.compile(r"(?<=\p{Ll}\p{M}*+)(?=\p{Lu})|(?<=\p{Lu}\p{M}*+)(?=\p{Lu}\p{M}*+\p{Ll})")
_FREE_SCRIPT = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]")
_LONG = 40
"""Digits beyond which a run of digits is compared as text; a number that long is no quantity."""


class Atom(NamedTuple):
    """One piece of a text."""

    text: str
    """Folded letters, the digits of a number as written (ASCII), or a symbol."""
    kind: str
    """"letters", "number" or "symbol"."""
    start: int
    end: int
    glue: str
    """How it hangs on the atom before: "" not at all, "hump" (camelCase) or "mixed" (a letter beside a digit)."""
    separator: str
    """What stands between the atom before and this one."""
    values: frozenset[str] = frozenset()
    """Of a number: every value it may stand for, in a normal form; with its sign."""


def atoms(text: str) -> list[Atom]:
    """Atoms of a text in order. Linear in its length."""
    found: list[Atom] = []
    last = 0
    pattern = _basic_atom() if not text or max(text) <= "\uffff" else _ATOM
    for match in pattern.finditer(text):
        kind = match.lastgroup or "letters"
        touches = bool(found) and match.start() == last and found[-1].kind != "symbol" and kind != "symbol"
        between = text[last : match.start()] if found else ""
        if kind == "letters":
            _add_letters(found, match, "mixed" if touches and found[-1].kind == "number" else "", between)
        elif kind == "number":
            glue = "mixed" if touches and not _FREE_SCRIPT.match(text, last - 1) else ""
            sign = _sign(text, match.start())
            plain = ascii_digits(match.group())
            values = number_values(plain)
            if sign == "-":
                values = frozenset(f"-{value}" for value in values)
            if sign == "?":
                values |= {f"-{value}" for value in values}
            found.append(Atom(plain, kind, *match.span(), glue, between, values))
        elif kind == "symbol":
            sign_text = "%" if match.group() == "٪" else match.group()
            found.append(Atom(sign_text, kind, *match.span(), "", between))
        else:
            found.append(Atom(fold(match.group()), "letters", *match.span(), "", between))
        last = match.end()
    return found


_fold_piece = lru_cache(maxsize=65536)(fold)


def _add_letters(found: list[Atom], match: re.Match[str] | regex.Match[str], glue: str, between: str) -> None:
    run = match.group()
    if run in ("s", "S") and between in ("'", "’") and found and found[-1].kind == "letters":
        return  # a possessive
    start = match.start()
    if not glue and _capital().search(run, 1) is None:
        if folded := _fold_piece(run):
            found.append(Atom(folded, "letters", start, match.end(), "", between))
        return
    cuts = [0, *(m.start() for m in _HUMP.finditer(run)), len(run)]
    if glue and _FREE_SCRIPT.match(run):
        glue = ""
    for left, right in pairwise(cuts):
        folded = _fold_piece(run[left:right])
        if folded:
            found.append(Atom(folded, "letters", start + left, start + right, glue, between))
            glue, between = "hump", ""


def _sign(text: str, start: int) -> str:
    """Sign of the number at `start`: "-", "" or "?" where a dash at a line start may be a bullet."""
    if start == 0 or text[start - 1] not in "-−":
        return ""
    before = text[start - 2 : start - 1]
    if start == 1:
        return "-"
    if before in "\r\n":
        return "?"
    return "-" if before.isspace() or before in "([{\"'“«:=,،$€£" else ""


def ascii_digits(text: str) -> str:
    """A run of digits and separators with the digits and separators of ASCII."""
    if text.isascii():
        return text
    marks = {"٫": ".", "٬": ","}
    return "".join(str(digit) if (digit := unicodedata.decimal(c, None)) is not None else marks.get(c, c) for c in text)


_GROUPED = regex.compile(r"[0-9]{1,3}+(?:,[0-9]{3})++(?:\.[0-9]++)?+|[0-9]{1,3}+(?:\.[0-9]{3})++(?:,[0-9]++)?+")


@lru_cache(maxsize=16384)
def number_values(plain: str) -> frozenset[str]:
    """Every value that ASCII digits with separators may stand for; "192.168.1.10" stands for itself only."""
    marks = [c for c in plain if c in ".,"]
    if len(plain) > _LONG or not marks:
        return frozenset((normal(plain),))
    found: set[str] = set()
    if _GROUPED.fullmatch(plain) and not plain.startswith("0"):
        point = "." if plain.rfind(".") > plain.rfind(",") else ","
        if len(set(marks)) == 1:
            found.add(normal(plain.replace(",", "").replace(".", "")))
        else:
            other = "," if point == "." else "."
            found.add(normal(plain.replace(other, "").replace(point, ".")))
    if len(marks) == 1 and not (marks[0] == "," and found):
        found.add(normal(plain.replace(",", ".")))
    return frozenset(found or (plain,))


def normal(plain: str) -> str:
    """One text for one value: no leading zeros, no zeros behind the point."""
    if "." not in plain and plain.isdecimal():
        return plain.lstrip("0") or "0"
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return plain
    form = format(number, "f")
    if "." in form:
        form = form.rstrip("0").rstrip(".")
    return "0" if form in ("-0", "") else form


def is_free_script(text: str) -> bool:
    """Whether a text is written without spaces between words (Chinese, Japanese, Korean with particles, Thai)."""
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and all(_FREE_SCRIPT.match(c) for c in letters)
