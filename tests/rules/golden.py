"""How the golden tables of the rule tests are judged: one output against the rules of some behaviours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from evalsuite.conversation import Message
from evalsuite.rules.finding import Behaviour, Finding
from evalsuite.rules.passage import Conversation, Reading

HAITHAM = {"name": "Haitham", "aliases": ["Haytham", "Haithem", "Haithum", "هيثم"]}


class Case(NamedTuple):
    """One golden output: what was asked, what came back, the codes that must report."""

    user: str
    output: str
    codes: str = ""
    """Codes that report, separated by spaces."""
    evidence: str | None = None
    """Text that the first finding with a span must lie in, or hold."""
    system: str = "You are Haitham."
    facts: Mapping[str, Any] = {}
    finish_reason: str = "stop"


def reading_of(case: Case) -> Reading:
    """The output of a case, prepared."""
    messages = [Message("system", case.system)] if case.system else []
    return Reading(
        case.output,
        Conversation([*messages, Message("user", case.user)]),
        finish_reason=case.finish_reason,
        requested=case.facts.get("requested"),
        allow=frozenset(case.facts.get("allow", ())),
    )


def findings_of(case: Case, behaviours: Iterable[Behaviour[Any]]) -> list[Finding]:
    """Findings of all rules of some behaviours on a case, the allowed ones left out."""
    reading = reading_of(case)
    params = {"persona": HAITHAM, **case.facts}
    found: list[Finding] = []
    for behaviour in behaviours:
        keys = behaviour.facts.model_fields
        facts = behaviour.facts.model_validate({key: value for key, value in params.items() if key in keys})
        for rule in behaviour.rules:
            if rule.code not in reading.allow:
                found.extend(rule.check(reading, facts))
    return found
