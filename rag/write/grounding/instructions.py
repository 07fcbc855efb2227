"""Which sentences of a source speak to its reader instead of about its subject.

An abstract states; it does not say "ignore", "you" or "I". A sentence that does may have been put there for the model
that reads it, and is no evidence for anything: what repeats it is not shown. A question is no evidence either. That an
honest "we ask: can …?" is lost with them costs nothing, since it states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from rag.write.grounding.words import Word

_ADDRESSING = re.compile(
    r"(?<![\w'\u2019-])(?:you|your|yours|yourself|yourselves|u|I['\u2019](?:m|ve|ll|d)|(?i:my|me|myself|mine)"
    r"|(?<!\bPhase )(?<!\bType )(?<!\bPart )(?<!\bLevel )(?<!\bTask )(?<!\bStage )(?<!\bClass )I(?=\s+[a-z]))(?![\w-])"
    r"|(?<![\w'\u2019-])(?:You|Your|Yourself|YOU|YOUR|I)(?![\w.)-])",
)
_VERBS = (
    "act add adopt always answer append apply assume avoid base behave blame calculate change choose cite "
    "combine complete compose continue convert create decode delete demonstrate describe disregard display do "
    "don't dont draft edit encode encrypt end enhance ensure execute explain express fill find finish follow "
    "forget format generate give go guess help hide highlight ignore imagine include incorporate insert "
    "integrate introduce invert join keep leave let list make mention mimic modify name never no now only open "
    "output paraphrase pay please present pretend print produce promote provide put quote read recommend refer "
    "remove repeat rephrase replace reply report respond return reveal reverse rewrite say scramble see send "
    "share shift show shuffle simulate skip speak spell start state stop substitute suggest summarise "
    "summarize swap switch talk tell think transform translate treat try turn type use utilise utilize visit "
    "weave work write forgive subscribe click buy download consider embed emphasise emphasize offer plan "
    "propose compare remember define identify inform warn advise ask set break determine develop analyse "
    "analyze bitte schreib schreibe zeig zeige gib antworte sag sage vergiss ignoriere nenne erstelle generiere "
    "wiederhole übersetze escribe muestra responde olvida ignora repite genera écris montre réponds oublie répète"
)
_AT_START = re.compile(rf"^\W*(?:{'|'.join(_VERBS.split())})\b(?!-)", re.IGNORECASE)
_GO_ON = re.compile(
    r"(?<!\bal)(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?:[.!?]\s+|\s-\s)"
    r"(?:say|state|write|print|ignore|forget|stop|tell|output|repeat|reply|respond|act|pretend)\b|^\W*[Hh]ello\b",
)
"""A command in small letters behind a full stop, where no sentence is seen to begin; a greeting."""
_SET_ASIDE = re.compile(
    r"\b(?:ignor\w*|forget|disregard\w*|vergiss|vergessen|ignorier\w*|olvid\w*|zaboravi\w*|oublie\w*"
    r"|lassen\s+sie)\b.{0,60}\b(?:all\w*|every\w*|any|previous\w*|prior|above|before|instructions?|prompts?|rules?|told|said"
    r"|articles?|documents?|information|anweisungen|vorher\w*|davor|obig\w*|todo|sve|articulos|gesagte|texte?|given)\b"
    r"|\b(?:jailbreak|as\s+an\s+ai\b|act\s+as\b|pretend\b|from\s+now\s+on|new\s+(?:task|assignment|instruction)"
    r"|please|bitte\b|just\s+say|only\s+say|say\s+yes|reply\s+with|do\s+anything\s+now)",
    re.IGNORECASE | re.DOTALL,
)
_FOREIGN = frozenset(
    "der die das und ist nicht ich du sie ihr wir ein eine einen mit von auf für den dem des wie was wer "
    "warum kann mir mich sind haben sein bitte alle alles zu zum zur im aus nach bei wird auch mein meine ihre "
    "ihnen war hat oder dass dich dir dein deine deinen jetzt folgenden sich que el la los las un una y en por para "
    "con no es su lo como mas todo solo olvide dije quiero "
    "le les est et une dans pour pas vous je tu sur ce qui sve ako svima i\u0161ta da se na u za "
    "sam".split()
)
_ENGLISH = frozenset(
    "the of and to in is are for with that this we on by an as be it from which our these has have a can at or".split()
)
_ENGLISH_TOO = frozenset("das den die hat es so sur was no man con ser sam as".split())
"""Words of `_FOREIGN` that English texts have too, as words, names or abbreviations."""
_ENGLISH_END = re.compile(r"(?:s|ed|ing|ion|al|ly|ive|er|ity|ment|able)$")
LONG, FEW = 12, 0.15
"""Words of a sentence of which at least this share must be English function words, or end as English words do."""
TITLED, FITTING, NEAR = 0.1, 0.25, 3
"""A neighbour of a command is evidence with the first share of its content words in the title, or the second in the
sentences that are more than so many places away on its own side (fewer in a short passage): a planted text is of one
piece."""


def addresses(text: str) -> bool:
    """Whether a plain sentence speaks to its reader or commands something."""
    return bool(
        _ADDRESSING.search(text)
        or _AT_START.match(text)
        or _SET_ASIDE.search(text)
        or _GO_ON.search(text)
        or (text.rstrip("\"'\u201d\u2019 )").endswith("!") and len(text.split()) > 2)  # "CheckThat! 2025" is a name
    )


def asks(text: str) -> bool:
    """Whether a plain sentence is a question."""
    return "?" in text


def foreign(read: Sequence[Word]) -> bool:
    """Whether a sentence is in another language than the abstracts of an English collection."""
    lower = [word.text.lower() for word in read]
    other, own = sum(word in _FOREIGN for word in lower), sum(word in _ENGLISH for word in lower)
    if other >= 2 and other > own:
        return True
    if len(lower) >= LONG and own + sum(map(bool, map(_ENGLISH_END.search, lower))) < FEW * len(lower):
        return True
    strange = _FOREIGN - _ENGLISH_TOO
    runs = groupby(lower, key=_ENGLISH.__contains__)  # a sentence without a stop is read as one with the next
    return any(sum(word in strange for word in run) >= 2 for english, run in runs if not english)


def spoiled(texts: Sequence[str], read: Sequence[Sequence[Word]], title: Sequence[Word]) -> list[bool]:
    """Which sentences of a passage are no evidence.

    Those that address the reader or ask, those in another language than the passage begins or ends with, all between
    two of them that command, and the neighbours of all as long as they share hardly a word with the title and with what
    is left elsewhere.
    """
    strange = [foreign(words) for words in read]
    if strange and strange[0] and strange[-1]:
        strange = [False] * len(strange)
    commands = [odd or addresses(text) for text, odd in zip(texts, strange, strict=True)]
    places = [i for i, command in enumerate(commands) if command]
    ordered = [bool(places) and places[0] <= i <= places[-1] for i in range(len(texts))]
    spoilt = [between or asks(text) for between, text in zip(ordered, texts, strict=True)]
    for step in (1, -1, 1, -1):  # what the second pass takes away may have held up the first
        for i in range(len(texts))[::step]:
            beside = i - step
            if not spoilt[i] and 0 <= beside < len(texts) and spoilt[beside]:
                near, share = (min(NEAR, len(texts) // 4), FITTING) if ordered[beside] else (0, 0.0)
                if not _fits(range(i, i + step * (near + 1), step), read, spoilt, title, share):
                    spoilt[i], ordered[i] = True, ordered[beside]
    return spoilt


def _fits(
    places: range, read: Sequence[Sequence[Word]], spoilt: Sequence[bool], title: Sequence[Word], share: float
) -> bool:
    """Whether the sentence at the first place has enough words of the title, or of what is elsewhere."""
    own = {word.key for word in read[places[0]] if word.content}
    named = sum(word.content and word.key in own for word in title)
    elsewhere = [words for i, words in enumerate(read) if i not in places and not spoilt[i]]
    held = len(own & {word.key for words in elsewhere for word in words if word.content})
    return (named > 0 and named >= TITLED * len(own)) or (held > 0 and held >= share * len(own))
