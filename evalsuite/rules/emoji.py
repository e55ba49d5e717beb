"""FL004: emoji."""

from __future__ import annotations

from collections.abc import Iterator

import regex

# Unicode's own sets, not \p{Emoji} (which holds "5" and "#") nor bare \p{Extended_Pictographic} (which holds © and ™).
# A character with emoji presentation that a variation selector 15 turns into text is none.
_PIECE = (
    r"(?:[0-9#*]\uFE0F?\u20E3"  # keycap
    r"|\p{RI}\p{RI}"  # flag
    r"|\p{Extended_Pictographic}\uFE0F\u20E3?+"  # base and variation selector 16
    r"|\p{Extended_Pictographic}\p{Emoji_Modifier}"  # skin tone on a base that is text by default
    r"|\p{Emoji_Presentation}(?!\uFE0E)\uFE0F?+"
    r")\p{Emoji_Modifier}?+[\U000E0020-\U000E007F]*+"
)
# Joined pieces (families, professions) and neighbours make one finding.
_EMOJI = regex.compile(rf"{_PIECE}(?:\u200D(?:{_PIECE}|\p{{Extended_Pictographic}}\uFE0F?+)|\u200D|[ ]?{_PIECE})*+")
_MAY_HOLD = regex.compile(r"[\u203C-\U0001FFFF\u00A9\u00AE\u20E3\uFE0F]")


def emoji_spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the runs of emoji in a text."""
    if text.isascii() or _MAY_HOLD.search(text) is None:
        return
    for match in _EMOJI.finditer(text):
        yield match.span()
