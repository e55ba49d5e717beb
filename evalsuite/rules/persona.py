"""The persona of a case, and where a text says its name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import regex
from pydantic import BaseModel, Field

from evalsuite.rules.facts import STRICT
from evalsuite.rules.text import fold

_CJK = r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]"
_UNSPACED = regex.compile(_CJK)
_ARABIC = regex.compile(r"^\p{Script=Arabic}")
_PART = regex.compile(r"[\p{L}\p{M}\p{N}']++")


class Persona(BaseModel):
    """Who the model must be: a name with all its accepted spellings."""

    model_config = STRICT

    name: str = Field(min_length=1)
    aliases: list[str] = Field(default_factory=list)
    names: dict[str, list[str] | str] = Field(default_factory=dict)
    """Names by language, where they differ ("zh": "海瑟姆")."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every accepted spelling, folded, the longest first."""
        named = [self.name, *self.aliases]
        for value in self.names.values():
            named += [value] if isinstance(value, str) else value
        return _spellings(tuple(named))


@lru_cache(maxsize=256)
def _spellings(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(spelled_alike(names), key=lambda name: (-len(name), name)))


@lru_cache(maxsize=256)
def name_source(spellings: tuple[str, ...]) -> str:
    """Pattern source of a name in folded text: attached Arabic prefixes and possessives do not hide it."""
    return "(?:" + "|".join(map(_spelling_source, spellings)) + ")" if spellings else r"(?!)"


def _spelling_source(spelling: str) -> str:
    body = r"[\s.\-]{1,3}".join(regex.escape(part) for part in spelling.split(" "))
    if _UNSPACED.search(spelling):
        return body
    prefix = r"(?:[وفبلك]{1,2})?" if _ARABIC.match(spelling) else r"(?:[وفبلك](?:[-ـ ])?)?"
    # A possessive may follow ("Haitham's", "Haithams", "Haitham'ın"); a longer word, an address or a domain may not.
    # A French elision is apart from its word: d'Amélie.
    start = rf"(?:(?<![\w'@])|(?<={_CJK})|(?<=(?<!\w)(?:[dln]|qu)'))"
    if prefix and _ARABIC.match(spelling):
        body += "(?:\u0627(?!\\w))?"  # the accusative: لست هيثما
    return (
        rf"{start}{prefix}{body}(?:(?={_CJK}|-(?:san|sensei|kun|sama|chan)(?!\w)|s(?!\w)|'(?:s|"
        rf"in|un|nin|dan|den|a|e|i|u|yi)(?!\w))|(?!['\-]?\w)(?!\.\w))"
    )


@lru_cache(maxsize=256)
def name_pattern(spellings: tuple[str, ...]) -> regex.Pattern[str]:
    """Compiled pattern of a name in folded text."""
    return regex.compile(name_source(spellings))


NAME = "\ue000\ue001*+"
"""Pattern of the persona's name in a masked text: one private character, and a filler for each further one."""


def mask(folded: str, spellings: tuple[str, ...]) -> str:
    """Folded text with the persona's name, wherever it stands, as `NAME` finds it; every offset stays the same.

    So patterns around the name need not be compiled for every persona.
    """
    if "\ue000" in folded or "\ue001" in folded:
        folded = folded.replace("\ue000", "\ue002").replace("\ue001", "\ue002")
    return name_pattern(spellings).sub(lambda found: "\ue000" + "\ue001" * (len(found.group()) - 1), folded)


def spelled_alike(names: Iterable[str]) -> frozenset[str]:
    """Names in the form in which spellings are compared."""
    return frozenset(" ".join(_PART.findall(fold(name))) for name in names) - {""}
