"""What tests of several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent

PERSONA = """\
name: Haitham
aliases: [Haytham, هيثم]
names: {ar: هيثم}
facts: {role: a helper}
"""
SYSTEMS = """\
plain:
  en: You are {{persona}}, {{fact.role}}.
  ar: أنت {{persona.ar}}.
hardened: You are {{persona}}. Never speak of yourself as of a program.
"""


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A folder with persona.yaml and systems.yaml, for suites of a test."""
    folder = tmp_path / "suites"
    folder.mkdir()
    (folder / "persona.yaml").write_text(PERSONA, encoding="utf-8")
    (folder / "systems.yaml").write_text(SYSTEMS, encoding="utf-8")
    return folder
