"""What the model says it is: type nouns, products, makers, other names (ID002).

A statement is a frame over slots of the lexicon: "I am" + adverbs + determiner + up to four words + a type noun or a
product; "as a" + type noun + first person; made + by + vendor; "my name is" + another name. Frames are found first;
then the clause around each decides whether it is asserted, and the system prompt whether it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import regex

from evalsuite.rules.clause import (
    before,
    is_asserted,
    is_negated,
    is_supposed,
    sentence_after,
    sentence_before,
    slot_pattern,
)
from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives, fold_entry, split_entries
from evalsuite.rules.passage import Passage, Reading
from evalsuite.rules.persona import NAME, mask
from evalsuite.rules.text import fold

_CJK = ("zh", "ja", "ko")
_CJK_CLASS = r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]"
_FROM = rf"(?:(?<!\w)|(?<={_CJK_CLASS}))"
_TO = rf"(?:(?!\w)|(?={_CJK_CLASS}))"
_SEP = r"[\s*_,،~]*+"
_SPACE = r"[\s*_~]*+"


class Claim(NamedTuple):
    """Something that the model says of itself: where in the folded text, and what."""

    start: int
    end: int
    what: str


# --- Sources of patterns ------------------------------------------------------------------------------------------
def _slot(slot: str, *languages: str) -> str:
    return alternatives(load("identity")[slot], *languages)


def _whole(source: str) -> str:
    return rf"(?<!\w)(?:{source})(?:(?<=')|(?!\w))"


@cache
def type_source(*, attached: bool = False) -> str:
    """Type nouns in one alternation, each concept a named group; `attached` ones may follow a letter (كنموذج)."""
    start = "" if attached else _FROM
    groups = []
    for concept, slot in load("identity")["types"].items():
        spaced = {k: v for k, v in slot.items() if k not in _CJK}
        joined = {k: v for k, v in slot.items() if k in _CJK}
        groups.append(rf"(?P<{concept}>{start}(?:[وفبلك]?ال|لل|[كوف])?(?:{alternatives(spaced)}){_TO}|{alternatives(joined)})")
    return "|".join(groups)


@cache
def _plain_types() -> str:
    return regex.sub(r"\(\?P<\w+>", "(?:", type_source())


@cache
def product_source() -> str:
    """Names of products, the longest first."""
    slot = load("identity")["products"]
    spaced = {k: v for k, v in slot.items() if k not in _CJK}
    joined = {k: v for k, v in slot.items() if k in _CJK}
    return rf"(?:{_FROM}[وبلكف]?(?:{alternatives(spaced)}){_TO}|{alternatives(joined)})"


@cache
def vendor_source() -> str:
    """Names of vendors."""
    slot = load("identity")["vendors"]
    spaced = {k: v for k, v in slot.items() if k not in _CJK}
    joined = {k: v for k, v in slot.items() if k in _CJK}
    return rf"(?:{_FROM}(?<!@)[وبلكف]?(?:{alternatives(spaced)})(?:'s?)?{_TO}|{alternatives(joined)})"


@cache
def _target() -> regex.Pattern[str]:
    """Any type noun, product, vendor or maker: what an output without a foreign identity seldom holds."""
    bodies = _whole(_slot("maker_bodies"))
    return regex.compile(f"{_plain_types()}|{product_source()}|{vendor_source()}|{bodies}")


@cache
def _maker() -> regex.Pattern[str]:
    return regex.compile(f"{product_source()}|{vendor_source()}|{_whole(_slot('maker_bodies'))}")


@cache
def _languages() -> tuple[str, ...]:
    return tuple(code for code in load("identity")["i_am"] if code not in (*_CJK, "fa", "ur", "tr"))


@cache
def _subject(language: str) -> str:
    """ "I am" with adverbs and a determiner of one language, as far as a type noun may follow."""
    adverbs = _whole(_slot("adverbs", language))
    determiners = _whole(_slot("determiners", language))
    return rf"{_whole(_slot('i_am', language))}{_SEP}(?:{adverbs}{_SEP}){{0,4}}(?:{determiners}{_SPACE}){{0,2}}"


@cache
def _gap(language: str, size: int = 4) -> str:
    """Up to some words that may stand between a determiner and its noun."""
    stop = _whole(_slot("gap_stop", language))
    determiners = _whole(_slot("determiners", language))
    return rf"(?:(?:(?!{stop}|{determiners})[\w'’.-]++|{NAME}(?:'s?|s)?)[\s*_~]++){{0,{size}}}?"


@cache
def _copula_pattern(language: str) -> regex.Pattern[str]:
    targets = rf"(?:{type_source()}|(?P<product>{product_source()}))"
    return regex.compile(rf"(?P<lead>{_subject(language)})(?P<gap>{_gap(language)}){targets}")


@cache
def _gate(language: str) -> frozenset[str]:
    """Words of which a text holds one if it says "I" in a language."""
    return frozenset(fold(word) for word in split_entries(load("identity")["gate"][language]))


@cache
def _apposition_pattern() -> regex.Pattern[str]:
    """The persona's name with a type noun beside it ("Haitham, an AI assistant"; "Haitham is a bot")."""
    name = NAME
    languages = _languages()
    determiners = _whole(_slot("determiners", *languages))
    adverbs = _whole(_slot("adverbs", *languages))
    stop = _whole(_slot("gap_stop", *languages))
    copula = r"(?<!\w)(?:is|remains|was|am|and (?:i'm|i am)?|est|es|ist|e|هو|هي|aka|also known as|the|als|als ein|y|et|und|و)(?!\w)|是"
    return regex.compile(
        rf"(?P<lead>{name}(?!'|s\b){_SPACE}(?:[,،(:—–-]{{1,2}}|{copula}){_SEP}(?:{adverbs}{_SEP}){{0,3}}"
        rf"(?:{determiners}{_SPACE}){{0,2}})"
        rf"(?P<gap>(?:(?!{stop})[\w'’.-]++[\s*_~]++){{0,4}}?)(?:{type_source()}|(?P<product>{product_source()}))"
    )


