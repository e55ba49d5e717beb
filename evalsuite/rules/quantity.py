"""Numbers said in words: "twenty-five", "خمسة وعشرين", "quatre-vingt-dix", "fünfundzwanzig", "2 million"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from evalsuite.rules.atoms import Atom, atoms, normal
from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import split_entries

Phrase = tuple[str, ...]
_REACH = 12
"""Atoms that one number may span: "nine hundred and ninety-nine million ..." is longer than any quantity said."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Atoms `start` up to `end` said for a number."""

    start: int
    end: int
    value: str
    """In the normal form of `atoms.normal`."""


def phrases(entries: Any) -> Iterator[Phrase]:
    """Entries of a lexicon slot as tuples of atoms."""
    for entry in split_entries(entries):
        phrase = tuple(atom.text for atom in atoms(entry.replace("-", " ")))
        if phrase:
            yield phrase


class Phrases:
    """Phrases with a value each, found by their first atom."""

    def __init__(self, table: Mapping[Phrase, str]) -> None:
        self._by_first: dict[str, list[tuple[Phrase, str]]] = {}
        for phrase, value in sorted(table.items(), key=lambda item: -len(item[0])):
            self._by_first.setdefault(phrase[0], []).append((phrase, value))

    @property
    def first_atoms(self) -> frozenset[str]:
        """Atoms that begin a phrase."""
        return frozenset(self._by_first)

    def at(self, texts: Sequence[str], position: int) -> tuple[int, str] | None:
        """Length and value of the longest phrase that begins at a position."""
        for phrase, value in self._by_first.get(texts[position], ()):
            if tuple(texts[position : position + len(phrase)]) == phrase:
                return len(phrase), value
        return None


@dataclass(frozen=True, slots=True)
class _Language:
    code: str
    words: Phrases
    scales: Phrases
    join: str


def _german() -> Iterator[tuple[Phrase, str]]:
    """The German numbers from 13 on that are one word each."""
    units = {1: "ein", 2: "zwei", 3: "drei", 4: "vier", 5: "funf", 6: "sechs", 7: "sieben", 8: "acht", 9: "neun"}
    stems = units | {6: "sech", 7: "sieb"}
    tens = {2: "zwanzig", 3: "dreissig"} | {n: f"{stems[n]}zig" for n in range(4, 10)}
    small = {n: units[n] for n in units} | {10: "zehn", 11: "elf", 12: "zwolf"}
    small |= {10 + n: f"{stems[n]}zehn" for n in range(3, 10)}
    for ten, word in tens.items():
        small[10 * ten] = word
        small |= {10 * ten + n: f"{unit}und{word}" for n, unit in units.items()}
    for number, word in small.items():
        if number > 12:
            yield (word,), str(number)
    for hundreds in range(1, 10):
        for head in (units[hundreds], "") if hundreds == 1 else (units[hundreds],):
            yield (f"{head}hundert",), str(100 * hundreds)
            for number, word in small.items():
                word = "eins" if number == 1 else word
                yield (f"{head}hundert{word}",), str(100 * hundreds + number)
                yield (f"{head}hundertund{word}",), str(100 * hundreds + number)
    for number, word in small.items():
        yield (f"{word}tausend",), str(1000 * number)


@cache
def _languages() -> tuple[_Language, ...]:
    lexicon = load("json_grounding")
    found = []
    for code, table in lexicon["numbers"].items():
        words = {p: str(value) for value, entries in table.items() for p in phrases(entries)}
        if code == "de":
            words |= dict(_german())
        scales = {p: str(v) for v, entries in lexicon["scales"].get(code, {}).items() for p in phrases(entries)}
        found.append(_Language(code, Phrases(words), Phrases(scales), lexicon["joins"].get(code, "")))
    return tuple(found)


@cache
def _table(slot: str) -> Phrases:
    """Phrases of a slot value -> entries, in all languages."""
    content = load("json_grounding")[slot]
    tables = content.values() if slot == "ordinals" else (content,)
    return Phrases({p: str(v) for table in tables for v, entries in table.items() for p in phrases(entries)})


@cache
def _fractions() -> dict[str, Decimal]:
    lexicon = load("json_grounding")
    found: dict[str, Decimal] = {}
    for slot, value in (("half", Decimal("0.5")), ("quarter", Decimal("0.25"))):
        found |= {p[0]: value for entries in lexicon[slot].values() for p in phrases(entries)}
    return found


@cache
def _letters() -> dict[str, int]:
    table = load("json_grounding")["scale_letters"]
    return {phrase[0]: int(value) for value, entries in table.items() for phrase in phrases(entries)}


@cache
def _minus() -> tuple[frozenset[Phrase], frozenset[Phrase]]:
    slot = load("json_grounding")["minus"]
    return frozenset(phrases(slot["before"])), frozenset(phrases(slot["after"]))


