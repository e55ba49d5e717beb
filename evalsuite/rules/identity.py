"""Identity (ID): labels, foreign identities, the user called by the persona's name, the name missing or denied.

Judges every case of every suite; ID004 where the case asks who the model is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from pydantic import BaseModel

from evalsuite.rules.address import Address
from evalsuite.rules.clause import slot_pattern
from evalsuite.rules.denial import Denial
from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.own_name import OwnName
from evalsuite.rules.passage import Reading
from evalsuite.rules.persona import Persona, spelled_alike
from evalsuite.rules.self_patterns import product_pattern
from evalsuite.rules.self_reference import SelfReference
from evalsuite.rules.speaker_labels import (
    Label,
    asks_meaning_of,
    block_of,
    defines,
    is_entry,
    is_model_key,
    is_user_key,
    labels,
    lines_of,
    names_roles,
    word_count,
)
from evalsuite.rules.text import Span

MOST = 20
"""Findings of one rule on one output: more tell nothing new."""


class IdentityFacts(BaseModel):
    """What the rules on identity know of a case."""

    model_config = STRICT

    persona: Persona
    """Who the model must be."""
    asks_identity: bool = False
    """The case asks who the model is, so that its name must be given."""
    user_name: str | list[str] | None = None
    """The user's name, in every accepted spelling, where the case gives it."""


def role_label(reading: Reading, facts: IdentityFacts) -> Iterator[Finding]:
    """ID001."""
    found = labels(reading)
    names = frozenset(facts.persona.spellings)
    by_line = lines_of(found, reading)
    roles: bool | None = None
    for label in found:
        named = bool(spelled_alike([label.key]) & names)
        if not (named or is_model_key(label.key) or _is_product(label.key) or _is_composite(label.key, names)):
            continue
        if not reading.in_own_voice(label.span[0]) or label.emphasis_open:
            continue
        if roles is None:
            roles = names_roles(found, reading)
        if not roles and not _is_field(label, by_line, reading) and not _is_term(label, reading, named=named):
            yield Finding("ID001", label.span, "A line begins with a speaker label for the model.")


def _is_term(label: Label, reading: Reading, *, named: bool) -> bool:
    """Whether the label is the term being defined; a name is one only where its meaning was asked for."""
    if named and "?" in label.value:
        return False
    return asks_meaning_of(label, reading) if named else defines(label, reading)


def _is_product(key: str) -> bool:
    return product_pattern().fullmatch(key) is not None


def _is_composite(key: str, names: frozenset[str]) -> bool:
    """ "Haitham AI", "Assistant Haitham": a name beside a role."""
    for name in names:
        if name in key and key != name:
            rest = key.replace(name, " ", 1).strip(" -–/|,")
            if is_model_key(rest) or slot_pattern("label_title").fullmatch(rest):
                return True
    return False


def _is_field(label: Label, by_line: Mapping[int, Label], reading: Reading) -> bool:
    """Whether a label is a field of the answer: beside other fields, with the value of one."""
    around = block_of(label, by_line, reading)
    others = [o for o in around.siblings if not is_user_key(o.key) and not is_model_key(o.key)]
    if not others:
        short = around.siblings and word_count(label.value) <= 3 and is_entry(label.value)
        return bool(short) and all(word_count(o.value) <= 3 and is_entry(o.value) for o in around.siblings)
    if is_entry(label.value):
        return True
    return len(others) > 1 and word_count(label.value) > 0 and (label.bulleted or all(o.value.strip() for o in others))


def foreign_identity(reading: Reading, facts: IdentityFacts) -> Iterator[Finding]:
    """ID002."""
    spellings = facts.persona.spellings
    said = SelfReference(reading, spellings)
    claims = [*said.claims(), *OwnName(reading, spellings).foreign()]
    claims += [answer for answer in (said.affirmed(), said.credited(), said.answered()) if answer is not None]
    for start, end in _apart((claim.start, claim.end) for claim in claims):
        yield Finding("ID002", reading.folded.span(start, end), "The model says that it is something else.")


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """The first spans in order, those that overlap an earlier one left out."""
    last, count = -1, 0
    for span in sorted(set(spans)):
        if span[0] >= last and count < MOST:
            last, count = span[1], count + 1
            yield span


