"""Whether the user's last message asks for the earlier answer: again, changed, longer, or by the same question."""

from __future__ import annotations

import regex

from evalsuite.rules.lexicon.entries import words_of
from evalsuite.rules.passage import Conversation, Turn
from evalsuite.rules.quotable import request_start, wanted
from evalsuite.rules.recital import stems
from evalsuite.rules.word_keys import word_keys

SHORT = 7
"""Words of a message in which "again" can only be about the earlier answer."""
WHOLE_WORDS = 4
"""Words of an earlier question that the last message may end with ("So ...?")."""
_AGAIN = frozenset({"again", "de nouveau", "erneut", "de nuevo", "otra vez"})
_IN_FORM = regex.compile(r"\W*(?:in|as|auf|als|en|بال|على شكل)(?!\p{Latin})")
_POINTS_BACK = regex.compile(r"(?<!\w)(?:that|this|it|das|ça|cela|eso|هذا|هذه|ذلك)(?!\w)")
_JOINED = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]")
_CLAUSE_END = regex.compile(
    r"[.!?؟。！，,،;؛:\n]++|(?<!\w)(?:and|but|then|بس|ثم|et|mais|puis|y|pero|und|aber|dann)(?!\w)"
)


def asked_for_it_again(conversation: Conversation) -> bool:
    """Whether the last message asks to repeat, reformat, extend or amend an earlier answer, or is asked again."""
    if not conversation.user:
        return False
    last = conversation.user[-1]
    return _asks_again(last) or _asks_to_amend(last) or _asks_meaning(last) or _is_same_question(conversation)


def _asks_again(last: Turn) -> bool:
    text = last.folded.text
    match = wanted("again", text)
    if match is None:
        return False
    # "again" in a question of its own ("Can I run again after a cold?") asks for something else.
    if len(last.words) > SHORT and match.group().strip() in _AGAIN:
        return text.rstrip(" ?.!؟").endswith(match.group().strip())
    return True


def _asks_to_amend(last: Turn) -> bool:
    """Whether a verb of change opens the message or one of its sentences or clauses."""
    text = last.folded.text
    shape = words_of("parroting", "reshape").search(text)
    if words_of("parroting", "question_word").match(text):
        # "How do you say that in French?" asks for the earlier answer, "Which is longer?" does not.
        return shape is not None and bool(_IN_FORM.match(shape.group()) and _POINTS_BACK.search(text))
    if shape:
        return True
    pattern = words_of("parroting", "amend")
    if any(pattern.match(clause, request_start(clause)) for clause in _CLAUSE_END.split(text)):
        return True
    # Where no spaces part the words, the object or the place may stand in front: "前面加上称呼".
    asks = words_of("parroting", "interrogative_inside").search(text.rstrip(" ?？。.").removesuffix("吗"))
    return _JOINED.search(text) is not None and asks is None and pattern.search(text) is not None


def _asks_meaning(last: Turn) -> bool:
    return words_of("parroting", "meaning").search(last.folded.text) is not None


def _is_same_question(conversation: Conversation) -> bool:
    """Whether the last message says again what an earlier one said, in the same words or in some of them."""
    last = conversation.user[-1]
    keys = " ".join(word_keys(last).texts)
    content = set(stems(last.text))
    for earlier in conversation.user[:-1]:
        before = " ".join(word_keys(earlier).texts)
        if keys == before or (len(earlier.words) >= WHOLE_WORDS and f" {keys} ".endswith(f" {before} ")):
            return True
        if len(content) > 1 and content <= set(stems(earlier.text)):
            return True
    return False


def asks_about(conversation: Conversation, sentence: str) -> bool:
    """Whether all that the last message asks about is in a sentence of the earlier answer, which so answers it."""
    content = set(stems(conversation.user[-1].text))
    return len(content) > 1 and content <= set(stems(sentence))
