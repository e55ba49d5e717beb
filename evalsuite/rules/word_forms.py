"""Words in their forms: plurals, Arabic words with what is attached to them, units and their signs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from evalsuite.rules.lexicon import load
from evalsuite.rules.quantity import phrases
from evalsuite.rules.text import fold


@cache
def _irregular() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in load("json_grounding")["plurals"]:
        forms = [phrase[0] for phrase in phrases(group)]
        for form in forms:
            found.setdefault(form, set()).add(forms[0])
    return {form: frozenset(singulars) for form, singulars in found.items()}


@lru_cache(maxsize=65536)
def word_keys(word: str) -> frozenset[str]:
    """Keys of a folded word: itself and what it is a plural or prefixed form of."""
    keys = {word}
    if word.isascii():
        keys |= _latin_singulars(word)
    elif "\u0621" <= word[0] <= "\u06ff":
        keys |= _arabic_stems(word)
    for key in tuple(keys):
        keys |= _irregular().get(key, frozenset())
    return frozenset(keys)


def _latin_singulars(word: str) -> set[str]:
    """What a word of Latin letters may be a regular plural of (English, French, Spanish, Portuguese, some German)."""
    size = len(word)
    if size < 4:
        return {word[:-1]} if size == 3 and word.endswith("s") and word[-2] not in "sui" else set()
    found: set[str] = set()
    if word.endswith("s") and word[-2] not in "su" and not word.endswith(("is", "ious")):
        found.add(word[:-1])
    if word.endswith(("ches", "shes", "sses", "xes", "zes", "oes", "nes", "res", "les", "des", "ces", "tes", "ses")):
        found.add(word[:-2])
    if word.endswith("ies"):
        found.add(word[:-3] + "y")
    if word.endswith("ves"):
        found |= {word[:-3] + "f", word[:-3] + "fe"}
    if word.endswith(("eaux", "eux", "oux")):
        found.add(word[:-1])
    elif word.endswith("aux"):
        found.add(word[:-2] + "l")
    if word.endswith("en") and word.endswith(("ungen", "heiten", "keiten", "schaften", "tionen", "aten", "eten")):
        found.add(word[:-2])
    if word.endswith("en") and size > 5:  # Lampe, Lampen; only ever equal to a word that ends in e
        found.add(word[:-1] + "*")
    if word.endswith("e") and size > 4:
        found.add(word + "*")
    return found


_SHORTEST_STEM = 3
"""Letters of the shortest Arabic stem: a root has three."""


def _arabic_stems(word: str) -> set[str]:
    """An Arabic word without conjunction, preposition and article; and without a regular plural or possessive."""
    stems = {word}
    for prefix in ("و", "ف"):
        if word.startswith(prefix) and len(word) > _SHORTEST_STEM:
            stems.add(word[1:])
    for stem in tuple(stems):
        for prefix in ("ال", "بال", "كال", "لل", "ب", "ك", "ل"):
            if stem.startswith(prefix) and len(stem) - len(prefix) >= _SHORTEST_STEM:
                stems.add(stem[len(prefix) :])
                if prefix == "لل":
                    stems.add("ا" + stem)  # للمكتب: the article of المكتب
    for stem in tuple(stems):
        for suffix, endings in _SUFFIXES.items():
            if stem.endswith(suffix) and len(stem) - len(suffix) >= _SHORTEST_STEM:
                stems |= {stem[: -len(suffix)] + ending for ending in endings}
    return stems


_SUFFIXES = {
    "ات": ("", "ه"),
    "ون": ("",),
    "ين": ("",),
    "ان": ("",),
    "تين": ("ه",),
    "تي": ("ه",),
    "ته": ("ه",),
    "تها": ("ه",),
    "تنا": ("ه",),
    "تك": ("ه",),
    "ي": ("",),
    "ها": ("",),
    "نا": ("",),
    "هم": ("",),
    "كم": ("",),
}


@cache
def _unit_table() -> dict[tuple[str, ...], frozenset[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for number, group in enumerate(load("json_grounding")["units"]):
        for phrase in phrases(group):
            found.setdefault(phrase, set()).add(f"unit:{number}")
            if "%" in group:
                found[phrase].add("unit:%")
    return {phrase: frozenset(keys) for phrase, keys in found.items()}


@cache
def unit_phrases() -> dict[str, list[tuple[tuple[str, ...], frozenset[str]]]]:
    found: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for phrase, keys in _unit_table().items():
        found.setdefault(phrase[0], []).append((phrase, keys))
    return found


def unit_keys(text: str) -> frozenset[str]:
    return _unit_table().get((text,), frozenset())


@cache
def number_suffixes() -> frozenset[str]:
    listed = {fold(entry.strip()) for entry in load("json_grounding")["suffixes"].split(",")}
    return frozenset(listed | {phrase[0] for phrase in _unit_table()})
