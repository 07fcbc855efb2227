"""Which part of a conversation a question is about, if any: learnt, from how it is put, what it names and what is near.

The question is held against each exchange: does it name its papers, do their texts hold its words, are they nearer to
it than the rest of the library? Then the likeliest is held against what a search finds, word by word: a turn that
describes another paper has words for it, and one that goes on has few. What the answers weigh is in
`rag.models.reference`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.models.known_item import description
from rag.models.reference import CLIP, DOUBT, MORE, ReferenceModel, load_references
from rag.query.dialogue.nearness import JUDGED, UNTOLD, Nearness
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.words import content_words
from rag.text.folding import fold
from rag.text.names import is_name
from rag.text.terms import coverage

if TYPE_CHECKING:
    from rag.query.dialogue.conversation import Exchange

SURE = 1.5
"""Log-odds from which a question that found nothing is taken for a follow-up by its words alone."""
LITTLE = 0.5
"""How much passages are about a question, word by word, where they hardly are: a small library may hold none that is,
and how far they are from it tells nothing of the conversation."""
RATHER, FAR = 0.5, 2.0
"""Log-odds by which a paper that an answer cites besides its first one has to fit better, to be meant; and by which one
of two that were compared has to answer better, or the paper talked of beside the one that a name means."""
WORDING = 10.0
"""What it counts, in log-odds, that a paper is about a question word by word (0…1). Of 67 turns about one of several
papers named before, by four writers, the scorer's best is the right one in 53, the best by words in 61, by both in 62;
of the 33 of them right behind a list, with a preference for the first, 28 by the scorer alone and 32 by both."""
TURN = 15.0
"""The same where one of several exchanges is chosen. Of 117 turns that stay with a paper talked of (conversations of
eight writers) 103 are read rightly without it, 109 with it; of 96 of five others, to whom it was not chosen, 84 and
87; of all that go back to an earlier paper 53 and 61 of 72."""
OWN = -4.0
"""Log-odds that a question asks for others on the subject talked of, up to which it names one of its own."""
_GENERIC = 1.3
"""Log of the idf mass that a question has which says nothing of its own: "which dataset"."""
_NEAREST = 50
"""Passages among which the nearest outside the conversation is looked for."""
_READ = 5
"""Papers of an exchange whose words are compared."""
_NAME = re.compile(r"[^\W_][\w@.+-]*\w")


@dataclass(frozen=True, slots=True)
class Measured:
    """A question as far as it can be told without a conversation.

    Attributes:
        text: It as typed.
        vector: Its embedding; None where the variant uses none.
        terms: The idf of its index terms.
        known: Those that the library holds.
        refers: Log-odds that it cannot stand alone.
        others: Whether it asks for other papers than those talked of, on their subject or on one that it names.
        alike: Log-odds that it asks for such on their subject.
        both: Log-odds that it is about two that were talked of.
        names: Words that are written as names are.
        papers: The papers that it names.
        restricted: Whether it names an author, an id or days.
    """

    text: str
    vector: np.ndarray | None
    terms: Mapping[str, float]
    known: Mapping[str, float]
    refers: float
    others: bool
    alike: float
    both: float
    names: tuple[str, ...]
    papers: frozenset[str]
    restricted: bool


class Reference:
    """Tells what questions are about; safe to share between threads."""

    def __init__(self, known: Known, nearness: Nearness, model: ReferenceModel | None = None) -> None:
        """Make one.

        Args:
            known: The library.
            nearness: Measures texts against it.
            model: In place of the shipped one for the library's embedder.
        """
        self._known = known
        self._nearness = nearness
        self._given = model

    def refers(self, question: str) -> bool:
        """Whether a question surely cannot stand alone, by its words."""
        return self.measure(question).refers > SURE

    def measure(self, question: str, *, restricted: bool = False) -> Measured:
        """Measure a question by itself."""
        model = self.model()
        vector = self._nearness.vector(question) if model.embedder else None
        terms, held = self._nearness.idf(question)
        refers, others = model.alone(question, vector)
        words = dict.fromkeys(filter(is_name, _NAME.findall(question)))
        names = tuple(filter(self._nearness.is_rare, words))
        papers = frozenset(self._known.named(question))
        both = model.of_both(vector)
        more = others > 0 or (model.of_more(question) > MORE and bool(content_words(question)))
        return Measured(question, vector, terms, held, refers, more, others, both, names, papers, restricted)

    def about(self, asked: Measured, exchanges: Sequence[Exchange]) -> Exchange | None:
        """The exchange that a question is about most probably; None where it is about none of them."""
        if not exchanges:
            return None
        model, (best, odds) = self.model(), self.likeliest(asked, exchanges)
        papers = exchanges[best].papers
        if papers and model.stay and odds > -DOUBT:
            talked = {paper for one in exchanges for paper in one.papers}
            odds = model.stays(self.staying(asked, odds, papers, talked))
        return exchanges[best] if odds >= 0 else None

    def likeliest(self, asked: Measured, exchanges: Sequence[Exchange]) -> tuple[int, float]:
        """The place of the exchange that a question is most probably about, and its log-odds by the second regression.

        Whether an exchange that is about no paper is meant only the question's words can tell. Which of several is,
        also how much their papers are about it, and about the words of it that describe a paper, word by word.
        """
        model, pairs = self.model(), self.pairs(asked, exchanges, self.anywhere(asked))
        odds = [
            model.about(features) if one.papers else asked.refers
            for one, features in zip(exchanges, pairs, strict=True)
        ]
        near = [0.0 for _ in exchanges]
        if model.stay and sum(bool(one.papers) for one in exchanges) > 1:
            said = [asked.text, *filter(None, [description(asked.text)])]
            papers = list(dict.fromkeys(paper for one in exchanges for paper in one.papers[:_READ]))
            about = [self._nearness.wording_of_each(text, papers) for text in said]
            near = [
                math.fsum(max((of.get(paper, 0.0) for paper in one.papers[:_READ]), default=0.0) for of in about)
                for one in exchanges
            ]
        best = max(range(len(odds)), key=lambda n: (odds[n] + TURN * near[n], n))
        return best, odds[best]

    def staying(
        self,
        asked: Measured,
        odds: float,
        papers: Sequence[str],
        talked: Collection[str],
        without: Collection[str] | None = None,
    ) -> tuple[float, ...]:
        """The features of a question and the exchange that it is about most probably, in the order of `STAY`.

        Args:
            asked: The question.
            odds: That the question is about the exchange.
            papers: Those of the exchange.
            talked: Those of all exchanges.
            without: Those that are nothing besides; None: those of all exchanges.
        """
        besides = talked if without is None else without
        here = self._nearness.wording(asked.text, frozenset(papers[:JUDGED]))
        elsewhere = max(LITTLE, self._nearness.wording(asked.text, without=besides))
        words = math.log1p(len(asked.text.split()))
        says = self._says(asked.terms)
        own = self._of_description(description(asked.text), talked, besides)
        return _clipped(odds), _clipped(asked.refers), here, elsewhere, says, words, *own

    def _of_description(
        self, phrase: str, talked: Collection[str], besides: Collection[str]
    ) -> tuple[float, float, float]:
        """The last three features of `STAY`, for the words that say which paper is meant, if there are any."""
        if not phrase:
            return 0.0, 0.0, 0.0
        near = self._nearness.wording(phrase, frozenset(talked))
        away = max(LITTLE, self._nearness.wording(phrase, without=besides))
        return 1.0, self._says(self._nearness.idf(phrase)[0]), near - away

    def _says(self, terms: Mapping[str, float]) -> float:
        """How much words say: the log of their idf mass, in words that stand nowhere."""
        return math.log1p(math.fsum(terms.values()) / self._nearness.rarest())

    def meant(self, question: str, papers: Sequence[str], *, compared: bool = False) -> tuple[str, ...]:
        """The one of some papers that a question is about: the first, unless another fits it by `RATHER` better.

        What fits answers it, and is about it word by word. Of papers that were compared it is the one that answers it
        by `FAR` better than all others, else all.
        """
        odds = self._nearness.answered(question, papers[:_READ]) if compared else self._fit(question, papers[:_READ])
        ranked = sorted(papers[:_READ], key=lambda paper: -odds.get(paper, UNTOLD))
        best, other = ranked[0], ranked[1] if compared else papers[0]
        alone = odds.get(best, UNTOLD) >= odds.get(other, UNTOLD) + (FAR if compared else RATHER)
        return (best,) if alone else tuple(papers) if compared else (papers[0],)

    def clearly(self, question: str, papers: Sequence[str]) -> tuple[str, ...]:
        """The one of some papers, none of which comes first, that fits a question by `RATHER` better; else all."""
        fit = self._fit(question, papers[:_READ])
        best, other = sorted(fit, key=lambda paper: -fit[paper])[:2]
        return (best,) if fit[best] >= fit[other] + RATHER else tuple(papers)

    def _fit(self, question: str, papers: Sequence[str]) -> dict[str, float]:
        """How well each of some papers fits a question, in log-odds: it answers it, and is about it word by word."""
        odds = self._nearness.answered(question, papers)
        near = self._nearness.wording_of_each(question, papers)
        return {paper: odds.get(paper, UNTOLD) + WORDING * near.get(paper, 0.0) for paper in papers}

    def rather(self, asked: Measured, paper: str, other: str) -> bool:
        """Whether one paper answers a question far better than another, or better where it cannot stand alone."""
        odds = self._nearness.answered(asked.text, (paper, other))
        return odds.get(paper, UNTOLD) > odds.get(other, UNTOLD) + (0.0 if asked.refers > 0 else FAR)

    def anywhere(self, asked: Measured) -> dict[str, float]:
        """The papers that are nearest to a question with their cosine similarity, the nearest first."""
        return {} if asked.vector is None else self._nearness.nearest(asked.vector, _NEAREST)

    def described(self, phrase: str, exchanges: Sequence[Exchange]) -> Exchange | None:
        """The exchange about the paper that a phrase describes better than any other of the library; else None."""
        meant = self._nearness.means(phrase) if self.model().embedder else ""
        return next((one for one in reversed(exchanges) if meant in one.papers[:_READ]), None)

    def pairs(
        self, asked: Measured, exchanges: Sequence[Exchange], anywhere: Mapping[str, float]
    ) -> list[tuple[float, ...]]:
        """The features of a question and each exchange, in the order of `PAIR`; `anywhere` as that says."""
        papers = [one.papers[:_READ] for one in exchanges]
        texts = [self._nearness.texts(one) for one in papers]
        terms = [self._nearness.terms(one) for one in texts]
        held = [set[str]().union(*one) for one in terms]
        alone = [coverage(asked.terms, one.difference(*held[:n], *held[n + 1 :])) for n, one in enumerate(held)]
        near = self._nearer(asked, papers, anywhere)
        foreign = 1.0 - coverage(asked.terms, set(asked.known))
        tells = max(0.0, math.log1p(math.fsum(asked.known.values())) - _GENERIC)
        found: list[tuple[float, ...]] = []
        for n, one in enumerate(exchanges):
            last = float(n == len(exchanges) - 1)
            said = {fold(word) for text in (one.text, *texts[n]) for word in _NAME.findall(text)}
            heard = [fold(name) in said for name in asked.names]
            rivals = [*alone[:n], *alone[n + 1 :]]
            found.append(
                (
                    last,
                    near[n] * tells,
                    max((coverage(asked.terms, each) for each in terms[n]), default=0.0) * tells,
                    alone[n] * tells if rivals else 0.0,
                    max(rivals, default=0.0) * tells,
                    float(any(heard) or bool(asked.papers & set(one.papers))),
                    float(bool(asked.papers - set(one.papers)) or asked.restricted),
                    float(not all(heard)),
                    foreign,
                    last * _clipped(asked.refers),
                )
            )
        return found

    def _nearer(self, asked: Measured, papers: Sequence[Sequence[str]], anywhere: Mapping[str, float]) -> list[float]:
        """How much nearer a question is to some papers than to what was not talked of (cosines)."""
        if asked.vector is None:
            return [0.0] * len(papers)
        talked = {paper for some in papers for paper in some}
        away = max((cosine for paper, cosine in anywhere.items() if paper not in talked), default=0.0)
        near = (self._nearness.nearest(asked.vector, 1, frozenset(some)) if some else {} for some in papers)
        return [max(one.values(), default=0.0) - away for one in near]

    def model(self) -> ReferenceModel:
        """The variant for the library's embedder, else the one that needs none."""
        shipped = load_references()
        return self._given or shipped.get(self._nearness.embedder()) or shipped[None]


def _clipped(odds: float) -> float:
    return max(-CLIP, min(CLIP, odds))