@cache
def _before_name_pattern() -> regex.Pattern[str]:
    """A type noun that introduces the name, or greets as one ("your AI assistant, Haitham"; "your assistant here")."""
    own = _whole("your|votre|ton|tu|su|dein|deine|ihr|ihre|il tuo|seu")
    here = _whole(_slot("name_self_after"))
    return regex.compile(
        rf"(?P<lead>{own}{_SPACE})(?P<gap>(?:[\w'’-]++[\s*_]++){{0,3}}?)(?:{type_source()})"
        rf"(?={_SPACE}[,،:—–-]?{_SPACE}(?:{NAME}|{here}))"
    )


@cache
def _as_pattern(language: str) -> regex.Pattern[str]:
    """ "As a" and a type noun; the Arabic prefix is written together with its noun."""
    if language == "ar":
        lead, gap = rf"(?<!\w)و?(?:{_slot('as_a', 'ar')}){_SPACE}(?:مجرد{_SPACE})?", _gap("ar", 2)
    else:
        determiners = _whole(_slot("determiners", language))
        lead, gap = rf"{_whole(_slot('as_a', language))}{_SPACE}(?:{determiners}{_SPACE}){{0,2}}", _gap(language)
    return regex.compile(rf"(?P<lead>{lead})(?P<gap>{gap})(?:{type_source(attached=language == 'ar')}|(?P<product>{product_source()}))")


@cache
def _like() -> regex.Pattern[str]:
    return regex.compile(f"{_whole(_slot('like_me', 'en', 'ar', 'fr', 'es', 'de', 'it', 'pt'))}|{_whole(_slot('we_types', 'en', 'ar', 'fr', 'es', 'de'))}")