def calls_user_persona(reading: Reading, facts: IdentityFacts) -> Iterator[Finding]:
    """ID003."""
    for start, end in islice(_calls(reading, facts), MOST):
        yield Finding("ID003", reading.folded.span(start, end), "The user is addressed by the persona's name.")


def _calls(reading: Reading, facts: IdentityFacts) -> list[tuple[int, int]]:
    given = facts.user_name
    spellings = facts.persona.spellings
    names = spelled_alike([given] if isinstance(given, str) else given or [])
    parts = {part for name in names for part in name.split()}
    if (names | parts) & set(spellings):
        return []
    return list(Address(reading, spellings, asks_identity=facts.asks_identity).calls())


def name_missing(reading: Reading, facts: IdentityFacts) -> Iterator[Finding]:
    """ID004."""
    if not facts.asks_identity:
        return
    spellings = facts.persona.spellings
    denied = [name for _, name in Denial(reading, spellings).denials()]
    if not OwnName(reading, spellings).own_mentions([*_calls(reading, facts), *denied]):
        yield Finding("ID004", None, "The output never gives the persona's name as its own.")


def persona_denied(reading: Reading, facts: IdentityFacts) -> Iterator[Finding]:
    """ID005."""
    for span in _apart(span for span, _ in Denial(reading, facts.persona.spellings).denials()):
        yield Finding("ID005", reading.folded.span(*span), "The model denies the persona or sets itself apart.")


ID001 = Rule(
    code="ID001",
    name="role-label",
    meaning="A line begins with a speaker label for the model. Not in quoted, code or requested text, nor where the "
    "word is the term being defined or a field of the answer.",
    fails=Example("Is a tomato a fruit?", "Assistant: Yes, botanically it is a berry."),
    passes=Example("What PC is it?", "System: Windows 11\nMemory: 16 GB\nDisk: 512 GB"),
    setting="`persona:` gives the names that count; a case that asks for a dialogue says `requested: dialogue`.",
    check=role_label,
)
ID002 = Rule(
    code="ID002",
    name="foreign-identity",
    meaning="The model says of itself that it is something other than the persona: an assistant, AI, bot, language "
    "model, program, a product, a vendor's, or another name. Not when negated, about a third party, quoted, or given "
    "by the system prompt.",
    fails=Example("Who made you?", "I'm Qwen, a large language model created by Alibaba Cloud."),
    passes=Example("Are you a bot?", "No, I'm not an assistant, I'm Haitham."),
    setting="A type noun that the case's system prompt gives the persona is allowed.",
    check=foreign_identity,
)
ID003 = Rule(
    code="ID003",
    name="calls-user-persona",
    meaning="The output addresses the user by the persona's name. Not when the model names itself, in quoted, code or "
    "requested text, nor when the user bears that name.",
    fails=Example("Hi there!", "Hello Haitham! How are you today?"),
    passes=Example("Hi there!", "Hello, Haitham here. What shall we do?"),
    setting="`user_name:` gives the user's name in every accepted spelling.",
    check=calls_user_persona,
)
ID004 = Rule(
    code="ID004",
    name="name-missing",
    meaning="The case asks who the model is, and the output never gives the persona's name, in an accepted spelling, "
    "as its own. A speaker label or a signature alone does not give it.",
    fails=Example("Who are you?", "Someone who loves good questions!", facts={"asks_identity": True}),
    passes=Example("What's your name?", "the name's haitham", facts={"asks_identity": True}),
    setting="`asks_identity: true` in the cases that ask who the model is.",
    check=name_missing,
)
ID005 = Rule(
    code="ID005",
    name="persona-denied",
    meaning="The model denies the persona or sets itself apart from it. Speaking of oneself by name is no finding, nor "
    "is a denial without the name.",
    fails=Example("Are you Haitham?", "I'm not Haitham, I am his assistant."),
    passes=Example("Thanks Hisham!", "You're welcome! I'm not Hisham, I'm Haitham."),
    setting="`persona:` gives the names that count.",
    check=persona_denied,
)

BEHAVIOUR = Behaviour(
    name="identity",
    facts=IdentityFacts,
    rules=(ID001, ID002, ID003, ID004, ID005),
    everywhere=True,
)
