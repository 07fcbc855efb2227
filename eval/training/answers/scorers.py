"""Things that score the sentences of an abstract against a question: the network, and what it has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from eval.training.answers.network import Network, collate, embed
from eval.training.answers.samples import ROLE_QUESTIONS, read_rows
from rag.models.answer_scorer import Abstract, installed
from rag.models.answer_scorer.encoding import Encoded, Encoder

Case = tuple[str, str, tuple[str, ...]]
"""Question, title, sentences."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What a scorer says of one abstract.

    Attributes:
        sentences: Score of each sentence; only their order within and across abstracts counts.
        answered: Score of "the abstract answers the question".
    """

    sentences: NDArray[np.float64]
    answered: float


class Scorer(Protocol):
    """Scores many cases at once."""

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """The scores of each case, in order."""
        ...


def encode_cases(encoder: Encoder, cases: Sequence[Case]) -> list[tuple[int, Encoded]]:
    """The sequences of all cases with their case's index, shortest first."""
    sequences = [(index, part) for index, case in enumerate(cases) for part in encoder.encode(*case)]
    return sorted(sequences, key=lambda entry: len(entry[1].ids))


def gather(cases: Sequence[Case], parts: Sequence[tuple[int, Encoded, Any, float]]) -> list[Scores]:
    """Join the scored sequences (case, sequence, sentence scores, answered) of each case."""
    sentences = [np.full(len(case[2]), -np.inf) for case in cases]
    answered = [-np.inf] * len(cases)
    for index, sequence, values, whole in parts:
        sentences[index][sequence.first : sequence.first + len(sequence.sentences)] = values
        answered[index] = max(answered[index], whole)
    return [Scores(values, whole) for values, whole in zip(sentences, answered, strict=True)]


class NetworkScorer:
    """The network in PyTorch; scores are logits."""

    def __init__(self, network: Network, encoder: Encoder, batch: int = 32) -> None:
        self._network, self._encoder, self._batch = network, encoder, batch

    @torch.inference_mode()
    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """Logits of each case."""
        self._network.eval()
        entries = encode_cases(self._encoder, cases)
        parts: list[tuple[int, Encoded, Any, float]] = []
        for start in range(0, len(entries), self._batch):
            chosen = entries[start : start + self._batch]
            batch = collate([sequence for _, sequence in chosen])
            with torch.autocast("cpu", torch.bfloat16):
                outputs = self._network(batch.ids, batch.types, batch.mask, batch.pool)
            logits, answered = outputs[-1]
            for row, (index, sequence) in enumerate(chosen):
                values = logits[row, : len(sequence.sentences)].double().numpy()
                parts.append((index, sequence, values, float(answered[row])))
        return gather(cases, parts)


class ShippedScorer:
    """The shipped model, as the product runs it; scores are logits."""

    def __init__(self) -> None:
        self._scorer = installed()

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """Logits of each case."""
        scores = (self._scorer.score(question, [Abstract(title, told)])[0] for question, title, told in cases)
        return [Scores(one.sentences.astype(np.float64), one.answered) for one in scores]


class CosineScorer:
    """Cosine of MiniLM's vectors of question and sentence."""

    def __init__(self, minilm: Network, encoder: Encoder) -> None:
        self._minilm, self._encoder = minilm.eval(), encoder
        self._known: dict[str, NDArray[np.float64]] = {}

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Vectors of texts, [n, 384]."""
        new = sorted(set(texts) - self._known.keys())
        if new:
            made = embed(self._minilm, self._encoder.pieces(new)).double().numpy()
            self._known.update(zip(new, made, strict=True))
        return np.stack([self._known[text] for text in texts])

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """Cosines of each case."""
        self.vectors([text for question, _, sentences in cases for text in (question, *sentences)])
        scores = []
        for question, _, sentences in cases:
            cosines = self.vectors(sentences) @ self.vectors([question])[0]
            scores.append(Scores(cosines, float(cosines.max())))
        return scores


class RememberingScorer:
    """Another scorer, asked once only for each case."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._known: dict[Case, Scores] = {}

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """The other's scores."""
        new = list(dict.fromkeys(case for case in cases if case not in self._known))
        self._known.update(zip(new, self._scorer.score(new), strict=True) if new else ())
        return [self._known[case] for case in cases]


class RoleScorer:
    """Cosine plus the chance that the sentence has the role that the question asks for.

    A sentence's role comes from a logistic regression on frozen MiniLM vectors of abstracts' sentences; the role asked
    for from the question's nearness to the templates of each role.
    """

    def __init__(self, cosine: CosineScorer, roles: Any, weight: float = 0.3, seed: int = 0) -> None:
        self._cosine, self._weight = cosine, weight
        rows = [row for row in read_rows(roles) if row["label"] in ROLE_QUESTIONS]
        self._names = sorted(ROLE_QUESTIONS)
        torch.manual_seed(seed)
        vectors = torch.tensor(cosine.vectors([row["text"] for row in rows])).float()
        labels = torch.tensor([self._names.index(row["label"]) for row in rows])
        self._classifier = torch.nn.Linear(vectors.shape[1], len(self._names))
        optimiser = torch.optim.LBFGS(self._classifier.parameters(), max_iter=200)

        def closure() -> torch.Tensor:
            optimiser.zero_grad()
            loss = functional.cross_entropy(self._classifier(vectors), labels)
            loss = loss + 1e-4 * self._classifier.weight.pow(2).sum()
            loss.backward()
            return loss

        optimiser.step(closure)
        self._templates = np.stack([cosine.vectors(ROLE_QUESTIONS[name]).mean(axis=0) for name in self._names])

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """Cosine + weight · P(role asked for = role of the sentence)."""
        scores = []
        questions = self._cosine.vectors([case[0] for case in cases])
        nearness = torch.tensor(questions @ self._templates.T * 20).softmax(dim=-1).numpy()
        for case, asked, base in zip(cases, nearness, self._cosine.score(cases), strict=True):
            vectors = torch.tensor(self._cosine.vectors(case[2])).float()
            with torch.inference_mode():
                roles = self._classifier(vectors).softmax(dim=-1).double().numpy()
            values = base.sentences + self._weight * roles @ asked
            scores.append(Scores(values, float(values.max())))
        return scores
