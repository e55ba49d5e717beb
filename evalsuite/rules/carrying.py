"""What stands around repeated words: nothing, a lead-in, a refusal, or an answer that carries them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import Literal, NamedTuple

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import split_entries, words_of
from evalsuite.rules.passage import Passage
from evalsuite.rules.text import Span, fold, word_texts

Setting = Literal["alone", "quoted", "lead-in", "refusal", "carried"]

_REACH = 400
"""Characters around an echo that are looked at; a sentence that goes on for longer says something."""
_OPENING = "`\"“«„「『‹‘'"
_CLOSING = "`\"”»“」』›’'"
# Marks that part what a sentence says: colons, brackets, quotation marks, table cells, dashes between spaces.
_CUT = regex.compile(
    r"[:：;؛()\[\]{}|=→⇒`\"“”«»„「」『』‹›\r\n]|(?<=\s|^)(?:[-–—]++|//++|#++|>)(?=\s|$)|—|(?<!\w)['‘’]|['’](?!\w)"
)


def extent(passage: Passage, first: int, last: int, before: int, after: int) -> Span:
    """Span of an echo between two words, with up to `before` and `after` changed words of its sentence around it."""
    words = passage.words
    start, end = words[first].start, words[last].end
    floor, ceiling = _sentence(passage, start)[0], max(end, _sentence(passage, max(start, end - 1))[1])
    for word in reversed(words[max(0, first - before) : first]):
        if word.start < floor or _CUT.search(passage.text, word.end, start):
            break
        start = word.start
    for word in words[last + 1 : last + 1 + after]:
        if word.end > ceiling or _CUT.search(passage.text, end, word.start):
            break
        end = word.end
    return start, end


class Around(NamedTuple):
    """The rest of the sentence in which an echo stands, up to the nearest mark that parts it."""

    before: str
    after: str
    lead: str
    """All of the sentence in front of the echo."""
    quoted: bool


def around(passage: Passage, span: Span) -> Around:
    """What stands around a span of a passage."""
    start, end = span
    text = passage.text
    left = max(_sentence(passage, start)[0], start - _REACH)
    right = min(max(_sentence(passage, max(start, end - 1))[1], end), end + _REACH)
    lead, rest = text[left:start], text[end:right]
    cuts = [match.end() for match in _CUT.finditer(lead)]
    cut = _CUT.search(rest)
    before, after = lead[cuts[-1] :] if cuts else lead, rest[: cut.start()] if cut else rest
    opened = text[max(0, start - 6) : start].rstrip(" *_¿¡\u00a0\u202f")[-1:]
    closed = text[end : end + 8].lstrip(" .?!؟。？！,،*_\u00a0\u202f…")[:1]
    return Around(before, after, lead, bool(opened) and opened in _OPENING and bool(closed) and closed in _CLOSING)


def _sentence(passage: Passage, offset: int) -> Span:
    spans = passage.sentences
    index = bisect_right(spans, (offset, 1 << 62)) - 1
    return spans[index] if index >= 0 else (0, len(passage.text))


@cache
def _lead_in_words() -> frozenset[str]:
    slot = load("parroting")["lead_in"]
    return frozenset(word for value in slot.values() for entry in split_entries(value) for word in word_texts(entry))


_LIST_NUMBER = regex.compile(r"^[\s>*_(\-]*+(?:q(?:uestion)?\s?)?\p{Nd}{1,3}+[.):]\s", regex.IGNORECASE)


def _refuses(near: Around) -> bool:
    return bool(
        words_of("parroting", "refusal").search(fold(near.lead))
        or words_of("parroting", "refusal_after").match(fold(near.after).lstrip())
    )


def setting(passage: Passage, span: Span, *, is_question: bool = False, spare: int = 0) -> Setting:
    """How repeated words stand in their sentence; `spare` other words are still no answer.

    A whole question in quotation marks is an echo even in a refusal.
    """
    near = around(passage, span)
    if near.quoted and is_question:
        return "quoted"
    if _refuses(near) or (not is_question and words_of("parroting", "confirming").search(fold(near.lead))):
        return "refusal"
    if near.quoted:
        return "quoted"
    others = word_texts(_LIST_NUMBER.sub("", near.before)) + word_texts(near.after)
    telling = [word for word in others if word not in _lead_in_words()]
    if not others:
        return "alone"
    return "lead-in" if len(telling) <= spare else "carried"


def stands_in_front(passage: Passage, span: Span) -> bool:
    """Whether a span is a line or a sentence of its own, with more text behind it."""
    start, end = span
    left, right = _sentence(passage, start)
    alone = not word_texts(_LIST_NUMBER.sub("", passage.text[max(left, start - _REACH) : start])) and not word_texts(
        passage.text[end:right][:_REACH]
    )
    return alone and bool(word_texts(passage.text[right : right + _REACH]))


_ENTRY = regex.compile(r"[ \t]*+(?:[-*•+–][ \t]|\(?\p{Nd}{1,3}+[.)]|\||[^\r\n:：]{1,40}[:：])")


def is_made_a_list(passage: Passage, span: Span) -> bool:
    """Whether repeated words are spread over lines that are entries of a list: the sentence was put in order."""
    start, end = span
    if "\n" not in passage.text[start:end]:
        return False
    first = max(passage.text.rfind("\n", 0, start) + 1, start - _REACH)
    lines = passage.text[first:end].split("\n")
    return all(_ENTRY.match(line) for line in lines if line.strip())


_ASKED = regex.compile(r"[\s\"'“”»*_)\u00a0\u202f]*+[?؟？]")
_CLAUSE = regex.compile(r"[,،.!][\s]++")


def keeps_its_form(passage: Passage, span: Span) -> bool:
    """Whether a repeated question still is one, and no statement in its words ("¿Abre hoy?" "Abre hoy.").

    It has its question mark, it is set off by quotation marks or a colon, or it opens with an interrogative.
    """
    start, end = span
    if _ASKED.match(passage.text, end):
        return True
    if _is_set_off(passage, span):
        return True
    words = fold(passage.text[start:end])
    clauses = (words, *_CLAUSE.split(words)[1:])
    return words_of("parroting", "interrogative_inside").search(words) is not None or any(
        words_of("parroting", "interrogative").match(clause) for clause in clauses
    )


def _is_set_off(passage: Passage, span: Span) -> bool:
    """Whether a stretch that ends in a colon, a closing mark or at its line's end is a heading, label or quotation."""
    start, end = span
    if passage.text[end : end + 4].lstrip(" *_\u00a0\u202f")[:1] in {":", "：", "|", "`"}:
        return True
    line = passage.text[max(0, start - 12) : start].rsplit("\n", 1)[-1]
    return "#" in line or "**" in line or around(passage, span).quoted
