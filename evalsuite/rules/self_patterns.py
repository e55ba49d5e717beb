"""Patterns of statements about oneself: "I am" and a type noun, "as a", "made by", over the slots of the lexicon.

All are matched on folded text in which the persona's name is masked (`persona.mask`); every quantifier is bounded.
"""

from __future__ import annotations

from functools import cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives, split_entries
from evalsuite.rules.persona import NAME
from evalsuite.rules.text import fold

_CJK = ("zh", "ja", "ko")
_CJK_CLASS = r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]"
_FROM = rf"(?:(?<!\w)|(?<={_CJK_CLASS}))"
_TO = rf"(?:(?!\w)|(?={_CJK_CLASS}))"
SEP = r"[\s*_,،~]*+"
SPACE = r"[\s*_~]*+"


# --- Sources of patterns ------------------------------------------------------------------------------------------
def slot_source(slot: str, *languages: str) -> str:
    return alternatives(load("identity")[slot], *languages)


def whole(source: str) -> str:
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
        rf"(?!\s{whole(slot_source('vendor_things'))})|{alternatives(joined)})"
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
    bodies = whole(slot_source("maker_bodies"))
    return regex.compile(f"{_plain_types()}|{product_source()}|{vendor_source()}|{bodies}|{like().pattern}")


@cache
def maker() -> regex.Pattern[str]:
    return regex.compile(f"{product_source()}|{vendor_source()}|{whole(slot_source('maker_bodies'))}")


@cache
def languages() -> tuple[str, ...]:
    return tuple(code for code in load("identity")["i_am"] if code not in (*_CJK, "fa", "ur", "tr"))


@cache
def subject_source(language: str) -> str:
    """ "I am" with adverbs and a determiner of one language, as far as a type noun may follow."""
    adverbs = whole(slot_source("adverbs", language))
    determiners = whole(slot_source("determiners", language))
    return rf"{whole(slot_source('i_am', language))}{SEP}(?:{adverbs}{SEP}){{0,4}}(?:{determiners}{SPACE}){{0,2}}"


@cache
def _gap(language: str, size: int = 4) -> str:
    """Up to some words that may stand between a determiner and its noun."""
    if language == "ar":  # the noun comes first in Arabic; only what ranks or names it may stand before it
        return rf"(?:(?:{_ranks()}|{NAME})[\s*_~،,]++){{0,{size}}}?"
    stop = whole(slot_source("gap_stop", language))
    determiners = whole(slot_source("determiners", language))
    return rf"(?:(?:(?!{stop}|{determiners})[\w'’.-]++|{NAME}(?:'s?|s)?)[\s*_~]++){{0,{size}}}?"


@cache
def _ranks() -> str:
    """What may stand before an Arabic noun: it ranks or names it."""
    return rf"(?<!\w)و?(?:{slot_source('ranks')})(?!\w)"


@cache
def copula_pattern(language: str) -> regex.Pattern[str]:
    targets = rf"(?:{type_source()}|(?P<product>{product_source()}))"
    return regex.compile(rf"(?P<lead>{subject_source(language)})(?P<gap>{_gap(language)}){targets}")


@cache
def gate(language: str) -> frozenset[str]:
    """Words of which a text holds one if it says "I" in a language."""
    return frozenset(fold(word) for word in split_entries(load("identity")["gate"][language]))


