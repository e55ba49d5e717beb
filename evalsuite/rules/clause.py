"""What stands around a place in folded text: whether it is negated, supposed, asked or reported."""

from __future__ import annotations

from functools import cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives

CONTEXT = 90
"""How many characters before a statement may take it back; sentences that reach farther are rare. (Judgement.)"""

_BREAK = regex.compile(
    r"[.!?؟。！？…;؛:,،，、\n\r\u2028\u2029]|[—–](?:\s|$)|(?<=\s)-(?=\s)"
    r"|(?<!\w)(?:because|since|but|and|while|although|though|so|cause|cuz|weil|denn|aber|"
    r"und|parce que|car|mais|et|porque|pero|perche"
    r"|لان|لكن|بل|لانه|ولكن)(?!\w)"
)
# A statement that begins with its conjunction is a clause of its own ("لأني روبوت").
_SUBORDINATE = regex.compile(r"و?(?:لان|لاني|لانني|كوني|لكوني|بما ان)\w*+|(?:since|because)(?!\w)")
_SENTENCE_BREAK = regex.compile(r"[.!?؟。！？…\n\r\u2028\u2029]")


@cache
def slot_pattern(slot: str, lexicon: str = "identity") -> regex.Pattern[str]:
    """Compiled alternation of a slot; CJK entries match anywhere."""
    spaced = {k: v for k, v in load(lexicon)[slot].items() if k not in ("zh", "ja", "ko")}
    joined = {k: v for k, v in load(lexicon)[slot].items() if k in ("zh", "ja", "ko")}
    parts = [rf"(?<!\w)و?(?:{alternatives(spaced)})(?:(?<=')|(?!\w))"] if spaced else []
    if joined:
        parts.append(alternatives(joined))
    return regex.compile("|".join(parts))


def before(text: str, position: int, *, size: int = CONTEXT) -> str:
    """The clause up to a position: what follows the last comma, colon or stop."""
    if _SUBORDINATE.match(text, position) or (
        text.startswith("being", position) and text[:position].rstrip()[-1:] in ",،"
    ):
        return ""
    piece = text[max(0, position - size) : position]
    end = 0
    for match in _BREAK.finditer(piece):
        end = match.end()
    return piece[end:]


def sentence_before(text: str, position: int, *, size: int = 240) -> str:
    """The sentence up to a position."""
    piece = text[max(0, position - size) : position]
    end = 0
    for match in _SENTENCE_BREAK.finditer(piece):
        end = match.end()
    return piece[end:]


def after(text: str, position: int, *, size: int = CONTEXT) -> str:
    """The clause from a position on, with the mark that ends it."""
    piece = text[position : position + size]
    match = _BREAK.search(piece)
    return piece if match is None else piece[: match.end()]


def sentence_after(text: str, position: int, *, size: int = 240) -> str:
    """The sentence from a position on, with the mark that ends it."""
    piece = text[position : position + size]
    match = _SENTENCE_BREAK.search(piece)
    return piece if match is None else piece[: match.end()]


def is_negated(clause: str) -> bool:
    """Whether a clause holds a negation that takes something back ("not just" does not)."""
    rest = slot_pattern("not_only").sub(" ", clause)
    return slot_pattern("negation").search(rest) is not None


def is_supposed(clause: str) -> bool:
    """Whether a clause puts what follows as a supposition or as somebody's opinion."""
    return slot_pattern("hypothesis").search(clause) is not None or slot_pattern("report").search(clause) is not None


def is_asked(text: str, position: int) -> bool:
    """Whether the clause at a position ends right there as a question ("I'm a bot?")."""
    return regex.match(r"[^.!?؟。！？\n,،，]{0,24}[?؟？]", text[position : position + 30]) is not None


@cache
def _apart() -> regex.Pattern[str]:
    return regex.compile(
        rf"(?:{slot_pattern('apart_negation').pattern})(?!\s+(?:\w+ing|ما|que)(?!\w))(?:[\s*_]+[\w'-]+){{1,4}}[\s*_]*$"
    )


def is_asserted(text: str, start: int, end: int) -> bool:
    """Whether what is said from `start` to `end` stands as the speaker's own statement."""
    clause = _apart().sub(" ", before(text, start))
    return not (is_taken_back(clause, text[start : start + 24]) or is_supposed(clause) or is_asked(text, end))


# Auxiliaries that negate their own verb; only a verb of saying or thinking hands the negation on.
_OWN_NEGATION = regex.compile(
    r"(?<!\w)(?:don'?t|didn'?t|doesn'?t|can'?t|cannot|can not|won'?t|couldn'?t|never|haven'?t)\s+"
    r"(?!(?:\w+\s+){0,2}(?:think|thought|believe|believed|say|said|claim|claimed|mean|meant|call|called|consider|know|tell|told"
    r"|see|feel|felt|suppose|guess|admit|recall|remember|agree|pretend|pretended|want|like|act|be|been|act|make|made)(?!\w))\w+"
)
_NEW_SUBJECT = regex.compile(r"[وف]?(?:انا|راني|تراني|معك|معاك)(?!\w)")


def is_taken_back(clause: str, statement: str) -> bool:
    """Whether the words before a statement negate it; "I don't eat I'm a bot" negates only the eating."""
    if slot_pattern("not_only").search((clause + statement)[max(0, len(clause) - 14) :]):
        clause = slot_pattern("not_only").sub(" ", clause + statement)[: max(0, len(clause) - 14)]
    if _NEW_SUBJECT.match(statement):
        # An Arabic pronoun begins its own clause: only a negation right in front of it counts.
        clause = " ".join(clause.split()[-1:])
    return is_negated(_OWN_NEGATION.sub(" ", clause))
