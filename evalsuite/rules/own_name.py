"""Names that the model gives itself: another one than the persona's (ID002), or the persona's (ID004)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import regex

from evalsuite.rules.clause import before, is_asserted, is_negated, sentence_after, slot_pattern
from evalsuite.rules.given import Given
from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives
from evalsuite.rules.passage import Reading
from evalsuite.rules.persona import NAME, mask
from evalsuite.rules.self_patterns import product_pattern
from evalsuite.rules.self_reference import Claim

_POSSESSIVE = regex.compile(r"'s?\s++\w|s\s++\w")
_SPACE = r"[\s*_~\"'“”«»„]*+"
_SEP = r"[\s*_~,،:\"'“”«»„]*+"
# "I'm Zephyr, your guide": a capital in the middle of a sentence, with what follows a name. Adjectives of origin and
# creed are capitalised too; they are told by their endings and a few words.
_CAPITAL = regex.compile(
    r"\p{Lu}(?=[\p{L}\p{M}'’-]{0,20}\p{Ll})[\p{L}\p{M}\p{N}'’-]{1,20}(?:\s\p{Lu}[\p{Ll}\p{M}'’-]{1,20})?"
)
# "A man called Haitham" is somebody else.
_SOMEONE_CALLED = regex.compile(
    r"(?<!\w)(?:(?:an?|the|one|some|another|this|that|my|your|un|une|ein|eine|einen|una)\s(?:\w+\s){1,2}|someone\s|somebody\s)"
    r"(?:who is |is |was )?(?:called|named|namens|nomme|llamado|appele)[\s\"'*_]*+$|"
    r"(?<!\w)(?:واحد\w*|شخص\w*|رجل\w*|صديق\w*|ولد|شب)\s(?:\w+\s)?(?:اسمه|يدعي|"
    r"اسمو)[\s\"'*_]*+$"
)
_UNKNOWN = regex.compile(r"[\s*_]*+[?؟]\s*+(?:never|who|no|i don't|don't know|not me|ما اعرف|لا اعرف|مين)(?!\w)")
_NAME_ENDS = regex.compile(
    r"[\s*_]*+(?:[,.!?;:)\"'”»،؛؟。！，—–(]|$|\n|[-](?=\s)|(?:and|your|the|from|here|speaking|a|an|et|y|und|e|و\w++|من|مساعد\w*+|معك|هنا|ton|votre|tu|su|dein|ihr|but|at|nice|pleased|how|what|by|aka|not|who|,)(?!\w)|\p{Emoji_Presentation}|[😀-🙏])"
)


@cache
def _name_frames() -> regex.Pattern[str]:
    """ "My name is" in every language, as far as the name."""
    slot = load("identity")["my_name_is"]
    spaced = {k: v for k, v in slot.items() if k not in ("zh", "ja", "ko")}
    joined = {k: v for k, v in slot.items() if k in ("zh", "ja", "ko")}
    adverbs = (
        r"(?:(?:actually|really|simply|just|also|in fact|still|هو|ببساطه|en fait|en realidad|"
        r"eigentlich)(?!\w)[\s*_,]*+){0,2}"
    )
    return regex.compile(
        rf"(?P<frame>(?<!\w)(?:و|ف)?(?:{alternatives(spaced)})(?!\w){_SEP}{adverbs}{_SPACE}|(?:{alternatives(joined)}){_SPACE})"
    )


@cache
def _known() -> regex.Pattern[str]:
    slot = load("identity")["known_names"]
    spaced = {k: v for k, v in slot.items() if k not in ("zh", "ja")}
    joined = {k: v for k, v in slot.items() if k in ("zh", "ja")}
    return regex.compile(rf"(?:(?:{alternatives(spaced)})(?!\w)(?!'s)|{alternatives(joined)})")


@cache
def _name_here() -> regex.Pattern[str]:
    """A known name at the start of a sentence that speaks for itself."""
    greeting = slot_pattern("greeting").pattern
    here = slot_pattern("here").pattern
    return regex.compile(
        rf"(?:^|(?<=[.!?؟\n]))[ \t*_]{{0,6}}+(?:(?:{greeting})[ ,!،.]{{1,4}}+)?(?P<name>{_known().pattern})"
        rf"[ *_,،]{{1,4}}+(?:{here})(?=[ *_]{{0,4}}+(?:[.!,،;:—–-]|$|\n))"
    )


@cache
def _i_am_name() -> regex.Pattern[str]:
    """ "I am" where a bare name may follow."""
    return regex.compile(
        r"(?<!\w)(?:i'm|i am|im|je suis|moi c'est|moi,? c'est|(?:yo )?soy|ich bin|(?:io )?sono|"
        r"eu sou|ben|я|ik ben|saya adalah"
        r"|(?:و|ف)?انا|معك|معاك|معاكم|معكم|اني|انني|this is|you(?:'re| are) (?:talking|"
        r"speaking|chatting) (?:to|with))(?!\w)"
        r"[\s*_,]*+(?:(?:just|actually|really|called|in fact|your \w+|هو|اخوك|en fait|"
        r"en realidad|eigentlich|der|die|el|la)(?!\w)[\s*_,]*+){0,2}"
        r"|我是|私は|저는 "
    )


class OwnName:
    """Names that an output gives to the model."""

    def __init__(self, reading: Reading, spellings: tuple[str, ...]) -> None:
        self.reading = reading
        self.spellings = spellings
        self.text = mask(reading.folded.text, spellings)
        self.name = regex.compile(NAME)
        self.given = Given(reading.conversation, spellings)

    # --- another name ---------------------------------------------------------------------------------------------
    def foreign(self) -> Iterator[Claim]:
        """Statements that the model bears another name than the persona's."""
        for frames, is_foreign in ((_name_frames(), self._is_foreign_after), (_i_am_name(), self._is_foreign_here)):
            seen: set[str] = set()
            for match in frames.finditer(self.text):
                following = self._raw_at(match.start(), size=120)
                if following in seen:
                    continue  # the same words again: no name, as before
                if not is_foreign(match.end(), match.group()):
                    seen.add(following)
                elif self._is_said(match):
                    yield Claim(match.start(), self._name_end(match.end()), "name")
        yield from self._speaks_here()

    def _speaks_here(self) -> Iterator[Claim]:
        """ "Sara here, what shall we do?" """
        for match in _name_here().finditer(self.text):
            if self._known_at(match.start("name")) is not None and self._is_said(match):
                yield Claim(match.start("name"), match.end("name"), "name")

    def _name_end(self, start: int) -> int:
        match = regex.compile(r"[\w'’-]++").match(self.text, start)
        return start if match is None else match.end()

    def _is_said(self, match: regex.Match[str]) -> bool:
        raw = self.reading.folded.span(match.start(), match.start() + 1)[0]
        clause = before(self.text, match.start())
        return (
            self.reading.in_own_voice(raw)
            and is_asserted(self.text, match.start(), match.end())
            and not (regex.search(r"(?<!\w)(?:say|saying|write|writing|example|e\.g)[\s:]*+$", clause))
        )

    def _own_near(self, start: int) -> bool:
        """Whether the persona's name stands in the name's place or right beside it."""
        found = self.name.search(self.text, max(0, start - 1), start + 48)
        return found is not None and found.start() <= start + 24

    def _raw_at(self, start: int, *, size: int = 48) -> str:
        first = self.reading.folded.span(start, start + 1)[0]
        return self.reading.text[first : first + size]

    def _known_at(self, start: int) -> regex.Match[str] | None:
        match = _known().match(self.text, start) or product_pattern().match(self.text, start)
        if match is None or self.given.holds(match.group().strip()):
            return None
        return match

    def _is_foreign_after(self, start: int, frame: str) -> bool:
        """Whether what follows "my name is" is a name, and not the persona's."""
        if self._own_near(start):
            return False
        known = self._known_at(start)
        if known is not None:
            return True
        if slot_pattern("not_a_name").match(self.text, start):
            return False
        raw = self._raw_at(start)
        calls = "call" in frame or "go by" in frame or "answer" in frame
        if regex.match(r"\p{Lu}", raw):
            return not raw[:1].isupper() or self._is_given(raw) is False
        if regex.match(r"[a-zß-ÿ]", raw):
            return not calls and regex.match(r"[\w'-]{2,}[\s*_]*+(?:[.!,]|$|\n)", raw) is not None
        if regex.match(r"\p{Script=Arabic}", raw):
            return (
                regex.match(r"(?![يت]\w{3})\w{2,}(?:\s\w++)?[\s*_]*+(?:[.!،,؟]|$|\n)", self.text[start : start + 48])
                is not None
            )
        return regex.match(r"[\p{Script=Han}\p{Script=Katakana}]{1,8}(?:[。，！,.!]|です|$)", raw) is not None

    def _is_given(self, raw: str) -> bool:
        match = _CAPITAL.match(raw)
        word = "" if match is None else match.group().lower()
        return bool(word) and self.given.holds(word)

    def _is_foreign_here(self, start: int, frame: str) -> bool:
        """Whether "I'm" is followed by a name, and not the persona's."""
        if self._own_near(start):
            return False
        known = _known().match(self.text, start)
        if known is None and frame.startswith("this is"):
            known = product_pattern().match(self.text, start)
        if known is not None:
            if not _NAME_ENDS.match(self.text, known.end()) or self._known_at(start) is None:
                return False
            if frame.startswith("this is"):
                return (
                    regex.match(
                        r"[\s*_]*+,?\s*(?:speaking|here|from (?:the|your)|calling|your)",
                        self.text[known.end() : known.end() + 16],
                    )
                    is not None
                )
            return True
        if not frame.startswith(("i'm", "i am")):
            return False
        raw = self._raw_at(start)
        match = _CAPITAL.match(raw)
        if match is None or slot_pattern("origins").fullmatch(match.group().split()[0].lower()) or self._is_given(raw):
            return False
        tail = regex.match(
            r"[\s*_]*+(?:[!.](?:\s|$)|,\s|(?:and|your|here|nice|pleased|speaking)(?!\w))",
            raw[match.end() :].lower() + " ",
        )
        return tail is not None

    # --- the persona's name -----------------------------------------------------------------------------------------
    def own_mentions(self, disowned: list[tuple[int, int]]) -> bool:
        """Whether the output gives the persona's name as its own, `disowned` (folded spans) left out."""
        starts = {start for start, _ in disowned}
        seen: set[tuple[str, str]] = set()
        for match in self.name.finditer(self.text):
            near = self.text[max(0, match.start() - 250) : match.start()], self.text[match.start() : match.end() + 250]
            if match.start() in starts or near in seen:
                continue
            if self._is_own(match):
                return True
            seen.add(near)
        return False

    def _is_own(self, match: regex.Match[str]) -> bool:
        text = self.text
        clause = before(text, match.start())
        following = sentence_after(text, match.end(), size=80)
        if regex.match(r"'s\s+(?:the|my) name|'s\s+(?:here|happy|glad|fine|ready)(?!\w)", following):
            return True
        if _POSSESSIVE.match(text, match.end()) or (
            regex.match(r"[\s*_]*+:(?!\w)", text[match.end() : match.end() + 4]) and self._begins_line(match)
        ):
            return False
        if _SOMEONE_CALLED.search(clause) or _UNKNOWN.match(text, match.end()):
            return False
        if _is_self_before(clause):
            return slot_pattern("hypothesis").search(clause) is None or is_negated(clause)
        if slot_pattern("name_self_after").match(following.lstrip(" *_,،\"'")):
            return True
        if self._is_signature(match):
            return False
        return (
            not _third_party().search(clause[-40:])
            and not _third_party_after().match(following)
            and not is_negated(clause)
        )

    def _begins_line(self, match: regex.Match[str]) -> bool:
        line = self.text[max(0, match.start() - 60) : match.start()].rpartition("\n")[2]
        return not any(map(str.isalnum, line))

    def _is_signature(self, match: regex.Match[str]) -> bool:
        """Whether the name stands alone at the end, below or behind other text."""
        if any(map(str.isalnum, self.text[match.end() : match.end() + 200])):
            above = self.text[max(0, match.start() - 60) : match.start()].rstrip(" *_").splitlines()
            alone = regex.match(r"[ \t*_]*+(?:[\r\n]|$)", self.text[match.end() : match.end() + 12]) is not None
            return alone and bool(above) and slot_pattern("sign_off").fullmatch(above[-1].strip(" *_,،.")) is not None
        head = self.text[max(0, match.start() - 250) : match.start()]
        line = head.rpartition("\n")[2]
        if not any(map(str.isalnum, head)):
            return False
        if not any(map(str.isalnum, line)):
            return True
        return (
            regex.search(
                rf"(?:^|[\n.!?؟])[\s*_~—–-]*+(?:{slot_pattern('sign_off').pattern})[\s,،.:—–-]*+$|[—–~-]\s*+$",
                head[-60:],
            )
            is not None
        )


