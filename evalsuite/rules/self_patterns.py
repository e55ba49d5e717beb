"""Patterns of statements about oneself: "I am" and a type noun, "as a", "made by", over the slots of the lexicon.

All are matched on folded text in which the persona's name is masked (`persona.mask`); every quantifier is bounded.
"""

from __future__ import annotations

from functools import cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives, fold_entry, split_entries
from evalsuite.rules.persona import NAME
from evalsuite.rules.text import fold

_CJK = ("zh", "ja", "ko")
_CJK_CLASS = r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]"
_FROM = rf"(?:(?<!\w)|(?<={_CJK_CLASS}))"
_TO = rf"(?:(?!\w)|(?={_CJK_CLASS}))"
_SEP = r"[\s*_,،~]*+"
_SPACE = r"[\s*_~]*+"


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
        groups.append(
            rf"(?P<{concept}>{start}(?:[وفك]?ال|[كوف])?(?:{alternatives(spaced)}){_TO}|{alternatives(joined)})"
        )
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
    return (
        rf"(?:{_FROM}(?<!@)[وبلكف]?(?:{alternatives(spaced)})(?:'s?)?{_TO}"
        rf"(?!\s{_whole(_slot('vendor_things'))})|{alternatives(joined)})"
    )


@cache
def product_pattern() -> regex.Pattern[str]:
    """Finds a product."""
    return regex.compile(product_source())


@cache
def vendor_pattern() -> regex.Pattern[str]:
    """Finds a vendor."""
    return regex.compile(vendor_source())


@cache
def target() -> regex.Pattern[str]:
    """Any type noun, product, vendor or maker: what an output without a foreign identity seldom holds."""
    bodies = _whole(_slot("maker_bodies"))
    return regex.compile(f"{_plain_types()}|{product_source()}|{vendor_source()}|{bodies}|{like().pattern}")


@cache
def maker() -> regex.Pattern[str]:
    return regex.compile(f"{product_source()}|{vendor_source()}|{_whole(_slot('maker_bodies'))}")


@cache
def languages() -> tuple[str, ...]:
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
    if language == "ar":  # the noun comes first in Arabic; only what ranks or names it may stand before it
        return rf"(?:(?:{_ranks()}|{NAME})[\s*_~،,]++){{0,{size}}}?"
    stop = _whole(_slot("gap_stop", language))
    determiners = _whole(_slot("determiners", language))
    return rf"(?:(?:(?!{stop}|{determiners})[\w'’.-]++|{NAME}(?:'s?|s)?)[\s*_~]++){{0,{size}}}?"


@cache
def _ranks() -> str:
    """What may stand before an Arabic noun: it ranks or names it."""
    return rf"(?<!\w)و?(?:{_slot('ranks')})(?!\w)"


@cache
def copula_pattern(language: str) -> regex.Pattern[str]:
    targets = rf"(?:{type_source()}|(?P<product>{product_source()}))"
    return regex.compile(rf"(?P<lead>{_subject(language)})(?P<gap>{_gap(language)}){targets}")


@cache
def gate(language: str) -> frozenset[str]:
    """Words of which a text holds one if it says "I" in a language."""
    return frozenset(fold(word) for word in split_entries(load("identity")["gate"][language]))


@cache
def apposition_pattern() -> regex.Pattern[str]:
    """The persona's name with a type noun beside it ("Haitham, an AI assistant"; "Haitham is a bot")."""
    name = NAME
    codes = languages()
    determiners = _whole(_slot("determiners", *codes))
    adverbs = _whole(_slot("adverbs", *codes))
    stop = _whole(_slot("gap_stop", *codes))
    copula = (
        r"(?<!\w)(?:is|remains|was|am|and (?:i'm|i am)?|est|es|ist|e|هو|هي|aka|also known as|"
        r"the|als|als ein|y|et|und|و)(?!\w)|是"
    )
    return regex.compile(
        rf"(?P<lead>{name}(?!'|s\b){_SPACE}(?:[,،(:—–-]{{1,2}}|{copula}){_SEP}(?:{adverbs}{_SEP}){{0,3}}"
        rf"(?:{determiners}{_SPACE}){{0,2}})"
        rf"(?P<gap>(?:(?!{stop}|\p{{Script=Arabic}})[\w'’.-]++[\s*_~]++|{_ranks()}[\s*_~]++){{0,4}}?)"
        rf"(?:{type_source()}|(?P<product>{product_source()}))"
    )


