"""Patterns of statements about who made the speaker, over the slots of the lexicon. See `self_patterns`."""

from __future__ import annotations

from functools import cache

import regex

from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives, fold_entry, split_entries
from evalsuite.rules.persona import NAME
from evalsuite.rules.self_patterns import (
    SEP,
    SPACE,
    product_source,
    slot_source,
    subject_source,
    vendor_source,
    whole,
)


@cache
def maker_patterns(code: str) -> tuple[regex.Pattern[str], ...]:
    vendor, product = vendor_source(), product_source()
    body = whole(slot_source("maker_bodies"))
    source = rf"(?:{vendor}|{product})"
    if code == "ar":
        return tuple(_arabic_maker_patterns(source, body))
    if code == "any":
        return tuple(_active_maker_patterns(source, body))
    patterns = []
    made, by = whole(slot_source("made", code)), whole(slot_source("by", code))
    i_am = (
        whole(slot_source("i_am", code))
        if code != "en"
        else whole(slot_source("i_am", "en") + "|i've been|i got|i have been|i was")
    )
    i_am = rf"(?:{i_am}|{NAME}{SPACE}(?:is|was|has been|est|a ete|es|fue|ist|wurde|e|foi)(?!\w))"
    stop = whole(slot_source("gap_stop", code))
    some = rf"(?:(?:(?!{stop})[\w'’.-]++|{NAME})[\s*_~,—–]++)"
    few = r"(?:[\w'’.-]++[\s*_~]++)"
    maker = rf"(?:{source}|(?P<body>{body}))"
    passive = rf"{made}{SPACE}(?:(?:and|et|y|und|or){SPACE}{made}{SPACE})?{few}{{0,2}}?{by}{SPACE}{few}{{0,4}}?{maker}"
    patterns.append(regex.compile(rf"{i_am}{SEP}{some}{{0,6}}?{passive}"))
    patterns.append(
        regex.compile(
            rf"(?:^|(?<=[.!?\n])\s*+){few}{{0,2}}?{passive}(?=[^.!?\n]{{0,40}}(?<!\w)(?:i|my|je|yo|ich|mein|mi|me)(?!\w))"
        )
    )
    # German puts the participle last: "von OpenAI entwickelt".
    if code == "de":
        patterns.append(
            regex.compile(rf"{i_am}{SEP}{some}{{0,3}}?{by}{SPACE}{few}{{0,3}}?{maker}{SPACE}{few}{{0,2}}?{made}")
        )
        patterns.append(regex.compile(rf"(?<!\w)ich wurde{SPACE}{few}{{0,3}}?{by}{SPACE}{few}{{0,3}}?{maker}"))
    if code == "fr":
        patterns.append(regex.compile(rf"(?<!\w)j'ai ete{SPACE}{few}{{0,2}}?{passive}"))
    if code == "es":
        patterns.append(regex.compile(rf"(?<!\w)(?:fui|he sido){SPACE}{few}{{0,2}}?{passive}"))
    if code == "it":
        patterns.append(regex.compile(rf"(?<!\w)sono stat[oa]{SPACE}{few}{{0,2}}?{passive}"))
    if code == "pt":
        patterns.append(regex.compile(rf"(?<!\w)fui{SPACE}{few}{{0,2}}?{passive}"))
    return tuple(patterns)


# "Google made me laugh" makes nobody.
_MADE_ENDS = (
    r"(?=\s*+(?:[,.;:!?،؟。)]|$|\n|(?:and|but|to|in|with|for|from|as|on|so|at|years|long|some|back|last|using|by|when|who|that|this|too"
    r"|also|first|because|et|pour|en|y|para|und|وانا|في|على|عام|سنه|لك\w*|و\w+)(?!\w)))"
)


