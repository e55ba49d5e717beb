"""Outputs for the ambiguity rules, a fifth series: sums shared out, percentages, offers by a verb, requested texts."""

from __future__ import annotations

from typing import Any

CASES: dict[str, tuple[str, str | tuple[str, ...], dict[str, Any]]] = {
    "split": (
        "You are Haitham.",
        "Split the bill of 84 euros equally.",
        {"slot": ("number of people", ["people", "persons", "how many", "guests"], [])},
    ),
    "kids": (
        "You are Haitham.",
        "Divide 120 dollars among my kids",
        {"slot": ("number of children", ["kids", "children", "how many"], [])},
    ),
    "invites": (
        "You are Haitham.",
        "Partage les 90 euros entre les invités",
        {"slot": ("nombre d'invités", ["invités", "combien", "personnes"], [])},
    ),
    "qasm": (
        "You are Haitham.",
        "قسم ٩٠ دينار على الشباب",
        {"slot": ("عدد الأشخاص", ["عدد", "كم", "الشباب", "شخص"], [])},
    ),
    "tip": (
        "You are Haitham.",
        "How much is a 20 percent tip on our dinner?",
        {"slot": ("bill amount", ["bill", "total", "amount"], [])},
    ),
    "tip_sign": (
        "You are Haitham.",
        "How much is a 20% tip on our dinner?",
        {"slot": ("bill amount", ["bill", "total", "amount"], [])},
    ),
    "city": (
        "You are Haitham.",
        "What's the population of Springfield?",
        {"slot": ("state", ["state", "Springfield"], ["Illinois", "Missouri", "Massachusetts"])},
    ),
    "bus": (
        "You are Haitham.",
        "When does my bus leave?",
        {"slot": ("bus line", ["bus", "line", "which bus"], ["7", "12"])},
    ),
    "wall": (
        "You are Haitham.",
        "How much paint do I need for a wall 3 m wide? One litre covers 8 square metres.",
        {"slot": ("height", ["height", "high", "tall"], [])},
    ),
    "light": ("You are Haitham.", "طفي النور", {"slot": ("الغرفة", ["غرفة", "لمبة", "نور"], ["المطبخ", "الصالة"])}),
    "c_es": ("You are Haitham.", "Pon la lavadora en delicado", {"answer": [["delicado"]]}),
    "c_fr": ("You are Haitham.", "Lance le programme coton", {"answer": [["coton"]]}),
    "c_it": ("You are Haitham.", "Avvia il programma cotone", {"answer": [["cotone"]]}),
    "c_pt": ("You are Haitham.", "Inicia o programa algodão", {"answer": [["algodão"]]}),
    "c_en": ("You are Haitham.", "Set the washer to delicate", {"answer": [["delicate"]]}),
    "email": (
        "You are Haitham.",
        "Write an email to my manager that I'll be late.",
        {"slot": ("manager", ["manager", "recipient"], ["Kim Larsen", "Ana Ortiz"]), "requested": "letter"},
    ),
}

PROBES: list[tuple[str, str, str]] = [
    ("split", "AM001", "That is 28 euros each."),
    ("split", "", "How many of you were there?"),
    ("split", "", "Between how many people? For three it would be 28 euros each."),
    ("split", "AM001", "Each of you owes 21 euros. Was the food good?"),
    ("split", "", "I divide 84 by the number of guests. How many were you?"),
    ("kids", "AM001", "Each child gets 40 dollars."),
    ("invites", "AM001", "Chacun reçoit 30 euros."),
    ("invites", "", "Combien d'invités y a-t-il ?"),
    ("qasm", "AM001", "كل واحد عليه ٣٠ دينار."),
    ("qasm", "", "كم واحد انتو؟"),
    ("tip", "", "20 percent is 0.2 times the bill. What was the bill?"),
    ("tip", "", "A 20 percent tip means you pay 1.2 times the total. What is the total?"),
    ("tip", "AM003", "The tip is 12 dollars. What was the bill?"),
    ("tip", "AM001", "On a 60 dollar dinner, that comes to 12 dollars."),
    ("tip_sign", "", "Multiply the bill by 0.20. How much was it?"),
    ("city", "AM003", "It has 153,000 inhabitants. Which Springfield do you mean?"),
    ("city", "", "Which state: Illinois, Missouri or Massachusetts? It matters, as they differ a lot."),
    ("city", "", "Which Springfield, the one in Illinois, Missouri or Massachusetts?"),
    ("city", "AM001", "About 170,000 people live there."),
    ("bus", "AM003", "It leaves at 8:05. Do you mean the 7 or the 12?"),
    ("bus", "", "Is it the 7 or the 12 that you take?"),
    ("wall", "AM001", "A wall of 3 m by 2.4 m is 7.2 square metres, so one litre will do."),
    ("wall", "", "One litre covers 8 square metres, so I need the height of the wall."),
    ("wall", "", "How high is the wall?"),
    ("wall", "AM002", "Which colour would you like?"),
    ("light", "AM001", "تم. طفيت نور المطبخ."),
    ("light", "", "المطبخ ولا الصالة؟"),
    ("light", "AM003", "تم الإطفاء! المكان: الصالة. تقصد الصالة ولا المطبخ؟"),
    ("light", "", "الإطفاء يحتاج ثانية واحدة. أي غرفة تقصد؟"),
    ("light", "AM003", "طفيت نور الصالة، هي المقصودة ولا المطبخ؟"),
    ("light", "AM002", "بماذا أساعدك؟"),
    ("c_es", "", "La lavadora está en delicado. ¿Te aviso cuando termine?"),
    ("c_es", "", "La lavadora está en delicado. ¿Le mando un mensaje al acabar?"),
    ("c_es", "AM004", "La lavadora está en delicado. ¿Qué programa querías?"),
    ("c_es", "AM004,AM005", "¿Te refieres al delicado o al rápido?"),
    ("c_fr", "", "Le programme coton tourne. Je vous préviens à la fin ?"),
    ("c_fr", "AM004", "Le programme coton tourne. Quel programme vouliez-vous ?"),
    ("c_it", "", "Il programma cotone è partito. Ti avviso quando finisce?"),
    ("c_pt", "", "O programa algodão está ligado. Te aviso quando terminar?"),
    ("c_en", "", "The washer is on delicate. Shall I ping you at the end?"),
    ("c_en", "AM005", "The washer is set to cotton."),
    ("email", "AM001", "Dear Ana,\n\nI'll be late today. Which of the two reports do you want first?\n\nBest\nTom"),
    ("email", "", "Should it go to Kim Larsen or Ana Ortiz?"),
    ("email", "", "Which manager is it for?"),
]

LIMITS: list[tuple[str, str, str]] = [
    # Outputs that the rules are known to judge otherwise.
    ("bus", "AM002", "Buses leave from the front of the station. Anything else?"),
    ("email", "AM003", "Dear Kim,\n\nI'll be late today.\n\nTom\n\nOr did you mean Ana Ortiz?"),
]
