"""What of a message was given to be quoted: payload of a request, quotations, options, code; greetings and thanks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import regex

from evalsuite.rules.lexicon.entries import words_of
from evalsuite.rules.passage import Conversation, Passage, covers
from evalsuite.rules.recital import is_instruction
from evalsuite.rules.text import Span, fold, merge, word_texts

_COLON = regex.compile(r"[:：](?=\s|$|[\"“«„「]|\p{Script=Han})")
_OPTION = regex.compile(r"[ \t]*+(?:[-*•][ \t]++)?+\(?(?:\p{L}|\p{Nd})[).:．、][ \t]++")
# A line of code, of data or of a log: an opening word of a language, an error's name, or many marks.
_CODE_LINE = regex.compile(
    r"[ \t]*+(?:import |from \w+ import|def |class |const |let |var |select |#include|function |return |<\w+|\$ |>>> )"
    r"|[\w.]*(?:error|exception|warning):|\[?(?:error|warn|info|debug)\]"
)
_CODE_MARK = regex.compile(r"[{}()<>;=\[\]_\\|]")
# A whole message in quotation marks, but no question: a text to be worked on.
_QUOTATION = regex.compile(r"\s*+[\"'“«„‘「][^?؟？]++[\"'”»“’」]\s*+")
_SPACE = regex.compile(r"[\s\-*_\"'(]++")
CODE_MARKS = 5
"""Marks of code on one line that make it code; prose with a pair of brackets has two."""
COLONS = 3
"""Colons of a sentence that are looked at; one with more is data."""
CLAUSE_REACH = 200
"""Characters in front of a colon that say what follows it."""
SEND_WORDS = 20
"""Words of an answer that only asks for the text."""
REQUESTS = 20
"""Requests of one message that are looked at."""
VERB_REACH = 60
"""Characters from a sentence's start within which its verb stands ("Could you please translate ...")."""


@lru_cache(maxsize=256)
def quotable_spans(message: Passage) -> tuple[Span, ...]:
    """Parts of a message that the answer may quote, sorted and disjoint."""
    size = len(message.text)
    spans = [*_quotations(message), *_options(message), *_code_lines(message)]
    if _QUOTATION.fullmatch(message.text):
        return ((0, size),)
    spans += _after_colons(message) or _beside_request(message)
    return tuple(merge(spans))


def _quotations(message: Passage) -> list[Span]:
    """Quoted parts; where nothing is to be done with them as texts, without the instructions in them (injections)."""
    quoted = [span for span in message.protected if span[1] - span[0] < len(message.text) - 3]
    inside = [span for span in message.sentences if covers(quoted, *span)]
    orders = [span for span in inside if is_instruction(message.text[slice(*span)])]
    if len(inside) < 2 or not orders or words_of("parroting", "transform").search(_unquoted(message, quoted)):
        return quoted
    return [piece for start, end in quoted for piece in _without(start, end, orders)]


def _unquoted(message: Passage, quoted: list[Span]) -> str:
    ends = [0, *(end for _, end in quoted)]
    starts = [*(start for start, _ in quoted), len(message.text)]
    return fold(" ".join(message.text[end:start] for end, start in zip(ends, starts, strict=True)))


def _without(start: int, end: int, holes: list[Span]) -> Iterator[Span]:
    for left, right in holes:
        if start <= left < end:
            yield start, left
            start = right
    if start < end:
        yield start, end


def _after_colons(message: Passage) -> list[Span]:
    """What follows the colon of a request to repeat, translate, correct, complete, format or store."""
    for start, end in message.sentences:
        for colon in islice(_COLON.finditer(message.text, start, end), COLONS):
            clause = fold(message.text[max(start, colon.start() - CLAUSE_REACH) : colon.start()])
            if _asks_for_text(clause):
                return [_to_the_end(message, colon.end())]
    return []


def _asks_for_text(clause: str) -> bool:
    if any(words_of("parroting", slot).search(clause) for slot in ("transform", "order_words")):
        return True
    if words_of("parroting", "answer_noun").search(clause):
        return False
    if words_of("parroting", "data_label").fullmatch(clause.strip(" *_#-")):
        return True
    return words_of("parroting", "text_noun").search(clause) is not None