@cache
def arabic_name_patterns() -> tuple[regex.Pattern[str], ...]:
    """ "هيثم مساعد ذكي" at the start of a clause, and "مساعدك الذكي هيثم"."""
    start = r"(?:^|(?<=[.!?؟،,:\n]))[\s*_]*+و?"
    spaced = {code: load("identity")["types"]["assistant"][code] for code in ("ar",)}
    yours = r"(?P<assistant>(?<!\w)مساعدت?كم?(?!\w))"
    kind = alternatives(spaced)
    return (
        regex.compile(
            rf"(?P<lead>{start}{NAME}\s++(?:هو\s++|مجرد\s++)?)(?P<gap>)(?:(?P<assistant>(?:{kind})(?!\w))"
            rf"|(?P<bot>(?:{alternatives(load('identity')['types']['bot'], 'ar')})(?!\w))"
            rf"|(?P<model>نموذج لغوي(?!\w)))"
        ),
        regex.compile(rf"(?P<lead>)(?P<gap>){yours}(?=(?:\s++\w++){{0,2}}?\s++{NAME})"),
    )


@cache
def not_human_pattern() -> regex.Pattern[str]:
    """ "I'm not a person but a program"."""
    codes = ("en", "ar", "fr", "es", "de")
    determiners = _whole(_slot("determiners", *codes))
    human, but = _whole(_slot("human", *codes)), _whole(_slot("but", *codes))
    denied = r"(?<!\w)(?:not|no|never|لست|مش|مو|ماني|مانيش|ماشي|ليس|pas|no soy|nicht|kein|keine)(?!\w)"
    return regex.compile(
        rf"(?P<lead>{denied}{_SPACE}(?:{determiners}{_SPACE})?{human}[\s*_,،;—–-]*+{but}{_SEP}(?:{but}{_SEP})?"
        rf"(?:(?:i'm|i am|انا|je suis|soy|ich bin){_SPACE})?(?:{determiners}{_SPACE})?)"
        rf"(?P<gap>(?:[\w'’-]++[\s*_]++){{0,3}}?)(?:{type_source()})"
    )


@cache
def before_name_pattern() -> regex.Pattern[str]:
    """A type noun that introduces the name, or greets as one ("your AI assistant, Haitham"; "your assistant here")."""
    own = _whole("your|votre|ton|tu|su|dein|deine|ihr|ihre|il tuo|seu")
    here = _whole(_slot("name_self_after"))
    return regex.compile(
        rf"(?P<lead>{own}{_SPACE})(?P<gap>(?:[\w'’-]++[\s*_]++){{0,3}}?)(?:{type_source()})"
        rf"(?={_SPACE}[,،:—–-]?{_SPACE}(?:{NAME}|{here}))"
    )


@cache
def excuse_pattern() -> regex.Pattern[str]:
    """ "I'd come, but a chatbot has no legs"."""
    codes = ("en", "ar", "fr", "es", "de")
    determiners = _whole(_slot("determiners", *codes))
    stop = _whole(_slot("gap_stop", *codes))
    link = _whole(_slot("excuse_link"))
    few = r"(?:[\w'’-]++[\s*_]++)"
    return regex.compile(
        rf"(?P<lead>(?:{link}|[;:—–,،]){_SPACE}(?:{determiners}{_SPACE})?)(?P<gap>(?:(?!{stop})[\w'’-]++[\s*_]++){{0,2}}?)"
        rf"(?:{type_source()}){_SPACE}{few}{{0,3}}?(?:{_whole(_slot('lacks'))})"
    )


@cache
def substance_pattern() -> regex.Pattern[str]:
    """ "I'm made of code"."""
    subjects = "|".join(_subject(code) for code in ("en", "fr", "es", "ar"))
    german = _whole("ich|je|yo|我")
    return regex.compile(
        rf"(?:{subjects}|{german}{_SPACE})(?:[\w'’-]++[\s*_,]++){{0,3}}?(?:{_whole(_slot('substance'))})"
    )


