"""What a finding about ambiguity points at: the sentence that states the act, guess or result; the question asked."""

from __future__ import annotations

import regex

from evalsuite.rules.acting import Acting
from evalsuite.rules.ambiguous import Ambiguous
from evalsuite.rules.speech import Ask, Speech, Stretch

_CLOSING = regex.compile(r"[\p{No}\p{Sc}%٪°*_)\"'”»\u00a0]{0,6}+[.!?؟。！？…]++")
# The bounds below are judgements, checked by the evidence that was marked in the labelled outputs.
_ALONE = 4
"""Words up to which a sentence only says that something was done ("Done.", "تم التحويل"); the next one says what."""
_REACH = 30
"""Words over which a sentence that says what was done still belongs to one that says it was."""
_LONG = 60
"""Words from which a sentence is too long to be pointed at whole: then its clause is."""


class Pointing:
    """Places in one output, in raw offsets."""

    def __init__(self, judged: Ambiguous) -> None:
        self.judged = judged
        self.acting: Acting = judged.acting
        self.speech: Speech = judged.speech

    def act(self) -> tuple[int, int] | None:
        """The sentence that states what was done, chosen or computed, with the next one where it is a mere "Done."."""
        acts = self.judged.acts
        if not acts:
            return self._closed(*self.judged.act) if self.judged.act else None
        return self._of_statement(self._best(list(acts)), acts)

    def answer(self) -> tuple[int, int] | None:
        """The sentence that answers; in a text that was asked for, the one that settles the slot."""
        stretch = self.judged.answer
        if stretch is None:
            return None
        if isinstance(stretch, Ask):
            settles = (s for s in self.speech.statements if self._names_one(s))
            stretch = next(settles, stretch)
        return self._of_statement(stretch, {})

    def _best(self, acts: list[Stretch]) -> Stretch:
        """Of several acts the one that concludes a calculation, or names the option taken; else the first."""
        if self.judged.wish.kind == "figure":
            found = next((s for s in acts if self.speech.has(s.first, "conclude", "therefore")), None)
        else:
            first = [acts[0], *self._following(acts[0])]  # "Your order is placed. Blue trainers, size 42."
            found = None if any(map(self._names_one, first)) else next((s for s in acts if self._names_one(s)), None)
        return found or acts[0]

    def _names_one(self, stretch: Stretch) -> bool:
        return self.acting.one_reading(stretch.first, stretch.last)

    def _of_statement(self, stretch: Stretch, acts: dict[Stretch, tuple[int, int]]) -> tuple[int, int]:
        first, last = stretch.first, stretch.last
        if last - first > _LONG:
            return self._closed(*self._clause(*acts.get(stretch, (first, first + 1)), stretch))
        return self._closed(first, self._content_end(stretch))

    def _clause(self, first: int, last: int, stretch: Stretch) -> tuple[int, int]:
        start, end = self.speech.piece_at(first)
        return max(start, stretch.first), min(max(end, last), stretch.last, first + _LONG)

    def _content_end(self, stretch: Stretch) -> int:
        """End of a statement, or of the statement behind it that says what was done."""
        if self._names_one(stretch):
            return stretch.last
        following = self._following(stretch)
        for other in following:
            if self._names_one(other):
                return other.last
        is_alone = stretch.last - stretch.first <= _ALONE or self._announces(stretch)
        return following[0].last if is_alone and following else stretch.last

    def _announces(self, stretch: Stretch) -> bool:
        return self.speech.gap_after(stretch.last - 1).lstrip()[:1] in (":", "：")

    def _following(self, stretch: Stretch) -> list[Stretch]:
        """Statements that go on from a statement without a question between, within reach."""
        found: list[Stretch] = []
        place = self.judged.place_of(stretch)
        end = stretch.last
        for other in self.speech.statements[place + 1 : place + 1 + _REACH] if place is not None else ():
            if other.first != end or other.last > stretch.last + _REACH:
                break
            found.append(other)
            end = other.last
        return found

    def _closed(self, first: int, last: int) -> tuple[int, int]:
        return closed(self.speech, first, last)


def question(speech: Speech, ask: Ask) -> tuple[int, int]:
    """A question to the end of its sentence, with its mark."""
    return closed(speech, ask.first, max(ask.last, speech.sentences[ask.sentence][1]))


def closed(speech: Speech, first: int, last: int) -> tuple[int, int]:
    """Raw offsets of tokens, with the marks that open and close their sentence."""
    start, end = speech.span(first, last)
    mark = _CLOSING.match(speech.gap_after(last - 1))
    opens = speech.tokens[first].gap[-1:] in ("¿", "¡")
    return start - opens, end + (len(mark.group()) if mark else 0)