def _to_the_end(message: Passage, start: int) -> Span:
    """From an offset to the message's end, but for a last sentence that is one more request ("Then tell me ...")."""
    inside = [span for span in message.sentences if span[0] >= start]
    end = len(message.text)
    for left, right in reversed(inside):
        first = left == inside[0][0] and not message.text[start:left].strip()
        if first or right <= start or not _is_step(message.text[left : left + VERB_REACH]):
            break
        end = left
    return start, end


def _is_step(text: str) -> bool:
    return words_of("parroting", "step").match(fold(text)) is not None


def _beside_request(message: Passage) -> list[Span]:
    """All but the request in "Translate this into French." with a text before or behind it."""
    if len(message.sentences) < 2:
        return []
    requests = [span for span in message.sentences if _points_at_text(fold(message.text[slice(*span)]))]
    if not requests:
        return []
    start, end = requests[0]
    return [span for span in ((0, start), (end, len(message.text))) if message.text[slice(*span)].strip()]


def _points_at_text(sentence: str) -> bool:
    verb = words_of("parroting", "transform").search(sentence, 0, min(len(sentence), VERB_REACH))
    if verb is None:
        return False
    return any(words_of("parroting", slot).search(sentence, verb.start()) for slot in ("deictic", "text_noun"))


def judged_spans(message: Passage) -> list[Span]:
    """Lines below or above a line that asks about them ("is it rude?"): they may be quoted as quotations."""
    lines = [span for span in message.lines if message.text[slice(*span)].strip()]
    asking = [span for span in lines if _asks_about_lines(message.text[slice(*span)])]
    return [span for span in lines if span not in asking] if asking else []


def _asks_about_lines(line: str) -> bool:
    return any(mark in line for mark in "?؟？") and words_of("parroting", "deictic").search(fold(line)) is not None


def _options(message: Passage) -> list[Span]:
    """Lines that are options of a question that asks to choose."""
    if not words_of("parroting", "choosing").search(message.folded.text):
        return []
    lines = [span for span in message.lines if _OPTION.match(message.text, *span)]
    if len(lines) > 1:
        return lines
    lines = [span for span in message.lines if message.text[slice(*span)].strip()]
    asking = [span for span in lines if words_of("parroting", "choosing_text").search(fold(message.text[slice(*span)]))]
    return [span for span in lines if span not in asking[:1]] if asking and len(lines) > 2 else []


def _code_lines(message: Passage) -> Iterator[Span]:
    for start, end in message.lines:
        line = message.text[start:end]
        if line.rstrip().endswith(("?", "؟", "？")):
            continue
        if _CODE_LINE.match(line.casefold()) or sum(1 for _ in _CODE_MARK.finditer(line)) >= CODE_MARKS:
            yield start, end


@lru_cache(maxsize=64)
def ordered_spans(prompt: Passage) -> tuple[Span, ...]:
    """Parts of a system prompt that it orders to be said: quotations, and what follows "Greet with:"."""
    size = len(prompt.text)
    spans = [span for span in prompt.protected if span[1] - span[0] < size - 3]
    for index, (start, end) in enumerate(prompt.sentences):
        colon = _COLON.search(prompt.text, start, end)
        if colon and words_of("parroting", "order_words").search(fold(prompt.text[start : colon.start()])):
            alone = not prompt.text[colon.end() : end].strip()
            following = prompt.sentences[index + 1 : index + 2] if alone else []
            spans.append((colon.end(), following[0][1] if following else end))
    return tuple(merge(spans))


def request_start(clause: str) -> int:
    """Offset behind the white space and courtesy at a clause's beginning."""
    position = 0
    while True:
        space = _SPACE.match(clause, position)
        position = space.end() if space else position
        word = words_of("parroting", "before_request").match(clause, position)
        if word is None or word.end() == position:
            return position
        position = word.end()


