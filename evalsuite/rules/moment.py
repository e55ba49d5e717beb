"""Dates and times of day in a text, whatever their format: "3 May 2026", "٣/٥/٢٠٢٦", "half past seven", "19h30".

A key stands for one date or time: `d:2026-05-03`, `d:--05-03` (no year said), `d:2026-05` (no day said), `t:07:30`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import regex

from evalsuite.rules.atoms import Atom, ascii_digits
from evalsuite.rules.lexicon import load
from evalsuite.rules.quantity import Quantity, phrases
from evalsuite.rules.text import Span

Keys = frozenset[str]
FULL_HOUR = "m:00"
"""Key of a time that says no minutes and is beyond doubt a time ("7 am", not "at 7"): its minutes are 0."""
_MANY = 1000
"""Times of one text that are told from the hours in them; more are no speech."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Atoms `start` up to `end` that say a date or a time."""

    start: int
    end: int
    keys: Keys


class _Line:
    """Atoms as one text in which numbers are digits and words are folded and one space apart; with a way back."""

    def __init__(self, found: Sequence[Atom], said: Sequence[Quantity]) -> None:
        longest: dict[int, Quantity] = {}
        for quantity in said:
            if quantity.value.isdecimal():
                best = longest.get(quantity.start)
                if best is None or quantity.end > best.end:
                    longest[quantity.start] = quantity
        pieces: list[str] = []
        self._starts: list[int] = []
        self._atoms: list[tuple[int, int]] = []
        size, at = 0, 0
        while at < len(found):
            atom = found[at]
            here = longest.get(at)
            end = here.end if here is not None else at + 1
            text = here.value if here is not None else atom.text
            if here is None and atom.values and all(value.startswith("-") for value in atom.values):
                text = f"-{text}"  # no hour or day is negative
            if here is not None and atom.text.startswith("و") and not _is_number_word(atom.text):
                text = f"و{text}"
            mark = self._mark(atom)
            pieces += [mark, text]
            size += len(mark)
            self._starts.append(size)
            self._atoms.append((at, end))
            size += len(text)
            at = end
        self.text = "".join(pieces)

    @staticmethod
    def _mark(atom: Atom) -> str:
        if atom.glue == "mixed":
            return ""
        mark = atom.separator.strip()
        return mark if len(mark) == 1 and mark in ":/.-" and mark == atom.separator else " "

    def atoms_of(self, start: int, end: int) -> tuple[int, int]:
        """First and one behind the last of the atoms that a slice covers."""
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end) - 1
        return self._atoms[first][0], self._atoms[last][1]


def _is_number_word(text: str) -> bool:
    return text in ("واحد", "واحده", "وحده")


def moments(found: Sequence[Atom], said: Sequence[Quantity]) -> list[Moment]:
    """Every date and time among some atoms with their quantities, with the keys that a text grants: "3 May 2026" also
    says a 3 May."""
    if not any(atom.kind == "number" for atom in found) and not said and not _names_an_hour(found):
        return []
    line = _Line(found, said)
    return [
        Moment(*line.atoms_of(start, end), frozenset(keys))
        for source in (_dates, _times)
        for start, end, keys in source(line.text)
        if keys
    ]


@cache
def _hour_names() -> frozenset[str]:
    lexicon = load("json_grounding")
    return frozenset(p[0] for slot in ("noon", "midnight") for p in phrases(lexicon[slot].split(", ")))


def _names_an_hour(found: Sequence[Atom]) -> bool:
    return any(atom.text in _hour_names() for atom in found)


