"""Which behaviours there are, and how an output is judged by the rules that apply to its case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evalsuite.rules import ambiguity, anti_fluff, identity, json_grounding, output, parroting
from evalsuite.rules.facts import CaseFacts, Voice
from evalsuite.rules.finding import Behaviour, Finding, Rule, Status, Verdict
from evalsuite.rules.passage import Conversation, Reading

BEHAVIOURS: tuple[Behaviour[Any], ...] = (
    output.BEHAVIOUR,
    identity.BEHAVIOUR,
    json_grounding.BEHAVIOUR,
    parroting.BEHAVIOUR,
    ambiguity.BEHAVIOUR,
    anti_fluff.BEHAVIOUR,
)
"""A new behaviour is one more line here."""

RULES: dict[str, Rule[Any]] = {rule.code: rule for behaviour in BEHAVIOURS for rule in behaviour.rules}


def behaviours_for(suite: str) -> tuple[Behaviour[Any], ...]:
    """Behaviours whose rules judge the cases of a suite: its own, and those that judge everywhere."""
    return tuple(b for b in BEHAVIOURS if b.everywhere or b.name == suite)


def field_names(behaviour: Behaviour[Any]) -> frozenset[str]:
    """Keys under which a case gives the behaviour's facts."""
    return frozenset(field.alias or name for name, field in behaviour.facts.model_fields.items())


def parse_facts(suite: str, params: Mapping[str, Any]) -> CaseFacts:
    """Facts of a case of `suite` from flat `params`, each key handed to the models that know it.

    Raises:
        pydantic.ValidationError: a value does not fit.
        KeyError: a key that no model of the suite knows.
    """
    voice_keys = frozenset(Voice.model_fields)
    behaviours = behaviours_for(suite)
    known = voice_keys.union(*(field_names(b) for b in behaviours))
    unknown = set(params) - known
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    voice = Voice.model_validate({key: value for key, value in params.items() if key in voice_keys})
    facts = {
        b.name: b.facts.model_validate({k: v for k, v in params.items() if k in field_names(b)}) for b in behaviours
    }
    return CaseFacts(voice, facts)


def judge(
    text: str,
    conversation: Conversation,
    facts: CaseFacts,
    *,
    finish_reason: str | None = "stop",
    codes: Iterable[str] | None = None,
) -> Verdict:
    """Verdict of all rules that apply (or only those in `codes`) on one full output.

    Never raises for any text: a rule that raises makes the verdict an error that names the rule.
    """
    reading = Reading(
        text,
        conversation,
        finish_reason=finish_reason,
        requested=facts.voice.requested,
        allow=frozenset(facts.voice.allow),
    )
    wanted = None if codes is None else frozenset(codes)
    findings: list[Finding] = []
    errors: list[str] = []
    for behaviour in BEHAVIOURS:
        model = facts.by_behaviour.get(behaviour.name)
        if model is None:
            continue
        for rule in behaviour.rules:
            if rule.code in reading.allow or (wanted is not None and rule.code not in wanted):
                continue
            try:
                findings.extend(rule.check(reading, model))
            except Exception as error:  # a defect of ours must never pass for the model's success or failure
                errors.append(f"{rule.code} could not decide: {type(error).__name__}: {error}")
    status: Status = "error" if errors else "fail" if findings else "pass"
    return Verdict(status, tuple(findings), tuple(errors))
