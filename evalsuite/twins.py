"""Twins: an ambiguous case and its clear one, each of which names the other."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from evalsuite.document import Document, Problem


def check_twins(
    document: Document, suite: str, defaults: Mapping[str, Any], cases: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """What is wrong with the twins of a suite's cases.

    In an ambiguity suite every case has one; everywhere the twin that a case names is there and names it back.

    Args:
        document: the suite file.
        suite: its behaviour.
        defaults: its defaults.
        cases: its cases as written.
    """
    named = {raw["id"]: (i, {**defaults, **raw}) for i, raw in enumerate(cases) if isinstance(raw.get("id"), str)}
    problems = []
    for name, (index, raw) in named.items():
        at: tuple[str | int, ...] = ("cases", index, "twin")
        twin = raw.get("twin")
        if twin is None:
            if suite == "ambiguity":
                problems.append(
                    document.problem(
                        ("cases", index),
                        f"the case {name!r} has no twin",
                        "an ambiguous case and a clear one were expected in pairs",
                        "add `twin:` with the other's id",
                    )
                )
        elif not isinstance(twin, str):
            continue  # the case's own form is told already
        elif twin not in named:
            near = difflib.get_close_matches(twin, named, n=1)
            problems.append(
                document.problem(
                    at,
                    f"the twin {twin!r} is not there",
                    "the id of another case of this suite was expected",
                    f"did you mean {near[0]!r}?" if near else "add the case, or correct the id",
                )
            )
        elif named[twin][1].get("twin") != name:
            problems.append(
                document.problem(
                    at,
                    f"{twin!r} does not name {name!r} as its twin",
                    "twins name each other",
                    f"add `twin: {name}` to {twin!r}",
                )
            )
        elif suite == "ambiguity" and named[twin][1].get("ambiguous") == raw.get("ambiguous"):
            problems.append(
                document.problem(
                    at,
                    f"{name!r} and {twin!r} are of one kind",
                    "one ambiguous and one clear case make a pair",
                    "set `ambiguous: false` on the clear one",
                )
            )
    return problems