@cache
def apposition_pattern() -> regex.Pattern[str]:
    """The persona's name with a type noun beside it ("Haitham, an AI assistant"; "Haitham is a bot")."""
    name = NAME
    codes = languages()
    determiners = whole(slot_source("determiners", *codes))
    adverbs = whole(slot_source("adverbs", *codes))
    stop = whole(slot_source("gap_stop", *codes))
    copula = (
        r"(?<!\w)(?:is|remains|was|am|and (?:i'm|i am)?|est|es|ist|e|هو|هي|aka|also known as|"
        r"the|als|als ein|y|et|und|و)(?!\w)|是"
    )
    return regex.compile(
        rf"(?P<lead>{name}(?!'|s\b){SPACE}(?:[,،(:—–-]{{1,2}}|{copula}){SEP}(?:{adverbs}{SEP}){{0,3}}"
        rf"(?:{determiners}{SPACE}){{0,2}})"
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
    determiners = whole(slot_source("determiners", *codes))
    human, but = whole(slot_source("human", *codes)), whole(slot_source("but", *codes))
    denied = r"(?<!\w)(?:not|no|never|لست|مش|مو|ماني|مانيش|ماشي|ليس|pas|no soy|nicht|kein|keine)(?!\w)"
    return regex.compile(
        rf"(?P<lead>{denied}{SPACE}(?:{determiners}{SPACE})?{human}[\s*_,،;—–-]*+{but}{SEP}(?:{but}{SEP})?"
        rf"(?:(?:i'm|i am|انا|je suis|soy|ich bin){SPACE})?(?:{determiners}{SPACE})?)"
        rf"(?P<gap>(?:[\w'’-]++[\s*_]++){{0,3}}?)(?:{type_source()})"
    )


@cache
def before_name_pattern() -> regex.Pattern[str]:
    """A type noun that introduces the name, or greets as one ("your AI assistant, Haitham"; "your assistant here")."""
    own = whole("your|votre|ton|tu|su|dein|deine|ihr|ihre|il tuo|seu")
    here = whole(slot_source("name_self_after"))
    return regex.compile(
        rf"(?P<lead>{own}{SPACE})(?P<gap>(?:[\w'’-]++[\s*_]++){{0,3}}?)(?:{type_source()})"
        rf"(?={SPACE}[,،:—–-]?{SPACE}(?:{NAME}|{here}))"
    )


@cache
def excuse_pattern() -> regex.Pattern[str]:
    """ "I'd come, but a chatbot has no legs"."""
    codes = ("en", "ar", "fr", "es", "de")
    determiners = whole(slot_source("determiners", *codes))
    stop = whole(slot_source("gap_stop", *codes))
    link = whole(slot_source("excuse_link"))
    few = r"(?:[\w'’-]++[\s*_]++)"
    return regex.compile(
        rf"(?P<lead>(?:{link}|[;:—–,،]){SPACE}(?:{determiners}{SPACE})?)(?P<gap>(?:(?!{stop})[\w'’-]++[\s*_]++){{0,2}}?)"
        rf"(?:{type_source()}){SPACE}{few}{{0,3}}?(?:{whole(slot_source('lacks'))})"
    )


@cache
def substance_pattern() -> regex.Pattern[str]:
    """ "I'm made of code"."""
    subjects = "|".join(subject_source(code) for code in ("en", "fr", "es", "ar"))
    german = whole("ich|je|yo|我")
    return regex.compile(
        rf"(?:{subjects}|{german}{SPACE})(?:[\w'’-]++[\s*_,]++){{0,3}}?(?:{whole(slot_source('substance'))})"
    )


@cache
def from_pattern() -> regex.Pattern[str]:
    """ "Greetings from your chatbot", at the end of a phrase."""
    lead = whole(slot_source("from_your", "en", "fr", "es", "de"))
    stop = whole(slot_source("gap_stop", "en"))
    return regex.compile(
        rf"(?P<lead>{lead}{SPACE})(?P<gap>(?:(?!{stop})[\w'’-]++[\s*_]++){{0,3}}?)(?:{type_source()})"
        r"(?=[\s*_]{0,4}+(?:[.!,;:—–]|$|\n|here|speaking))"
    )


@cache
def answer_pattern() -> regex.Pattern[str]:
    """ "An AI assistant.", "GPT-4, from OpenAI": an answer to "what are you?" without a verb."""
    codes = ("en", "ar", "fr", "es", "de")
    adverbs = whole(slot_source("adverbs", *codes))
    determiners = whole(slot_source("determiners", *codes))
    stop = whole(slot_source("gap_stop", *codes))
    return regex.compile(
        rf"[\s*_]{{0,4}}+(?P<lead>(?:{adverbs}{SEP}){{0,2}}(?:{determiners}{SPACE})?)"
        rf"(?P<gap>(?:(?!{stop})[\w'’-]++[\s*_]++){{0,2}}?)(?:{type_source()}|(?P<product>{product_source()}))"
    )


@cache
def as_pattern(language: str) -> regex.Pattern[str]:
    """ "As a" and a type noun; the Arabic prefix is written together with its noun."""
    if language == "ar":
        lead, gap = rf"(?<!\w)و?(?:{slot_source('as_a', 'ar')}){SPACE}(?:مجرد{SPACE})?", _gap("ar", 2)
    else:
        determiners = whole(slot_source("determiners", language))
        lead, gap = rf"{whole(slot_source('as_a', language))}{SPACE}(?:{determiners}{SPACE}){{0,2}}", _gap(language)
    return regex.compile(
        rf"(?P<lead>{lead})(?P<gap>{gap})(?:{type_source(attached=language == 'ar')}|(?P<product>{product_source()}))"
    )


@cache
def like() -> regex.Pattern[str]:
    return regex.compile(
        f"{whole(slot_source('like_me', 'en', 'ar', 'fr', 'es', 'de', 'it', 'pt'))}|"
        f"{whole(slot_source('we_types', 'en', 'ar', 'fr', 'es', 'de'))}"
    )


@cache
def like_me_pattern() -> regex.Pattern[str]:
    like = whole(slot_source("like_me", "en", "ar", "fr", "es", "de", "it", "pt"))
    we = whole(slot_source("we_types", "en", "ar", "fr", "es", "de"))
    return regex.compile(
        rf"(?:(?<!\w)ل(?:{type_source(attached=True)})|{type_source()})(?:[\s*_]++[\w'-]++){{0,2}}?{SEP}(?<!do ){like}"
        rf"|(?<!\w)(?P<we>{we}){SPACE}(?:{type_source()})(?!'s)"
    )


@cache
def here_pattern() -> regex.Pattern[str]:
    bare = rf"(?<![\w'-]\s)(?:{_plain_types()})(?=\s++here[!.,])"
    yours = rf"{whole(slot_source('yours'))}\s++(?:[\w'-]++\s++){{0,3}}?(?:{_plain_types()})"
    name = rf"(?:{bare}|{product_source()}|(?:this is\s++|it's\s++)?{yours})"
    verb = r"(?!\s++(?:is|are|was|were|to|in|on)(?!\w))"
    return regex.compile(rf"{name}{SPACE},?{SPACE}(?:{slot_source('here_types')})(?!\w){verb}")


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


# --- Heads of phrases ----------------------------------------------------------------------------------------------
@cache
def not_head() -> regex.Pattern[str]:
    lexicon = load("identity")
    persons = whole(alternatives(lexicon["person_suffix"]))
    except_ = whole(alternatives(lexicon["person_suffix_except"]))
    heads = rf"(?:{whole(alternatives(lexicon['not_head']))}|(?!{except_}){persons})"
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
    return regex.compile(whole(slot_source("kind_of_ai")))
