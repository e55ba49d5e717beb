"""Parroting (PA): echoes of the user's words, of the system prompt, and of the model's own earlier answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from pydantic import BaseModel, Field

from evalsuite.rules.asked_again import asked_for_it_again, asks_about
from evalsuite.rules.carrying import extent, is_made_a_list, keeps_its_form, setting, stands_in_front
from evalsuite.rules.echo import Echo, Unit, find_echoes
from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.passage import Passage, Reading, covers
from evalsuite.rules.quotable import (
    asks_for_own_words,
    asks_for_text,
    in_json_value,
    ordered_spans,
    sent_for_work,
    wants_values,
)
from evalsuite.rules.recital import answers, answers_from_what_was_told, is_instruction
from evalsuite.rules.repeatable import runs_of, units_of, user_units
from evalsuite.rules.text import Span, merge
from evalsuite.rules.word_keys import word_keys

USER_WORDS = 5
"""PA001, PA002: a sentence, instruction or question of five words or more."""
OWN_WORDS = 8
"""PA003: a sentence or more, eight words or more."""

ECHOES = 1000
"""Repetitions that are looked at in one output; a longer output than that is a loop."""


class ParrotingFacts(BaseModel):
    """What a case says about repetition."""

    model_config = STRICT

    may_quote: list[str] = Field(default_factory=list)
    """Texts that the user asked to repeat, translate, correct, complete, format or put into a value."""


def _echoes(reading: Reading, units: Sequence[Unit], facts: ParrotingFacts) -> Iterator[tuple[Echo, Span]]:
    """Echoes of the units in the output, with their raw spans, but for what may be quoted."""
    if not units or not reading.words:
        return
    keys = word_keys(reading)
    texts = keys.texts
    allowed = [" ".join(word_keys(Passage(text)).texts) for text in facts.may_quote]
    for echo in islice(find_echoes(units, texts), ECHOES):
        run = " ".join(texts[echo.start : echo.end])
        if any(f" {run} " in f" {text} " for text in allowed):
            continue
        if echo.unit.must_hold is not None and echo.unit.must_hold not in texts[echo.start : echo.end]:
            continue
        first, last = keys.words[echo.start], keys.words[echo.end - 1]
        yield echo, extent(reading, first, last, echo.missing_before, echo.missing_after)


def _findings(code: str, spans: Sequence[Span], message: str) -> Iterator[Finding]:
    for span in merge(list(spans)):
        yield Finding(code, span, message)


def prompt_echo(reading: Reading, facts: ParrotingFacts) -> Iterator[Finding]:
    """PA001: the output repeats the user's words."""
    conversation = reading.conversation
    if asks_for_own_words(conversation):
        return
    given = sent_for_work(conversation)
    turns = [turn for index, turn in enumerate(conversation.turns) if turn.role == "user" and index not in given]
    units = [unit for turn in turns for unit in user_units(turn)]
    spans = [span for echo, span in _echoes(reading, units, facts) if _is_fault(reading, echo, span)]
    yield from _findings("PA001", spans, "The output repeats the user's words.")


def _is_fault(reading: Reading, echo: Echo, span: Span) -> bool:
    """Whether repeated words of the user stand where they answer nothing."""
    if in_json_value(reading, span) and wants_values(reading.conversation):
        return False
    if _is_material(reading, echo.unit, span) or (echo.unit.in_quotes and reading.is_protected(*span)):
        return False
    if not echo.unit.is_question and answers_from_what_was_told(reading.conversation, reading.text[slice(*span)]):
        return False
    if not echo.unit.is_question and is_made_a_list(reading, span):
        return False
    if echo.unit.size < USER_WORDS and echo.unit.whole:
        return stands_in_front(reading, span)
    if echo.unit.is_question and not keeps_its_form(reading, span):
        return False
    spare = max(0, echo.unit.allowance - echo.edits - echo.missing_before - echo.missing_after)
    how = setting(reading, span, is_question=echo.unit.is_question, spare=spare)
    return how not in ("carried", "refusal")


