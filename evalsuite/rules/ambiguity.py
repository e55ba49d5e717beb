"""AM: whether an output asks where its case is ambiguous, and answers where it is clear.

speech.py finds what is asked and what is stated, asking.py what a question is after, acting.py what is stated as done,
holding.py what is asserted. Here stands the contract's table:

    ambiguous     | asks about the slot | does not
    acts          | AM003               | AM001
    does not act  | passes              | AM002
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated
from weakref import WeakKeyDictionary

from pydantic import BaseModel, Field, model_validator

from evalsuite.rules.acting import Acting
from evalsuite.rules.asking import Asking, target_of
from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.holding import Holding
from evalsuite.rules.numbers import values
from evalsuite.rules.passage import Reading
from evalsuite.rules.speech import WH, Ask, Speech, Stretch, speech_of
from evalsuite.rules.tagging import tokens


class Slot(BaseModel):
    """What an ambiguous request leaves open."""

    model_config = STRICT

    name: str
    words: list[str]
    """Words that a targeted question would use."""
    options: list[str]
    """What the slot may be; empty where it may be anything."""


class Facts(BaseModel):
    """Facts of an ambiguity case."""

    model_config = STRICT

    ambiguous: bool
    slot: Slot | None = None
    answer_contains: Annotated[list[list[str]], Field(default_factory=list)]
    """What a right answer holds: every group, each in any of its spellings."""
    may_confirm: bool = False
    """The order is destructive: asking for confirmation is no fault."""

    @model_validator(mode="after")
    def _is_complete(self) -> Facts:
        if self.ambiguous and self.slot is None:
            raise ValueError("an ambiguous case needs its slot")
        if not self.ambiguous and not self.answer_contains:
            raise ValueError("a clear case needs answer_contains")
        return self


class _Judgement:
    """What the five rules share: asks and acts of one output under one case's facts."""

    def __init__(self, reading: Reading, facts: Facts) -> None:
        self.reading = reading
        self.facts = facts
        self.speech: Speech = speech_of(reading)
        slot = facts.slot or Slot(name="", words=[], options=[])
        self.asking = Asking(self.speech, target_of(slot.name, tuple(slot.words), tuple(slot.options)))

    @cached_property
    def given_numbers(self) -> frozenset[str]:
        turns = self.reading.conversation.turns
        return frozenset(v for turn in turns for t in tokens(turn.text) if t.is_number for v in values(t.text))

    @cached_property
    def acting(self) -> Acting:
        return Acting(self.asking, self.given_numbers)

    # --- asks ---------------------------------------------------------------------------------------------------

    @cached_property
    def asks(self) -> list[Ask]:
        """Questions and requests addressed to the user: not rhetorical, not inside a requested text."""
        return [ask for ask in self.speech.asks if self._addresses_user(ask)]

    def _addresses_user(self, ask: Ask) -> bool:
        if self.speech.is_protected(ask.first) and self.speech.is_protected(ask.last - 1) and not ask.question:
            return False
        if not self.reading.in_own_voice(self.speech.tokens[ask.last - 1].start) and self.reading.requested:
            return self._serves(ask)
        return not self._is_rhetorical(ask)

    def _serves(self, ask: Ask) -> bool:
        """Whether a question inside a requested text is the model's own: about what the user means or wants."""
        return self.speech.find(ask.first, ask.last, "mean", "tell", "offer", "need") is not None

    def _is_rhetorical(self, ask: Ask) -> bool:
        speech = self.speech
        if speech.find(ask.first, ask.last, "why") is not None:
            return True
        if speech.find(ask.first, ask.last, "mean", "tell", "you", "need", "offer", "confirm") is not None:
            return False
        if not ask.question or speech.find(ask.first, ask.last, *WH) is None:
            return False
        if speech.find(ask.first, ask.last, "we") is not None:
            return True
        following = [s for s in speech.statements if s.first >= ask.last][:1]
        return bool(following) and not self.acting.is_idle(following[0])

    @cached_property
    def targeted(self) -> Ask | None:
        """The first ask that is about the slot."""
        return next((ask for ask in self.asks if self.asking.is_targeted(ask)), None)

    # --- statements ---------------------------------------------------------------------------------------------

    @cached_property
    def act(self) -> tuple[int, int] | None:
        """Tokens of the first act that is stated under one reading."""
        for stretch in self.speech.statements:
            found = self.acting.act(stretch)
            if found is not None:
                return found
        return None

    @cached_property
    def answer(self) -> Stretch | None:
        """The first statement that is not idle: it answers, or goes on, as if the slot were known."""
        return next((s for s in self.speech.statements if not self.acting.is_idle(s)), None)

    @cached_property
    def covers_options(self) -> bool:
        """Whether every option gets an answer of its own."""
        count = self.asking.target.options
        if count < 2:
            return False
        stated = [s for s in self.speech.statements if self.asking.options_in(s.first, s.last)]
        seen: set[int] = set()
        for stretch in stated:
            seen |= self.asking.options_in(stretch.first, stretch.last)
        if len(seen) < count:
            return False
        if self._wants_act:
            return False
        news = sum(self._news(s) for s in stated)
        return news >= count

    @cached_property
    def _wants_act(self) -> bool:
        """Whether the user gave an order that a device or service carries out, rather than asking for words."""
        if self.reading.requested:
            return False
        user = self.reading.conversation.user
        if not user:
            return False
        speech = speech_of(user[-1])
        return speech.find(0, len(speech.tokens), "actverb") is not None

    def _news(self, stretch: Stretch) -> int:
        return sum(
            1
            for k in range(stretch.first, stretch.last)
            if self.acting.is_new_number(k)
            or not (self.asking.is_slot(k) or self.speech.tags[k] or self.speech.tokens[k].text in self._known)
        )

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(t.text for turn in self.reading.conversation.turns for t in tokens(turn.text))

    # --- clear cases --------------------------------------------------------------------------------------------

    @cached_property
    def holds_answer(self) -> bool:
        """Whether all groups of the answer are asserted."""
        asked = [
            ask
            for ask in self.asks
            if not (self.facts.may_confirm and self._confirms(ask))
        ]
        rhetorical = [] if self.reading.requested else [a for a in self.speech.asks if a not in self.asks]
        spans = [(a.first, a.last) for a in (*asked, *rhetorical)]
        holding = Holding(
            self.speech,
            lambda k: any(first <= k < last for first, last in spans),
            literal=self.reading.requested is not None,
        )
        return all(holding.holds(group) for group in self.facts.answer_contains)

    def _confirms(self, ask: Ask) -> bool:
        """Whether an ask wants no more than a yes to the order itself."""
        return self.speech.find(ask.first, ask.last, "which", "or", "what") is None

    @cached_property
    def over_ask(self) -> Ask | None:
        """The first ask for what is given, or instead of an answer."""
        return next((ask for ask in self.asks if self._is_over_asked(ask)), None)

    def _is_over_asked(self, ask: Ask) -> bool:
        if self.facts.may_confirm and self._confirms(ask):
            return False
        speech = self.speech
        if self.holds_answer:
            if self._offers(ask):
                return False
            return self._is_about_given(ask)
        if self._offers(ask):
            return not any(not self.acting.is_idle(s) for s in speech.statements) and self._is_instead(ask)
        return True

    def _offers(self, ask: Ask) -> bool:
        return self.speech.find(ask.first, ask.last, "offer", "also", "help") is not None

    def _is_instead(self, ask: Ask) -> bool:
        idle = [s for s in self.speech.statements if s.last <= ask.first]
        return not any(self.speech.find(s.first, s.last, "lack") is not None for s in idle)

    def _is_about_given(self, ask: Ask) -> bool:
        speech = self.speech
        frames = speech.find(ask.first, ask.last, "which", "mean", "tell", "need", "confirm", "sure") is not None
        wh = speech.find(ask.first, ask.last, *WH) is not None
        if not (frames or wh):
            return False
        known = [
            k
            for k in range(ask.first, ask.last)
            if not speech.tags[k] and speech.tokens[k].text in self._user_words
        ]
        bare = ask.last - ask.first <= 6 and frames
        return bool(known) or bare

    @cached_property
    def _user_words(self) -> frozenset[str]:
        turns = self.reading.conversation.user
        groups = (s for g in self.facts.answer_contains for s in g)
        return frozenset(t.text for text in (*(u.text for u in turns), *groups) for t in tokens(text))


