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
def word_keys(word: str, is_source: bool) -> frozenset[str]:
    """Keys of a folded word of a source or of a value: itself and what it is a plural or prefixed form of."""
    keys = {word}
    if word.isascii():
        keys |= _latin_singulars(word)
    elif "\u0621" <= word[0] <= "\u06ff":
        keys |= _arabic_stems(word, is_source=is_source)
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


def _arabic_stems(word: str, *, is_source: bool) -> set[str]:
    """An Arabic word without article and regular plural ending.

    In a source also without conjunctions, prepositions and possessives: what a message attaches to a name does not
    hide it, but a value that only looks as if it had an attachment (ليلى, وليد) must not be cut.
    """
    stems = {word}
    prefixes = ["ال"]
    if is_source:
        prefixes += ["بال", "كال", "لل", "ب", "ك", "ل"]
        stems |= {word[1:] for prefix in ("و", "ف") if word.startswith(prefix) and len(word) > _SHORTEST_STEM}
    for stem in tuple(stems):
        for prefix in prefixes:
            if stem.startswith(prefix) and len(stem) - len(prefix) >= _SHORTEST_STEM:
                stems.add(stem[len(prefix) :])
    endings = {**_PLURALS, **_POSSESSIVES} if is_source else _PLURALS
    for stem in tuple(stems):
        for suffix, (shortest, others) in endings.items():
            if stem.endswith(suffix) and len(stem) - len(suffix) >= shortest:
                stems |= {stem[: -len(suffix)] + other for other in others}
    return stems


# Ending -> letters of the shortest stem before it, and what may stand in its place. A stem of three letters before
# ان and its like is more often a name of five (لبنان, ياسين) than a dual or plural.
_PLURALS = {"ات": (3, ("", "ه")), "تين": (3, ("ه",)), "ون": (4, ("",)), "ين": (4, ("",)), "ان": (4, ("",))}
_POSSESSIVES = {
    "تي": (3, ("ه",)),
    "ته": (3, ("ه",)),
    "تها": (3, ("ه",)),
    "تنا": (3, ("ه",)),
    "تك": (3, ("ه",)),
    "ي": (3, ("",)),
    "ها": (3, ("",)),
    "نا": (3, ("",)),
    "هم": (3, ("",)),
    "كم": (3, ("",)),
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
