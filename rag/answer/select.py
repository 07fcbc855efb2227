"""Which papers an answer cites: as many as its kind of question wants, of those that were found.

How the limits were set: docs/adr/0005-extraction.md, and for lists and topics 0025-list-membership.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain

from rag.index.library import Library
from rag.query.intents.intent import Kind
from rag.query.lexicon.vocabulary import fold
from rag.query.limits.sorts import SAYS
from rag.query.question import Question
from rag.retrieve.answer_scores import ANSWERS, Judged
from rag.retrieve.hybrid import known_text
from rag.retrieve.membership import BACKGROUND_RANK, MEMBERSHIP
from rag.retrieve.reranker import NEARNESS
from rag.retrieve.sides import SIDE
from rag.text.names import is_name
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Passage

TIE = 0.97
"""A single question cites a second paper only when its score is at least this share of the best one's, and only where
the answer scorer sets it behind in nothing."""
RIVALS, CLOSE = 3, 0.35
"""Papers that a single question cites where none of them is likely to be the one that is meant, and by how much their
scores may be lower than the best one's. Of 24 such questions (five sets) the first paper was right in 13, one of these
in 17."""
BELONGS, TELLS, SURELY, WITHIN = 0.55, 0.65, 0.7, 0.4
"""Chances from which a paper is of a list, and of a topic, whose question has more words that none of them holds; where
one paper may be meant as well; and within filters or among a sort of works, which leave few papers: a list of them is
to be complete."""
DESCRIBED = 0.5
"""Nearness of wording below which no paper says what is asked in the same words. A question that may mean one paper
then describes it: that some others share as little with it makes no list of them."""
HOLDS = 0.2
"""The chance that is enough for a paper that holds a list's whole subject word for word."""
ON_TOPIC = 0.35
"""Where nobody looked whether papers belong (another reranker, an embedder without vectors of tokens), or none of the
few does that filters leave: a paper belongs from this share of the way from the score at `BACKGROUND_RANK` to the
best one's."""
RARE = 20
"""A name in more passages than this is an everyday one (LLM, GPT), and no list is about it alone."""
UNSURE = 0.9
"""Share of the best score that a paper needs where the question may mean one paper or several."""
COMPARED = 2
"""Papers that a comparison cites where it names no more systems."""


def choose_papers(
    ranked: Sequence[Passage],
    kind: Kind,
    subjects: Sequence[str] = (),
    *,
    whole: bool = False,
    about: re.Pattern[str] | None = None,
    unsure: bool = False,
    within: bool = False,
) -> list[Passage]:
    """Choose the papers to cite among the best passages of each, best first.

    A single question cites the best paper, and the second where the two scores are as good as equal. A comparison
    cites the papers found for its sides; else for each subject, in their order, the first paper that is called so, or
    one that names it (in its title rather than in its text); where it names fewer than two systems, or none is found,
    the best papers besides. A list or a topic cites all that are likely to belong (`rag.retrieve.membership`), a list
    also those that hold its whole subject word for word. Where one paper may be meant as well, only those are cited
    that belong nearly for sure; within filters, also those that may well belong.
    """
    if kind == "single":
        return [paper for paper in ranked[:2] if paper.score >= TIE * ranked[0].score]
    if kind in ("list", "topic"):
        held = [paper for paper in ranked if about.search(_text(paper))] if about and kind == "list" else []
        usual = BELONGS if kind == "list" else TELLS
        return list(ranked) if whole else _members(ranked, held, SURELY if unsure else WITHIN if within else usual)
    if sides := [paper for paper in ranked if SIDE in paper.scores]:
        return sides
    chosen, systems = _of_subjects(ranked, subjects)
    if not chosen or systems < COMPARED:
        best = [paper for paper in ranked if paper not in chosen]
        chosen += best[: max(COMPARED - len(chosen), 0)]
    return chosen


def rivals(ranked: Sequence[Passage]) -> list[Passage]:
    """The papers among which a reader has to choose, where nobody can tell which one is meant, best first."""
    return [paper for paper in ranked[:RIVALS] if paper.score >= ranked[0].score - CLOSE]


def as_likely(papers: Sequence[str], judged: Mapping[str, Judged]) -> list[str]:
    """The first paper, and those others that both figures call at least as likely to answer.

    Papers of about the same rank are not the same: of what is put in other words, all stand about equally far away.
    """
    first = judged.get(papers[0])
    return [
        paper
        for n, paper in enumerate(papers)
        if not n
        or first is None
        or (paper in judged and judged[paper].best >= first.best and judged[paper].answered >= first.answered)
    ]


def is_described(ranked: Sequence[Passage]) -> bool:
    """Whether a question that may mean one paper describes it, in other words than any paper's."""
    near = [paper.scores[NEARNESS] for paper in ranked if NEARNESS in paper.scores]
    return bool(near) and max(near) < DESCRIBED


