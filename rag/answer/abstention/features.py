"""What tells that passages do not answer a question: two gaps in the ranking, and what the answer scorer says.

A corpus that holds the answer has one paper that stands out from the tenth; one that does not has ten that are equally
near. That is asked of both lists: cosine similarity, and BM25 as a share of the most that the question's terms can
weigh. A near miss stands out as well: there the scorer tells, which has read question and abstract together.
docs/adr/0006-abstention.md and 0018-answer-scorer.md have the features that were tried and left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from rag.index.library import Library
from rag.papers.claims import Claim
from rag.query import Question
from rag.query.lexicon.entities import Named, held_alone
from rag.retrieve.answer_scores import ANSWERS, AnswerScores
from rag.retrieve.hybrid import coverage, distinct_papers, known_text
from rag.text.readable import readable
from rag.types import Paper, Passage

LOOKED_AT: Final = 5
"""Papers in which a name from the question is looked for."""
TENTH: Final = 10
BRIEF: Final = 6
"""Terms up to which each one of a question counts fully."""
UNTOLD: Final = -8.0
"""Log-odds that a paper answers of which nothing can be quoted any more."""
RARE_NAME: Final = 20
"""A name that stands in more papers than this is an everyday one (LLM, GPT) and picks no paper."""
SMALLEST_GAP: Final = 0.02
"""Added to the dense gap before its logarithm: cosine similarities are not told apart more finely."""
GIVEN_DENSE, GIVEN_LEXICAL = -1.2, 0.6
"""Both gaps where the paper is given, by its name or by the conversation: what a paper that stands out has. Then it is
only asked whether it answers."""
CLEAR_COVERAGE, CLEAR_TITLE = 0.5, 0.6
"""A paper is clearly the one that is meant from this share of the question's idf mass, or of its own title's, on."""
BROAD, BROADLY = 3, 0.55
"""So many of the first papers that each hold so much of a question's idf mass are on its subject. Of a broad subject
the tenth paper is as near as the first, and the gaps would say that nothing is there."""
FAINT = ((1.01, 0.21), (0.6, 0.26), (0.25, 0.285))
"""Below both of a pair, nothing in the corpus is about the question (share of its idf mass; cosine similarity). The
farther an abstract is in meaning, the less do words prove that it happens to share."""
OFF_TOPIC_COVERAGE, OFF_TOPIC_SIMILARITY = 0.5, 0.31
"""The same for what is left of the library within filters, where gaps say nothing."""


@dataclass(frozen=True, slots=True)
class Features:
    """The measured features; each has a known direction, which a fit may not turn round.

    Attributes:
        dense_gap: log(gap + 0.02) between the best and the tenth paper's cosine similarity; larger: answered. One value
            where the paper is given.
        lexical_gap: The same two papers by BM25, as a share of the question's idf mass; larger: answered. One value
            where the paper is given.
        foreign: Share of the question's idf mass on words that the library has nowhere, less the longer the question:
            someone who paraphrases needs many words, and then not every one has to be known; larger: not answered.
        best: Log-odds of the sentence of the meant paper that answers best; larger: answered.
        answered: Log-odds that this paper answers at all; larger: answered.
    """

    dense_gap: float
    lexical_gap: float
    foreign: float
    best: float
    answered: float

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The features in order."""
        return tuple(field.name for field in fields(cls))

    def values(self) -> dict[str, float]:
        """The features by name."""
        return dict(zip(self.names(), self.row(), strict=True))

    def row(self) -> tuple[float, ...]:
        """The features in order."""
        return self.dense_gap, self.lexical_gap, self.foreign, self.best, self.answered


DIRECTIONS: Final = {"dense_gap": -1, "lexical_gap": -1, "foreign": 1, "best": -1, "answered": -1}
"""Whether more of a feature speaks for (1) or against (-1) refusing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Features with what they rest on.

    Attributes:
        paper_id: The paper that the question is about, as far as can be told: the first.
        clear: Whether the paper is surely the one that is meant: its name or its title is in the question.
        faint: Whether no paper is near in either list, so that gaps say nothing, and none is named. Where one is given,
            this counts unless it answers, or is asked a part of a question: parts are short, and lie far from it.
        named: Whether the question names a system that a paper has in its title or introduces.
        off_topic: Whether none of the best papers is near enough to be of a list on its subject.
        broad: Whether several of the first papers are on its subject by its words.
    """

    features: Features
    paper_id: str
    clear: bool
    faint: bool
    named: bool = False
    off_topic: bool = False
    broad: bool = False


