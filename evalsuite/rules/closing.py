"""FL002: filler with which an output ends: hopes, wishes, invitations, offers, empty questions."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from evalsuite.rules.disclaimers import is_disclaimer
from evalsuite.rules.lexicon.phrases import Phrases, languages_of, script_of
from evalsuite.rules.own_voice import (
    Sentence,
    clause_starts,
    closing_span,
    has_letters,
    last_paragraph,
    raw_span,
    sentence,
)
from evalsuite.rules.passage import Reading
from evalsuite.rules.question import Question
from evalsuite.rules.text import Span
from evalsuite.rules.wording import holds_only, roots

_LEXICON = "anti_fluff"
_SENTENCES = 8
"""Sentences at the end that are looked at."""
_LONG = 25
"""Words behind an offer from which on it goes on to say something."""
_OBJECT = 5
"""Words within which an object shows whether it is more, help, or a question."""
_SHORT = 8
"""Characters up to which an offer alone says nothing yet ("I can")."""
_REFUSAL_WINDOW = 400
"""Characters in front of an offer within which a refusal makes it one of something else."""
_LIGHT = 6
"""Words that may follow a closing phrase without saying anything of their own ("... today, my friend")."""

_END = regex.compile(r"[\s*_)\"'»!.…~\p{Extended_Pictographic}\uFE0F]*+$")
_ASKS = regex.compile(r"(?:[?؟]|吗|呢|か)[\s*_)\"'»!.。\p{Extended_Pictographic}\uFE0F]*+$")
_CITED = 30
"""Characters in front of a colon within which a word tells that an example follows."""
_COMMA = regex.compile(r"[,،，、;]")
_WORDS = regex.compile(r"[\p{L}\p{N}]++")


def closer(reading: Reading) -> Span | None:
    """Raw span of the filler with which the output ends."""
    region = closing_span(reading)
    paragraph = None if region else last_paragraph(reading)
    if paragraph is not None:
        return _about_the_text(reading, paragraph)
    return _last_filler(reading, region) if region else None


def _about_the_text(reading: Reading, paragraph: Span) -> Span | None:
    """A last paragraph behind a requested text that is filler as a whole and speaks of that text."""
    found = _last_filler(reading, paragraph)
    if found is None:
        return None
    start = reading.folded.index(paragraph[0])
    text = reading.folded.text[start : start + 600]
    if has_letters(reading.folded.text[start : reading.folded.index(found[0])]):
        return None
    phrases = Phrases(_LEXICON, languages_of(_LEXICON, reading.folded.text, script_of(text)))
    return found if phrases.search("about_text", text) else None


def _last_filler(reading: Reading, region: Span) -> Span | None:
    question = Question(reading)
    begin = end = None
    kinds: set[str] = set()
    before = region[0] > 0  # a requested text
    for candidate in _from_the_end(reading, region):
        if reading.is_protected(candidate.span[0]):
            before = True
            break
        found = filler_in(candidate, reading.folded.text, question) or _offer_after_refusal(candidate, reading)
        if found is None:
            if end is None and is_disclaimer(candidate):
                continue  # a disclaimer behind a closer hides nothing
            before = True
            break
        begin = candidate.start + found[1]
        end = candidate.start + len(candidate.text) if end is None else end
        kinds.add(found[0])
        if has_letters(candidate.text[: found[1]]):
            before = True
            break
    if begin is None or end is None or not _is_idle(kinds, question, before):
        return None
    return raw_span(reading, begin, end)


def _offer_after_refusal(candidate: Sentence, reading: Reading) -> tuple[str, int] | None:
    """An offer to do something else, where the sentences in front of it refuse."""
    whole = reading.folded.text
    starts = clause_starts(candidate.text, _LEXICON)
    phrases = Phrases(_LEXICON, languages_of(_LEXICON, whole, script_of(candidate.text)))
    offers = next((start for start in starts if phrases.match("offer", candidate.text, start)), None)
    if offers is None:
        return None
    before = whole[max(0, candidate.start - _REFUSAL_WINDOW) : candidate.start + offers]
    return ("offer", offers) if phrases.search("refusal", before) else None


def _from_the_end(reading: Reading, region: Span) -> Iterator[Sentence]:
    """Sentences of a region with letters in them, the last one first."""
    spans = reading.sentences
    for index in range(len(spans) - 1, max(len(spans) - _SENTENCES - 4, -1), -1):
        start, end = spans[index]
        if start < region[0]:
            return
        if end <= region[1] and has_letters(reading.text[start : min(end, start + 400)]):
            yield sentence(reading, (start, end))


def _is_idle(kinds: set[str], question: Question, before: bool) -> bool:
    """Whether the closing phrases are nothing that the task called for."""
    if question.is_small_talk and kinds <= {"else_question", "wish", "offer"}:
        return False
    if kinds <= {"wish", "hope"} and question.asks("asks_for_wish"):
        return False
    return before or bool(kinds & {"invitation", "hope"})


def filler_in(candidate: Sentence, whole: str, question: Question) -> tuple[str, int] | None:
    """Kind and offset of the filler with which a sentence of a whole text ends; None where it says something."""
    text = candidate.text
    starts = clause_starts(text, _LEXICON)
    if _lists_words(text, question):
        return None
    for start in starts:
        if _is_cited(text[:start], whole):
            break
        phrases = Phrases(_LEXICON, languages_of(_LEXICON, whole, script_of(text[start : start + 30])))
        kind = _kind(text, start, phrases, question)
        if kind is not None:
            return kind, start
    phrases = Phrases(_LEXICON, languages_of(_LEXICON, whole, script_of(text)))
    own = roots(question.text)
    return ("talk", starts[0]) if holds_only(text, _LEXICON, phrases.languages, "closing", own) else None


def _is_cited(before: str, whole: str) -> bool:
    """Whether what follows is an example that a colon brings in ("you say: I hope it helps")."""
    if not before.rstrip(" *_").endswith((":", "：")):
        return False
    head = before[-_CITED:]
    return Phrases(_LEXICON, languages_of(_LEXICON, whole, script_of(head))).search("cites", head) is not None


def _lists_words(text: str, question: Question) -> bool:
    """Whether a sentence is a list of single words that the user asked for: any word may stand in it."""
    pieces = [piece for piece in _COMMA.split(text) if has_letters(piece)]
    short = len(pieces) > 1 and all(len(_WORDS.findall(piece)) <= 2 for piece in pieces)
    return (short or text.count(" ") == 0) and question.asks("asks_for_words")


def _kind(text: str, start: int, phrases: Phrases, question: Question) -> str | None:
    rest = text[start:]
    opens = not has_letters(text[:start])
    hope = phrases.match("hope", text, start)
    if hope:
        return "hope"
    wish = phrases.match("wish", text, start)
    if wish and (_is_over(text, wish.end(), 3) or (opens and len(_WORDS.findall(text, wish.end())) <= _LIGHT)):
        return "wish"
    if _ASKS.search(rest[-20:]):
        asks = phrases.match("else_question", text, start)
        if asks and _is_over(text, asks.end(), _LIGHT):
            return "else_question"
        offers = question.is_question and opens and phrases.match("offer_question", text, start)
        return "else_question" if offers else None
    if _invites(text, start, phrases):
        return "invitation"
    if _offers(text, start, phrases):
        return "offer"
    return _conditional(text, start, phrases)


def _is_over(text: str, offset: int, words: int) -> bool:
    """Whether at most some light words stand behind an offset, and no new clause."""
    rest = text[offset:]
    if _END.fullmatch(rest) or _ASKS.fullmatch(rest):
        return True
    return len(_WORDS.findall(rest)) <= words and not regex.search(r"[:;،,](?=.*\w.*\w)", rest[:-1])


def _is_empty_talk(text: str, phrases: Phrases) -> bool:
    """Whether a stretch speaks of more, else, questions or help: of nothing in particular."""
    return phrases.search("emptiness", text) is not None


def _has_condition(text: str, phrases: Phrases) -> bool:
    return phrases.search("condition", text) is not None


def _invites(text: str, start: int, phrases: Phrases) -> bool:
    """Whether an invitation to write again stands at a clause's beginning, and leads to nothing in particular."""
    match = phrases.match("invitation", text, start)
    if match is None:
        return False
    rest = text[match.end() :].lstrip()
    order = phrases.match("bare_order", match.group())
    is_order = order is not None and order.end() == len(match.group())
    if _is_light(rest, phrases):
        return not is_order
    asking = None if is_order else phrases.match("asking", rest)
    if asking is not None:
        return _asks_the_model(rest[asking.end() :].lstrip(), phrases)
    if not is_order and phrases.match("follows_invitation", rest):
        return True
    if phrases.match("complement", rest):
        asking = phrases.search("asking", rest[:60])
        return asking is not None and _asks_the_model(rest[asking.end() :].lstrip(), phrases)
    if _has_condition(text, phrases):
        return _is_empty_talk(text[:start] + rest, phrases)
    return phrases.is_east and _is_empty_talk(text, phrases)