def _active_maker_patterns(source: str, body: str) -> list[regex.Pattern[str]]:
    linking = whole(slot_source("linking", "en", "ar", "fr", "es", "de", "it", "pt"))
    my_maker = whole(slot_source("my_maker", "en", "ar", "fr", "es", "de", "it", "pt"))
    made_me = whole(slot_source("made_me", "en", "ar", "fr", "es", "de", "it", "pt"))
    made_me_en = whole(slot_source("made_me", "en"))
    comes = whole(slot_source("comes_from", "en", "fr", "es", "de", "it", "pt"))
    first = whole("i|i'm|im|je|yo|ich|io|eu|soy|suis|bin|sono|sou|i've|i am")
    few = r"(?:[\w'’.-]++[\s*_~]++)"
    noun = whole(slot_source("vendor_noun", "en", "ar", "fr", "es", "de"))
    subjects = "|".join(subject_source(code) for code in ("en", "fr", "es", "de", "it", "pt", "ar"))
    return [
        regex.compile(rf"{my_maker}{SEP}[—–:(-]?{SEP}(?:{linking}{SEP}){{0,6}}?{source}"),
        regex.compile(rf"(?<!\w){source}{SEP}{few}{{0,3}}?{made_me}{_MADE_ENDS}"),
        regex.compile(
            rf"(?<!\w)(?:i|i'm|my|me|{NAME})[^.!?\n]{{0,60}}?{whole(slot_source('hood'))}[^.!?\n]{{0,20}}?{source}"
        ),
        regex.compile(rf"(?:{body}){SEP}(?:{whole(slot_source('maker_link'))}{SPACE}){{0,2}}{few}{{0,2}}?{made_me_en}"),
        regex.compile(rf"{made_me}{SEP}{few}{{0,3}}?{source}"),
        regex.compile(rf"{source}{SEP}(?:{linking}{SEP}){{0,3}}{my_maker}"),
        regex.compile(rf"{first}{SPACE}{few}{{0,3}}?{comes}{SPACE}{few}{{0,4}}?{source}"),
        regex.compile(rf"(?:{subjects})(?:{few}){{0,2}}?{source}(?:'s)?{SPACE}{few}{{0,2}}?{noun}"),
        regex.compile(
            rf"(?:{subjects}){NAME}{SEP}(?:(?:from|of|by|at|with|de|von|bei|chez|من){SPACE}){few}{{0,2}}?{vendor_source()}"
        ),
        regex.compile(
            rf"(?:{subjects})(?:{noun}{SPACE}(?:of|de|d'|von|di|from|by){SPACE}|(?:from|by|of|von|"
            rf"de chez|de){SPACE}){few}{{0,2}}?{vendor_source()}"
        ),
    ]


def _arabic_maker_patterns(source: str, body: str) -> list[regex.Pattern[str]]:
    making = slot_source("my_making", "ar")
    by = whole(slot_source("ar_by", "ar"))
    few = r"(?:[\w.-]++[\s*_~]++)"
    company = (
        r"(?:(?<!\w)[بلو]?(?:شركه|الشركه|فريق|مختبر|موسسه|مهندسي|مهندسين|باحثين|باحثي|مطوري|"
        r"علماء|ناس|جماعه|حق)\s++){0,2}"
    )
    maker = rf"(?:{source}|(?P<body>{body}))"
    i = whole("انا|اني|انني|لقد|وقد|تم|جري|راني|كوني|تراني")
    comes = alternatives(load("identity")["comes_from"], "ar")
    return [
        regex.compile(rf"(?<!\w)و?(?:{_self_making()})\s++{few}{{0,3}}?{by}\s++{company}{few}{{0,2}}?{maker}"),
        regex.compile(rf"(?<!\w)و?(?:{_self_making()})\s++{few}{{0,3}}?(?:في|لدي)\s++{company}{source}"),
        regex.compile(
            rf"{i}\s++{few}{{0,4}}?(?<!\w)(?:{making})\s++{few}{{0,2}}?{by}\s++{company}{few}{{0,2}}?{maker}"
        ),
        regex.compile(rf"{i}\s++{few}{{0,4}}?(?<!\w)(?:{comes}){SPACE}{company}{few}{{0,1}}?{source}"),
        regex.compile(
            rf"{whole(slot_source('made_me', 'ar'))}\s++{company}{few}{{0,2}}?(?:{source}|"
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
