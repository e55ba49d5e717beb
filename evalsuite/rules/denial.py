"""Where an output denies the persona or sets the model apart from it (ID005)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import regex

from evalsuite.rules.clause import before, is_asked, is_negated, is_supposed, sentence_before, slot_pattern
from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives
from evalsuite.rules.passage import Reading
from evalsuite.rules.persona import NAME, mask
from evalsuite.rules.segments import segments
from evalsuite.rules.text import Span

_SPACE = r"[\s*_~\"'“”«»„]*+"
_SEP = r"[\s*_~,،\"'“”«»„]*+"
_CJK = ("zh", "ja", "ko")


def _entries(slot: str) -> str:
    """Entries of a slot as words; CJK entries anywhere."""
    lexicon = load("identity")[slot]
    spaced = alternatives({k: v for k, v in lexicon.items() if k not in _CJK})
    joined = alternatives({k: v for k, v in lexicon.items() if k in _CJK})
    return rf"(?:(?<!\w)[وف]?(?:{spaced})(?:(?<=')|(?!\w))|{joined})"


@cache
def _i_am() -> str:
    return (
        r"(?:(?<!\w)(?:i'm|i am|im|i was|i work as|i act as|i serve as|je suis|soy|yo soy|"
        r"ich bin|sono|sou|eu sou|ben|я|ik ben|we are|we're"
        r"|you(?:'re| are) (?:talking|speaking|chatting) (?:to|with)|this is|it's|(?:و|ف)?انا|"
        r"اني|انني|معك|معاك|راني)(?!\w)|我是|私は)"
    )


@cache
def _patterns() -> tuple[tuple[str, regex.Pattern[str]], ...]:
    name = NAME
    few = r"(?:[\w'’-]++[\s*_~]++)"
    persons = rf"(?:[ld]'|qu')?(?:{_entries('am_persons')})"
    of = r"(?:(?<!\w)(?:to|of|for|de|d'|von|di|do|da|vom|ل|من|عند|لدي|ب)(?:(?<=')|(?!\w))|ل)"
    that = (
        r"(?:(?<!\w)(?:called|named|known as|the|mr\.?|a|your|اسمي|السيد|الاستاذ|شخص اسمه|"
        r"حدا اسمه|احد اسمه|حد اسمه|واحد اسمه|de|"
        r"el|der|le|in)(?!\w)[\s*_~]*+){0,2}"
    )
    return (
        (
            "denied",
            regex.compile(
                rf"(?P<lead>{_entries('not_am')}){_SEP}(?:(?:really|actually|called|named|truly|even|"
                rf"vraiment|realmente|wirklich|the real|حقا|فعلا|في الحقيقة|بالحقيقة){_SPACE}){{0,2}}"
                rf"{that}(?P<name>{name})(?!'|s\b)"
            ),
        ),
        (
            "apart",
            regex.compile(
                rf"(?P<lead>{_i_am()}){_SEP}{few}{{0,3}}?(?P<name>{name})(?:'s?|s|的|の)?{_SPACE}(?:[\w'’-]++[\s*_~]++){{0,3}}?{persons}"
            ),
        ),
        (
            "apart",
            regex.compile(
                rf"(?P<lead>{_i_am()}){_SEP}{few}{{0,3}}?{persons}{_SPACE}(?:(?!{_entries('gap_stop')})[\w'’-]++[\s*_~]++){{0,3}}?{of}{_SPACE}(?:(?:mr|sr|herr|monsieur|السيد|الاستاذ|المهندس|شركه)\.?{_SPACE})?(?P<name>{name})"
            ),
        ),
        (
            "apart",
            regex.compile(
                rf"(?P<lead>{_i_am()}){_SEP}{few}{{0,2}}?(?:ال)?{persons}{_SPACE}(?:(?:السيد|الاستاذ|المهندس|الذكي|الافتراضي|الشخصي|ذكي|افتراضي|شخصي|الرقمي){_SPACE}){{0,2}}(?P<name>{name})"
            ),
        ),
        (
            "apart",
            regex.compile(
                rf"(?P<lead>{_i_am()}){_SEP}{few}{{1,6}}?(?:(?:{_entries('who')}){_SPACE})?{few}{{0,1}}?"
                rf"(?:{_entries('serves')}){_SPACE}(?P<name>{name})"
            ),
        ),
        (
            "role",
            regex.compile(
                rf"(?P<name>{name})(?!')[\s*_~\"'”»,،]*+(?:(?:is|was|are|est|es|ist|e|è|هو|هي|کان|كان|"
                rf"isn't|是|da|remains){_SPACE}|['’]s\s)(?:(?:really|actually|just|only|simply|also|"
                rf"in fact|nur|solo|sólo|seulement|juste|en fait|eigentlich|في الحقيقة|فقط|بس|只|"
                rf"其实){_SPACE}){{0,2}}{_entries('other_role')}"
            ),
        ),
        (
            "role",
            regex.compile(
                rf"{_entries('other_role')}{_SPACE}(?:(?:is|was|is called|is named|est|es|ist|heißt|"
                rf"s'appelle|se llama|هو|هي|اسمه|يدعى|叫|是|,|،){_SEP}){{1,2}}(?P<name>{name})"
            ),
        ),
        ("role", regex.compile(rf"(?P<name>{name})[\s*_~\"'”»,،]*+(?:{_entries('other_role_bare')})")),
        (
            "pretend",
            regex.compile(
                rf"{_entries('pretend')}{_SEP}(?:(?:a|the|your|mr\.?|named|called|character|persona|role|شخصيه|دور|السيد|الاستاذ|المهندس|le|el|la|der|den|des|von|de|d'|شركه){_SPACE}){{0,3}}(?P<name>{name})"
            ),
        ),
        ("after", regex.compile(rf"(?P<name>{name})(?!')[\s*_~\"'”»,،]*+(?:{_after()})")),
        (
            "role",
            regex.compile(
                rf"(?P<name>{name})[\s*_]*+,{_SPACE}(?=(?:my|mon|mi|mein|il mio|meu|the [^,]{{0,30}}"
                rf"(?:made|created|built|trained|programmed|wrote) me)(?!\w)){_entries('other_role')}"
            ),
        ),
        ("back", regex.compile(rf"(?P<name>{name})(?!'|s\b)[^.!?\n]{{0,40}}?(?:{_entries('denied_back')})")),
        (
            "behind",
            regex.compile(rf"(?:{_entries('behind')}){_SPACE}(?P<name>{name}){_SEP}(?:{_entries('behind_is')})"),
        ),
        ("relay", regex.compile(rf"{_entries('relay')}{_SPACE}(?P<name>{name})(?!'|s\b)")),
        ("pretend", regex.compile(rf"(?<!\w)in{_SPACE}(?P<name>{name})'s?{_SPACE}{_entries('in_place')}")),
        ("none", regex.compile(rf"(?:^|[.!?\n])[\s*_]*+not{_SPACE}(?P<name>{name})(?=[.!,]|$)")),
        (
            "pretend",
            regex.compile(
                rf"(?<!\w)(?:borrow|borrowed|borrowing|wear|wearing|use|using|carry){_SPACE}(?P<name>{name})'s?{_SPACE}"
                r"(?:name|identity|voice|account|face)(?!\w)"
            ),
        ),
        (
            "none",
            regex.compile(
                rf"(?:^|[.!?\n])[\s*_]*+no{_SPACE}(?P<name>{name}){_SPACE}(?:of any|here|at this|"
                rf"in this|by that|at all|around|on this)(?!\w)"
            ),
        ),
        (
            "real",
            regex.compile(
                rf"(?<!\w)(?:the real|the actual|the true|le vrai|el verdadero|el real|der echte|"
                rf"der wahre|هيثم الحقيقي)(?!\w){_SPACE}(?P<name>{name})|(?P<name>{name})\s++(?:الحقيقي|"
                rf"الاصلي)(?!\w)"
            ),
        ),
        (
            "together",
            regex.compile(
                rf"(?P<name>{name}){_SPACE}(?:and i|and me|وانا|et moi|y yo|und ich){_SPACE}(?:are|"
                rf"are not|aren't|شخصان|sommes|somos|sind){_SPACE}(?:two|different|not the same|"
                rf"separate|deux|dos|zwei|مختلف)"
            ),
        ),
    )


def _after() -> str:
    slot = load("identity")["denied_after"]
    spaced = alternatives({k: v for k, v in slot.items() if k not in _CJK})
    joined = alternatives({k: v for k, v in slot.items() if k in _CJK})
    return rf"(?:{spaced})(?!\w)|{joined}"


class Denial:
    """Denials of the persona in one output."""

    def __init__(self, reading: Reading, spellings: tuple[str, ...]) -> None:
        self.reading = reading
        self.text = mask(reading.folded.text, spellings)

    def denials(self) -> Iterator[tuple[Span, Span]]:
        """Folded spans of the denial and of the name in it."""
        if NAME[0] not in self.text:
            return
        seen: dict[str, list[tuple[Span, Span]]] = {}
        for offset, piece in segments(self.text):
            if NAME[0] not in piece:
                continue
            if piece not in seen:
                seen[piece] = list(_denials_in(piece))
            for (start, end), (name_start, name_end) in seen[piece]:
                if self._has_surname(offset + name_end):
                    continue
                if self.reading.in_own_voice(self.reading.folded.span(offset + start, offset + start + 1)[0]):
                    yield (offset + start, offset + end), (offset + name_start, offset + name_end)
        yield from self._stands_in()

    def _has_surname(self, end: int) -> bool:
        """Whether another capitalised name follows: somebody else is meant."""
        raw = self.reading.folded.span(end - 1, end)[1]
        follows = regex.match(r"\s(\p{Lu}[\p{Ll}\p{M}'’-]+)", self.reading.text[raw : raw + 30])
        return follows is not None and follows.group(1) not in ("I", "The", "But", "And", "Or", "So", "Right")

    def _stands_in(self) -> Iterator[tuple[Span, Span]]:
        """ "Kenji is the founder. I only run his chat": the work of somebody named before."""
        for match in slot_pattern("stands_in").finditer(self.text):
            earlier = self.text.rfind(NAME[0], max(0, match.start() - 240), match.start())
            raw = self.reading.folded.span(match.start(), match.start() + 1)[0]
            if earlier >= 0 and not _is_introduced(self.text, earlier) and self.reading.in_own_voice(raw):
                yield match.span(), (earlier, earlier + 1)


def _is_introduced(text: str, start: int) -> bool:
    """Whether the name at a position is the speaker's: "I'm NAME", "NAME here"."""
    lead = regex.search(
        rf"(?:{_i_am()}|{slot_pattern('my_name_is').pattern})[\s*_]*+$", text[max(0, start - 30) : start]
    )
    name = regex.compile(NAME).match(text, start)
    behind = "" if name is None else text[name.end() : name.end() + 24].lstrip(" ,،*_")
    return lead is not None or slot_pattern("name_self_after").match(behind) is not None


