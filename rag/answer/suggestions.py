"""What may be asked: of a paper, or next, about papers that an answer shows; each question has an answer there.

Nothing is guessed: a question is offered where the answer scorer finds a sentence of the paper that answers it, and
that sentence was not quoted yet. On a paper's own page the questions do not name it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.papers.descriptions import card_of
from rag.retrieve.answer_scores import AnswerScores, Judged
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.text.names import is_kind, is_name
from rag.text.readable import readable
from rag.text.sentences import Span
from rag.text.titles import label
from rag.types import Citation, Paper
from rag.types.card import Card

MOST = 3
KNOWN = 0.5
"""Log-odds of a sentence from which it is taken to answer."""
LOOKED_AT = 3
"""Papers of an answer about which questions are looked for."""
QUESTIONS = (
    "What results does {} report?",
    "On what data was {} tested?",
    "How does {} differ from earlier work?",
    "How does {} work?",
    "Is the code of {} available?",
    "What are the limitations of {}?",
    "What problem does {} address?",
)
"""`{}` is what the paper is called."""
OFFERED = 5
"""Questions that one paper is said to answer, at most."""
ANSWERED = 0.5
"""Log-odds that a paper answers from which a question is offered of it. Which sentence does is then known twice, by the
scorer and by the paper's card, so that less is asked of the first."""
WORDS = 8
"""Of a sentence that answers, at least; where code lies is said in fewer."""
FOUND = 3
"""Among so many papers a question that stands alone must find its own."""


@dataclass(frozen=True, slots=True)
class Form:
    """A question that a paper may answer.

    Attributes:
        alone: As it is asked from anywhere; ``{}`` is what the paper is called.
        here: As it is asked on the paper's own page.
        sure: Log-odds from which a sentence is taken to answer.
        field: Of the paper's card: a sentence answers only that holds a part of it; empty for none.
        holds: What the sentence must hold besides, as a pattern.
        before: A field of the card that the sentence must stand before.
        besides: A field that it must hold nothing of.
        of_system: Whether it is asked of named systems only, or of papers without one only; None for all.
    """

    alone: str
    here: str
    sure: float
    field: str = ""
    holds: str = ""
    before: str = ""
    besides: str = ""
    of_system: bool | None = None


_DATA = r"\b(?:data\s?sets?|benchmarks?|corpus|corpora|collections?|test\s+sets?)\b"
_CODE = r"\b(?:code|codes|codebase|implementations?|repository|repo|scripts|toolkit|library)\b"
_OFFERS = r"\b(?:propos|introduc|present|develop|design|describ|explor)\w*"
_TELLS = (
    r"\d|\b(?:outperform|surpass|exceed|improv|reduc|increas|better|higher|lower|fewer|faster|than|over)\w*|\bthat\b"
)
FORMS = (
    Form(
        "What problem does {} address?", "What problem does this paper address?", 0.2, before="method", besides="task"
    ),
    Form("What is {}?", "What does this paper set out to do?", -2.0, "task", "{name}", of_system=True),
    Form("What does {} propose?", "What does this paper propose?", -2.0, "method", _OFFERS, of_system=False),
    Form("How does {} work?", "How does the method work?", -2.0, "method", besides="task", of_system=True),
    Form(
        "What did the experiments with {} show?",
        "What do the experiments show?",
        -4.0,
        "result",
        _TELLS,
        of_system=True,
    ),
    Form("What does {} find?", "What does this paper find?", -4.0, "result", _TELLS, of_system=False),
    Form("On what data was {} tested?", "What data was it tested on?", 0.5, "data", _DATA, of_system=True),
    Form("Is the code of {} available?", "Is the code available?", 0.0, "code", _CODE),
    Form(
        "How does {} compare with {other}?",
        "How does it compare with {other}?",
        -4.0,
        "result",
        "{other}",
        of_system=True,
    ),
)
"""What may be asked of any paper. Where code lies is said outright or not at all; what a paper says of limits, or of
earlier work, is mostly others'."""
_NAME_WORDS = 3
"""Words of a system's name at most."""
_COMPARED = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat\w*|compared\s+(?:to|with)|improv\w+\s+(?:over|upon)|than|versus|over)"
    r"\s+(?:(?:the|strong|existing|state-of-the-art|baselines?|models?|methods?|such|as|like|including|both|popular)\s+){0,5}"
    r"(?P<name>[^\W_][\w@.+-]*\w)"
)
"""A name behind words that compare. They are closed; that it is a name is told by how it is written."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, and the sentence that answers it: `paper.text[start:end]` of that paper's newest version."""

    question: str
    paper_id: str
    start: int
    end: int
    odds: float


def suggest(scores: AnswerScores, citations: Sequence[Citation]) -> tuple[Suggestion, ...]:
    """Questions to go on with after an answer, the surest first; none where nothing more can be told.

    Args:
        scores: Says which sentences answer.
        citations: Of the answer. Of one paper several questions are offered, of several one each.
    """
    named = {one.paper_id: called(one.title) for one in reversed(citations)}
    papers = list(dict.fromkeys(one.paper_id for one in citations))[:LOOKED_AT]
    quoted = [(one.paper_id, one.start, one.end) for one in citations]
    found: list[Suggestion] = []
    for paper_id in papers:
        asked = [form.format(named[paper_id]) for form in QUESTIONS]
        judged = [scores.of((question,), [paper_id]).get(paper_id) for question in asked]
        here = sorted(
            (one for pair in zip(asked, judged, strict=True) if (one := _answered(*pair, quoted))),
            key=lambda one: -one.odds,
        )
        found += _apart(here)[: MOST if len(papers) == 1 else 1]
    return tuple(sorted(found, key=lambda one: -one.odds)[:MOST])


