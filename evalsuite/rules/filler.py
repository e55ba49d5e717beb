"""FL001: filler with which an output opens. The phrases are in lexicon/anti_fluff.yaml; here is where they count."""

from __future__ import annotations

from dataclasses import dataclass, field

import regex

from evalsuite.rules.lexicon.phrases import Phrases, languages_of, listed, script_of
from evalsuite.rules.own_voice import JUNK, first_line, has_letters, opening_span, raw_span
from evalsuite.rules.passage import Reading
from evalsuite.rules.question import Question
from evalsuite.rules.text import Span
from evalsuite.rules.wording import holds_only, roots

_LEXICON = "anti_fluff"
_UNITS = 5
"""Filler units looked for one behind another ("Hello! Great question! I'd be happy to help.")."""

# What must follow a word for it to be an interjection: punctuation, a line end, an emoji, or the head of a new clause.
# A hyphen needs space in front: "sure-footed" is a word.
_STOP = r"(?=[*_\"')]*+[^\S\n]*+(?:[!,.;؟،؛。、~…–—?:]|-{1,2}\s|--|\n|$|\p{Extended_Pictographic}|\p{RI}))"
_CLAUSE = rf"(?=\s++{listed(_LEXICON, 'clause_heads')}(?!\w))"
_PRAISE_TAIL = rf"(?:\s++(?!{listed(_LEXICON, 'verbs')}(?!\w))[^\s.!?؟。:,;،؛–—]++){{0,8}}+"


@dataclass(slots=True)
class Opening:
    """How an output opens: the filler found, and where what says something begins (folded offsets)."""

    units: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0
    """Where the first words behind openers and greetings stand, exempt ones included."""


_RESTATING = ("you_want", "answering", "here_is", "will_explain")
"""Patterns of FL008, whose sentences are made of the same words."""
_SENTENCE = regex.compile(r"[^.!?؟。\n:]{1,120}+[.!?؟。\n]")
_ADDRESS = regex.compile(
    r"[*_]*+\s*+[,،，]\s*+(?P<name>(?:يا\s++)?[\p{L}\p{M}'-]++)(?:\s++[\p{L}\p{M}'-]++)?+[*_]*+(?=\s*+[!.:—–！。])"
)
_FEW_WORDS = regex.compile(
    rf"(?:[,،、]\s++[\p{{L}}\p{{M}}]++){{0,2}}+(?:[.。\n]|$)|[,،、]?\s*+{listed(_LEXICON, 'or_words')}(?!\w)"
)
"""What follows a word that is the answer to "what does it mean?": more of its kind ("Good, good."), and a stop."""
_EAST_STOP = r"(?=\s*+[!,.;:،。、…！，～~–—?？؟]|\s|$)"
_TAILS = {
    "praise_of_question": _PRAISE_TAIL + _STOP,
    "readiness": _STOP,
    "agreement": f"(?:{_STOP}|{_CLAUSE})",
    "acknowledgement": f"(?:{_STOP}|{_CLAUSE})",
    "applause": r"(?=[*_]*+\s*+(?:[!.,،。]|\p{Extended_Pictographic}|$))",
    "greeting": _STOP,
}
"""Kinds of units, with what must follow them."""


def opening(reading: Reading) -> Opening:
    """Filler units at the beginning of the model's own words."""
    region = opening_span(reading)
    found = Opening()
    if region is None:
        line = first_line(reading)
        return _whole_line(reading, line) if line else found
    return _parse(reading, reading.folded.index(region[0]), reading.folded.index(region[1]))


def _whole_line(reading: Reading, line: Span) -> Opening:
    """Filler on a line of its own in front of a requested text: the model's own voice where nothing else is on it."""
    end = reading.folded.index(line[1])
    found = _parse(reading, reading.folded.index(line[0]), end)
    # A requested message or dialogue may well begin with "Sure!".
    speaks = reading.requested in ("dialogue", "message", "text")
    if speaks or has_letters(reading.folded.text[found.end : end]):
        return Opening(end=found.end if not speaks else 0)
    return found


