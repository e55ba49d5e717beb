"""Words as they are compared for repetition: pronoun flips and spellings of one number are equal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import split_entries
from evalsuite.rules.passage import Passage
from evalsuite.rules.text import fold


class Keys(NamedTuple):
    """The words of a text as they are compared."""

    texts: tuple[str, ...]
    words: Sequence[int]
    """For each key the index of its word: "I'm" has two keys, "você" has none."""


_PERSON = "<person>"
_CONTRACTED = regex.compile(r"(i|you|we|u)'(m|re|ve|ll|d)")
_LONG_FORMS = {"m": "<be>", "re": "<be>", "ve": "have", "ll": "will", "d": "would"}
_FRENCH_ELISION = regex.compile(r"([jmt])'")
# An Arabic word's marks of the first and second person: suffixes of possession and object, prefixes of the verb.
_ARABIC = regex.compile(r"\p{Script=Arabic}++")
_ARABIC_SUFFIX = regex.compile(r"(?:ن?(?:كم|كن|كي|ك|ي)|نا)$")
_ARABIC_PREFIX = regex.compile(r"^([وف]?+)[انتب](?=\w{3})")
# "to" written onto the word that it opens a lead-in with: "لإعادة ضبط ..., اتبع الخطوات".
_ARABIC_TO = regex.compile(r"^ل(?=[^ل]\w{3})")
_LATIN_ENDING = regex.compile(r"(?:ez|ons|est|en|es|st|e|s|t)$")
_FRENCH_OR_GERMAN = frozenset({"je", "j'", "tu", "vous", "ich", "du", "sie"})


@cache
def _groups() -> dict[str, str]:
    """Folded word -> key of its group of pronoun flips; groups of a slot that share a word are one."""
    lexicon = load("parroting")
    found: dict[str, str] = {}
    for slot in ("verb", "was", "be", "self", "own", "possessive", "person"):
        for language, entries in lexicon[slot].items():
            words = [fold(entry) for entry in split_entries(entries)]
            name = f"<{slot}{language if slot in ('verb', 'possessive') and '_' in language else ''}>"
            shared = {found[word] for word in words if found.get(word, "").startswith(f"<{slot}")}
            for word, other in list(found.items()):
                if other in shared:
                    found[word] = name
            found.update(dict.fromkeys(words, name))
    return found


@cache
def _free_subjects() -> frozenset[str]:
    slot = load("parroting")["free_subject"]
    return frozenset(fold(entry) for value in slot.values() for entry in split_entries(value))


@lru_cache(maxsize=65536)
def _keys(word: str) -> tuple[str, ...]:
    """Keys of one folded word."""
    if word in _free_subjects():
        return ()
    group = _groups().get(word)
    if group is not None:
        return (group,)
    contracted = _CONTRACTED.fullmatch(word)
    if contracted is not None:
        return _PERSON, _LONG_FORMS[contracted.group(2)]
    if word[0].isdigit():
        return (_number(word),)
    if _ARABIC.fullmatch(word) and len(word) > 2:
        return (_arabic(word),)
    return (word.replace("\u200c", ""),)


def _number(word: str) -> str:
    """A number with the digits 0 to 9 and without separators of thousands."""
    digits = "".join(str(unicodedata.digit(c, c)) if c.isdigit() else c for c in word)
    return regex.sub(r"[,٬](?=\d{3}(?!\d))", "", digits).replace("٫", ".")


def _arabic(word: str) -> str:
    """A word without the marks of the first and second person, as far as they can be told from its letters."""
    plain = _ARABIC_PREFIX.sub(r"\1ا", _ARABIC_TO.sub("", word))
    if len(plain) <= 3:
        return plain[:-1] + "ي" if plain[-1] == "ك" else plain
    bare = _ARABIC_SUFFIX.sub("", plain)
    return bare if len(bare) > 1 else plain


@lru_cache(maxsize=64)
def word_keys(passage: Passage) -> Keys:
    """Keys of all words of a passage, in order."""
    texts = passage.word_texts
    found = [_keys(text) for text in texts]
    if not _FRENCH_OR_GERMAN.isdisjoint(texts):
        for index, text in enumerate(texts):
            if found[index] == (text,) and text.isalpha() and len(text) > 3 and _beside_person(texts, index):
                found[index] = (_LATIN_ENDING.sub("", text),)
    if all(len(keys) == 1 for keys in found):
        return Keys(tuple(keys[0] for keys in found), range(len(found)))
    words = [index for index, keys in enumerate(found) for _ in keys]
    return Keys(tuple(key for keys in found for key in keys), words)


def _beside_person(texts: tuple[str, ...], index: int) -> bool:
    """Whether a French or German subject stands beside a word, whose ending then depends on the person."""
    return (index > 0 and texts[index - 1] in _FRENCH_OR_GERMAN) or (
        index + 1 < len(texts) and texts[index + 1] in _FRENCH_OR_GERMAN
    )
