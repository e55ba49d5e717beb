"""What a question or request asks for, and whether that is the slot of an ambiguous case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from evalsuite.rules.language import is_content
from evalsuite.rules.speech import WH, Ask, Speech
from evalsuite.rules.target import SLOT, Target, option_tag
from evalsuite.rules.wish import Wish

# The bounds below are judgements, checked by the golden outputs only; none comes from a measurement.
_BARE = 3
"""Words behind a request verb up to which it names nothing of its own ("Please choose one of them.")."""
_LISTED = 80
"""Words before a bare request in which the options are looked for: a sentence, a short list."""
_TAIL = 12
"""Words that may follow a question word which closes its clause: particles, courtesies, "you mean"."""
_BESIDE = 3
"""Words around an option in the conversation that may describe it: "a red Fiat", "Biscuit (dog)"."""
_APART = (",", ";", ".", "،", "؛", "、", "；", "。", "\n", ":")
_UNMOVED = "\u3040"
"""First letter of the scripts whose question words stay where the answer would stand."""
_SKIPPED = ("det", "particular", "one", "aux")


class Asking:
    """The asks of a text, judged against one target."""

    def __init__(self, speech: Speech, target: Target, wish: Wish) -> None:
        self.speech = speech
        self.wish = wish
        self.target = target
        self.tags = target.words.tag(speech.tokens)
        self._listed_before: dict[int, bool] = {}
        self.option_tags = tuple(option_tag(index) for index in range(target.options))

    def options_in(self, first: int, last: int) -> set[int]:
        """Which options are mentioned in a stretch."""
        return {
            number
            for index in range(first, last)
            if self.tags[index]
            for number, tag in enumerate(self.option_tags)
            if tag in self.tags[index]
        }

    def is_slot(self, index: int) -> bool:
        """Whether a token begins a mention of the slot or an option."""
        return bool(self.tags[index])

    def is_option(self, index: int) -> bool:
        """Whether a token begins a mention of an option."""
        return any(tag in self.tags[index] for tag in self.option_tags)

    def mentions(self, first: int, last: int) -> bool:
        """Whether a stretch mentions the slot or an option."""
        return any(self.tags[index] for index in range(first, last))

    def is_targeted(self, ask: Ask) -> bool:
        """Whether the slot, or an option, is the thing asked for or put up for confirmation."""
        return (
            self._asks_by_word(ask)
            or self._asks_choice(ask)
            or self._asks_confirmation(ask)
            or self._asks_by_request(ask)
            or self._asks_by_name(ask)
        )

    # --- which room, what is the width, who, when ---------------------------------------------------------------

    def _asks_by_word(self, ask: Ask) -> bool:
        speech = self.speech
        found = False
        for index in range(ask.first, ask.last):
            tags = speech.tags[index]
            slots = [slot for slot in WH if slot in tags and tags[slot] <= ask.last]
            if not slots:
                continue
            if "which" in slots and speech.tokens[index].text[0] >= _UNMOVED and self.mentions(ask.first, ask.last):
                return True
            if self._asks_by_itself(index, slots, ask) or self._within_word(index, ask):
                return True
            if self.is_slot(index) and not {"which", "what"} & set(slots):
                return True  # the case lists the question word itself
            end = max(tags[slot] for slot in slots)
            if slots == ["how"] and self.target.options:
                continue  # it asks how many or how much, not which of the options
            if self._heads_group(end, ask) or self._ends_group(index, end, ask):
                return True
            found = found or ("which" in slots and self._is_bare(end, ask))
        return found

    def _asks_by_itself(self, index: int, slots: Sequence[str], ask: Ask) -> bool:
        """Whether the question word alone asks for such a slot: "who" for a person; "what is it?" behind its name."""
        speech = self.speech
        if "what" in slots and ask.last - ask.first <= _BARE and self._names_nothing(ask):
            first, last = self._before(ask)
            return not self.target.options and self.mentions(max(first, last - _LISTED), last)
        if "where" in slots and (speech.has(max(ask.first, index - 1), "from") or speech.has(ask.last - 1, "from")):
            return False  # where the user starts is another question, unless the case lists its words
        return any(slot in self.target.asks for slot in slots)

    def _within_word(self, index: int, ask: Ask) -> bool:
        """Whether the question word itself begins a slot word of two words or more: "how long", "كم كانت سرعة"."""
        return any(slot == SLOT and end - index > 1 and end <= ask.last for slot, end in self.tags[index].items())

    def _heads_group(self, start: int, ask: Ask) -> bool:
        """Whether the noun group behind a question word is headed by the slot."""
        speech = self.speech
        index = start
        nouns = 0
        while index < ask.last and nouns < 4:
            if self.is_slot(index):
                return True
            skipped = max((speech.tags[index].get(slot, 0) for slot in _SKIPPED), default=0)
            if nouns == 0 and skipped > index:
                index = skipped
                continue
            if nouns and (speech.has(index, "prep", "mean", "aux", "you", "need") or "," in speech.tokens[index].gap):
                return False
            if nouns == 0 and speech.has(index, "mean", "you"):
                return False
            nouns += 1
            index += 1
            if nouns == 1 and not self._is_adjectival(index - 1):
                # A second word may still belong to the compound ("programming language"), a third seldom does.
                nouns = 2
        return False

    def _is_adjectival(self, index: int) -> bool:
        return self.speech.has(index, "particular", "also", "one")

    def _ends_group(self, index: int, end: int, ask: Ask) -> bool:
        """Whether the slot stands before a question word that closes the clause: "العرض كام؟", "宽度是多少？"."""
        if ask.last - end > _TAIL:
            return False
        rest = [k for k in range(end, ask.last) if not self.speech.has(k, "det", "one", "mean", "please", "prep")]
        if len(rest) > 2:
            return False
        return any(self.is_slot(k) for k in range(max(ask.first, index - 4), index))

    def _is_bare(self, end: int, ask: Ask) -> bool:
        """Whether a "which one?" can only mean the slot: nothing else is named behind it or just before it."""
        speech = self.speech
        rest = end
        while rest < ask.last:
            step = max(
                (e for slot, e in speech.tags[rest].items() if slot in ("one", "det", "prep", "mean", "you", "aux")),
                default=0,
            )
            if step <= rest:
                break
            rest = step
        names_other = rest == end and rest < ask.last and not speech.has(rest, "actverb", "can")
        if names_other:
            return False
        return not self._offers_other_choice(ask)

    def _offers_other_choice(self, ask: Ask) -> bool:
        if ask.sentence == 0:
            return False
        first, last, _ = self.speech.sentences[ask.sentence - 1]
        offers = self.speech.find(first, last, "can", "aux") is not None
        return offers and self.speech.find(first, last, "or") is not None and not self.mentions(first, last)

    # --- the PDF or the Word file -------------------------------------------------------------------------------

    def _asks_choice(self, ask: Ask) -> bool:
        speech = self.speech
        for index in range(ask.first, ask.last):
            if "or" not in speech.tags[index]:
                continue
            end = speech.tags[index]["or"]
            right = range(end, min(ask.last, end + 6))
            left = range(max(ask.first, index - 4), index)
            if any(self.is_option(k) for k in right):
                return True
            if any(self.is_option(k) and self._reaches(k, index) for k in left):
                return True
            if self._tells_apart(left, right):
                return True
            both_sides = any(self.is_slot(k) for k in right) and any(self.is_slot(k) for k in left)
            if both_sides and not self._same(left, right):
                return True
        if not ask.question or speech.find(ask.first, ask.last, *WH) is not None:
            return False
        return len(self.options_in(ask.first, ask.last)) >= 2

    def _tells_apart(self, left: range, right: range) -> bool:
        """Whether words that the conversation puts beside two options stand on both sides: "the red or the black"."""
        sides = [[self._epithets.get(self.speech.tokens[k].text, -1) for k in side] for side in (left, right)]
        found = [{option for option in side if option >= 0} for side in sides]
        return bool(found[0] and found[1]) and found[0] != found[1]

    @cached_property
    def _epithets(self) -> dict[str, int]:
        """Words of the conversation that stand beside one option only -> the number of that option."""
        found: dict[str, set[int]] = {}
        for words, tags in self.wish.tagged(self.target.words):
            places = [(k, n) for k, tag in enumerate(tags) for n, name in enumerate(self.option_tags) if name in tag]
            for place, option in places:
                for near in range(max(0, place - _BESIDE), min(len(words), max(tags[place].values()) + _BESIDE)):
                    gap = " ".join(word.gap for word in words[min(near, place) + 1 : max(near, place) + 1])
                    if is_content(words[near]) and not any(mark in gap for mark in _APART):
                        found.setdefault(words[near].text, set()).add(option)
        return {word: next(iter(options)) for word, options in found.items() if len(options) == 1}

    def _same(self, left: range, right: range) -> bool:
        words = {self.speech.tokens[k].text for k in left if self.is_slot(k)}
        return bool(words & {self.speech.tokens[k].text for k in right if self.is_slot(k)})

    def _reaches(self, index: int, end: int) -> bool:
        """Whether nothing but slot nouns stands between an option's mention and the "or"."""
        stop = max(self.tags[index].values())
        return all(self.tags[k] for k in range(stop, end))

    # --- do you mean the kitchen? -------------------------------------------------------------------------------

    def _asks_confirmation(self, ask: Ask) -> bool:
        speech = self.speech
        if not (ask.question or self._waits(ask)):
            return False
        start = max(ask.first, speech.tags[ask.first].get("confirm", 0))  # "is that who you meant?"
        if speech.find(start, ask.last, *WH) is not None:
            return False
        if speech.find(ask.first + 1, ask.last, "or") is not None and not self._means_option(ask):
            return False
        if self.options_in(ask.first, ask.last):
            return speech.find(ask.first, ask.last, "also") is None
        means = speech.find(ask.first, ask.last, "mean", "confirm") is not None
        if means and self._names_nothing(ask):
            first, last = self._before(ask)
            return bool(self.options_in(max(first, last - _LISTED), last))
        return speech.find(ask.first, ask.last, "particular") is not None and self.mentions(ask.first, ask.last)

    def _waits(self, ask: Ask) -> bool:
        return self.speech.find(ask.first, ask.last, "unless") is not None

    def _means_option(self, ask: Ask) -> bool:
        mean = self.speech.find(ask.first, ask.last, "mean")
        return mean is not None and bool(self.options_in(mean, ask.last))

    def _names_nothing(self, ask: Ask) -> bool:
        """Whether a confirmation names nothing itself: "Is that the one you meant?", "Right?"."""
        if ask.last - ask.first > _TAIL:
            return False
        words = self.speech.tokens
        unknown = self.speech.unknown(ask.first, ask.last)
        return not any(is_content(words[k]) and SLOT not in self.tags[k] for k in unknown)

    def _before(self, ask: Ask) -> tuple[int, int]:
        first, _, _ = self.speech.sentences[ask.sentence]
        if first < ask.first:
            return first, ask.first
        if ask.sentence == 0:
            return 0, 0
        start, last, _ = self.speech.sentences[ask.sentence - 1]
        return start, last

    # --- tell me the room, I need the width ---------------------------------------------------------------------

    def _asks_by_request(self, ask: Ask) -> bool:
        speech = self.speech
        for index in range(ask.first, ask.last):
            tags = speech.tags[index]
            ends = [tags[slot] for slot in ("tell", "need", "mean") if slot in tags and tags[slot] <= ask.last]
            if not ends:
                continue
            if "tell" not in tags and "need" not in tags and not self._names_thing(ask):
                continue
            if self._object_is_slot(max(ends), ask):
                return True
            bare = ask.last - max(ends) <= _BARE or self._names_nothing(ask)
            if "tell" in tags and bare and self._lists_slot(ask):
                return True
            if "tell" in tags and (self._picks_from_list(ask) or self._corrects(index, ask)):
                return True
        return False

    def _asks_by_name(self, ask: Ask) -> bool:
        """Whether a request without a verb names the slot, or what stands for an option: "A name, please." """
        speech = self.speech
        if ask.question or speech.find(ask.first, ask.last, "polite") is None:
            return False
        end = speech.find(ask.first + 1, ask.last, "polite", "and", "will") or ask.last
        if self.mentions(ask.first, end):
            return True
        first, last = self._before(ask)
        return speech.find(ask.first, end, "label") is not None and self.mentions(max(first, last - _LISTED), last)

    def _names_thing(self, ask: Ask) -> bool:
        return self.speech.find(ask.first, ask.last, "particular") is not None

    def _object_is_slot(self, start: int, ask: Ask) -> bool:
        """Whether the object of a request verb is the slot: within six words, before a second preposition."""
        speech = self.speech
        turns = 0
        for index in range(start, min(ask.last, start + 7)):
            if self.is_slot(index):
                return True
            if speech.has(index, "prep") and not speech.has(index, "you", "det", "please"):
                turns += 1
            if turns > 2:
                return False
        return False

    def _corrects(self, index: int, ask: Ask) -> bool:
        """Whether a request waits for another option: "If it was Hamlet you wanted, just say so"."""
        first, _, _ = self.speech.sentences[ask.sentence]
        condition = self.speech.find(first, index, "if")
        if condition is None or self.speech.find(condition, index, "mean") is None:
            return False
        return bool(self.options_in(condition, index))

    def _picks_from_list(self, ask: Ask) -> bool:
        """Whether a request wants one of the options laid out before: "Send the number of the one that should go"."""
        if self.speech.find(ask.first, ask.last, "one", "label", "which") is None or not self.target.options:
            return False
        if self.speech.find(ask.first, ask.last, "one", "which") is not None and self._names_nothing(ask):
            return True
        if ask.first not in self._listed_before:
            named = {n for s in self.speech.statements if s.last <= ask.first for n in self.options_in(s.first, s.last)}
            self._listed_before[ask.first] = len(named) >= 2
        return self._listed_before[ask.first]

    def _lists_slot(self, ask: Ask) -> bool:
        first, last = self._before(ask)
        first = max(first, last - _LISTED)
        return len(self.options_in(first, last)) >= 2 or (not self.target.options and self.mentions(first, last))