@cache
def from_pattern() -> regex.Pattern[str]:
    """ "Greetings from your chatbot", at the end of a phrase."""
    lead = _whole(_slot("from_your", "en", "fr", "es", "de"))
    return regex.compile(
        rf"(?P<lead>{lead}{_SPACE})(?P<gap>(?:(?!{_whole(_slot('gap_stop', 'en'))})[\w'’-]++[\s*_]++){{0,3}}?)(?:{type_source()})"
        r"(?=[\s*_]{0,4}+(?:[.!,;:—–]|$|\n|here|speaking))"
    )


@cache
def as_pattern(language: str) -> regex.Pattern[str]:
    """ "As a" and a type noun; the Arabic prefix is written together with its noun."""
    if language == "ar":
        lead, gap = rf"(?<!\w)و?(?:{_slot('as_a', 'ar')}){_SPACE}(?:مجرد{_SPACE})?", _gap("ar", 2)
    else:
        determiners = _whole(_slot("determiners", language))
        lead, gap = rf"{_whole(_slot('as_a', language))}{_SPACE}(?:{determiners}{_SPACE}){{0,2}}", _gap(language)
    return regex.compile(
        rf"(?P<lead>{lead})(?P<gap>{gap})(?:{type_source(attached=language == 'ar')}|(?P<product>{product_source()}))"
    )


@cache
def like() -> regex.Pattern[str]:
    return regex.compile(
        f"{_whole(_slot('like_me', 'en', 'ar', 'fr', 'es', 'de', 'it', 'pt'))}|"
        f"{_whole(_slot('we_types', 'en', 'ar', 'fr', 'es', 'de'))}"
    )


@cache
def like_me_pattern() -> regex.Pattern[str]:
    like = _whole(_slot("like_me", "en", "ar", "fr", "es", "de", "it", "pt"))
    we = _whole(_slot("we_types", "en", "ar", "fr", "es", "de"))
    return regex.compile(
        rf"(?:(?<!\w)ل(?:{type_source(attached=True)})|{type_source()})(?:[\s*_]++[\w'-]++){{0,2}}?{_SEP}(?<!do ){like}"
        rf"|(?<!\w)(?P<we>{we}){_SPACE}(?:{type_source()})(?!'s)"
    )


@cache
def here_pattern() -> regex.Pattern[str]:
    bare = rf"(?<![\w'-]\s)(?:{_plain_types()})(?=\s++here[!.,])"
    yours = rf"{_whole(_slot('yours'))}\s++(?:[\w'-]++\s++){{0,3}}?(?:{_plain_types()})"
    name = rf"(?:{bare}|{product_source()}|(?:this is\s++|it's\s++)?{yours})"
    verb = r"(?!\s++(?:is|are|was|were|to|in|on)(?!\w))"
    return regex.compile(rf"{name}{_SPACE},?{_SPACE}(?:{_slot('here_types')})(?!\w){verb}")


@cache
def this_pattern() -> regex.Pattern[str]:
    types = load("identity")["types"]
    nouns = {
        concept: alternatives({k: v for k, v in types[concept].items() if k not in _CJK})
        for concept in ("assistant", "ai", "bot")
    }
    groups = "|".join(rf"(?P<{concept}>{_FROM}(?:ال)?(?:{noun}){_TO})" for concept, noun in nouns.items())
    return regex.compile(
        rf"(?<!\w)(?P<lead>(?:this|este|esta|ce|cet|cette|dieser|diese|dieses|questo|questa|هذا|"
        rf"هذه|هاد|هال|هالـ|yours truly the)\s*+)(?P<gap>(?:(?:humble|little|old|poor|petit|"
        rf"kleine|pequeño|simple)\s++)?)(?:{groups})"
    )


# Letters and words of the languages that have frames of their own.
FRAME_GATES = {
    "zh": regex.compile(r"[我你像作身]"),
    "ja": regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}]"),
    "ko": regex.compile(r"\p{Script=Hangul}|[\u1100-\u11ff]"),
    "tr": regex.compile(r"(?<!\w)(?:ben|olarak|bir)(?!\w)"),
    "fa": regex.compile(r"(?<!\w)(?:من|به عنوان)(?!\w)"),
    "ur": regex.compile(r"(?<!\w)ميں(?!\w)"),
    "de": regex.compile(r"(?<!\w)(?:da|weil|dass) ich(?!\w)"),
}


