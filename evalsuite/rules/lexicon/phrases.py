"""Phrases of a lexicon: templates over its slots, by language, compiled for the script that a text is written in.

A lexicon of this kind has two parts. `slots`: slot -> language -> entries; `patterns`: name -> language -> templates.
A template is a regular expression over folded text in which a space stands for white space or emphasis marks, `{slot}`
for any entry of that slot in the same language, `{w3}` for up to three words in front of the next one, and `{t3}` for
up to three words behind.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import split_entries
from evalsuite.rules.text import fold

Script = Literal["latin", "arabic", "east", "cyrillic", "indic"]

SCRIPTS: dict[str, Script] = {
    "ar": "arabic",
    "fa": "arabic",
    "ur": "arabic",
    "zh": "east",
    "ja": "east",
    "ko": "east",
    "ru": "cyrillic",
    "hi": "indic",
}
"""Script of a language; Latin unless said."""

_FIRST_LETTER = regex.compile(
    r"(?P<arabic>\p{Arabic})|(?P<east>[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}])|(?P<cyrillic>\p{Cyrillic})"
    r"|(?P<indic>\p{Devanagari})|(?P<latin>\p{Latin})"
)
_SCRIPT_PATTERNS: dict[Script, regex.Pattern[str]] = {
    "arabic": regex.compile(r"\p{Arabic}"),
    "east": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"),
    "cyrillic": regex.compile(r"\p{Cyrillic}"),
    "indic": regex.compile(r"\p{Devanagari}"),
    "latin": regex.compile(r"\p{Latin}"),
}
_GAP = r"(?:[\s*_]++)"
_WORD = r"[^\s*_.!?؟。:,;،؛()\[\]\"«»]++"
_NAMED = regex.compile(r"\{([a-z_]+)(\d*)\}")
_ESCAPE = regex.compile(r"\\.")
_CLITIC = {"ar": "[وف]?"}
"""What may be written onto the first word of a phrase."""


def script_of(text: str) -> Script:
    """Script of the first letter of a text; Latin where there is none."""
    match = _FIRST_LETTER.search(text)
    return match.lastgroup if match else "latin"  # type: ignore[return-value]


def scripts_in(text: str) -> list[Script]:
    """Scripts of which a text has letters."""
    if text.isascii():
        return ["latin"]
    return [script for script, pattern in _SCRIPT_PATTERNS.items() if pattern.search(text)]


def _folded(template: str) -> str:
    pieces, last = [], 0
    for match in _ESCAPE.finditer(template):
        pieces += [fold(template[last : match.start()]), match.group()]
        last = match.end()
    return "".join([*pieces, fold(template[last:])])


def _expanded(template: str, language: str, slots: dict[str, Any]) -> str:
    """A template as a regular expression, its slots filled in (they may name slots in turn)."""

    def fill(match: regex.Match[str]) -> str:
        name, number = match.group(1), match.group(2)
        if number and name == "w":
            return rf"(?:{_WORD}{_GAP}){{0,{number}}}"
        if number and name == "t":
            return rf"(?:{_GAP}{_WORD}){{0,{number}}}"
        entries = [_expanded(entry, language, slots) for entry in split_entries(slots[name + number][language])]
        return "(?:" + "|".join(sorted(entries, key=lambda entry: -len(entry))) + ")"

    return str(_NAMED.sub(fill, _folded(template))).replace(" ", _GAP)


@cache
def phrase(lexicon: str, script: Script, *names: str) -> regex.Pattern[str]:
    """Compiled pattern of the named patterns in all languages of a script. It is matched at a word's beginning."""
    content = load(lexicon)
    branches = []
    for name in names:
        for language, templates in content["patterns"][name].items():
            if SCRIPTS.get(language, "latin") != script:
                continue
            end = "" if script == "east" else r"(?!\w)"
            body = "|".join(_expanded(template, language, content["slots"]) for template in templates)
            branches.append(f"{_CLITIC.get(language, '')}(?:{body}){end}")
    return regex.compile("|".join(branches) or r"(?!)")


@cache
def phrase_anywhere(lexicon: str, script: Script, *names: str) -> regex.Pattern[str]:
    """The same pattern, to be searched for: it begins at a word's beginning."""
    start = "" if script == "east" else r"(?<!\w)"
    return regex.compile(f"{start}(?:{phrase(lexicon, script, *names).pattern})")