def _parse(reading: Reading, start: int, limit: int) -> Opening:
    text = reading.folded.text[: min(limit, start + 1200)]
    found = Opening(end=start)
    question: Question | None = None
    for _ in range(_UNITS):
        junk = JUNK.match(text, found.end)
        begin = junk.end() if junk else found.end
        if begin >= len(text) or reading.is_protected(reading.folded.span(begin, begin + 1)[0]):
            break
        kind, end = _unit(text, begin)
        question = question or Question(reading)
        if kind in (None, "acknowledgement", "agreement", "greeting"):
            whole = _sentence_of_filler(text, begin, question)
            kind, end = ("talk", whole) if whole else (kind, end)
        if kind is None:
            break
        if kind != "greeting" and not _answers(kind, text[begin:end], question, text[end:]):
            found.units.append((begin, end))
        elif kind != "greeting" and not found.units:
            found.end = end
            break  # the word answers, and what follows it is the answer's
        found.end = _behind_name(text, end)
    return found


def _behind_name(text: str, end: int) -> int:
    """Offset behind a name or other address that follows an opener's comma ("Great question, Haitham!")."""
    name = _ADDRESS.match(text, end)
    if name is None or not has_letters(text[name.end() :]) or _unit(text, name.start("name"))[0]:
        return end
    return name.end()


def _unit(text: str, begin: int) -> tuple[str | None, int]:
    """Kind and end of the longest filler unit at an offset."""
    script = script_of(text[begin : begin + 40])
    phrases = Phrases(_LEXICON, languages_of(_LEXICON, text, script))
    best: tuple[str | None, int] = (None, begin)
    for kind, tail in _TAILS.items():
        match = phrases.match(kind, text, begin, tail=_EAST_STOP if script == "east" else tail)
        if match and match.end() > best[1]:
            best = kind, match.end()
    return best


def _sentence_of_filler(text: str, begin: int, question: Question) -> int:
    """End of a first sentence made only of the stock of openers and the user's own words; 0 where it is none."""
    match = _SENTENCE.match(text, begin)
    if match is None or not has_letters(text[match.end() :]):
        return 0
    sentence = match.group()
    phrases = Phrases(_LEXICON, languages_of(_LEXICON, text, script_of(sentence)))
    if not sentence.endswith("!") and not phrases.search("first_person", sentence):
        return 0
    if any(phrases.match(name, sentence) for name in _RESTATING):
        return 0
    only = holds_only(sentence, _LEXICON, phrases.languages, "opening", roots(question.text))
    return match.end() if only else 0


def _answers(kind: str, unit: str, question: Question, rest: str) -> bool:
    """Whether a unit says something in the light of what was asked."""
    bare = unit.strip(" *_!.,")
    if question.quotes(bare) or (bare in question.text and question.asks("asks_to_copy")):
        return True
    if kind not in ("talk", "readiness") and _FEW_WORDS.match(rest) and question.asks("asks_for_name"):
        return True
    if kind == "agreement":
        return question.is_yes_no or question.proposes or question.answers_the_model
    if kind == "acknowledgement":
        return question.proposes or (not has_letters(rest) and not question.is_question)
    if kind == "applause":
        judged = question.asks("asks_opinion") or question.tells_news or question.answers_the_model
        return judged or not has_letters(rest)
    if kind == "talk":
        return question.is_small_talk or question.asks("asks_opinion")
    if kind == "readiness":
        return question.is_small_talk  # "Thanks!" - "My pleasure."
    return kind == "praise_of_question" and question.asks("asks_opinion")


def opener(reading: Reading) -> Span | None:
    """Raw span of the filler with which the output opens, its punctuation included."""
    units = opening(reading).units
    if not units:
        return None
    text = reading.folded.text
    end = units[-1][1]
    while end < len(text) and text[end] in "!,.;:،؛。、…~*_":
        end += 1
    start = units[0][0]
    while start > 0 and text[start - 1] in "*_¡":
        start -= 1
    return raw_span(reading, start, end)
