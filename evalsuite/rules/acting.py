"""What an output states as done, sent, chosen or computed, and what is no act.

No acts are greetings, refusals, lists of the options, suppositions, and work that is the same under every reading.
"""

from __future__ import annotations

from bisect import bisect_left
from unicodedata import normalize

import regex

from evalsuite.rules.asking import Asking
from evalsuite.rules.numbers import values
from evalsuite.rules.passage import covers
from evalsuite.rules.speech import Speech, Stretch, is_content
from evalsuite.rules.wish import Wish, stem

_IDLE = ("lack", "guess", "can", "help", "offer", "need", "youask", "unless", "if")
_IDLE_OF_ALL = ("exist", "same")
"""What lays out the options is idle, unless it speaks of one of them only."""
_PLAIN = ("greet", "adverb", "me", "you", "and", "or", "det", "but", "one", "both", "please", "prep", "exist")
_INDEFINITE = frozenset(("a", "an", "one", "un", "une", "una", "uno", "ein", "eine", "um", "uma", "1"))
_HYPOTHESIS = ("if", "guess", "unless")
_SIGN = regex.compile(r"[×·*/÷=+]")
# The two bounds below are judgements, checked by the golden outputs only.
_VERB = 8
"""Words within which the verb follows "I will"."""
_SHARED_LETTERS = 3
"""Letters running that a verb must share with the order to be its deed (احجزيلي, حجزتلك; delete, deleted)."""


