"""What the user's last message asks for: a yes or no, an opinion, a wish, a name; decided by how it is put."""

from __future__ import annotations

from functools import cached_property

import regex

from evalsuite.rules.lexicon.phrases import SCRIPTS, Phrases, Script, languages_of, script_of, scripts_in
from evalsuite.rules.passage import Passage, Reading
from evalsuite.rules.text import Span

_LEXICON = "anti_fluff"
_WINDOW = 1500
"""Characters at each end of a message within which its request is looked for; longer messages carry data."""
_HEAD_WORDS = 5
"""Words at the head of a sentence within which a question word opens it ("And in winter, what ...")."""
_WORD_START = regex.compile(r"(?<!\w)\w")
_QUESTION_END = regex.compile(r"[?؟]+[\s\"'»)*_]*$")
_AFTER = regex.compile(r"[\s?؟.!\"'»)*_]++$")
_CLAUSE_END = regex.compile(r"[,;:،؛–—]\s*+|\.{2,}+\s*+")
_ORDERS = ("asks_what_was_asked", "asks_to_copy")
_ORDER_WINDOW = 25
"""Characters in front of an order within which a negation forbids it."""
_WORDS = regex.compile(r"[\p{L}\p{N}]++")
_FEW = 4
"""Languages that a message may be in for its words to tell anything; with more, it has too few words."""
_BARE = regex.compile(r"^[\s\"'«»*_¿¡>#-]++")
_ELLIPTIC_WORDS = 6
"""Words up to which "And coffee?" asks again what was asked before."""
_ABOUT_IT = 3
"""Words that may stand beside a piece in a quotation that is about that piece; a longer one is data."""
_SMALL_TALK_WORDS = 6
"""Words beyond which a greeting opens a request."""