def gather(
    scores: AnswerScores, asked: Question, passages: Sequence[Passage], without: Collection[str] = ()
) -> Evidence:
    """Measure what speaks for and against an answer.

    Args:
        scores: Judges papers of the library that the passages come from.
        asked: The question as it was read.
        passages: At least one, best first, as many as were retrieved: the tenth paper is looked at.
        without: Papers to be taken for absent from the library; `passages` must hold none of them.
    """
    library = scores.library
    papers = distinct_papers(passages)
    stored = library.shelf.papers({passage.paper_id for passage in papers[:LOOKED_AT]})
    named = _named(asked.entities, papers[:LOOKED_AT])
    meant = (named or papers)[0]
    told = scores.of(asked.wordings[:1], [meant.paper_id]).get(meant.paper_id)
    similar, matched = _best_scores(passages, "dense"), _best_scores(passages, "lexical")
    asked_for, terms = _terms(library, asked.told, list(stored.values()), passages)
    only = asked.papers is not None and len(asked.papers) == 1
    given = bool(named or asked.focus or only)
    features = Features(
        dense_gap=GIVEN_DENSE if given else math.log(_gap(similar) + SMALLEST_GAP),
        lexical_gap=GIVEN_LEXICAL if given else _gap(matched) / max(sum(asked_for.values()), 1.0),
        foreign=_foreign(library, asked_for, without),
        best=told.best if told else UNTOLD,
        answered=told.answered if told else UNTOLD,
    )
    best = meant.paper_id
    title = _terms(library, readable(stored[best].title), [])[0]
    clear = coverage(asked_for, terms[best]) >= CLEAR_COVERAGE or coverage(title, set(asked_for)) >= CLEAR_TITLE
    shares = sorted((coverage(asked_for, held) for held in terms.values()), reverse=True)
    covered, broad = shares[0], len(shares) >= BROAD and shares[BROAD - 1] >= BROADLY
    nearest = max(similar, default=0.0)
    told_there = only and (asked.share > 1 or features.answered >= ANSWERS)
    faint = not (named or told_there) and any(covered < share and nearest < similarity for share, similarity in FAINT)
    off_topic = not named and covered < OFF_TOPIC_COVERAGE and nearest < OFF_TOPIC_SIMILARITY
    return Evidence(features, best, bool(named) or clear, faint, bool(named), off_topic, broad)


def _named(names: Sequence[Named], ranked: Sequence[Passage]) -> list[Passage]:
    """The papers that a rare name of the question means: by titles, else as they introduce it, or alone hold it."""
    rare = [one for named in names if len(named.namings) <= RARE_NAME for one in named.namings]
    spelt = {named.text for named in names}
    for claims in ((Claim.CALLED, Claim.PART, Claim.TITLED), (Claim.INTRODUCED,)):
        for written in (True, False):  # PRISM is rather PRISM than Prism
            meant = {one.paper_id for one in rare if one.claim in claims and (one.surface in spelt or not written)}
            if found := [paper for paper in ranked if paper.paper_id in meant]:
                return found
    alone = held_alone(names)
    return [paper for paper in ranked if paper.paper_id in alone] if len(alone) == 1 else []


def _terms(
    library: Library, text: str, papers: Sequence[Paper], passages: Sequence[Passage] = ()
) -> tuple[dict[str, float], dict[str, set[str]]]:
    """The idf of a text's terms, and the terms of each paper; of a full text, those of the passages that were found."""
    with library.indexes() as indexes:
        lexical = indexes.lexical
        return lexical.idf(set(lexical.analyze(text))), {
            paper.paper_id: set(lexical.analyze(readable(known_text(paper, passages)))) for paper in papers
        }


def _foreign(library: Library, weights: Mapping[str, float], without: Collection[str]) -> float:
    """Share of the weight on terms that stand nowhere, scaled down for questions of more than `BRIEF` terms."""
    left_out = Counter(
        term for held in _terms(library, "", list(library.shelf.papers(without).values()))[1].values() for term in held
    )
    with library.indexes() as indexes:
        unknown = sum(w for term, w in weights.items() if indexes.lexical.doc_freq(term) <= left_out[term])
    return unknown / max(sum(weights.values()), 1.0) * min(1.0, (BRIEF / max(len(weights), 1)) ** 2)


def _best_scores(passages: Sequence[Passage], name: str) -> list[float]:
    """Each paper's best score in one list, best first; papers that the list does not hold are left out."""
    best: dict[str, float] = {}
    for passage in passages:
        if name in passage.scores:
            best[passage.paper_id] = max(best.get(passage.paper_id, 0.0), passage.scores[name])
    return sorted(best.values(), reverse=True)


def _gap(ranked: Sequence[float]) -> float:
    """Best score minus the tenth, which is 0 where fewer papers were found."""
    return ranked[0] - (ranked[TENTH - 1] if len(ranked) >= TENTH else 0.0) if ranked else 0.0
