"""Whether a value is given: in a message, an environment entry, or a schema, in this or another format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import regex

from evalsuite.rules.atoms import Atom, is_free_script, normal
from evalsuite.rules.lattice import Lattice, atom_keys, number_keys
from evalsuite.rules.lexicon import load
from evalsuite.rules.moment import date_and_time, value_keys
from evalsuite.rules.quantity import may_be_negative, outermost, phrases
from evalsuite.rules.text import fold

_JOINED_DIGITS = 7
"""Digits apart ("9123 4567") are one number only where there are as many as in a telephone number; 2 5 is not 25."""


_KEPT = 20_000
"""Characters of texts that stay prepared for the cases to come; system prompts and environments are shared by many."""


class Given:
    """Texts in which a value may be given, prepared as far as it is asked for."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.readings = [Lattice(text, is_source=True) for text in dict.fromkeys(texts) if text]
        self.longest = max((len(r.text) for r in self.readings), default=0)

    @cached_property
    def lines(self) -> str:
        """Atoms as they are written, a space apart; what is glued to the atom before is no word of its own."""
        return "\n".join(f" {line} " for r in self.readings if (line := _line(r.atoms)))

    @cached_property
    def index(self) -> dict[str, list[tuple[Lattice, int, int]]]:
        """Key -> readings that begin with it: the text, the first atom, how many atoms."""
        found: dict[str, list[tuple[Lattice, int, int]]] = {}
        for reading in self.readings:
            for index, steps in enumerate(reading.steps):
                if reading.begins_word(index):
                    for length, keys in steps:
                        for key in keys:
                            found.setdefault(key, []).append((reading, index, length))
        return found

    @cached_property
    def digits(self) -> frozenset[str]:
        """Keys of numbers that stand in digits and that no word makes negative: some of `numbers`, quickly had."""
        found: set[str] = set()
        for reading in self.readings:
            if not may_be_negative(reading.atoms):
                for index, atom in enumerate(reading.atoms):
                    if atom.kind == "number" and reading.is_word(index, index + 1):
                        found |= atom_keys(atom)
        return frozenset(found)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Keys of all numbers that are given: digits, words, parts of dates and times, percentages as fractions."""
        found: set[str] = set()
        for reading in self.readings:
            hidden = {i for q in reading.said if q.value.startswith("-") for i in range(q.start, q.end)}
            for index, atom in enumerate(reading.atoms):
                if atom.kind == "number" and index not in hidden and reading.is_word(index, index + 1):
                    found |= atom_keys(atom)
                    found |= _percent(reading, index)
            found |= {f"#{q.value}" for q in outermost(reading.said)}
            for moment in reading.moments:
                found |= {f"#{int(part)}" for key in moment.keys for part in _parts(key)}
        return frozenset(found)

    @cached_property
    def moments(self) -> frozenset[str]:
        """Keys of all dates and times."""
        return frozenset(key for r in self.readings for m in r.moments for key in m.keys)


_GLUES = (frozenset(("hump", "mixed")), frozenset(("mixed",)), frozenset[str]())


def _line(found: Sequence[Atom], glues: frozenset[str] = _GLUES[0]) -> str:
    """Atoms as one text that is equal only where the atoms are; a number is its values."""
    pieces: list[str] = []
    for atom in found:
        pieces.append("\x1f" if atom.glue in glues else " ")
        if atom.kind == "number":
            pieces.append("#" + "|".join(sorted(atom.values)))
        else:
            pieces.append(atom.text.replace(" ", "\x1e"))  # some ligatures unfold to several words
    return "".join(pieces[1:])


_kept = lru_cache(maxsize=256)(Given)


def shared(texts: tuple[str, ...]) -> Given:
    """Texts that many cases give, prepared once for all of them."""
    return (_kept if sum(map(len, texts)) <= _KEPT else Given)(texts)


class Listed:
    """Single values that may be given, each of which must be met whole."""

    def __init__(self, values: Iterable[Any]) -> None:
        listed = list(values)
        self.numbers = frozenset(_number_key(v) for v in listed if not isinstance(v, str))
        self.strings = frozenset(v.strip() for v in listed if isinstance(v, str))

    @cached_property
    def squashed(self) -> frozenset[str]:
        """The strings without anything between their atoms."""
        return frozenset(s for v in self.strings if (s := Lattice(v).squashed))

    @cached_property
    def folded(self) -> frozenset[str]:
        """The strings folded."""
        return frozenset(map(fold, self.strings))


class Sources:
    """All that is given to the outputs of a case: groups of texts, and values."""

    def __init__(self, groups: Sequence[Given], listed: Listed) -> None:
        self._groups = groups
        self._listed = listed
        self._longest = max((group.longest for group in groups), default=0)

    @property
    def readings(self) -> Iterable[Lattice]:
        """Every text."""
        return (reading for group in self._groups for reading in group.readings)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Keys of all numbers that are given."""
        return self._listed.numbers.union(*(group.numbers for group in self._groups))

    @cached_property
    def _moments(self) -> frozenset[str]:
        return frozenset().union(*(group.moments for group in self._groups))

    @cached_property
    def _moments_and_numbers(self) -> frozenset[str]:
        return self._moments | self.numbers

    def has_number(self, value: float) -> bool:
        """Whether a number is given, by its value."""
        key = _number_key(value)
        if key in self._listed.numbers or any(key in group.digits for group in self._groups) or key in self.numbers:
            return True
        digits = key[1:]
        return len(digits) >= _JOINED_DIGITS and digits.isdecimal() and self._has_squashed(Lattice(digits))

    def has_text(self, value: str) -> bool:
        """Whether a string is given: whole, or for a path every part of it."""
        text = value.strip()
        if not text or text in self._listed.strings:
            return True
        # Even in words a number is not this much longer than in digits; a longer text is in no source.
        if len(text) > 10 * self._longest + 200:
            return False
        reading = Lattice(text)
        if not reading.atoms:
            return self._has_literal(reading.folded)
        if self._has_line(text, reading):
            return True
        if reading.squashed in self._listed.squashed or self._is_listed_number(reading):
            return True
        if self._has_moment(text, reading):
            return True
        if "/" in text or "\\" in text:
            return all(self._has_part(part) for part in regex.split(r"[/\\]+", text))
        if "@" in text and not any(c.isspace() for c in text):
            return self._has_literal(reading.folded)
        return self._has_run(reading) or self._has_squashed(reading) or self._is_given_number(reading)

    def _has_line(self, text: str, reading: Lattice) -> bool:
        """Whether a text is given atom by atom: most are, and this is quickly seen."""
        if "/" in text or "\\" in text or "@" in text:
            return False
        ways = _GLUES if any(atom.glue for atom in reading.atoms) else _GLUES[:1]
        lines = [f" {_line(reading.atoms, glues)} " for glues in ways]
        return any(line in group.lines for group in self._groups for line in lines)

    def _is_listed_number(self, reading: Lattice) -> bool:
        return len(reading.atoms) == 1 and bool(number_keys(reading) & self._listed.numbers)

    def _is_given_number(self, reading: Lattice) -> bool:
        """A string that is one number, in digits or words: an hour, a month, a percentage."""
        keys = number_keys(reading)
        return bool(keys & self.numbers) and regex.fullmatch(r"[-+−]?\p{Nd}[\p{Nd}.,٫٬]*|\D+", reading.text) is not None

    def _has_literal(self, folded: str) -> bool:
        """A text that no words make up, or an address: as it stands, and not as a piece of a longer one."""
        pattern = regex.compile(r"(?<![\w.+-])" + regex.escape(folded) + r"(?![\w-]|\.\w)") if "@" in folded else None
        for reading in self.readings:
            if pattern is None and folded in reading.folded:
                return True
            if pattern is not None and folded in reading.folded and pattern.search(reading.folded):
                return True
        return folded in self._listed.folded

    def _has_moment(self, text: str, reading: Lattice) -> bool:
        """A date, a time or both, as a whole."""
        whole = date_and_time(text)
        if whole is not None:
            date, time, zone = whole
            return self._grants(frozenset((date,))) and time in self._moments and self._has_zone(zone)
        return any(
            self._grants(moment.keys)
            for moment in reading.moments
            if moment.start == 0 and moment.end == len(reading.atoms)
        )

    def _grants(self, keys: frozenset[str]) -> bool:
        return any(way <= self._moments_and_numbers for way in value_keys(keys))

    def _has_zone(self, zone: str) -> bool:
        return zone in ("", "Z", "+00:00") or f"#{int(zone[1:3])}" in self.numbers

    def _has_part(self, part: str) -> bool:
        """Whether one part of a path is given. Nothing and "." add no name; a drive must be named as one."""
        part = part.strip()
        if part in ("", "."):
            return True
        drive = regex.fullmatch(r"([A-Za-z]):", part)
        if drive is not None:
            return self._has_drive(drive.group(1).lower())
        reading = Lattice(part)
        if not reading.atoms:
            return self._has_literal(reading.folded)
        return self._has_line(part, reading) or self._has_run(reading) or self._has_squashed(reading)

    def _has_drive(self, letter: str) -> bool:
        names = "|".join(" ".join(p) for p in phrases(load("json_grounding")["drive"]))
        pattern = regex.compile(rf"(?<!\w){letter}:(?!\w)|(?<!\w){letter} (?:{names})(?!\w)|(?:{names}) {letter}(?!\w)")
        return any(pattern.search(reading.folded) for reading in self.readings)

    def _has_run(self, reading: Lattice) -> bool:
        """Whether all of a text can be read alongside a run of whole words of one source."""
        size = len(reading.atoms)
        first = 0
        while first < size - 1 and reading.atoms[first].kind == "symbol":
            first += 1  # a sign is no word: "$20" is given by "20"
        todo: list[tuple[int, Lattice, int]] = []
        for length, keys in [*reading.steps[first], *(reading.steps[0] if first else ())]:
            for key in keys:
                for group in self._groups:
                    todo += [(first + length, at, index + n) for at, index, n in group.index.get(key, ())]
        seen: set[tuple[int, int, int]] = set()
        while todo:
            at, source, index = todo.pop()
            state = (at, id(source), index)
            if state in seen:
                continue
            seen.add(state)
            if at >= size or all(atom.kind == "symbol" for atom in reading.atoms[at:]):
                if source.ends_word(index):
                    return True
                if at >= size:
                    continue
            if reading.atoms[at].kind == "symbol":
                todo.append((at + 1, source, index))
            if index < len(source.atoms):
                if source.atoms[index].kind == "symbol":
                    todo.append((at, source, index + 1))
                for length, keys in reading.steps[at]:
                    for other, given in source.steps[index]:
                        if not keys.isdisjoint(given):
                            todo.append((at + length, source, index + other))
        return False

    def _has_squashed(self, reading: Lattice) -> bool:
        """Whether a text is given with other separators, or none: wifi, Wi-Fi; +968 9123 4567, 96891234567."""
        wanted = reading.squashed
        is_free = is_free_script(reading.text)
        if not is_free and _splits_a_number(reading.atoms):
            return False
        for source in self.readings:
            starts, ends = source.edges
            offset = source.squashed.find(wanted)
            while offset >= 0:
                first, last = starts.get(offset), ends.get(offset + len(wanted))
                if is_free:
                    return True
                if first is not None and last is not None and source.is_word(first, last):
                    between = source.atoms[first:last]
                    if not _splits_a_number(between) and not _differs_in_sign(between[0], reading):
                        return True
                offset = source.squashed.find(wanted, offset + 1)
        return False


