"""AM: whether an output asks where its case is ambiguous, and answers where it is clear.

speech.py finds what is asked and what is stated, addressed.py what is put to the user, asking.py what a question is
after, acting.py what is stated as done, resolving.py what is answered under one reading, holding.py what is asserted;
ambiguous.py and clear.py judge by them. Here stands the contract's table:

    ambiguous     | asks about the slot | does not
    acts          | AM003               | AM001
    does not act  | passes              | AM002
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from weakref import WeakKeyDictionary

from pydantic import BaseModel, Field, model_validator

from evalsuite.rules.acting import Acting
from evalsuite.rules.addressed import Addressed
from evalsuite.rules.ambiguous import Ambiguous
from evalsuite.rules.asking import Asking
from evalsuite.rules.clear import Clear
from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.passage import Reading
from evalsuite.rules.pointing import Pointing, question
from evalsuite.rules.resolving import Resolving
from evalsuite.rules.speech import Speech, speech_of
from evalsuite.rules.target import target_of
from evalsuite.rules.wish import Wish


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
        self.facts = facts
        self.speech: Speech = speech_of(reading)
        slot = facts.slot or Slot(name="", words=[], options=[])
        target = target_of(slot.name, tuple(slot.words), tuple(slot.options))
        is_open = facts.ambiguous and not target.options
        wish = Wish(reading, wants_figure=target.is_measure, counts=target.is_amount, is_open=is_open)
        asking = Asking(self.speech, target, wish)
        acting = Acting(asking, wish)
        addressed = Addressed(acting, wish, ambiguous=facts.ambiguous)
        self.ambiguous = Ambiguous(addressed, Resolving(acting, wish))
        self.clear = Clear(addressed, facts.answer_contains, may_confirm=facts.may_confirm)


_JUDGEMENTS: WeakKeyDictionary[Reading, _Judgement] = WeakKeyDictionary()


def _judge(reading: Reading, facts: Facts) -> _Judgement:
    found = _JUDGEMENTS.get(reading)
    if found is None or found.facts is not facts:
        found = _JUDGEMENTS[reading] = _Judgement(reading, facts)
    return found


def _guessed(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous:
        return
    judged = _judge(reading, facts).ambiguous
    if judged.targeted is not None or judged.covers_options:
        return
    if judged.act is not None:
        yield Finding("AM001", Pointing(judged).act(), "Acts as if the open slot were known.")
    elif judged.answer is not None:
        yield Finding("AM001", Pointing(judged).answer(), "Answers as if the open slot were known.")


def _untargeted(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous:
        return
    judged = _judge(reading, facts).ambiguous
    if judged.targeted is not None or judged.covers_options or judged.act or judged.answer:
        return
    ask = next(iter(judged.addressed.asks), None)
    place = question(judged.speech, ask) if ask else None
    yield Finding("AM002", place, "Neither acts nor asks about the open slot.")


def _asked_and_acted(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous:
        return
    judged = _judge(reading, facts).ambiguous
    if judged.targeted is None or judged.covers_options or judged.act is None:
        return
    yield Finding("AM003", Pointing(judged).act(), "Asks about the slot, and acts under one reading.")


def _over_asked(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if facts.ambiguous:
        return
    judged = _judge(reading, facts).clear
    ask = judged.over_ask
    if ask is not None:
        yield Finding("AM004", question(judged.speech, ask), "Asks for what is given, or instead of answering.")


def _wrong_answer(reading: Reading, facts: Facts) -> Iterable[Finding]:
    if not facts.ambiguous and not _judge(reading, facts).clear.holds_answer:
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
