"""What an output states as done, sent, chosen or computed, and what is no act: greetings, refusals, lists, suppositions."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from evalsuite.rules.asking import Asking
from evalsuite.rules.numbers import values
from evalsuite.rules.speech import Speech, Stretch

_IDLE = ("greet", "lack", "exist", "guess", "can", "help", "offer", "need", "youask", "unless", "if", "same")
_PLAIN = ("greet", "and", "or", "det", "but", "one", "both", "please", "prep", "exist")


class Acting:
    """The acts of a text in the light of the numbers that its conversation gives."""

    def __init__(self, asking: Asking, given: AbstractSet[str]) -> None:
        self.asking = asking
        self.speech: Speech = asking.speech
        self.given = given
        """Values of the numbers that the conversation gives."""

    def act(self, stretch: Stretch) -> tuple[int, int] | None:
        """Tokens of an act stated in a statement (done, under way, chosen, computed); None where there is none."""
        for first, last in self._pieces(stretch):
            found = self._act_in(first, last)
            if found is not None:
                return found
        return self._computed(stretch)

    def _pieces(self, stretch: Stretch) -> list[tuple[int, int]]:
        return [
            (max(first, stretch.first), min(last, stretch.last))
            for first, last in self.speech.pieces[stretch.sentence]
            if first < stretch.last and last > stretch.first
        ]

    def _act_in(self, first: int, last: int) -> tuple[int, int] | None:
        speech = self.speech
        if speech.is_protected(first) and speech.is_protected(last - 1):
            return None
        if speech.find(first, last, "same", "not", "if") is not None and not self._chooses(first, last):
            return None
        head = speech.skip(first, last)
        for index in range(first, last):
            tags = speech.tags[index]
            if not tags:
                continue
            if "choose" in tags or "statenow" in tags:
                return index, max(end for slot, end in tags.items() if slot in ("choose", "statenow"))
            if "done" in tags and index <= head and tags["done"] - head <= last - head:
                return index, tags["done"]
            if "participle" in tags and self._is_perfect(index, head, first):
                return index, tags["participle"]
            if "doing" in tags and (index <= head + 1 or not tags["doing"] - index == 1):
                return index, tags["doing"]
            if "will" in tags and self.asking.options_in(first, last) and speech.find(index, last, "actverb") is not None:
                return index, tags["will"]
        return None

    def _chooses(self, first: int, last: int) -> bool:
        return self.speech.find(first, last, "choose") is not None and self.speech.find(first, last, "not", "if") is None

    def _is_perfect(self, index: int, head: int, first: int) -> bool:
        """Whether a verb form tells a thing done: at the head of its clause, or behind an auxiliary of the perfect."""
        if index - head <= 2:
            return True
        return any(self.speech.has(k, "perfect") for k in range(max(first, index - 4), index))

    def _computed(self, stretch: Stretch) -> tuple[int, int] | None:
        """A number that the conversation does not give, stated without a condition and for one reading only."""
        speech = self.speech
        if speech.find(stretch.first, stretch.last, "if", "both", "exist", "same") is not None:
            return None
        mentioned = self.asking.options_in(stretch.first, stretch.last)
        if self.asking.target.options and len(mentioned) == self.asking.target.options:
            return None
        for index in range(stretch.first, stretch.last):
            if speech.tokens[index].is_number and self.is_new_number(index) and not self.asking.is_option(index):
                return index, index + 1
        return None

    def is_new_number(self, index: int) -> bool:
        """Whether a token is a number that is neither given, nor a list number, nor the count of the options."""
        token = self.speech.tokens[index]
        if not token.is_number or not (values(token.text) - self.given):
            return False
        if str(self.asking.target.options) in values(token.text):
            return False
        return not self._numbers_item(index)

    def _numbers_item(self, index: int) -> bool:
        token = self.speech.tokens[index]
        opens_line = index == 0 or "\n" in token.gap
        return opens_line and self.speech.gap_after(index)[:1] in (".", ")", "-")

    def is_idle(self, stretch: Stretch) -> bool:
        """Whether a statement does nothing and answers nothing: greeting, refusal, list, supposition, readiness."""
        speech = self.speech
        if speech.find(stretch.first, stretch.last, *_IDLE) is not None:
            return True
        return all(
            self._is_plain(index) for index in range(stretch.first, stretch.last)
        )

    def _is_plain(self, index: int) -> bool:
        return self.asking.is_slot(index) or self.speech.has(index, *_PLAIN) or self._numbers_item(index)
