"""What the system prompt of a case gives the persona: type nouns, products, makers, names."""

from __future__ import annotations

from functools import cached_property

import regex

from evalsuite.rules.clause import is_negated, is_supposed, slot_pattern
from evalsuite.rules.passage import Conversation
from evalsuite.rules.persona import NAME, mask
from evalsuite.rules.self_patterns import type_pattern


class Given:
    """The sentences of the system prompt that say who the model is."""

    def __init__(self, conversation: Conversation, spellings: tuple[str, ...]) -> None:
        self._conversation = conversation
        self._spellings = spellings

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Sentences of the system prompt about the persona, folded, the name masked."""
        found = []
        for turn in self._conversation.system:
            text = mask(turn.folded.text, self._spellings)
            for start, end in turn.sentences:
                sentence = text[turn.folded.index(start) : turn.folded.index(end)]
                if NAME[0] in sentence or slot_pattern("you_are").search(sentence):
                    found.append(sentence)
        return tuple(found)

    @cached_property
    def concepts(self) -> frozenset[str]:
        """Type concepts that the system prompt says the persona is."""
        return frozenset(
            str(match.lastgroup)
            for sentence in self.sentences
            for match in type_pattern().finditer(sentence)
            if _is_predicate(sentence, match.start())
        )

    def holds(self, piece: str) -> bool:
        """Whether a folded piece of text (a product, a maker, a name) is given, and not forbidden."""
        return any(
            piece in sentence and not is_negated(sentence[: sentence.index(piece)]) for sentence in self.sentences
        )

    @cached_property
    def has_maker(self) -> bool:
        """Whether the system prompt speaks of somebody who made the persona."""
        return any(slot_pattern("maker_bodies").search(sentence) for sentence in self.sentences)


def _is_predicate(sentence: str, position: int) -> bool:
    """Whether what stands at a position is said of the persona: "you are", the name or "as" leads up to it."""
    lead = sentence[:position]
    if is_negated(lead) or is_supposed(lead):
        return False
    starts = [
        match.end() for match in regex.finditer(rf"{slot_pattern('you_are').pattern}|{NAME}|(?<!\w)as(?!\w)", lead)
    ]
    return any(_leads_up(lead[start:]) for start in starts)


def _leads_up(gap: str) -> bool:
    """Whether no word in a gap begins another phrase; a determiner of one language may be such a word in another."""
    stops = [match.group() for match in slot_pattern("gap_stop").finditer(gap)]
    return all(slot_pattern("determiners").fullmatch(word) for word in stops)
