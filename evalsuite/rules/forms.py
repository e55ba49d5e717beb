"""FL006: forms that a case forbids or wants; and list items, which FL005 counts too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import regex

from evalsuite.rules.finding import Finding
from evalsuite.rules.passage import Passage, Reading, covers
from evalsuite.rules.text import Span

Form = Literal[
    "no_heading",
    "no_list",
    "no_bold",
    "no_table",
    "no_code",
    "only_number",
    "one_word",
    "lower_case",
    "ends_with_full_stop",
]

_QUOTE = r"[ \t]*+(?:>[ \t]*+)*+"
_BULLET = regex.compile(rf"{_QUOTE}[-*+•‣⁃◦▪▫■□●○◆◇–·∙][ \t\u00a0\u202f]++(?=\S)")
_MARK = regex.compile(rf"{_QUOTE}[✓✔✗✘☐☑☒►▶➤➔→⇒★☆][\uFE0E\uFE0F]?+[ \t\u00a0]++(?=\S)")
_KEYCAP = regex.compile(rf"{_QUOTE}[0-9]\uFE0F?\u20E3")
# "١-" and "1)" number items as "1." does; Arabic and Latin letters do in front of a closing bracket.
_NUMBER = regex.compile(
    rf"{_QUOTE}(?:[*_]{{0,3}}+\(?(?P<number>\p{{Nd}}{{1,3}}+)[.)\]،、．：][)]?[*_]{{0,3}}+[ \t\u00a0]++"
    rf"|(?P<number>\p{{Nd}}{{1,3}}+)(?:[ ]?[-–](?:[ \t\u00a0]++)|、|．)"
    rf"|\(?[a-zA-Zأ-ي][)][ \t\u00a0]++)(?=\S)"
)
_RULE = regex.compile(r"[ \t]*+([-*_])(?:[ \t]*+\1){2,}+[ \t]*+$")
_HTML_ITEM = regex.compile(r"<li[\s>]", regex.IGNORECASE)
_MONTH = regex.compile(
    r"\s*+\p{Nd}{1,2}\.\s++(?:jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez|ocak|şub|mart|nis|may|haz|tem|ağu|eyl|eki|kas|ara)",
    regex.IGNORECASE,
)


def list_items(passage: Passage) -> list[Span]:
    """Spans of the list items: lines that a bullet or a number opens, at any depth, outside code blocks.

    One lonely number is none unless it is 1 ("3. Mai" opens a German date), and ticks or arrows need company.
    """
    text = passage.text
    sure: list[Span] = []
    marked: list[Span] = []
    numbered: list[tuple[Span, str | None]] = []
    for start, end in passage.lines:
        if start == end or covers(passage.fences, start) or _RULE.match(text, start, end):
            continue
        if _BULLET.match(text, start, end) or _KEYCAP.match(text, start, end):
            sure.append((start, end))
        elif match := _NUMBER.match(text, start, end):
            if not _MONTH.match(text, start, end):
                numbered.append(((start, end), match.group("number")))
        elif _MARK.match(text, start, end):
            marked.append((start, end))
    if len(numbered) > 1 or (numbered and (sure or _is_one(numbered[0][1]))):
        sure += [span for span, _ in numbered]
    if len(marked) > 1 or (marked and sure):
        sure += marked
    if not sure and "<" in text:
        sure += [match.span() for match in _HTML_ITEM.finditer(text)]
    return sorted(sure)


def _is_one(number: str | None) -> bool:
    return number is not None and int(number) == 1


_ATX = regex.compile(rf"{_QUOTE}(?:#{{1,6}}[ \t]++\S|#{{2,6}}(?=\w))")
_UNDERLINE = regex.compile(r"[ ]{0,3}+(?:={2,}+|-{2,}+)[ \t]*+$")
_HTML_HEADING = regex.compile(r"<h[1-6][\s>]", regex.IGNORECASE)


def _headings(reading: Reading) -> Iterator[Span]:
    text = reading.text
    before = ""
    for start, end in reading.lines:
        line = text[start:end]
        if covers(reading.fences, start):
            before = ""
            continue
        if "#" in line and _ATX.match(line):
            yield start, end
        elif before and _UNDERLINE.match(line) and "|" not in before and not _BULLET.match(before):
            yield start - len(before) - 1, end
        before = line if line.strip() else ""
    if "<" in text:
        yield from (m.span() for m in _HTML_HEADING.finditer(text) if not covers(reading.code, m.start()))


def _lists(reading: Reading) -> Iterator[Span]:
    yield from list_items(reading)


# `2**3**2` and `__init__` are powers and Python names, not bold text.
_BOLD = regex.compile(
    r"(?<![\\*])\*{2,3}(?=[^\s*])(?:[^*\n]|\*(?!\*)){1,2000}+(?<=\S)\*{2,3}(?!\*)"
    r"|(?<![\\\w])__(?=[^\s_])(?:[^_\n]|_(?!_)){1,2000}+(?<=\S)__(?!\w)"
    r"|<(?:b|strong)>",
    regex.IGNORECASE,
)
_POWER = regex.compile(r"[\d\p{L})]\*\*\s*\w+\s*\*\*[\d(]")
_DUNDER = regex.compile(
    r"__(?:init|name|main|new|del|str|repr|call|len|iter|next|enter|exit|dict|doc|file|all|eq|ne|lt|le|gt|ge|hash|bool"
    r"|slots|class|version|import|module|add|sub|mul|[gs]etitem|[gs]etattr|getattribute|contains|annotations|future)__"
    r"|__[a-z_0-9]+__(?=\(|\.py)"
)


def _bold(reading: Reading) -> Iterator[Span]:
    text = reading.text
    if "**" not in text and "__" not in text and "<" not in text:
        return
    for match in _BOLD.finditer(text):
        start, end = match.span()
        is_power = text[start : start + 2] == "**" and _POWER.match(text, max(start - 1, 0), end + 1)
        if not is_power and not _DUNDER.match(text, start) and not covers(reading.code, start):
            yield start, end


_DELIMITER = regex.compile(rf"{_QUOTE}(?=[^|\n]*+\|)\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")
_ROW = regex.compile(rf"{_QUOTE}\|[^|\n]++\|.*\|[ \t]*+$")
_BOX = regex.compile(r"[ \t]*+(?:\+[-=]{2,}+(?:\+[-=]{2,}+)*+\+|[┌├╔╠][─═┬┼╦╬]{2,}+[┐┤╗╣])[ \t]*+$")


def _tables(reading: Reading) -> Iterator[Span]:
    text = reading.text
    rows = 0
    for start, end in reading.lines:
        line = text[start:end]
        is_row = "|" in line and _ROW.match(line) is not None
        rows = rows + 1 if is_row else 0
        if ("|" in line and _DELIMITER.match(line)) or rows == 2 or (_BOX.match(line) is not None):
            yield start, end
            return
    position = text.lower().find("<table") if "<" in text else -1
    if position >= 0:
        yield position, position + 6


_HTML_CODE = regex.compile(r"<(?:code|pre)[\s>]", regex.IGNORECASE)


def _code(reading: Reading) -> Iterator[Span]:
    yield from reading.code
    if not reading.code and "<" in reading.text:
        yield from (match.span() for match in _HTML_CODE.finditer(reading.text))


# A number: digits of one run, separated by . , ' _ (also Arabic) or grouped by spaces, with a sign and a percent sign.
_DIGITS = r"\p{Nd}++(?:[.,٫٬'’_]\p{Nd}++)*+(?:[ \u00a0\u202f\u2009]\p{Nd}{3}(?!\p{Nd})(?:[.,٫]\p{Nd}++)?+)*+"
_ONLY_NUMBER = regex.compile(
    rf"[%٪％]?[ ]?[-+−–±﹣－＋]?[ ]?[%٪％]?(?:{_DIGITS}|[.,٫]\p{{Nd}}++)[ \u00a0\u202f]?[%٪％‰]?[-+−]?"
)
_INVISIBLE = regex.compile(r"\p{Cf}")


def _whole(reading: Reading) -> Span:
    text = reading.text
    return len(text) - len(text.lstrip()), max(len(text.rstrip()), len(text) - len(text.lstrip()))


def _not_only_number(reading: Reading) -> Iterator[Span]:
    if not _ONLY_NUMBER.fullmatch(_INVISIBLE.sub("", reading.text).strip()):
        yield _whole(reading)


def _not_one_word(reading: Reading) -> Iterator[Span]:
    if len(reading.words) != 1:
        yield _whole(reading)


_UPPER = regex.compile(r"[\p{Lu}\p{Lt}]++")


def _upper_case(reading: Reading) -> Iterator[Span]:
    match = _UPPER.search(reading.text)
    if match:
        yield match.span()


# Closing quotes, brackets and emphasis may stand behind the stop; an ellipsis is no stop.
_FULL_STOP = regex.compile(r"(?<![.…])[.。۔।｡．][\"'”’»)\]」』*_\p{Cf}]*+$")


def _no_full_stop(reading: Reading) -> Iterator[Span]:
    text = reading.text.rstrip()
    if not _FULL_STOP.search(text[-40:]):
        yield max(len(text) - 1, 0), len(text)


_BROKEN: dict[str, tuple[Callable[[Reading], Iterator[Span]], str]] = {
    "no_heading": (_headings, "holds a heading"),
    "no_list": (_lists, "holds a list"),
    "no_bold": (_bold, "holds bold text"),
    "no_table": (_tables, "holds a table"),
    "no_code": (_code, "holds code marks"),
    "only_number": (_not_only_number, "is more than a number"),
    "one_word": (_not_one_word, "is not one word"),
    "lower_case": (_upper_case, "holds a capital letter"),
    "ends_with_full_stop": (_no_full_stop, "does not end with a full stop"),
}


def broken_forms(reading: Reading, forms: list[Form]) -> Iterator[Finding]:
    """FL006 for each form that is broken, at the first place that breaks it."""
    for form in forms:
        find, fault = _BROKEN[form]
        span = next(find(reading), None)
        if span is not None:
            yield Finding("FL006", span, f"The output {fault} ({form}).")