@cache
def _starters() -> frozenset[str]:
    """Atoms that may begin a number said in words: everything else is passed over at once."""
    before, _ = _minus()
    found = {p[0] for p in before} | set(_fractions())
    for language in _languages():
        found |= language.words.first_atoms | language.scales.first_atoms
    return frozenset(found) | _table("ordinals").first_atoms | _table("amounts").first_atoms


def quantities(found: Sequence[Atom], *, prefixed: bool = True) -> list[Quantity]:
    """Every number that is said in words (or in digits with a scale) among some atoms.

    `prefixed`: an Arabic number behind an attached "and" or preposition counts too (بعشرين).
    """
    texts = [atom.text for atom in found]
    bare = [_bare(text) for text in texts] if prefixed else texts
    result: list[Quantity] = []
    for position, atom in enumerate(found):
        if atom.kind == "number":
            result += _scaled(found, texts, position)
        elif texts[position] in _starters() or bare[position] in _starters():
            here: dict[tuple[int, str], None] = {}
            for words in (texts, bare) if bare[position] != texts[position] else (texts,):
                window = [words[position], *texts[position + 1 : position + _REACH]]
                for length, value in _said(window, 0):
                    here[(length, value)] = None
            result += [Quantity(position, position + n, v) for n, v in sorted(here, key=lambda item: -item[0])]
    result += _negative(found, texts, result)
    return result


def outermost(said: Sequence[Quantity]) -> list[Quantity]:
    """Those that lie in no longer one; in order of their starts, longest first.

    A number inside a longer one is none: 5 is not found in "twenty-five". A fraction of something is ("half an hour").
    """
    kept: list[Quantity] = []
    reach, start_of_reach = -1, -1
    for quantity in sorted(set(said), key=lambda q: (q.start, -q.end, q.value)):
        if quantity.end <= reach and (quantity.start, quantity.end) != (start_of_reach, reach):
            if quantity.value not in ("0.5", "0.25"):
                continue
        elif quantity.end > reach:
            reach, start_of_reach = quantity.end, quantity.start
        kept.append(quantity)
    return kept


def _bare(text: str) -> str:
    """An Arabic word without an attached conjunction, preposition or article."""
    if len(text) > 3 and text[0] in "وفبلك" and text[1:3] != "لل":
        text = text[1:]
    return text[2:] if len(text) > 4 and text.startswith("ال") else text


def _said(texts: Sequence[str], position: int) -> Iterator[tuple[int, str]]:
    for language in _languages():
        read = _cardinal(language, texts, position)
        if read is not None:
            length, value = read
            yield length, normal(str(value))
            yield from _with_fraction(texts, position, length, Decimal(value))
    for slot in ("ordinals", "amounts"):
        match = _table(slot).at(texts, position)
        if match is not None:
            for said in match[1].split("|"):
                yield match[0], said
    if texts[position] in _fractions():
        yield 1, str(_fractions()[texts[position]])
    yield from _compound_ordinal(texts, position)


def _compound_ordinal(texts: Sequence[str], position: int) -> Iterator[tuple[int, str]]:
    """ "twenty-first", "thirty-second"."""
    english = _languages()[0]
    tens = english.words.at(texts, position)
    if tens is not None and tens[0] == 1 and int(tens[1]) in range(20, 100, 10) and position + 1 < len(texts):
        unit = _table("ordinals").at(texts, position + 1)
        if unit is not None and int(unit[1]) < 10:
            yield 1 + unit[0], str(int(tens[1]) + int(unit[1]))


def _with_fraction(texts: Sequence[str], position: int, length: int, value: Decimal) -> Iterator[tuple[int, str]]:
    """ "two and a half", "deux et demi", "ساعتين ونصف", "dos y cuarto"."""
    joins = set(load("json_grounding")["joins"].values()) | {"a", "un", "une"}
    at = position + length
    while at < min(len(texts), position + length + 2) and texts[at] in joins:
        at += 1
    if at < len(texts):
        word = texts[at]
        fraction = _fractions().get(word)
        if fraction is None and word.startswith("و"):
            fraction = _fractions().get(word[1:])
        if fraction is not None:
            yield at + 1 - position, normal(str(value + fraction))
    if texts[at : at + 1] == ["point"] and at + 1 < len(texts):
        digit = _languages()[0].words.at(texts, at + 1)
        if digit is not None and int(digit[1]) < 10:
            yield at + 2 - position, normal(f"{value}.{digit[1]}")


def _cardinal(language: _Language, texts: Sequence[str], position: int) -> tuple[int, int] | None:
    """Length and value of the longest cardinal number of one language that begins at a position."""
    total, group, last = 0, 0, 0
    at, end = position, position
    while at < min(len(texts), position + _REACH):
        joined = False
        here = texts
        if at > position and language.join and texts[at] == language.join and at + 1 < len(texts):
            at, joined = at + 1, True
        elif at > position and language.code == "ar" and texts[at].startswith("و"):
            joined = True
            here = [*texts[:at], texts[at][1:], *texts[at + 1 : at + 3]]
        word = language.words.at(here, at)
        if word is not None:
            value = int(word[1])
            sum_ = _added(language.code, group, last, value, joined=joined)
            if sum_ is None:
                break
            group, last = sum_, value
            at = end = at + word[0]
            continue
        scale = language.scales.at(here, at)
        if scale is None or (at > position and joined and language.code == "en"):
            break
        factor = int(scale[1])
        if factor == 100:
            if group >= 100 or (group == 0 and total == 0 and at > position):
                break
            hundreds = group or 1
            group, last = 100 * hundreds, 100
        else:
            if total and total % (factor * 1000) and factor >= _lowest(total):
                break
            total, group, last = total + max(group, 1) * factor, 0, factor
        at = end = at + scale[0]
    return (end - position, total + group) if end > position else None