def _of_subjects(ranked: Sequence[Passage], subjects: Sequence[str]) -> tuple[list[Passage], int]:
    """The papers that some names mean, in their order, and how many of these can only be systems' names.

    A word that is not written as systems are named, and that opens no title, may be a company or a field: it stands in
    any title. It says more of a paper that another name means, or else means the nearest paper with it.
    """
    own = {subject: paper for subject in subjects if (paper := _own(ranked, subject))}
    found = dict(own)
    for subject in subjects:
        first = [] if is_name(subject) else own.values()
        if subject not in own and (holding := _holding([*first, *ranked], subject)):
            found[subject] = holding[0]
    systems = sum(subject in own or is_name(subject) or subject not in found for subject in subjects)
    papers = {found[subject].paper_id: found[subject] for subject in subjects if subject in found}
    return list(papers.values()), systems


def _own(ranked: Sequence[Passage], subject: str) -> Passage | None:
    """The first paper that is called by a name, else one with it in its title: at its beginning, if a plain word."""
    titles = [(readable(one.title), one) for one in ranked]
    called = (one for form in (str, fold) for title, one in titles if form(label(title)) == form(subject))
    within = (
        one
        for name in _forms(subject)
        for title, one in titles
        if (name.search(title) if is_name(subject) else name.match(title))
    )
    return next(chain(called, within), None)


def _holding(papers: Sequence[Passage], subject: str) -> list[Passage]:
    return [one for name in _forms(subject) for one in papers if name.search(_text(one))]


def _forms(subject: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A name as it is spelt, and however it is written: PRISM is rather PRISM than Prism."""
    exact = rf"(?<!\w){re.escape(subject)}(?!\w)"
    return re.compile(exact), re.compile(exact, re.IGNORECASE)


def _members(ranked: Sequence[Passage], held: Sequence[Passage], least: float) -> list[Passage]:
    """The papers that belong to a list or a topic; the first one always does.

    Args:
        ranked: The best passage of each paper, best first.
        held: Those that hold the whole subject of a list word for word.
        least: The chance from which a paper belongs.
    """
    best = max((paper.scores.get(MEMBERSHIP, -1.0) for paper in ranked), default=-1.0)
    if best >= (least if len(ranked) < BACKGROUND_RANK else 0.0):
        likely = [
            paper
            for n, paper in enumerate(ranked)
            if not n or paper.scores.get(MEMBERSHIP, 0.0) >= (HOLDS if paper in held else least)
        ]
        return [*likely, *(paper for paper in held if MEMBERSHIP not in paper.scores)]
    floor = ranked[BACKGROUND_RANK - 1].score if len(ranked) >= BACKGROUND_RANK else 0.0
    nearest = floor + ON_TOPIC * (ranked[0].score - floor)
    nearest = max(nearest, UNSURE * ranked[0].score) if least == SURELY else nearest
    return [*held, *(paper for paper in ranked if paper.score >= nearest and paper not in held)]


def _text(paper: Passage) -> str:
    return readable(f"{paper.title}\n{paper.text}")


def demanded(
    library: Library, question: Question, kind: Kind, ranked: Sequence[Passage], fitting: Sequence[Passage]
) -> list[Passage]:
    """Papers with the rare names that a list or topic holds, and of the sort that it asks for, where there are any.

    A paper with the names is on the topic as soon as it stands above the background; a list holds no other.
    """
    stored = library.shelf.papers([paper.paper_id for paper in ranked])
    found = {paper.paper_id: paper for paper in ranked}
    texts = {paper_id: readable(known_text(paper, [found[paper_id]])) for paper_id, paper in stored.items()}

    def holding(demand: re.Pattern[str], papers: Sequence[Passage]) -> list[Passage]:
        return [paper for paper in papers if demand.search(texts.get(paper.paper_id, ""))]

    named: Sequence[Passage] = ranked[:BACKGROUND_RANK]
    names = _rare_names(library, question.names)
    if names:  # "SPARQL or Cypher": any of them is enough
        anyone = "|".join(map(re.escape, names))
        named = holding(re.compile(rf"(?<!\w)(?:{anyone})(?!\w)"), named) or named
    if names and len(named) < min(len(ranked), BACKGROUND_RANK):
        fitting = named if kind == "list" else [paper for paper in ranked if paper in fitting or paper in named]
    if kind == "list" and question.sort:
        fitting = holding(SAYS[question.sort], fitting) or fitting
    return list(fitting)


def answering(passages: Sequence[Passage], judged: Mapping[str, Judged]) -> list[Passage]:
    """The passages of the papers that answer a question, the likeliest first; where none does, of that one alone."""
    order = sorted(judged, key=lambda paper: -judged[paper].best)
    answer = [paper for paper in order if judged[paper].best >= ANSWERS] or order[:1]
    places = {paper: place for place, paper in enumerate(answer)}
    return sorted((one for one in passages if one.paper_id in places), key=lambda one: places[one.paper_id])


def _rare_names(library: Library, names: Sequence[str]) -> list[str]:
    with library.indexes() as indexes:
        lexical = indexes.lexical
        return [name for name in names if 0 < min(map(lexical.doc_freq, lexical.analyze(name)), default=0) <= RARE]
