"""Numbers by value, whatever their digits and separators."""

from __future__ import annotations

import pytest

from evalsuite.rules.numbers import values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("40", {"40"}),
        ("٤٠", {"40"}),
        ("007", {"7"}),
        ("0", {"0"}),
        ("1,200", {"1200"}),
        ("1.200", {"1200", "1.2"}),
        ("١٬٢٠٠", {"1200"}),
        ("٢٫٥", {"2.5"}),
        ("3,5", {"3.5"}),
        ("0.50", {"0.5"}),
        ("1.234,50", {"1234.5"}),
        ("1,234.50", {"1234.5"}),
        ("10:30", {"10:30"}),
        ("03/04", {"03/04"}),
    ],
)
def test_values(text: str, expected: set[str]) -> None:
    assert values(text) == expected


def test_a_very_long_run_of_digits_is_compared_as_text() -> None:
    assert values("9" * 100_000) == {"9" * 100_000}
