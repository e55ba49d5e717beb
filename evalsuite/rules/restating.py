"""FL008: an output that opens by restating or announcing the task. The phrases are in lexicon/anti_fluff.yaml."""

from __future__ import annotations

from functools import cache

import regex

from evalsuite.rules.filler import Opening, opening
from evalsuite.rules.lexicon.phrases import Script, phrase, phrase_anywhere, script_of
from evalsuite.rules.own_voice import JUNK, first_line, has_letters, opening_span, raw_span
from evalsuite.rules.passage import Reading
from evalsuite.rules.question import Question
from evalsuite.rules.text import Span

_LEXICON = "anti_fluff"
_WINDOW = 500
"""Characters of the first sentence that are looked at."""
_CHANGED = 10
"""One word in ten may differ in an echo, as for PA001."""

_SENTENCE = regex.compile(r"(?:[^.!?؟。\n]|(?<=\d)\.(?=\d)|\.(?=\w))*+[.!?؟。]?+")
_WORDS = regex.compile(r"[\p{L}\p{N}]++")
_ENDS = regex.compile(r"[\s*_)\"'»]*+(?:[:：.!]|\n|$)")
_EAST = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")


def restatement(reading: Reading) -> Span | None:
    """Raw span of the words that restate or announce the task at the beginning of the output."""
    begin, limit = _where(reading)
    if begin is None:
        return None
    text = reading.folded.text[begin : min(limit, begin + _WINDOW)]
    length = _restated(text, Question(reading), reading.folded.text[begin + len(text) : limit])
    return raw_span(reading, begin, begin + length) if length else None


def _where(reading: Reading) -> tuple[int | None, int]:
    """Folded offsets of the first words that are no opener, and of the end of the model's own voice there."""
    region = opening_span(reading) or first_line(reading)
    if region is None:
        return None, 0
    found: Opening = opening(reading)
    start = max(found.end, reading.folded.index(region[0]))
    limit = reading.folded.index(region[1])
    junk = JUNK.match(reading.folded.text, start, limit)
    begin = junk.end() if junk else start
    if begin >= limit or _is_hidden(reading, start, begin):
        return None, 0
    return begin, limit


def _is_hidden(reading: Reading, start: int, begin: int) -> bool:
    """Whether the first words stand in code or in a long quotation: a quoted question is still an echo."""
    offset = reading.folded.span(begin, begin + 1)[0]
    if not reading.is_protected(offset):
        return False
    return '"' not in reading.folded.text[start:begin]


def _restated(text: str, question: Question, behind: str) -> int:
    """Length of the restating words at the beginning of a text; 0 where it says something."""
    match = _SENTENCE.match(text)
    sentence = match.group() if match else text
    if not has_letters(sentence):
        return 0
    rest = text[len(sentence) :] + behind
    script = script_of(sentence)
    if question.asks("asks_what_was_asked"):
        return 0
    return (
        _tells_the_task(sentence, script, question)
        or _announces(sentence, script, question)
        or _echoes(sentence, question, rest)
    )


@cache
def _at(script: Script, *names: str) -> regex.Pattern[str]:
    return phrase(_LEXICON, script, *names)


def _head(sentence: str) -> int:
    """Length of a sentence up to its first colon, the colon included; all of it where there is none."""
    cut = regex.search(r"[:：](?=\s|$|\p{Han}|[*_])", sentence)
    return cut.end() if cut else len(sentence)


def _tells_the_task(sentence: str, script: Script, question: Question) -> int:
    """ "You want to know how ...", "To answer your question ..."."""
    if _at(script, "answering").match(sentence):
        return _head(sentence)
    match = _at(script, "you_want").match(sentence)
    if match is None or question.asks("asks_for_text"):
        return 0
    return _head(sentence) if _shares_words(sentence, question, script) else 0


def _shares_words(sentence: str, question: Question, script: Script) -> bool:
    """Whether a sentence repeats a word of the user's, or speaks of the question as such."""
    if script == "east":
        pairs = {sentence[i : i + 2] for i in range(len(sentence) - 1) if _EAST.match(sentence[i : i + 2])}
        return any(pair in question.text for pair in pairs)
    return any(
        (len(word) > 3 and (word in question.text or (len(word) > 5 and word[1:5] in question.text)))
        for word in _WORDS.findall(sentence)[2:]
    )


def _announces(sentence: str, script: Script, question: Question) -> int:
    """ "Here are five tips:", "Let me explain ...", "To do X, follow these steps:"."""
    head = sentence[: _head(sentence)]
    ends_in_colon = head.rstrip(" *_").endswith((":", "："))
    match = _at(script, "here_is").match(sentence)
    if match and _presents(head[match.end() :], script, question, ends_in_colon):
        return len(head)
    if ends_in_colon and _at(script, "weak_here_is").match(sentence):
        noun = phrase_anywhere(_LEXICON, script, "announced").search(head)
        if noun and _is_over(sentence[len(head) :]):
            return len(head)
    if _at(script, "will_explain").match(sentence) and not question.is_yes_no:
        return len(head)
    match = _at(script, "to_do_it").match(sentence)
    return len(head) if match and _ENDS.match(sentence, match.end()) else 0


def _is_over(rest: str) -> bool:
    return not has_letters(rest)


def _presents(rest: str, script: Script, question: Question, ends_in_colon: bool) -> bool:
    """Whether what is presented is an answer as such, or the very thing that the user asked for."""
    if ends_in_colon or _ENDS.match(rest):
        return True
    if phrase_anywhere(_LEXICON, script, "announced").search(rest[:80]):
        return True
    return _shares_words("  " + rest, question, script)


def _echoes(sentence: str, question: Question, rest: str) -> int:
    """A bare echo of the user's question, with an answer behind it."""
    asks = sentence.rstrip(" *_\"'»)").endswith(("?", "؟", ":"))
    if not has_letters(rest) or not (asks or rest.startswith("\n")) or question.asks("asks_to_copy"):
        return 0
    words = _WORDS.findall(sentence)
    if len(words) < 2:
        return 0
    for asked in question.sentences:
        if _is_alike(words, _WORDS.findall(asked), sentence):
            return len(sentence)
    return 0


def _is_alike(words: list[str], asked: list[str], sentence: str) -> bool:
    """Whether two word lists are the same but for one word in ten, or the first asks again with the second's words."""
    if not asked or abs(len(words) - len(asked)) * _CHANGED > max(len(words), len(asked)):
        pass
    elif sum(a != b for a, b in zip(words, asked, strict=False)) * _CHANGED <= len(asked):
        return True
    is_question = phrase(_LEXICON, script_of(sentence), "question_word").match(sentence) is not None
    known = set(asked)
    new = sum(word not in known for word in words)
    return is_question and len(words) >= 3 and new * 3 <= len(words) and len(words) * 2 >= len(asked)
