"""What the user asked for: a deed, a figure, an answer or a text; and in which words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from evalsuite.rules.language import is_content
from evalsuite.rules.numbers import factors, values
from evalsuite.rules.passage import Reading
from evalsuite.rules.speech import WH, Speech, speech_of
from evalsuite.rules.tagging import Lexicon, Token, tokens

Kind = Literal["deed", "figure", "answer", "text"]
_STEM = 4  # a judgement, checked by the golden outputs only
"""Letters by which two forms of a word are taken for one another (delete/deleted, fermé/ferme)."""

_UNIT = 2
"""Words behind "how many" in which the unit is looked for (a judgement)."""


_ORDER = 4
"""Words at the head of an order in which its verb is looked for (a judgement)."""
_PERCENT = ("%", "٪", "％")


class Wish:
    """The user's request in its conversation."""

    def __init__(
        self, reading: Reading, *, wants_figure: bool = False, counts: bool = False, is_open: bool = False
    ) -> None:
        self._wants_figure = wants_figure
        self._counts = counts
        self._is_open = is_open
        """Whether the slot may be anything: then a question that gives numbers wants a figure computed from them."""
        self._turns = reading.conversation.turns
        self._user = reading.conversation.user
        self.reading = reading
        self.requested = reading.requested

    @cached_property
    def _speech(self) -> Speech | None:
        return speech_of(self._user[-1]) if self._user else None

    @cached_property
    def kind(self) -> Kind:
        """Whether the last message wants a deed, a figure, an answer in words, or a text."""
        speech = self._speech
        if self.requested == "message":
            return "deed"
        if self.requested is not None or speech is None or not speech.tokens:
            return "text"
        size = len(speech.tokens)
        if self._wants_figure or speech.find(0, size, "measure", "quantity") is not None:
            return "figure"
        asks = any(question for _, _, question in speech.sentences) or speech.has(0, *WH, "why")
        wants_deed = speech.find(0, size, "actverb") is not None and speech.find(0, min(size, 3), "aux") is not None
        if asks and not wants_deed:
            wants_figure = self._counts or (self._is_open and speech.find(0, size, *WH) and self.user_numbers)
            return "figure" if wants_figure else "answer"
        if self.apportions:
            return "figure"
        return "text" if speech.find(0, min(size, _ORDER), "infoverb") is not None else "deed"

    @cached_property
    def apportions(self) -> bool:
        """Whether the user orders a sum with numbers of their own: "Split the bill of 90 euros equally"."""
        speech = self._speech
        if speech is None or not self._is_open or not self.user_numbers:
            return False
        return speech.find(0, min(len(speech.tokens), _ORDER), "apportion") is not None

    def tagged(self, lexicon: Lexicon) -> Iterable[tuple[list[Token], list[dict[str, int]]]]:
        """Tokens of each message, with what a lexicon finds in them."""
        for turn in self._turns:
            words = tokens(turn.text)
            yield words, lexicon.tag(words)

    @cached_property
    def wants_yes(self) -> bool:
        """Whether the user asks a yes/no question."""
        speech = self._speech
        if self.kind != "answer" or speech is None:
            return False
        return any(q and speech.find(first, last, *WH, "or") is None for first, last, q in speech.sentences)

    @cached_property
    def offers_choice(self) -> bool:
        """Whether the user asks for one of several things that the question names: "Jupiter or Saturn?"."""
        speech = self._speech
        return self.kind == "answer" and speech is not None and speech.find(0, len(speech.tokens), "or") is not None

    @cached_property
    def is_anaphoric(self) -> bool:
        """Whether the user speaks of something by a pronoun or without a name: "when did it come out?"."""
        speech = self._speech
        return speech is not None and speech.find(0, len(speech.tokens), "anaphor", "whose") is not None

    @cached_property
    def user_numbers(self) -> frozenset[str]:
        """Values of all numbers in the user's messages."""
        return frozenset(v for t in self._all(self._user) if t.is_number for v in values(t.text))

    @cached_property
    def gives_figure(self) -> bool:
        """Whether the user's last message holds a number, in digits or words."""
        speech = self._speech
        if speech is None:
            return False
        return any(t.is_number for t in speech.tokens) or speech.find(0, len(speech.tokens), "numword") is not None

    @cached_property
    def percentages(self) -> frozenset[str]:
        """What an amount is multiplied by for each percentage of the user's: 15 % is 0.15, 1.15 or 0.85 of it."""
        speech = self._speech
        if speech is None:
            return frozenset()
        shares = (
            value
            for k, token in enumerate(speech.tokens)
            if token.is_number and (speech.gap_after(k).lstrip()[:1] in _PERCENT or speech.has(k + 1, "percent"))
            for value in values(token.text)
        )
        return frozenset(v for share in shares for v in factors(share))

    @cached_property
    def given_numbers(self) -> frozenset[str]:
        """Values of all numbers in the conversation."""
        return frozenset(v for t in self._all(self._turns) if t.is_number for v in values(t.text))

    @cached_property
    def known_words(self) -> frozenset[str]:
        """All words of the conversation."""
        return frozenset(t.text for t in self._all(self._turns))

    @cached_property
    def user_words(self) -> frozenset[str]:
        """All words of the user's messages."""
        return frozenset(t.text for t in self._all(self._user))

    @cached_property
    def unit_stems(self) -> frozenset[str]:
        """Stems of the words behind "how many" in the user's last message: what is counted."""
        speech = self._speech
        if speech is None:
            return frozenset()
        size = len(speech.tokens)
        starts = [tags["measure"] for tags in speech.tags if "measure" in tags]
        near = (speech.tokens[k] for start in starts for k in range(start, min(start + _UNIT, size)))
        return frozenset(stem(token.text) for token in near if is_content(token))

    @cached_property
    def order_stem(self) -> str:
        """Stem of the verb that orders a deed; empty where none is ordered."""
        speech = self._speech
        if speech is None:
            return ""
        places = [k for k in range(len(speech.tokens)) if speech.has(k, "actverb")]
        places += [k for k, token in enumerate(speech.tokens) if is_content(token)]
        return stem(speech.tokens[places[0]].text) if places else ""

    @cached_property
    def content_stems(self) -> frozenset[str]:
        """Stems of the content words of the user's last message."""
        return frozenset(stem(t.text) for t in self._all(self._user[-1:]) if is_content(t))

    @staticmethod
    def _all(turns: Iterable[object]) -> Iterable[Token]:
        for turn in turns:
            yield from tokens(getattr(turn, "text", ""))


def stem(word: str) -> str:
    """The first letters of a word, without the Arabic article and prefixes."""
    bare = word
    for prefix in ("وال", "بال", "فال", "كال", "ال", "لل"):
        if bare.startswith(prefix) and len(bare) > len(prefix) + 2:
            bare = bare[len(prefix) :]
            break
    return bare[:_STEM]
