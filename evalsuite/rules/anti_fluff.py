"""Anti-fluff (FL): openers, closers, disclaimers, emoji, length, format, content, restating the task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from evalsuite.rules.closing import closer
from evalsuite.rules.content import forbidden_content, missing_content
from evalsuite.rules.disclaimers import disclaimers
from evalsuite.rules.emoji import emoji_spans
from evalsuite.rules.facts import STRICT
from evalsuite.rules.filler import opener
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.forms import Form, broken_forms
from evalsuite.rules.measures import Limits, broken_limits
from evalsuite.rules.passage import Reading
from evalsuite.rules.restating import restatement


class AntiFluffFacts(BaseModel):
    """What the anti-fluff rules know of a case."""

    model_config = STRICT

    limits: Limits = Limits()
    """How long the answer may or must be."""
    form: Annotated[list[Form], Field(default_factory=list)]
    """Forms that the case forbids or wants."""
    requires: Annotated[list[list[str]], Field(default_factory=list)]
    """What the answer must hold: of every group, one spelling or more."""
    forbids: Annotated[list[str], Field(default_factory=list)]
    """What the answer must not hold, not even negated."""


def opens_with_filler(reading: Reading, _: AntiFluffFacts) -> Iterator[Finding]:
    """FL001."""
    span = opener(reading)
    if span is not None:
        yield Finding("FL001", span, f"The output opens with filler: {_shown(reading, span)}.")


def ends_with_filler(reading: Reading, _: AntiFluffFacts) -> Iterator[Finding]:
    """FL002."""
    span = closer(reading)
    if span is not None:
        yield Finding("FL002", span, f"The output ends with filler: {_shown(reading, span)}.")


def holds_disclaimer(reading: Reading, _: AntiFluffFacts) -> Iterator[Finding]:
    """FL003."""
    for span in disclaimers(reading):
        yield Finding("FL003", span, f"The output holds a disclaimer: {_shown(reading, span)}.")


def holds_emoji(reading: Reading, _: AntiFluffFacts) -> Iterator[Finding]:
    """FL004."""
    for span in emoji_spans(reading.text):
        yield Finding("FL004", span, f"The output holds the emoji {_shown(reading, span)}.")


def breaks_limit(reading: Reading, facts: AntiFluffFacts) -> Iterator[Finding]:
    """FL005."""
    yield from broken_limits(reading, facts.limits)


def breaks_form(reading: Reading, facts: AntiFluffFacts) -> Iterator[Finding]:
    """FL006."""
    yield from broken_forms(reading, facts.form)


def breaks_content(reading: Reading, facts: AntiFluffFacts) -> Iterator[Finding]:
    """FL007."""
    yield from missing_content(reading, facts.requires)
    yield from forbidden_content(reading, facts.forbids)


def restates_task(reading: Reading, _: AntiFluffFacts) -> Iterator[Finding]:
    """FL008."""
    span = restatement(reading)
    if span is not None:
        yield Finding("FL008", span, f"The output restates or announces the task: {_shown(reading, span)}.")


def _shown(reading: Reading, span: tuple[int, int]) -> str:
    """The evidence for a message, in its own words; the span tells where all of it stands."""
    return repr(reading.text[span[0] : span[1]])


BEHAVIOUR = Behaviour(
    name="anti_fluff",
    facts=AntiFluffFacts,
    rules=(
        Rule(
            code="FL001",
            name="opener",
            meaning=(
                'The output opens with filler: "Certainly!", "Great question", "I\'d be happy to help", "Okay,". '
                'A word that answers is content: "Of course" to a yes/no question, "Absolutely not".'
            ),
            fails=Example(user="What is a comet?", output="Great question! A ball of ice that orbits the Sun."),
            passes=Example(user="Can I freeze tomatoes?", output="Certainly, best as a sauce."),
            setting="`requested:` keeps the rule out of text that the user asked for; `allow: [FL001]` turns it off.",
            check=opens_with_filler,
        ),
        Rule(
            code="FL002",
            name="closer",
            meaning=(
                "The output ends with filler: an offer of more help, a hope that it helped, a wish, "
                '"Anything else?". A question that the task calls for is content.'
            ),
            fails=Example(user="Which port does HTTPS use?", output="443. Let me know if you need anything else."),
            passes=Example(user="Remind me to call the dentist.", output="At what time?"),
            setting="`requested:` keeps the rule out of text that the user asked for; `allow: [FL002]` turns it off.",
            check=ends_with_filler,
        ),
        Rule(
            code="FL003",
            name="disclaimer",
            meaning=(
                'The output refers to itself as a machine or hedges: "As an AI", "It\'s important to note that", '
                '"Keep in mind that", "consult a professional". Advice that the task calls for says so with `allow`.'
            ),
            fails=Example(user="How long does dough rise?", output="One to two hours. Please note that times vary."),
            passes=Example(user="When does the ferry go?", output="Consult the timetable on the pier."),
            setting="`allow: [FL003]` where the user asks for a safety note; `requested:` for text asked for.",
            check=holds_disclaimer,
        ),
        Rule(
            code="FL004",
            name="emoji",
            meaning="The output holds an emoji. Digits, ©, ®, ™, arrows and text symbols are none.",
            fails=Example(user="Which country is Salalah in?", output="Oman 🇴🇲"),
            passes=Example(user="Which sign marks a copyright?", output="© marks a copyright."),
            setting="`allow: [FL004]` where the user asks for an emoji.",
            check=holds_emoji,
        ),
        Rule(
            code="FL005",
            name="length",
            meaning=(
                "A limit of the case is broken: non-empty lines, sentences, words, characters or list items. "
                "Openers, closers and headings count."
            ),
            fails=Example(
                user="Explain gravity in exactly two lines.",
                output="Masses attract.\nThe Moon falls round us.\nLight bends.",
                facts={"limits": {"lines": {"exactly": 2}}},
            ),
            passes=Example(
                user="Explain gravity in exactly two lines.",
                output="Masses attract.\n\nThe Moon falls round us.",
                facts={"limits": {"lines": {"exactly": 2}}},
            ),
            setting="`limits: {lines: {exactly: 2}}`; also sentences, words, characters, items; at_most, at_least.",
            check=breaks_limit,
        ),
        Rule(
            code="FL006",
            name="format",
            meaning="A form that the case forbids or wants is broken: headings, lists, bold text, only a number, ...",
            fails=Example(user="6 x 7? Number only.", output="It's 42", facts={"form": ["only_number"]}),
            passes=Example(user="6 x 7? Number only.", output="42", facts={"form": ["only_number"]}),
            setting=(
                "`form:` a list of no_heading, no_list, no_bold, no_table, no_code, only_number, one_word, "
                "lower_case, ends_with_full_stop."
            ),
            check=breaks_form,
        ),
        Rule(
            code="FL007",
            name="content",
            meaning=(
                "The output lacks what the case requires (whole words, any accepted spelling, numbers by value), "
                "or holds, even negated, what it forbids."
            ),
            fails=Example(user="Capital of Australia?", output="Sydney.", facts={"requires": [["Canberra"]]}),
            passes=Example(user="How many planets?", output="Eight.", facts={"requires": [["8", "eight"]]}),
            setting="`requires: [[8, eight], [planets]]`: of every group one spelling; `forbids: [snow]`.",
            check=breaks_content,
        ),
        Rule(
            code="FL008",
            name="restates",
            meaning=(
                "The output opens, or goes on after an opener, by restating or announcing the task: "
                '"You want to know how ...", "Here are five tips:", a bare echo of the question. '
                "A sentence that already says something is none."
            ),
            fails=Example(user="How do I descale a kettle?", output="Here are the steps:\n1. Boil vinegar.\n2. Rinse."),
            passes=Example(user="How do I descale a kettle?", output="To descale it, boil vinegar in it and rinse."),
            setting="`requested:` keeps the rule out of text that the user asked for; `allow: [FL008]` turns it off.",
            check=restates_task,
        ),
    ),
)
