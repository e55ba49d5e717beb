"""A clear case: whether an output holds the answer, and whether it asks for what is given."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from evalsuite.rules.addressed import Addressed
from evalsuite.rules.holding import Holding, find_spelling
from evalsuite.rules.language import is_content
from evalsuite.rules.passage import covers
from evalsuite.rules.speech import WH, Ask
from evalsuite.rules.text import merge
from evalsuite.rules.wish import stem


class Clear:
    """An output under a clear case."""

    def __init__(self, addressed: Addressed, answer: Sequence[Sequence[str]], *, may_confirm: bool) -> None:
        self.addressed = addressed
        self.speech = addressed.speech
        self.acting = addressed.acting
        self.wish = addressed.wish
        self._answer = answer
        self._may_confirm = may_confirm

    @cached_property
    def holds_answer(self) -> bool:
        """Whether all groups of the answer are asserted."""
        asked = [ask for ask in self.addressed.asks if not (self._may_confirm and self._confirms(ask))]
        addressed = set(self.addressed.asks)
        aside = [] if self.wish.requested else [a for a in self.speech.asks if a.question and a not in addressed]
        spans = merge([(a.first, a.last) for a in (*asked, *aside)])
        confirms = self._may_confirm and any(ask.question for ask in self.addressed.asks)
        holding = Holding(self.speech, self.wish, lambda k: covers(spans, k), confirms=confirms)
        if not all(holding.holds(group) for group in self._answer):
            return False
        return not (self._asks_which and self.wish.kind == "deed" and self._only_lists)

    @cached_property
    def _asks_which(self) -> bool:
        """Whether the output asks the user to choose."""
        asks = (ask for ask in self.addressed.asks if not self._offers(ask))
        return any(self.speech.find(ask.first, ask.last, "which", "or") is not None for ask in asks)

    @cached_property
    def _only_lists(self) -> bool:
        """Whether the answer is named only where the output lays out what there is to choose from."""
        places = [p for g in self._answer for s in g for p in find_spelling(self.speech, s)]
        sentences = {self.speech.sentence_at(first) for first, _ in places}
        holders = [s for s in self.speech.statements if s.sentence in sentences]
        return bool(holders) and all(self.acting.is_idle(s) for s in holders)

    def _confirms(self, ask: Ask) -> bool:
        """Whether an ask wants no more than a yes to the order itself."""
        return self.speech.find(ask.first, ask.last, "which", "or", "what") is None

    @cached_property
    def over_ask(self) -> Ask | None:
        """The first ask for what is given, or instead of an answer."""
        return next((ask for ask in self.addressed.asks if self._is_over_asked(ask)), None)

    def _is_over_asked(self, ask: Ask) -> bool:
        if self._may_confirm and self._confirms(ask):
            return False
        if self._offers(ask):
            return not self.holds_answer and self.addressed.states_nothing and self._is_instead(ask)
        return not self.holds_answer or self._is_about_given(ask)

    def _offers(self, ask: Ask) -> bool:
        """Whether an ask offers a further step: by its words, or as a request under a condition of the user's."""
        speech = self.speech
        if self.addressed.offers(ask):
            return True
        first, last, _ = speech.sentences[ask.sentence]
        return not ask.question and speech.find(first, last, "if") is not None and not self._intends(ask)

    def _intends(self, ask: Ask) -> bool:
        return self.speech.find(ask.first, ask.last, "intend", "which", "what", "who") is not None

    def _is_instead(self, ask: Ask) -> bool:
        idle = [s for s in self.speech.statements if s.last <= ask.first]
        return not any(self.speech.find(s.first, s.last, "lack") is not None for s in idle)

    # --- beside the answer --------------------------------------------------------------------------------------

    def _is_about_given(self, ask: Ask) -> bool:
        speech = self.speech
        if speech.find(ask.first, ask.last, "intend", "tell", "need", "sure", "which") is not None:
            return True
        if speech.find(ask.first, ask.last, "how") is not None:
            return self.wish.gives_figure
        if speech.find(ask.first, ask.last, *WH) is not None:
            return self.wish.kind == "deed" or self._shares(ask) or self._seeks(ask)
        return self._shares(ask) and speech.find(ask.first, ask.last, "mean", "or", "confirm") is not None

    def _seeks(self, ask: Ask) -> bool:
        return self.speech.find(ask.first, ask.last, "you", "mean", "det") is not None

    def _shares(self, ask: Ask) -> bool:
        words = self.speech.tokens
        stems = self.wish.content_stems
        return any(is_content(words[k]) and stem(words[k].text) in stems for k in range(ask.first, ask.last))
