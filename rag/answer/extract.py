"""The extractive writer: passages → draft. It quotes the sentences that answer and invents nothing.

How many papers are cited follows from the kind of question (`rag.answer.select`). Which sentences of each are quoted,
the answer scorer says (`rag.retrieve.answer_scores`): the best one, and after it those that are hardly less likely to
answer, while they fit, in reading order. Figures, and what was tried instead: docs/adr/0018-answer-scorer.md.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.answer.ahead import Ahead, which_is_ahead
from rag.answer.draft import Draft, Quote, Told, join_neighbours, quote_text
from rag.answer.select import as_likely, choose_papers, demanded, is_described, rivals
from rag.answer.sentences import for_each, pack, untold, with_asked, with_siblings
from rag.cards.links import code_links
from rag.index.library import Library
from rag.index.query_vector import read_tokens, weighed
from rag.models.known_item import known_item
from rag.query import Kind, Question
from rag.query.standing import ABOUT, METHOD
from rag.retrieve.answer_scores import AnswerScores, Judged
from rag.retrieve.hybrid import distinct_papers, passage_of
from rag.retrieve.sides import SIDE
from rag.text.enumerated import enumerated
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Passage

LIST_WORDS = 60
"""Words shown of one paper of a list, its title included: what the eye takes in."""
SIMILAR = 5
"""Papers, at least, that are named where the like of one is asked for."""
UNJUDGED = -50.0
"""Log-odds of a sentence that was not judged."""
LINK = 1.4
"""Log-odds that a sentence with an address gains by the question, against being asked what its paper is about, from
which on the address is what is asked for."""
NEAR = 0.5
"""Likeness to the question, word by word, from which on a sentence that does not answer it is shown: half of it."""


class ExtractiveWriter:
    """Chooses papers by their fused score and sentences by how likely they answer; safe to share between threads."""

    def __init__(self, library: Library, scores: AnswerScores) -> None:
        self.library = library
        self.scores = scores

    def write(
        self,
        question: Question,
        passages: Sequence[Passage],
        kind: Kind | None = None,
        *,
        whole: bool = False,
        doubtful: bool = False,
    ) -> Draft:
        """Choose what to quote.

        Args:
            question: As it was read.
            passages: Retrieved passages, best first.
            kind: The shape of answer, which decides how many papers are cited; None takes the question's.
            whole: The filters alone say what belongs in a list or topic (all papers by an author): a low score
                leaves none out.
            doubtful: No paper is named, and the best one is unlikely to be meant: those close to it are quoted, too.
        """
        if not passages:
            return Draft(())
        kind = kind or question.kind
        fitting, among = self._fitting(question, distinct_papers(passages), kind, whole=whole, doubtful=doubtful)
        fitted = fitting[: self.library.config.answer.max_papers]
        papers = [paper.paper_id for paper in fitted]
        judged = self.scores.of(question.wordings, papers)
        ahead = which_is_ahead(self.library, self.scores, question, papers, judged) if kind == "compare" else None
        if kind == "compare":
            settled = {} if ahead is None else {paper: judged[paper] for paper in ahead.odds} | dict(ahead.results)
            judged = {**judged, **self._compared(question, fitted, settled), **settled}
            papers = papers if ahead is None else ahead.order
        if kind == "single":
            papers = papers if among else as_likely(papers, judged)
        else:
            judged = self._without_addresses(question, judged)
        most = self.library.config.answer.max_words // (question.share if kind == "single" else 1)
        words = min(most, LIST_WORDS) if kind == "list" or among > 1 else most
        before = question.quoted if kind == "single" else ()
        first = self._first(question, kind, judged, ahead)
        alone = kind == "single" and among < 2
        besides = self._besides(question, judged) if alone else {}
        drawn = [
            _quoted(judged[paper], words, passages, before, first[paper], besides.get(paper), alone=alone)
            for paper in papers
            if paper in judged
        ]
        if not drawn:  # removed since the search
            return Draft(())
        told = drawn[0][1]
        groups = tuple(quotes for quotes, _ in (drawn[:1] if told else drawn) if quotes)
        return Draft(groups, len(fitting), told=told, rivals=among > 1 and not told, apart=ahead and ahead.apart)

    def _fitting(
        self, question: Question, ranked: Sequence[Passage], kind: Kind, *, whole: bool, doubtful: bool
    ) -> tuple[Sequence[Passage], int]:
        """The papers that answer, best first; and how many of them are rivals, any of which may be meant."""
        fitting = choose_papers(
            ranked,
            kind,
            question.subjects,
            whole=whole,
            about=question.phrase,
            unsure=question.unsure,
            within=bool(question.filters or question.sort),
        )
        if kind in ("list", "topic") and not whole:
            fitting = demanded(self.library, question, kind, ranked, fitting)
            if question.like and not question.sort:
                others = [one for one in ranked if one not in fitting]
                fitting = [*fitting, *others][: max(SIMILAR, len(fitting))]
            fitting = fitting[:1] if question.unsure and is_described(ranked) else fitting
        lone = kind == "single" or (kind != "compare" and len(fitting) == 1)
        among = rivals(ranked) if doubtful and lone else []
        return among or fitting, len(among)

    def _first(
        self, question: Question, kind: Kind, judged: Mapping[str, Judged], ahead: Ahead | None
    ) -> dict[str, list[NDArray[np.floating]]]:
        """Odds of each paper's sentences for what is to be quoted first: which is ahead, and each thing that is asked.

        Nothing is asked beside which of two is ahead where that is the one thing.
        """
        alone = ahead is not None and len(question.asks) < 2
        several = kind in ("compare", "single") or len(judged) == 1
        each = [self.scores.of((ask,), judged) for ask in question.asks if several and not alone]
        named: Mapping[str, NDArray[np.floating]] = {} if ahead is None else ahead.odds
        return {
            paper: [
                *([named[paper]] if paper in named else ()),
                *(_aligned(one[paper], said) for one in each if paper in one),
            ]
            for paper, said in judged.items()
        }

    def _besides(self, question: Question, judged: Mapping[str, Judged]) -> dict[str, NDArray[np.floating]]:
        """Odds of each paper's sentences for the one thing that is asked of a paper which the question describes.

        The words that describe it are near to sentences that say no more than the question does.
        """
        if question.asks:
            return {}
        found = _asked_of_described(question.wordings[0])
        if len(found) != 1:
            return {}
        odds = self.scores.of(found, judged)
        return {paper: _aligned(odds[paper], said) for paper, said in judged.items() if paper in odds}

    def _compared(self, question: Question, papers: Sequence[Passage], settled: Container[str]) -> dict[str, Judged]:
        """Papers judged by how each works, and by what is asked as it is put to each alone, or else what each is about.

        The names of the others, and the words that set them side by side, say nothing about one. Where the question
        cannot be taken apart, or nobody knows which side a paper is, it is put to each as it is; one paper alone is
        compared with nothing.
        """
        if len(papers) < 2:
            return {}
        sides = {one.paper_id: int(one.scores.get(SIDE, 0)) for one in papers}
        if not question.sides and sides.keys() == set(question.named):
            sides = {paper: n for n, paper in enumerate(sides, 1)}
        asked = dict.fromkeys(sides, question.wordings[0])
        if len(question.put) >= len(sides) and all(sides.values()):
            asked = {paper: question.put[n - 1] if question.asks else ABOUT for paper, n in sides.items()}
        wanted = [(paper, put) for paper, put in asked.items() if paper not in settled]
        return {paper: one for paper, put in wanted for one in self.scores.of((put, METHOD), [paper]).values()}

    def nearest(self, question: Question, draft: Draft) -> Draft:
        """Of quotes that do not answer, the sentences near to the question; the paper's title alone where none is.

        What shares nothing with a question but its paper's name would only look like an answer.
        """
        asked = weighed(self.library, question.wordings[0])
        said = [one for group in draft.quotes for quote in group for one in self._sentences(quote)]
        known = read_tokens(self.library, [readable(quote_text(one)) for one in said]) if asked else None
        if asked is None or known is None or not said:  # nobody knows what is near
            return draft
        near = [one for one, tokens in zip(said, known, strict=True) if asked.likeness(tokens) >= NEAR]
        named = join_neighbours(near, across_lines=False) or self._title(said[0].passage)
        return replace(draft, quotes=(named,)) if named else draft

    def _without_addresses(self, question: Question, judged: Mapping[str, Judged]) -> dict[str, Judged]:
        """Where several papers are told of, leave out the addresses of their code, unless those are asked for.

        They carry a system's name, and say nothing of it.
        """
        linked = [paper for paper, of in judged.items() if any(code_links(one.text) for one in of.sentences)]
        wanted = self.scores.of(question.wordings[:1], linked)
        about = self.scores.of((ABOUT,), linked)
        return {
            paper_id: _without(paper, _aligned(wanted[paper_id], paper) - _aligned(about[paper_id], paper) < LINK)
            if paper_id in wanted and paper_id in about
            else paper
            for paper_id, paper in judged.items()
        }

    def _title(self, passage: Passage) -> tuple[Quote, ...]:
        """The quote of the title of a passage's paper, by which the paper is named; none while it is indexed anew.

        It stands in front of the first chunk, wherever in a full text the passage is; the chunk is searched with it.
        """
        paper = self.library.paper(passage.paper_id, passage.version)
        rows = [row for row in self.library.shelf.chunks([paper.paper_id]) if row.version == paper.version]
        first = min(rows, key=lambda row: row.start, default=None)
        return (Quote(passage_of(paper, replace(first, start=0)), 0, len(paper.title)),) if first else ()

    def _sentences(self, quote: Quote) -> list[Quote]:
        """A quote of an abstract sentence by sentence; one of a full text, which may be a table's row, stays whole."""
        paper = self.library.paper(quote.passage.paper_id, quote.passage.version)
        if paper.body and quote.start >= paper.body_start:
            return [quote]
        spans = sentences(quote_text(quote))
        return [Quote(quote.passage, quote.start + start, quote.start + end) for start, end in spans]


