"""Speaker labels: lines that begin with who is speaking, told from fields, list entries and defined terms."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives, words_of
from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span

SHORT_VALUE_WORDS = 8
"""A field's value is a few words; what somebody says is mostly longer or a question. (Judgement, held by the tests.)"""

# A line that begins with a short key: white space, a bullet, number or #, emphasis or brackets, the key, a colon.
_LINE = regex.compile(
    r"(?:^|(?<=[\r\n\u2028\u2029]))(?P<indent>[ \t]*+)"
    r"(?P<bullet>(?:[-+•–·*][ \t]++|\(?\d{1,3}[.)][ \t]*+|#{1,6}[ \t]*+){0,2})"
    r"(?:[\p{Emoji_Presentation}\p{Extended_Pictographic}][ \t]*+)?"
    r"(?P<open>[*_~\[(<«【`]{0,5})"
    r"(?P<key>[^\s:*_\[\]<>|`\"#][^:*_\[\]<>|`\"\r\n\u2028\u2029]{0,48}?)"
    r"[ \t]*+(?P<close>[*_~\])>»】`]{0,5})[ \t]*+(?P<colon>:(?!//)|(?=[\r\n\u2028\u2029]|$))(?P<after>[*_~]{0,3})"
    r"(?P<value>[^\r\n\u2028\u2029]{0,400})"
)
_ASIDE = regex.compile(r"\s*+\([^()]{0,40}+\)\s*+$|\s++\d{1,2}$")
_SENTENCE = regex.compile(r"[.!?؟。！？…][\"')\]*_]*+\s*+$")
_DEFINITION = regex.compile(
    r"\s*+(?:an?|the|any|some|is|means?|refers?|short for|stands for|abbreviation|كل|هو|هي|"
    r"اي|برنامج|شخص|une?|le|la|un|una|es|ein|eine|一种|是|指)(?!\w)"
)


class Label(NamedTuple):
    """A line that begins with `key:` (or `[key]`), folded, with raw offsets."""

    key: str
    value: str
    span: Span
    """The key, with the colon where there is one."""
    bulleted: bool
    emphasis_open: bool
    """Emphasis opens before the key and does not close behind it: the whole phrase is set off, as a title is."""
    colon: bool
    raw_lower: bool


@cache
def _keys(slot: str) -> regex.Pattern[str]:
    lexicon = load("output")
    adjective = alternatives(lexicon["label_adjective"])
    noun = alternatives(lexicon[slot])
    return regex.compile(rf"(?:(?:{adjective})[\s-]*+)?(?:{noun})(?:[\s-]++(?:{adjective}))?")


def is_user_key(key: str) -> bool:
    """Whether a key names the user as speaker."""
    return _keys("user_label").fullmatch(key) is not None


def is_model_key(key: str) -> bool:
    """Whether a key names the model as speaker by what it is (not by a name)."""
    return _keys("model_label").fullmatch(key) is not None


def labels(reading: Reading) -> list[Label]:
    """Lines of an output that begin with a short key and a colon, or hold a key in brackets alone, in order."""
    folded = reading.folded
    found = []
    for match in _LINE.finditer(folded.text):
        bracketed = match["open"][-1:] in ("[", "<", "【") and match["close"][:1] in ("]", ">", "】")
        if not match["colon"] and not (bracketed and not match["value"].strip()):
            continue
        key = match["key"] + (")" if "(" in match["key"] and ")" in match["close"] else "")
        key = _ASIDE.sub("", key).strip()
        start = match.start("key")
        end = match.end("colon") if match["colon"] else match.end("key")
        raw = folded.span(start, end)
        emphasis = set(match["open"]) & {"*", "_"}
        closed = set(match["close"] + match["after"]) & {"*", "_"}
        found.append(
            Label(
                key,
                match["value"],
                raw,
                bool(match["bullet"].strip("# ")),
                bool(emphasis) and not closed,
                bool(match["colon"]),
                reading.text[slice(*raw)].islower(),
            )
        )
    return found


def _line_number(reading: Reading, offset: int) -> int:
    return bisect_right(reading.lines, (offset, 1 << 62)) - 1


def lines_of(found: Iterable[Label], reading: Reading) -> dict[int, Label]:
    """Labels with a colon by the number of their line."""
    return {_line_number(reading, label.span[0]): label for label in found if label.colon}


class Block(NamedTuple):
    """What stands around a label: the labels of the lines right above and below, and the neighbouring lines."""

    siblings: tuple[Label, ...]
    bullets: int
    """Neighbouring list items without a key."""


_ITEM = regex.compile(r"[ \t]*+(?:[-+•–·*]|\(?\p{Nd}{1,3}[.)])[ \t]++")


def block_of(label: Label, by_line: Mapping[int, Label], reading: Reading) -> Block:
    """Siblings of a label within four lines above and below, up to a blank line (one blank line between items)."""
    here = _line_number(reading, label.span[0])
    siblings: list[Label] = []
    bullets = 0
    for step in (-1, 1):
        for distance in range(1, 5):
            number = here + step * distance
            if not 0 <= number < len(reading.lines):
                break
            line = reading.text[slice(*reading.lines[number])]
            if not line.strip():
                if label.bulleted and distance == 1:
                    continue
                break
            if number in by_line:
                siblings.append(by_line[number])
            elif _ITEM.match(line):
                bullets += 1
            else:
                break
    return Block(tuple(siblings), bullets)


def word_count(text: str) -> int:
    """How many words a value has, roughly: runs of non-space with a letter or digit."""
    return sum(any(character.isalnum() for character in piece) for piece in text.split())


def is_entry(value: str) -> bool:
    """Whether a value reads like that of a field: a few words, no question, no sentence."""
    words = word_count(value)
    if "?" in value or "؟" in value or "!" in value:
        return False
    return 0 < words <= 4 or (words <= SHORT_VALUE_WORDS and not _SENTENCE.search(value) and words > 0)


def defines(label: Label, reading: Reading) -> bool:
    """Whether the key is a term that the user asked about, and the value says what it means."""
    if asks_meaning_of(label, reading):
        return True
    term = _term(label.key)
    asked = [turn.folded.text for turn in reading.conversation.user]
    wanted = any(term.search(text) and words_of("output", "asks_definition").search(text) for text in asked)
    return wanted and (label.bulleted or bool(_DEFINITION.match(label.value)))


def _term(key: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?<!\w)(?:ال)?{regex.escape(key)}s?(?!\w)")


def asks_meaning_of(label: Label, reading: Reading) -> bool:
    """Whether the user asked what the label's key means."""
    return any(_asks_meaning(_term(label.key), turn.folded.text) for turn in reading.conversation.user)


def _asks_meaning(term: regex.Pattern[str], question: str) -> bool:
    """Whether a question asks what the very term means: a word of asking close to it."""
    for found in term.finditer(question):
        near = question[max(0, found.start() - 30) : found.end() + 24]
        if words_of("output", "asks_meaning").search(near):
            return True
    return False


def names_roles(found: Iterable[Label], reading: Reading) -> bool:
    """Whether the user asked about the roles of a chat or an account, so that two labels or more are terms."""
    keys = {label.key for label in found if is_user_key(label.key) or is_model_key(label.key)}
    asked = words_of("output", "asks_roles")
    return len(keys) > 1 and any(asked.search(turn.folded.text) for turn in reading.conversation.user)