def _differs_in_sign(atom: Atom, reading: Lattice) -> bool:
    """Whether a number of a source and the number that a value begins with differ in their signs."""
    other = reading.atoms[0]
    if atom.kind != "number" or other.kind != "number":
        return False
    signs, others = ({value.startswith("-") for value in a.values} for a in (atom, other))
    return signs.isdisjoint(others)


def _splits_a_number(found: Sequence[Atom]) -> bool:
    """Whether digits that stand apart among some atoms would be joined to a quantity that nobody said."""
    if not any(a.kind == b.kind == "number" for a, b in pairwise(found)):
        return False
    return sum(len(atom.text) for atom in found if atom.kind == "number") < _JOINED_DIGITS


def _number_key(value: float) -> str:
    if isinstance(value, int):
        return f"#{value}"
    return f"#{normal(repr(value))}" if value != int(value) else f"#{int(value)}"


def _parts(key: str) -> list[str]:
    """Numbers that a date or time says; the minutes of a full hour are not said."""
    return regex.findall("[0-9]+", key.removesuffix(":00") if key.startswith("t:") else key)


def _percent(reading: Lattice, index: int) -> set[str]:
    """40% is 0.4 too."""
    steps = reading.steps[index + 1] if index + 1 < len(reading.atoms) else []
    if not any("unit:%" in keys for _, keys in steps):
        return set()
    found = set()
    for value in reading.atoms[index].values:
        try:
            found.add(_number_key(float(value) / 100))
        except ValueError:
            continue
    return found
