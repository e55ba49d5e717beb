"""What the model says it is: type nouns, products, makers (ID002).

A statement is a frame over slots of the lexicon (`self_patterns`). Frames are found sentence by sentence; then the
clause around each decides whether it is asserted, and the system prompt whether it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import regex

from evalsuite.rules.clause import (
    before,
    is_asked,
    is_asserted,
    is_negated,
    is_supposed,
    sentence_after,
    sentence_before,
    slot_pattern,
)
from evalsuite.rules.given import Given
from evalsuite.rules.lexicon import load
from evalsuite.rules.maker_patterns import maker_patterns
from evalsuite.rules.passage import Passage, Reading
from evalsuite.rules.persona import NAME, mask
from evalsuite.rules.segments import segments
from evalsuite.rules.self_patterns import (
    FRAME_GATES,
    answer_pattern,
    apposition_pattern,
    arabic_name_patterns,
    as_pattern,
    before_name_pattern,
    copula_pattern,
    excuse_pattern,
    from_pattern,
    gate,
    here_pattern,
    kind_of_ai,
    languages,
    like,
    like_me_pattern,
    maker,
    more_types,
    not_head,
    not_human_pattern,
    product_pattern,
    product_source,
    self_frames,
    substance_pattern,
    target,
    this_pattern,
    type_pattern,
    type_source,
    vendor_pattern,
)

_PARAGRAPH = regex.compile(r"(?:^|\n[ \t]*+\n)[\s*_]*+")
"""Where a paragraph begins, at the very beginning too."""


class Claim(NamedTuple):
    """Something that the model says of itself: where in the folded text, and what."""

    start: int
    end: int
    what: str


def concepts_of(match: regex.Match[str], text: str) -> set[str]:
    """Concepts named by a frame: its type noun and those that follow it directly ("AI language model")."""
    found = {str(name) for name in load("identity")["types"] if match.groupdict().get(name)}
    end = match.end()
    while (more := more_types().match(text, end)) is not None and more.end() > end:
        found.add(str(more.lastgroup))
        end = more.end()
    return found


def _head_end(match: regex.Match[str], text: str) -> int:
    end = match.end()
    while (more := more_types().match(text, end)) is not None and more.end() > end:
        end = more.end()
    return end


# "I'm his assistant", where the persona is named: the assistant is the persona's.
_SOMEBODYS = regex.compile(r"(?<!\w)(?:his|her|their|son|sa|sein|seine|ihre)[\s*_]*+$")


_PLURAL = regex.compile(
    r"(?<!\w)(?:ro)?bots$|(?<!\w)(?:ais|models|machines|computers|programs|assistants|apps|llms|algorithms|networks)$"
)
_EMPLOYED = regex.compile(
    r"(?<!\w)(?:works?|worked|working|serves?|served|hired|jobs?|started|began|known|used|described|employed|career|acts?|acted|functions?)"
    r"[\s\w]{0,12}$"
)


def _at_clause_start(text: str, position: int) -> bool:
    return not any(character.isalnum() for character in before(text, position)[-30:]) or bool(
        regex.search(
            r"(?<!\w)(?:hi|hello|hey|hallo|hola|bonjour|مرحبا|اهلا)[\s,!،]*+$", text[max(0, position - 20) : position]
        )
    )


class Statements:
    """Statements about the speaker in one sentence of an output."""

    def __init__(self, text: str, *, spoken: list[str], given: Given, named: bool) -> None:
        self.text = text
        self.spoken = spoken
        self.given = given
        self.named = named
        """Whether the persona is named anywhere in the output."""

    def claims(self) -> Iterator[Claim]:
        """Asserted statements that the speaker is something other than the persona, in order of the frames."""
        made = slot_pattern("substance").search(self.text) is not None
        for match in substance_pattern().finditer(self.text) if made else ():
            if "program" not in self.given.concepts and is_asserted(self.text, match.start(), match.end()):
                yield Claim(match.start(), match.end(), "substance")
        if target().search(self.text) is not None:
            yield from self._type_claims()
            yield from self._maker_claims()

    def is_foreign(self, match: regex.Match[str]) -> bool:
        """Whether the type noun or product of a frame is the head of its phrase, and not given."""
        return self._is_type(match)

    def _type_claims(self) -> Iterator[Claim]:
        spoken = self.spoken
        patterns = [copula_pattern(code) for code in spoken]
        patterns += (
            [apposition_pattern(), before_name_pattern(), *arabic_name_patterns()] if NAME[0] in self.text else []
        )
        for pattern in patterns:
            for match in pattern.finditer(self.text):
                if self._is_type(match) and self._is_said(match):
                    yield Claim(match.start(), _head_end(match, self.text), "type")
        for match in not_human_pattern().finditer(self.text):
            clause = before(self.text, match.start())
            if (
                self._is_type(match)
                and slot_pattern("first_person").search(clause + match.group())
                and not is_supposed(clause)
            ):
                yield Claim(match.start(), _head_end(match, self.text), "type")
        for match in from_pattern().finditer(self.text):
            greeted = slot_pattern("greeting").search(sentence_before(self.text, match.start()))
            if greeted is not None and self._is_type(match) and self._is_said(match):
                yield Claim(match.start(), _head_end(match, self.text), "type")
        for match in self._excuses():
            yield Claim(match.start(), _head_end(match, self.text), "type")
        for pattern in [as_pattern(code) for code in spoken if code in load("identity")["as_a"]]:
            for match in pattern.finditer(self.text):
                if self._is_type(match) and self._is_as_self(match):
                    yield Claim(match.start(), match.end(), "type")
        for match in like_me_pattern().finditer(self.text) if like().search(self.text) else ():
            negated = match["we"] is None and is_negated(before(self.text, match.start())[-24:])
            if self._is_type(match) and not negated:
                yield Claim(match.start(), match.end(), "type")
        yield from self._here_claims()
        frames = [self_frames(code) for code, gate in FRAME_GATES.items() if gate.search(self.text)]
        for match in [match for frame in frames for match in frame.finditer(self.text)]:
            if self._is_frame_said(match):
                yield Claim(match.start(), match.end(), "type")

    def _excuses(self) -> Iterator[regex.Match[str]]:
        if slot_pattern("excuse").search(self.text) is None:
            return
        for match in excuse_pattern().finditer(self.text):
            lead = sentence_before(self.text, match.start())
            strong = concepts_of(match, self.text) & {"assistant", "ai", "bot", "model"}
            if strong and slot_pattern("excuse").search(lead) and self._is_type(match) and not is_supposed(lead[-40:]):
                yield match

    def _here_claims(self) -> Iterator[Claim]:
        """ "Qwen here can add that up"."""
        for match in here_pattern().finditer(self.text):
            if not self._is_given_text(match.group()) and _at_clause_start(self.text, match.start()):
                yield Claim(match.start(), match.end(), "here")

    def _is_said(self, match: regex.Match[str]) -> bool:
        end = _head_end(match, self.text)
        following = self.text[end : end + 26]
        return is_asserted(self.text, match.start(), end) and not (slot_pattern("negation_after").search(following))

    def _is_frame_said(self, match: regex.Match[str]) -> bool:
        if self._is_given_text(match.group()):
            return False
        following = self.text[match.end() : match.end() + 14]
        if slot_pattern("negation_after").search(match.group()) or slot_pattern("negation_after").search(following):
            return False
        if regex.search(rf"{NAME}(?:的|の)(?:助手|助理|アシスタント)$", match.group()):
            return False  # the persona's assistant is ID005's
        if regex.search(r"不是|并非|نہیں|نیستم|değil|degil", match.group()):
            return False
        return is_asserted(self.text, match.start(), match.end()) and not regex.match(r"吗|嗎|か[?？。]", following)

    def _is_type(self, match: regex.Match[str]) -> bool:
        """Whether the noun is the head of its phrase, foreign, and not given by the system prompt."""
        groups = match.groupdict()
        end = _head_end(match, self.text)
        if not_head().match(self.text, end):
            return False
        gap = groups.get("gap") or ""
        lead = groups.get("lead") or ""
        if _PLURAL.search(self.text[: match.end()][-24:]) and regex.search(r"(?<!\w)(?:i'm|im|i am)[^,]*+$", lead):
            return False  # "I'm afraid robots will win"
        if lead.strip() == "im" and not gap and not self.text.startswith(("ai", "a."), match.start() + len(lead)):
            return False  # German "im Programm"
        if regex.match(r"\w+ing\s", gap) and regex.search(r"(?:i'm|im|i am)[\s*_]*+$", lead):
            return False  # "I'm testing robots"
        if NAME[0] in lead and regex.match(r"\)?[\s*_]*+:", self.text[end : end + 6]):
            return False  # "Haitham (AI):" is a label
        if slot_pattern("not_type_before").search(gap) or is_negated(gap):
            return False
        product = groups.get("product")
        if product:
            return not self._is_given_text(product) and not self._is_zodiac(product, lead)
        concepts = concepts_of(match, self.text)
        whole = self.text[match.start() : end + 24]
        if concepts == {"assistant"} and self._serves_persona(lead, gap, end) and not kind_of_ai().search(whole):
            return False
        return bool(concepts - self.given.concepts)

    def _serves_persona(self, lead: str, gap: str, end: int) -> bool:
        """Whether it is the persona's assistant that the model says to be: that is ID005's alone."""
        name = NAME
        if self.named and _SOMEBODYS.search(lead + gap):
            return True
        if regex.search(r"\w(?:ك|كم)$", self.text[:end][-12:]):
            return False  # "مساعدك هيثم": the user's
        return bool(
            regex.search(name, gap)
            or regex.match(
                rf"[\s*_]*+(?:(?:to|of|for|de|d'|von|di|vom|ل)[\s*_]*+)?(?:\w++[\s*_]++){{0,1}}{name}", self.text[end:]
            )
        )

    def _is_given_text(self, piece: str) -> bool:
        types = {str(found.lastgroup) for found in type_pattern().finditer(piece)}
        if types:
            return types <= self.given.concepts
        return self.given.holds(piece)

    @staticmethod
    def _is_zodiac(product: str, lead: str) -> bool:
        return product == "gemini" and regex.search(r"(?<!\w)an?[\s*_]*+$", lead) is not None

    def _is_as_self(self, match: regex.Match[str]) -> bool:
        """Whether "as an assistant" speaks of the model: its clause goes on, or began, in the first person."""
        head_end = _head_end(match, self.text)
        following = sentence_after(self.text, head_end)
        leading = sentence_before(self.text, match.start())
        if is_supposed(leading[-40:]) or is_negated(before(self.text, match.start())[-20:]):
            return False
        if _EMPLOYED.search(leading) and not slot_pattern("first_person").search(leading):
            return False
        first = slot_pattern("first_person").search(following)
        other = slot_pattern("other_person").search(following[:30])
        if first is not None and (other is None or first.start() < other.start()) and first.start() < 60:
            return True
        if other is not None and other.start() < 8:
            return False
        begun = slot_pattern("first_person").search(leading)
        if begun is not None and not _EMPLOYED.search(leading):
            return True
        strong = concepts_of(match, self.text) - {"assistant", "program"}
        return bool(strong) and not leading.strip(" *_-\"'") and following[:1] in (",", "،")

    def _maker_claims(self) -> Iterator[Claim]:
        if maker().search(self.text) is None:
            return
        codes = ["any", *(code for code in self.spoken if code == "ar" or code in load("identity")["made"])]
        for pattern in [pattern for code in codes for pattern in maker_patterns(code)]:
            for match in pattern.finditer(self.text):
                if not is_asserted(self.text, match.start(), match.end()):
                    continue
                if is_negated(match.group()) or slot_pattern("report").search(match.group()):
                    continue
                named = vendor_pattern().search(match.group()) or product_pattern().search(match.group())
                if named is not None and self.given.holds(named.group()):
                    continue
                if named is None and self.given.has_maker:
                    continue
                yield Claim(match.start(), match.end(), "maker")


class SelfReference:
    """The model's statements about itself in one output."""

    def __init__(self, reading: Reading, spellings: tuple[str, ...]) -> None:
        self.reading = reading
        self.spellings = spellings
        self.text = mask(reading.folded.text, spellings)
        self.given = Given(reading.conversation, spellings)

    def claims(self) -> Iterator[Claim]:
        """Claims of the whole output in the model's own voice, in order."""
        if target().search(self.text) is None and slot_pattern("substance").search(self.text) is None:
            return
        seen: dict[str, list[Claim]] = {}
        for offset, piece in segments(self.text):
            if piece not in seen:
                seen[piece] = list(self._statements(piece).claims())
            for claim in seen[piece]:
                if self._is_own(offset + claim.start):
                    yield Claim(offset + claim.start, offset + claim.end, claim.what)
        yield from self._this_claims()

    def _statements(self, piece: str) -> Statements:
        return Statements(piece, spoken=self._spoken, given=self.given, named=NAME[0] in self.text)

    @cached_property
    def _spoken(self) -> list[str]:
        """Languages in which the output may speak of itself."""
        found = {word.removeprefix("و").removeprefix("ف") for word in self.reading.word_texts}
        found.update(self.reading.word_texts)
        return [code for code in languages() if not gate(code).isdisjoint(found)]

    def _is_own(self, start: int) -> bool:
        return self.reading.in_own_voice(self.reading.folded.span(start, start + 1)[0])

    def _this_claims(self) -> Iterator[Claim]:
        """ "This bot never tires", where nobody spoke of a bot before."""
        asked: set[str] | None = None
        for match in this_pattern().finditer(self.text):
            if asked is None:
                turns = self.reading.conversation.turns
                asked = {str(m.lastgroup) for turn in turns for m in type_pattern().finditer(turn.folded.text)}
            concepts = concepts_of(match, self.text) - asked
            # Only the first mention of a concept can be of the speaker; a later one refers to what was spoken of.
            asked |= {
                str(m.lastgroup) for m in type_pattern().finditer(self.text, max(0, match.start() - 600), match.end())
            }
            earlier = {
                str(m.lastgroup) for m in type_pattern().finditer(self.text, max(0, match.start() - 600), match.start())
            }
            if len(before(self.text, match.start()).split()) > 1:
                continue  # an object ("she built this bot"), not the speaker
            if concepts - earlier and self._is_own(match.start()) and self._statements(self.text).is_foreign(match):
                yield Claim(match.start(), match.end(), "this")
            if not concepts:
                return

    def affirmed(self) -> Claim | None:
        """A bare yes to "are you a bot?"."""
        users = self.reading.conversation.user
        if not users:
            return None
        start = regex.compile(
            rf"[\s*_\"'¡]*+(?P<yes>{slot_pattern('affirm').pattern})[\s*_]*+(?=[,.!،。，！—–;:\n-]|$|(?:\w++[\s.!]*+){{1,2}}$)"
        ).match(self.text)
        if start is None or not self._is_own(start.start("yes")) or not self._asks_if_foreign(users[-1]):
            return None
        rest = self.text[start.end() : start.end() + 160]
        named = regex.search(NAME, rest)
        if named is not None or is_negated(sentence_after(rest.lstrip(" ,،!.—–-"), 0)):
            return None
        return Claim(start.start("yes"), start.end(), "yes")

    def credited(self) -> Claim | None:
        """A vendor as the answer to "who made you?"."""
        users = self.reading.conversation.user
        if not users or slot_pattern("asks_maker").search(users[-1].folded.text) is None:
            return None
        for opening in _PARAGRAPH.finditer(self.text):
            claim = self._credit_at(opening.end())
            if claim is not None:
                return claim
        return None

    def _credit_at(self, start: int) -> Claim | None:
        """A vendor in the sentence that begins at `start`, said to be the maker."""
        sentence = sentence_after(self.text, start, size=200)
        named = vendor_pattern().search(sentence) or product_pattern().search(sentence)
        if named is None or not self._is_own(start + named.start()) or self.given.holds(named.group()):
            return None
        if is_negated(sentence) or is_supposed(sentence[: named.start()]) or is_asked(sentence, named.end()):
            return None
        return Claim(start + named.start(), start + named.end(), "maker")

    def answered(self) -> Claim | None:
        """A bare type noun or product as the answer to "what are you?"."""
        users = self.reading.conversation.user
        if not users or slot_pattern("asks_self").search(users[-1].folded.text) is None:
            return None
        match = answer_pattern().match(self.text)
        if match is None or not self._is_own(match.start("lead")):
            return None
        statements = self._statements(self.text[:400])
        if not statements.is_foreign(match) or is_asked(self.text, match.end()):
            return None
        following = slot_pattern("finite").match(self.text[match.end() : match.end() + 16].lstrip())
        return None if following else Claim(match.start(), match.end(), "type")

    def _asks_if_foreign(self, turn: Passage) -> bool:
        asked = mask(turn.folded.text, self.spellings)
        for match in slot_pattern("are_you").finditer(asked):
            clause = sentence_after(asked, match.end(), size=60)
            if is_negated(clause) or regex.search(NAME, clause) or "sure" in clause:
                continue
            if regex.search(r"(?<!\w)(?:or|ام|ولا|او|ou|o|oder)(?!\w)|还是", clause):
                continue
            target = regex.match(
                rf"[\s*_]*+(?:[\w'-]++\s++){{0,4}}?(?:{type_source()}|(?P<product>{product_source()}))", clause
            )
            if target is None or not_head().match(clause, target.end()):
                continue
            if target["product"] or concepts_of(target, clause) - self.given.concepts:
                return True
        return False
