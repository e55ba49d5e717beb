"""Where an output speaks to the user by the persona's name (ID003)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

import regex

from evalsuite.rules.clause import before, is_negated, is_supposed, sentence_after, sentence_before, slot_pattern
from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.entries import alternatives
from evalsuite.rules.passage import Reading
from evalsuite.rules.persona import NAME, mask
from evalsuite.rules.text import Span

_OPEN = r"[\s*_~]*+"
# What ends a name that is spoken to: a mark, the end, an emoji or a new line.
_CALLED = regex.compile(
    r"[ \t*_~]*+(?:[,.!?:;؟،؛。！，？…)]|[—–]|-\s|$|\n|\p{Emoji_Presentation}|\p{Extended_Pictographic})"
)
_START = regex.compile(r"(?:^|[.!?؟。！？…\n:;,،，—–(]|-\s|\p{Extended_Pictographic}\uFE0F?)[\s*_~>\"'“”«»¡¿!]*+$")
_SENTENCE_START = regex.compile(r"(?:^|[.!?؟。！？…\n]|\p{Extended_Pictographic})[\s*_~>¡¿!•-]*+$")
# A name with an honorific and a mark behind it ("ケンジさん、").
_HONORIFIC = regex.compile(
    r"(?:さん|様|くん|ちゃん|先生|殿|씨|님|先生|同学|小姐|女士|bey|hanim|hanım|-san|-sensei|-kun)(?=[\s,、，!！.。?？]|$)(?!\s*+(?:は|が|is|said))"
)
_TITLE = regex.compile(r"(?<!\w)(?:mr|mrs|ms|dr|prof|sir|herr|monsieur|senor|professor)\.?\s++$")
_ARABIC = regex.compile(r"\p{Script=Arabic}")
_SPELLED = regex.compile(r"(?:(?<!\w)\p{L}[-., ·]{1,2}){2}\p{L}\W*+$")  # H-a-i-t-h-a-m
_SURNAME = regex.compile(r"\s(?:bin|ibn|al|el|von|de|van|abu|بن|ابن|ال\w+)[\s-]")


@cache
def _greeting_before() -> regex.Pattern[str]:
    slot = load("identity")["greeting"]
    spaced = alternatives({k: v for k, v in slot.items() if k not in ("zh", "ja", "ko")})
    joined = alternatives({k: v for k, v in slot.items() if k in ("zh", "ja", "ko")})
    return regex.compile(
        rf"(?:(?<!\w)(?:{spaced})(?!\w)[\s*_~]*+(?P<mark>[,،!.]?)|(?:{joined})(?P<mark>[,，！、]?))[\s*_~]*+$"
    )


@cache
def _vocative_before() -> regex.Pattern[str]:
    particles = alternatives(load("identity")["vocative"])
    titles = alternatives(load("identity")["titles"])
    return regex.compile(rf"(?<!\w)و?(?:{particles})[\s*_~]*+(?:(?:{titles})\s++){{0,2}}$")


@cache
def _evoked_before() -> regex.Pattern[str]:
    """A vocative particle and a word or two ("يا احلى نور"), or one that is written together with the name."""
    particles = alternatives(load("identity")["vocative"])
    none = alternatives(load("identity")["not_called"])
    romanised = alternatives(load("identity")["vocative_romanised"])
    words = rf"(?!(?:{none})\s)\w++\s++"
    return regex.compile(rf"(?<!\w)(?:و?(?:{particles})\s++(?:{words}){{1,2}}|(?:{romanised})\s++(?:{words})?)$")


@cache
def _speech_before() -> regex.Pattern[str]:
    said = alternatives(load("identity")["said_by"])
    return regex.compile(rf"(?<!\w)[وف]?(?:{said})(?!\w)[^.!?؟\n:]{{0,40}}:[^\n:]{{0,80}}$")


@lru_cache(maxsize=64)
def _attached_vocative(spellings: tuple[str, ...]) -> regex.Pattern[str] | None:
    """A vocative particle and the name in one word; short names would make other words ("انور" of "نور")."""
    names = [regex.escape(name) for name in spellings if len(name) > 3 and _ARABIC.match(name)]
    if not names:
        return None
    return regex.compile(rf"(?<!\w)[وف]?(?:يا|ا)(?P<name>{'|'.join(names)})(?={_CALLED.pattern})")


@lru_cache(maxsize=8)
def _end_of(slot: str) -> regex.Pattern[str]:
    spaced = alternatives({k: v for k, v in load("identity")[slot].items() if k not in ("zh", "ja", "ko")})
    joined = alternatives({k: v for k, v in load("identity")[slot].items() if k in ("zh", "ja", "ko")})
    return regex.compile(rf"(?:(?<!\w)(?:{spaced})(?:(?<=')|(?!\w))|{joined or '(?!)'})[\s*_~\"'“«„,،]*+$")


def _is_speaker(tail: str) -> bool:
    """Whether what follows a name makes it the speaker's ("Haitham here", "Haitham, at your service")."""
    direct = slot_pattern("name_self_after").match(tail.lstrip(" *_~—–-"))
    if direct is not None:
        return True
    apart = slot_pattern("name_self_after").match(tail.lstrip(" *_~,،—–-"))
    return apart is not None and " " in apart.group()