def _denials_in(text: str) -> Iterator[tuple[Span, Span]]:
    for kind, pattern in _patterns():
        for match in pattern.finditer(text):
            if _is_denial(text, kind, match):
                yield match.span(), match.span("name")


def _is_denial(text: str, kind: str, match: regex.Match[str]) -> bool:
    clause = before(text, match.start())
    whole = clause + match.group()
    supposed = slot_pattern("hypothesis").search(clause) is not None if kind == "pretend" else is_supposed(clause)
    if supposed or (is_asked(text, match.end()) and kind != "after"):
        return False
    if kind == "denied":
        return _is_plain_denial(text, match, clause, whole)
    if kind in ("apart", "role", "pretend", "real", "together", "after", "relay"):
        return not _is_taken_back(text, kind, match, clause)
    return True


def _is_plain_denial(text: str, match: regex.Match[str], clause: str, whole: str) -> bool:
    if slot_pattern("not_only").search(whole) or is_negated(clause):
        return False
    lead = match["lead"]
    tail = text[match.end() : match.end() + 40]
    if regex.match(r"\s(?:bin|ibn|al|el|von|van|abu|بن|ابن|ال(?!حقيقي|اصلي)\w+)(?:[\s-]|\w|$)", tail):
        return False
    if regex.match(r"[\s*_]*+(?:yet|alone|only|without)(?!\w)", tail):
        return False
    if regex.search(r"(?:the|that|der|le|el)[\s*_]*+$", text[: match.start("name")][-12:]) and regex.match(
        r"[\s*_]*+(?:you|from|who|that|of|in|whom|de|aus|que|qui)(?!\w)", tail
    ):
        return False  # "I'm not the Haitham you know from school"
    if lead in ("ben",):
        return slot_pattern("negation_after").search(tail[:16]) is not None
    if lead in ("there is no", "there's no"):
        return regex.match(r"[\s*_]*+(?:here|at all|at this|in this|behind|[,.!?;]|$)", tail) is not None
    if lead in (
        "it's not",
        "it isn't",
        "this isn't",
        "this is not",
        "ce n'est pas",
        "not really",
        "no longer",
    ):
        return not any(c.isalnum() for c in tail[:20].split(",")[0].split(".")[0])
    return True


