"""JSON read by the standard library's decoder, which is fast and forgets where things stood.

json_value.py knows what the decoder takes that is no JSON, and where a text breaks; json_tree.py gives the places back
to those values that a finding is about.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn


class Decoded(NamedTuple):
    """A value (strings in NFC, the last member of a repeated key), where it ends, whether a key is repeated in it."""

    value: Any
    end: int
    repeats: bool


class _Pairs:
    """Makes objects of members and remembers whether a key was repeated."""

    repeats = False

    def __call__(self, members: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(members)
        self.repeats = self.repeats or len(found) < len(members)
        return found


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def decode(text: str, start: int) -> Decoded:
    """The JSON value that begins at `start`.

    It may be nested deeper, or hold greater numbers, than is allowed; and more may stand right behind it ("12a").

    Raises:
        ValueError, RecursionError: there is none.
    """
    pairs = _Pairs()
    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=_refused)
    value, end = decoder.raw_decode(text, start)
    return _in_nfc(Decoded(value, end, pairs.repeats), text, start)


_PLAIN = json.JSONDecoder()


def decode_part(text: str, start: int) -> tuple[Any, int]:
    """As `decode`, value and end only, of a part of a text that was decoded before."""
    value, end = _PLAIN.raw_decode(text, start)
    return _in_nfc(Decoded(value, end, False), text, start)[:2]


def composed(text: str) -> str:
    """A string in NFC: canonically equivalent strings are one text in two encodings."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _in_nfc(decoded: Decoded, text: str, start: int) -> Decoded:
    if isinstance(decoded.value, str):
        return decoded._replace(value=composed(decoded.value))
    if not isinstance(decoded.value, (dict, list)):
        return decoded
    raw = text[start : decoded.end]
    # Parts of a text in NFC are in NFC; escapes may spell out anything.
    if "\\u" not in raw and (raw.isascii() or unicodedata.is_normalized("NFC", raw)):
        return decoded
    pairs = _Pairs()
    try:
        value = _composed_value(decoded.value, pairs)
    except RecursionError:  # nested deeper than is allowed, which is found out later
        return decoded
    return Decoded(value, decoded.end, decoded.repeats or pairs.repeats)


def _composed_value(value: Any, pairs: _Pairs) -> Any:
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, list):
        return [_composed_value(item, pairs) for item in value]
    if isinstance(value, dict):
        return pairs([(composed(key), _composed_value(item, pairs)) for key, item in value.items()])
    return value
