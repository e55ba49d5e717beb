"""Golden outputs of the rules on output integrity: faults and near misses, by rule."""

from __future__ import annotations

import pytest

from evalsuite.rules import output
from tests.rules.golden import Case, findings_of

LONG = (
    "Plan the trip around the tide tables, and leave early so that you cross the flats with the falling water. "
    "Take two litres for each person, a map on paper, and shoes that may get wet. On the island there is one well, "
    "one shop that opens when the owner is awake, and a path along the cliffs that takes half a day."
)
TRUNCATED = [
    Case("x", "All is said.", "OUT001", finish_reason="length"),
    Case("x", "And then it", "", finish_reason="length", facts={"may_truncate": True}),
    Case("x", "And then it", "", finish_reason="stop"),
]
EMPTY = [
    Case("x", "", "OUT002"),
    Case("x", " \n\t\u200b", "OUT002"),
    Case("x", "...", "OUT002"),
    Case("x", "😀👍🏽", "OUT002"),
    Case("x", "1️⃣", "OUT002"),
    Case("x", "```json\n```", "OUT002"),
    Case("x", "```\n\n```\n", "OUT002"),
    Case("x", "---\n***", "OUT002"),
    Case("x", "<|im_end|>", "OUT002 OUT004"),
    Case("x", "<|im_start|>assistant\n<|im_end|>", "OUT002 OUT004"),
    Case("x", "</s>", "OUT002 OUT004"),
    Case("x", "؟!", "OUT002"),
    Case("x", "🇯🇴", "OUT002"),
    Case("one emoji", "😀", "", facts={"allow": ["FL004"]}),
    Case("x", "[]"),
    Case("x", "{}"),
    Case("x", '""'),
    Case("x", "```json\n[]\n```"),
    Case("x", "7"),
    Case("x", "٧"),
    Case("x", "C"),
    Case("x", "是"),
    Case("which token ends a message?", "<|im_end|>", "OUT002 OUT004"),
    Case("what is <|im_end|> ?", "<|im_end|>"),
]
LOOPS = [
    Case("x", "Tea is good. " + "It is very good for you. " * 5, "OUT003"),
    Case("x", "It is very good for you.\n" * 4, "OUT003"),
    Case("x", "Confidence grows.\n" + "- Believe in yourself.\n" * 6, "OUT003"),
    Case("x", "".join(f"{n}. Drink a glass of water.\n" for n in range(1, 9)), "OUT003"),
    Case("x", LONG + " very very very very very very nice", "OUT003", "very very very very very very"),
    Case("x", LONG + " so much so much so much so much so much so much", "OUT003"),
    Case("x", "ha, ha, ha, ha, ha, ha!", "OUT003"),
    Case("x", "no\nno\nno\nno\nno\nno", "OUT003"),
    Case("x", LONG + " " + "and the sea and the sky and " * 6, "OUT003"),
    Case("x", LONG * 3 + "\n" + "the end of the line is near and we know it well now. " * 3, "OUT003"),
    Case("x", LONG + " " + "!" * 40, "OUT003"),
    Case("x", LONG + " " + "=-" * 20, "OUT003"),
    Case("x", "المشي مفيد للجسم. " * 5, "OUT003"),
    Case("x", "جدا جدا جدا جدا جدا جدا", "OUT003"),
    Case("x", "我喜欢吃苹果。" * 5, "OUT003"),
    Case("x", "Good job. Good job. Good job. Good job.", "OUT003"),
    Case("x", "Yes, I can do that for you. No problem. " * 4, "OUT003"),
    Case(
        "x",
        LONG + "\n" + "Take the boat at noon, please, and do not be late for it again; "
        "Take the boat at noon, please, and do not be late for it again; "
        "Take the boat at noon, please, and do not be late for it again; "
        "Take the boat at noon, please, and do not be la",
        "OUT003",
    ),
    Case("x", "one two three. " * 3),
    Case("x", "so good so good so good so good, that is what she sang."),
    Case("x", "very very very very very good"),
    Case("Write 'I am calm' five times.", "I am calm. " * 5),
    Case("Say banana 10 times", "banana " * 10),
    Case("اكتب كلمة صبر عشر مرات", "صبر " * 10),
    Case("كرر جملة: أنا بخير", "أنا بخير. " * 6),
    Case("Écris « merci » six fois", "merci " * 6),
    Case("请把加油写六遍", "加油" * 6),
    Case(
        "Explain: Buffalo buffalo Buffalo buffalo buffalo buffalo Buffalo buffalo",
        "In Buffalo buffalo Buffalo buffalo buffalo buffalo Buffalo buffalo the word has three senses, and so the whole says that some of them bully others.",
    ),
    Case("How many times a day should I eat?", "Eat well. " * 8, "OUT003"),
    Case(
        "table",
        "| Day | Open |\n|---|---|\n| Mon | yes |\n| Tue | yes |\n| Wed | yes |\n| Thu | yes |\n| Fri | yes |\n| Sat | yes |",
    ),
    Case("matrix", "Here is the matrix of zeros that you need:\n\n```\n0 0 0 0 0 0\n0 0 0 0 0 0\n0 0 0 0 0 0\n```"),
    Case("zeros", "Use this:\n\n```python\nx = [0, 0, 0, 0, 0, 0, 0, 0]\n```"),
    Case(
        "steps",
        "1. Open the app and tap A.\n2. Open the app and tap B.\n3. Open the app and tap C.\n4. Open the app and tap D.",
    ),
    Case(
        "form",
        "Please sign below.\n\nName: ______________________________________\nDate: ______________________________________",
    ),
    Case("x", "Title\n=====================================\n\nA short text about the sea and the sky."),
    Case(
        "poem",
        "The sea, the sea, it calls to me,\nthe sea, the sea, it sets me free,\nand all the day I hear it say:\nthe sea, the sea is here to stay.",
    ),
    Case("x", "12 12 12 12 12 are five of them."),
    Case("phone", "我的电话是一三八〇〇〇〇〇〇〇〇。"),
]
TOKENS = [
    Case("x", "Done.<|im_end|>", "OUT004", "<|im_end|>"),
    Case("x", "Done. <|endoftext|>", "OUT004"),
    Case("x", "<|user|> hi <|assistant|> ho", "OUT004 OUT005"),
    Case("x", "Done.<|eot_id|>", "OUT004"),
    Case("x", "Done.<｜end▁of▁sentence｜>", "OUT004"),
    Case("x", "[INST] Done.", "OUT004"),
    Case("x", "Done. [/INST]", "OUT004"),
    Case("x", "<<SYS>>be nice<</SYS>> Done.", "OUT004"),
    Case("x", "<s> Done.", "OUT004"),
    Case("x", "Done.</s>", "OUT004"),
    Case("x", "Done.<end_of_turn>", "OUT004"),
    Case("x", "<think>hmm</think>Done.", "OUT004"),
    Case("x", "</think>\n\nDone.", "OUT004"),
    Case("x", "Done.\n\n### Response:\nMore.", "OUT004"),
    Case("x", "Done.\n### Instruction: go on", "OUT004"),
    Case("x", "### Input:\nnone", "OUT004"),
    Case("x", "assistant\nDone.", "OUT004", "assistant"),
    Case("x", "Done.\nuser\n", "OUT004"),
    Case("x", "Done.\n  system  \nMore.", "OUT004"),
    Case("x", "تم.<|im_end|>", "OUT004"),
    Case("x", "Done.<|im_end", "OUT004"),
    Case("What does <|im_end|> do?", "`<|im_end|>` closes what `<|im_start|>` opens."),
    Case("what is im_end", "<|im_end|> closes a message."),
    Case("explain [INST]", "The pair [INST] and [/INST] holds the user's message."),
    Case("what are think tags", "Text between `<think>` and `</think>` is hidden."),
    Case("How do I strike text in HTML?", "Write `<s>old</s>`."),
    Case("Which special tokens does ChatML use?", "It uses `<|im_start|>` and `<|im_end|>`."),
    Case("Which special tokens does ChatML use?", "It uses two of them.<|im_end|>", "OUT004"),
    Case("recipe", "### Instructions\n1. Mix.\n\n### Ingredients\nFlour."),
    Case("code", "Use `a <|> b` for a choice, and `x |> f` for a pipe."),
    Case("code", "In Rust, `Vec<s>` does not compile, since `s` is no type."),
    Case("roles in the chat api?", "Three:\n\nsystem\nuser\nassistant"),
    Case("ls", "It shows:\n\n```\nroot\nuser\nsystem\n```"),
    Case("x", "The user asked the assistant about the system."),
    Case("x", "- user\n- system"),
]
TURNS = [
    Case("x", "Done.\n\nUser: and now?", "OUT005", "User:"),
    Case("x", "Done.\n\n**Human:** thanks", "OUT005"),
    Case("x", "Done.\n### Human: more", "OUT005"),
    Case("x", "Done.\n\nYou: what about rice?", "OUT005"),
    Case("x", "تم.\n\nالمستخدم: طيب والأرز؟", "OUT005", "المستخدم:"),
    Case("x", "تم.\n\nأنت: طيب والأرز؟", "OUT005"),
    Case("x", "Fait.\n\nUtilisateur : et le riz ?", "OUT005"),
    Case("x", "Hecho.\n\nUsuario: ¿y el arroz?", "OUT005"),
    Case("x", "Fertig.\n\nBenutzer: Und Reis?", "OUT005"),
    Case("x", "好了。\n\n用户：那米饭呢？", "OUT005"),
    Case("x", "Done.\n\n[User]\nand rice?", "OUT005"),
    Case("x", "Done.\n\nTom: and rice?", "OUT005", facts={"user_name": "Tom"}),
    Case("x", "Paris is the capital.\n\nQ: And of Spain?\nA: Madrid.", "OUT005"),
    Case("x", "Done.<|im_end|>\n<|im_start|>user\nmore\n<|im_end|>", "OUT004 OUT005"),
    Case("x", "Add these:\n\nhost: db1\nuser: root\nport: 5432"),
    Case("x", "- You: rice\n- Sara: bread\n- Omar: dates"),
    Case("x", "You: rice\nSara: bread"),
    Case("x", "Human: 46 chromosomes\nChimpanzee: 48 chromosomes"),
    Case("x", "Rights:\n\n- User: read only\n- Admin: read and write"),
    Case("x", "Try *Human: Fall Flat*, a game."),
    Case("x", "*Human: Fall Flat* is a game for two."),
    Case("x", "Games:\n1. Human: Fall Flat\n2. Overcooked\n3. Unravel"),
    Case("x", "> User: hi\n> Bot: hello"),
    Case("x", "```\nUser: hi\n```"),
    Case("Write a dialogue", "User: Hi\nBot: Hello!\nUser: Bye", facts={"requested": "dialogue"}),
    Case("Make a quiz", "Q: Capital of France?\nA: Paris.\n\nQ: Of Spain?\nA: Madrid."),
    Case("x", "Write user: root into the file."),
    Case("x", "Dear user: the shop is closed."),
]


GOLDEN = TRUNCATED + EMPTY + LOOPS + TOKENS + TURNS


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.output[:40])
def test_codes_of_golden_outputs(case: Case) -> None:
    found = findings_of(case, [output.BEHAVIOUR])
    assert sorted({finding.code for finding in found}) == case.codes.split()
    if case.evidence is not None:
        span = next(finding.span for finding in found if finding.span is not None)
        piece = case.output[slice(*span)]
        assert piece in case.evidence or case.evidence in piece
