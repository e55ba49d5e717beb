"""What an output answers or computes under one reading of an ambiguous question."""

from __future__ import annotations

from functools import cached_property

from evalsuite.rules.acting import Acting
from evalsuite.rules.language import is_content
from evalsuite.rules.numbers import values
from evalsuite.rules.speech import Speech, Stretch
from evalsuite.rules.wish import Wish, stem

_INDEFINITE = frozenset(("a", "an", "one", "un", "une", "una", "uno", "ein", "eine", "um", "uma", "1"))
_GENERAL = ("both", "if", "unless", "generic")
_UNIT = 4
"""Words around a number in words in which its unit is looked for (a judgement)."""
_OWN = 2
"""Words of the request from which "a living room ... needs" is the user's own (a judgement)."""
_OPEN = ("lack", "guess", "can", "youcan", "if", "unless", "offer", "need", "not", "history")
_FILLED = 3
"""Words around a number in which the slot that it fills is named (a judgement)."""
_OPENING = 4
"""Words at the head of a statement in which a pronoun makes "a year", "one of" the thing's own (a judgement)."""
_HEAD = 2
"""Words at the head of a statement among which a pronoun or a verb of the question takes it up (a judgement)."""


class Resolving:
    """Statements that answer as if the slot were known."""

    def __init__(self, acting: Acting, wish: Wish) -> None:
        self.acting = acting
        self.asking = acting.asking
        self.speech: Speech = acting.speech
        self.wish = wish
        self.figures = acting.figures

    def answered(self, stretch: Stretch) -> tuple[int, int] | None:
        """Tokens of what a statement answers or computes under one reading; None where it does not."""
        if self.wish.kind == "deed":
            return self._tells_of_deed(stretch)
        if self.wish.kind not in ("answer", "figure"):
            return None
        if self.wish.kind == "figure":
            found = self._computed(stretch)
            if found is not None:
                return found
        if self.takes_up(stretch):
            return stretch.first, stretch.last
        if self.acting.is_idle(stretch):
            return None
        names_one = self.acting.one_reading(stretch.first, stretch.last) and not self.lists_all
        if names_one and (self.shares_words(stretch) or self._tells(stretch) or self._brings(stretch)):
            return stretch.first, stretch.last
        return None

    def _tells_of_deed(self, stretch: Stretch) -> tuple[int, int] | None:
        """A plain statement about one option in the words of the order: "Kim Berg gets a bouquet on Sunday"."""
        names_one = self.acting.one_reading(stretch.first, stretch.last) and not self.lists_all
        if not self.asking.target.options:
            is_open = self.speech.find(stretch.first, stretch.last, *_OPEN) is not None
            return None if is_open or self.is_general(stretch) else self._fills(stretch)
        if not names_one or self.acting.is_idle(stretch) or self.is_general(stretch):
            return None
        if self.speech.find(stretch.first, stretch.last, "not", "history", "kept") is not None:
            return None
        return (stretch.first, stretch.last) if self.shares_words(stretch) else None

    def _fills(self, stretch: Stretch) -> tuple[int, int] | None:
        """Where a statement gives an open slot a value: "waist 32, inseam 30"."""
        for index in range(stretch.first, stretch.last):
            near = range(max(stretch.first, index - _FILLED), min(stretch.last, index + _FILLED))
            if self.figures.is_new_number(index) and any(self.asking.is_slot(k) for k in near):
                return index, index + 1
        return None

    @cached_property
    def lists_all(self) -> bool:
        """Whether the statements name every option: they lay out what there is to choose from."""
        named = {n for s in self.speech.statements for n in self.asking.options_in(s.first, s.last)}
        return 0 < self.asking.target.options == len(named)

    def is_general(self, stretch: Stretch) -> bool:
        """Whether a statement holds whatever the slot is: "Most of them take an hour", "One litre covers ten"."""
        if self._opens_indefinite(stretch):
            return True
        return self._general_word(stretch, ("generic", "both")) is not None

    def _general_word(self, stretch: Stretch, slots: tuple[str, ...]) -> int | None:
        """Where a statement says that it holds for all; "28 euros each" of a sum shared out, "90 people" do not."""
        words = self.speech.tokens
        if self.wish.apportions and self._counts(stretch):
            slots = tuple(slot for slot in slots if slot not in ("both", "generic"))
        first = stretch.first
        while (place := self.speech.find(first, stretch.last, *slots)) is not None:
            if not (place > stretch.first and words[place - 1].is_number and self.speech.has(place, "generic")):
                return place
            first = place + 1
        return None

    def _opens_indefinite(self, stretch: Stretch) -> bool:
        """Whether a statement speaks of any such thing, and not of the user's: "A living room of 60 square metres"."""
        if self.speech.tokens[stretch.first].text not in _INDEFINITE:
            return False
        words = self.speech.tokens
        if stretch.first + 1 < stretch.last and stem(words[stretch.first + 1].text) in self.asking.target.stems:
            return True  # "One card costs 1.20"
        head = range(stretch.first, min(stretch.first + _OPENING, stretch.last))
        if self.wish.is_anaphoric and any(self.speech.has(k, "anaphor", "thereof") for k in head):
            return False  # "A year there lasts 687 days"
        shared = {stem(words[k].text) for k in range(stretch.first, stretch.last) if self._shares(k)}
        given = {words[k].text for k in range(stretch.first, stretch.last) if self._takes_figure(k)}
        return len(shared - self.wish.unit_stems) + len(given) < _OWN

    def _takes_figure(self, index: int) -> bool:
        """Whether a number is the user's own, and measured in the user's unit: "a wall of 4 m"."""
        words = self.speech.tokens
        if not words[index].is_number or not values(words[index].text) & self.wish.user_numbers:
            return False
        return index + 1 < len(words) and words[index + 1].text in self.wish.user_words

    def shares_words(self, stretch: Stretch) -> bool:
        """Whether a statement shares a content word with the user's message, the slot's own words apart."""
        return any(self._shares(k) for k in range(stretch.first, stretch.last))

    def _shares(self, index: int) -> bool:
        word = self.speech.tokens[index]
        return not self.asking.is_slot(index) and is_content(word) and stem(word.text) in self.wish.content_stems

    def _tells(self, stretch: Stretch) -> bool:
        """Whether a statement brings a number that the user did not give."""
        places = range(stretch.first, stretch.last)
        return any(self.figures.is_fresh(k) for k in places)

    def is_wanted(self, stretch: Stretch) -> bool:
        """Whether a figure in a longer text may be the one asked for: beside its unit, or in digits."""
        places = range(stretch.first, stretch.last)
        if any(self.figures.is_new_number(k) for k in places):
            return True
        words = self.speech.tokens
        return any(stem(words[k].text) in self.wish.unit_stems for k in places)

    def _brings(self, stretch: Stretch) -> bool:
        """Whether a statement brings words of its own, two or more, that the conversation does not hold."""
        words = self.speech.tokens
        new = (
            k
            for k in self.speech.unknown(stretch.first, stretch.last)
            if is_content(words[k]) and not self.asking.is_slot(k) and words[k].text not in self.wish.known_words
        )
        return sum(1 for _ in new) >= _OWN

    # --- taken up -----------------------------------------------------------------------------------------------

    def takes_up(self, stretch: Stretch) -> bool:
        """Whether a statement goes on from the question itself: "Yes, ...", "It came out in 1871", "تغلق الساعة ٧"."""
        speech = self.speech
        if self.is_general(stretch):
            return False
        if self.wish.wants_yes and self._says_yes(stretch):
            return True
        if self.acting.is_idle(stretch):
            return False
        if not self._has_no_antecedent(stretch):
            return False
        head = speech.skip(stretch.first, stretch.last)
        reach = range(head, min(head + _HEAD, stretch.last))
        if speech.has(head, "anaphor") and (self.wish.is_anaphoric or self._counts(stretch)):
            return True
        # Where a figure is asked for, `_computed` tells a result from a rule that holds for every slot.
        return self.wish.kind != "figure" and any(self._shares(k) for k in reach) and self._tells(stretch)

    def _counts(self, stretch: Stretch) -> bool:
        """Whether a statement brings a figure: "It has 114,000 inhabitants" tells of one thing, whichever it is."""
        return any(self.figures.is_new_number(k) for k in range(stretch.first, stretch.last))

    def _says_yes(self, stretch: Stretch) -> bool:
        """Whether a statement opens with a yes or no and goes on: "Yes, you can."; "Yes, of course." is a courtesy."""
        speech = self.speech
        if not speech.has(stretch.first, "yesno") or speech.find(stretch.first, stretch.last, "lack", "if") is not None:
            return False
        return any(not speech.has(k, "greet", "yesno") for k in range(stretch.first + 1, stretch.last))

    def _has_no_antecedent(self, stretch: Stretch) -> bool:
        """Whether nothing in the output goes before that a pronoun could mean: at the start, or behind a question."""
        if stretch.sentence == 0 or stretch.first in self._ask_ends:
            return True
        if stretch.first in self._first_live:
            return True
        previous = self._statement_at.get(stretch.first)
        return previous is not None and self.wish.wants_yes and self.speech.has(previous.first, "yesno")

    @cached_property
    def _ask_ends(self) -> frozenset[int]:
        return frozenset(ask.last for ask in self.speech.asks)

    @cached_property
    def _statement_at(self) -> dict[int, Stretch]:
        return {statement.last: statement for statement in self.speech.statements}

    @cached_property
    def _first_live(self) -> frozenset[int]:
        live = (s.first for s in self.speech.statements if not self.acting.is_idle(s))
        return frozenset([next(live, -1)])

    # --- computed -----------------------------------------------------------------------------------------------

    def _computed(self, stretch: Stretch) -> tuple[int, int] | None:
        """A figure that the user does not give, stated without a condition and for one reading only."""
        speech = self.speech
        if speech.find(stretch.first, stretch.last, "same") is not None:
            return None
        options = self.asking.options_in(stretch.first, stretch.last)
        if options and not self.acting.one_reading(stretch.first, stretch.last):
            return None
        if self._opens_indefinite(stretch):
            return None  # "One litre covers ten square metres": a rate, which holds under every reading
        return self._figure_in(stretch)

    def _figure_in(self, stretch: Stretch) -> tuple[int, int] | None:
        speech = self.speech
        shares = self.shares_words(stretch)
        in_words = shares and not self.figures.has_sign(stretch)
        symbolic = self.figures.is_symbolic(stretch)
        slots = ("both", "if", "unless") if self.acting.one_reading(stretch.first, stretch.last) else _GENERAL
        limit = self._general_word(stretch, slots)
        for first, last in self.acting.pieces(stretch):
            concludes = speech.find(first, last, "conclude") is not None
            if limit is not None and limit < last and not concludes:
                continue
            if speech.find(first, last, "guess") is not None:
                continue  # the supposition itself; what is computed with it comes behind
            for index in range(first, last):
                is_figure = not symbolic and self._is_figure(index, shares) and not self.figures.is_rate(index)
                if is_figure or (in_words and self._is_result_in_words(index)):
                    return index, index + 1
        return None

    def _is_result_in_words(self, index: int) -> bool:
        """Whether a number in words may be the one asked for: beside its unit, where the user names one."""
        if not self.figures.is_measure_in_words(index):
            return False
        words = self.speech.tokens
        near = range(max(0, index - _UNIT), min(index + _UNIT, len(words)))
        units = self.wish.unit_stems
        return not units or any(stem(words[k].text) in units for k in near)

    def _is_figure(self, index: int, shares: bool) -> bool:
        return self.figures.is_new_number(index) or (shares and self.figures.is_from_elsewhere(index))

    def has_figure(self, stretch: Stretch, *, words: bool) -> bool:
        """Whether a statement holds a figure or an option; `words`: also "one", "two", "three"."""
        counts = ("numword",) if words else ()
        return any(
            self.figures.is_new_number(k)
            or self.figures.is_number_word(k)
            or self.asking.is_option(k)
            or self.speech.has(k, *counts)
            for k in range(stretch.first, stretch.last)
        )
