"""Outputs to measure the rules on: typical ones of any length, and hostile ones of a megabyte.

Typical text is made of sentences that hardly ever repeat, drawn with a fixed seed, so that no rule may stop early and
every run measures the same.
"""

from __future__ import annotations

import json
import random
from typing import Any, Literal

Language = Literal["en", "ar"]

MEGABYTE = 1_000_000
"""Characters of a hostile output."""

_SLOTS: dict[Language, tuple[str, ...]] = {
    "en": (
        "The baker|A young nurse|My neighbour|The night train|Our old dog|Every second student|The river|The museum|"
        "A careful gardener|The mayor|One of the pilots|The library|Her brother|The small ferry|A good recipe",
        "near the harbour|from Lisbon|on the hill|with two lamps|behind the school|of the upper town|in 1987|at noon|"
        "under the bridge|by the market|without a map|after the storm|across the border|next door|in the valley",
        "carries|keeps|opens|remembers|paints|repairs|sells|measures|counts|visits|follows|needs|brings|saves|leaves",
        "fresh bread|12 wooden chairs|a letter for Omar|the blue door|some warm milk|"
        "about 40% of the grain|a song|"
        "the first apples|3.5 litres of oil|a room|the evening paper|two bicycles|salt and pepper|maps|seeds",
        "every morning|before the rain comes|when the bell rings|for the children|in late autumn|because it is cheaper|"
        "as soon as it can|until the lights go out|without a word|on Tuesdays|while others sleep|if nobody minds|"
        "with great care|once a year|so that nothing is lost",
    ),
    "ar": (
        "الخبّاز|ممرضة شابة|جاري القديم|قطار الليل|كلبنا العجوز|كل طالب جديد|النهر|المتحف|بستاني حريص|عمدة البلدة|"
        "أحد الطيارين|المكتبة العامة|أخوها الكبير|المركب الصغير|المعلّم",
        "قرب الميناء|من لشبونة|فوق التل|مع مصباحين|خلف المدرسة|في أعلى المدينة|سنة ١٩٨٧|عند الظهر|تحت الجسر|في السوق|"
        "بلا خريطة|بعد العاصفة|عبر الحدود|في البيت المجاور|في الوادي",
        "يحمل|يحفظ|يفتح|يتذكر|يرسم|يصلح|يبيع|يقيس|يعدّ|يزور|يتبع|يحتاج|يجلب|يدّخر|يترك",
        "خبزاً طازجاً|١٢ كرسياً من الخشب|رسالة إلى عمر|الباب الأزرق|حليباً دافئاً|نحو ٤٠٪ من القمح|أغنية|أول التفاح|"
        "ثلاثة لترات من الزيت|غرفة هادئة|جريدة المساء|دراجتين|الملح والفلفل|الخرائط|البذور",
        "كل صباح|قبل أن يأتي المطر|حين يدق الجرس|من أجل الأطفال|في آخر الخريف|لأنه أرخص|"
        "بأسرع ما يمكن|في الليل|"
        "دون كلمة|أيام الثلاثاء|بينما ينام الناس|إن لم يمانع أحد|بعناية كبيرة|مرة في السنة|حتى لا يضيع شيء",
    ),
}


def _sentence(draw: random.Random, language: Language) -> str:
    return " ".join(draw.choice(slot.split("|")) for slot in _SLOTS[language])


def typical(language: Language, *, words: int, seed: int = 0) -> str:
    """Plain prose of about so many words, in paragraphs of four sentences."""
    draw = random.Random(seed)
    pieces: list[str] = []
    count = 0
    while count < words:
        sentence = _sentence(draw, language)
        count += len(sentence.split())
        pieces.append(f"{sentence}.{' ' if (len(pieces) + 1) % 4 else chr(10) * 2}")
    return "".join(pieces).strip()


def typical_characters(language: Language, characters: int) -> str:
    """Plain prose of so many characters."""
    return typical(language, words=characters // 3 + 10)[:characters]


RECORDS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "entries": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "who": {"type": "string"},
                    "thing": {"type": "string"},
                    "when": {"type": "string"},
                    "count": {"type": "integer"},
                },
                "required": ["who", "thing", "count"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["entries"],
    "additionalProperties": False,
}
"""Schema of the output of `records`."""


def records(language: Language, *, words: int, seed: int = 0) -> tuple[str, str]:
    """A message that dictates a list, and the JSON that is right for it, of about so many words."""
    draw = random.Random(seed)
    who, _, _, thing, when = (slot.split("|") for slot in _SLOTS[language])
    said, entries = [], []
    for _ in range(words // 13):
        entry = {"who": draw.choice(who), "thing": draw.choice(thing), "when": draw.choice(when)}
        count = draw.randrange(2, 60)
        said.append(f"{entry['who']}, {entry['thing']}, {entry['when']}, {count}")
        entries.append({**entry, "count": count})
    return "\n".join(said), json.dumps({"entries": entries}, ensure_ascii=False)


def _filled(unit: str) -> str:
    return (unit * (MEGABYTE // len(unit) + 1))[:MEGABYTE]


def hostile() -> dict[str, str]:
    """Outputs of a megabyte that invite slow code, by what they are made of."""
    draw = random.Random(0)
    numbers = ("one", "twenty", "hundred and", "three", "million", "half", "خمسة", "وعشرين", "quatre-vingt", "fünf")
    half = MEGABYTE // 2
    return {
        "one line of prose": typical_characters("en", MEGABYTE).replace("\n", " "),
        "one line of Arabic": typical_characters("ar", MEGABYTE).replace("\n", " "),
        "opening brackets": _filled("[{(<"),
        "brackets, nested": "[" * half + "]" * half,
        "JSON arrays, tiny": "[" + ",".join(["[1]"] * (MEGABYTE // 4)) + "]",
        "JSON strings, unlike": json.dumps([f"v{n}" for n in range(MEGABYTE // 10)]),
        "JSON objects, tiny": json.dumps({f"k{n}": {"a": n} for n in range(MEGABYTE // 20)}),
        "values side by side": _filled('{"action": "none"} '),
        "straight quotes": _filled("\" a ' "),
        "curly quotes": _filled("“a «b „c ‘d "),
        "backticks": _filled("``` `a `` b\n"),
        "speaker labels": _filled("Assistant: User: "),
        "speaker labels, lines": _filled("Assistant:\nUser: hi\n"),
        "persona's name": _filled("Haitham "),
        "I am ... not": _filled("I am not I'm Haitham's "),
        "number words": " ".join(draw.choice(numbers) for _ in range(MEGABYTE // 6))[:MEGABYTE],
        "digits and dots": _filled("1.234,5 12:30 "),
        "full stops": _filled(". "),
        "question marks": _filled("which? "),
        "commas": _filled("a, "),
        "list items": _filled("- 1. *\n"),
        "newlines": _filled("\n"),
        "spaces": _filled(" ") + "x",
        "one long word": _filled("a"),
        "hyphens": _filled("a-b'c-"),
        "ideographs": _filled("我是一个模型不是人"),
        "Arabic diacritics": _filled("هَيْثَمٌ "),
        "combining marks": "e" + _filled("\u0301"),
        "emoji": _filled("👩‍👩‍👧‍👦🌈"),
        "template tokens": _filled("<|im_start|>[INST]"),
        "user's message": _filled("Explain in two lines why the sky is blue. "),
        "lone surrogates": _filled("\ud800a\x00 "),
    }