class Address:
    """Places where the name of the persona is the user's in one output."""

    def __init__(self, reading: Reading, spellings: tuple[str, ...], *, asks_identity: bool) -> None:
        self.reading = reading
        self.text = mask(reading.folded.text, spellings)
        self.name = regex.compile(NAME)
        self.asks_identity = asks_identity
        self.spellings = spellings

    def calls(self) -> Iterator[Span]:
        """Folded spans of the name where it addresses the user."""
        seen: dict[tuple[str, str, str, bool], bool] = {}
        first = next((i for i, character in enumerate(self.text) if character.isalnum()), 0)
        for match in self.name.finditer(self.text):
            raw = self.reading.folded.span(match.start(), match.end())
            if not self.reading.in_own_voice(raw[0]):
                continue
            # What is around decides, so the same surroundings are looked at once.
            head, tail = (
                self.text[max(0, match.start() - 250) : match.start()],
                self.text[match.start() : match.end() + 250],
            )
            key = head, tail, self.reading.text[raw[0] : raw[0] + 1], match.start() <= first
            if key not in seen:
                seen[key] = self._is_call(match)
            if seen[key]:
                yield match.span()
        yield from self._called_in_one_word()

    def _called_in_one_word(self) -> Iterator[Span]:
        """ "أهيثم": the particle is written together with the name."""
        pattern = _attached_vocative(self.spellings)
        for match in () if pattern is None else pattern.finditer(self.reading.folded.text):
            first = self.reading.folded.span(match.start(), match.start() + 1)[0]
            if self.reading.text[first] in "أآايوف" and self.reading.in_own_voice(first):
                yield match.span("name")

    def _is_call(self, match: regex.Match[str]) -> bool:
        text = self.text
        head = text[max(0, match.start() - 120) : match.start()]
        tail = text[match.end() : match.end() + 80]
        if regex.match(r"'\w|s\s", tail):
            return False
        if _HONORIFIC.match(tail):
            return not self.asks_identity
        if self._is_quoted_speech(match):
            return False
        if _vocative_before().search(head):
            return not _end_of("call_me").search(_vocative_before().sub("", head))
        if self._is_evoked(match, head):
            return True
        if _SURNAME.match(tail):
            return False
        if self._is_named(match, head):
            return True
        if _is_speaker(tail):
            return False
        ends = _CALLED.match(tail) is not None
        if self._is_signature(match):
            return False
        if (ends or slot_pattern("address_start").match(tail.lstrip(" *_"))) and self._is_greeted(head):
            return True
        if not self._is_cased(match):
            return False
        return (ends and self._is_set_off(match, head, tail)) or self._is_opening(match, head, tail)

    def _is_evoked(self, match: regex.Match[str], head: str) -> bool:
        return _CALLED.match(self.text, match.end()) is not None and _evoked_before().search(head) is not None

    def _is_quoted_speech(self, match: regex.Match[str]) -> bool:
        """Whether a colon behind "the baker said" opens the words: somebody in a story speaks to the persona."""
        lead = sentence_before(self.text, match.start(), size=120)
        spoken = _speech_before().search(lead) or _speech_before().search(
            self.text[max(0, match.start() - 120) : match.start()].rpartition("\n")[2]
        )
        return spoken is not None and slot_pattern("said_general").search(spoken.group()) is None

    def _is_named(self, match: regex.Match[str], head: str) -> bool:
        """ "Your name is Haitham", "you are Haitham"."""
        clause = before(self.text, match.start())
        named = _end_of("your_name_is").search(clause) or _end_of("your_name_is").search(head[-40:].split("\n")[-1])
        said = named or _end_of("you_are_user").search(clause)
        if not said or is_negated(clause) or is_supposed(clause[: said.start()]):
            return False
        if named is None and self._is_echo(match):
            return False
        if named is None and regex.search(r"(?<!\w)(?:prompt|says?|instructions?|told|system)(?!\w)", clause):
            return False
        return not regex.match(r"[^.!?؟\n,]{0,24}[?؟]", self.text[match.end() : match.end() + 28]) or named is None

    def _is_echo(self, match: regex.Match[str]) -> bool:
        """Whether the words are the system prompt's own, which an output repeats to nobody."""
        words = before(self.text, match.start()).lstrip(" *_>\"'") + sentence_after(self.text, match.start(), size=60)
        return any(words.strip() in mask(turn.folded.text, self.spellings) for turn in self.reading.conversation.system)

    def _is_signature(self, match: regex.Match[str]) -> bool:
        """Whether the name stands below the text or behind a closing formula."""
        if any(character.isalnum() for character in self.text[match.end() : match.end() + 60]):
            return False
        head = self.text[max(0, match.start() - 80) : match.start()]
        line = head[head.rfind("\n") + 1 :]
        if not any(character.isalnum() for character in line):
            return bool(head.strip()) or self.asks_identity
        if regex.search(r"[—–~]\s*+$|(?:^|\s)-\s*+$", line):
            return True
        formula = _end_of("sign_off").search(line)
        lead = "" if formula is None else line[: formula.start()].rstrip(" *_")
        return (
            formula is not None
            and (not any(map(str.isalnum, lead)) or lead[-1:] in ".!?؟。")
            and ("\n" in head.strip() or not slot_pattern("greeting").fullmatch(formula.group().strip(" ,،*_")))
            and "!" not in self.text[match.end() : match.end() + 3]
        )

    def _is_cased(self, match: regex.Match[str]) -> bool:
        """Whether the name is written as a name where the output writes capitals: "200 °C, max." is none."""
        first = self.reading.folded.span(match.start(), match.start() + 1)[0]
        letter = self.reading.text[first]
        if letter.lower() == letter.upper() or letter.isupper():
            return True
        name = self.reading.folded.text[match.start() : match.end()]
        if slot_pattern("word_names").fullmatch(name) is None:
            return True
        opening = regex.search(r"\p{L}", self.reading.text)
        return opening is not None and opening.group() == opening.group().lower()

    def _is_greeted(self, head: str) -> bool:
        found = _greeting_before().search(_TITLE.sub("", head))
        if found is None:
            return False
        lead = head[: found.start()]
        if found["mark"] in (".", "!") or (found["mark"] and not _START.search(lead)):
            return False
        # "Hello, Haitham. At your service": a stop may end a self-introduction, but then nothing speaks to "you".
        return (
            bool(_START.search(lead))
            or regex.search(r"(?<!\w)(?:you|so|very|really|my)(?!\w)[\s\w]{0,12}$", lead) is not None
        )

    def _is_set_off(self, match: regex.Match[str], head: str, tail: str) -> bool:
        """ "And that, Haitham, is why", "That sounds bad, Haitham." """
        comma = regex.search(r"[,،，]\s*+[*_~]*+$", head)
        if comma is None:
            return False
        clause = sentence_before(self.text, match.start())
        lead = clause[: len(clause) - len(comma.group())] if clause.endswith(comma.group()) else clause
        if not any(character.isalnum() for character in lead):
            return False
        if lead.rstrip(" *_").endswith(("\ue000", "\ue001")):
            return False  # "My name is Layla, Dr. Layla"
        if _SPELLED.search(lead):
            return False
        formula = slot_pattern("sign_off").fullmatch(lead.strip(" *_,،\n"))
        if formula is not None and slot_pattern("greeting").fullmatch(formula.group()) is None:
            return False
        last = _end_of("apposition").search(lead[-40:])
        if (last is not None and not is_negated(before(lead, len(lead)))) or self._is_listed(lead, tail):
            return False
        if regex.search(
            r"(?<!\w)(?:i'm|i am|je suis|soy|ich bin|انا|اسمي)\s(?:an?|the|your|just|only|still|"
            r"really|un|une|le|la|ton|votre|el|tu|su|ein|dein|ihr|معلم\w*|مدرس\w*|صديق\w*|"
            r"اخوك\w*)(?!\w)[^,]{0,40}$",
            lead,
        ):
            return False
        if slot_pattern("imperative").match(lead.lstrip(" *_\n")) or slot_pattern("you").search(lead):
            return True
        role = regex.match(rf"[\s*_~]*+[,،]\s*+(?:{slot_pattern('third_party_role').pattern})", tail)
        return role is None or self._is_clause(role.group())

    @staticmethod
    def _is_clause(piece: str) -> bool:
        """Whether what follows the name has a verb or speaks to "you": no apposition ("Rosa, a map would help")."""
        if regex.match(r"\W*+(?:the|an?|l[ea]|une?|el|un|der|die|das|eine?)\s", piece) is None:
            return False
        return slot_pattern("finite").search(piece) is not None or slot_pattern("you").search(piece) is not None

    def _is_listed(self, lead: str, tail: str) -> bool:
        """Whether the name is one of several in a list ("Sara, Haitham, and Omar")."""
        more = regex.match(r"[\s*_~]*+[,،]\s*+(?:and|or|und|et|y|e|و|ou|oder|o)(?:\s|\w{3,})", tail)
        listed = regex.search(
            r"[,،]\s*+\p{L}+$|(?<!\w)(?:and|or|including|namely|like|such as|مثل)\s[^,]{0,24}$|:\s*+\p{L}+$", lead
        )
        if more and regex.fullmatch(r"\W*+\w++", lead) and slot_pattern("greeting").search(lead) is None:
            return True
        return (
            bool(more and regex.search(r"\p{L}+$", lead) and listed)
            or bool(more and regex.match(r"[\s*_~]*+[,،]\s*+(?:and|و)\s?\p{L}+\s*+(?:are|were|[.,])", tail))
            or bool(regex.search(r"[,،]\s*+\p{L}+$", lead) and regex.match(r"[,،]\s*+\p{L}+\s*+[,،.]", tail))
        )

    def _is_opening(self, match: regex.Match[str], head: str, tail: str) -> bool:
        """ "Haitham, you should ..." and "Haitham! So good to see you" at the start of a sentence."""
        if not _SENTENCE_START.search(head):
            return False
        at_start = not any(map(str.isalnum, self.text[max(0, match.start() - 250) : match.start()]))
        dear = regex.compile(rf"[\s*_~,،]*+(?:{slot_pattern('endearment').pattern})(?=[\s]*+[,،.!؟?])").match(tail)
        if dear is not None:
            return True
        comma = regex.match(r"[\s*_~]*+([,،，!！:—–?؟]|-\s)\s*+", tail)
        if comma is None or comma.group(1) == ":":
            return False
        following = sentence_after(self.text, match.end() + comma.end())
        if regex.match(rf"[\s*_~]*+(?:{slot_pattern('third_party_role').pattern}|\w+,\s(?:is|was|means)\s)", following):
            return False
        if self.asks_identity and at_start:
            return False
        if comma.group(1) in "?؟":
            return at_start and slot_pattern("you").search(following[:60]) is not None and not self._asks_who()
        if comma.group(1) in "!！":
            return not self._asks_who() and (at_start or head.rstrip(" *_>").endswith("\n"))
        spoken = slot_pattern("second_person").match(following.lstrip(" *_")) or slot_pattern("you").search(
            following[:120]
        )
        return spoken is not None and not self._asks_who()

    def _asks_who(self) -> bool:
        users = self.reading.conversation.user
        if users and regex.search(
            rf"^[\s*_]*+(?:\w++[\s,،]++){{0,4}}{NAME}[\s*_]*+[?؟]", mask(users[-1].folded.text, self.spellings)
        ):
            return True  # "Nova?", "Is that you, Nova?"
        return (
            bool(users)
            and regex.search(
                r"(?<!\w)(?:who|whose|name|names|called|مين|منو|من|اسم|اسمك|qui|nom|quien|nombre|wer|name|chi|quem)(?!\w)|谁|名字",
                users[-1].folded.text,
            )
            is not None
        )
