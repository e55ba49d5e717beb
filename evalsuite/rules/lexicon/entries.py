"""Entries of a lexicon as patterns over folded text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.text import fold

_COMMA = regex.compile(r",\s++(?![^(\[]*[)\]])")
# An entry whose first character stands for itself and is not made optional by the next.
_STARTS_PLAINLY = regex.compile(r"[\p{L}\p{N}'](?![?*+{])(?!\|)")
_ESCAPE = regex.compile(r"\\.")
_CJK = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]")


def split_entries(value: str | Iterable[str]) -> list[str]:
    """Entries of one language: a list as it is, or a string cut at its commas (those in brackets apart)."""
    if isinstance(value, str):
        return [entry.strip().strip('"') for entry in _COMMA.split(value) if entry.strip()]
    return [str(entry) for entry in value]


def fold_entry(entry: str) -> str:
    """An entry as a pattern over folded text: its escapes kept, its spaces standing for any white space."""
    pieces, last = [], 0
    for match in _ESCAPE.finditer(entry):
        pieces += [fold(entry[last : match.start()]), match.group()]
        last = match.end()
    pieces.append(fold(entry[last:]))
    return "".join(pieces).strip().replace(" ?", r"\s*").replace(" ", r"\s+")


def alternatives(slot: Mapping[str, Any], *languages: str) -> str:
    """One alternation of a slot's entries (of some languages, or of all), the longest first."""
    chosen = languages or tuple(slot)
    entries = {fold_entry(entry) for code in chosen if code in slot for entry in split_entries(slot[code])}
    return joined(entries)


def joined(entries: Iterable[str], depth: int = 2) -> str:
    """Alternation of patterns, the longest first, those that begin alike put together.

    `regex` tries alternatives one by one; parted by their first letters, most fail at once.
    """
    groups: dict[str, list[str]] = {}
    ordered = sorted(entries, key=lambda entry: (-len(entry), entry))
    for entry in ordered:
        head = entry[:1] if _STARTS_PLAINLY.match(entry) else ""
        groups.setdefault(head, []).append(entry[len(head) :])
    parts = []
    for head, rests in groups.items():
        if not head or len(rests) == 1:
            parts += [head + rest for rest in rests]
        else:
            parts.append(f"{head}(?:{joined(rests, depth - 1) if depth > 1 else '|'.join(rests)})")
    return "|".join(parts) or r"(?!)"


def word_pattern(slot: Mapping[str, Any]) -> str:
    """Pattern of whole words of a slot in any language; scripts without spaces match anywhere."""
    entries = {fold_entry(entry) for value in slot.values() for entry in split_entries(value)}
    apart = [entry for entry in entries if not _CJK.search(entry)]
    unspaced = sorted(entry for entry in entries if _CJK.search(entry))
    # Attached Arabic prefixes (and, so, with, for, like, the) do not hide a word.
    parts = [rf"(?<!\w)(?:[وفبلك]?(?:ال)?|لل)(?:{joined(apart)})(?!\w)"] if apart else []
    return "(?:" + "|".join(parts + unspaced) + ")"


@cache
def words_of(lexicon: str, slot: str) -> regex.Pattern[str]:
    """Compiled pattern that finds a word of a slot in folded text."""
    return regex.compile(word_pattern(load(lexicon)[slot]))