def _asked_of_described(text: str) -> tuple[str, ...]:
    """What is asked of a paper that a question describes, without the description."""
    found = known_item(text)
    return tuple(text[start:end] for start, end in found.asks) if found.which else ()


def _aligned(other: Judged, paper: Judged) -> NDArray[np.floating]:
    """What another question says of a paper's sentences; of a full text it may have judged other passages."""
    known = {(one.start, one.end): odds for one, odds in zip(other.sentences, other.odds.tolist(), strict=True)}
    return np.array([known.get((one.start, one.end), UNJUDGED) for one in paper.sentences])


def _without(paper: Judged, unasked: NDArray[np.bool_]) -> Judged:
    """A paper whose sentences with an address cannot be quoted where it is unasked for, [sentences]."""
    odds = np.where(unasked & [bool(code_links(one.text)) for one in paper.sentences], -np.inf, paper.odds)
    return replace(paper, odds=odds) if (odds > -np.inf).any() else paper


def _quoted(
    paper: Judged,
    words: int,
    passages: Sequence[Passage],
    before: Sequence[str],
    each: Sequence[NDArray[np.floating]] = (),
    besides: NDArray[np.floating] | None = None,
    *,
    alone: bool = False,
) -> tuple[tuple[Quote, ...], Told | None]:
    """Quote a paper within so many words, its title and day included; and whether the answer before told it.

    The quotes are of the passages as they were retrieved. `each` holds the odds of its sentences for each thing that is
    asked, where several are; `besides` those for what is asked of a paper that the question describes. That sentence,
    or the other items of an enumeration where the paper answers `alone`, may take `BESIDE_WORDS` more.
    """
    found = {passage.chunk_id: passage for passage in passages}
    said = paper.sentences
    again = np.array([any(one.text in quote for quote in before) for one in said])
    odds, told = untold(paper.odds, again)
    heading = len(readable(said[0].passage.title).split()) + 1
    odds = _of_one_place(paper, odds)
    first = for_each([np.where(odds > -np.inf, one, -np.inf) for one in each])
    lengths = [len(sentence.text.split()) for sentence in said]
    packed = pack(odds, lengths, words - heading, first)
    taken = packed if besides is None else with_asked(packed, odds, lengths, besides)
    if alone and taken == packed:
        taken = with_siblings(taken, odds, lengths, enumerated([one.text for one in said]))
    told = "again" if told == "partly" and again[taken].all() else told
    chosen = [said[n] for n in taken]
    spans = sorted({span for one in chosen for span in (*one.above, (one.start, one.end))})
    passage = {one.start: found.get(one.passage.chunk_id, one.passage) for one in chosen}
    quotes = [Quote(passage.get(start, passage[chosen[0].start]), start, end) for start, end in spans]
    return join_neighbours(quotes, across_lines=not any(one.in_body for one in chosen)), told


def _of_one_place(paper: Judged, odds: NDArray[np.floating]) -> NDArray[np.floating]:
    """The odds of the passage that holds the best sentence, where it is one of a full text; else those of the abstract.

    What a detail's place in a full text does not say, the paper's other parts would only surround.
    """
    of = np.array([one.passage.chunk_id for one in paper.sentences])
    best = paper.sentences[int(np.argmax(odds))]
    within = of == best.passage.chunk_id if best.in_body else np.array([not one.in_body for one in paper.sentences])
    return np.where(within, odds, -np.inf)