def _lowest(total: int) -> int:
    """The scale of the last group of a total: 5 000 000 -> 1 000 000."""
    return next(scale for scale in (10**9, 10**6, 1000, 1) if total % scale == 0)


def _added(code: str, group: int, last: int, value: int, *, joined: bool) -> int | None:
    """The group of hundreds with a further number word; None where the word begins another number."""
    if group == 0:
        return value if last == 0 or not joined or code != "en" or last >= 100 else None
    if value >= 100:
        return None
    tens = last if last < 100 else 0
    if last >= 100:
        return group + value if joined or code in ("en", "fr", "de", "it", "es", "tr") else None
    if code == "fr" and tens == 4 and value == 20:
        return group + 76
    if code == "fr" and (tens == 60 or group % 100 == 80) and 10 <= value < 20:
        return group + value
    if code == "ar" and joined and 0 < tens < 10 and 20 <= value < 100:
        return group + value
    if tens >= 20 and tens % 10 == 0 and 0 < value < 10:
        needs_join = {"es": True, "pt": True, "ar": None}.get(code, False)
        if needs_join is None or joined < needs_join or (code == "en" and joined):
            return None
        return group + value
    if code == "fr" and tens == 20 and group % 100 == 80 and 0 < value < 10:
        return group + value
    return None


def _scaled(found: Sequence[Atom], texts: Sequence[str], position: int) -> Iterator[Quantity]:
    """Digits with a scale or a half: "2 million", "5k", "3 and a half", "10 000"."""
    atom = found[position]
    value = next(iter(sorted(atom.values)))
    try:
        number = Decimal(value)
    except ArithmeticError:
        return
    if position + 1 < len(found):
        following = found[position + 1]
        if following.glue == "mixed" and following.text in _letters():
            yield Quantity(position, position + 2, normal(str(number * _letters()[following.text])))
        for language in _languages():
            scale = language.scales.at(texts, position + 1)
            if scale is not None:
                yield Quantity(position, position + 1 + scale[0], normal(str(number * int(scale[1]))))
        for length, sum_ in _with_fraction(texts, position, 1, number):
            yield Quantity(position, position + length, sum_)
        grouped = _spaced_groups(found, position)
        if grouped is not None:
            yield grouped


def _spaced_groups(found: Sequence[Atom], position: int) -> Quantity | None:
    """Digits in groups of three apart by a space or apostrophe: "10 000", "1'500'000"."""
    digits, at = found[position].text, position + 1
    if not digits.isdecimal() or not 0 < len(digits) <= 3 or digits[0] == "0":
        return None
    while at < len(found) and found[at].kind == "number" and found[at].separator in (" ", "\u00a0", "\u202f", "'", "’"):
        if len(found[at].text) != 3 or not found[at].text.isdecimal() or at - position > 4:
            break
        digits += found[at].text
        at += 1
    return Quantity(position, at, digits) if at > position + 1 else None


def may_be_negative(found: Sequence[Atom]) -> bool:
    """Whether a sign or a word may make a number among some atoms negative."""
    before, after = _minus()
    first = {p[0] for p in before} | {p[0] for p in after}
    return any(value.startswith("-") for atom in found for value in atom.values) or any(a.text in first for a in found)


def _negative(found: Sequence[Atom], texts: Sequence[str], said: Sequence[Quantity]) -> Iterator[Quantity]:
    """ "minus five", "5 below zero", "سالب 5"."""
    before, after = _minus()
    first = {p[0] for p in before} | {p[0] for p in after}
    if not first.intersection(texts):
        return
    plain = [Quantity(i, i + 1, v) for i, a in enumerate(found) if a.kind == "number" for v in a.values]
    for quantity in [*said, *plain]:
        if quantity.value.startswith("-"):
            continue
        if quantity.start and (texts[quantity.start - 1],) in before:
            yield Quantity(quantity.start - 1, quantity.end, f"-{quantity.value}")
        for phrase in after:
            if tuple(texts[quantity.end : quantity.end + len(phrase)]) == phrase:
                yield Quantity(quantity.start, quantity.end + len(phrase), f"-{quantity.value}")
        # "5 degrees below zero": one word of a unit may stand between.
        for phrase in after:
            if tuple(texts[quantity.end + 1 : quantity.end + 1 + len(phrase)]) == phrase:
                yield Quantity(quantity.start, quantity.end + 1 + len(phrase), f"-{quantity.value}")
