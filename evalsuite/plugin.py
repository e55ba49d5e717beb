"""The pytest plugin: collects `*.suite.yaml`, and gives its options only to sessions that collect one.

This module stays light, since every pytest session of an environment imports it: what does the work is imported when
the first suite file is met.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

SUFFIX = ".suite.yaml"
_OPTIONS_ADDED: pytest.StashKey[bool] = pytest.StashKey()


def _names_suites(args: Sequence[str]) -> bool:
    """Whether a command line names a suite file or a folder that holds some."""
    for arg in args:
        if str(arg).startswith("-"):
            continue
        path = Path(str(arg).split("::", 1)[0])
        try:
            if path.name.endswith(SUFFIX) or (path.is_dir() and next(path.glob(f"*{SUFFIX}"), None) is not None):
                return True
        except OSError:  # an expression for -k may be longer than a path; a folder may be closed to us
            continue
    return False


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Adds the options: before the conftests where suites are named, else after them and only where names are free.

    An unrelated project may have a `--model` of its own; merely being installed must not break it.
    """
    from evalsuite.options import OPTION_NAMES, add_options, taken_names

    named = _names_suites(args)
    wanted = named or "-h" in args or "--help" in args
    if named and (taken := taken_names(parser)):
        raise pytest.UsageError(
            f"{', '.join(taken)}: an option of another plugin, and of evalsuite; one of the two was expected; "
            "run the suites with `-p no:PLUGIN`, or where that plugin is not installed"
        )
    if wanted and not taken_names(parser):
        add_options(parser)
        early_config.stash[_OPTIONS_ADDED] = True
        # the arguments were read once without our options, so that their values passed for paths
        early_config.known_args_namespace = parser.parse_known_args(args)
    yield
    used = any(arg.split("=", 1)[0] in OPTION_NAMES for arg in args)
    if used and not wanted and not taken_names(parser):
        add_options(parser)
        early_config.stash[_OPTIONS_ADDED] = True


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A suite file becomes a collector of its cases; every other file is left alone."""
    if not file_path.name.endswith(SUFFIX):
        return None
    from evalsuite.session import SuiteFile, install

    install(parent.config)
    collector: pytest.Collector = SuiteFile.from_parent(parent, path=file_path)
    return collector


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Before an xdist worker starts: names the run folder to it (only where suites are run)."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist has no types here
    if config.stash.get(_OPTIONS_ADDED, False):
        from evalsuite.session import install

        install(config).prepare_worker(node)
