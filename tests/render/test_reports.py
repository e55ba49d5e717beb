"""summary.md and report.html: everything is there in full, and nothing of an output is read as markup."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from evalsuite.render.html import report
from evalsuite.render.markdown import fenced, summary
from evalsuite.render.summary import write_reports
from tests.stories import make_run

HOSTILE = [
    "Hello Haitham! <script>alert(1)</script><img src=x onerror=alert(1)>",
    "Hello Haitham!\n```\n# a heading that is none\n```` and on",
    "Hello Haitham! \x1b[2J \u202e \ud800 \x00",
    "Hello Haitham! </pre></details></body> &lt;b&gt; {{ 7 * 7 }} {% raw %}",
    "Hello Haitham! | a | b |\n|---|---|\n::error file=x::y",
]


class Tags(HTMLParser):
    """The tags of a page and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("output", HOSTILE)
def test_no_markup_of_an_output_is_read_in_html(tmp_path: Path, output: str) -> None:
    page = Tags()
    page.feed(report(make_run(tmp_path / "r", {"a": output})))
    assert not {"script", "img", "b"} & set(page.tags)
    assert page.tags.count("body") == page.tags.count("details") == 1


@pytest.mark.parametrize("output", HOSTILE)
def test_reports_of_hostile_outputs_are_written(tmp_path: Path, output: str) -> None:
    run = make_run(tmp_path / "r", {"a": output})
    write_reports(run)
    for name in ("summary.md", "report.html"):
        text = (run.folder / name).read_text(encoding="utf-8")
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_fence_cannot_be_closed_from_within() -> None:
    text = fenced("a\n```\nb\n`````\nc")
    lines = text.split("\n")
    assert lines[0] == "``````text"
    assert lines[-1] == "``````"


def test_long_outputs_stand_whole_in_both(tmp_path: Path) -> None:
    output = "Hello Haitham! " + " ".join(f"Hall {i} opens at nine." for i in range(500))
    run = make_run(tmp_path / "r", {"a": output})
    page = Tags()
    page.feed(report(run))
    assert "Hall 499 opens at nine." in "".join(page.text)
    assert output in summary(run).replace("⟦", "").replace("⟧", "")
    assert output in "".join(page.text)


def test_evidence_is_marked_in_html(tmp_path: Path) -> None:
    text = report(make_run(tmp_path / "r", {"a": "Good morning, Haitham!"}))
    assert "<mark>" in text
    assert "Haitham</mark>" in text or "Haitham!</mark>" in text
