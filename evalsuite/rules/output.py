"""Output integrity (OUT): truncated, empty, looping, template tokens, invented turns.

Judges every case of every suite.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise

import regex
from pydantic import BaseModel

from evalsuite.rules import loops
from evalsuite.rules.facts import STRICT
from evalsuite.rules.finding import Behaviour, Example, Finding, Rule
from evalsuite.rules.lexicon.entries import words_of
from evalsuite.rules.passage import Reading, covers
from evalsuite.rules.persona import Persona, spelled_alike
from evalsuite.rules.repeat_request import asked_to_repeat
from evalsuite.rules.speaker_labels import (
    Label,
    block_of,
    defines,
    is_entry,
    is_model_key,
    is_user_key,
    labels,
    lines_of,
    names_roles,
    word_count,
)
from evalsuite.rules.template_tokens import leaked
from evalsuite.rules.text import Span, Word, words


class OutputFacts(BaseModel):
    """What the rules on output integrity know of a case."""

    model_config = STRICT

    may_truncate: bool = False
    """The answer may stop at the token limit."""
    persona: Persona | None = None
    """Who the model must be: its label tells a further exchange."""
    user_name: str | list[str] | None = None
    """The user's name, where known: a label too."""


def truncated(reading: Reading, facts: OutputFacts) -> Iterator[Finding]:
    """OUT001."""
    if reading.finish_reason == "length" and not facts.may_truncate:
        yield Finding("OUT001", None, "The engine stopped at its token limit.")


# An emoji may hold a digit (keycaps); a fence line may hold a language tag.
_EMOJI = regex.compile(r"[0-9#*]\uFE0F?\u20E3|\p{Extended_Pictographic}|\p{Regional_Indicator}")
# A header token names the role behind it: "<|im_start|>assistant".
_ROLE_NAME = regex.compile(r"\A[ \t]*+(?:assistant|user|system|model)\b", regex.IGNORECASE)
_FENCE_LINE = regex.compile(r"^[ \t]*+(?:`{3,}|~{3,})[^\n`]{0,40}$", regex.MULTILINE)


def empty(reading: Reading, _: OutputFacts) -> Iterator[Finding]:
    """OUT002."""
    text = reading.text
    if len(reading.words) > 40:
        return  # more words than fence tags and tokens could account for
    for token in reversed(leaked(reading)):
        text = text[: token.span[0]] + " " + _ROLE_NAME.sub(" ", text[token.span[1] :], count=1)
    has_emoji = _EMOJI.search(text) is not None
    if has_emoji and "FL004" in reading.allow:
        return
    bare = _EMOJI.sub(" ", _FENCE_LINE.sub(" ", text))
    if not words(bare) and not _is_json(bare):
        yield Finding("OUT002", None, "The output holds no word and no JSON value.")


