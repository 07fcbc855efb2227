"""The extractive writer: passages → draft. It quotes the sentences that answer and invents nothing.

How many papers are cited follows from the kind of question. A sentence's worth is a fixed logistic score over eight
plain features; a paper's best sentences within its word budget are quoted, in reading order. Weights, their out-of-fold
figures and what was left out: docs/adr/0005-extraction.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.answer.draft import Draft, Quote, Told, join_neighbours, quote_text
from rag.answer.select import choose_papers, demanded
from rag.index.library import Library
from rag.models import embed_texts
from rag.models.cache import Recent
from rag.query.aims import Aim, fit_to
from rag.query.conversation import label
from rag.query.details import Detail, stands_in
from rag.query.intent import Kind
from rag.query.question import Question
from rag.retrieve.hybrid import coverage, distinct_papers
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Passage

LIST_WORDS = 60
"""Words shown of one paper of a list, its title included: one quote that the eye takes in."""
POINTER = 20
"""Words up to which a sentence says nothing but where the code or the data is; quoted only where that is asked."""

WEIGHTS = {
    "nearness": 1.4,
    "own_terms": 1.2,
    "position": 1.4,
    "last": -1.1,
    "motivation": -0.8,
    "mechanism": 0.9,
    "figures": 1.2,
    "contribution": 1.5,
}
"""Logistic weights of `features`; the intercept is `INTERCEPT`."""
INTERCEPT = -3.0
AIMED = 2.5
"""What it is worth that a sentence says what X is, or how it works, where only that is asked (`rag/query/aims.py`)."""
HOLDS = 2.0
"""What it is worth that a sentence holds the definite detail that is asked for: a count, a figure, a name."""
KEPT = 4000
"""Sentences whose embeddings are kept for the next question, about 2 kB each."""
ALIKE = 0.9
"""Cosine similarity from which two sentences of a paper say the same; the one worth less is not quoted."""
MORE = 0.5
"""Where a sentence that was not quoted yet is worth this share of the best, the paper tells more than was quoted."""

_MOTIVATION = re.compile(
    r"^\W*(?:however|recent|although|despite|while|existing|previous|traditional|current|conventional|most|many"
    r"|in recent|with (?:the|recent)|yet|nevertheless|prior|though)\b"
    r"|\b(?:has|have) (?:become|emerged|gained|shown|demonstrated|been)\b"
    r"|\bremains?\b|\bchalleng\w+|\boften\b|\btypically\b|\bplays? an?\b|\bcrucial\b|\bessential\b",
    re.IGNORECASE,
)
"""How abstracts say why the work was done, before they say what it is."""
_MECHANISM = re.compile(
    r"\b(?:by|via|through|using|leverag\w+|employ\w*|based on|consist\w*|incorporat\w+|combin\w+|integrat\w+|which"
    r"|construct\w*|generat\w+|specifically|first|then|further|uses?|utiliz\w+|enabl\w+|introduc\w+)\b",
    re.IGNORECASE,
)
_CONTRIBUTION = re.compile(
    r"\b(?:we|this (?:paper|work|study|survey|article)"
    r"|our (?:\w+ )?(?:method|framework|approach|model|work|system|study|paper|survey))\b[^.]{0,60}?"
    r"\b(?:propos|introduc|present|develop|design|examin|investigat|stud(?:y|ies)|explor|review|survey|provid|offer"
    r"|conduct|argue|address|reproduc|evaluat|analy[sz]|build|construct|compar|release)",
    re.IGNORECASE,
)
_WHERE_FOUND = re.compile(
    r"https?:|\bthis https URL\b|\bgithub\b|\b(?:publicly|freely|openly)\s+(?:available|accessible|released)\b"
    r"|\b(?:code|data|datasets?|models?|implementation|benchmark|resources?)\b[^.]{0,60}\b(?:available|open-sourced)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"(?<![\w@.,-])\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Asked:
    """What sentences are judged by: the question's vector, the idf weights of its terms, and what it demands."""

    vector: np.ndarray
    weights: Mapping[str, float]
    kind: Kind
    aim: Aim | None = None
    details: tuple[Detail, ...] = ()
    wants_figures: bool = False
    wants_links: bool = False
    quoted: tuple[str, ...] = ()