def _asks_the_model(rest: str, phrases: Phrases) -> bool:
    """Whether "feel free to ask ..." goes on to nothing in particular, and not to a third party or an object."""
    if not phrases.match("third_party", rest):
        return True
    clause = _COMMA.split(rest)[0]
    goes_on = phrases.search("complement", clause, 3)
    thing = clause[: goes_on.start()] if goes_on else clause
    return _is_empty_talk(" ".join(thing.split()[:_OBJECT]), phrases)


def _is_light(rest: str, phrases: Phrases) -> bool:
    """Whether nothing follows, or only "any time", "please" and the like."""
    for _ in range(4):
        found = phrases.match("light", rest.lstrip(" ,،"))
        if found is None:
            break
        rest = rest.lstrip(" ,،")[found.end() :]
    return _END.fullmatch(rest) is not None


def _offers(text: str, start: int, phrases: Phrases) -> bool:
    match = phrases.match("offer", text, start)
    if match is None:
        return False
    rest = text[match.end() :]
    if len(_WORDS.findall(rest)) > _LONG:
        return False
    if phrases.match("to_help", rest.lstrip()) or (_END.fullmatch(rest) and len(match.group()) > _SHORT):
        return True
    is_more = phrases.search("also", match.group()) is not None
    return is_more or _has_condition(text, phrases) or _is_empty_talk(rest, phrases)


def _conditional(text: str, start: int, phrases: Phrases) -> str | None:
    """A condition at the head: "If you need anything else, ..." with an offer behind it, or with nothing."""
    if not phrases.match("condition", text, start):
        return None
    rest = text[start:]
    behind = phrases.search("invitation", rest) or phrases.search("offer", rest)
    if behind is not None:
        around = rest[: behind.start()] + rest[behind.end() :][:40]
        if _is_empty_talk(around, phrases) and len(_WORDS.findall(rest[behind.end() :])) <= _LONG:
            return "offer"
    # Only a condition: "If you have any more questions."
    alone = len(_WORDS.findall(rest)) <= 10 and not regex.search(r"[,،，](?=.*\w)", rest[:-1])
    needs = phrases.search("need", rest)
    return "offer" if alone and needs and not phrases.is_east else None