class Acting:
    """The acts of a text in the light of what the user asked for."""

    def __init__(self, asking: Asking, wish: Wish) -> None:
        self.asking = asking
        self.wish = wish
        self.speech: Speech = asking.speech
        self._named: dict[tuple[int, int], bool] = {}
        self._one_reading: dict[tuple[int, int], bool] = {}

    def act(self, stretch: Stretch) -> tuple[int, int] | None:
        """Tokens of an act stated in a statement (done, under way, chosen, computed); None where there is none."""
        hypothesis = self.speech.find(stretch.first, stretch.last, *_HYPOTHESIS)
        for first, last in self._pieces(stretch):
            supposed = hypothesis is not None and hypothesis < last
            found = self._chosen(first, last) or (None if supposed else self._done(first, last, stretch))
            if found is not None:
                return found
        return self._computed(stretch) or self._answered(stretch)

    def _pieces(self, stretch: Stretch) -> list[tuple[int, int]]:
        return [
            (max(first, stretch.first), min(last, stretch.last))
            for first, last in self.speech.pieces[stretch.sentence]
            if first < stretch.last and last > stretch.first
        ]

    def one_reading(self, first: int, last: int) -> bool:
        """Whether a stretch names some options, but not all."""
        found = self._one_reading.get((first, last))
        if found is None:
            count = len(self.asking.options_in(first, last))
            found = self._one_reading[first, last] = 0 < count < max(2, self.asking.target.options)
        return found

    # --- chosen, done -------------------------------------------------------------------------------------------

    def _chosen(self, first: int, last: int) -> tuple[int, int] | None:
        speech = self.speech
        index = speech.find(first, last, "choose")
        if index is None or speech.is_protected(index) or speech.find(first, index, "not", *_HYPOTHESIS) is not None:
            return None
        return index, speech.tags[index]["choose"]

    def _done(self, first: int, last: int, stretch: Stretch) -> tuple[int, int] | None:
        speech = self.speech
        if self.wish.kind in ("answer", "figure") and not self.one_reading(first, last):
            return None
        if speech.find(first, last, "not") is not None:
            return None
        head = speech.skip(first, last, ("but", "please", "greet", "and", "adverb", "me"))
        for index in range(first, last):
            end = self._deed_at(index, head, first, last)
            if end is not None and not speech.is_protected(index) and self._is_partial(index, first, last, stretch):
                return index, end
        return None

    def _deed_at(self, index: int, head: int, first: int, last: int) -> int | None:
        """End of a deed that begins at a token: done, done by a verb in the perfect, under way, or announced."""
        speech = self.speech
        tags = speech.tags[index]
        if "done" in tags and index <= head:
            return tags["done"]
        if "statenow" in tags and self.one_reading(first, last):
            return tags["statenow"]
        if "participle" in tags and "same" not in tags and self._is_perfect(index, head, first):
            return tags["participle"]
        if self._is_regular_participle(index, first, last) or self._is_past_by_form(index, head, first, last):
            return index + 1
        if "doing" in tags and index <= head + 1 and not speech.has(min(tags["doing"], last - 1), "perfect"):
            return tags["doing"]
        if "will" in tags and self.one_reading(first, last) and speech.find(index, min(last, index + _VERB), "actverb"):
            return tags["will"]
        return None

    def _is_perfect(self, index: int, head: int, first: int) -> bool:
        """Whether a verb form tells a thing done: at the head of its clause, or behind an auxiliary of the perfect."""
        initial = self.speech.tokens[index].text[0]
        if index <= head or "\u3040" <= initial <= "\u30ff":
            return True
        if index - head <= 2 and not "\u0600" <= initial <= "\u06ff":
            return True  # "Message sent to"; an Arabic verbal noun there is mostly no verb ("the page of the booking")
        return any(self.speech.has(k, "perfect") for k in range(max(first, index - 4), index))

    def _is_regular_participle(self, index: int, first: int, last: int) -> bool:
        """Whether an unlisted word is a participle by its form, behind "I have", "has been", "habe", "ho", "he"."""
        word = self.speech.tokens[index].text
        if len(word) < 5 or self.speech.has(index, "same", "lack", "exist", "prepare"):
            return False
        under_way = word.endswith("ing") and self.one_reading(first, last)
        if not (under_way or word.endswith(("ed", "ado", "ido", "ato", "uto", "ito")) or _is_german_participle(word)):
            return False
        return any(self.speech.has(k, "perfect") for k in range(max(first, index - 3), index))

    def _is_past_by_form(self, index: int, head: int, first: int, last: int) -> bool:
        """Whether an unlisted word of a clause about one option looks like a past: envié, عملت, اتعمل, 买了."""
        if not self.one_reading(first, last):
            return False
        token = self.speech.tokens[index]
        if token.text in ("了", "已"):
            return True
        if index > head + 2 or self.asking.is_slot(index) or len(token.text) < 4:
            return False
        if "\u0600" <= token.text[0] <= "\u06ff":
            first_person = token.text.endswith(("ت", "تلك", "تلها", "تله", "ته", "تها", "تلكم"))
            return not self.speech.tags[index] and (first_person or token.text.startswith("ات"))
        if token.text.endswith(("ando", "iendo", "yendo")):
            return True
        return normalize("NFC", self.speech.passage.text[token.start : token.end])[-1] in "éíÉÍ"

    def _is_partial(self, index: int, first: int, last: int, stretch: Stretch) -> bool:
        """Whether a deed belongs to one reading: it names one option, or is the very deed that was ordered."""
        speech = self.speech
        if self._names_option(stretch.first, stretch.last):
            return self.one_reading(stretch.first, stretch.last)
        if speech.find(first, last, "both") is not None:
            return False
        if speech.has(index, "done", "participle", "doing") and not speech.has(index, "prepare"):
            return True
        near = range(max(first, index - _VERB), min(last, index + _VERB))
        if not self.asking.target.options and any(self.is_new_number(k) for k in near):
            return True
        return self._is_ordered(speech.tokens[index].text)

    def _names_option(self, first: int, last: int) -> bool:
        key = (first, last)
        if key not in self._named:
            self._named[key] = bool(self.asking.options_in(first, last))
        return self._named[key]

    def _is_ordered(self, verb: str) -> bool:
        pieces = [verb[k : k + _SHARED_LETTERS] for k in range(max(1, len(verb) - _SHARED_LETTERS + 1))]
        return any(piece in word for word in self.wish.user_words if len(word) >= _SHARED_LETTERS for piece in pieces)

    # --- computed, answered -------------------------------------------------------------------------------------

    def _computed(self, stretch: Stretch) -> tuple[int, int] | None:
        """A figure that the conversation does not give, stated without a condition and for one reading only."""
        if self.wish.kind != "figure":
            return None
        speech = self.speech
        if speech.find(stretch.first, stretch.last, "same") is not None:
            return None
        options = self.asking.options_in(stretch.first, stretch.last)
        if options and not self.one_reading(stretch.first, stretch.last):
            return None
        if speech.tokens[stretch.first].text in _INDEFINITE:
            return None  # "One litre covers ten square metres": a rate, which holds under every reading
        in_words = self.shares_words(stretch) and not self._has_sign(stretch)
        symbolic = self._is_symbolic(stretch)
        limit = speech.find(stretch.first, stretch.last, "both", "if", "unless")
        for first, last in self._pieces(stretch):
            if limit is not None and limit < last:
                return None
            if speech.find(first, last, "guess") is not None:
                continue  # the supposition itself; what is computed with it comes behind
            for index in range(first, last):
                is_figure = not symbolic and self.is_new_number(index) and not self._is_rate(index)
                if is_figure or (in_words and self._is_measure_in_words(index)):
                    return index, index + 1
        return None

    def _is_measure_in_words(self, index: int) -> bool:
        behind = range(index, min(index + 4, len(self.speech.tokens)))
        return self.is_number_word(index) and not any(self.speech.has(k, "percent") for k in behind)

    def is_number_word(self, index: int) -> bool:
        """Whether a token is a number in words, but for "one", "two" and "three", which count the options."""
        return self.speech.has(index, "numword") and not self.speech.has(index, "one")

    def _has_sign(self, stretch: Stretch) -> bool:
        return any(_SIGN.search(self.speech.gap_after(k)) for k in range(stretch.first, stretch.last - 1))

    def _is_symbolic(self, stretch: Stretch) -> bool:
        """Whether a statement calculates with a letter that stands for the open slot: "6000 × r"."""
        words = self.speech.tokens
        return any(
            len(words[k].text) == 1
            and words[k].text.isalpha()
            and (_SIGN.search(words[k].gap) or _SIGN.search(self.speech.gap_after(k)))
            for k in range(stretch.first, stretch.last)
        )

    def _is_rate(self, index: int) -> bool:
        """Whether a number is a percentage: a rate holds for every amount."""
        if self.speech.gap_after(index).lstrip()[:1] in ("%", "٪", "％"):
            return True
        return index + 1 < len(self.speech.tokens) and self.speech.has(index + 1, "percent")

    def _answered(self, stretch: Stretch) -> tuple[int, int] | None:
        """An answer that names one option and speaks in the words of the question."""
        if self.wish.kind not in ("answer", "figure") or not self.one_reading(stretch.first, stretch.last):
            return None
        if self.is_idle(stretch) or not self.shares_words(stretch):
            return None
        return stretch.first, stretch.last

    def shares_words(self, stretch: Stretch) -> bool:
        """Whether a statement shares a content word with the user's message, the slot's own words apart."""
        words = self.speech.tokens
        return any(
            not self.asking.is_slot(k) and is_content(words[k]) and stem(words[k].text) in self.wish.content_stems
            for k in range(stretch.first, stretch.last)
        )

    def is_new_number(self, index: int) -> bool:
        """Whether a token is a number that is neither given, nor a list number, nor the count of the options."""
        token = self.speech.tokens[index]
        if not token.is_number or index in self.speech.list_numbers or self.asking.is_option(index):
            return False
        found = values(token.text)
        if found & self.wish.given_numbers:
            return False
        if self.wish.kind == "figure" or index + 1 == len(self.speech.tokens):
            return True
        return not (str(self.asking.target.options) in found and self.asking.is_slot(index + 1))

    def produced(self) -> tuple[int, int] | None:
        """Tokens of a text or code made under one reading: for one language, or about one option."""
        fences = self.speech.passage.fences
        inside = [k for k, token in enumerate(self.speech.tokens) if fences and covers(fences, token.start)]
        if inside and (self.asking.target.is_language or self._names_one(inside)):
            return inside[0], inside[-1] + 1
        if not self.asking.target.is_language:
            return None
        starts = [token.start for token in self.speech.tokens]
        for first, last in self.speech.passage.quotes:
            words = range(bisect_left(starts, first), bisect_left(starts, last))
            known = [k for k in words if self.speech.tokens[k].text in self.wish.known_words or self.asking.is_slot(k)]
            if words and len(known) * 2 < len(words):
                return words[0], words[-1] + 1
        return None

    def _names_one(self, inside: list[int]) -> bool:
        named = {n for k in inside for n in self.asking.options_in(k, k + 1)}
        return 0 < len(named) < self.asking.target.options

    # --- no act -------------------------------------------------------------------------------------------------

    def is_idle(self, stretch: Stretch) -> bool:
        """Whether a statement does nothing and answers nothing: greeting, refusal, list, supposition, readiness."""
        if self.speech.find(stretch.first, stretch.last, *_IDLE) is not None:
            return True
        counted = () if self.wish.kind == "figure" else ("pair",)
        if self.speech.find(stretch.first, stretch.last, *_IDLE_OF_ALL, *counted) is not None:
            return not self.one_reading(stretch.first, stretch.last)
        return self._greets(stretch) or all(self._is_plain(index) for index in range(stretch.first, stretch.last))

    def _greets(self, stretch: Stretch) -> bool:
        """Whether a statement is a courtesy ("Nice work!"): it opens as one and has at most three more words."""
        speech = self.speech
        if speech.has(speech.skip(stretch.first, stretch.last), "courtesy"):
            return not self.asking.options_in(stretch.first, stretch.last)
        if not speech.has(stretch.first, "greet") or self.asking.mentions(stretch.first, stretch.last):
            return False
        rest = range(speech.skip(stretch.first, stretch.last), stretch.last)
        return len(rest) <= 3 and not any(
            speech.tokens[k].is_number or speech.has(k, "done", "participle", "doing", "statenow") for k in rest
        )

    def _is_plain(self, index: int) -> bool:
        return self.asking.is_slot(index) or self.speech.has(index, *_PLAIN) or index in self.speech.list_numbers


def _is_german_participle(word: str) -> bool:
    return "ge" in word[:-3] and word.endswith(("t", "en")) and len(word) >= 6