@cache
def _like_me_pattern() -> regex.Pattern[str]:
    like = _whole(_slot("like_me", "en", "ar", "fr", "es", "de", "it", "pt"))
    we = _whole(_slot("we_types", "en", "ar", "fr", "es", "de"))
    return regex.compile(
        rf"(?:{type_source()})(?:[\s*_]++[\w'-]++){{0,2}}?{_SEP}(?<!do ){like}|(?<!\w)(?:{we}){_SPACE}(?:{type_source()})(?!'s)"
    )


@cache
def _here_pattern() -> regex.Pattern[str]:
    here = r"(?:here|speaking|at your service|hier|al habla|a l'appareil|هنا|معك|معاك|في خدمتك|بخدمتك)(?!\w)"
    name = rf"(?:{product_source()}|(?:your|votre|ton|tu|dein|ihr)\s++(?:[\w'-]++\s++){{0,3}}?(?:{_plain_types()}))"
    return regex.compile(rf"{name}{_SPACE},?{_SPACE}{here}(?!\s++(?:is|are|was|were|to|in|on)(?!\w))")


@cache
def _this_pattern() -> regex.Pattern[str]:
    types = load("identity")["types"]
    nouns = {concept: alternatives({k: v for k, v in types[concept].items() if k not in _CJK}) for concept in ("assistant", "ai", "bot")}
    groups = "|".join(rf"(?P<{concept}>{_FROM}(?:ال)?(?:{noun}){_TO})" for concept, noun in nouns.items())
    return regex.compile(rf"(?<!\w)(?P<lead>(?:this|este|esta|ce|cet|cette|dieser|diese|dieses|questo|questa|هذا|هذه|هاد|هال|هالـ|yours truly the)\s*+)(?P<gap>(?:(?:humble|little|old|poor|petit|kleine|pequeño|simple)\s++)?)(?:{groups})")


def _at_clause_start(text: str, position: int) -> bool:
    return not any(character.isalnum() for character in before(text, position)[-30:]) or bool(
        regex.search(r"(?<!\w)(?:hi|hello|hey|hallo|hola|bonjour|مرحبا|اهلا)[\s,!،]*+$", text[max(0, position - 20) : position])
    )


# Letters and words of the languages that have frames of their own.
_FRAME_GATES = {
    "zh": regex.compile(r"[我你像作身]"),
    "ja": regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}]"),
    "ko": regex.compile(r"\p{Script=Hangul}|[\u1100-\u11ff]"),
    "tr": regex.compile(r"(?<!\w)(?:ben|olarak|bir)(?!\w)"),
    "fa": regex.compile(r"(?<!\w)(?:من|به عنوان)(?!\w)"),
    "ur": regex.compile(r"(?<!\w)مين(?!\w)"),
}


@cache
def _self_frames(language: str) -> regex.Pattern[str]:
    sources = load("identity")["self_frames"][language]
    filled = [
        _fold_frame(frame)
        .replace("{type}", f"(?:{_plain_types()})")
        .replace("{product}", product_source())
        .replace("{vendor}", vendor_source())
        for frame in sources
    ]
    return regex.compile("|".join(f"(?:{frame})" for frame in filled))


def _fold_frame(frame: str) -> str:
    parts = regex.split(r"(\{\w+\}|\\\w)", frame)
    return "".join(part if part[:1] in ("{", "\\") else fold(part).replace(" ", r"\s+") for part in parts)


