"""AM: whether an output asks where its case is ambiguous, and answers where it is clear.

speech.py finds what is asked and what is stated, asking.py what a question is after, acting.py what is stated as done,
holding.py what is asserted. Here stands the contract's table:

    ambiguous     | asks about the slot | does not
    acts          | AM003               | AM001
    does not act  | passes              | AM002
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated
from weakref import WeakKeyDictionary

from pydantic import BaseModel, Field, model_validator

from evalsuite.rules.acting import Acting
from evalsuite.rules.asking import Asking, target_of
from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.holding import Holding, find_spelling
from evalsuite.rules.passage import Reading, covers
from evalsuite.rules.speech import WH, Ask, Speech, Stretch, is_content, speech_of
from evalsuite.rules.text import merge
from evalsuite.rules.wish import Wish, stem

_SHORT = 40
"""Words up to which what is stated is taken for the answer; a longer text may be background, and must speak of one
option or in the words of the request. In the 231 labelled outputs that were at hand, guessed ones state up to 35 words
or 50 and more, with none between; verdicts are the same for every value from 20 to 80."""


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
    def wish(self) -> Wish:
        return Wish(self.reading, wants_figure=self.asking.target.is_measure)

    @cached_property
    def acting(self) -> Acting:
        return Acting(self.asking, self.wish)

    # --- asks ---------------------------------------------------------------------------------------------------

    @cached_property
    def asks(self) -> list[Ask]:
        """Questions and requests addressed to the user: not rhetorical, not inside a requested text."""
        return [ask for ask in self.speech.asks if self._addresses_user(ask)]

    def _addresses_user(self, ask: Ask) -> bool:
        if self.speech.is_protected(ask.first) and self.speech.is_protected(ask.last - 1) and not ask.question:
            return False
        if self._is_requested_text(ask):
            return self.facts.ambiguous and self.asking.is_targeted(ask)
        return not self._is_rhetorical(ask)

    def _is_requested_text(self, ask: Ask) -> bool:
        """Whether an ask belongs to the text that the user asked for as such."""
        if self.reading.requested is None:
            return False
        place = self.speech.tokens[ask.last - 1].start
        return not self.reading.in_own_voice(place) and not self._stands_alone(ask)

    def _stands_alone(self, ask: Ask) -> bool:
        """Whether the output is no more than asks about the user's wish, so that it holds no requested text."""
        serves = self.speech.find(ask.first, ask.last, "mean", "tell", "offer", "need", "help") is not None
        # A letter or a program is never mere questions; a translation, a quiz or a line of a dialogue may be.
        serves = serves or self.reading.requested not in ("translation", "quiz", "dialogue", "text")
        return serves and self._states_nothing

    @cached_property
    def _states_nothing(self) -> bool:
        return all(self.acting.is_idle(s) for s in self.speech.statements)

    def _is_rhetorical(self, ask: Ask) -> bool:
        speech = self.speech
        if speech.find(ask.first, ask.last, "why") is not None:
            return True
        wanted = () if speech.has(speech.skip(ask.first, ask.last), "who") else ("mean",)
        if speech.find(ask.first, ask.last, *wanted, "tell", "need", "offer", "confirm") is not None:
            return False
        if not ask.question or speech.find(ask.first, ask.last, *WH) is None:
            return False
        if speech.find(ask.first, ask.last, "we") is not None:
            return True
        place = bisect_left(self._statement_starts, ask.last)
        if self.facts.ambiguous or place >= len(speech.statements):
            return False
        return not self.acting.is_idle(speech.statements[place])

    @cached_property
    def _statement_starts(self) -> list[int]:
        return [statement.first for statement in self.speech.statements]

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
        return self.acting.produced()

    @cached_property
    def answer(self) -> Stretch | None:
        """The first statement that answers, or goes on, as if the slot were known."""
        for ask in self.speech.asks:
            if self.wish.kind == "text" and self._is_requested_text(ask):
                return ask  # a question inside the text that was asked for: the text has been written
        stated = self.speech.statements
        if any(self.speech.find(s.first, s.last, "lack") is not None for s in stated if s.sentence < 2):
            return None  # what follows a refusal explains it
        live = [s for s in stated if not self.acting.is_idle(s)]
        is_short = sum(s.last - s.first for s in stated) <= _SHORT
        if self.wish.kind == "figure":
            counts = ("numword",) if is_short else ()  # in a longer text "one" or "two" are seldom the answer
            return next((s for s in live if self._has_figure(s, counts)), None)
        if self.wish.kind == "deed" and self._lists_all(stated):
            return None
        asks_otherwise = any(not self._offers(ask) for ask in self.asks)
        if is_short and not asks_otherwise:
            return next(iter(live), None)
        return next((s for s in live if self._answers(s)), None)

    def _has_figure(self, stretch: Stretch, counts: tuple[str, ...]) -> bool:
        return any(self._is_figure(k) or self.speech.has(k, *counts) for k in range(stretch.first, stretch.last))

    def _is_figure(self, index: int) -> bool:
        return self.acting.is_new_number(index) or self.acting.is_number_word(index) or self.asking.is_option(index)

    def _lists_all(self, stated: list[Stretch]) -> bool:
        named = {n for s in stated for n in self.asking.options_in(s.first, s.last)}
        return 0 < self.asking.target.options == len(named)

    def _answers(self, stretch: Stretch) -> bool:
        if self.acting.one_reading(stretch.first, stretch.last):
            return True
        return self.reading.requested is not None or self.acting.shares_words(stretch)

    @cached_property
    def covers_options(self) -> bool:
        """Whether every option gets an answer of its own."""
        count = self.asking.target.options
        if count < 2 or self.wish.kind == "deed":
            return False
        stated = [s for s in self.speech.statements if self.asking.options_in(s.first, s.last)]
        seen: set[int] = set()
        for stretch in stated:
            seen |= self.asking.options_in(stretch.first, stretch.last)
        return len(seen) == count and sum(self._news(s) for s in stated) >= count

    def _news(self, stretch: Stretch) -> int:
        """Words of a statement that neither the conversation nor the grammar knows: what it tells of its option."""
        if self.wish.kind == "figure":
            places = range(stretch.first, stretch.last)
            return sum(self.acting.is_new_number(k) or self.speech.has(k, "numword") for k in places)
        return sum(
            not (self.asking.is_slot(k) or self.speech.tokens[k].text in self.wish.known_words)
            for k in self.speech.unknown(stretch.first, stretch.last)
        )

    # --- clear cases --------------------------------------------------------------------------------------------

    @cached_property
    def holds_answer(self) -> bool:
        """Whether all groups of the answer are asserted."""
        asked = [ask for ask in self.asks if not (self.facts.may_confirm and self._confirms(ask))]
        addressed = set(self.asks)
        rhetorical = [] if self.reading.requested else [a for a in self.speech.asks if a not in addressed]
        spans = merge([(a.first, a.last) for a in (*asked, *rhetorical)])
        holding = Holding(
            self.speech,
            lambda k: covers(spans, k),
            literal=self.reading.requested is not None,
            deed=self.wish.kind == "deed",
        )
        if not all(holding.holds(group) for group in self.facts.answer_contains):
            return False
        return not (self._asks_which and self.wish.kind == "deed" and self._only_lists)

    @cached_property
    def _asks_which(self) -> bool:
        """Whether the output asks the user to choose."""
        asks = (ask for ask in self.asks if not self._offers(ask))
        return any(self.speech.find(ask.first, ask.last, "which", "or") is not None for ask in asks)

    @cached_property
    def _only_lists(self) -> bool:
        """Whether the answer is named only where the output lays out what there is to choose from."""
        places = [p for g in self.facts.answer_contains for s in g for p in find_spelling(self.speech, s)]
        sentences = {self.speech.sentence_at(first) for first, _ in places}
        holders = [s for s in self.speech.statements if s.sentence in sentences]
        return bool(holders) and all(self.acting.is_idle(s) for s in holders)

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
        if self.holds_answer:
            if self._offers(ask):
                return False
            return self._is_about_given(ask)
        if self._offers(ask):
            return self._states_nothing and self._is_instead(ask)
        return True

    def _offers(self, ask: Ask) -> bool:
        return self.speech.find(ask.first, ask.last, "offer", "also", "help") is not None

    def _is_instead(self, ask: Ask) -> bool:
        idle = [s for s in self.speech.statements if s.last <= ask.first]
        return not any(self.speech.find(s.first, s.last, "lack") is not None for s in idle)

    def _is_about_given(self, ask: Ask) -> bool:
        speech = self.speech
        if speech.find(ask.first, ask.last, *WH, "intend", "tell", "need", "sure") is not None:
            return True
        return (
            any(
                is_content(speech.tokens[k]) and stem(speech.tokens[k].text) in self.wish.content_stems
                for k in range(ask.first, ask.last)
            )
            and speech.find(ask.first, ask.last, "mean", "or", "confirm") is not None
        )


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
            meaning="The request is ambiguous, and the output answers or acts as if the slot were known, without "
            "asking about it. An answer that covers every listed option is none.",
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
            meaning="The request is clear, and the output does not hold what the case names as its answer: it is "
            "absent, only asked about, negated or taken back.",
            fails=Example("Turn on the kitchen light.", "I can't turn on the kitchen light.", _KITCHEN),
            passes=Example("Turn on the kitchen light.", "The light in the Kitchen is on.", _KITCHEN),
            setting="`answer_contains`: groups of spellings, one spelling of each group is needed",
            check=_wrong_answer,
        ),
    ),
)
