"""A text read in every way: at each atom the word, number, date, time or unit that begins there.

Each way to read on has keys, under which readings of other texts are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from evalsuite.rules.atoms import Atom, atoms
from evalsuite.rules.moment import Moment, moments, said_by
from evalsuite.rules.quantity import Quantity, quantities
from evalsuite.rules.text import fold
from evalsuite.rules.word_forms import number_suffixes, unit_keys, unit_phrases, word_keys

_ID_DIGITS = 15
"""Integers beyond this many digits are ids, which a double cannot tell apart."""


class Lattice:
    """One text, read in every way."""

    def __init__(self, text: str, *, is_source: bool = False) -> None:
        self.text = text
        self._is_source = is_source
        self.atoms = atoms(text)

    @cached_property
    def folded(self) -> str:
        """The text folded, for what has no words."""
        return fold(self.text)

    @cached_property
    def said(self) -> list[Quantity]:
        """Numbers in words."""
        return quantities(self.atoms)

    @cached_property
    def moments(self) -> list[Moment]:
        """Dates and times."""
        return moments(self.atoms, self.said)

    @cached_property
    def steps(self) -> list[list[tuple[int, frozenset[str]]]]:
        """At every atom, the ways to read on: how many atoms, and the keys of what they say."""
        found: list[list[tuple[int, frozenset[str]]]] = [
            [(1, atom_keys(atom, previous, is_source=self._is_source))]
            for previous, atom in zip([None, *self.atoms], self.atoms, strict=False)
        ]
        for quantity in self.said:
            found[quantity.start].append((quantity.end - quantity.start, frozenset((f"#{quantity.value}",))))
        for moment in self.moments:
            keys = moment.keys if self._is_source else said_by(moment.keys)
            found[moment.start].append((moment.end - moment.start, keys))
        texts = [atom.text for atom in self.atoms]
        for position, text in enumerate(texts):
            for phrase, keys in unit_phrases().get(text, ()):
                is_here = position > 0 and tuple(texts[position : position + len(phrase)]) == phrase
                if is_here and _counts(self.atoms, position):
                    found[position].append((len(phrase), keys))
        return found

    @cached_property
    def squashed(self) -> str:
        """The atoms without anything between them."""
        return "".join(atom.text for atom in self.atoms)

    @cached_property
    def edges(self) -> tuple[dict[int, int], dict[int, int]]:
        """Offsets in `squashed` at which an atom starts, and ends -> its index."""
        starts: dict[int, int] = {}
        ends: dict[int, int] = {}
        size = 0
        for index, atom in enumerate(self.atoms):
            starts[size] = index
            size += len(atom.text)
            ends[size] = index + 1
        return starts, ends

    def begins_word(self, index: int) -> bool:
        """Whether a whole word begins at an atom."""
        return not self.atoms[index].glue

    def ends_word(self, index: int) -> bool:
        """Whether a whole word ends before an atom."""
        if index >= len(self.atoms) or not self.atoms[index].glue:
            return True
        # 20min, 5pm, 3rd: a unit does not hide its number.
        return self.atoms[index - 1].kind == "number" and self._is_suffix(index)

    def is_word(self, first: int, last: int) -> bool:
        """Whether the atoms `first` up to `last` are whole words."""
        return self.begins_word(first) and self.ends_word(last)

    def _is_suffix(self, index: int) -> bool:
        text = self.atoms[index].text
        return text in number_suffixes() or not text.isascii()


def _counts(found: Sequence[Atom], position: int) -> bool:
    """Whether a number stands before an atom, or a word said for one."""
    before = found[position - 1]
    return before.kind == "number" or before.kind == "symbol" or bool(quantities([before]))


def atom_keys(atom: Atom, previous: Atom | None = None, *, is_source: bool = False) -> frozenset[str]:
    if atom.kind == "number":
        keys = {f"#{value}" for value in atom.values}
        if len(atom.text) > _ID_DIGITS or not keys:
            keys.add(f"#{atom.text}")
        return frozenset(keys)
    if atom.kind == "symbol":
        return frozenset((atom.text,)) | unit_keys(atom.text)
    keys = set(word_keys(atom.text, is_source))
    if previous is not None and previous.kind == "number":
        keys |= unit_keys(atom.text)
    return frozenset(keys)


def number_keys(lattice: Lattice) -> frozenset[str]:
    """Number keys of a text that says one number and nothing else."""
    found: set[str] = set()
    for length, keys in lattice.steps[0]:
        if length == len(lattice.atoms):
            found |= {key for key in keys if key.startswith("#")}
    return frozenset(found)
