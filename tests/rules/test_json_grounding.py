"""The JSON rules, judged by golden outputs: what they report, where, and near misses both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evalsuite.conversation import Message
from evalsuite.rules.finding import Finding
from evalsuite.rules.json_grounding import BEHAVIOUR, Facts
from evalsuite.rules.passage import Conversation, Reading

SYSTEM = "You are Haitham. Answer only with a JSON object."
ACTION = {
    "type": "object",
    "properties": {
        "action": {"enum": ["open_folder", "turn_on", "turn_off", "none", None]},
        "target": {"type": ["string", "null"]},
    },
    "required": ["action", "target"],
    "additionalProperties": False,
}
HOME = {"folders": ["Downloads", "Music"], "devices": ["Living room lamp", {"name": "Heater", "aliases": ["radiator"]}]}
OK = '{"action": "open_folder", "target": "Downloads"}'


def judge(output: str, *messages: str, system: str = SYSTEM, **facts: Any) -> list[Finding]:
    """Findings on an output; user and assistant messages in turn."""
    facts.setdefault("schema", ACTION)
    facts.setdefault("environment", HOME)
    roles = [
        Message("user" if i % 2 == 0 else "assistant", text) for i, text in enumerate(messages or ("Open Downloads",))
    ]
    reading = Reading(output, Conversation([Message("system", system), *roles]))
    model = Facts.model_validate(facts)
    return [finding for rule in BEHAVIOUR.rules for finding in rule.check(reading, model)]


def codes(findings: list[Finding]) -> list[str]:
    return sorted({finding.code for finding in findings})


# --- JG001: id, wrapper, output, evidence ("" for none: something is missing) ----------------------------------------

NOT_JSON = [
    ("prose", "none", "I will open it.", "I will open it."),
    ("lead-in", "none", f"Here you go:\n{OK}", "Here you go:"),
    ("trailing prose", "none", f"{OK}\nAnything else?", "Anything else?"),
    ("fence", "none", f"```json\n{OK}\n```", "```"),
    ("code span", "none", f"`{OK}`", None),
    ("trailing comma", "none", '{"action": "none", "target": null,}', ","),
    ("trailing comma in a list", "none", '{"action": "none", "target": [1, ]}', ","),
    ("trailing comma in the fence", "fence", '```\n{"action": "none", "target": null,}\n```', ","),
    ("single quotes", "none", "{'action': 'none', 'target': None}", "'"),
    ("Python None", "none", '{"action": "none", "target": None}', "None"),
    ("bare key", "none", '{action: "none", "target": null}', "a"),
    ("comment", "none", '{"action": "none", // nothing\n"target": null}', "/"),
    ("block comment", "none", '/* no */ {"action": "none", "target": null}', None),
    ("NaN", "none", '{"action": "none", "target": NaN}', "NaN"),
    ("Infinity", "none", '{"action": "none", "target": -Infinity}', "-Infinity"),
    ("overflow", "none", '{"action": "none", "target": 1e400}', "1e400"),
    ("long integer overflow", "none", '{"action": "none", "target": 1' + "0" * 400 + "}", "1" + "0" * 400),
    ("leading zero", "none", '{"action": "none", "target": 07}', "07"),
    ("plus sign", "none", '{"action": "none", "target": +7}', "+7"),
    ("hexadecimal", "none", '{"action": "none", "target": 0x1F}', "0x1F"),
    ("bare point", "none", '{"action": "none", "target": 5.}', "5."),
    ("unfinished object", "none", '{"action": "none", "target": null', ""),
    ("unfinished string", "none", '{"action": "none", "target": "Mus', ""),
    ("unfinished list", "none", '[{"action": "none", "target": null}', ""),
    ("bad escape", "none", '{"action": "open_folder", "target": "C:\\Users"}', "\\"),
    ("raw line break", "none", '{"action": "open_folder", "target": "Mu\nsic"}', "\n"),
    ("curly quotes", "none", "{“action”: “none”, “target”: null}", "“"),
    ("Arabic comma", "none", '{"action": "none"، "target": null}', "،"),
    ("missing colon", "none", '{"action" "none"}', '"'),
    ("missing comma", "none", '{"action": "none" "target": null}', '"'),
    ("two values and a comma", "none", '{"a": 1}, {"b": 2}', None),
    ("bare word", "none", "none", "none"),
    ("empty", "none", "  \n", ""),
    ("language word", "none", f"json\n{OK}", None),
    ("too deep", "none", "[" * 80 + "]" * 80, "["),
    ("prose before the fence", "fence", f"Here:\n```json\n{OK}\n```", "Here:"),
    ("prose after the fence", "fence", f"```json\n{OK}\n```\nDone.", "Done."),
    ("prose in the fence", "fence", f"```json\nHere: {OK}\n```", None),
    ("open fence", "fence", f"```json\n{OK}", ""),
    ("empty fence", "fence", "```json\n```", None),
    ("prose only", "any", "There is no such folder.", "There is no such folder."),
    ("placeholder only", "any", "I fill {action} and [target].", None),
    ("scalar among prose", "any", 'The answer is "none".', None),
    ("bare null", "any", "null", "null"),
    ("broken with a whole one inside", "any", '{"action": "none", "target": {"a": 1},}', ","),
    ("broken list with a whole object inside", "any", '[1, {"action": "none", "target": null}, x]', None),
    ("unfinished with a whole one inside", "any", '{"action": "none", "args": {"target": null}', ""),
    ("Python dictionary", "any", "I return {'action': {'name': 'x'}, 'args': {}} here.", None),
    ("bare keys with a whole object inside", "any", '{action: "x", args: {"target": null}}', None),
    ("double braces", "any", '{{"action": "none", "target": null}}', None),
]


@pytest.mark.parametrize(("wrapper", "output", "evidence"), [row[1:] for row in NOT_JSON], ids=[r[0] for r in NOT_JSON])
def test_is_no_json(wrapper: str, output: str, evidence: str | None) -> None:
    findings = judge(output, wrapper=wrapper, no_action=True, expect={"/action": ["none"]})
    assert codes(findings) == ["JG001"]
    span = findings[0].span
    if evidence is not None:
        assert (output[slice(*span)] if span else "") == evidence


IS_JSON = [
    ("bare", "none", OK),
    ("white space at the ends", "none", f"\r\n\t {OK} \n\n"),
    ("pretty", "none", '{\r\n  "action": "open_folder",\r\n  "target": "Downloads"\r\n}'),
    ("unicode escapes", "none", '{"\\u0061ction": "open\\u005ffolder", "target": "Down\\u006coads"}'),
    ("escaped quotes", "none", '{"action": "open_folder", "target": "\\"Downloads\\""}'),
    ("bare where a fence may be", "fence", OK),
    ("fence", "fence", f"```json\n{OK}\n```"),
    ("fence without language", "fence", f"```\n{OK}\n```\n"),
    ("tildes", "fence", f"~~~JSON\n{OK}\n~~~"),
    ("longer fence", "fence", f"````json\r\n{OK}\r\n````"),
    ("bare where prose may be", "any", OK),
    ("prose around", "any", f"I open it:\n\n{OK}\n\nIt is open (see {{target}})."),
    ("prose and fence", "any", f"Here it is.\n```json\n{OK}\n```\nDone."),
    ("placeholders before", "any", f"I filled {{action}} and {{{{target}}}} [both]: {OK}"),
    ("a lone brace in prose", "any", f"A brace {{ opens it. {OK}"),
    ("a broken draft before", "any", '{"action": ...} becomes ' + OK),
    ("braces in a string", "any", '{"action": "open_folder", "target": "Downloads"} and "}" closes it'),
    ("inline code", "any", f"Use `{OK}`."),
]


@pytest.mark.parametrize(("wrapper", "output"), [row[1:] for row in IS_JSON], ids=[row[0] for row in IS_JSON])
def test_is_json(wrapper: str, output: str) -> None:
    assert judge(output, wrapper=wrapper, expect={"/action": ["open_folder"]}) == []


@pytest.mark.parametrize("value", ["null", "true", "[]", "{}", '"on"', "5", "5.0", "5e0", "-0"])
def test_any_json_value_may_stand_alone(value: str) -> None:
    assert judge(value, "set it to 5 or 0, on", schema=True) == []


# --- JG002, JG003, JG005: id, output, facts, codes, evidence of each finding -----------------------------------------

NESTED = {
    "type": "object",
    "properties": {
        "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}},
        "a/b": {"type": "object", "properties": {"~": {"type": "array"}}},
    },
    "$defs": {
        "step": {
            "type": "object",
            "properties": {"device": {"type": "string"}, "level": {"type": "integer"}},
            "required": ["device"],
        }
    },
}
LEVEL = {"schema": NESTED, "expect": {"/steps/1/level": [40]}}
HERE = '{"steps": [{"device": "Heater", "level": 20}, {"device": "Heater", "level": %s}]}'

JUDGED: list[tuple[str, str, dict[str, Any], list[str], list[str]]] = [
    ("missing key", '{"action": "none"}', {}, ["JG002"], [""]),
    ("additional key", '{"action": "none", "target": null, "why": true}', {}, ["JG002"], ['"why"']),
    ("wrong type", '{"action": "none", "target": true}', {}, ["JG002"], ["true"]),
    ("outside the enum", '{"action": "open folder", "target": "Music"}', {}, ["JG002"], ['"open folder"']),
    ("array for object", f"[{OK}]", {}, ["JG002"], [f"[{OK}]"]),
    ("integer as 20.0", HERE % "40.0", LEVEL, [], []),
    ("nested wrong type", HERE % '"40"', LEVEL, ["JG002", "JG003"], ['"40"', '"40"']),
    ("nested wrong value", HERE % "20", LEVEL, ["JG003"], ["20"]),
    ("1.0 is 1", '{"steps": [], "n": 1.0}', {"schema": NESTED, "expect": {"/n": [1]}, "free": [""]}, [], []),
    ("true is not 1", '{"n": true}', {"schema": True, "expect": {"/n": [1]}}, ["JG003"], ["true"]),
    ("0 is not false", '{"n": 0}', {"schema": True, "expect": {"/n": [False]}}, ["JG003", "JG004"], ["0", "0"]),
    ("null is not absent", '{"n": null}', {"schema": True, "expect": {"/n": [1]}}, ["JG003"], ["null"]),
    ("absent is no wrong value", "{}", {"schema": True, "expect": {"/n": [1], "/a/0": [1]}}, [], []),
    ("no pointer into a string", '{"n": "lamp"}', {"schema": True, "expect": {"/n/0": ["x"]}}, [], []),
    ("the root", '"on"', {"schema": {"enum": ["on", "off"]}, "expect": {"": ["off"]}}, ["JG003"], ['"on"']),
    ("escaped pointer", '{"a/b": {"~": [1]}}',
     {"schema": NESTED, "expect": {"/a~1b/~0": [[]]}, "free": [""]}, ["JG003"],
     ["[1]"]),
    ("index with a leading zero", "[1]", {"schema": True, "expect": {"/00": [2]}, "free": [""]}, [], []),
    ("object in any order", '{"v": {"b": 2, "a": 1}}',
     {"schema": True, "expect": {"/v": [{"a": 1, "b": 2.0}]}, "free": ["/v"]}, [], []),
    ("letter case counts", '{"action": "open_folder", "target": "downloads"}', {"expect": {"/target": ["Downloads"]}},
     ["JG003"], ['"downloads"']),
    ("white space counts", '{"action": "open_folder", "target": "Downloads "}', {"expect": {"/target": ["Downloads"]}},
     ["JG003"], ['"Downloads "']),
    ("decomposed is the same text", '{"n": "Cafe\u0301"}',
     {"schema": {"properties": {"n": {"enum": ["Café"]}}}, "expect": {"/n": ["Café"]}}, [], []),
    ("big integers by value", '{"n": 12345678901234567891}',
     {"schema": True, "expect": {"/n": [12345678901234567890]}, "free": ["/n"]}, ["JG003"], ["12345678901234567891"]),
    ("post-mortem: other device", '{"action": "turn_off", "target": "Living room lamp"}',
     {"expect": {"/target": ["Heater"]}}, ["JG003"], ['"Living room lamp"']),
    ("same key twice", '{"action": "none", "target": null, "action": "none"}', {}, ["JG005"], ['"action"']),
    ("same key by escape", '{"action": "none", "target": null, "\\u0061ction": "none"}', {}, ["JG005"],
     ['"\\u0061ction"']),
    ("three times", '{"action": "none", "action": "none", "action": "none", "target": null}', {}, ["JG005"],
     ['"action"', '"action"']),
    ("nested twice", '{"steps": [{"device": "Heater", "device": "Heater"}]}', {"schema": NESTED}, ["JG005"],
     ['"device"']),
    ("same key in two objects", '{"steps": [{"device": "Heater"}, {"device": "Heater"}]}', {"schema": NESTED}, [], []),
    ("keys that differ in case", '{"a": 5, "A": 5}', {"schema": True, "free": [""]}, [], []),
    ("the last one counts", '{"action": "turn_on", "target": null, "action": "none"}',
     {"expect": {"/action": ["turn_on"]}}, ["JG003", "JG005"], ['"none"', '"action"']),
    ("two values", f"{OK}\n{OK}", {}, ["JG005"], [OK]),
    ("two values glued", f"{OK}{OK}", {}, ["JG005"], [OK]),
    ("two fences", f"```json\n{OK}\n```\n\n```json\n{OK}\n```", {"wrapper": "fence"}, ["JG005"], [OK]),
    ("two in a fence", f"```json\n{OK}\n{OK}\n```", {"wrapper": "fence"}, ["JG005"], [OK]),
    ("two among prose", f"First {OK}, then {OK}.", {"wrapper": "any"}, ["JG005"], [OK]),
    ("each is judged", f'{OK} {{"action": "open_folder", "target": "Videos"}}', {"expect": {"/target": ["Downloads"]}},
     ["JG003", "JG004", "JG005"], ['"Videos"', '"Videos"', '{"action": "open_folder", "target": "Videos"}']),
    ("a list is one value", f"[{OK}, {OK}]", {"schema": {"type": "array"}, "free": [""]}, [], []),
    ("format is not asserted", '{"d": "Downloads"}',
     {"schema": {"properties": {"d": {"type": "string", "format": "date"}}}}, [], []),
    ("pattern: ASCII digits, the very end", '{"d": "٢٠"}',
     {"schema": {"properties": {"d": {"pattern": "^\\d+$"}}}, "free": [""]}, ["JG002"], ['"٢٠"']),
    ("pattern with a script", '{"d": "هدى"}',
     {"schema": {"properties": {"d": {"pattern": "^\\p{Arabic}+$"}}}, "free": [""]}, [], []),
    ("unique items", "[1, 1.0]", {"schema": {"uniqueItems": True}, "free": [""]}, ["JG002"], ["[1, 1.0]"]),
    ("unique: 1 and true differ", "[1, true]", {"schema": {"uniqueItems": True}, "free": [""]}, [], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("output", "facts", "expected", "evidence"), [r[1:] for r in JUDGED], ids=[r[0] for r in JUDGED]
)
def test_judged(output: str, facts: dict[str, Any], expected: list[str], evidence: list[str]) -> None:
    findings = judge(output, "Open Downloads; set the heater to 20, then 40", **facts)
    assert codes(findings) == expected
    assert [output[slice(*f.span)] if f.span else "" for f in findings] == evidence


# --- JG004: what gives a value (user message), the value, whether it is given ----------------------------------------

GIVEN: list[tuple[str, Any]] = [
    ("Open the downloads folder", "Downloads folder"), ("living room lamp", "living_room_lamp"),
    ("living room lamp", "livingRoomLamp"), ("living room lamp", "LIVING-ROOM-LAMP"),
    ("livingRoomLamp", "living room lamp"),
    ("Wi-Fi", "wifi"), ("wifi", "Wi-Fi"), ("iPhone", "iphone"), ("Lamp 2", "lamp2"), ("lamp2", "Lamp_2"),
    ("two lamps", "lamp"), ("the lamp", "lamps"), ("batteries", "battery"), ("the shelves", "shelf"),
    ("children", "child"),
    ("les bateaux", "bateau"), ("die Geräte", "Gerät"), ("Omar’s phone", "Omar"), ("l'appartement", "appartement"),
    ("Salon'daki lamba", "salon"), ("say 'hello, world!' to her", "Hello world"), ("hello 🙂", "🙂"), ("café", "CAFE"),
    ("timer for 20 minutes", 20), ("timer for 20 minutes", "20"), ("timer for 20 minutes", "20 min"), ("20min", 20),
    ("twenty minutes", 20), ("twenty-five", 25), ("20 minutes", "twenty"), ("one hundred and fifty", 150),
    ("two thousand twenty-six", 2026), ("2 million", 2000000), ("5k", 5000), ("two dozen", 24), ("half a litre", 0.5),
    ("two and a half", 2.5), ("half an hour", 30), ("third floor", 3), ("the 3rd floor", 3), ("twice a day", 2),
    ("2,5 km", 2.5), ("1,200 euros", 1200), ("1.200 Euro", 1200), ("1 200 euros", 1200), ("1200", "1,200"),
    ("20.0", 20),
    ("set it to -5", -5), ("minus five", -5), ("5 degrees below zero", -5), ("10-minute timer", 10), ("40%", 0.4),
    ("40 percent", "40%"), ("40%", "40 percent"), ("between 3-5", 5), ("id 0042", "0042"), ("id 0042", 42), ("#7", 7),
    ("٤٥ دقيقة", 45), ("٣٫٥", 3.5), ("١٬٢٠٠", 1200), ("خمسة وعشرين", 25), ("مئة وعشرين", 120), ("أربعين بالمئة", "40%"),
    ("دقيقتين", 2), ("حداشر", 11), ("الطابق الثالث", 3), ("ربع ساعة", 15), ("خمس درجات تحت الصفر", -5),
    ("quatre-vingt-dix", 90), ("soixante-quinze", 75), ("treinta y cinco", 35), ("fünfundzwanzig", 25),
    ("zweihundert", 200),
    ("wake me at 7 am", "07:00"), ("wake me at 7 am", "7:00 AM"), ("at 7 am", "07:00:00"), ("at 7 pm", "19:00"),
    ("at 7pm", 19), ("7 am", 0), ("half past seven", "07:30"), ("quarter to eight", "07:45"), ("ten to nine", "08:50"),
    ("tonight at 9", "21:00"), ("noon", "12:00"), ("midnight", "00:00"), ("9:05 pm", "21:05"), ("7 o'clock", "07:00"),
    ("الساعة السابعة والنصف صباحاً", "07:30"), ("الساعة ٧ مساء", "19:00"), ("السابعة إلا ربع", "06:45"),
    ("الساعة سبعة ونص المسا", "19:30"), ("à 7h30", "07:30"), ("à sept heures et demie", "07:30"),
    ("um halb acht", "07:30"),
    ("a las siete y media", "07:30"), ("a las 9 de la noche", "21:00"),
    ("3 May 2026", "2026-05-03"), ("May 3rd, 2026", "2026-05-03"), ("the third of May 2026", "2026-05-03"),
    ("03/05/2026", "2026-05-03"), ("2026-05-03", "3 May 2026"), ("2026-05-03", "03/05/2026"),
    ("3.5.2026", "2026-05-03"),
    ("3. Mai 2026", "2026-05-03"), ("3 de mayo de 2026", "2026-05-03"), ("٣ مايو ٢٠٢٦", "2026-05-03"),
    ("3 أيار 2026", "2026-05-03"), ("2026年5月3日", "2026-05-03"), ("3 May", "05-03"), ("3 May 2026", 5),
    ("3 May 2026 at 7 am", "2026-05-03T07:00:00"), ("May 2026", "2026-05"), ("tomorrow at 8", "tomorrow"),
    ("call +968 9123 4567", "+96891234567"), ("call +968 9123 4567", "+968 9123-4567"), ("call 91234567", 91234567),
    ("omar@example.com", "Omar@Example.com"), ("order GH-220-7719", "gh 220 7719"), ("order GH-220-7719", "GH2207719"),
    ("192.168.1.10", "192.168.1.10"), ("room B7", "b7"), ("21°C", "21 °C"), ("$5.99", 5.99),
    ("C:\\Users\\Huda\\Music", "C:\\Users\\Huda\\Music"), ("Music in Documents", "Documents/Music"),
    ("Music", "./Music/"),
    ("open Music on drive C", "C:\\Music"), ("~/Music", "~/Music"), ("https://example.com/a", "https://example.com/a"),
    ("أطفئ المصباح في المكتب", "مصباح"), ("اتصل بهدى", "هدى"), ("أرسل لعمر", "عمر"), ("للمكتب", "المكتب"),
    ("والمكيف", "المكيف"), ("مطبخ", "المطبخ"), ("المصابيح", "مصباح"), ("غرفتي", "غرفة"),
    ("أَطْفِئِ المِصْبَاحَ", "المصباح"),
    ("打开厨房的灯", "厨房"), ("リビングの照明を消して", "リビング"), ("거실의 불을 꺼", "거실"),
]  # fmt: skip

INVENTED: list[tuple[str, Any]] = [
    ("open downloads", "Documents"), ("living room lamp", "Living room light"), ("category", "cat"),
    ("Downloads", "Down"),
    ("heat the room", "heater"), ("WhatsApp", "app"), ("lamp in the living room", "living room lamp"), ("hello", "🙂"),
    ("Lamp 2", "Lamp 3"), ("Lamp 12", "Lamp 2"), ("25", 5), ("0.5", 5), ("twenty-five", 5), ("PS5", 5), ("room B7", 7),
    ("2 5", "25"), ("set it to -5", 5), ("set it to 5", -5), ("minus 5", 5), ("50%", "40%"), ("٤٥", 54), ("3,000", 3),
    ("5 minutes", 300), ("add 2 and 3", 5), ("between 10 and 20", 15), ("18.5 degrees", 5), ("5 km", "5 miles"),
    ("wake me at 7 am", "19:00"), ("at 7", "08:00"), ("at 7", 0), ("half past seven", "08:30"), ("7:30 am", "19:30"),
    ("الساعة ٧ صباحا", "19:00"), ("3 May", "2026-05-03"), ("3 May 2026", "2026-05-04"), ("3 May 2026", "2027-05-03"),
    ("tomorrow", "2023-10-05"), ("in 3 days", "2026-05-03"), ("3 May 2026 at 7 am", "2026-05-03T08:00:00"),
    ("call +968 9123 4567", "+968 9123 4568"), ("mail Omar", "omar@example.com"),
    ("Omar, example.com", "omar@example.com"),
    ("omar@example.com", "omar@example.org"), ("x.omar@example.com", "omar@example.com"),
    ("GH-220-7719", "GH-220-7718"),
    ("192.168.1.10", "192.168.1.11"), ("open Music", "C:\\Users\\Huda\\Music"), ("open Music", "C:\\Music"),
    ("open Music", "~/Music"), ("open Music", "%USERPROFILE%\\Music"), ("photos", "\\\\nas\\photos"),
    ("c'est Music", "C:\\Music"),
    ("example.com/a", "https://example.com/a"), ("open the report", "report.pdf"), ("المطبخ", "الحمام"),
    ("ذكرني بالليل", "ليلى"), ("أنا في لبنان", "لبن"), ("رد عليه", "ورد"),
    ("التنزيلات", "سطح المكتب"), ("التنزيلات", "Downloads"), ("打开厨房的灯", "客厅"), ("x", "N/A"), ("a", "unknown"),
]  # fmt: skip


def is_given(message: str, value: Any) -> bool:
    findings = judge(json.dumps({"v": value}), message, system="JSON", schema=True, environment={})
    assert codes(findings) in ([], ["JG004"])
    return not findings


@pytest.mark.parametrize(("message", "value"), GIVEN)
def test_is_given(message: str, value: Any) -> None:
    assert is_given(message, value)


@pytest.mark.parametrize(("message", "value"), INVENTED)
def test_is_invented(message: str, value: Any) -> None:
    assert not is_given(message, value)


SOURCES: list[tuple[str, Any, dict[str, Any], bool]] = [
    ("the system prompt", {"v": "NimbusGate-7"}, {"system": "The router is NimbusGate-7."}, True),
    ("an earlier answer", {"v": "Porch"}, {"messages": ("Which lamps?", "Porch and hall", "the first")}, True),
    ("two messages", {"v": "Porch lamp"}, {"messages": ("Porch", "lamp", "yes")}, False),
    ("an entry", {"v": "living room"}, {}, True),
    ("an alias", {"v": "Radiator"}, {}, True),
    ("two entries", {"v": "Downloads Music"}, {}, False),
    ("a kind of the environment", {"v": "folders"}, {}, False),
    ("enum elsewhere", {"v": "loud"}, {"schema": {"properties": {"w": {"enum": ["loud"]}}}}, True),
    ("enum in another spelling", {"v": "VERY_LOUD"}, {"schema": {"properties": {"w": {"enum": ["very loud"]}}}}, True),
    ("part of an enum", {"v": "very"}, {"schema": {"properties": {"w": {"enum": ["very loud"]}}}}, False),
    ("const", {"v": 3}, {"schema": {"properties": {"w": {"const": 3}}}}, True),
    ("default", {"v": 9}, {"schema": {"properties": {"w": {"default": 9.0}}}}, True),
    ("inside a default", {"v": "nine"}, {"schema": {"default": {"a": ["nine"]}}}, True),
    ("through a reference", {"v": "x1"}, {"schema": {"$ref": "#/$defs/a", "$defs": {"a": {"enum": ["x1",
     {"v": "x1"}]}}},
     }, True),
    ("through anyOf", {"v": "x1"}, {"schema": {"anyOf": [{}, {"properties": {"v": {"const": "x1"}}}]}}, True),
    ("a reference beside the definitions", {"v": "x1"},
     {"schema": {"properties": {"v": {"$ref": "#/other/a"}}, "other": {"a": {"enum": ["x1"]}}}}, True),
    ("a property called default", {"v": "string"}, {"schema": {"properties": {"default": {"type": "string"}}}}, False),
    ("a description", {"v": "purple"}, {"schema": {"description": "purple"}}, False),
    ("an example", {"v": "purple"}, {"schema": {"examples": ["purple"]}}, False),
    ("free", {"v": "purple"}, {"free": ["/v"], "schema": True}, True),
    ("free from the root", {"v": {"w": ["purple"]}}, {"free": [""], "schema": True}, True),
    ("below a free pointer", {"v": {"w": ["purple"]}}, {"free": ["/v"], "schema": True}, True),
    ("free elsewhere", {"v": "purple"}, {"free": ["/w"], "schema": True}, False),
    ("no key, boolean, null or empty string", {"purple": [True, None, "", " "]}, {"schema": True}, True),
    ("the year of another message", {"v": "2026-05-03"},
     {"system": "It is 1 April 2026.", "messages": ("on 3 May",), "schema": True}, True),
]  # fmt: skip


@pytest.mark.parametrize(("value", "facts", "is_known"), [row[1:] for row in SOURCES], ids=[row[0] for row in SOURCES])
def test_sources(value: Any, facts: dict[str, Any], is_known: bool) -> None:
    facts = dict(facts)
    messages = facts.pop("messages", ("Do it",))
    findings = judge(json.dumps(value), *messages, **{"schema": True, **facts})
    assert codes(findings) == ([] if is_known else ["JG004"])


def test_each_invented_value_is_reported_once_at_its_place() -> None:
    output = '{"action": "open_folder", "target": "Videos", "confidence": 0.97, "also": ["Videos"]}'
    found = [f for f in judge(output, expect={"/target": ["Downloads"]}) if f.code == "JG004"]
    assert [output[slice(*f.span)] for f in found if f.span] == ['"Videos"', "0.97", '"Videos"']
    assert found[0].span == (output.index('"Videos"'), output.index('"Videos"') + 8)


# --- JG006: value, expect, the evidence (None: it does not act) ------------------------------------------------------

ACTS: list[tuple[Any, dict[str, Any], str | None]] = [
    (None, {}, None), ([], {}, None), ({}, {}, None), ("none", {}, None), (["none"], {}, None),
    ({"actions": []}, {}, None),
    ({"action": "none", "target": None}, {}, None), ({"action": "NO_ACTION"}, {}, None),
    ({"action": "noAction"}, {}, None),
    ({"action": "no action", "target": "Heater"}, {}, None), ({"action": None, "target": None}, {}, None),
    ({"action": {"name": "none", "args": {}}}, {}, None), ([{"action": "none"}], {}, None), ({"tool": None}, {}, None),
    ({"name": "no_action", "arguments": {}}, {}, None), ({"actions": [], "note": "Heater"}, {}, None),
    ({"status": "unsupported", "action": None}, {"/status": ["unsupported"], "/action": [None]}, None),
    ({"status": "unsupported"}, {"/status": ["unsupported"]}, None), ({"action": "rien"}, {"/action": ["rien"]}, None),
    ("declined", {"": ["declined"]}, None), ({"do": "nothing here"}, {"/do": ["nothing here"]}, None),
    ({"intent": "unknown", "action": None}, {}, None),
    ({"action": "turn_on", "target": "Heater"}, {}, '"turn_on"'), ([{"action": "turn_on"}], {}, '"turn_on"'),
    ({"actions": [{"action": "none"}, {"action": "turn_on"}]}, {}, '"turn_on"'), ({"action": {"name": "x"}}, {}, '"x"'),
    ({"status": "unsupported", "action": "turn_on"}, {"/status": ["unsupported"]}, '"turn_on"'),
    ({"action": "turn_on"}, {"/action": ["none"]}, '"turn_on"'), ({"إجراء": "تشغيل"}, {}, '"تشغيل"'),
    (True, {}, "true"),
    ("turn_on", {}, '"turn_on"'), ({"device": "Heater", "state": "on"}, {"/device": [None]}, '"Heater"'),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expect", "evidence"), ACTS)
def test_acts(value: Any, expect: dict[str, Any], evidence: str | None) -> None:
    output = json.dumps(value, ensure_ascii=False)
    findings = judge(output, schema=True, expect=expect, no_action=True, free=[""])
    found = [output[slice(*f.span)] for f in findings if f.code == "JG006" and f.span]
    assert found == ([] if evidence is None else [evidence])
    assert not [f for f in judge(output, schema=True, expect=expect, free=[""]) if f.code == "JG006"]


def test_an_invented_wrong_action_is_reported_by_every_rule() -> None:
    output = '{"action": "turn_on", "target": "Philips AirCare 3000"}'
    findings = judge(output, "Turn on the humidifier", no_action=True, expect={"/action": ["none"], "/target": [None]})
    assert codes(findings) == ["JG003", "JG004", "JG006"]


# --- Facts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"schema": {"type": "strnig"}}, "no valid JSON Schema at /type"),
        ({"schema": {"$ref": "#/$defs/none"}}, "leads to nothing in this schema"),
        ({"schema": {"$ref": "https://example.com/schema.json"}}, "other documents are not fetched"),
        ({"schema": {"$ref": "#"}}, "leads back to itself"),
        ({"schema": {"pattern": "("}}, "pattern"),
        ({"schema": {}, "expect": {"action": ["x"]}}, "must be empty or begin with '/'"),
        ({"schema": {}, "expect": {"/a~2": ["x"]}}, "must be '~0' or '~1'"),
        ({"schema": {}, "expect": {"/a": []}}, "accepts nothing"),
        ({"schema": {}, "expect": {"/a": [float("nan")]}}, "no JSON value"),
        ({"schema": {}, "free": ["a"]}, "no JSON Pointer"),
        ({"schema": {}, "wrapper": "prose"}, "'none', 'fence' or 'any'"),
        ({"schema": {}, "environment": {"folders": [{"title": "x"}]}}, "name"),
        ({}, "schema"),
        ({"schema": {}, "unknown": 1}, "unknown"),
    ],
)
def test_wrong_facts_say_what_is_wrong(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        Facts.model_validate(facts)
    assert message in str(error.value)


def test_other_dialects_are_read() -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"const": 1}},
              "items": [{"$ref": "#/definitions/a"}]}  # fmt: skip
    assert codes(judge("[2]", "2", schema=schema)) == ["JG002"]
    assert judge("[1]", schema=schema) == []


# --- Properties ------------------------------------------------------------------------------------------------------

TEXT = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=60),
    st.text("{}[]\",:0159.eE-+truefalsn'` \n\\/٣يوم", max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    ).map(json.dumps),
)


@given(TEXT, TEXT, st.sampled_from(["none", "fence", "any"]))
@settings(max_examples=300, deadline=None)
def test_no_rule_raises(output: str, message: str, wrapper: str) -> None:
    for finding in judge(output, message, wrapper=wrapper, no_action=True, expect={"/action": ["none"], "/0": [1]}):
        if finding.span is not None:
            assert 0 <= finding.span[0] <= finding.span[1] <= len(output)
        finding.message.encode("utf-8")


@given(st.sampled_from([row[1] for row in JUDGED] + [OK]), st.sampled_from(["", " ", "\n\n", "\t\r\n", "\u00a0"]))
@settings(deadline=None)
def test_white_space_at_the_ends_changes_nothing(output: str, space: str) -> None:
    assert codes(judge(space + output + space)) == codes(judge(output))


@pytest.mark.parametrize(
    "output",
    ["[" * 10**6, '{"a":' * 200_000, '"' * 10**6, "{" * 10**6, '{"a":"' + "x " * 500_000 + '"}',
     '{"a":"' + "a/" * 500_000 + '"}',
     '{"a":"' + "1 " * 500_000 + '"}', '{"a":"' + "twenty five " * 80_000 + '"}', '["' * 500_000, "```" * 300_000,
     "[1 ," + "[2]," * 250_000, '{"a":' + "1" * 10**6 + "}", '{"a":"lamp"}\n' * 70_000],
    ids=lambda text: text[:12],
)  # fmt: skip
@pytest.mark.parametrize("wrapper", ["none", "fence", "any"])
def test_a_megabyte_of_hostile_output_is_judged(output: str, wrapper: str) -> None:
    """How long it takes is measured in bench/; quadratic work would take minutes here."""
    for finding in judge(output, wrapper=wrapper, no_action=True, expect={"/a": ["x"]}):
        assert finding.span is None or 0 <= finding.span[0] <= finding.span[1] <= len(output)