# Arabic verbs carry their person; these prepositions do not.
_IN_PLACE_OF = regex.compile(r"(?<!\w)(?:نيابه عن|بالنيابه عن|بدلا من|بدل|مكان|نائبا عن|باسم مستعار)(?!\w)")
_WEAK_RELATION = regex.compile(
    r"(?<!\w)(?:friend|brother|cousin|father|neighbou?r|colleague|teacher|صديقي|اخي|زميلي|معلمي|استاذي|ابي|والدي|ami|collegue|frere|pere|amigo|colega|hermano|padre|freund|kollege|bruder|vater)(?!\w)"
)


def _is_taken_back(text: str, kind: str, match: regex.Match[str], clause: str) -> bool:
    """Whether a negation in front undoes the statement ("I don't work for Haitham, I am him")."""
    rest = slot_pattern("not_only").sub(" ", clause)
    if kind == "apart":
        rest += " " + slot_pattern("not_only").sub(" ", text[match.start() : match.start("name")])
    negated = slot_pattern("negation").search(rest) is not None
    if kind == "role" and _WEAK_RELATION.search(text[match.start() : match.start("name")]):
        return True  # "My friend is called Haitham too"
    if kind in ("after", "role") and regex.search(r"(?<!\w)(?:i'm|i am|انا|je suis|soy|ich bin)\s*+$", clause):
        return True
    if kind == "pretend":
        sentence = sentence_before(text, match.start())
        first = slot_pattern("first_person").search(sentence + match.group())
        made = regex.search(
            r"(?<!\w)(?:made|created|built|developed|programmed|trained|designed|written|based|"
            r"inspired|hired|employed) (?:by|on)",
            match.group(),
        )
        mine = slot_pattern("made_me").search(match.group()) or slot_pattern("my_making").search(sentence)
        acting = regex.search(r"(?<!\w)[وف]?(?:ا|با|ن)\w{2,}\s*+$", sentence)  # a verb in the first person
        arabic = acting or (
            regex.search(r"\p{Script=Arabic}", match.group()) and not _IN_PLACE_OF.search(match.group())
        )
        if first is None and not mine and not arabic:
            return True
        if made and not regex.search(r"(?<!\w)(?:i|i'm|i've|me|my)(?!\w)", sentence[-40:]):
            return True
        second = regex.search(r"(?<!\w)(?:you|your|he|she|they|who)(?!\w)[\s\w']{0,16}$", sentence)
        if second is not None and not regex.search(
            r"(?<!\w)(?:asked|told|want|wanted|instructed|for)(?!\w)", (sentence + match.group())[-60:]
        ):
            return True
    return negated
