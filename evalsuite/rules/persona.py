"""The persona of a case, and where a text says its name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import regex
from pydantic import BaseModel, Field

from evalsuite.rules.facts import STRICT
from evalsuite.rules.text import fold

_UNSPACED = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]")
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
        folded = {" ".join(_PART.findall(fold(name))) for name in named}
        return tuple(sorted(folded - {""}, key=lambda name: (-len(name), name)))


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
    return rf"(?<![\w'@]){prefix}{body}(?:(?=s(?!\w)|'(?:s|in|un|nin|dan|den|a|e|i|u|yi)(?!\w))|(?!['\-]?\w)(?!\.\w))"


@lru_cache(maxsize=256)
def name_pattern(spellings: tuple[str, ...]) -> regex.Pattern[str]:
    """Compiled pattern of a name in folded text."""
    return regex.compile(name_source(spellings))


def spelled_alike(names: Iterable[str]) -> frozenset[str]:
    """Names in the form in which spellings are compared."""
    return frozenset(" ".join(_PART.findall(fold(name))) for name in names) - {""}