def _is_self_before(clause: str) -> bool:
    """Whether a clause ends in words behind which a name is the speaker's."""
    return _self_before().search(clause) is not None


@cache
def _self_before() -> regex.Pattern[str]:
    lexicon = load("identity")
    spaced = "|".join(
        alternatives({k: v for k, v in lexicon[slot].items() if k not in ("zh", "ja", "ko")})
        for slot in ("my_name_is", "name_self_before_strong")
    )
    joined = "|".join(
        alternatives({k: v for k, v in lexicon[slot].items() if k in ("zh", "ja", "ko")})
        for slot in ("my_name_is", "name_self_before_strong")
    )
    return regex.compile(
        rf"(?:(?<!\w)و?(?:{spaced})(?:(?<=')|(?!\w))|(?:{joined}))[\s*_~\"'“«„(]*+(?:[\w'-]++[\s*_\"'“«„]++){{0,2}}$"
    )


@cache
def _third_party() -> regex.Pattern[str]:
    source = slot_pattern("third_party_before").pattern
    return regex.compile(rf"(?:{source})[\s*_~\"'“«,]*+(?:[\w'-]++[\s*_]++)?$")


@cache
def _third_party_after() -> regex.Pattern[str]:
    return regex.compile(rf"[\s*_,\"']*+(?:{slot_pattern('third_party_after').pattern})")