def _alternatives(entries: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    texts = sorted({" ".join(p) for p in entries}, key=lambda text: (-len(text), text))
    return "|".join(regex.escape(text, special_only=True).replace(r"\ ", " ") for text in texts)


def _slot(*path: str) -> str:
    content: Any = load("json_grounding")
    for key in path:
        content = content[key]
    return _alternatives(list(phrases(content)))


# --- Dates -----------------------------------------------------------------------------------------------------------


@cache
def _months() -> dict[str, int]:
    table = load("json_grounding")["months"]
    return {" ".join(p): int(number) for number, entries in table.items() for p in phrases(entries)}


@cache
def _date_patterns() -> tuple[regex.Pattern[str], ...]:
    month = "(?P<month>[وفبلك]?(?:" + _alternatives([tuple(name.split(" ")) for name in _months()]) + "))"
    link = r"(?:(?: |\.|-|/)(?:(?:" + _slot("date_links") + r") )*+)"
    day = r"(?P<day>[0-9]{1,2})(?: ?(?:st|nd|rd|th|er|º|o|ª))?"
    year = r"(?P<year>[12][0-9]{3})"
    return (
        regex.compile(
            r"(?<![0-9.:/-])(?P<a>[0-9]{1,4})(?P<sep>[/.-])(?P<b>[0-9]{1,2})(?P=sep)(?P<c>[0-9]{1,4})(?![0-9])"
        ),
        regex.compile(r"(?<![0-9.:/-])(?P<a>[0-9]{1,2})(?P<sep>[/-])(?P<b>[0-9]{1,2})(?![0-9.:/-])"),
        regex.compile(r"(?<![0-9])(?P<year>[12][0-9]{3})[/-](?P<m>[0-9]{1,2})(?![0-9/.-])"),
        regex.compile(r"(?<![0-9/.-])(?P<m>[0-9]{1,2})[/.-](?P<year>[12][0-9]{3})(?![0-9])"),
        regex.compile(r"(?<![0-9])(?P<year>[12][0-9]{3})(?P<m>[0-9]{2})(?P<day>[0-9]{2})(?![0-9])"),
        regex.compile(
            r"(?:(?<![0-9])(?P<year>[12][0-9]{3}) ?年 ?)?(?<![0-9])(?P<m>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?日?"
        ),
        regex.compile(rf"(?<![0-9]){day}{link}{month}(?!\w)(?:{link}{year}(?![0-9]))?"),
        regex.compile(rf"(?<!\w){month}{link}{day}(?![0-9:])(?:{link}{year}(?![0-9]))?"),
        regex.compile(rf"(?<!\w){month}{link}{year}(?![0-9])"),
        regex.compile(rf"(?<![0-9]){year} {month}(?!\w)(?: {day}(?![0-9:]))?"),
    )


def _dates(text: str) -> Iterator[tuple[int, int, set[str]]]:
    for number, pattern in enumerate(_date_patterns()):
        for match in pattern.finditer(text):
            parts = match.groupdict()
            if number < 2:
                keys = set(_numeric_date(parts["a"], parts["b"], parts.get("c")))
            else:
                name = parts.get("month")
                month = _month_number(name) if name else int(parts["m"])
                keys = set(date_keys(parts.get("year"), month, parts.get("day")))
            yield match.start(), match.end(), keys


def _month_number(name: str) -> int:
    return _months().get(name) or _months()[name[1:]]


def _numeric_date(a: str, b: str, c: str | None) -> Iterator[str]:
    """Keys of a date in digits: year first, or the day or the month first, which nobody can tell apart."""
    if c is None:
        yield from date_keys(None, int(b), a)
        yield from date_keys(None, int(a), b)
    elif len(a) == 4:
        yield from date_keys(a, int(b), c)
    elif len(c) in (2, 4) and len(a) < 3:
        year = c if len(c) == 4 else f"20{c}"
        yield from date_keys(year, int(b), a)
        yield from date_keys(year, int(a), b)


def date_keys(year: str | None, month: int, day: str | None) -> Iterator[str]:
    """Keys that a date grants; none where there is no such date."""
    if not 1 <= month <= 12 or (day is not None and not 1 <= int(day) <= 31) or (day is None and year is None):
        return
    if day is not None:
        yield f"d:--{month:02}-{int(day):02}"
        if year is not None:
            yield f"d:{year}-{month:02}-{int(day):02}"
    if year is not None:
        yield f"d:{year}-{month:02}"


# --- Times -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Clock:
    """Compiled patterns of times."""

    am: regex.Pattern[str]
    pm: regex.Pattern[str]
    patterns: tuple[tuple[str, regex.Pattern[str]], ...]
    noon: regex.Pattern[str]
    midnight: regex.Pattern[str]


@cache
def _clock() -> _Clock:
    # Attached Arabic prefixes (in, at, and, the) do not hide a part of the day.
    am = r"(?:[وبف]?(?:ال)?|لل)(?:" + _slot("day_parts", "am") + ")"
    pm = r"(?:[وبف]?(?:ال)?|لل)(?:" + _slot("day_parts", "pm") + ")"
    links = r"(?: (?:" + _slot("day_part_links") + ")){0,3}"
    hour = r"(?<![0-9.:/-])(?P<hour>[01]?[0-9]|2[0-4])"
    minute = r"(?P<minute>[0-5][0-9])"
    part = rf"(?:{links} ?(?:(?P<am>{am})|(?P<pm>{pm}))(?!\w))"
    before = r"(?<!\w)(?:[وف]?(?:" + _slot("hour_before") + "))"
    after = "(?:" + _slot("hour_after") + ")"
    quarter = _alternatives([p for e in load("json_grounding")["quarter"].values() for p in phrases(e)])
    half = _alternatives([p for e in load("json_grounding")["half"].values() for p in phrases(e)])
    named = rf"(?:{half}|{quarter}|0\.5|0\.25|ثلث|تلت|الثلث)"
    number = r"[0-9]{1,2}"
    minutes = r"(?: (?:minutes?|minuten|minutos|دقيقه|دقايق|دقائق))?"
    end = rf"(?!\w){minutes}{part}?"
    hour_word = r"(?: (?:heures?|h|uhr|horas?))?"
    patterns = (
        ("digital", rf"{hour}[:]{minute}(?:[:](?P<second>[0-5][0-9]))?(?![0-9:]){part}?"),
        ("digital", rf"{hour} ?(?:h|uhr|heures?) ?{minute}(?![0-9]){part}?"),
        ("digital", rf"{hour}[.]{minute}(?![0-9.:/])(?:{part}| {after}(?!\w){part}?)"),
        ("digital", rf"{before} {hour}[.]{minute}(?![0-9.:/]){part}?"),
        ("digital", rf"{hour} {minute}(?![0-9.:/]){part}"),
        # seven thirty
        ("spoken", rf"(?:{before} |(?<![0-9] )){hour} (?P<minute>[1-5][05])(?![0-9.:/\w])(?= |$)"),
        # ten past nine, quarter to eight; zehn nach neun, Viertel vor acht; halb acht
        (
            "past",
            rf"(?<!\w)(?P<named>half|quarter|{number}){minutes} (?P<way>past|after|to|of|till|before) {hour}{end}",
        ),
        ("past", rf"(?<!\w)(?P<named>viertel|{number}){minutes} (?P<way>nach|vor) {hour}(?![0-9])(?: uhr)?{part}?"),
        ("halb", rf"(?<!\w)halb {hour}{end}"),
        # sept heures et demie, huit heures moins le quart, las siete y media
        (
            "added",
            rf"{hour}{hour_word} (?P<way>et|y|e|moins|menos|meno)(?: le| la| un| a)? (?P<named>{named}|{number}){end}",
        ),
        # السابعة والنصف, السابعة وعشر دقائق, السابعة إلا ربعا
        ("added", rf"{hour} (?P<way>و)(?:ال)?(?P<named>{named}|{number}){end}"),
        ("added", rf"{hour} (?P<way>الا) (?:ال)?(?P<named>ربعا?|ثلثا?|تلت|0\.25|{number}){end}"),
        ("hour", rf"{hour}(?![0-9.:/-]){part}"),
        ("hour", rf"{hour}(?![0-9.:/-]) ?{after}(?!\w){part}?"),
        ("hour", rf"{before} {hour}(?![0-9.:/-]){part}?"),
    )
    return _Clock(
        am=regex.compile(rf"(?<!\w)(?:{am})(?!\w)"),
        pm=regex.compile(rf"(?<!\w)(?:{pm})(?!\w)"),
        patterns=tuple((kind, regex.compile(source)) for kind, source in patterns),
        noon=regex.compile(r"(?<!\w)(?:" + _slot("noon") + r")(?!\w)"),
        midnight=regex.compile(r"(?<!\w)(?:" + _slot("midnight") + r")(?!\w)"),
    )


def _minutes(named: str) -> int | None:
    """Minutes that a word or number stands for beside an hour."""
    if named.isdecimal():
        return int(named) if int(named) < 60 else None
    if named.startswith(("ثلث", "تلت", "الثلث")):
        return 20
    quarters = {p[0] for e in load("json_grounding")["quarter"].values() for p in phrases(e)} | {"0.25", "ربعا"}
    return 15 if named in quarters else 30


def _times(text: str) -> Iterator[tuple[int, int, set[str]]]:
    clock = _clock()
    is_late = clock.pm.search(text) is not None
    is_early = clock.am.search(text) is not None
    taken: list[Span] = []
    for kind, pattern in clock.patterns:
        for match in pattern.finditer(text):
            if kind == "hour" and any(start < match.end() and match.start() < end for start, end in taken[:_MANY]):
                continue  # the hour of a fuller time
            parts = match.groupdict()
            hour, minute, second = int(parts["hour"]), int(parts.get("minute") or 0), int(parts.get("second") or 0)
            named = parts.get("named")
            if kind == "halb":
                hour, minute = (hour - 1) % 24, 30
            elif named is not None:
                offset = _minutes(named)
                if offset is None:
                    continue
                way = parts.get("way") or ""
                if way in ("to", "of", "till", "before", "vor", "moins", "menos", "meno", "الا"):
                    hour, minute = (hour - 1) % 24, 60 - offset
                else:
                    minute = offset
            is_spoken = kind not in ("digital", "hour")
            hours = _hours(hour, parts, late=is_late or (is_spoken and not is_early))
            if kind != "hour":
                taken.append(match.span())
            keys = {_time_key(h, minute, second) for h in hours}
            if minute == 0 and (kind != "hour" or parts.get("am") or parts.get("pm")):
                keys.add(FULL_HOUR)
            yield match.start(), match.end(), keys
    for match in clock.noon.finditer(text):
        yield match.start(), match.end(), {"t:12:00"}
    for match in clock.midnight.finditer(text):
        yield match.start(), match.end(), {"t:00:00", "t:24:00"}


def _hours(hour: int, parts: dict[str, str | None], *, late: bool) -> set[int]:
    """Hours of the day that an hour of the clock may stand for, by what is said of the part of the day."""
    if hour > 12 or hour == 0:
        return {hour}
    if parts.get("am"):
        return {hour % 12, hour} if hour == 12 else {hour}
    if parts.get("pm"):
        # "12 at night" is midnight, "12 pm" is noon; "1 at night" is 01:00.
        return {12, 0} if hour == 12 else {hour + 12} | ({hour} if _is_night(parts["pm"] or "") and hour < 6 else set())
    return {hour, (hour + 12) % 24} if late else {hour}


def _is_night(words: str) -> bool:
    return any(name in words for name in ("night", "nuit", "noche", "nachts", "noite", "ليل"))


def _time_key(hour: int, minute: int, second: int) -> str:
    return f"t:{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


# --- A value that is a date or a time as a whole ----------------------------------------------------------------------

_ISO = regex.compile(
    r"(?P<date>[0-9]{4}-?[0-9]{2}-?[0-9]{2})[T ](?P<hour>[0-9]{2}):?(?P<minute>[0-9]{2})"
    r"(?::?(?P<second>[0-9]{2})(?:\.0++)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)


def date_and_time(text: str) -> tuple[str, str, str] | None:
    """Date key, time key and zone of an ISO 8601 date with a time; None for any other text."""
    match = _ISO.fullmatch(ascii_digits(text))
    if match is None:
        return None
    plain = match["date"].replace("-", "")
    key = _time_key(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
    return f"d:{plain[:4]}-{plain[4:6]}-{plain[6:]}", key, match["zone"] or ""


def said_by(keys: Keys) -> Keys:
    """Keys of what a text says, and not of what it grants besides: a date with its year says that year."""
    full = frozenset(key for key in keys if regex.fullmatch(r"d:[0-9]{4}-[0-9]{2}-[0-9]{2}", key))
    return full or keys - {FULL_HOUR}


def value_keys(keys: Keys) -> list[Keys]:
    """Ways in which a value's date or time must be granted: one of the sets, all of it.

    A date with a year is granted whole, or as its day and its year apart.
    """
    said = sorted(said_by(keys))
    whole = [frozenset((key,)) for key in said]
    return whole + [frozenset((f"d:--{key[7:]}", f"#{key[2:6]}")) for key in said if len(key) == len("d:2026-05-03")]
