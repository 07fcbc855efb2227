"""What may be asked: of a paper, or next, about papers that an answer shows; each question has an answer there.

Nothing is guessed: a question is offered where the answer scorer finds a sentence of the paper that answers it, and
that sentence was not quoted yet. On a paper's own page the questions do not name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.retrieve.answer_scores import AnswerScores, Judged
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Citation

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
OPENING = {
    "What problem does this paper address?": 0.3,
    "What method does it propose?": 0.3,
    "How does the method work?": 0.3,
    "What data was it tested on?": 0.3,
    "What results does it report?": 0.3,
    "What does it compare with?": 0.3,
    "Is the code available?": 2.0,
}
"""What may be asked of one paper, with the log-odds from which a sentence is taken to answer. Where code lies is said
outright or not at all, and any sentence on what was built comes near; what a paper says of limits is mostly others'."""


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
    """Questions to begin with, of one paper: at most `MOST`, the surest first, no two with the same sentence."""
    judged = ((question, scores.of((question,), [paper_id]).get(paper_id), sure) for question, sure in OPENING.items())
    found = [one for question, said, sure in judged if (one := _answered(question, said, (), sure))]
    return tuple(_apart(sorted(found, key=lambda one: (-one.odds, one.question)))[:MOST])


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