class Question:
    """The request in the last message of the user."""

    def __init__(self, reading: Reading) -> None:
        turns = reading.conversation.user
        self._earlier: tuple[Passage, ...] = turns[:-1]
        self.turn: Passage | None = turns[-1] if turns else None
        before = reading.conversation.assistant
        self._model_asked = bool(before) and _QUESTION_END.search(before[-1].text[-40:]) is not None
        folded = self.turn.folded.text if self.turn else ""
        self.text = folded if len(folded) <= 2 * _WINDOW else folded[:_WINDOW] + "\n" + folded[-_WINDOW:]

    @cached_property
    def sentences(self) -> list[str]:
        """Folded sentences, markup in front of them removed."""
        return _sentences_of(self.turn) if self.turn else []

    @cached_property
    def is_yes_no(self) -> bool:
        """Whether a sentence can be answered by yes or no, and is no request in the form of a question."""
        return any(self._asks_yes_no(sentence, self._earlier) for sentence in self.sentences)

    def _asks_yes_no(self, sentence: str, earlier: tuple[Passage, ...]) -> bool:
        phrases = self._phrases(script_of(sentence))
        if (phrases.search if phrases.is_east else phrases.match)("polite_request", sentence):
            return False
        marked = _QUESTION_END.search(sentence[-40:]) is not None
        if phrases.is_east:
            names = phrases.search("question_word", sentence) or phrases.search("ellipsis", sentence)
            return not names and (marked or self._has_tag(sentence, phrases))
        if marked and self._has_tag(sentence, phrases):
            return True
        if phrases.match("yes_no_head", sentence):
            return self._heads_yes_no(sentence, phrases, marked=marked)
        if not marked:
            return False
        says = phrases.search("statement", sentence) is not None
        if not says and len(_WORDS.findall(sentence)) <= _ELLIPTIC_WORDS and phrases.match("elliptic_head", sentence):
            # "And coffee?" asks what was asked before.
            return bool(earlier) and any(self._asks_yes_no(each, earlier[:-1]) for each in _sentences_of(earlier[-1]))
        if self._is_open(sentence, phrases, _HEAD_WORDS) or phrases.match("ellipsis", sentence):
            return False
        if self._ends_open(sentence, phrases):
            return False
        if phrases.languages == ("en",):
            return says
        foreign = self.turn is not None and not self.turn.text.isascii()
        return says or foreign or len(phrases.languages) <= _FEW

    def _ends_open(self, sentence: str, phrases: Phrases) -> bool:
        """Whether a question word heads the last clause, or stands last, as in Egyptian and spoken French."""
        bare = _AFTER.sub("", sentence[-200:])
        clause = _CLAUSE_END.split(bare)[-1].strip()
        if clause != bare.strip() and self._is_open(clause, phrases, _HEAD_WORDS):
            return True
        last = bare.split()[-1:]
        found = phrases.match("wh_last", last[0]) if last else None
        return found is not None and found.end() == len(last[0])

    def _heads_yes_no(self, sentence: str, phrases: Phrases, *, marked: bool) -> bool:
        """Whether a sentence with a head of yes/no questions is one, and no order ("Do not ...") or open question."""
        if not marked and (self.is_question or phrases.match("order_head", sentence)):
            return False
        if phrases.match("yes_no_word", sentence):
            return True
        if SCRIPTS.get(phrases.languages[0]) == "arabic":  # its other heads are words of any statement too
            return not (self._is_open(sentence, phrases, _HEAD_WORDS) or self._ends_open(sentence, phrases))
        return not self._is_open(sentence, phrases, 2)

    def _has_tag(self, sentence: str, phrases: Phrases) -> bool:
        """Whether the last words make a yes/no question of the sentence ("..., right?")."""
        bare = _AFTER.sub("", sentence[-120:])[-60:]
        starts = range(len(bare)) if phrases.is_east else [m.start() for m in _WORD_START.finditer(bare)]
        return any(
            (found := phrases.match("tag_question", bare, start)) is not None and found.end() == len(bare)
            for start in starts
        )

    def _is_open(self, sentence: str, phrases: Phrases, words: int) -> bool:
        """Whether a question word stands among the first words."""
        starts = [m.start() for _, m in zip(range(words), _WORD_START.finditer(sentence), strict=False)]
        return any(phrases.match("question_word", sentence, start) for start in starts)

    def asks(self, name: str) -> bool:
        """Whether one of the lexicon's patterns of that name is found anywhere in the message."""
        found = self._asked.get(name)
        if found is None:
            found = self._asked[name] = self._finds(name)
        return found

    @cached_property
    def _asked(self) -> dict[str, bool]:
        return {}

    def _finds(self, name: str) -> bool:
        return any(self._asked_for(name, self._phrases(script)) for script in scripts_in(self.own_words))

    def _asked_for(self, name: str, phrases: Phrases) -> bool:
        """Whether a pattern is found that is not forbidden ("Do not repeat the question")."""
        found = phrases.search(name, self.own_words)
        if found is None or name not in _ORDERS:
            return found is not None
        before = self.own_words[max(0, found.start() - _ORDER_WINDOW) : found.start()]
        return phrases.search("order_not", _CLAUSE_END.split(before)[-1]) is None

    @cached_property
    def own_words(self) -> str:
        """The message without the long quotations in it: pasted text orders nothing."""
        if self.turn is None or not self.turn.quotes:
            return self.text
        folded, pieces, last = self.turn.folded, [], 0
        for start, end in self.turn.quotes:
            left, right = folded.index(start), folded.index(end)
            if len(_WORDS.findall(folded.text, left, right)) > 2 * _ABOUT_IT:
                pieces.append(folded.text[last:left])
                last = right
        text = "".join([*pieces, folded.text[last:]])
        return text if len(text) <= 2 * _WINDOW else text[:_WINDOW] + "\n" + text[-_WINDOW:]

    def _phrases(self, script: Script) -> Phrases:
        """Phrases of the languages that the whole message may be in."""
        return Phrases(_LEXICON, languages_of(_LEXICON, self.text, script))

    def _begins(self, name: str) -> bool:
        return any(self._phrases(script_of(each)).match(name, each) is not None for each in self.sentences)

    @cached_property
    def proposes(self) -> bool:
        """Whether a sentence puts a plan or an order to the model that a bare "okay" accepts."""
        return self._begins("proposal")

    @cached_property
    def tells_news(self) -> bool:
        """Whether the message tells something and asks nothing."""
        return not self.is_question and self._begins("tells_news")

    @cached_property
    def answers_the_model(self) -> bool:
        """Whether the message answers a question of the model's: "Right!" judges that answer then."""
        return self._model_asked and not self.is_question

    @cached_property
    def is_small_talk(self) -> bool:
        """Whether the message is only a greeting, thanks or a farewell."""
        return self.turn is not None and len(self.turn.words) <= _SMALL_TALK_WORDS and self._begins("small_talk")

    @cached_property
    def is_question(self) -> bool:
        """Whether a sentence is marked as a question."""
        return any(_QUESTION_END.search(sentence[-40:]) for sentence in self.sentences)

    def quotes(self, piece: str) -> bool:
        """Whether the user's message holds a folded piece in quotation marks: it is talked about, then."""
        if self.turn is None or not piece:
            return False
        folded = self.turn.folded
        quoted = [folded.text[folded.index(a) : folded.index(b)] for a, b in self.turn.quotes]
        quoted += [match.group() for match in regex.finditer(r"(?<!\w)'[^'\n]{1,200}'", self.text)]
        most = len(_WORDS.findall(piece)) + _ABOUT_IT
        return any(piece in each and len(_WORDS.findall(each)) <= most for each in quoted)


def _sentences_of(turn: Passage) -> list[str]:
    folded = turn.folded
    spans: list[Span] = turn.sentences
    chosen = spans if len(spans) <= 20 else spans[:10] + spans[-10:]
    pieces = (folded.text[folded.index(start) : folded.index(end)][:_WINDOW] for start, end in chosen)
    return [_BARE.sub("", piece) for piece in pieces]
