"""FL008: an output that opens by restating or announcing the task. The phrases are in lexicon/anti_fluff.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import regex

from evalsuite.rules.filler import Opening, opening
from evalsuite.rules.lexicon.phrases import Phrases, Script, languages_of, script_of
from evalsuite.rules.own_voice import JUNK, first_line, has_letters, opening_span, raw_span
from evalsuite.rules.passage import Reading
from evalsuite.rules.question import Question
from evalsuite.rules.text import Span
from evalsuite.rules.wording import holds_only, news, roots

_LEXICON = "anti_fluff"
_WINDOW = 500
"""Characters of the first sentence that are looked at."""
_OWN_WORDS = 2
"""Words of the user's that a sentence must repeat to ask or tell the task again."""
_CHANGED = 10
"""One word in ten may differ in an echo, as for PA001."""

_SENTENCE = regex.compile(r"(?:[^.!?؟。\n]|(?<=\d)\.(?=\d)|\.(?=\w))*+[.!?؟。]?+")
_WORDS = regex.compile(r"[\p{L}\p{N}]++")
_ENDS = regex.compile(r"[\s*_)\"'»]*+(?:[:：.!]|\n|$)")
_COLON = regex.compile(r":(?=\s|$|\p{Han}|[*_])")
_HERE_IT_IS = regex.compile(r"(?:and |so )?here (?:it is|they are|you are)")
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


@dataclass(frozen=True, slots=True)
class _First:
    """The first sentence, folded, with what stands behind it and the languages it may be in."""

    text: str
    rest: str
    script: Script
    phrases: Phrases

    def match(self, name: str) -> regex.Match[str] | None:
        """Match of a pattern of the lexicon at the sentence's beginning."""
        return self.phrases.match(name, self.text)

    @property
    def head(self) -> str:
        """The sentence up to its first colon, the colon included; all of it where there is none."""
        cut = _COLON.search(self.text)
        return self.text[: cut.end()] if cut else self.text

    @property
    def introduces(self) -> bool:
        """Whether a colon ends the head."""
        return self.head.rstrip(" *_").endswith(":")


def _restated(text: str, question: Question, behind: str) -> int:
    """Length of the restating words at the beginning of a text; 0 where it says something."""
    match = _SENTENCE.match(text)
    sentence = match.group() if match else text
    if not has_letters(sentence):
        return 0
    script = script_of(sentence)
    phrases = Phrases(_LEXICON, languages_of(_LEXICON, text, script))
    first = _First(sentence, text[len(sentence) :] + behind, script, phrases)
    length = (
        _tells_the_task(first, question)
        or _announces(first, question)
        or _echoes(first, question)
        or _brings_no_news(first, question)
    )
    return 0 if length and question.asks("asks_what_was_asked") else length


def _tells_the_task(first: _First, question: Question) -> int:
    """Length of "You want to know how ...", "To answer your question ..."."""
    if first.match("answering"):
        return len(first.head)
    if first.match("you_want") is None or question.asks("asks_for_text"):
        return 0
    return len(first.head) if _shares_words(first.text, question, first.script) else 0


def _shares_words(text: str, question: Question, script: Script) -> bool:
    """Whether a text repeats a word of the user's, inflected or not."""
    return not _stems(text, script).isdisjoint(_stems(question.text, script))


@lru_cache(maxsize=64)
def _stems(text: str, script: Script) -> frozenset[str]:
    """What inflection leaves of words: beginnings; in Arabic, whose forms change both ends, three letters running."""
    if script == "east":
        pairs = (text[i : i + 2] for i in range(len(text) - 1))
        return frozenset(pair for pair in pairs if _EAST.match(pair, 0) and _EAST.match(pair, 1))
    words = _WORDS.findall(text)
    if script == "arabic":
        return frozenset(word[i : i + 3] for word in words if len(word) > 3 for i in range(len(word) - 2))
    return frozenset(word[:4] for word in words if len(word) > 3)


def _announces(first: _First, question: Question) -> int:
    """Length of "Here are five tips:", "Let me explain ...", "To do X, follow these steps:"."""
    head = first.head
    match = first.match("here_is")
    if match and _presents(first, head[match.end() :], match.group(), question):
        return len(head)
    heads_a_list = first.introduces and not has_letters(first.text[len(head) :])
    if heads_a_list and first.match("weak_here_is") and first.phrases.search("announced", head):
        return len(head)
    if first.match("will_explain") and not question.is_yes_no:
        return len(head)
    match = first.match("to_do_it")
    return len(head) if match and _ENDS.match(first.text, match.end()) else 0


def _presents(first: _First, thing: str, words: str, question: Question) -> bool:
    """Whether what is presented is an answer as such, or the very thing that the user asked for."""
    if _HERE_IT_IS.fullmatch(words) and has_letters(first.text[len(first.head) :]):
        return False  # "Here it is: under the mat."
    if first.introduces or _ENDS.match(thing):
        return True
    if first.phrases.search("announced", thing[:80]):
        return True
    return has_letters(first.rest) and _shares_words(thing, question, first.script)


def _echoes(first: _First, question: Question) -> int:
    """Length of a bare echo of the user's question, with an answer behind it."""
    stands_alone = first.text.rstrip(" *_\"'»)").endswith(("?", "؟", ":")) or first.rest.startswith("\n")
    if not stands_alone or not has_letters(first.rest):
        return 0
    words = _WORDS.findall(first.text)
    if len(words) < 2 or not any(_is_alike(words, _WORDS.findall(asked), first) for asked in question.sentences):
        return 0
    return 0 if question.asks("asks_to_copy") else len(first.text)


def _is_alike(words: list[str], asked: list[str], first: _First) -> bool:
    """Whether two word lists are the same but for one word in ten, or the first asks again with the second's words."""
    if len(words) == len(asked):
        changed = sum(a != b for a, b in zip(words, asked, strict=True))
        if changed * _CHANGED <= len(asked):
            return True
    if len(words) < 3 or len(words) * 2 < len(asked) or first.match("question_word") is None:
        return False
    known, new = news(first.text, _LEXICON, first.phrases.languages, roots(" ".join(asked)))
    return new == 0 and known >= _OWN_WORDS


def _brings_no_news(first: _First, question: Question) -> int:
    """Length of a first sentence of nothing but the user's own words, said to the user or asked; of a heading that
    announces with them."""
    if not has_letters(first.rest) and not first.introduces:
        return 0
    own, languages = roots(question.text), first.phrases.languages
    if first.introduces and not has_letters(first.text[len(first.head) :]):
        return len(first.head) if holds_only(first.head, _LEXICON, languages, "announcing", own) else 0
    topic = first.match("topic_head") if first.introduces else None
    if topic is not None:
        return len(first.head) if news(first.head[topic.end() :], _LEXICON, languages, own)[1] == 0 else 0
    asks = first.text.rstrip(" *_\"'").endswith(("?", "؟")) and question.is_question
    if question.is_yes_no or not (asks or first.match("second_person")) or question.asks("asks_for_text"):
        return 0
    known, new = news(first.text, _LEXICON, languages, own)
    return len(first.head) if new == 0 and known >= _OWN_WORDS else 0
