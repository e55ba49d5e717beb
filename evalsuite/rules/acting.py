"""What an output states as done, sent, chosen or computed, and what is no act.

No acts are greetings, refusals, lists of the options, suppositions, and work that is the same under every reading.
"""

from __future__ import annotations

from bisect import bisect_left
from unicodedata import normalize

from evalsuite.rules.asking import Asking
from evalsuite.rules.figures import Figures
from evalsuite.rules.passage import covers
from evalsuite.rules.speech import Speech, Stretch
from evalsuite.rules.wish import Wish, stem

_IDLE = ("lack", "guess", "can", "help", "offer", "need", "youask", "unless")
_IDLE_OF_ALL = ("exist", "same")
"""What lays out the options is idle, unless it speaks of one of them only."""
_PLAIN = ("greet", "adverb", "me", "you", "and", "or", "det", "but", "one", "both", "please", "prep", "exist")
_OPENING = ("but", "and", "greet", "please", "adverb")
_GREETING = ("greet",)
_HYPOTHESIS = ("if", "guess", "unless")
# The bounds below are judgements, checked by the golden outputs only.
_PARTICLES = ("了", "已")
_VERB = 8
"""Words within which the verb follows "I will"."""
_NEGATION = 6
"""Words over which a negation reaches to the deed behind it."""
_BEHIND = 2
"""Words behind a deed in which a negation belongs to it: "sent nothing", "gelöscht habe ich nichts"."""
_STEM = 4
"""Letters from which an unlisted word is taken for a verb by its form."""
_SHARED_LETTERS = 3
"""Letters running that a verb must share with the order to be its deed (احجزيلي, حجزتلك; delete, deleted)."""


