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
from rag.query.question import Question
from rag.retrieve.answer_scores import ANSWERS, Judged
from rag.retrieve.hybrid import known_text
from rag.retrieve.membership import BACKGROUND_RANK, MEMBERSHIP
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Passage

TIE = 0.97
"""A single question cites a second paper only when its score is at least this share of the best one's."""
BELONGS, SURELY, WITHIN = 0.65, 0.8, 0.5
"""Chances from which a paper is of a list or a topic: of any; where one paper may be meant as well; and within filters,
which leave few papers: a list of them is to be complete."""
HOLDS = 0.25
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
_SAYS = {
    "surveys": (
        r"\bsurveys?\b|\btutorial|\b(?:systematic|literature|comprehensive|scoping|this|our|an?)\s+(?:review|overview)\b"
    ),
    "resources": r"\bbenchmark|\bdata\s?set|\bcollection|\bcorpus|\bcorpora|\btest\s?bed",
    "tools": r"\btool|\blibrar|\bpackage|\bopen[- ]sourc|\bdemo",
    "reproductions": r"\breproduc|\breplic",
}
"""What a paper of a sort that a list may ask for says of itself."""


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
    cites for each subject, in their order, the first paper that is called so, else one that names it (in its title
    rather than in its text); where it names fewer than two, or none is found, the best papers besides. A list or a
    topic cites all that are likely to belong (`rag.retrieve.membership`), a list also those that hold its whole subject
    word for word. Where one paper may be meant as well, only those are cited that belong nearly for sure; within
    filters, also those that may well belong.
    """
    if kind == "single":
        return [paper for paper in ranked[:2] if paper.score >= TIE * ranked[0].score]
    if kind in ("list", "topic"):
        held = [paper for paper in ranked if about.search(_text(paper))] if about and kind == "list" else []
        return list(ranked) if whole else _members(ranked, held, SURELY if unsure else WITHIN if within else BELONGS)
    chosen: dict[str, Passage] = {}
    for subject in subjects:
        exact = re.compile(rf"(?<!\w){re.escape(subject)}(?!\w)")  # PRISM is rather PRISM than Prism
        anyhow = re.compile(exact.pattern, re.IGNORECASE)
        called = (one for form in (str, fold) for one in ranked if form(label(readable(one.title))) == form(subject))
        by_title = (one for name in (exact, anyhow) for one in ranked if name.search(readable(one.title)))
        by_text = (one for name in (exact, anyhow) for one in ranked if name.search(readable(one.text)))
        if paper := next(chain(called, by_title, by_text), None):
            chosen[paper.paper_id] = paper
    if not chosen or len(subjects) < COMPARED:
        best = [paper for paper in ranked if paper.paper_id not in chosen]
        chosen |= {paper.paper_id: paper for paper in best[: COMPARED - len(chosen)]}
    return list(chosen.values())


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
        fitting = holding(re.compile(_SAYS[question.sort], re.IGNORECASE), fitting) or fitting
    return list(fitting)


def answering(passages: Sequence[Passage], judged: Mapping[str, Judged]) -> list[Passage]:
    """The passages of the papers that answer a question, the likeliest first; of the likeliest alone where none does."""
    order = sorted(judged, key=lambda paper: -judged[paper].best)
    answer = [paper for paper in order if judged[paper].best >= ANSWERS] or order[:1]
    places = {paper: place for place, paper in enumerate(answer)}
    return sorted((one for one in passages if one.paper_id in places), key=lambda one: places[one.paper_id])


def _rare_names(library: Library, names: Sequence[str]) -> list[str]:
    with library.indexes() as indexes:
        lexical = indexes.lexical
        return [name for name in names if 0 < min(map(lexical.doc_freq, lexical.analyze(name)), default=0) <= RARE]
