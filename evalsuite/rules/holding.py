"""Whether an output holds, as its answer, what a clear case names: stated, not asked back, negated or taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from evalsuite.rules.language import is_content
from evalsuite.rules.numbers import values
from evalsuite.rules.speech import Speech, Stretch
from evalsuite.rules.tagging import Token, tokens, variants
from evalsuite.rules.wish import Wish, stem

_REACH = 5
"""Words over which a negation reaches (a judgement): "is not the sum of 56", "56 is not right"."""

_NEAR = 4
"""Words behind "instead of" or "next to" in which their object stands (a judgement)."""

_NAME = 3
"""Most words of a name (a judgement)."""

_CONTEXT = 60
"""Words over which "many people think" or "either" reaches; the longest labelled sentence has 55."""

_QUESTION_MARKS = ("?", "؟", "？")


@lru_cache(maxsize=8192)
def _needle(spelling: str) -> tuple[Token, ...]:
    return tuple(tokens(spelling))


def find_spelling(speech: Speech, spelling: str) -> list[tuple[int, int]]:
    """Token ranges at which a spelling stands: whole words in order, numbers by value."""
    needle = _needle(spelling)
    if not needle:
        return []
    words = speech.tokens
    return [
        (start, start + len(needle))
        for start in range(len(words) - len(needle) + 1)
        if all(_same(words[start + k], part) for k, part in enumerate(needle))
        and not _is_negative(words[start], needle)
    ]


def _same(token: Token, part: Token) -> bool:
    if part.is_number:
        return token.is_number and bool(values(token.text) & values(part.text))
    return part.text == token.text or not set(variants(token.text)).isdisjoint(variants(part.text))


def _is_negative(token: Token, needle: tuple[Token, ...]) -> bool:
    """Whether a number carries a minus sign: -5 is not 5."""
    sign = token.gap[-1:]
    return needle[0].is_number and sign in ("-", "−") and token.gap[-2:-1] in ("", " ", "=", "(") and len(token.gap) > 1


class Holding:
    """What the statements of a text assert."""

    def __init__(self, speech: Speech, wish: Wish, asked: Callable[[int], bool], *, confirms: bool) -> None:
        self.speech = speech
        self.wish = wish
        self._asked = asked
        """Whether a token stands in a question or request to the user, which asserts nothing."""
        self._deed = wish.kind == "deed" and not confirms
        """The user ordered a deed: what was not done is no answer, but where it may be confirmed first."""
        self._literal = wish.requested is not None
        """The text was requested as such (a translation, code): its negations are its content."""

    def holds(self, group: Sequence[str]) -> bool:
        """Whether some spelling of a group is asserted and not taken back later."""
        places = sorted({place for spelling in group for place in find_spelling(self.speech, spelling)})
        kept = [place for place in places if self._asserted(place)]
        if not kept or self._literal:
            return bool(kept)
        return not (self._taken_back(kept, group) or self._is_given_otherwise(kept) or self._is_counted_otherwise(kept))

    def _is_counted_otherwise(self, kept: Sequence[tuple[int, int]]) -> bool:
        """Whether another figure stands beside the unit asked for: "It takes 6 hours. A break after 5 is wise." """
        words = self.speech.tokens
        numeric = all(words[first].is_number for first, _ in kept)
        units = self.wish.unit_stems
        if not (numeric and units) or any(self._counts(first, units) for first, _ in kept):
            return False
        if any(self.speech.gap_after(first - 1).strip()[-1:] in ("=", "≈", "*") for first, _ in kept if first):
            return False
        return any(self._is_rival(k) and self._counts(k, units) for k in range(len(words)))

    def _counts(self, index: int, units: frozenset[str]) -> bool:
        words = self.speech.tokens
        return index + 1 < len(words) and stem(words[index + 1].text) in units

    def _is_rival(self, index: int) -> bool:
        word = self.speech.tokens[index]
        if not word.is_number or self._asked(index) or values(word.text) & self.wish.given_numbers:
            return False
        first, last = self.speech.piece_at(index)
        return not (self._is_negated((index, index + 1), first, last) or self._is_set_aside((index, index + 1), first))

    def _is_given_otherwise(self, kept: Sequence[tuple[int, int]]) -> bool:
        """Whether an earlier clause gives another answer in the words of the question: "The capital is Jeddah"."""
        if self.wish.kind == "answer" and self._opens_with_name(kept[0][0]):
            return True
        if self.wish.kind != "answer" or any(self._shares(*self.speech.piece_at(first)) for first, _ in kept):
            return False
        speech = self.speech
        stop = min(speech.piece_at(kept[0][0])[0], _CONTEXT)
        return any(speech.has(k, "copula") and self._names_other(k, stop) for k in range(stop))

    def _names_other(self, index: int, stop: int) -> bool:
        """Whether a clause of a copula gives a name in the words of the question: "The capital is Jeddah"."""
        speech = self.speech
        first, last = speech.piece_at(index)
        if last > stop or self._asked(index) or speech.find(first, last, "not", "myth", "hedge") is not None:
            return False
        if self._are_names(index + 1, last) and self._shares(first, index):
            return True
        return self._are_names(first, index) and self._shares(index, last)

    def _opens_with_name(self, place: int) -> bool:
        """Whether the output opens with a bare name as its answer: "Mary Shelley. Stoker wrote something else." """
        said = (s for s in self.speech.sentences if not self.speech.has(s[0], "courtesy", "greet"))
        first, last, question = next(said, self.speech.sentences[0])
        if question or last > place or self.speech.gap_after(last - 1)[:1] != ".":
            return False
        text = self.speech.passage.text
        is_cased = all(text[self.speech.tokens[k].start].isupper() for k in range(first, last))
        # One word may be a courtesy: "Interesting."
        enough = last - first > 1 or self.wish.offers_choice
        return enough and is_cased and self._are_names(first, last) and not self.speech.has(last, "correct")

    def _are_names(self, first: int, last: int) -> bool:
        return 0 < last - first <= _NAME and all(self._is_name(k) for k in range(first, last))

    def _is_name(self, index: int) -> bool:
        """Whether a word may be a name: with a capital, where its letters have any; not one of the user's."""
        token = self.speech.tokens[index]
        initial = self.speech.passage.text[token.start]
        is_given = token.text in self.wish.user_words and not self.wish.offers_choice
        is_known = token.is_number or is_given or not is_content(token)
        return not is_known and (initial.isupper() or initial.lower() == initial.upper())

    def _shares(self, first: int, last: int) -> bool:
        words = self.speech.tokens
        stems = self.wish.content_stems
        return any(is_content(words[k]) and stem(words[k].text) in stems for k in range(first, last))

    def _asserted(self, place: tuple[int, int]) -> bool:
        if self._asked(place[0]):
            return False
        if self._literal:
            return True
        first, last = self.speech.piece_at(place[0])
        if self._deed and (self._is_undone(place[0]) or self._is_left(place, first, last)):
            return False
        return not (self._is_negated(place, first, last) or self._is_set_aside(place, first))

    def _is_undone(self, index: int) -> bool:
        """Whether the clause behind says that the deed was not done: "..., so nothing was printed"."""
        speech = self.speech
        _, end = speech.piece_at(index)
        if end >= speech.sentences[speech.sentence_at(index)][1]:
            return False
        first, last = speech.piece_at(end)
        is_deed = speech.find(first, last, "participle", "done") is not None
        return is_deed and speech.find(first, last, "not") is not None

    def _is_left(self, place: tuple[int, int], first: int, last: int) -> bool:
        """Whether a clause says of the place that it was left as it is, or what might be done to it."""
        speech = self.speech
        if speech.find(place[1], min(last, place[1] + _REACH), "kept") is not None:
            return True
        if speech.find(max(first, place[0] - _NEAR), place[0], "beside") is not None:
            return True
        able = speech.find(max(first, place[0] - _CONTEXT), place[0], "can", "if")
        return able is not None and speech.find(first, place[0], "done", "participle") is None

    def _is_negated(self, place: tuple[int, int], first: int, last: int) -> bool:
        speech = self.speech
        start, end = place
        if any(speech.has(k, "not") for k in range(start, end)):
            return False  # the negation is the answer itself: "no", "not prime"
        before = [k for k in range(max(first, start - _REACH), start) if speech.has(k, "not")]
        if before and speech.find(before[-1] + 1, start, "notbut") is None:
            return True
        behind = speech.find(end, min(last, end + _REACH), "not")
        return behind is not None and speech.find(end, behind, "and", "but") is None

    def _is_set_aside(self, place: tuple[int, int], first: int) -> bool:
        """Whether the place is only named to be put aside: what others think, an alternative, the user's own wish."""
        speech = self.speech
        start = place[0]
        near = speech.find(max(first, start - _NEAR), start, "insteadof") is not None
        sentence_first = max(speech.sentences[speech.sentence_at(start)][0], start - _CONTEXT)
        myth = speech.find(sentence_first, start, "myth")
        thought = myth is not None and not (myth < first and speech.has(first, "notbut"))
        hedged = speech.find(max(first, start - _CONTEXT), start, "hedge") is not None and self._has_or(place)
        retold = speech.has(speech.skip(first, start), "youask")
        return near or thought or hedged or retold or self._is_compared(start, sentence_first)

    def _is_compared(self, index: int, first: int) -> bool:
        """Whether a number only serves to measure an earlier one of its sentence: "1990, a year after 1989"."""
        words = self.speech.tokens
        if not words[index].is_number or index == 0 or not self.speech.has(index - 1, "relative"):
            return False
        return any(words[k].is_number for k in range(first, index))

    def _has_or(self, place: tuple[int, int]) -> bool:
        first, last = self.speech.piece_at(place[0])
        return self.speech.find(max(first, place[0] - _CONTEXT), min(last, place[1] + _CONTEXT), "or") is not None

    def _taken_back(self, kept: Sequence[tuple[int, int]], group: Sequence[str]) -> bool:
        """Whether a later clause corrects or concludes with something else."""
        last_place = kept[-1][1]
        numeric = any(part.is_number for spelling in group for part in _needle(spelling))
        for stretch in self.speech.statements:
            if stretch.last <= last_place:
                continue
            for first, last in self.speech.pieces[stretch.sentence]:
                if first < last_place or self._asked(first):
                    continue
                concludes = numeric and self.speech.find(first, min(last, first + 4), "conclude") is not None
                if (self._corrects(first) or concludes) and self._brings_other(first, stretch, numeric):
                    return True
        return False

    def _corrects(self, first: int) -> bool:
        """Whether a clause takes back what was said: "no, ...", "Wait: ..."; not one that answers its own question."""
        speech = self.speech
        end = speech.tags[first].get("correct")
        if end is None or (first and speech.gap_after(first - 1).lstrip()[:1] in _QUESTION_MARKS):
            return False
        return end - first > 1 or end >= len(speech.tokens) or speech.gap_after(end - 1).strip() != ""

    def _brings_other(self, first: int, stretch: Stretch, numeric: bool) -> bool:
        if numeric:
            return any(self.speech.tokens[k].is_number for k in range(first, min(stretch.last, first + _CONTEXT)))
        return stretch.last - first > 2