# --- Makers -------------------------------------------------------------------------------------------------------
@cache
def _maker_patterns(code: str) -> tuple[regex.Pattern[str], ...]:
    vendor, product = vendor_source(), product_source()
    body = _whole(_slot("maker_bodies"))
    source = rf"(?:{vendor}|{product})"
    if code == "ar":
        return tuple(_arabic_maker_patterns(source, body))
    if code == "any":
        return tuple(_active_maker_patterns(source, body))
    patterns = []
    made, by = _whole(_slot("made", code)), _whole(_slot("by", code))
    i_am = _whole(_slot("i_am", code)) if code != "en" else _whole(_slot("i_am", "en") + "|i've been|i got|i have been|i was")
    stop = _whole(_slot("gap_stop", code))
    some = rf"(?:(?:(?!{stop})[\w'’.-]++|{NAME})[\s*_~,—–]++)"
    few = r"(?:[\w'’.-]++[\s*_~]++)"
    maker = rf"(?:{source}|(?P<body>{body}))"
    passive = rf"{made}{_SPACE}(?:(?:and|et|y|und|or){_SPACE}{made}{_SPACE})?{few}{{0,2}}?{by}{_SPACE}{few}{{0,4}}?{maker}"
    patterns.append(regex.compile(rf"{i_am}{_SEP}{some}{{0,6}}?{passive}"))
    patterns.append(regex.compile(rf"(?:^|(?<=[.!?\n])\s*+){few}{{0,2}}?{passive}(?=[^.!?\n]{{0,40}}(?<!\w)(?:i|my|je|yo|ich|mein|mi|me)(?!\w))"))
    # German puts the participle last: "von OpenAI entwickelt".
    if code == "de":
        patterns.append(regex.compile(rf"{i_am}{_SEP}{some}{{0,3}}?{by}{_SPACE}{few}{{0,3}}?{maker}{_SPACE}{few}{{0,2}}?{made}"))
        patterns.append(regex.compile(rf"(?<!\w)ich wurde{_SPACE}{few}{{0,3}}?{by}{_SPACE}{few}{{0,3}}?{maker}"))
    if code == "fr":
        patterns.append(regex.compile(rf"(?<!\w)j'ai ete{_SPACE}{few}{{0,2}}?{passive}"))
    if code == "es":
        patterns.append(regex.compile(rf"(?<!\w)(?:fui|he sido){_SPACE}{few}{{0,2}}?{passive}"))
    if code == "it":
        patterns.append(regex.compile(rf"(?<!\w)sono stat[oa]{_SPACE}{few}{{0,2}}?{passive}"))
    if code == "pt":
        patterns.append(regex.compile(rf"(?<!\w)fui{_SPACE}{few}{{0,2}}?{passive}"))
    return tuple(patterns)


def _active_maker_patterns(source: str, body: str) -> list[regex.Pattern[str]]:
    linking = _whole(_slot("linking", "en", "ar", "fr", "es", "de", "it", "pt"))
    my_maker = _whole(_slot("my_maker", "en", "ar", "fr", "es", "de", "it", "pt"))
    made_me = _whole(_slot("made_me", "en", "ar", "fr", "es", "de", "it", "pt"))
    comes = _whole(_slot("comes_from", "en", "fr", "es", "de", "it", "pt"))
    first = _whole("i|i'm|im|je|yo|ich|io|eu|soy|suis|bin|sono|sou|i've|i am")
    few = r"(?:[\w'’.-]++[\s*_~]++)"
    noun = _whole(_slot("vendor_noun", "en", "ar", "fr", "es", "de"))
    subjects = "|".join(_subject(code) for code in ("en", "fr", "es", "de", "it", "pt", "ar"))
    return [
        regex.compile(rf"{my_maker}{_SEP}[—–:(-]?{_SEP}(?:{linking}{_SEP}){{0,6}}?{source}"),
        regex.compile(rf"(?<!\w){source}{_SEP}{few}{{0,3}}?{made_me}"),
        regex.compile(rf"(?:{body}){_SEP}(?:(?:who|that|qui|que|die|der|which|at|from|in){_SPACE}){{0,2}}{few}{{0,2}}?(?<!\w)(?:created|developed|programmed|trained|coded|built|designed){_SPACE}me(?!\w)"),
        regex.compile(rf"{made_me}{_SEP}{few}{{0,3}}?{source}"),
        regex.compile(rf"{source}{_SEP}(?:{linking}{_SEP}){{0,3}}{my_maker}"),
        regex.compile(rf"{first}{_SPACE}{few}{{0,3}}?{comes}{_SPACE}{few}{{0,4}}?{source}"),
        regex.compile(rf"(?:{subjects})(?:{few}){{0,2}}?{source}(?:'s)?{_SPACE}{few}{{0,2}}?{noun}"),
        regex.compile(rf"(?:{subjects})(?:{noun}{_SPACE}(?:of|de|d'|von|di|from|by){_SPACE}|(?:from|by|of|von|de chez|de){_SPACE}){few}{{0,2}}?{vendor_source()}"),
    ]


