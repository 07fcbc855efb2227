"""Which sentences of a source speak to its reader instead of about its subject.

An abstract states; it does not say "ignore", "you" or "I". A sentence that does may have been put there for the model
that reads it, and is no evidence for anything: what repeats it is not shown. A question is no evidence either. That an
honest "we ask: can …?" is lost with them costs nothing, since it states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.grounding.wording import Word

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
    "analyze"
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
    r"|please|just\s+say|only\s+say|say\s+yes|reply\s+with|do\s+anything\s+now)",
    re.IGNORECASE | re.DOTALL,
)
_FOREIGN = frozenset(
    "der die das und ist nicht ich du sie ihr wir ein eine einen mit von auf f\u00fcr den dem des wie was wer "
    "warum kann mir mich sind haben sein bitte alle alles zu zum zur im aus nach bei wird auch mein meine ihre "
    "ihnen war hat oder dass que el la los las un una y en por para con no es su lo como mas todo solo olvide "
    "dije quiero le les est et une dans pour pas vous je tu sur ce qui sve ako svima i\u0161ta da se na u za "
    "sam".split()
)
_ENGLISH = frozenset(
    "the of and to in is are for with that this we on by an as be it from which our these has have a can at or".split()
)


def addresses(text: str) -> bool:
    """Whether a plain sentence speaks to its reader or commands something."""
    return bool(
        _ADDRESSING.search(text)
        or _AT_START.match(text)
        or _SET_ASIDE.search(text)
        or _GO_ON.search(text)
        or text.rstrip("\"'\u201d\u2019 )").endswith("!")
    )


def asks(text: str) -> bool:
    """Whether a plain sentence is a question."""
    return "?" in text


def foreign(read: Sequence[Word]) -> bool:
    """Whether a sentence is in another language than the abstracts of an English collection."""
    lower = [word.text.lower() for word in read]
    other, own = sum(word in _FOREIGN for word in lower), sum(word in _ENGLISH for word in lower)
    return other >= 2 and other > own


def spoiled(texts: Sequence[str], read: Sequence[Sequence[Word]], title: Sequence[Word]) -> list[bool]:
    """Which sentences of a passage are no evidence.

    Those that address the reader or ask, those in another language than the passage begins or ends with, all between
    two of them that command, and their neighbours as long as these share no content word with the title or with the
    sentences that are left.
    """
    strange = [foreign(words) for words in read]
    if strange and strange[0] and strange[-1]:
        strange = [False] * len(strange)
    commands = [odd or addresses(text) for text, odd in zip(texts, strange, strict=True)]
    spoilt = [command or asks(text) for command, text in zip(commands, texts, strict=True)]
    places = [i for i, command in enumerate(commands) if command]
    for i in range(places[0], places[-1]) if places else ():
        spoilt[i] = True
    for step in (1, -1):
        order = range(len(texts)) if step == 1 else range(len(texts) - 1, -1, -1)
        for i in order:
            if not spoilt[i] and 0 <= i - step < len(texts) and spoilt[i - step]:
                spoilt[i] = _alone(i, read, spoilt, title)
    return spoilt


def _alone(place: int, read: Sequence[Sequence[Word]], spoilt: Sequence[bool], title: Sequence[Word]) -> bool:
    """Whether a sentence shares no content word with the title or with the other sentences that are left."""
    rest = {word.key for j, words in enumerate(read) if j != place and not spoilt[j] for word in words if word.content}
    own = {word.key for word in read[place] if word.content}
    return own.isdisjoint(rest | {word.key for word in title if word.content})
