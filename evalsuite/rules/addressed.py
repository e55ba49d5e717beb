"""Which questions and requests of an output are put to the user: not rhetorical ones, none inside a requested text."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

from evalsuite.rules.acting import Acting
from evalsuite.rules.speech import WH, Ask, Speech
from evalsuite.rules.wish import Wish

_DIRECT = ("tell", "need", "offer", "confirm")
"""Words by which a question is put to the user, whatever else it holds."""
_HEAD = 3
"""Words at the head of a question in which "why" makes it one that explains (a judgement): "And why is that?"."""


class Addressed:
    """The asks of an output that wait for the user's word."""

    def __init__(self, acting: Acting, wish: Wish, *, ambiguous: bool) -> None:
        self.acting = acting
        self.asking = acting.asking
        self.speech: Speech = acting.speech
        self.wish = wish
        self.ambiguous = ambiguous

    @cached_property
    def asks(self) -> list[Ask]:
        """Questions and requests addressed to the user, in order."""
        return [ask for ask in self.speech.asks if self._addresses_user(ask)]

    @cached_property
    def states_nothing(self) -> bool:
        """Whether all statements are idle: greetings, refusals, suppositions."""
        return all(self.acting.is_idle(s) for s in self.speech.statements)

    def is_requested_text(self, ask: Ask) -> bool:
        """Whether an ask belongs to the text that the user asked for as such."""
        if self.wish.requested is None:
            return False
        place = self.speech.tokens[ask.last - 1].start
        return not self.wish.reading.in_own_voice(place) and not self._stands_alone(ask)

    def _addresses_user(self, ask: Ask) -> bool:
        if self.speech.is_protected(ask.first) and self.speech.is_protected(ask.last - 1) and not ask.question:
            return False
        if self.is_requested_text(ask):
            # "Which of the two shall I bring?" may well belong to the letter; a question that names the slot does not.
            which = self.speech.find(ask.first, ask.last, "which") is not None
            names = not which or self.asking.mentions(ask.first, ask.last)
            return self.ambiguous and names and self.asking.is_targeted(ask)
        if not ask.question:
            return self.ambiguous or not self._advises(ask)
        return not self._is_rhetorical(ask)

    def _stands_alone(self, ask: Ask) -> bool:
        """Whether the output is no more than asks about the user's wish, so that it holds no requested text."""
        serves = self.speech.find(ask.first, ask.last, "mean", "tell", "offer", "need", "help") is not None
        # A letter or a program is never mere questions; a translation, a quiz or a line of a dialogue may be.
        serves = serves or self.wish.requested not in ("translation", "quiz", "dialogue", "text")
        return serves and self.states_nothing

    def _advises(self, ask: Ask) -> bool:
        """Whether a request is a step of the answer itself ("Add the garlic.") and not put to the user's knowledge."""
        speech = self.speech
        if speech.find(ask.first, ask.last, "need", "which", "who", "mean", "unless", "intend") is not None:
            return False
        strong = (k for k in range(ask.first, ask.last) if speech.has(k, "tell") and not self._is_weak(k))
        if next(strong, None) is not None:
            return False
        return not self.states_nothing

    def _is_weak(self, index: int) -> bool:
        tags = self.speech.tags[index]
        return tags.get("weak", 0) >= tags["tell"]

    def offers(self, ask: Ask) -> bool:
        """Whether an ask offers a further step or help, and does not ask what to do it to."""
        speech = self.speech
        if speech.find(ask.first, ask.last, "also", "help") is not None:
            return True
        if self._proposes(ask):
            return True
        place = speech.find(ask.first, ask.last, "offer")
        return place is not None and speech.find(ask.first, place + 1, *WH) is None

    def _proposes(self, ask: Ask) -> bool:
        """Whether a question offers by a verb of the first person: "¿Te aviso cuando termine?", "Je vous appelle ?"."""
        speech = self.speech
        if not ask.question:
            return False
        head = speech.skip(ask.first, ask.last)
        if head >= ask.last or "toyou" not in speech.tags[head]:
            return False
        verb = speech.tags[head]["toyou"]
        is_first = verb < ask.last and speech.tokens[verb].text.endswith(("o", "oy", "e"))
        return is_first and speech.find(verb, ask.last, "mean") is None

    # --- rhetorical ---------------------------------------------------------------------------------------------

    def _is_rhetorical(self, ask: Ask) -> bool:
        speech = self.speech
        head = speech.skip(ask.first, ask.last)
        if speech.has(ask.first, "courtesy") and speech.find(ask.first, ask.last, *_DIRECT, "mean") is None:
            return not self.asking.mentions(ask.first, ask.last)
        if speech.find(ask.first, min(ask.last, head + _HEAD), "why") is not None:
            return not (self.ambiguous and speech.find(ask.first, ask.last, "you", "mean") is not None)
        wanted = () if speech.has(head, "who") else ("mean", "intend")
        if speech.find(ask.first, ask.last, *wanted, *_DIRECT[:-1]) is not None:
            return False
        if not self.ambiguous and self._is_answered_at_once(ask):
            return True
        if speech.find(ask.first, ask.last, *WH) is None:
            return False
        if self._doubts(ask) or speech.find(ask.first, ask.last, "we") is not None:
            return True
        return not self.ambiguous and self._is_answered(ask)

    def _doubts(self, ask: Ask) -> bool:
        """Whether a question holds its own answer: "Who doesn't like money?", "Qui dit mieux ?"."""
        speech = self.speech
        who = speech.find(ask.first, ask.last, "who")
        if who is None or self.asking.mentions(ask.first, ask.last):
            return False
        if "who" in self.asking.target.asks and speech.find(ask.first, ask.last, "not") is None:
            return False
        return speech.find(ask.first, ask.last, "you", "mean", "which", "or") is None

    def _is_answered_at_once(self, ask: Ask) -> bool:
        """Whether a yes or no follows a question, which the model has thus put to itself."""
        return ask.last < len(self.speech.tokens) and self.speech.has(ask.last, "yesno")

    def _is_answered(self, ask: Ask) -> bool:
        """Whether the model goes on to answer its own question."""
        place = bisect_left(self._statement_starts, ask.last)
        if place >= len(self.speech.statements):
            return False
        follower = self.speech.statements[place]
        speech = self.speech
        if follower.first != ask.last or speech.has(follower.first, "courtesy"):
            return False
        if speech.find(follower.first, follower.last, "offer", "tell", "need") is not None:
            return False
        to_user = all(speech.find(ask.first, ask.last, slot) is not None for slot in ("which", "you"))
        return not to_user or not self.acting.is_idle(follower)

    @cached_property
    def _statement_starts(self) -> list[int]:
        return [statement.first for statement in self.speech.statements]
