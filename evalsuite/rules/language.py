"""Languages of a text, told by script and function words, and the part of the ambiguity lexicon to read it by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.passage import Passage, Reading
from evalsuite.rules.tagging import Lexicon, Lexicons, Token, entries, tokens

# Words that tell a language of Latin letters: its function words.
_VOTING = ("det", "prep", "you", "not", "and", "or", "but", "aux", "please", "we", "perfect", "which")
_LATIN = ("en", "fr", "es", "de", "it", "pt", "tr", "nl")
_VOTE_SHARE = 0.6
"""Share of the best language's function words from which another counts as well. A judgement, above what two languages
share by chance: no two of the lexicon's lists have more than 29 % of the smaller one in common (en/nl, es/pt)."""
_SAMPLE = 4000
"""Characters of a message by which its language is told."""
_FEWEST_VOTES = 3
"""Function words that a sentence must have to tell its language (a judgement): "Ordered in L." would be Italian."""
_PERSIAN = regex.compile("[یکپژ]")
_GREEK_AND_CYRILLIC, _ARABIC, _LATER = "\u0370", "\u0600", "\u0800"
"""First letters of the scripts, in the order of their code points."""


@cache
def _lexicon(code: str) -> Lexicon:
    slots = ((slot, languages) for slot, languages in load("ambiguity").items() if slot != "concepts")
    return Lexicon((slot, entries(languages, code)) for slot, languages in slots)


@lru_cache(maxsize=256)
def _lexicon_of(codes: tuple[str, ...]) -> Lexicon:
    return _lexicon(codes[0]) if len(codes) == 1 else Lexicons([_lexicon(code) for code in codes])


@cache
def _votes() -> dict[str, tuple[str, ...]]:
    """Function word -> the Latin-letter languages that have it."""
    found: dict[str, dict[str, None]] = {}
    for slot in _VOTING:
        for code in _LATIN:
            for entry in entries(load("ambiguity")[slot], code):
                parts = tokens(entry)
                if len(parts) == 1 and not entry.endswith("*"):
                    found.setdefault(parts[0].text, {})[code] = None
    return {word: tuple(codes) for word, codes in found.items()}


def is_function_word(word: str) -> bool:
    """Whether a folded word is an article, preposition or pronoun of some language."""
    return word in _votes()


def is_content(token: Token) -> bool:
    """Whether a token is a content word: no number, no function word, three letters or more (or an ideograph)."""
    if token.is_number or is_function_word(token.text):
        return False
    return len(token.text) >= 3 or token.text[0] >= "\u3040"


def _ballot(words: Iterable[Token]) -> Counter[str]:
    """How many function words of each Latin-letter language some words hold."""
    known = _votes()
    return Counter(code for word in words if word.text in known for code in known[word.text])


def _elected(votes: Counter[str], fewest: int, share: float = _VOTE_SHARE) -> tuple[str, ...]:
    """Languages with the most votes, or nearly so; none where fewer than `fewest` words tell."""
    best = max(votes.values(), default=0)
    return tuple(code for code in _LATIN if 0 < votes[code] >= share * best) if best >= fewest else ()


def _spoken(votes: Counter[str], around: tuple[str, ...]) -> tuple[str, ...]:
    """Latin-letter languages of a sentence; a short or doubtful one is in those of the text around it, too."""
    sure = _elected(votes, _FEWEST_VOTES)
    if sure:
        return tuple(code for code in sure if code in around) or sure
    known = max((votes[code] for code in around), default=0)
    return tuple(dict.fromkeys((*around, *_elected(votes, known + 1))))


@lru_cache(maxsize=4096)
def _ballot_of(text: str) -> Counter[str]:
    return _ballot(tokens(text[:_SAMPLE]))


class Readers:
    """The lexicons by which the words of a passage are read."""

    def __init__(self, passage: Passage, ballots: Sequence[Counter[str]]) -> None:
        asked: Counter[str] = Counter()
        last: Counter[str] = Counter()  # counts by itself: the system prompt may be in another language
        if isinstance(passage, Reading):
            last = _ballot_of(passage.conversation.user[-1].text) if passage.conversation.user else last
            for turn in passage.conversation.turns:
                asked.update(_ballot_of(turn.text))
        told: Counter[str] = Counter()
        for ballot in ballots:
            told.update(ballot)
        around = (*_elected(asked, 1), *_elected(last, 1), *_elected(told, 1, share=1))
        self._around = tuple(dict.fromkeys(around)) or _LATIN
        self._arabic = _lexicon_of(("ar", "fa") if _PERSIAN.search(passage.text) else ("ar",))

    def of_sentence(self, ballot: Counter[str]) -> Lexicon:
        """Lexicon for the Latin letters of a sentence."""
        return _lexicon_of(_spoken(ballot, self._around))

    def of_word(self, word: str, latin: Lexicon) -> Lexicon:
        """Lexicon for a word, by its script."""
        initial = word[0]
        if initial < _GREEK_AND_CYRILLIC:
            return latin
        if initial < _ARABIC:
            return _lexicon_of(("ru",))
        return self._arabic if initial < _LATER else _lexicon_of(("zh", "ja"))


def tag(passage: Passage, words: Sequence[Token], sentences: Sequence[tuple[int, int, bool]]) -> list[dict[str, int]]:
    """Slots that begin at each token, by the lexicons of its script and of its sentence's language."""
    ballots = [_ballot(words[first:last]) for first, last, _ in sentences]
    readers = Readers(passage, ballots)
    found: list[dict[str, int]] = []
    for (first, last, _), ballot in zip(sentences, ballots, strict=True):
        latin = readers.of_sentence(ballot)
        found += [readers.of_word(words[k].text, latin).tag_at(words, k) for k in range(first, last)]
    return found
