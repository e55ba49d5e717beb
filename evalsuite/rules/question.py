"""What the user's last message asks for: a yes or no, an opinion, a wish, a name; decided by how it is put."""

from __future__ import annotations

from functools import cached_property

import regex

from evalsuite.rules.lexicon.phrases import Phrases, Script, languages_of, script_of, scripts_in
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
_BARE = regex.compile(r"^[\s\"'«»*_¿¡>#-]++")
_SMALL_TALK_WORDS = 6
"""Words beyond which a greeting opens a request."""


class Question:
    """The request in the last message of the user."""

    def __init__(self, reading: Reading) -> None:
        turns = reading.conversation.user
        self.turn: Passage | None = turns[-1] if turns else None
        before = reading.conversation.assistant
        self._model_asked = bool(before) and _QUESTION_END.search(before[-1].text[-40:]) is not None
        folded = self.turn.folded.text if self.turn else ""
        self.text = folded if len(folded) <= 2 * _WINDOW else folded[:_WINDOW] + "\n" + folded[-_WINDOW:]

    @cached_property
    def sentences(self) -> list[str]:
        """Folded sentences, markup in front of them removed."""
        if self.turn is None:
            return []
        folded = self.turn.folded
        spans: list[Span] = self.turn.sentences
        chosen = spans if len(spans) <= 20 else spans[:10] + spans[-10:]
        pieces = (folded.text[folded.index(start) : folded.index(end)][:_WINDOW] for start, end in chosen)
        return [_BARE.sub("", piece) for piece in pieces]

    @cached_property
    def is_yes_no(self) -> bool:
        """Whether a sentence can be answered by yes or no, and is no request in the form of a question."""
        return any(self._asks_yes_no(sentence) for sentence in self.sentences)

    def _asks_yes_no(self, sentence: str) -> bool:
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
            return not self._is_open(sentence, phrases, 2)
        if not marked or self._is_open(sentence, phrases, _HEAD_WORDS) or phrases.match("ellipsis", sentence):
            return False
        return phrases.languages != ("en",) or phrases.search("statement", sentence) is not None

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
        return any(self._phrases(script).search(name, self.text) for script in scripts_in(self.text))

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
        return any(piece in folded.text[folded.index(a) : folded.index(b)] for a, b in self.turn.quotes) or any(
            piece in match.group() for match in regex.finditer(r"(?<!\w)'[^'\n]{1,200}'", self.text)
        )
