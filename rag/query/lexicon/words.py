"""Words of a question taken out and put in, and what can be a question at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.errors import QuestionError
from rag.query.rules import load_rules
from rag.text.terms import STOP_WORDS

_SAYS_NOTHING = (
    "which what who papers? preprints? articles? works? list show give find me all any the a of is are was were did do"
    " does has have been there it its that and or on in from by about please new ones? how for ok so but anything"
    " something everything reports? this say explain simply briefly summari[sz]e summary main idea contributions? tell"
    " your our my them these those more vs versus compare differ differences? between to with you can could know"
)
_EMPTY = re.compile(rf"\b(?:{'|'.join(_SAYS_NOTHING.split())})\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+(?:[-.@/+²][^\W_]+)*")
_CONTRACTION = re.compile(r"\b\w+n['’]t\b|['’](?:s|re|ve|ll|d|m)\b")
_IN_REPORTS = re.compile(
    r"(?:\b(?:that|which)\s+)?(?:\b(?:first\s+)?(?:show(?:ed|n)?\s+up|appear(?:ed)?|(?:(?:is|are|was"
    r"|were)\s+)?listed)\s+)?"
    r"\bin\s+(?:the|our|these|any)\s+(?:daily\s+)?reports?\b",
    re.IGNORECASE,
)


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """Replace spans; of overlapping ones the first that begins wins."""
    parts, done = [], 0
    for start, end, new in sorted(edits):
        if start >= done:
            parts += [text[done:start], new]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def tidied(text: str) -> str:
    """Fold the gaps that removed phrases left, and drop what says nothing here: "in the reports"."""
    text = re.sub(r"\s+([?.,;:!)])", r"\1", " ".join(_IN_REPORTS.sub(" ", text).split()))
    text = re.sub(r"\(\s*\)|^[\s,;:.?!-]+|(?<=[,;:])[,;:]+", "", text)
    return re.sub(r"[\s,;:]+(?=[?.!]?$)", "", text).strip()


def has_content(text: str) -> bool:
    """Whether a text holds any word that can be searched for."""
    return bool(re.search(r"\w", _EMPTY.sub("", text)))


def content_words(text: str) -> list[str]:
    """The words of a text that can tell one paper from another."""
    words = load_rules("followups").words
    told = words["generic"] | words["frame"] | frozenset(STOP_WORDS)
    return [word for word in _TOKEN.findall(_CONTRACTION.sub("", text)) if word.lower() not in told]


_NO_CHARACTER = re.compile(r"[\0\ud800-\udfff]")
"""What a program may send in a text, by JSON's escapes, and no index can look for."""


def check_question(question: str, limit: int) -> str:
    """Trim a question, fold its white space and refuse what cannot be one.

    Long runs of blanks would keep the patterns that read a question busy for seconds.

    Raises:
        QuestionError: it is empty, or longer than `limit` characters.
    """
    trimmed = _NO_CHARACTER.sub(" ", question).strip()
    if not trimmed:
        raise QuestionError("The question is empty.", "Ask something, for instance: which papers rewrite queries?")
    if len(trimmed) > limit:
        raise QuestionError(
            f"The question has {len(trimmed):,} characters; the limit is {limit:,}.",
            "Shorten it, or raise answer.max_question_chars.",
        )
    return " ".join(trimmed.split())