_JUDGEMENTS: WeakKeyDictionary[Reading, _Judgement] = WeakKeyDictionary()


def _judge(reading: Reading, facts: Facts) -> _Judgement:
    found = _JUDGEMENTS.get(reading)
    if found is None or found.facts is not facts:
        found = _JUDGEMENTS[reading] = _Judgement(reading, facts)
    return found


def _guessed(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous:
        return
    judged = _judge(reading, facts)
    if judged.targeted is not None or judged.covers_options:
        return
    if judged.act is not None:
        yield Finding("AM001", judged.speech.span(*judged.act), "Acts as if the open slot were known.")
    elif judged.answer is not None:
        place = judged.speech.span(judged.answer.first, judged.answer.last)
        yield Finding("AM001", place, "Answers as if the open slot were known.")


def _untargeted(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous:
        return
    judged = _judge(reading, facts)
    if judged.targeted is not None or judged.covers_options or judged.act or judged.answer:
        return
    ask = judged.asks[0] if judged.asks else None
    place = judged.speech.span(ask.first, ask.last) if ask else None
    yield Finding("AM002", place, "Neither acts nor asks about the open slot.")


def _asked_and_acted(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous:
        return
    judged = _judge(reading, facts)
    if judged.targeted is None or judged.covers_options or judged.act is None:
        return
    yield Finding("AM003", judged.speech.span(*judged.act), "Asks about the slot, and acts under one reading.")


def _over_asked(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if facts.ambiguous:
        return
    judged = _judge(reading, facts)
    ask = judged.over_ask
    if ask is not None:
        place = judged.speech.span(ask.first, ask.last)
        yield Finding("AM004", place, "Asks for what is given, or instead of answering.")


def _wrong_answer(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous and not _judge(reading, facts).holds_answer:
        yield Finding("AM005", None, "Does not hold, as its answer, what the case names.")


_LIGHTS = {
    "ambiguous": True,
    "slot": {"name": "room", "words": ["room", "light"], "options": ["kitchen", "bedroom"]},
}
_KITCHEN = {"ambiguous": False, "answer_contains": [["kitchen"]]}

BEHAVIOUR = Behaviour(
    name="ambiguity",
    facts=Facts,
    rules=(
        Rule(
            code="AM001",
            name="guessed",
            meaning="The request is ambiguous, and the output answers or acts as if the slot were known, without asking "
            "about it. An answer that covers every listed option is none.",
            fails=Example("Turn on the light.", "Done, the kitchen light is on. Anything else?", _LIGHTS),
            passes=Example("Turn on the light.", "Sure. The one in the kitchen or the one in the bedroom?", _LIGHTS),
            setting="`ambiguous: true` with `slot: {name, words, options}`",
            check=_guessed,
        ),
        Rule(
            code="AM002",
            name="untargeted",
            meaning="The request is ambiguous, and the output does not act and asks nothing about the slot: a general "
            "question, a refusal, a list of options without a request, a question about something else.",
            fails=Example("Turn on the light.", "Could you give me more details?", _LIGHTS),
            passes=Example("Turn on the light.", "Which one?", _LIGHTS),
            setting="`ambiguous: true` with `slot: {name, words, options}`",
            check=_untargeted,
        ),
        Rule(
            code="AM003",
            name="asked-and-acted",
            meaning="The output asks about the slot, but also states something as done, sent, chosen or computed under "
            "one reading. A supposition and work that is the same under every reading are no acts.",
            fails=Example("Turn on the light.", "Which light? I have turned on the kitchen light for now.", _LIGHTS),
            passes=Example("Turn on the light.", "Which light? I'd take the kitchen.", _LIGHTS),
            setting="`ambiguous: true` with `slot: {name, words, options}`",
            check=_asked_and_acted,
        ),
        Rule(
            code="AM004",
            name="over-asked",
            meaning="The request is clear, and the output asks for what is given, or asks instead of answering. Offers "
            "of a further step and rhetorical questions are none.",
            fails=Example("Turn on the kitchen light.", "The kitchen light is on. Which light did you mean?", _KITCHEN),
            passes=Example("Turn on the kitchen light.", "The kitchen light is on. Shall I dim it, too?", _KITCHEN),
            setting="`ambiguous: false`; `may_confirm: true` where a destructive order may be confirmed",
            check=_over_asked,
        ),
        Rule(
            code="AM005",
            name="wrong-answer",
            meaning="The request is clear, and the output does not hold what the case names as its answer: it is absent, "
            "only asked about, negated or taken back.",
            fails=Example("Turn on the kitchen light.", "I can't turn on the kitchen light.", _KITCHEN),
            passes=Example("Turn on the kitchen light.", "The light in the Kitchen is on.", _KITCHEN),
            setting="`answer_contains`: groups of spellings, one spelling of each group is needed",
            check=_wrong_answer,
        ),
    ),
)