class Acting:
    """The acts of a text in the light of what the user asked for."""

    def __init__(self, asking: Asking, wish: Wish) -> None:
        self.asking = asking
        self.wish = wish
        self.figures = Figures(asking, wish)
        self.speech: Speech = asking.speech
        self._ordered: dict[str, bool] = {}
        self._named: dict[tuple[int, int], bool] = {}
        self._one_reading: dict[tuple[int, int], bool] = {}

    def act(self, stretch: Stretch) -> tuple[int, int] | None:
        """Tokens of an act stated in a statement (done, under way, chosen, computed); None where there is none."""
        start = self.speech.skip(stretch.first, stretch.last, _GREETING)  # "ولو، ..." is a courtesy, and no "if"
        hypothesis = self.speech.find(start, stretch.last, *_HYPOTHESIS)
        for first, last in self.pieces(stretch):
            supposed = hypothesis is not None and hypothesis < last
            found = self._chosen(first, last) or (None if supposed else self._done(first, last, stretch))
            if found is not None:
                return found
        return None

    def pieces(self, stretch: Stretch) -> list[tuple[int, int]]:
        """Token ranges of the pieces of a stretch."""
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
        end = speech.tags[index]["choose"]
        # "I'll take the ten o'clock slot" chooses nothing that is open.
        names = self.asking.mentions(index, last) or speech.find(index, last, "one") is not None
        brings = any(self.figures.is_fresh(k) for k in range(end, last))
        return (index, end) if names or end == last or (brings and not self.asking.target.options) else None

    def _done(self, first: int, last: int, stretch: Stretch) -> tuple[int, int] | None:
        speech = self.speech
        if self.wish.kind in ("answer", "figure") and not self.one_reading(first, last):
            return None
        head = speech.skip(first, last, ("but", "please", "greet", "and", "adverb", "me"))
        for index in range(first, last):
            end = self._deed_at(index, head, first, last)
            if end is None or speech.is_protected(index) or self._is_negated(index, end, first, last):
                continue
            if self._is_partial(index, first, last, stretch):
                return index, end
        return None

    def _is_negated(self, index: int, end: int, first: int, last: int) -> bool:
        """Whether a negation stands before a deed in its clause, or close behind it."""
        speech = self.speech
        start = max(first, index - _NEGATION)
        before = [k for k in range(start, index) if speech.has(k, "not")]
        if before and speech.find(before[-1] + 1, index, "and", "notbut") is None:
            return True
        return speech.find(end, min(last, end + _BEHIND), "not") is not None

    def _deed_at(self, index: int, head: int, first: int, last: int) -> int | None:
        """End of a deed that begins at a token: done, done by a verb in the perfect, under way, or announced."""
        speech = self.speech
        tags = speech.tags[index]
        if "done" in tags and index <= head:
            return tags["done"]
        if self.one_reading(first, last) and ("statenow" in tags or ("hand" in tags and index <= head)):
            return max(tags.get(slot, 0) for slot in ("statenow", "hand"))
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
        word = self.speech.tokens[index].text
        initial = word[0]
        is_noun = word.startswith("ال")  # "التحويل داخل البنك بلا رسوم": an Arabic verbal noun with its article
        if (index <= head and not is_noun) or "\u3040" <= initial <= "\u30ff":
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
        """Whether an unlisted word tells a past by its form: extended, envié, عملت, اتعمل, 买了.

        It must stand in a clause about one option, or be the very verb of the order.
        """
        token = self.speech.tokens[index]
        is_particle = token.text in _PARTICLES
        if not is_particle and (index > head + 2 or len(token.text) < _STEM or self.asking.is_slot(index)):
            return False
        is_order = len(token.text) >= _STEM and token.text not in self.wish.user_words and self._is_ordered(token.text)
        if not (is_order or self.one_reading(first, last)):
            return False
        return is_particle or self._has_past_form(index, head)

    def _has_past_form(self, index: int, head: int) -> bool:
        token = self.speech.tokens[index]
        if "\u0600" <= token.text[0] <= "\u06ff":
            first_person = token.text.endswith(("ت", "تلك", "تلها", "تله", "ته", "تها", "تلكم"))
            return not self.speech.tags[index] and (first_person or token.text.startswith("ات"))
        if token.text.endswith(("ando", "iendo", "yendo")):
            return True
        if token.text.endswith("ing") and index <= head and stem(token.text) == self.wish.order_stem:
            first, last = self.speech.piece_at(index)
            return self.one_reading(first, last)  # "Stopping the cake timer."
        if token.text.endswith("ed") and index <= head:
            return not self.speech.has(index, "same", "lack", "exist")
        return normalize("NFC", self.speech.passage.text[token.start : token.end])[-1] in "éíÉÍ"

    def _is_partial(self, index: int, first: int, last: int, stretch: Stretch) -> bool:
        """Whether a deed belongs to one reading: it names one option, or is the very deed that was ordered."""
        speech = self.speech
        end = speech.find(last, stretch.last, *_HYPOTHESIS) or stretch.last  # "I took A; if you meant B, ..."
        if self._names_option(stretch.first, end):
            return self.one_reading(stretch.first, end)
        if speech.find(first, last, "both") is not None:
            return False
        if speech.has(index, "done", "participle", "doing") and not speech.has(index, "prepare"):
            return True
        near = range(max(first, index - _VERB), min(last, index + _VERB))
        if not self.asking.target.options and any(self.figures.is_fresh(k) for k in near):
            return True
        if self._is_ordered(speech.tokens[index].text):
            return True
        words = range(max(first, index - _VERB), index)
        return any(stem(speech.tokens[k].text) == self.wish.order_stem for k in words)  # "the order is placed"

    def _names_option(self, first: int, last: int) -> bool:
        key = (first, last)
        if key not in self._named:
            self._named[key] = bool(self.asking.options_in(first, last))
        return self._named[key]

    def _is_ordered(self, verb: str) -> bool:
        found = self._ordered.get(verb)
        if found is None:
            pieces = [verb[k : k + _SHARED_LETTERS] for k in range(max(1, len(verb) - _SHARED_LETTERS + 1))]
            words = [word for word in self.wish.user_words if len(word) >= _SHARED_LETTERS]
            found = self._ordered[verb] = any(piece in word for word in words for piece in pieces)
        return found

    # --- produced ---------------------------------------------------------------------------------------------------

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
        if self.speech.find(stretch.first, stretch.last, *_IDLE) is not None or self._is_conditional(stretch):
            return True
        if self.wish.kind == "deed" and self.speech.find(stretch.first, stretch.last, "youcan") is not None:
            return not self.one_reading(stretch.first, stretch.last)
        counted = () if self.wish.kind == "figure" else ("pair",)
        if self.speech.find(stretch.first, stretch.last, *_IDLE_OF_ALL, *counted) is not None:
            return not self.one_reading(stretch.first, stretch.last)
        return self._greets(stretch) or all(self._is_plain(index) for index in range(stretch.first, stretch.last))

    def _is_conditional(self, stretch: Stretch) -> bool:
        """Whether a statement supposes something: an answer's own condition ("if it stays indoors") is none."""
        speech = self.speech
        place = speech.find(speech.skip(stretch.first, stretch.last, _GREETING), stretch.last, "if")
        if place is None:
            return False
        if self.wish.kind not in ("answer", "figure") or place <= speech.skip(stretch.first, stretch.last, _OPENING):
            return True
        return speech.find(place, stretch.last, "you", "mean") is not None or self.asking.mentions(place, stretch.last)

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