def opening(scores: AnswerScores, paper_id: str) -> tuple[Suggestion, ...]:
    """Questions to begin with on a paper's own page: at most `OFFERED`, the surest first, no sentence twice."""
    return _best(_offered(scores, paper_id, alone=False))


def standalone(scores: AnswerScores, retriever: HybridRetriever, paper_id: str) -> tuple[Suggestion, ...]:
    """Questions that a paper answers, wherever they are asked: a plain search finds the paper among the first `FOUND`.

    Args:
        scores: Says which sentences answer.
        retriever: Searches the library.
        paper_id: At most `OFFERED` questions are asked of it.

    Returns:
        The surest first, each with a sentence of its own.
    """
    found = _best(_offered(scores, paper_id, alone=True), most=len(FORMS))
    return tuple(one for one in found if _finds(retriever, one))[:OFFERED]


def _finds(retriever: HybridRetriever, one: Suggestion) -> bool:
    """Whether a plain search for a question brings its paper among the first."""
    papers = distinct_papers(retriever.search(one.question, k=4 * FOUND, explained=0), FOUND)
    return one.paper_id in [paper.paper_id for paper in papers]


def _best(found: Sequence[Suggestion], most: int = OFFERED) -> tuple[Suggestion, ...]:
    return tuple(_apart(sorted(found, key=lambda one: (-one.odds, one.question)))[:most])


def _offered(scores: AnswerScores, paper_id: str, *, alone: bool) -> list[Suggestion]:
    """The questions that a sentence of a paper answers which also says what its card holds."""
    paper = scores.library.shelf.papers([paper_id]).get(paper_id)
    card = card_of(scores.library.shelf, paper_id) if paper else None
    if paper is None or card is None:
        return []
    name = system_of(paper.title)
    other = _compared(paper, card, name) if name else ""
    spans = {field: [(one.start, one.end) for one in held] for field, held in card.fields()}
    found = []
    for form in FORMS:
        if form.of_system not in (None, bool(name)) or (form.field and not spans[form.field]):
            continue
        if "{other}" in form.alone and not other:
            continue
        written = (form.alone if alone else form.here).replace("{other}", other)
        question = written.replace("{}", name or f"“{readable(paper.title)}”")
        judged = scores.of((question,), [paper_id]).get(paper_id)
        words = form.holds.replace("{other}", re.escape(other)).replace("{name}", re.escape(name))
        fits = re.compile(words, re.IGNORECASE)
        if judged and (one := _told(question, form, judged, spans, fits)):
            found.append(one)
    return found


def _told(
    question: str, form: Form, judged: Judged, spans: Mapping[str, Sequence[Span]], fits: re.Pattern[str]
) -> Suggestion | None:
    """The question with the sentence of its field that answers it best, where that is likely enough."""
    if judged.answered < ANSWERED:
        return None
    field, besides, before = (spans.get(name, ()) for name in (form.field, form.besides, form.before))
    for at in np.argsort(-judged.odds, kind="stable").tolist():
        one, odds = judged.sentences[at], float(judged.odds[at])
        if odds < form.sure:
            break
        place = (one.start, one.end)
        fit = _share(place, field) if form.field else not form.before or bool(before and one.end <= before[0][0])
        words = len(one.text.split())
        whole = one.start and (words >= WORDS or form.field == "code")  # no title, and nothing cut off by a full stop
        if fit and whole and not _share(place, besides) and fits.search(one.text):
            return Suggestion(question, judged.paper_id, one.start, one.end, odds)
    return None


def _share(place: Span, others: Sequence[Span]) -> bool:
    """Whether a place overlaps any of some others."""
    return any(place[0] < end and start < place[1] for start, end in others)


def system_of(title: str) -> str:
    """The name of what a paper presents, where its title begins with one; empty where it begins otherwise."""
    title = readable(title)
    words = label(title).split()
    is_one = len(words) == 1 or (len(words) <= _NAME_WORDS and bool(words) and is_name(words[0]))
    return " ".join(words) if is_one and label(title) != title else ""


def _compared(paper: Paper, card: Card, name: str) -> str:
    """What the sentence of a paper's result says that it was compared with, where that is a name; empty without."""
    if card.result is None:
        return ""
    own = {word.lower() for word in (*name.split(), *(span.text for span in card.data))}
    names = (match["name"] for match in _COMPARED.finditer(readable(paper.text[card.result.start : card.result.end])))
    return next((one for one in names if is_name(one) and not is_kind(one) and one.lower() not in own), "")


def called(title: str) -> str:
    """What a question calls a paper: its system's name, or its title in quotation marks."""
    title = readable(title)
    short = label(title)
    return short if short != title else f"“{title}”"


def _answered(
    question: str, judged: Judged | None, quoted: Sequence[tuple[str, int, int]], sure: float = KNOWN
) -> Suggestion | None:
    """The question, if a sentence answers it that was not quoted and is no title."""
    if judged is None or not len(judged.odds) or judged.best < sure or judged.answered < sure:
        return None
    best = judged.sentences[int(judged.odds.argmax())]
    told = any(paper == judged.paper_id and best.start < end and start < best.end for paper, start, end in quoted)
    if told or best.start == 0:
        return None
    return Suggestion(question, judged.paper_id, best.start, best.end, judged.best)


def _apart(found: Sequence[Suggestion]) -> list[Suggestion]:
    """Those that other sentences answer: two ways to the same sentence are one."""
    kept: dict[tuple[int, int], Suggestion] = {}
    for one in found:
        kept.setdefault((one.start, one.end), one)
    return list(kept.values())
