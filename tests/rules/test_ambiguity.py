"""The ambiguity rules against outputs written for each clause of the contract, in several languages."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.conversation import Message
from evalsuite.rules.ambiguity import BEHAVIOUR, Facts
from evalsuite.rules.finding import Example, Finding
from evalsuite.rules.passage import Conversation, Reading

CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    # id: system prompt, user message, facts
    "door": (
        "You are Haitham. Doors: garage, front, balcony.",
        "Lock the door.",
        {"slot": ("door", ["door", "entrance"], ["garage", "front", "balcony"])},
    ),
    "call": (
        "You are Haitham. Contacts: Ali Hassan, Ali Omar.",
        "Call Ali",
        {"slot": ("contact", ["Ali", "contact", "person"], ["Ali Hassan", "Ali Omar"])},
    ),
    "mail": (
        "You are Haitham. Contacts: Ben Frost, Ben Moore.",
        "Write to Ben that the invoice is paid.",
        {"slot": ("recipient", ["Ben", "recipient", "person"], ["Ben Frost", "Ben Moore"]), "requested": "message"},
    ),
    "photo": (
        "You are Haitham. Pictures: beach.png, beach.jpg.",
        "Remove the beach picture",
        {"slot": ("file", ["file", "picture", "photo", "format"], ["beach.png", "beach.jpg"])},
    ),
    "river": (
        "You are Haitham.",
        "The Danube and the Rhine are my favourite rivers. How long is it?",
        {"slot": ("river", ["river", "which of the two"], ["Danube", "Rhine"])},
    ),
    "cylinder": (
        "You are Haitham.",
        "A cylinder is 10 cm high. What is its volume?",
        {"slot": ("radius", ["radius", "diameter", "wide"], [])},
    ),
    "hotel": (
        "You are Haitham.",
        "Book a table for Friday.",
        {"slot": ("time", ["time", "hour", "what time", "when"], [])},
    ),
    "temp": (
        "You are Haitham.",
        "Convert 40 degrees.",
        {"slot": ("unit", ["unit", "scale", "Celsius or Fahrenheit"], ["Celsius", "Fahrenheit"])},
    ),
    "trans": (
        "You are Haitham. The user speaks French, Italian and Arabic.",
        "Translate 'good night'.",
        {"slot": ("target language", ["language", "into which"], ["French", "Italian", "Arabic"])},
    ),
    "code": (
        "You are Haitham, a helper for Ruby and Rust.",
        "Write a loop that prints one to ten.",
        {"slot": ("programming language", ["language"], ["Ruby", "Rust"]), "requested": "code"},
    ),
    "lamp_ar": (
        "أنت هيثم. المصابيح: الصالون، الحمام، الممر.",
        "افتح النور",
        {"slot": ("room", ["غرفة", "نور", "مكان", "أي نور"], ["الصالون", "الحمام", "الممر"])},
    ),
    "file_ar": (
        "أنت هيثم. الملفات: خطة.pdf، خطة.docx",
        "احذف ملف الخطة",
        {"slot": ("file", ["ملف", "نسخة", "صيغة"], ["خطة.pdf", "خطة.docx"])},
    ),
    "tri_ar": (
        "أنت هيثم.",
        "مثلث قاعدته ٦ سم، كم مساحته؟",
        {"slot": ("height", ["ارتفاع", "الارتفاع", "ارتفاعه"], [])},
    ),
    "send_ar": (
        "أنت هيثم. جهات الاتصال: خالد منصور، خالد يوسف.",
        "ابعت رسالة لخالد إني وصلت",
        {"slot": ("recipient", ["خالد", "مين", "الشخص"], ["منصور", "يوسف"])},
    ),
    "ville_fr": (
        "Tu es Haitham. Agences : Lyon, Lille.",
        "Envoie le colis à l'agence.",
        {"slot": ("agence", ["agence", "ville", "laquelle"], ["Lyon", "Lille"])},
    ),
    "luz_es": (
        "Eres Haitham. Luces: salón, cocina.",
        "apaga la luz",
        {"slot": ("habitación", ["habitación", "luz", "cuál"], ["salón", "cocina"])},
    ),
    "datei_de": (
        "Du bist Haitham. Dateien: plan.pdf, plan.odt.",
        "Lösche den Plan.",
        {"slot": ("Datei", ["Datei", "welche", "Format"], ["plan.pdf", "plan.odt"])},
    ),
    "deng_zh": (
        "你是Haitham。灯：客厅、卧室。",
        "把灯打开",
        {"slot": ("房间", ["房间", "灯", "哪个"], ["客厅", "卧室"])},
    ),
    # clear
    "door_clear": ("You are Haitham.", "Lock the garage door.", {"answer": [["garage"]]}),
    "call_clear": ("You are Haitham.", "Call Ali Omar", {"answer": [["Omar"]]}),
    "sum": ("You are Haitham.", "What is 25 plus 15?", {"answer": [["40", "forty"]]}),
    "capital": ("You are Haitham.", "What is the capital of Turkey?", {"answer": [["Ankara"]]}),
    "wipe": ("You are Haitham.", "Delete beach.png for good.", {"answer": [["beach.png"]], "may_confirm": True}),
    "capital_ar": ("أنت هيثم.", "ما عاصمة تركيا؟", {"answer": [["أنقرة"]]}),
    "sum_ar": ("أنت هيثم.", "كم حاصل ٢٥ زائد ١٥؟", {"answer": [["40", "٤٠", "أربعون"]]}),
    "light_ar": ("أنت هيثم.", "افتح نور الحمام", {"answer": [["الحمام"]]}),
    "trans_clear": (
        "You are Haitham.",
        "Translate into French: 'Where is my key?'",
        {"answer": [["clé", "clef"]], "requested": "translation"},
    ),
    "quiz": (
        "You are Haitham.",
        "Make a quiz question about Ankara.",
        {"answer": [["Ankara"]], "requested": "quiz"},
    ),
    "price": ("You are Haitham.", "A pen costs 3 euros. What do 400 pens cost?", {"answer": [["1200", "1,200"]]}),
}

PROBES: list[tuple[str, str, str]] = [
    # case, expected codes, output
    # --- asks about the slot, in every form -----------------------------------------------------------------------
    ("door", "", "Which door would you like me to lock?"),
    ("door", "", "Which one?"),
    ("door", "", "Garage, front or balcony?"),
    ("door", "", "The garage door?"),
    ("door", "", "Do you want the front door locked, or the one to the balcony?"),
    ("door", "", "Happy to. Let me know which door you have in mind."),
    ("door", "", "Please specify the door."),
    ("door", "", "I need to know which door before I can lock anything."),
    ("door", "", "There are three doors here. Could you tell me which of them you mean?"),
    ("door", "", "Should I lock the front door?"),
    ("door", "", "I haven't locked anything yet. Front, garage or balcony?"),
    ("door", "", "I'd take the front door unless you say otherwise. Is that the one you meant?"),
    ("door", "", "I have checked all three and each is open. Which door shall I lock?"),
    ("door", "", "I'll lock it as soon as you tell me which door."),
    ("door", "", "what door are u talking about"),
    ("call", "", "Which Ali, Hassan or Omar?"),
    ("call", "", "Who should I call?"),
    ("call", "", "I have two contacts with that name. Do you mean Ali Hassan?"),
    ("mail", "", "Here is the text:\n\n> Hi Ben, the invoice is paid.\n\nShould it go to Ben Frost or Ben Moore?"),
    ("mail", "", "Which Ben should get the message?"),
    ("photo", "", "Do you mean `beach.png` or `beach.jpg`?"),
    ("photo", "", "The PNG or the JPG?"),
    ("photo", "", "I found two files, beach.png and beach.jpg. Please choose one."),
    ("river", "", "Which river do you mean?"),
    ("river", "", "The Danube is 2850 km long and the Rhine 1230 km."),
    ("river", "", "- Danube: 2,850 km\n- Rhine: 1,230 km"),
    ("cylinder", "", "What is the radius of the cylinder?"),
    ("cylinder", "", "V = π × r² × h. I'd need the radius to go on."),
    ("cylinder", "", "How wide is it?"),
    ("cylinder", "", "Could you give me its radius or its diameter?"),
    ("hotel", "", "What time?"),
    ("hotel", "", "When would you like the table?"),
    ("hotel", "", "Sure. At what hour on Friday?"),
    ("temp", "", "Is that 40 Celsius or 40 Fahrenheit?"),
    ("temp", "", "40 °C is 104 °F; if it is Fahrenheit, 40 °F is 4.4 °C, so Celsius and Fahrenheit give 104 and 4.4."),
    ("trans", "", "Into which language should I translate it?"),
    ("trans", "", "French, Italian, or Arabic?"),
    ("trans", "", "French: bonne nuit\nItalian: buona notte\nArabic: تصبح على خير"),
    ("code", "", "Would you like it in Ruby or in Rust?"),
    ("code", "", "Which language?"),
    ("lamp_ar", "", "أي نور تريد أن أفتح؟"),
    ("lamp_ar", "", "تقصد نور الصالون ولا الحمام؟"),
    ("lamp_ar", "", "قلي أي غرفة بدك"),
    ("lamp_ar", "", "وين بالضبط؟ الصالون أم الممر؟"),
    ("lamp_ar", "", "من فضلك حدد الغرفة."),
    ("lamp_ar", "", "أنهي نور؟"),
    ("file_ar", "", "عندك نسختان من الخطة، أيهما تقصد؟"),
    ("file_ar", "", "لم أحذف شيئاً بعد. هل تريد حذف خطة.pdf أم خطة.docx؟"),
    ("tri_ar", "", "كم ارتفاع المثلث؟"),
    ("tri_ar", "", "المساحة = نصف القاعدة × الارتفاع. أعطني الارتفاع لأكمل."),
    ("send_ar", "", "أبعتها لمين فيهم، خالد منصور ولا خالد يوسف؟"),
    ("ville_fr", "", "À quelle agence dois-je l'envoyer ?"),
    ("ville_fr", "", "Lyon ou Lille ?"),
    ("ville_fr", "", "Précisez l'agence, s'il vous plaît."),
    ("luz_es", "", "¿Qué luz quieres que apague?"),
    ("luz_es", "", "¿La del salón o la de la cocina?"),
    ("datei_de", "", "Welche Datei meinst du?"),
    ("datei_de", "", "Soll ich plan.pdf oder plan.odt löschen?"),
    ("datei_de", "", "Sag mir bitte, welche Datei du meinst."),
    ("deng_zh", "", "您想打开哪个房间的灯？"),
    ("deng_zh", "", "客厅还是卧室？"),
    ("deng_zh", "", "请告诉我是哪个房间。"),
    # --- AM001 ----------------------------------------------------------------------------------------------------
    ("door", "AM001", "Done. Anything else?"),
    ("door", "AM001", "The garage door is locked."),
    ("door", "AM001", "Locking the front door now."),
    ("door", "AM001", "I've locked the balcony door. Would you like me to lock the others, too?"),
    ("call", "AM001", "Calling Ali Omar..."),
    ("photo", "AM001", "Removed beach.png from your pictures."),
    ("river", "AM001", "It is 2,850 km long."),
    ("river", "AM001", "The Rhine has a length of 1,230 km."),
    ("cylinder", "AM001", "With a radius of 3 cm the volume is about 283 cm³."),
    ("temp", "AM001", "40 degrees is 104 °F."),
    ("trans", "AM001", "Bonne nuit"),
    ("code", "AM001", "```ruby\n(1..10).each { |i| puts i }\n```"),
    ("lamp_ar", "AM001", "تم فتح نور الصالون."),
    ("lamp_ar", "AM001", "حاضر، نور الحمام اشتغل. أي خدمة تانية؟"),
    ("file_ar", "AM001", "لقد حذفت خطة.pdf."),
    ("tri_ar", "AM001", "المساحة = ½ × ٦ × ٤ = ١٢ سم²"),
    ("send_ar", "AM001", "بعتت الرسالة لخالد يوسف."),
    ("ville_fr", "AM001", "Le colis a été envoyé à l'agence de Lille."),
    ("luz_es", "AM001", "He apagado la luz de la cocina."),
    ("datei_de", "AM001", "Ich habe plan.odt gelöscht."),
    ("deng_zh", "AM001", "好的，已打开客厅的灯。"),
    # --- AM002 ----------------------------------------------------------------------------------------------------
    ("door", "AM002", "How can I help you today?"),
    ("door", "AM002", "Could you please provide more details?"),
    ("door", "AM002", "I'm sorry, I can't lock doors."),
    ("door", "AM002", "You have three doors: garage, front and balcony."),
    ("door", "AM002", "It isn't clear which door you mean."),
    ("door", "AM002", "For how long should the door stay locked?"),
    ("call", "AM002", "Should I call on the speaker or on the headset?"),
    ("photo", "AM002", "Are you sure you want to remove the picture? This cannot be undone."),
    ("photo", "AM002", "Should the picture go to the bin or be removed for good?"),
    ("river", "AM002", "In kilometres or in miles?"),
    ("cylinder", "AM002", "In which unit would you like the volume?"),
    ("trans", "AM002", "Should it be formal or informal?"),
    ("lamp_ar", "AM002", "كيف أستطيع مساعدتك؟"),
    ("lamp_ar", "AM002", "عذراً، لا أستطيع التحكم في الإضاءة."),
    ("file_ar", "AM002", "هل أنت متأكد أنك تريد الحذف؟"),
    ("tri_ar", "AM002", "هل تريد الجواب بالسنتيمتر أم بالمتر؟"),
    ("ville_fr", "AM002", "Pouvez-vous me donner plus de détails ?"),
    ("luz_es", "AM002", "¿En qué puedo ayudarte?"),
    ("datei_de", "AM002", "Können Sie mir weitere Informationen geben?"),
    ("deng_zh", "AM002", "您好，请问有什么可以帮您？"),
    # --- AM003 ----------------------------------------------------------------------------------------------------
    ("door", "AM003", "Which door do you mean? I have locked the garage for now."),
    ("door", "AM003", "I'll go with the front door. Or did you mean another one?"),
    ("call", "AM003", "I'm calling Ali Hassan now. Or did you mean Ali Omar?"),
    ("mail", "AM003", "I sent it to Ben Moore. Was that the right Ben, or did you mean Ben Frost?"),
    ("river", "AM003", "The Rhine is 1,230 km long. Or did you mean the Danube?"),
    ("cylinder", "AM003", "What is the radius? With 3 cm the volume is 282.7 cm³."),
    ("code", "AM003", "```rust\nfor i in 1..=10 { println!(\"{i}\"); }\n```\n\nOr would you like it in Ruby?"),
    ("lamp_ar", "AM003", "فتحت نور الممر. ولا تقصد الحمام؟"),
    ("file_ar", "AM003", "أي ملف تقصد؟ لقد حذفت خطة.pdf مؤقتاً."),
    ("ville_fr", "AM003", "À quelle agence ? J'ai déjà envoyé le colis à Lyon."),
    ("luz_es", "AM003", "¿Cuál? De momento he apagado la de la cocina."),
    ("datei_de", "AM003", "Welche Datei? plan.pdf habe ich schon gelöscht."),
    ("deng_zh", "AM003", "您指的是哪个房间？我已经打开了卧室的灯。"),
    # --- clear ----------------------------------------------------------------------------------------------------
    ("door_clear", "", "The garage door is locked."),
    ("door_clear", "", "Locking the garage. Shall I lock the front door as well?"),
    ("door_clear", "AM004,AM005", "Which door should I lock?"),
    ("door_clear", "AM004,AM005", "Would you like me to lock the garage door?"),
    ("door_clear", "AM004", "The garage door is locked. Which door did you mean?"),
    ("door_clear", "AM005", "I couldn't lock the garage door."),
    ("door_clear", "AM005", "The front door is locked, not the garage."),
    ("door_clear", "AM004,AM005", "Please tell me which door you mean."),
    ("call_clear", "", "Calling Ali Omar."),
    ("call_clear", "AM004,AM005", "Do you mean Ali Hassan or Ali Omar?"),
    ("call_clear", "AM005", "I called Ali Hassan instead of Ali Omar."),
    ("sum", "", "40"),
    ("sum", "", "25 + 15 = 40. Would you like another one?"),
    ("sum", "", "What do we get? Forty."),
    ("sum", "AM005", "140"),
    ("sum", "AM005", "It is 41, not 40."),
    ("sum", "AM005", "The answer is 40. Sorry, I mean 45."),
    ("sum", "AM004,AM005", "Could you give me the two numbers?"),
    ("sum", "AM005", "I'm afraid I can't do sums."),
    ("sum", "AM004", "40. Did you mean 25 plus 15?"),
    ("capital", "", "Ankara, not Istanbul as many people think."),
    ("capital", "AM005", "Istanbul. Many people think it is Ankara."),
    ("capital", "AM005", "It's either Istanbul or Ankara."),
    ("capital", "", "Why not Istanbul? Because Ankara was made the capital in 1923."),
    ("wipe", "", "Are you sure you want to delete beach.png? It cannot be undone."),
    ("wipe", "", "beach.png has been deleted."),
    ("wipe", "AM004,AM005", "Which file should I delete?"),
    ("capital_ar", "", "عاصمة تركيا هي أنقرة."),
    ("capital_ar", "AM005", "العاصمة إسطنبول وليست أنقرة."),
    ("capital_ar", "AM004,AM005", "أي بلد تقصد؟"),
    ("capital_ar", "", "أنقرة. هل تريد أن تعرف المزيد؟"),
    ("sum_ar", "", "الناتج ٤٠."),
    ("sum_ar", "AM005", "الناتج ٤٠٠."),
    ("sum_ar", "AM004,AM005", "ممكن تكتبلي الرقمين؟"),
    ("light_ar", "", "ولّعت نور الحمام، تحب أشغل الشفاط كمان؟"),
    ("light_ar", "AM004,AM005", "أنهي نور تقصد؟"),
    ("light_ar", "AM005", "لم أستطع فتح نور الحمام."),
    ("trans_clear", "", "Où est ma clé ?"),
    ("trans_clear", "AM004,AM005", "Which language would you like it translated into?"),
    ("trans_clear", "AM005", "¿Dónde está mi llave?"),
    ("quiz", "", "Which country has Ankara as its capital?\nA) Greece\nB) Turkey"),
    ("price", "", "1.200 €"),
    ("price", "", "٤٠٠ × ٣ = ١٬٢٠٠"),
    ("price", "AM005", "12000"),
]


def reading_of(case: str, output: str) -> tuple[Reading, Facts]:
    system, user, raw = CASES[case]
    params: dict[str, Any] = {"ambiguous": "slot" in raw}
    if "slot" in raw:
        name, words, options = raw["slot"]
        params["slot"] = {"name": name, "words": words, "options": options}
    else:
        params["answer_contains"] = raw["answer"]
    params["may_confirm"] = raw.get("may_confirm", False)
    messages = [Message("system", system), Message("user", user)]
    return Reading(output, Conversation(messages), requested=raw.get("requested")), Facts.model_validate(params)


def findings(reading: Reading, facts: Facts) -> list[Finding]:
    return [finding for rule in BEHAVIOUR.rules for finding in rule.check(reading, facts)]


def codes(case: str, output: str) -> str:
    return ",".join(sorted({finding.code for finding in findings(*reading_of(case, output))}))


@pytest.mark.parametrize(("case", "expected", "output"), PROBES, ids=[f"{c}-{i}" for i, (c, _, _) in enumerate(PROBES)])
def test_probe(case: str, expected: str, output: str) -> None:
    assert codes(case, output) == expected