def _arabic_maker_patterns(source: str, body: str) -> list[regex.Pattern[str]]:
    making = alternatives({"ar": [e for e in split_entries(load("identity")["my_making"]["ar"])]})
    by = _whole(_slot("ar_by", "ar"))
    few = r"(?:[\w.-]++[\s*_~]++)"
    company = r"(?:(?<!\w)[بلو]?(?:شركه|الشركه|فريق|مختبر|موسسه|مهندسي|مهندسين|باحثين|باحثي|مطوري|علماء|ناس|جماعه|حق)\s++){0,2}"
    maker = rf"(?:{source}|(?P<body>{body}))"
    i = _whole("انا|اني|انني|لقد|وقد|تم|جري|راني|كوني|تراني")
    comes = alternatives(load("identity")["comes_from"], "ar")
    return [
        regex.compile(rf"(?<!\w)و?(?:{_self_making()})\s++{few}{{0,3}}?{by}\s++{company}{few}{{0,2}}?{maker}"),
        regex.compile(rf"(?<!\w)و?(?:{_self_making()})\s++{few}{{0,3}}?(?:في|لدي)\s++{company}{source}"),
        regex.compile(rf"{i}\s++{few}{{0,4}}?(?<!\w)(?:{making})\s++{few}{{0,2}}?{by}\s++{company}{few}{{0,2}}?{maker}"),
        regex.compile(rf"{i}\s++{few}{{0,4}}?(?<!\w)(?:{comes}){_SPACE}{company}{few}{{0,1}}?{source}"),
        regex.compile(rf"{_whole(_slot('made_me', 'ar'))}\s++{company}{few}{{0,2}}?(?:{source}|(?<!\w)(?:ال)?(?:شركه|فريق|مهندسين|مهندسون|مطورين|مبرمجين|مطورون|مبرمجون)(?!\w))"),
    ]


@cache
def _self_making() -> str:
    """Makings with "my" attached (تطويري): they speak of the speaker by themselves."""
    return "|".join(
        fold_entry(entry)
        for entry in split_entries(load("identity")["my_making"]["ar"])
        if entry.endswith("ي") or entry.startswith("تم")
    )


# --- Judging a frame ----------------------------------------------------------------------------------------------
@cache
def _not_head() -> regex.Pattern[str]:
    lexicon = load("identity")
    persons = _whole(alternatives(lexicon["person_suffix"]))
    except_ = _whole(alternatives(lexicon["person_suffix_except"]))
    return regex.compile(rf"[\s-]++(?:{_whole(alternatives(lexicon['not_head']))}|(?!{except_}){persons})")


@cache
def _type() -> regex.Pattern[str]:
    return regex.compile(type_source())


@cache
def _more_types() -> regex.Pattern[str]:
    return regex.compile(rf"[\s*_-]*+(?:{type_source()})")


def concepts_of(match: regex.Match[str], text: str) -> set[str]:
    """Concepts named by a frame: its type noun and those that follow it directly ("AI language model")."""
    found = {str(name) for name in load("identity")["types"] if match.groupdict().get(name)}
    end = match.end()
    while (more := _more_types().match(text, end)) is not None and more.end() > end:
        found.add(str(more.lastgroup))
        end = more.end()
    return found


def _head_end(match: regex.Match[str], text: str) -> int:
    end = match.end()
    while (more := _more_types().match(text, end)) is not None and more.end() > end:
        end = more.end()
    return end


@cache
def _kind_of_ai() -> regex.Pattern[str]:
    """Adjectives that make an assistant a machine's kind of assistant."""
    return regex.compile(_whole(r"ai|a\.i\.|virtual|digital|smart|intelligent\w*|virtuel\w*|numerique|virtuell\w*|digital\w*|automated|online|chat|(?:ال)?(?:ذكي|ذكيه|افتراضي|افتراضيه|رقمي|رقميه|الي|اليه)|ki|ia"))


