"""A run as one self-contained HTML page: no network, no script of its own needed, no markup of an output ever read."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from evalsuite.render.plain import visible
from evalsuite.rules.catalogue import RULES
from evalsuite.rules.text import merge
from evalsuite.run import Run
from evalsuite.tally import is_hidden, tally

if TYPE_CHECKING:
    import jinja2

    from evalsuite.conversation import Completion
    from evalsuite.rules.finding import Verdict


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(
            lambda name: files("evalsuite.render").joinpath("templates", name).read_text(encoding="utf-8")
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    return environment


def pieces(completion: Completion, verdict: Verdict) -> list[tuple[bool, str]]:
    """The output in order as (is evidence, text) pieces."""
    spans = merge([f.span for f in verdict.findings if f.span is not None and f.span[0] < f.span[1]])
    found: list[tuple[bool, str]] = []
    position = 0
    for start, end in spans:
        found += [(False, completion.text[position:start]), (True, completion.text[start:end])]
        position = end
    found.append((False, completion.text[position:]))
    return [(evidence, text) for evidence, text in found if text]


def report(run: Run) -> str:
    """The whole report.html of a run."""
    results = list(run.results.values())
    found = tally(results)
    cases: list[dict[str, Any]] = [
        {
            "result": result,
            "hidden": result.status == "fail" and is_hidden(result),
            "answers": [
                (completion, verdict, pieces(completion, verdict))
                for completion, verdict in zip(result.completions, result.verdicts, strict=False)
            ],
        }
        for result in results
    ]
    page: str = (
        _environment()
        .get_template("run.html")
        .render(
            run=run,
            manifest=run.manifest,
            tally=found,
            cases=cases,
            systems=sorted({system for counts in found.systems.values() for system in counts}),
            rules=RULES,
            reporting=[code for code in RULES if any(counter[code] for counter in found.rules.values())],
        )
    )
    # a lone surrogate cannot be written as UTF-8; `visible` has shown those of outputs already
    return page.encode("utf-8", "backslashreplace").decode("utf-8")