class ExtractiveWriter:
    """Chooses papers by their fused score and sentences by a learnt linear score within a word budget."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._kept: Recent[str, np.ndarray] = Recent(KEPT)

    def write(
        self,
        question: Question,
        passages: Sequence[Passage],
        kind: Kind | None = None,
        *,
        whole: bool = False,
    ) -> Draft:
        """Choose what to quote.

        Args:
            question: As it was read.
            passages: Retrieved passages, best first.
            kind: The shape of answer, which decides how many papers are cited; None takes the question's.
            whole: The filters alone say what belongs in a list or topic (all papers by an author): a low score
                leaves none out.
        """
        if not passages:
            return Draft(())
        ranked = distinct_papers(passages)
        kind = kind or question.kind
        fitting = choose_papers(
            ranked, kind, question.subjects, whole=whole, about=question.phrase, unsure=question.unsure
        )
        if kind in ("list", "topic") and not whole:
            fitting = demanded(self.library, question, kind, ranked, fitting)
        papers = fitting[: self.library.config.answer.max_papers]
        text = question.typed or question.standalone
        vector = np.asarray(self.library.embedding.get_query_embedding(text), dtype=np.float32)
        details = question.details if kind in ("single", "compare") else ()
        asked = Asked(
            vector,
            self._term_weights(text),
            kind,
            question.aim,
            details,
            question.wants_figures,
            question.wants_links,
            question.quoted if kind == "single" else (),
        )
        drawn = [self._quote(asked, [p for p in passages if p.paper_id == paper.paper_id]) for paper in papers]
        told = drawn[0][1]
        groups = tuple(quotes for quotes, _ in (drawn[:1] if told else drawn) if quotes)
        return Draft(groups, len(fitting), told=told)

    def _quote(self, asked: Asked, passages: Sequence[Passage]) -> tuple[tuple[Quote, ...], Told | None]:
        """Quote one paper, of which these are the passages; and whether the answer before told it."""
        candidates = [
            Quote(passage, passage.start + start, passage.start + end)
            for passage in sorted(passages, key=lambda passage: passage.start)
            for start, end in sentences(passage.text)
        ]
        texts = [readable(quote_text(quote)) for quote in candidates]
        vectors = self._vectors(texts)
        title = readable(passages[0].title)
        fits = np.array([fit_to(asked.aim, text, label(title)) for text in texts])
        more = AIMED * fits + HOLDS * np.array([any(stands_in(one, text) for one in asked.details) for text in texts])
        terms = self._terms([*texts, title])
        worth = score(features(asked, texts, vectors, terms), more)
        worth[: int(np.argmax(fits == 1))] = 0.0  # abstracts say what they present after the background
        worth[fits < 0] = 0.0
        if not asked.wants_links:
            worth[[bool(_WHERE_FOUND.search(text)) and len(text.split()) <= POINTER for text in texts]] = 0.0
        worth, told = untold(asked, worth, texts, terms)
        if told and not worth.any():
            return (), told
        lengths = [len(quote_text(quote).split()) for quote in candidates]
        heading = len(passages[0].title.split()) + 1  # the title and its date
        limit = self.library.config.answer.max_words
        if asked.kind == "list":
            taken = best_run(worth, lengths, min(limit, LIST_WORDS) - heading)
        else:
            taken = pack(worth, lengths, limit - heading, vectors)
        return join_neighbours([candidates[i] for i in taken]), told

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        """The sentences' embeddings [texts, d]; those of sentences looked at lately are not computed again."""
        known = self._kept.known(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= zip(missing, embed_texts(self.library.embedding, missing), strict=True)
        self._kept.keep(known)
        return np.stack([known[text] for text in texts])

    def _term_weights(self, text: str) -> dict[str, float]:
        with self.library.indexes() as indexes:
            return indexes.lexical.idf(indexes.lexical.analyze(text))

    def _terms(self, texts: Sequence[str]) -> list[set[str]]:
        with self.library.indexes() as indexes:
            return [set(indexes.lexical.analyze(text)) for text in texts]


def features(
    asked: Asked, texts: Sequence[str], vectors: np.ndarray, terms: Sequence[set[str]]
) -> dict[str, np.ndarray]:
    """Describe the sentences of one paper.

    Args:
        asked: The question.
        texts: The sentences, readable, in reading order.
        vectors: Their embeddings [sentences, d], normalised.
        terms: Their index terms and, last, the title's.

    Returns:
        One value a sentence by feature:
        nearness: cosine to the question, above the paper's mean; own_terms: share of the question's idf mass, where a
        term counts the less the more of the paper's sentences hold it, and not at all when its title does (the name of
        the system stands everywhere and tells nothing); position 0…1; last; motivation: a cue of why the work was done;
        mechanism: cues of how it works, 3 for 1; figures: the same for figures, if the question asks for any;
        contribution: "we propose", if a list of papers is asked for.
    """
    n = len(texts)
    near = vectors @ asked.vector
    held = Counter(term for sentence in terms[:-1] for term in sentence)
    own = {
        term: weight * (1 - (held[term] - 1) / max(n - 1, 1))
        for term, weight in asked.weights.items()
        if held[term] and term not in terms[-1]
    }
    wants_many = asked.kind == "list"
    return {
        "nearness": near - near.mean(),
        "own_terms": np.array([coverage(own, sentence) for sentence in terms[:-1]]),
        "position": np.arange(n) / max(n - 1, 1),
        "last": np.arange(n) == n - 1,
        "motivation": np.array([bool(_MOTIVATION.search(text)) for text in texts]),
        "mechanism": np.array([min(len(_MECHANISM.findall(text)), 3) / 3 for text in texts]),
        "figures": np.array([asked.wants_figures * min(len(_FIGURE.findall(text)), 3) / 3 for text in texts]),
        "contribution": np.array([wants_many and bool(_CONTRIBUTION.search(text)) for text in texts]),
    }


def score(described: Mapping[str, np.ndarray], more: np.ndarray | float = 0.0) -> np.ndarray:
    """Probability that a sentence holds a fact the answer needs, 0…1: logistic in the weighted features.

    Args:
        described: Features by name.
        more: Log-odds a sentence that come on top.
    """
    total = sum((weight * described[name] for name, weight in WEIGHTS.items()), INTERCEPT + more)
    return np.asarray(1 / (1 + np.exp(-total)))


def untold(
    asked: Asked, worth: np.ndarray, texts: Sequence[str], terms: Sequence[set[str]]
) -> tuple[np.ndarray, Told | None]:
    """Leave out what the answer before quotes: a repeated quote is no answer to another question.

    Args:
        asked: The question.
        worth: Value of each sentence [sentences].
        texts: The sentences, readable.
        terms: Their index terms and, last, the title's.

    Returns:
        The worth with what was quoted at 0, and None; or the one sentence to quote, and why it is (`Told`): the best
        was quoted and alone has a word of the question, or nothing else is worth much (none, where all was quoted).
    """
    said = np.array([any(text in quote for quote in asked.quoted) for text in texts])
    best = int(np.argmax(worth))
    if not said.any() or not worth[best]:
        return worth, None
    fresh = np.where(said, 0.0, worth)
    elsewhere = set(terms[-1]).union(*(terms[n] for n, told in enumerate(said) if not told))
    if said[best] and (terms[best] & set(asked.weights)) - elsewhere:
        return np.where(np.arange(len(worth)) == best, worth, 0.0), "again"
    if fresh.max() >= MORE * worth[best]:
        return fresh, None
    return np.where(np.arange(len(worth)) == int(np.argmax(fresh)), fresh, 0.0), "besides"


def pack(worth: np.ndarray, lengths: Sequence[int], budget: int, vectors: np.ndarray) -> list[int]:
    """Choose the best sentences that fit a budget together.

    Args:
        worth: Value of each sentence; one worth nothing is not taken beside another.
        lengths: Words of each.
        budget: Words that may be taken; the best sentence is taken however long it is.
        vectors: Embeddings [sentences, d], normalised; one that says the same as a better one (`ALIKE`) is passed over.

    Returns:
        Positions, ascending; at least one.
    """
    taken: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-worth[i], i)):
        if taken and not worth[i]:
            break
        fits = sum(lengths[j] for j in taken) + lengths[i] <= budget
        if not taken or (fits and all(float(vectors[i] @ vectors[j]) < ALIKE for j in taken)):
            taken.append(i)
    return sorted(taken)


def best_run(worth: np.ndarray, lengths: Sequence[int], budget: int) -> list[int]:
    """Choose the neighbouring sentences that are worth most together and fit a budget, so that they are one quote.

    Arguments and result are those of `pack`; the best sentence is taken alone where it is longer than the budget.
    """
    best = int(np.argmax(worth))
    runs = [list(range(i, j)) for i in range(len(lengths)) for j in range(i + 1, len(lengths) + 1)]
    fitting = [run for run in runs if sum(lengths[i] for i in run) <= budget] if lengths[best] <= budget else []
    return max(fitting, key=lambda run: float(worth[run].sum()), default=[best])