def _is_json(text: str) -> bool:
    """Whether a text without a word is a JSON value such as `[]`, `{}` or `""`."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def degenerate(reading: Reading, _: OutputFacts) -> Iterator[Finding]:
    """OUT003."""
    span = _loop(reading)
    if span is not None and not asked_to_repeat(reading, span):
        yield Finding("OUT003", span, "The output repeats itself in a loop.")


_TABLE_ROW = regex.compile(r"^[ \t]*+\|.*\|[ \t]*+$")


def _loop(reading: Reading) -> Span | None:
    # A matrix or a row of cells repeats numbers by right; words in code do not.
    found = [word for word in loops.content_words(reading) if not _is_code_number(word, reading)]
    cells = [] if "|" not in reading.text else _table_rows(reading)
    return (
        loops.repeated_words(found, ignore=cells)
        or loops.repeated_sentences(reading, len(found))
        or loops.repeated_phrase(found)
        or _symbol_loop(reading, len(found))
    )


def _is_code_number(word: Word, reading: Reading) -> bool:
    return word.text.isdigit() and covers(reading.code, word.start)


def _table_rows(reading: Reading) -> list[Span]:
    return [span for span in reading.lines if _TABLE_ROW.match(reading.text[slice(*span)])]


def _symbol_loop(reading: Reading, word_count: int) -> Span | None:
    every = loops.tokens(reading)
    tail = loops.periodic_tail(every)
    if tail is not None and not _is_blank_form(reading, tail):
        return tail
    joined = [token for token in loops.tokens(reading, joined_rules=True) if not reading.is_protected(token[1])]
    run = loops.symbol_run(joined, word_count) if len(joined) > 2 * word_count else None
    return None if run is None or _is_blank_form(reading, run) else run


def _is_blank_form(reading: Reading, span: Span) -> bool:
    """Whether a run of symbols is a blank to fill in, or cells of a table, or part of code."""
    piece = reading.text[slice(*span)]
    if any(character.isalpha() for character in piece):
        return False
    if any(character.isdigit() for character in piece):
        return covers(reading.code, *span)
    return (not piece.strip("_ .\n") and "_" in piece) or "|" in piece or reading.is_protected(*span)


def template_leak(reading: Reading, _: OutputFacts) -> Iterator[Finding]:
    """OUT004."""
    for token in leaked(reading):
        yield Finding("OUT004", token.span, f"The template token or scaffold {token.text!r} shows.")


def invented_turn(reading: Reading, facts: OutputFacts) -> Iterator[Finding]:
    """OUT005."""
    found = labels(reading)
    for label in _user_turns(found, reading, facts):
        yield Finding("OUT005", label.span, "The output goes on to write the user's next turn.")
        return
    span = _token_turn(reading) or _further_exchange(found, reading)
    if span is not None:
        yield Finding("OUT005", span, "The output goes on with a further exchange.")


def _user_turns(found: list[Label], reading: Reading, facts: OutputFacts) -> Iterator[Label]:
    given = facts.user_name
    names = spelled_alike([given] if isinstance(given, str) else given or [])
    persona = frozenset(facts.persona.spellings) if facts.persona else frozenset()
    by_line = lines_of(found, reading)
    roles: bool | None = None
    for label in found:
        if not (is_user_key(label.key) or label.key in names - persona):
            continue
        if not reading.in_own_voice(label.span[0]) or label.emphasis_open:
            continue
        if roles is None:
            roles = names_roles(found, reading)
        if not roles and not _is_listed(label, by_line, reading, names | persona) and not defines(label, reading):
            yield label


def _is_speaker(label: Label, names: frozenset[str]) -> bool:
    return is_user_key(label.key) or is_model_key(label.key) or bool(spelled_alike([label.key]) & names)


def _is_listed(label: Label, by_line: Mapping[int, Label], reading: Reading, names: frozenset[str]) -> bool:
    """Whether a user label is a field (`user: root`) or an entry of a list (`You: rice` beside others)."""
    if "?" in label.value or "؟" in label.value:
        return False
    around = block_of(label, by_line, reading)
    beside = [other for other in around.siblings if is_entry(other.value) or not other.value.strip()]
    others = [other for other in beside if not _is_speaker(other, names)]
    if others and (is_entry(label.value) or (len(others) > 1 and label.bulleted)):
        return True
    if label.bulleted and around.bullets and is_entry(label.value):
        return True
    fields = [other for other in around.siblings if not _is_speaker(other, names)]
    if len(fields) > 1 and len(fields) == len(around.siblings):
        return "!" not in label.value and not any("?" in other.value or "؟" in other.value for other in fields)
    speakers = len(around.siblings) - len(others)
    if around.siblings and is_entry(label.value) and all(is_entry(other.value) for other in around.siblings):
        return all(word_count(other.value) <= 3 for other in around.siblings) and speakers > 0
    return label.raw_lower and word_count(label.value) == 1 and not speakers and is_entry(label.value)


_USER_TOKEN = regex.compile(
    r"<\|(?:im_start|start_header_id|user|start|turn)\|>[ \t]*+(?:user|"
    r"human)?(?:<\|end_header_id\|>|<\|message\|>)?|<start_of_turn>[ \t]*+user|\[inst\]"
    r"|(?:^|(?<=[\r\n]))[ \t]*+user[ \t]*+(?=[\r\n])|#{3,4}[ \t]*+instruction[ \t]*+:"
)
_MODEL_TOKEN = regex.compile(
    r"<\|[\w ]{2,20}\|>[ \t]*+(?:assistant|model)|<\|assistant\|>|<start_of_turn>[ \t]*+model|\[/inst\]"
    r"|(?:^|(?<=[\r\n]))[ \t]*+assistant[ \t]*+(?=[\r\n])|#{3,4}[ \t]*+response[ \t]*+:"
)


def _token_turn(reading: Reading) -> Span | None:
    """A user's turn opened by template tokens and answered, or at least spoken ("<|im_start|>user ...")."""
    if not leaked(reading):
        return None
    text = reading.folded.text
    for match in _USER_TOKEN.finditer(text):
        bare = match.group().strip() in ("<|im_start|>", "<|start_header_id|>", "<|start|>", "<|turn|>")
        said = regex.match(r"[^<\[#]{0,4000}", text[match.end() : match.end() + 4000])
        raw = reading.folded.span(match.start(), match.end())
        if bare or said is None or not any(map(str.isalnum, said.group())) or not reading.in_own_voice(raw[0]):
            continue
        if match.group().startswith("<") or _is_exchange(text, match):
            return raw
    return None