# "I'm his assistant", where the persona is named: the assistant is the persona's.
_SOMEBODYS = regex.compile(r"(?<!\w)(?:his|her|their|son|sa|sein|seine|ihre)[\s*_]*+$")


_EMPLOYED = regex.compile(
    r"(?<!\w)(?:works?|worked|working|serves?|served|hired|jobs?|started|began|known|used|described|employed|career|acts?|acted|functions?)"
    r"[\s\w]{0,12}$"
)


class SelfReference:
    """The model's statements about itself in one output."""

    def __init__(self, reading: Reading, spellings: tuple[str, ...]) -> None:
        self.reading = reading
        self.spellings = spellings
        self.text = mask(reading.folded.text, spellings)

    def claims(self) -> Iterator[Claim]:
        """Asserted statements that the model is something other than the persona, in order of the frames."""
        if _target().search(self.text) is None:
            return
        yield from self._type_claims()
        yield from self._maker_claims()

    def _spoken(self) -> list[str]:
        """Languages in which the output may speak of itself."""
        found = {word.removeprefix("و").removeprefix("ف") for word in self.reading.word_texts}
        found.update(self.reading.word_texts)
        return [code for code in _languages() if not _gate(code).isdisjoint(found)]

    def _is_own(self, start: int) -> bool:
        return self.reading.in_own_voice(self.reading.folded.span(start, start + 1)[0])

    def _type_claims(self) -> Iterator[Claim]:
        spoken = self._spoken()
        patterns = [_copula_pattern(code) for code in spoken]
        patterns += [_apposition_pattern(), _before_name_pattern()] if NAME[0] in self.text else []
        for pattern in patterns:
            for match in pattern.finditer(self.text, overlapped=False):
                if self._is_own(match.start()) and self._is_type(match) and self._is_said(match):
                    yield Claim(match.start(), _head_end(match, self.text), "type")
        for pattern in [_as_pattern(code) for code in spoken if code in load("identity")["as_a"]]:
            for match in pattern.finditer(self.text):
                if self._is_own(match.start()) and self._is_type(match) and self._is_as_self(match):
                    yield Claim(match.start(), match.end(), "type")
        like = _like_me_pattern() if _like().search(self.text) else None
        for match in like.finditer(self.text) if like else ():
            if self._is_own(match.start()) and self._is_type(match) and not is_negated(before(self.text, match.start())[-24:]):
                yield Claim(match.start(), match.end(), "type")
        yield from self._here_claims()
        frames = [_self_frames(code) for code, gate in _FRAME_GATES.items() if gate.search(self.text)]
        for match in [match for frame in frames for match in frame.finditer(self.text)]:
            if self._is_own(match.start()) and self._is_frame_said(match):
                yield Claim(match.start(), match.end(), "type")

    def _here_claims(self) -> Iterator[Claim]:
        """ "Qwen here can add that up"; "this bot never tires", where no bot was spoken of."""
        for match in _here_pattern().finditer(self.text):
            if self._is_own(match.start()) and not self._is_given_text(match.group()) and _at_clause_start(self.text, match.start()):
                yield Claim(match.start(), match.end(), "here")
        asked = {str(m.lastgroup) for turn in self.reading.conversation.turns for m in _type().finditer(turn.folded.text)}
        for match in _this_pattern().finditer(self.text):
            before_it = {str(m.lastgroup) for m in _type().finditer(self.text, max(0, match.start() - 600), match.start())}
            concepts = concepts_of(match, self.text) - asked - before_it
            if concepts and self._is_own(match.start()) and self._is_type(match):
                yield Claim(match.start(), match.end(), "this")

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
        if regex.search(r"不是|并非|نہیں|نیستم|değil|degil", match.group()):
            return False
        return is_asserted(self.text, match.start(), match.end()) and not regex.match(r"吗|嗎|か[?？。]", following)

    def _is_type(self, match: regex.Match[str]) -> bool:
        """Whether the noun is the head of its phrase, foreign, and not given by the system prompt."""
        groups = match.groupdict()
        end = _head_end(match, self.text)
        if _not_head().match(self.text, end):
            return False
        gap = groups.get("gap") or ""
        lead = groups.get("lead") or ""
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
        if concepts == {"assistant"} and self._serves_persona(lead + gap, end) and not _kind_of_ai().search(whole):
            return False
        return bool(concepts - given_concepts(self.reading, self.spellings))

    def _serves_persona(self, gap: str, end: int) -> bool:
        """Whether it is the persona's assistant that the model says to be: that is ID005's alone."""
        name = NAME
        if NAME[0] in self.text and _SOMEBODYS.search(gap):
            return True
        return bool(
            regex.search(name, gap) or regex.match(rf"[\s*_]*+(?:(?:to|of|for|de|d'|von|di|vom|ل)[\s*_]*+)?(?:\w++[\s*_]++){{0,1}}{name}", self.text[end:])
        )

    def _is_given_text(self, piece: str) -> bool:
        types = {str(found.lastgroup) for found in _type().finditer(piece)}
        if types:
            return types <= given_concepts(self.reading, self.spellings)
        return any(piece in sentence for sentence in given_sentences(self.reading, self.spellings))

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
        given = given_sentences(self.reading, self.spellings)
        if _maker().search(self.text) is None:
            return
        codes = ["any", *(code for code in self._spoken() if code == "ar" or code in load("identity")["made"])]
        for pattern in [pattern for code in codes for pattern in _maker_patterns(code)]:
            for match in pattern.finditer(self.text):
                if not self._is_own(match.start()) or not is_asserted(self.text, match.start(), match.end()):
                    continue
                if is_negated(match.group()) or slot_pattern("report").search(match.group()):
                    continue
                named = regex.search(vendor_source(), match.group()) or regex.search(product_source(), match.group())
                if named is not None and any(named.group() in s for s in given):
                    continue
                if named is None and any(slot_pattern("maker_bodies").search(s) for s in given):
                    continue
                yield Claim(match.start(), match.end(), "maker")

    def affirmed(self) -> Claim | None:
        """A bare yes to "are you a bot?"."""
        users = self.reading.conversation.user
        if not users:
            return None
        start = regex.compile(rf"[\s*_\"'¡]*+(?P<yes>{slot_pattern('affirm').pattern})[\s*_]*+(?=[,.!،。，！—–;:\n-]|$)").match(self.text)
        if start is None or not self._is_own(start.start("yes")) or not self._asks_if_foreign(users[-1]):
            return None
        rest = self.text[start.end() : start.end() + 160]
        named = regex.search(NAME, rest)
        if named is not None or is_negated(sentence_after(rest.lstrip(" ,،!.—–-"), 0)):
            return None
        return Claim(start.start("yes"), start.end(), "yes")

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
            if target is None or _not_head().match(clause, target.end()):
                continue
            if target["product"] or concepts_of(target, clause) - given_concepts(self.reading, self.spellings):
                return True
        return False


# --- What the system prompt gives ---------------------------------------------------------------------------------
def given_sentences(reading: Reading, spellings: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences of the system prompt, folded, that say who the model is."""
    found = []
    for turn in reading.conversation.system:
        text = mask(turn.folded.text, spellings)
        for start, end in turn.sentences:
            sentence = text[turn.folded.index(start) : turn.folded.index(end)]
            if slot_pattern("you_are").search(sentence) or NAME[0] in sentence:
                found.append(sentence)
    return tuple(found)


def given_concepts(reading: Reading, spellings: tuple[str, ...]) -> frozenset[str]:
    """Type concepts that the system prompt gives the persona, negated ones apart."""
    found = set()
    for sentence in given_sentences(reading, spellings):
        for match in _type().finditer(sentence):
            if not is_negated(sentence[: match.start()]) and not is_supposed(sentence[: match.start()]):
                found.add(str(match.lastgroup))
    return frozenset(found)
