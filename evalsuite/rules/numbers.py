"""Numbers by value: digits of any script, thousands separators and decimal marks."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import regex

_PLAIN = regex.compile(r"\d++(?:\.\d++)?+")
_GROUPED = regex.compile(r"\d{1,3}+(?:[.,]\d{3})++")
_LIMIT = 40
"""Digits beyond which a run of digits is compared as text; a number that long is no quantity."""


def _ascii_digits(text: str) -> str:
    kept = []
    for character in text:
        digit = unicodedata.decimal(character, None)
        kept.append(str(digit) if digit is not None else {"٫": ".", "٬": ","}.get(character, character))
    return "".join(kept)


@lru_cache(maxsize=16384)
def values(text: str) -> frozenset[str]:
    """Every value that a run of digits and separators may stand for, in a normal form; empty where it is none.

    "1,200" and "1.200" are 1200, the latter also 1.2; "3,5" is 3.5; "10:30" and "03/04" stand for themselves.
    """
    plain = _ascii_digits(text)
    if len(plain) > _LIMIT or ":" in plain or "/" in plain:
        return frozenset((plain,))
    found = set()
    if _GROUPED.fullmatch(plain):
        found.add(_normal(plain.replace(",", "").replace(".", "")))
    if plain.count(",") == 1 and "." not in plain and not (len(plain) - plain.index(",") == 4 and "٫" not in text):
        found.add(_normal(plain.replace(",", ".")))
    if _PLAIN.fullmatch(plain) and "٬" not in text:
        found.add(_normal(plain))
    if not found:
        found.add(_normal(_last_mark_decimal(plain)))
    return frozenset(found)


def _last_mark_decimal(text: str) -> str:
    """Number text whose last separator is the decimal mark and whose others group: "1.234,50"."""
    cut = max(text.rfind("."), text.rfind(","))
    if cut < 0:
        return text
    head = text[:cut].replace(".", "").replace(",", "")
    return f"{head}.{text[cut + 1 :]}"


def _normal(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    form = format(number, "f")
    if "." in form:
        form = form.rstrip("0").rstrip(".")
    return form.lstrip("0") or "0" if "." not in form else form


def factors(percentage: str) -> frozenset[str]:
    """Normal forms of what a percentage multiplies by: its share, and one with it added or taken off."""
    try:
        share = Decimal(percentage) / 100
    except InvalidOperation:
        return frozenset()
    return frozenset(_normal(format(value, "f")) for value in (share, 1 + share, 1 - share))