def _is_exchange(text: str, asked: regex.Match[str]) -> bool:
    """Whether a question stands behind the answer, between tokens, and is itself answered."""
    answered = _MODEL_TOKEN.search(text, asked.end())
    return (
        answered is not None
        and any(map(str.isalnum, text[: asked.start()][-400:]))
        and any(map(str.isalnum, text[answered.end() : answered.end() + 400]))
    )


def _further_exchange(found: list[Label], reading: Reading) -> Span | None:
    """A question and its answer, or thanks and a wish with its answer, written behind the answer."""
    for question, answer in _question_pairs(found):
        before = reading.text[: question.span[0]].strip()
        asked = words_of("output", "asks_exchange")
        wanted = any(asked.search(turn.folded.text) for turn in reading.conversation.user)
        echoed = any(question.value.strip() in turn.folded.text for turn in reading.conversation.user)
        if before and not wanted and not echoed and reading.in_own_voice(question.span[0]) and answer.value.strip():
            return question.span
    return None


def _question_pairs(found: list[Label]) -> Iterator[tuple[Label, Label]]:
    question = words_of("output", "question_label")
    answer = words_of("output", "answer_label")
    for first, second in pairwise(found):
        if question.fullmatch(first.key) and answer.fullmatch(second.key):
            yield first, second


OUT001 = Rule(
    code="OUT001",
    name="truncated",
    meaning="The engine stopped at its token limit, so the output may be cut, however complete it looks.",
    fails=Example("Tell me about bees.", "Bees live in hives.", finish_reason="length"),
    passes=Example("Tell me about bees.", "Bees live in", facts={"may_truncate": True}, finish_reason="length"),
    setting="`may_truncate: true` lets a case end at the limit; `max_tokens` of the case's sampling moves the limit.",
    check=truncated,
)
OUT002 = Rule(
    code="OUT002",
    name="empty",
    meaning="The output holds no word and no JSON value: emoji, punctuation, a fence's language tag or template "
    "tokens alone are empty.",
    fails=Example("What do you think?", "```json\n```"),
    passes=Example("Which rooms are on fire? Answer in JSON.", "[]"),
    setting="A case that wants emoji says `allow: [FL004]`; then an output of emoji alone is not empty.",
    check=empty,
)
OUT003 = Rule(
    code="OUT003",
    name="degenerate",
    meaning="The output loops: a unit four times or more over half of it, one or two words six times running, or a "
    "periodic tail. Items that share opening words do not loop, nor does what the user asked to repeat.",
    fails=Example("Is tea healthy?", "Tea is good. " + "It is very good for you. " * 5),
    passes=Example("Write 'I am calm' five times.", "I am calm. " * 5),
    setting="Nothing to set: what the user asks to repeat is read from the conversation.",
    check=degenerate,
)
OUT004 = Rule(
    code="OUT004",
    name="template-leak",
    meaning="A chat-template token or scaffold shows in the output. Not when the user asked about that token.",
    fails=Example("How many bones has an adult?", "206.<|im_end|>"),
    passes=Example("What does <|im_end|> mean?", "`<|im_end|>` closes a message."),
    setting="Nothing to set: what the user asks about is read from the conversation.",
    check=template_leak,
)
OUT005 = Rule(
    code="OUT005",
    name="invented-turn",
    meaning="The output goes on to write the user's next turn. Not in quoted, code or requested text, nor as a field "
    "or list entry.",
    fails=Example("Why do cats purr?", "Mostly from comfort.\n\nUser: And why do dogs wag?"),
    passes=Example("What do I put into the config?", "host: db1\nuser: root\nport: 5432"),
    setting="A case that asks for a dialogue says `requested: dialogue`.",
    check=invented_turn,
)

BEHAVIOUR = Behaviour(
    name="output",
    facts=OutputFacts,
    rules=(OUT001, OUT002, OUT003, OUT004, OUT005),
    everywhere=True,
)
