"""Installed but not used: other projects' sessions are left alone."""

from __future__ import annotations

import pytest

TEST = "def test_one():\n    pass\n"


def test_an_unrelated_project_sees_and_prints_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_x=TEST)
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(passed=1)
    assert "evalsuite" not in result.stdout.str() + result.stderr.str()


def test_an_unrelated_project_may_have_a_model_option_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--model', default='small')\n"
        "    parser.addoption('--report', action='store_true')\n"
    )
    pytester.makepyfile(test_x="def test_one(request):\n    assert request.config.getoption('--model') == 'small'\n")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_other_yaml_files_are_never_read(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_x=TEST)
    (pytester.path / "broken.yaml").write_text("{{{{")
    (pytester.path / "suite.yaml").write_text("{{{{")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_options_are_in_the_help(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--help")
    result.stdout.fnmatch_lines(["evalsuite:*", "*--model*", "*--replay*"])


def test_nothing_of_the_package_is_imported_by_an_idle_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_x="import sys\n\ndef test_one():\n"
        "    ours = sorted(m for m in sys.modules if m.startswith('evalsuite'))\n"
        "    assert ours == ['evalsuite', 'evalsuite.options', 'evalsuite.plugin']\n"
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_long_expressions_are_no_paths(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_x=TEST)
    pytester.runpytest_subprocess("-k", "one or " + "a" * 5000).assert_outcomes(passed=1)


def test_an_unrelated_project_may_use_an_option_of_our_name(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_addoption(parser):\n    parser.addoption('--model', default='small')\n")
    pytester.makepyfile(test_x="def test_one(request):\n    assert request.config.getoption('--model') == 'big'\n")
    pytester.runpytest_subprocess("--model", "big").assert_outcomes(passed=1)


PLUGIN = "def pytest_addoption(parser):\n    parser.addoption('--base-url', default='x')\n"


def test_a_plugin_with_an_option_of_our_name_goes_before_ours(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(theirs=PLUGIN, test_x=TEST)
    pytester.runpytest_subprocess("-p", "theirs", "--base-url", "http://x").assert_outcomes(passed=1)
    pytester.runpytest_subprocess("-p", "theirs").assert_outcomes(passed=1)


def test_suites_beside_such_a_plugin_are_one_clear_message(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(theirs=PLUGIN)
    (pytester.path / "x.suite.yaml").write_text("suite: identity\n")
    result = pytester.runpytest_subprocess("-p", "theirs", "x.suite.yaml")
    assert result.ret == 4
    assert "--base-url: an option of another plugin" in result.stderr.str()
    assert "Traceback" not in result.stderr.str()
