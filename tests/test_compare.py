"""Comparison: every flip is named, and a run compared with itself shows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsuite.compare import CompareError, compare, first_difference
from evalsuite.render.terminal import comparison_text
from tests.stories import make_case, make_run

GOOD = "The museum opens at nine."
BAD = "Hello Haitham! The museum opens at nine."


def test_every_case_is_named_by_what_became_of_it(tmp_path: Path) -> None:
    before = make_run(tmp_path / "a", {"fixed": BAD, "broken": GOOD, "same": GOOD, "bad": BAD, "old": GOOD})
    after = make_run(tmp_path / "b", {"fixed": GOOD, "broken": BAD, "same": GOOD, "bad": BAD, "new": GOOD})
    changes = {pair.key.partition("::")[2].partition("[")[0]: pair.change for pair in compare(before, after).pairs}
    assert changes == {
        "fixed": "fixed",
        "broken": "regressed",
        "same": "still passing",
        "bad": "still failing",
        "old": "gone",
        "new": "new",
    }


def test_a_flip_shows_both_outputs_in_full_and_where_they_part(tmp_path: Path) -> None:
    start = " ".join(f"Hall {i} opens at nine." for i in range(30)) + " "
    before = make_run(tmp_path / "a", {"x": start + "And so, Haitham, it ends."})
    after = make_run(tmp_path / "b", {"x": start + "That is all."})
    text = comparison_text(compare(before, after))
    assert text.count(start) == 2
    assert f"part at character {len(start)}" in text
    assert "1 cases flipped" in text


def test_a_case_without_verdict_is_undecided_not_regressed(tmp_path: Path) -> None:
    cases = [make_case("x"), make_case("y")]
    before = make_run(tmp_path / "a", {"x": GOOD, "y": GOOD}, cases=cases)
    after = make_run(tmp_path / "b", {"x": GOOD}, cases=cases)
    assert [pair.change for pair in compare(before, after).pairs] == ["still passing", "undecided"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(answers=st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([GOOD, BAD, "", "Hi"]), min_size=1))
def test_a_run_compared_with_itself_shows_nothing(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, str]
) -> None:
    run = make_run(tmp_path_factory.mktemp("run") / "r", answers)
    comparison = compare(run, run)
    assert not comparison.changed("regressed", "fixed", "undecided", "new", "gone")
    assert "no case flipped" in comparison_text(comparison)


def test_runs_without_a_common_case_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CompareError, match="no case in common"):
        compare(make_run(tmp_path / "a", {"x": GOOD}), make_run(tmp_path / "b", {"y": GOOD}))


def test_cases_asked_differently_are_refused_by_name(tmp_path: Path) -> None:
    before = make_run(tmp_path / "a", {"x": GOOD})
    after = make_run(tmp_path / "b", {"x": GOOD}, cases=[make_case("x", user="What?")])
    with pytest.raises(CompareError, match=r"identity::x\[plain\]"):
        compare(before, after)


@pytest.mark.parametrize(("a", "b", "at"), [("", "", None), ("ab", "ab", None), ("ab", "ac", 1), ("a", "ab", 1)])
def test_the_first_difference(a: str, b: str, at: int | None) -> None:
    assert first_difference(a, b) == at
