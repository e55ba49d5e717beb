"""Who the model must be and what it is told: persona.yaml, systems.yaml, and the placeholders that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import regex
from pydantic import BaseModel

from evalsuite.case import NAME, STRICT, Text
from evalsuite.document import Document, Problem
from evalsuite.schema_errors import read_model


class Persona(BaseModel):
    """`persona.yaml`: who the model must be."""

    model_config = STRICT

    name: Text
    aliases: list[Text] = []
    """Accepted spellings of the name, in any script; a closed list, written by hand."""
    names: dict[str, Text] = {}
    """How the name is written in a language (code -> spelling), for `{{persona.ar}}` and the like."""
    facts: dict[str, Text] = {}
    """What is true of the persona, by a short key: `role`, `city`, `maker`, ..., for `{{fact.role}}`."""


def read_persona(document: Document, problems: list[Problem]) -> Persona | None:
    """The persona of persona.yaml, or None after adding what is wrong with it to `problems`."""
    return read_model(Persona, document, (), document.value, problems)


Systems = Mapping[str, Mapping[str, str]]
"""System prompt name -> language -> text; the first language stands in for those that are missing."""


def read_systems(document: Document, persona: Persona | None, problems: list[Problem]) -> Systems | None:
    """System prompts of systems.yaml: a name with a text, or with a text for each language."""
    if not isinstance(document.value, dict) or not document.value:
        problems.append(
            document.problem(
                (),
                "holds no system prompts",
                "names with a text each were expected",
                "write `plain: You are {{persona}}.`",
            )
        )
        return None
    systems: dict[str, dict[str, str]] = {}
    for name, value in document.value.items():
        texts = {"en": value} if isinstance(value, str) else value
        if not regex.match(NAME, name):
            problems.append(
                document.problem(
                    (name,),
                    f"the name {name!r} has characters that an id cannot hold",
                    "a-z, 0-9, '.', '_' and '-' were expected",
                    "rename it",
                    at_key=True,
                )
            )
        if not (isinstance(texts, dict) and texts and all(isinstance(t, str) and t.strip() for t in texts.values())):
            problems.append(
                document.problem(
                    (name,),
                    f"the system prompt {name!r} is no text",
                    "a text, or a text for each language code, was expected",
                    "write it as a string; an empty system prompt would bring the template's own",
                )
            )
            continue
        systems[name] = {language: fill(document, (name,), text, persona, problems) for language, text in texts.items()}
    return systems


_PLACEHOLDER = regex.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def fill(
    document: Document,
    keys: Sequence[str | int],
    value: Any,
    persona: Persona | None,
    problems: list[Problem],
) -> Any:
    """`value` with `{{persona}}`, `{{persona.LANGUAGE}}` and `{{fact.KEY}}` replaced in every string."""
    if isinstance(value, dict):
        return {key: fill(document, (*keys, key), child, persona, problems) for key, child in value.items()}
    if isinstance(value, list):
        return [fill(document, (*keys, index), child, persona, problems) for index, child in enumerate(value)]
    if not isinstance(value, str) or "{{" not in value or persona is None:
        return value

    def replacement(match: regex.Match[str]) -> str:
        kind, _, key = match.group(1).partition(".")
        if kind == "persona":
            if not key:
                return persona.name
            return persona.names.get(key, persona.name)
        if kind == "fact" and key in persona.facts:
            return persona.facts[key]
        problems.append(
            document.problem(
                keys,
                f"the placeholder {match.group()} is not known",
                "{{persona}}, {{persona.LANGUAGE}} or {{fact.KEY}} was expected",
                "add the fact to persona.yaml, or write the text out",
            )
        )
        return ""

    return _PLACEHOLDER.sub(replacement, value)
