"""An ambiguous case: whether an output asks about the slot, and whether it acts or answers as if it were known."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

from evalsuite.rules.addressed import Addressed
from evalsuite.rules.language import is_content
from evalsuite.rules.resolving import Resolving
from evalsuite.rules.speech import Ask, Stretch

_SHORT = 40
"""Words up to which what is stated is taken for the answer; a longer text may be background, and must speak of one
option or in the words of the request. On the 348 labelled outputs that were at hand, verdicts are the same for every
value from 10 to 50; from 60 on, three of background are taken for answers."""


class Ambiguous:
    """An output under an ambiguous case."""

    def __init__(self, addressed: Addressed, resolving: Resolving) -> None:
        self.addressed = addressed
        self.speech = addressed.speech
        self.asking = addressed.asking
        self.acting = addressed.acting
        self.wish = addressed.wish
        self.resolving = resolving

    @cached_property
    def targeted(self) -> Ask | None:
        """The first ask that is about the slot."""
        return next((ask for ask in self.addressed.asks if self.asking.is_targeted(ask)), None)

    @cached_property
    def act(self) -> tuple[int, int] | None:
        """Tokens of the first act that is stated under one reading."""
        return next(iter(self.acts.values()), None) or self.acting.produced()

    @cached_property
    def acts(self) -> dict[Stretch, tuple[int, int]]:
        """Statements of acts under one reading, in order, each with the tokens of its act."""
        found = ((s, self.acting.act(s) or self.resolving.answered(s)) for s in self.speech.statements)
        return {stretch: tokens for stretch, tokens in found if tokens is not None}

    def place_of(self, stretch: Stretch) -> int | None:
        """Number of a statement among the statements; None for an ask."""
        stated = self.speech.statements
        place = bisect_left(stated, stretch.first, key=lambda s: s.first)
        return place if place < len(stated) and stated[place] == stretch else None

    @cached_property
    def answer(self) -> Stretch | None:
        """The first statement that answers, or goes on, as if the slot were known."""
        for ask in self.speech.asks:
            if self.wish.kind == "text" and self.addressed.is_requested_text(ask):
                return ask  # a question inside the text that was asked for: the text has been written
        stated = self.speech.statements
        if any(self.speech.find(s.first, s.last, "lack") is not None for s in stated if s.sentence < 2):
            return None  # what follows a refusal explains it
        live = [s for s in stated if not self.acting.is_idle(s)]
        if self.wish.kind == "deed" and self.resolving.lists_all:
            return None
        is_short = sum(s.last - s.first for s in stated) <= _SHORT
        if self.wish.kind == "figure":
            return next((s for s in live if self._gives_figure(s, is_short)), None)
        asks_otherwise = any(not self.addressed.offers(ask) for ask in self.addressed.asks)
        if is_short and not asks_otherwise:
            return next((s for s in live if not self.resolving.is_general(s) or self._names_one(s)), None)
        return next((s for s in live if self._answers(s)), None)

    def _names_one(self, stretch: Stretch) -> bool:
        return self.acting.one_reading(stretch.first, stretch.last)

    def _gives_figure(self, stretch: Stretch, is_short: bool) -> bool:
        # In a longer text "one" or "two" are seldom the answer.
        if not self.resolving.has_figure(stretch, words=is_short):
            return False
        if self._names_one(stretch):
            return True
        if self.resolving.is_general(stretch):
            return False
        return is_short or self.resolving.is_wanted(stretch)

    def _answers(self, stretch: Stretch) -> bool:
        if self._names_one(stretch) or self.resolving.takes_up(stretch):
            return True
        if self.wish.kind == "deed" or self.resolving.is_general(stretch):
            return False
        return self.wish.requested is not None or self.resolving.shares_words(stretch)

    @cached_property
    def covers_options(self) -> bool:
        """Whether every option gets an answer of its own."""
        count = self.asking.target.options
        if count < 2 or self.wish.kind == "deed":
            return False
        stated = [s for s in self.speech.statements if self.asking.options_in(s.first, s.last)]
        if not self.resolving.lists_all:
            return False
        if any(self._apportions(s) for s in stated) or self._tells_of_each(stated):
            return True
        return sum(self._news(s) for s in stated) >= count

    def _apportions(self, stretch: Stretch) -> bool:
        """Whether a statement gives each option its share: "Age 34.2, income 5100"."""
        places: dict[int, int] = {}
        for index in range(stretch.first, stretch.last):
            for option in self.asking.options_in(index, index + 1):
                places.setdefault(option, index)
        if len(places) < self.asking.target.options:
            return False
        starts = sorted(places.values())
        news = set(self.speech.unknown(stretch.first, stretch.last))
        shares = zip(starts, [*starts[1:], stretch.last], strict=True)
        return all(any(self._tells(k, news) for k in range(first, last)) for first, last in shares)

    def _tells(self, index: int, news: set[int]) -> bool:
        if self.acting.figures.is_fresh(index):
            return True
        return index in news and not self.asking.is_slot(index) and is_content(self.speech.tokens[index])

    def _tells_of_each(self, stated: list[Stretch]) -> bool:
        """Whether each option has statements of its own that say something, be it "does not"."""
        apart = [s for s in stated if self._names_one(s) and not self.acting.is_idle(s)]
        named = {n for s in apart for n in self.asking.options_in(s.first, s.last)}
        says = self.wish.requested is not None or any(self._news(s) for s in apart)
        return len(named) == self.asking.target.options and says

    def _news(self, stretch: Stretch) -> int:
        """Words of a statement that neither the user nor the grammar knows: what it tells of its option."""
        if self.wish.kind == "figure":
            return sum(self.acting.figures.is_fresh(k) for k in range(stretch.first, stretch.last))
        return sum(self._is_news(k) for k in self.speech.unknown(stretch.first, stretch.last))

    def _is_news(self, index: int) -> bool:
        token = self.speech.tokens[index]
        if token.is_number:
            return self.acting.figures.is_fresh(index)
        return not self.asking.is_slot(index) and token.text not in self.wish.known_words
