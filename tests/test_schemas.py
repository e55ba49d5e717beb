"""The published JSON Schemas are those of the code, and the shipped files fit them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from evalsuite.document import read_document
from evalsuite.schema import SCHEMAS

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "suites").glob("*.yaml"))


def kind(path: Path) -> str:
    """Kind of a shipped file: `persona.yaml` is a persona, `identity.suite.yaml` a suite."""
    return path.name.removesuffix(".yaml").rsplit(".", 1)[-1]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_what_the_code_gives(name: str) -> None:
    published = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert published == SCHEMAS[name](), f"write it again: evalsuite schema {name} > schemas/{name}.schema.json"
    Draft202012Validator.check_schema(published)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_shipped_file_names_its_schema_and_fits_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema=../schemas/{kind(path)}.schema.json"
    found = Draft202012Validator(SCHEMAS[kind(path)]()).iter_errors(read_document(path).value)
    assert [error.message for error in found] == []
