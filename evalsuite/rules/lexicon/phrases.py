"""Phrases of a lexicon: templates over its slots, compiled for the languages that a text is likely written in.

A lexicon of this kind has two main parts. `slots`: slot -> language -> entries; `patterns`: name -> language ->
templates. A template is a regular expression over folded text in which a space stands for white space or emphasis
marks, `{slot}` for any entry of that slot in the same language, `{w3}` for up to three words in front of the next
one, and `{t3}` for up to three words behind. `function_words` tells languages of one script apart.
"""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from typing import Any, Literal

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import split_entries
from evalsuite.rules.text import fold

Script = Literal["latin", "arabic", "east", "cyrillic", "indic"]
Languages = tuple[str, ...]

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

_LETTERS: dict[Script, regex.Pattern[str]] = {
    "arabic": regex.compile(r"\p{Arabic}"),
    "east": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"),
    "cyrillic": regex.compile(r"\p{Cyrillic}"),
    "indic": regex.compile(r"\p{Devanagari}"),
    "latin": regex.compile(r"\p{Latin}"),
}
_FIRST_LETTER = regex.compile("|".join(f"(?P<{script}>{found.pattern})" for script, found in _LETTERS.items()))
_GAP = r"(?:[\s*_]++)"
_WORD = r"[^\s*_.!?؟。:,;،؛()\[\]\"«»]++"
_NAMED = regex.compile(r"\{([a-z_]+)(\d*)\}")
_AFTER_WORDS = regex.compile(r"(\{w\d+\}) ")
_BEFORE_TAIL = regex.compile(r" \??(\{t\d+\})")
_ESCAPE = regex.compile(r"\\.")
_CLITIC = {"ar": "[وف]?"}
"""What may be written onto the first word of a phrase."""

_HEAD, _TAIL = 700, 500
"""Characters at the two ends of a text by whose words its languages are told; filler stands there."""
_SHARE = 0.5
"""Share of the best language's function words from which another one is taken into account too."""
_ENOUGH = 3
"""Function words of one language that a text must hold before it is taken to be in that language."""
_RUN = regex.compile(r"[\p{L}\p{M}]++(?:'[\p{L}\p{M}]++)?+")


def script_of(text: str) -> Script:
    """Script of the first letter of a text; Latin where there is none."""
    match = _FIRST_LETTER.search(text)
    return match.lastgroup if match else "latin"  # type: ignore[return-value]


def scripts_in(text: str) -> list[Script]:
    """Scripts of which a text has letters."""
    if text.isascii():
        return ["latin"]
    return [script for script, letters in _LETTERS.items() if letters.search(text)]


@cache
def _function_words(lexicon: str, script: Script) -> dict[str, tuple[str, ...]]:
    """Function word -> the languages of a script that have it."""
    found: dict[str, list[str]] = {}
    for language, entries in load(lexicon)["function_words"].items():
        if SCRIPTS.get(language, "latin") == script:
            for word in {fold(entry) for entry in entries}:
                found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


@cache
def _all_languages(lexicon: str, script: Script) -> Languages:
    known = dict.fromkeys([*load(lexicon)["function_words"], *SCRIPTS])
    return tuple(language for language in known if SCRIPTS.get(language, "latin") == script)


@lru_cache(maxsize=256)
def languages_of(lexicon: str, text: str, script: Script) -> Languages:
    """Languages of a script that a folded text may be written in, by its function words; all where it has too few."""
    every = _all_languages(lexicon, script)
    if len(every) == 1:
        return every
    window = text if len(text) <= _HEAD + _TAIL else text[:_HEAD] + " " + text[-_TAIL:]
    known = _function_words(lexicon, script)
    counts = Counter(
        language for word in (window if script == "east" else _RUN.findall(window)) for language in known.get(word, ())
    )
    best = max(counts.values(), default=0)
    if best < _ENOUGH:
        return every
    return tuple(language for language in every if counts[language] >= best * _SHARE)


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

    # A counted slot brings its own gaps.
    tidy = _BEFORE_TAIL.sub(r"\1", _AFTER_WORDS.sub(r"\1", _folded(template)))
    # A letter is no emphasis mark: with the underscore in both, words and gaps could be told apart in many ways.
    return str(_NAMED.sub(fill, tidy)).replace(" ", _GAP).replace(r"\w", r"[^\W_]")


def _source(lexicon: str, language: str, name: str) -> str:
    content = load(lexicon)
    templates = content["patterns"][name].get(language, ())
    # An elided word ("qu'") ends at its apostrophe, whatever follows.
    end = "" if SCRIPTS.get(language) == "east" else r"(?:(?<=')|(?!\w))"
    body = "|".join(_expanded(template, language, content["slots"]) for template in templates)
    return f"{_CLITIC.get(language, '')}(?:{body or '(?!)'}){end}"


@cache
def phrase(lexicon: str, language: str, name: str, tail: str = "") -> regex.Pattern[str]:
    """Compiled pattern of a lexicon in one language, to be matched at a word's beginning."""
    return regex.compile(_source(lexicon, language, name) + tail)


@cache
def phrase_anywhere(lexicon: str, language: str, name: str) -> regex.Pattern[str]:
    """The same pattern, to be searched for: it begins at a word's beginning."""
    start = "" if SCRIPTS.get(language) == "east" else r"(?<!\w)"
    return regex.compile(start + _source(lexicon, language, name))


@cache
def listed(lexicon: str, name: str) -> str:
    """One alternation of a lexicon's plain list."""
    return "(?:" + "|".join(_folded(entry).replace(" ", _GAP) for entry in load(lexicon)[name]) + ")"


class Phrases:
    """A lexicon's patterns in some languages."""

    __slots__ = ("languages", "lexicon")

    def __init__(self, lexicon: str, languages: Languages) -> None:
        self.lexicon = lexicon
        self.languages = languages

    @property
    def is_east(self) -> bool:
        """Whether the languages set no spaces between words."""
        return SCRIPTS.get(self.languages[0]) == "east"

    def match(self, name: str, text: str, start: int = 0, *, tail: str = "") -> regex.Match[str] | None:
        """Longest match of a pattern at an offset, `tail` behind it included, in any of the languages."""
        longest = None
        for language in self.languages:
            found = phrase(self.lexicon, language, name, tail).match(text, start)
            if found and (longest is None or found.end() > longest.end()):
                longest = found
        return longest

    def search(self, name: str, text: str, start: int = 0) -> regex.Match[str] | None:
        """First match of a pattern anywhere from an offset on, in the first of the languages that has one."""
        for language in self.languages:
            found = phrase_anywhere(self.lexicon, language, name).search(text, start)
            if found:
                return found
        return None