@cache
def self_frames(language: str) -> regex.Pattern[str]:
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
def maker_patterns(code: str) -> tuple[regex.Pattern[str], ...]:
    vendor, product = vendor_source(), product_source()
    body = _whole(_slot("maker_bodies"))
    source = rf"(?:{vendor}|{product})"
    if code == "ar":
        return tuple(_arabic_maker_patterns(source, body))
    if code == "any":
        return tuple(_active_maker_patterns(source, body))
    patterns = []
    made, by = _whole(_slot("made", code)), _whole(_slot("by", code))
    i_am = (
        _whole(_slot("i_am", code))
        if code != "en"
        else _whole(_slot("i_am", "en") + "|i've been|i got|i have been|i was")
    )
    i_am = rf"(?:{i_am}|{NAME}{_SPACE}(?:is|was|has been|est|a ete|es|fue|ist|wurde|e|foi)(?!\w))"
    stop = _whole(_slot("gap_stop", code))
    some = rf"(?:(?:(?!{stop})[\w'’.-]++|{NAME})[\s*_~,—–]++)"
    few = r"(?:[\w'’.-]++[\s*_~]++)"
    maker = rf"(?:{source}|(?P<body>{body}))"
    passive = (
        rf"{made}{_SPACE}(?:(?:and|et|y|und|or){_SPACE}{made}{_SPACE})?{few}{{0,2}}?{by}{_SPACE}{few}{{0,4}}?{maker}"
    )
    patterns.append(regex.compile(rf"{i_am}{_SEP}{some}{{0,6}}?{passive}"))
    patterns.append(
        regex.compile(
            rf"(?:^|(?<=[.!?\n])\s*+){few}{{0,2}}?{passive}(?=[^.!?\n]{{0,40}}(?<!\w)(?:i|my|je|yo|ich|mein|mi|me)(?!\w))"
        )
    )
    # German puts the participle last: "von OpenAI entwickelt".
    if code == "de":
        patterns.append(
            regex.compile(rf"{i_am}{_SEP}{some}{{0,3}}?{by}{_SPACE}{few}{{0,3}}?{maker}{_SPACE}{few}{{0,2}}?{made}")
        )
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


# "Google made me laugh" makes nobody.
_MADE_ENDS = (
    r"(?=\s*+(?:[,.;:!?،؟。)]|$|\n|(?:and|but|to|in|with|for|from|as|on|so|at|years|long|some|back|last|using|by|when|who|that|this|too"
    r"|also|first|because|et|pour|en|y|para|und|وانا|في|على|عام|سنه|لك\w*|و\w+)(?!\w)))"
)


def _active_maker_patterns(source: str, body: str) -> list[regex.Pattern[str]]:
    linking = _whole(_slot("linking", "en", "ar", "fr", "es", "de", "it", "pt"))
    my_maker = _whole(_slot("my_maker", "en", "ar", "fr", "es", "de", "it", "pt"))
    made_me = _whole(_slot("made_me", "en", "ar", "fr", "es", "de", "it", "pt"))
    made_me_en = _whole(_slot("made_me", "en"))
    comes = _whole(_slot("comes_from", "en", "fr", "es", "de", "it", "pt"))
    first = _whole("i|i'm|im|je|yo|ich|io|eu|soy|suis|bin|sono|sou|i've|i am")
    few = r"(?:[\w'’.-]++[\s*_~]++)"
    noun = _whole(_slot("vendor_noun", "en", "ar", "fr", "es", "de"))
    subjects = "|".join(_subject(code) for code in ("en", "fr", "es", "de", "it", "pt", "ar"))
    return [
        regex.compile(rf"{my_maker}{_SEP}[—–:(-]?{_SEP}(?:{linking}{_SEP}){{0,6}}?{source}"),
        regex.compile(rf"(?<!\w){source}{_SEP}{few}{{0,3}}?{made_me}{_MADE_ENDS}"),
        regex.compile(
            rf"(?<!\w)(?:i|i'm|my|me|{NAME})[^.!?\n]{{0,60}}?{_whole(_slot('hood'))}[^.!?\n]{{0,20}}?{source}"
        ),
        regex.compile(rf"(?:{body}){_SEP}(?:{_whole(_slot('maker_link'))}{_SPACE}){{0,2}}{few}{{0,2}}?{made_me_en}"),
        regex.compile(rf"{made_me}{_SEP}{few}{{0,3}}?{source}"),
        regex.compile(rf"{source}{_SEP}(?:{linking}{_SEP}){{0,3}}{my_maker}"),
        regex.compile(rf"{first}{_SPACE}{few}{{0,3}}?{comes}{_SPACE}{few}{{0,4}}?{source}"),
        regex.compile(rf"(?:{subjects})(?:{few}){{0,2}}?{source}(?:'s)?{_SPACE}{few}{{0,2}}?{noun}"),
        regex.compile(
            rf"(?:{subjects}){NAME}{_SEP}(?:(?:from|of|by|at|with|de|von|bei|chez|من){_SPACE}){few}{{0,2}}?{vendor_source()}"
        ),
        regex.compile(
            rf"(?:{subjects})(?:{noun}{_SPACE}(?:of|de|d'|von|di|from|by){_SPACE}|(?:from|by|of|von|"
            rf"de chez|de){_SPACE}){few}{{0,2}}?{vendor_source()}"
        ),
    ]


