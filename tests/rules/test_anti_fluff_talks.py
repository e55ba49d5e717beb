"""Whole conversations for the anti-fluff rules: what counts as filler depends on what was asked, now and before."""

from __future__ import annotations

from typing import Any

import pytest

from evalsuite.conversation import Message
from evalsuite.rules.anti_fluff import BEHAVIOUR, AntiFluffFacts
from evalsuite.rules.passage import Conversation, Reading
from tests.rules.anti_fluff_talks import TALKS
from tests.rules.anti_fluff_talks_2 import MORE_TALKS


@pytest.mark.parametrize(("turns", "output", "expected", "facts"), TALKS + MORE_TALKS)
def test_talk(turns: list[str], output: str, expected: str, facts: dict[str, Any]) -> None:
    said = [Message("user" if index % 2 == 0 else "assistant", text) for index, text in enumerate(turns)]
    reading = Reading(output, Conversation(said), requested=facts.get("requested"))
    allowed = facts.get("allow", ())
    found = {
        finding.code for rule in BEHAVIOUR.rules for finding in rule.check(reading, AntiFluffFacts.model_validate({}))
    }
    assert " ".join(sorted(found.difference(allowed))) == expected
