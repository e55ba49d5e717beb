"""A text prepared for judging: Passage (one text), Turn (a message), Reading (an output in its conversation).

Everything is computed at most once and only when a rule asks; the turns of a case are prepared once for
all its outputs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache

import regex

from evalsuite.conversation import Message, Role
from evalsuite.rules.requested_text import requested_span
from evalsuite.rules.text import Folded, Span, Word, lines, merge, sentences, words

# Each alternative is bounded by its own closing mark, so the scan is linear. A straight quote must not touch a
# letter or digit outside (5" is inches); a single straight quote is an apostrophe far more often than a quotation mark.
_QUOTE_PAIRS = {"“": "”", "«": "»", "„": "“”", "「": "」", "『": "』", "‹": "›", '"': '"'}
# Single quotes, straight or curly, look like apostrophes: a quotation in them opens before a word, closes behind one,
# stays on its line, and is short. ('Tis and the dogs' are seldom followed by the other half within reach.)
_SINGLE_QUOTES = regex.compile(
    r"(?<![\w'’‘])['‘](?=[^\s'’])[^'’‘\n]{0,200}+(?:['’](?=\w)[^'’‘\n]{0,200}+){0,6}(?<=[^\s'’‘])['’](?!\w)"
)
_FENCE = regex.compile(r"^[ \t>]*+(`{3,}+|~{3,}+)(.*)$")
_BLOCK_QUOTE = regex.compile(r"[ \t]{0,3}+>")  # matched at a line start: a ^ would only match at offset 0
_QUOTE_MARK = re.compile(r"[“”«»„「」『』‹›\"]|\n[ \t]*+\n")
_CODE_SPAN = regex.compile(r"(?<!`)(`{1,2})(?!`)[^`\n]++\1(?!`)")


class Passage:
    """One text with its words, sentences, lines and protected parts, each computed once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def folded(self) -> Folded:
        """Normal form of the text with a map back to raw offsets."""
        return Folded(self.text)

    @cached_property
    def words(self) -> list[Word]:
        """Words in order."""
        return words(self.text)

    @cached_property
    def word_texts(self) -> tuple[str, ...]:
        """Folded words in order."""
        return tuple(word.text for word in self.words)

    @cached_property
    def sentences(self) -> list[Span]:
        """Sentences in order."""
        return sentences(self.text)

    @cached_property
    def lines(self) -> list[Span]:
        """Lines in order, empty ones included."""
        return lines(self.text)

    @cached_property
    def fences(self) -> list[Span]:
        """Fenced code blocks, fences included; an unclosed fence runs to the end."""
        found: list[Span] = []
        if "```" not in self.text and "~~~" not in self.text:
            return found
        opened: tuple[int, str] | None = None
        for start, end in self.lines:
            if "```" not in self.text[start:end] and "~~~" not in self.text[start:end]:
                continue
            match = _FENCE.match(self.text[start:end])
            if match is None:
                continue
            mark = match.group(1)
            if opened is None:
                if "`" not in match.group(2):
                    opened = (start, mark)
            elif mark[0] == opened[1][0] and len(mark) >= len(opened[1]) and not match.group(2).strip():
                found.append((opened[0], end))
                opened = None
        if opened is not None:
            found.append((opened[0], len(self.text)))
        return found

    @cached_property
    def code(self) -> list[Span]:
        """Code: fenced blocks and inline code spans, sorted and disjoint."""
        spans = [match.span() for match in _CODE_SPAN.finditer(self.text)] if "`" in self.text else []
        return merge(self.fences + spans)

    @cached_property
    def quotes(self) -> list[Span]:
        """Text in quotation marks (marks included) and Markdown block quotes, sorted and disjoint.

        A quotation that is not closed before the paragraph ends is none: a stray mark must not hide the rest.
        """
        found: list[Span] = []
        if ">" in self.text:
            found += [span for span in self.lines if _BLOCK_QUOTE.match(self.text, span[0], span[1])]
        if "'" in self.text or "‘" in self.text:
            found += [match.span() for match in _SINGLE_QUOTES.finditer(self.text)]
        opened: tuple[int, str] | None = None
        for match in _QUOTE_MARK.finditer(self.text):
            mark = match.group()
            position = match.start()
            if mark[0] == "\n":
                opened = None
            elif opened is not None and mark in opened[1]:
                found.append((opened[0], position + 1))
                opened = None
            elif opened is None and mark in _QUOTE_PAIRS and not self._follows_word(position):
                opened = (position, _QUOTE_PAIRS[mark])
        return merge(found)

    def _follows_word(self, position: int) -> bool:
        return position > 0 and self.text[position - 1].isalnum() and self.text[position] == '"'

    @cached_property
    def protected(self) -> list[Span]:
        """Quoted or code text in the contract's sense, sorted and disjoint."""
        return merge(self.code + self.quotes)

    def is_protected(self, start: int, end: int | None = None) -> bool:
        """Whether a place (or a whole stretch) lies inside quoted or code text."""
        return covers(self.protected, start, end)


def covers(spans: Sequence[Span], start: int, end: int | None = None) -> bool:
    """Whether one of the sorted, disjoint `spans` holds the offset `start` (and, if given, all up to `end`)."""
    index = bisect_right(spans, (start, 1 << 62)) - 1
    return index >= 0 and start < spans[index][1] and (end is None or end <= spans[index][1])


class Turn(Passage):
    """A message of the conversation, prepared."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.content)
        self.role: Role = message.role


_KEPT = 20_000
"""Characters of a system prompt that stays prepared: it is the same for many cases."""
_kept_turn = lru_cache(maxsize=256)(Turn)


class Conversation:
    """The messages of a case, prepared once for all rules and all its outputs."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.turns = tuple(
            _kept_turn(message) if message.role == "system" and len(message.content) <= _KEPT else Turn(message)
            for message in messages
        )

    @cached_property
    def system(self) -> tuple[Turn, ...]:
        """System turns in order."""
        return tuple(turn for turn in self.turns if turn.role == "system")

    @cached_property
    def user(self) -> tuple[Turn, ...]:
        """User turns in order; the last one is what the output answers."""
        return tuple(turn for turn in self.turns if turn.role == "user")

    @cached_property
    def assistant(self) -> tuple[Turn, ...]:
        """The model's earlier answers in order."""
        return tuple(turn for turn in self.turns if turn.role == "assistant")


class Reading(Passage):
    """An output as the rules read it: the whole text, how it ended, and the conversation it answers."""

    def __init__(
        self,
        text: str,
        conversation: Conversation,
        *,
        finish_reason: str | None = "stop",
        requested: str | None = None,
        allow: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(text)
        self.conversation = conversation
        self.finish_reason = finish_reason
        self.requested = requested
        """What the user asked for as such: "letter", "dialogue", "translation", ...; None otherwise."""
        self.allow = allow
        """Codes of the rules that the case allows."""

    @cached_property
    def own_voice(self) -> list[Span]:
        """Where the model speaks for itself: everything, but for the text that the user asked for as such.

        With a requested text, the model's own voice is what frames it: a lead-in, a last paragraph about the text, and
        what stands outside a quotation, code block or rule-separated part when there is one.
        """
        whole = [(0, len(self.text))]
        if self.requested is None:
            return whole
        body = requested_span(self.text, lines=self.lines, fences=self.fences, quotes=self.quotes)
        return [span for span in ((0, body[0]), (body[1], len(self.text))) if span[0] < span[1]]

    def in_own_voice(self, offset: int) -> bool:
        """Whether the model speaks for itself at a raw offset: not in requested, quoted or code text."""
        return covers(self.own_voice, offset) and not covers(self.protected, offset)
