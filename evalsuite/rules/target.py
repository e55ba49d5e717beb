"""The open slot of an ambiguous case, ready to be looked for: its words, its options, what asks for it by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from evalsuite.rules.language import is_content, is_function_word
from evalsuite.rules.lexicon import load
from evalsuite.rules.tagging import Lexicon, entries, tokens, variants
from evalsuite.rules.text import fold
from evalsuite.rules.wish import stem

SLOT = "slot"
"""Tag of a word that names the slot."""
_MEASURES = frozenset(("currency", "unit", "width", "height", "length", "radius", "speed", "price"))
_POSSESSIVES = ("ك", "كم", "كي", "ه", "ها", "ي", "نا", "هم", "و", "كن")
_OWNED = 3
"""Letters from which an Arabic noun is looked for with possessive endings (a judgement)."""
_INFLECTED = 5
"""Letters from which a word of a case stands for its longer forms, too (Datei, Dateien; kitchen, kitchen's)."""


def option_tag(index: int) -> str:
    """Tag of a mention of option number `index`."""
    return f"option{index}"


@dataclass(frozen=True, slots=True)
class Target:
    """The slot of a case, ready to be looked for."""

    words: Lexicon
    options: int
    """How many options the slot has."""
    asks: frozenset[str]
    """Question words that ask for such a slot by themselves: "who" for a person."""
    is_language: bool
    """Whether the slot is a language: then any text produced is work under one reading."""
    stems: frozenset[str]
    """Stems of the words that name the slot."""
    is_amount: bool
    """Whether the slot is a number of things: then a figure is what a question wants."""
    is_measure: bool
    """Whether the slot is a measure or its unit: then a figure is what the user wants."""


@lru_cache(maxsize=4096)
def target_of(name: str, words: tuple[str, ...], options: tuple[str, ...]) -> Target:
    """Target for a slot's name, words and options. Nouns of the same kind count in every language."""
    kinds = [kind for kind in load("ambiguity")["concepts"].items() if _is_kind(kind[1], (name, *words))]
    named = [(SLOT, [*_inflected((name, *words)), *(e for _, kind in kinds for e in entries(kind))])]
    for index, spellings in enumerate(_option_spellings(options)):
        named.append((option_tag(index), spellings))
    asks = frozenset(slot for _, kind in kinds for slot in kind["asks"])
    names = {kind for kind, _ in kinds}
    stems = frozenset(stem(token.text) for word in (name, *words) for token in tokens(word) if is_content(token))
    return Target(
        Lexicon(named), len(options), asks, "language" in names, stems, "amount" in names, bool(names & _MEASURES)
    )


def _is_kind(kind: dict[str, object], names: Sequence[str]) -> bool:
    known = {fold(entry).rstrip("*") for entry in entries(kind)}
    return any(variant in known for name in names for variant in variants(fold(name) or " "))


def _inflected(words: Sequence[str]) -> list[str]:
    """Words with their plurals and longer forms; short words have too many unrelated neighbours."""
    single = [word for word in words if len(tokens(word)) == 1]
    owned = [form for word in single if "\u0621" <= word[0] <= "\u064a" for form in _owned(word)]
    return [
        *words,
        *owned,
        *(f"{word}s" for word in single),
        *(f"{word}*" for word in single if len(word) >= _INFLECTED),
    ]


def _owned(word: str) -> list[str]:
    """An Arabic noun with the possessive endings: مقاسك, غرفتك."""
    base = word.removeprefix("ال")
    base = f"{base[:-1]}ت" if base.endswith("ة") else base
    return [base + ending for ending in _POSSESSIVES] if len(base) >= _OWNED else []


def _option_spellings(options: Sequence[str]) -> list[list[str]]:
    """For each option its full form and the words that tell it from the others."""
    parts = [tokens(option) for option in options]
    found = []
    for index, own in enumerate(parts):
        others = {t.text for k, part in enumerate(parts) if k != index for t in part}
        apart = [t.text for t in own if t.text not in others and _is_telling(t.text, t.is_number, len(own))]
        found.append([options[index], *apart, *(f"{word}*" for word in apart if len(word) >= _INFLECTED)])
    return found


def _is_telling(word: str, is_number: bool, size: int) -> bool:
    if is_number:
        return size == 1
    return size == 1 or (len(word) > 1 and not is_function_word(word)) or "\u3040" <= word <= "\u9fff"
