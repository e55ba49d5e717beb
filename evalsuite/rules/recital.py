"""Whether a sentence of the system prompt is a fact that answers the question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import regex

from evalsuite.rules.carrying import around
from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives, split_entries, words_of
from evalsuite.rules.passage import Conversation, Passage, Reading
from evalsuite.rules.text import Span, fold, word_texts

_HAN = regex.compile(r"\p{Script=Han}")
_ARABIC = regex.compile(r"\p{Script=Arabic}")
_ARABIC_HEAD = regex.compile(r"^(?:وال|فال|بال|كال|لل|ال|[وفبل](?=\w{3}))")
_ARABIC_TAIL = regex.compile(r"(?:هما|كم|هم|نا|ها|ات|ين|ون|ان|تي|ه|ي|ك|ا)$")
_ARABIC_PERSON = regex.compile(r"(?<=\w\w)[يك]$")  # "my" and "your", also on a word of two letters
STEM = 4
"""Letters by which two forms of a word are taken for one another (open/opening, Gebühr/Gebühren)."""
KINDS = ("time", "price", "place")


def answers(reading: Reading, span: Span, sentence: str) -> bool:
    """Whether the system prompt's `sentence`, repeated at `span`, is a fact that answers the user's last message."""
    conversation = reading.conversation
    if not conversation.user:
        return False
    question = conversation.user[-1].folded.text
    if words_of("parroting", "asks_prompt").search(question):
        return False
    if _is_persona(sentence):
        return words_of("parroting", "asks_identity").search(question) is not None or _is_told(conversation, sentence)
    if is_instruction(sentence):
        return False
    return _shares_topic(conversation, sentence) or _stands_as_answer(reading, span, sentence)


def answers_from_what_was_told(conversation: Conversation, sentence: str) -> bool:
    """Whether the user said, in a sentence, what the last question is after ("When does my train leave?")."""
    asked = [text for text in _sentences(conversation.user[-1]) if _asks(text)]
    if not asked or _asks(sentence) or is_instruction(sentence):
        return False
    told = set(stems(sentence))
    return any(_is_after(text, told) for text in asked)


def _sentences(message: Passage) -> Iterator[str]:
    # With the mark behind the sentence, which tells a question.
    return (message.text[start : end + 1] for start, end in message.sentences)


def _is_after(question: str, told: set[str]) -> bool:
    """Whether all that a question names is told, and the question wants no reason and no advice."""
    folded = fold(question)
    if words_of("parroting", "explaining").search(folded):
        return False
    # A stop word in their place keeps ideographs on both sides from making a pair.
    named = set(stems(words_of("parroting", "remembering").sub(" the ", folded)))
    return bool(named) and named <= told


def _is_persona(sentence: str) -> bool:
    return words_of("parroting", "persona").match(fold(sentence)) is not None


def _is_told(conversation: Conversation, sentence: str) -> bool:
    """Whether a sentence about the model tells what the user asks about it ("Who built you?")."""
    last = conversation.user[-1]
    return (
        bool(set(stems(last.text)) & set(stems(sentence)))
        and _asks(last.text)
        and words_of("parroting", "second_person").search(last.folded.text) is not None
    )


def _asks(text: str) -> bool:
    marked = any(mark in text for mark in "?؟？")
    return marked or words_of("parroting", "question_word").match(fold(text)) is not None


@cache
def _openings() -> regex.Pattern[str]:
    slot = load("parroting")["instruction"]
    spaced = alternatives({code: value for code, value in slot.items() if code not in ("zh", "ja")})
    joined = alternatives({code: value for code, value in slot.items() if code in ("zh", "ja")})
    adverb = "first|then|also|simply|just|instead|kindly|ثم|zuerst|d'abord"
    behind = rf"(?:^|[,،;؛]\s*+(?:and |then |but |و)?)(?:(?:{adverb}) )?"
    return regex.compile(rf"{behind}\W*+(?:(?:{spaced})(?!\w)|(?:{joined}))")


@lru_cache(maxsize=1024)
def is_instruction(sentence: str) -> bool:
    """Whether a sentence tells the model what to do, in its opening, behind a comma, or as a duty of "you"."""
    folded = fold(sentence).strip(" -*•\"'")
    return _openings().search(folded) is not None or words_of("parroting", "duty").search(folded) is not None


def _shares_topic(conversation: Conversation, sentence: str) -> bool:
    """Whether the question and the fact share a content word."""
    asked = set(stems(conversation.user[-1].text))
    return bool(asked & set(stems(sentence)))


def _stands_as_answer(reading: Reading, span: Span, sentence: str) -> bool:
    """Whether a fact without a word of the question stands where its answer stands.

    It is the whole output, the reason of a yes, no or nothing in its sentence or before it, or, at the output's
    beginning, of the kind that is asked for: a time, a price, a place.
    """
    before, after = reading.text[: span[0]].strip(" \r\n\"'*_>-"), reading.text[span[1] :].strip(" \r\n\"'*_.!。")
    if not before and not after:
        return True
    lead = around(reading, span).lead.lstrip(" *_-•\"'")
    if lead and words_of("parroting", "yes_no").match(fold(lead)):
        return True
    if words_of("parroting", "yes_no").fullmatch(fold(before).strip(".!,،。 ")):
        return True
    question = reading.conversation.user[-1].folded.text
    fact = fold(sentence)
    return not before and any(
        words_of("parroting", f"{kind}_question").search(question)
        and words_of("parroting", f"{kind}_fact").search(fact)
        for kind in KINDS
    )


@cache
def _stop_words() -> frozenset[str]:
    slot = load("parroting")["stop"]
    return frozenset(word for value in slot.values() for entry in split_entries(value) for word in word_texts(entry))


@lru_cache(maxsize=1024)
def stems(text: str) -> tuple[str, ...]:
    """Stems of the content words of a text; pairs of neighbouring ideographs count as words."""
    return tuple(_stems(word_texts(text)))


def _stems(found: Sequence[str]) -> Iterator[str]:
    previous = ""
    for word in found:
        if word in _stop_words():
            previous = ""
        elif _HAN.match(word):
            if previous:
                yield previous + word
            previous = word
        else:
            previous = ""
            yield _stem(word)


def _stem(word: str) -> str:
    if _ARABIC.match(word):
        bare = _ARABIC_HEAD.sub("", word) if len(word) > 3 else word
        bare = _ARABIC_TAIL.sub("", bare) if len(bare) > 3 else _ARABIC_PERSON.sub("", bare)
        return bare[:STEM]
    if word[0].isdigit():
        return word
    return word.removesuffix("'s")[:STEM] if len(word) > STEM else word.rstrip("s") if len(word) > 2 else word