def _arabic_maker_patterns(source: str, body: str) -> list[regex.Pattern[str]]:
    making = _slot("my_making", "ar")
    by = _whole(_slot("ar_by", "ar"))
    few = r"(?:[\w.-]++[\s*_~]++)"
    company = (
        r"(?:(?<!\w)[بلو]?(?:شركه|الشركه|فريق|مختبر|موسسه|مهندسي|مهندسين|باحثين|باحثي|مطوري|"
        r"علماء|ناس|جماعه|حق)\s++){0,2}"
    )
    maker = rf"(?:{source}|(?P<body>{body}))"
    i = _whole("انا|اني|انني|لقد|وقد|تم|جري|راني|كوني|تراني")
    comes = alternatives(load("identity")["comes_from"], "ar")
    return [
        regex.compile(rf"(?<!\w)و?(?:{_self_making()})\s++{few}{{0,3}}?{by}\s++{company}{few}{{0,2}}?{maker}"),
        regex.compile(rf"(?<!\w)و?(?:{_self_making()})\s++{few}{{0,3}}?(?:في|لدي)\s++{company}{source}"),
        regex.compile(
            rf"{i}\s++{few}{{0,4}}?(?<!\w)(?:{making})\s++{few}{{0,2}}?{by}\s++{company}{few}{{0,2}}?{maker}"
        ),
        regex.compile(rf"{i}\s++{few}{{0,4}}?(?<!\w)(?:{comes}){_SPACE}{company}{few}{{0,1}}?{source}"),
        regex.compile(
            rf"{_whole(_slot('made_me', 'ar'))}\s++{company}{few}{{0,2}}?(?:{source}|"
            rf"(?<!\w)(?:ال)?(?:شركه|فريق|مهندسين|مهندسون|مطورين|مبرمجين|مطورون|مبرمجون)(?!\w))"
        ),
    ]


@cache
def _self_making() -> str:
    """Makings with "my" attached (تطويري): they speak of the speaker by themselves."""
    return "|".join(
        fold_entry(entry)
        for entry in split_entries(load("identity")["my_making"]["ar"])
        if entry.endswith("ي") or entry.startswith("تم")
    )


# --- Heads of phrases ----------------------------------------------------------------------------------------------
@cache
def not_head() -> regex.Pattern[str]:
    lexicon = load("identity")
    persons = _whole(alternatives(lexicon["person_suffix"]))
    except_ = _whole(alternatives(lexicon["person_suffix_except"]))
    heads = rf"(?:{_whole(alternatives(lexicon['not_head']))}|(?!{except_}){persons})"
    joint = (
        r"(?!and|or|that|who|which|for|to|with|by|from|in|at|on|of|made|built|trained|created|"
        r"developed|designed|here|but|not)"
    )
    return regex.compile(
        rf"[\s-]++(?:{heads}|{joint}[\w'-]++\s++(?!{except_}){persons})|-(?!powered|based|driven|generated)\w"
    )


@cache
def type_pattern() -> regex.Pattern[str]:
    return regex.compile(type_source())


@cache
def more_types() -> regex.Pattern[str]:
    return regex.compile(rf"[\s*_-]*+(?:{type_source()})")


@cache
def kind_of_ai() -> regex.Pattern[str]:
    """Adjectives that make an assistant a machine's kind of assistant."""
    return regex.compile(_whole(_slot("kind_of_ai")))
