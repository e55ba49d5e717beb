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
def _inner_capital() -> re.Pattern[str]:
    """What every text holds in which a word is cut; rare letters of other planes are only possible capitals."""
    return re.compile(r"(?<=\S)(?:" + spelled_out(r"\p{Lu}") + "|[\U00010000-\U0010ffff])")


# A word of mixed case is cut before a capital that follows a small letter, and before the last of several capitals.
_HUMP = regex.compile(r"(?<=\p{Ll}\p{M}*+)(?=\p{Lu})|(?<=\p{Lu}\p{M}*+)(?=\p{Lu}\p{M}*+\p{Ll})")
_FREE_SCRIPT = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]")
_LONG = 40
"""Digits beyond which a run of digits is compared as text; a number that long is no quantity."""


_NONE: frozenset[str] = frozenset()


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
    values: frozenset[str] = _NONE
    """Of a number: every value it may stand for, in a normal form; with its sign."""


_fold_piece = lru_cache(maxsize=65536)(fold)
_make = tuple.__new__  # a named tuple's own constructor takes longer than finding the atom


def atoms(text: str) -> list[Atom]:
    """Atoms of a text in order. Linear in its length."""
    found: list[Atom] = []
    last, before = 0, ""
    pattern = _basic_atom() if not text or max(text) <= "\uffff" else _ATOM
    is_cut = _inner_capital().search(text) is not None
    for match in pattern.finditer(text):
        kind = match.lastgroup or "letters"
        start, end = match.span()
        between = text[last:start] if found else ""
        follows_number = start == last and before == "number"
        if kind == "letters":
            run = match[0]
            if run in ("s", "S") and between in ("'", "’") and before == "letters":
                pass  # a possessive
            elif is_cut or follows_number:
                _add_letters(found, run, start, "mixed" if follows_number else "", between)
            elif folded := _fold_piece(run):
                found.append(_make(Atom, (folded, kind, start, end, "", between, _NONE)))
        elif kind == "number":
            touches = start == last and before not in ("", "symbol")
            glue = "mixed" if touches and not _FREE_SCRIPT.match(text, last - 1) else ""
            plain = ascii_digits(match[0])
            found.append(Atom(plain, kind, start, end, glue, between, _signed(number_values(plain), text, start)))
        elif kind == "symbol":
            found.append(Atom("%" if match[0] == "٪" else match[0], kind, start, end, "", between))
        else:
            found.append(Atom(fold(match[0]), "letters", start, end, "", between))
        last, before = end, found[-1].kind if found else ""
    return found


def _signed(values: frozenset[str], text: str, start: int) -> frozenset[str]:
    sign = _sign(text, start)
    if not sign:
        return values
    negative = frozenset(f"-{value}" for value in values)
    return negative if sign == "-" else values | negative


def _add_letters(found: list[Atom], run: str, start: int, glue: str, between: str) -> None:
    """Adds a run of letters, cut where its case tells words apart."""
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