def _is_material(reading: Reading, unit: Unit, span: Span) -> bool:
    """Whether a statement of the user stands in the letter, message or story that the user gave it for."""
    if reading.requested is None or unit.is_question or covers(reading.own_voice, span[0]):
        return False
    text = reading.text[slice(*span)]
    return not (is_instruction(text) or asks_for_text(text))


def system_echo(reading: Reading, facts: ParrotingFacts) -> Iterator[Finding]:
    """PA002: the output repeats a sentence of the system prompt."""
    spans = []
    for turn in reading.conversation.system:
        units = units_of(turn, least=USER_WORDS, without=ordered_spans(turn))
        for echo, span in _echoes(reading, units, facts):
            if not answers(reading, span, turn.text[slice(*echo.unit.span)]):
                spans.append(span)
    yield from _findings("PA002", spans, "The output repeats a sentence of the system prompt.")


def self_echo(reading: Reading, facts: ParrotingFacts) -> Iterator[Finding]:
    """PA003: the output repeats an earlier answer."""
    conversation = reading.conversation
    if not conversation.assistant:
        return
    units = [unit for turn in conversation.assistant for unit in runs_of(turn, least=OWN_WORDS)]
    spans = [
        span for _, span in _echoes(reading, units, facts) if not asks_about(conversation, reading.text[slice(*span)])
    ]
    if spans and not asked_for_it_again(conversation):
        yield from _findings("PA003", spans, "The output repeats an earlier answer.")


RULES: tuple[Rule[ParrotingFacts], ...] = (
    Rule(
        code="PA001",
        name="prompt-echo",
        meaning=(
            "Repeats a user message, or a whole sentence, instruction or question of it of five words or more, word "
            "for word or nearly so. Not where a sentence that answers, or a refusal, carries the words, nor what the "
            "user asked to repeat, translate, correct, complete, format or put into a value, nor greetings and thanks."
        ),
        fails=Example(
            user="What is the capital of Australia?",
            output="What is the capital of Australia?\n\nThe capital of Australia is Canberra.",
        ),
        passes=Example(user="What is the capital of Australia?", output="The capital of Australia is Canberra."),
        setting="`may_quote: [text, ...]` names what the output may repeat of the user's message.",
        check=prompt_echo,
    ),
    Rule(
        code="PA002",
        name="system-echo",
        meaning=(
            "Repeats a sentence of the system prompt of five words or more, also when the user asks for it. Not when "
            "the sentence is a fact that answers the question."
        ),
        fails=Example(
            user="Tell me about Nizwa.",
            output="Nizwa has a round fort.\n\nAlways answer in at most three sentences.",
            system="You are Haitham. Always answer in at most three sentences.",
        ),
        passes=Example(
            user="When are the quiet hours?",
            output="Quiet hours run from eleven at night until seven in the morning.",
            system="You are Haitham. Quiet hours run from eleven at night until seven in the morning.",
        ),
        setting="Facts and rules stand in the system message of the case or suite.",
        check=system_echo,
    ),
    Rule(
        code="PA003",
        name="self-echo",
        meaning=(
            "In a conversation, repeats a sentence or more (eight words or more) of an earlier answer. Not when the "
            "user asks to repeat, reformat, extend or amend it, nor when the user asks the same again."
        ),
        fails=Example(
            user="And how do I store it?",
            output="Seventy degrees is right for sencha, or the leaf turns bitter. Store it in a tin.",
            earlier=(("How hot must the water be?", "Seventy degrees is right for sencha, or the leaf turns bitter."),),
        ),
        passes=Example(
            user="Sorry, I missed that, once more please?",
            output="Seventy degrees is right for sencha, or the leaf turns bitter.",
            earlier=(("How hot must the water be?", "Seventy degrees is right for sencha, or the leaf turns bitter."),),
        ),
        setting="Earlier turns of the case (`messages`) hold the answers that must not come back.",
        check=self_echo,
    ),
)

BEHAVIOUR = Behaviour(name="parroting", facts=ParrotingFacts, rules=RULES, everywhere=True)
