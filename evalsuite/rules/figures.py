"""Numbers of an output: which of them the conversation gives, and which the model brings."""

from __future__ import annotations

import regex

from evalsuite.rules.asking import Asking
from evalsuite.rules.numbers import values
from evalsuite.rules.speech import Speech, Stretch
from evalsuite.rules.wish import Wish

_SIGN = regex.compile(r"[×·*/÷=+]")
_PERCENT = 4
"""Words behind a number within which "per cent" belongs to it (a judgement)."""


class Figures:
    """The numbers of an output, in the light of its conversation."""

    def __init__(self, asking: Asking, wish: Wish) -> None:
        self.asking = asking
        self.wish = wish
        self.speech: Speech = asking.speech

    def is_from_elsewhere(self, index: int) -> bool:
        """Whether a number stands in the conversation, but not in the user's words: "the average is 34.2"."""
        token = self.speech.tokens[index]
        if not token.is_number or index in self.speech.list_numbers or self.asking.is_option(index):
            return False
        return not values(token.text) & self.wish.user_numbers

    def is_fresh(self, index: int) -> bool:
        """Whether a token is a number, in digits or words, that the user did not give."""
        return self.is_from_elsewhere(index) or self.speech.has(index, "numword")

    def is_measure_in_words(self, index: int) -> bool:
        """Whether a token is a number in words, and no percentage."""
        behind = range(index, min(index + _PERCENT, len(self.speech.tokens)))
        return self.is_number_word(index) and not any(self.speech.has(k, "percent") for k in behind)

    def is_number_word(self, index: int) -> bool:
        """Whether a token is a number in words, but for "one", "two" and "three", which count the options."""
        return self.speech.has(index, "numword") and not self.speech.has(index, "one")

    def has_sign(self, stretch: Stretch) -> bool:
        """Whether a statement holds a sign of calculation."""
        return any(_SIGN.search(self.speech.gap_after(k)) for k in range(stretch.first, stretch.last - 1))

    def is_symbolic(self, stretch: Stretch) -> bool:
        """Whether a statement calculates with a letter that stands for the open slot: "6000 × r"."""
        words = self.speech.tokens
        return any(
            len(words[k].text) == 1
            and words[k].text.isalpha()
            and not (k and words[k - 1].is_number and not words[k].gap.strip())  # a unit: "12 V"
            and (_SIGN.search(words[k].gap) or _SIGN.search(self.speech.gap_after(k)))
            for k in range(stretch.first, stretch.last)
        )

    def is_rate(self, index: int) -> bool:
        """Whether a number is a percentage or a factor ("multiply it by 1.04"): it holds for every amount."""
        if self.speech.gap_after(index).lstrip()[:1] in ("%", "٪", "％"):
            return True
        if values(self.speech.tokens[index].text) & self.wish.percentages:
            return True
        if index and self.speech.has(index - 1, "factor") and self.speech.gap_after(index).lstrip()[:1] != "=":
            return self.speech.tokens[index].gap.strip() == ""
        return index + 1 < len(self.speech.tokens) and self.speech.has(index + 1, "percent")

    def is_new_number(self, index: int) -> bool:
        """Whether a token is a number that is neither given, nor a list number, nor the count of the options."""
        token = self.speech.tokens[index]
        if not token.is_number or index in self.speech.list_numbers or self.asking.is_option(index):
            return False
        found = values(token.text)
        if found & self.wish.given_numbers:
            return False
        if self.wish.kind == "figure" or index + 1 == len(self.speech.tokens):
            return True
        return not (str(self.asking.target.options) in found and self.asking.is_slot(index + 1))
