"""JSON Schemas of the files that people write: suites, persona, system prompts."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from evalsuite.case import CaseKeys
from evalsuite.gate import Policy
from evalsuite.persona import Persona
from evalsuite.rules.catalogue import BEHAVIOURS, behaviours_for
from evalsuite.rules.facts import Voice

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _parts(model: type[BaseModel], prefix: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Properties of a model; what they refer to goes to `definitions` under names of its own."""
    schema = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{prefix}.{{model}}")
    for name, definition in schema.pop("$defs", {}).items():
        definitions[f"{prefix}.{name}"] = definition
    return dict(schema["properties"])


def _case(suite: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Schema of one case of a suite: the keys of every case and the facts of the rules that judge it."""
    properties = _parts(CaseKeys, "case", definitions) | _parts(Voice, "voice", definitions)
    for behaviour in behaviours_for(suite):
        properties |= _parts(behaviour.facts, behaviour.name, definitions)
    properties.pop("persona", None)  # comes from persona.yaml
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id"],
        "properties": properties,
    }


def suite_schema() -> dict[str, Any]:
    """JSON Schema of `*.suite.yaml`."""
    definitions: dict[str, Any] = {}
    names = [behaviour.name for behaviour in BEHAVIOURS]
    branches = []
    for name in names:
        case = _case(name, definitions)
        definitions[f"{name}.case"] = case
        definitions[f"{name}.defaults"] = {**case, "required": []}
        branches.append(
            {
                "if": {"properties": {"suite": {"const": name}}, "required": ["suite"]},
                "then": {
                    "properties": {
                        "defaults": {"$ref": f"#/$defs/{name}.defaults"},
                        "cases": {"items": {"$ref": f"#/$defs/{name}.case"}},
                    }
                },
            }
        )
    return {
        "$schema": DIALECT,
        "title": "An evalsuite suite",
        "type": "object",
        "additionalProperties": False,
        "required": ["suite", "cases"],
        "properties": {
            "suite": {"enum": names, "description": "The behaviour that the suite tests."},
            "description": {"type": "string"},
            "defaults": {"type": "object", "description": "Keys that every case has unless it gives its own."},
            "cases": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        },
        "allOf": branches,
        "$defs": definitions,
    }


def persona_schema() -> dict[str, Any]:
    """JSON Schema of `persona.yaml`."""
    return {"$schema": DIALECT, **Persona.model_json_schema(), "title": "The persona that suites test"}


def systems_schema() -> dict[str, Any]:
    """JSON Schema of `systems.yaml`."""
    text = {"type": "string", "minLength": 1}
    return {
        "$schema": DIALECT,
        "title": "System prompts by name",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[a-z0-9][a-z0-9._-]*$"},
        "additionalProperties": {"oneOf": [text, {"type": "object", "minProperties": 1, "additionalProperties": text}]},
    }


def gate_schema() -> dict[str, Any]:
    """JSON Schema of `gate.yaml`."""
    return {"$schema": DIALECT, **Policy.model_json_schema(), "title": "The policy of the gate"}


SCHEMAS = {"suite": suite_schema, "persona": persona_schema, "systems": systems_schema, "gate": gate_schema}
"""Schema makers by the kind of file."""