def asks_for_text(sentence: str) -> bool:
    """Whether a sentence is the request for a text, no material for it ("Draft an apology to ...")."""
    sentence = sentence.strip(" -*\"'")
    folded = fold(sentence[greeting_end(sentence) :])[:CLAUSE_REACH]
    start = request_start(folded)
    verb = words_of("parroting", "asks_for_text")
    if verb.match(folded, start):
        return True
    wish_at = words_of("parroting", "asks_for_text_wish").match
    wish = wish_at(folded, start) or wish_at(folded)
    if wish is None:
        return False
    reach = wish.end() + VERB_REACH
    return any(pattern.search(folded, wish.end(), reach) for pattern in (verb, words_of("parroting", "text_kind")))


def starts_with_request(text: str) -> int:
    """Offset of the end of the verb by which a sentence asks to repeat, translate, ... a text; 0 where it does not."""
    verb = words_of("parroting", "transform").match(fold(text))
    return verb.end() if verb else 0


def sent_for_work(conversation: Conversation) -> frozenset[int]:
    """Indices of the user's messages that are the text of an earlier request, for which the model asked."""
    turns = conversation.turns
    return frozenset(
        index
        for index in range(2, len(turns))
        if (turns[index - 2].role, turns[index - 1].role, turns[index].role) == ("user", "assistant", "user")
        and len(turns[index - 1].words) <= SEND_WORDS
        and words_of("parroting", "send_it").search(turns[index - 1].folded.text)
        and any(words_of("parroting", s).search(turns[index - 2].folded.text) for s in ("transform", "text_noun"))
    )


def asks_for_own_words(conversation: Conversation) -> bool:
    """Whether the user asks to hear the user's own words again."""
    return bool(conversation.user) and wanted("own_words", conversation.user[-1].folded.text) is not None


NEGATION_REACH = 30
"""Characters in front of a request in which its negation stands."""
_WORDS_BETWEEN = regex.compile(r"\s*+(?:[\w']++\s*+){0,2}+")


def wanted(slot: str, text: str) -> regex.Match[str] | None:
    """The first entry of a slot of requests that the text does not negate ("Do not repeat the question")."""
    negation, after = words_of("parroting", "negation"), words_of("parroting", "negation_after")
    for found in islice(words_of("parroting", slot).finditer(text), REQUESTS):
        start = max(0, found.start() - NEGATION_REACH)
        before = [match.end() for match in negation.finditer(text, start, found.start())]
        negated = bool(before) and _WORDS_BETWEEN.fullmatch(text, before[-1], found.start()) is not None
        if not negated and not after.match(text, found.end() + (text[found.end() : found.end() + 1] == " ")):
            return found
    return None


def wants_values(conversation: Conversation) -> bool:
    """Whether the answers of the conversation are data: JSON, fields, values."""
    return any(words_of("parroting", "value").search(turn.folded.text) for turn in conversation.turns)


_OPENS_VALUE = regex.compile(r"\s*+[\[{]")
_IN_VALUE = regex.compile(r"[\[{:,]\s*+\"[^\"]*+$")
_VALUE_REACH = 2000


def in_json_value(output: Passage, span: Span) -> bool:
    """Whether a span lies in a string of a JSON text."""
    if not (_OPENS_VALUE.match(output.text) or covers(output.fences, span[0])):
        return False
    return _IN_VALUE.search(output.text, max(0, span[0] - _VALUE_REACH), span[0]) is not None


@lru_cache(maxsize=1024)
def is_greeting(text: str) -> bool:
    """Whether a text is greetings, wishes and thanks, and no more than courtesy beside them."""
    folded = fold(text)
    rest, count = words_of("parroting", "greeting").subn(" ", folded)
    if not count:
        return False
    left = [word for word in word_texts(rest) if not words_of("parroting", "courtesy").fullmatch(word)]
    return len(left) <= 1


def greeting_end(text: str) -> int:
    """Length of the greeting with which a text opens; 0 where there is none."""
    folded = fold(text[:80])
    match = words_of("parroting", "greeting").match(folded)
    if match is None or len(folded) != len(text[:80]):
        return 0
    tail = regex.compile(r"[ \t]*+(?:[\p{L}'’.]++[ \t]*+){0,3}[,،!.，！。:]++\s*+|\s++").match(text, match.end())
    return tail.end() if tail else 0


def is_acknowledgement(text: str) -> bool:
    """Whether a message is a word such as "yes" or "ok"."""
    return words_of("parroting", "acknowledgement").fullmatch(" ".join(word_texts(text))) is not None
