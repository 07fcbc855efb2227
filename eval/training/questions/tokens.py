"""Train the question encoder's tokens: each word of a question near to those words of a passage that say the same.

    python -m eval.training.questions.tokens --minilm model.safetensors --start run/questions/checkpoint.pt \
        --out run/tokens

The second look at the first papers compares words (Khattab & Zaharia, "ColBERT", SIGIR 2020). A question's and a
passage's are trained here, after `encoder`, so that a paper's own searches come nearer to it than to the others of a
batch, among them papers that the question's vector takes for near: first the question's alone, while a passage's keep
the vectors that the shipped embedder gives them, then with `--passages` both, read by one network. The vector is
trained beside them by the loss that it was trained with. At the end the weights are averaged: with the original's, as
there, or with `--passages` with those that it started from.

    python -m eval.training.answers.export --read models/question_encoder/model.onnx --out start.pt
    python -m eval.training.questions.tokens --minilm model.safetensors --start start.pt \
        --out run/passages --passages --share 0.7

Seeded; what was embedded is kept in `--out`, and so is every epoch: a run that is started again goes on after the last.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from eval.training.answers.export import written
from eval.training.answers.network import WIDTH, Network, load_minilm
from eval.training.answers.samples import part
from eval.training.questions.encoder import MOST_PIECES, Sought, build, mixed, papers_of, read_searches
from rag.models.answer_scorer.encoding import CLS, SEP, Encoder
from rag.models.minilm import installed
from rag.models.vocabulary import VOCABULARY
from rag.text.terms import Analyzer

TEMPERATURES = 0.05, 0.02
"""Of the softmax over passages' vectors, and over the likeness of words."""
BATCH, HARD = 32, 2
"""Questions a step, and near papers drawn for each of them, which all of the batch have as negatives."""
PASSAGE_PIECES = 190
"""Of a passage, while its words are trained."""
NEAREST = 15
"""Papers from which they are drawn: the nearest to the question's vector as the training begins."""
LOOKED_AT = 12
"""First papers by vector that are put in order by their words, when what was learnt is measured."""
RATE, WARM = 2e-5, 0.1
MEASURED = 400
"""Searches about papers held out that are measured."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The papers that are searched.

    Attributes:
        ids: Of the papers.
        vectors: One a paper [papers, d], of length 1.
        tokens: Those of each paper's words [tokens, d], of length 1, in half precision.
    """

    ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    tokens: tuple[NDArray[np.float16], ...]

    def padded(self, rows: Sequence[int]) -> Tensor:
        """Tokens of some papers [papers, t, d], 0 where a paper has no more."""
        longest = max(len(self.tokens[row]) for row in rows)
        filled = torch.zeros(len(rows), longest, WIDTH)
        for at, row in enumerate(rows):
            filled[at, : len(self.tokens[row])] = torch.from_numpy(self.tokens[row].astype(np.float32))
        return filled


def embed(papers: Mapping[str, tuple[str, str]], out: Path) -> Embedded:
    """Embed papers as one text each, as the second look reads a short one; kept in `out`."""
    file = out / "tokens.npz"
    if not file.exists():
        model = installed()
        texts = [f"{title} {abstract}" for title, abstract in papers.values()]
        vectors = np.array(model.get_text_embedding_batch(texts), dtype=np.float32)
        tokens = [one.vectors.astype(np.float16) for one in model.embed_tokens(texts)]
        whole = out / "tokens.new.npz"
        lengths = np.array([len(one) for one in tokens])
        np.savez(whole, ids=np.array(list(papers)), vectors=vectors, tokens=np.concatenate(tokens), lengths=lengths)
        whole.replace(file)  # never half a file
    kept = np.load(file)
    borders = np.cumsum(kept["lengths"])[:-1]
    return Embedded(tuple(kept["ids"].tolist()), kept["vectors"], tuple(np.split(kept["tokens"], borders)))


class Words:
    """Reads questions: word pieces, and how much each of them counts."""

    def __init__(self, papers: Mapping[str, tuple[str, str]]) -> None:
        self._encoder, self._analyzer = Encoder(VOCABULARY), Analyzer()
        texts = (set(self._analyzer.terms(f"{title} {abstract}")) for title, abstract in papers.values())
        self._holding, self._papers = Counter(term for terms in texts for term in terms), len(papers)

    def idf(self, word: str) -> float:
        """As the lexical index has it, of the rarest term that a word yields; 0 for what is not indexed."""
        held = [self._holding[term] for term in self._analyzer.terms(word)]
        return max((math.log(1 + (self._papers - n + 0.5) / (n + 0.5)) for n in held), default=0.0)

    def read(self, question: str) -> tuple[list[int], list[float]]:
        """Pieces with [CLS] and [SEP], and the share of the question's weight that each has; all alike without any."""
        pieces: list[int] = []
        weights: list[float] = []
        words = question.split()
        for word, own in zip(words, self._encoder.pieces(words), strict=True):
            pieces += own
            weights += [self.idf(word)] * len(own)
        pieces, weights = pieces[:MOST_PIECES], weights[:MOST_PIECES]
        whole = sum(weights)
        shares = [one / whole if whole else 1 / len(weights) for one in weights]
        return [CLS, *pieces, SEP], [0.0, *shares, 0.0]


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions as a network reads them.

    Attributes:
        vectors: [n, d], of length 1.
        tokens: [n, t, d], of length 1.
        weights: How much each token counts [n, t]; a question's add up to 1.
    """

    vectors: Tensor
    tokens: Tensor
    weights: Tensor

    def likeness(self, papers: Tensor) -> Tensor:
        """Weighted mean of each token's similarity to the nearest one of a paper [n, papers].

        Which token is nearest is looked for without gradients, which then take the memory of one token a paper.
        """
        questions, length, _ = self.tokens.shape
        own = self.tokens.reshape(questions * length, WIDTH)
        with torch.no_grad():
            nearest = torch.einsum("qd,ptd->qpt", own, papers).argmax(-1)
        met = papers[torch.arange(len(papers))[None], nearest]
        similar = (own[:, None] * met).sum(-1).view(questions, length, len(papers))
        return (similar * self.weights[..., None]).sum(1)


def read_passages(network: Network, pieces: Sequence[Sequence[int]]) -> Tensor:
    """Run a network over passages: their tokens [n, t, d], of length 1, 0 where a passage has no more."""
    longest = max(map(len, pieces))
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in pieces])
    mask = ids != 0
    with torch.autocast("cpu", torch.bfloat16):
        states = network.states(ids, torch.zeros_like(ids), mask)[-1]
    states = states.float()
    return functional.normalize(states, dim=-1) * mask[..., None]


def ask(network: Network, read: Sequence[tuple[list[int], list[float]]]) -> Asked:
    """Run a network over questions."""
    longest = max(len(pieces) for pieces, _ in read)
    ids = torch.tensor([[*pieces, *[0] * (longest - len(pieces))] for pieces, _ in read])
    weights = torch.tensor([[*shares, *[0.0] * (longest - len(shares))] for _, shares in read])
    mask = ids != 0
    states = network.states(ids, torch.zeros_like(ids), mask)[-1].float()
    mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return Asked(functional.normalize(mean, dim=-1), functional.normalize(states, dim=-1), weights)


class Run:
    """One training, with all that it reads."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        papers = papers_of(options.data, [])
        self.embedded = embed(papers, options.out)
        self.matrix = torch.from_numpy(self.embedded.vectors)
        self.place = {paper: row for row, paper in enumerate(self.embedded.ids)}
        searches = read_searches(options.data)
        self.sought = [one for one in searches if part(one.owner) == "train"]
        held = [one for one in searches if part(one.owner) != "train"]
        self.held = random.Random(options.seed).sample(held, min(MEASURED, len(held)))
        self.words = Words(papers)
        self.network = Network(dropout=0)
        load_minilm(self.network, options.minilm)
        started = torch.load(options.start, weights_only=True)
        self.network.load_state_dict(started.get("network", started), strict=False)
        self.passages = self._pieces(papers) if options.passages else None
        self.before = Network(dropout=0)  # what is averaged with in the end
        load_minilm(self.before, options.minilm)
        if options.passages:
            self.before.load_state_dict(self.network.state_dict())
        for one in (self.network.words, self.network.positions, self.network.types):
            one.weight.requires_grad_(False)

    def _pieces(self, papers: Mapping[str, tuple[str, str]]) -> list[list[int]]:
        encoder = Encoder(VOCABULARY)
        texts = [" ".join(papers[one]) for one in self.embedded.ids]
        return [[CLS, *own[:PASSAGE_PIECES], SEP] for own in encoder.pieces(texts)]

    def tokens(self, network: Network, rows: Sequence[int]) -> Tensor:
        """Those of some papers [papers, t, d]."""
        if self.passages is None:
            return self.embedded.padded(rows)
        return read_passages(network, [self.passages[row] for row in rows])

    def read(self, sought: Sequence[Sought]) -> Asked:
        """Questions as the network has them now."""
        return ask(self.network, [self.words.read(one.question) for one in sought])

    @torch.inference_mode()
    def near(self) -> list[list[int]]:
        """For each question the papers that its vector takes for near, its own left out."""
        found: list[list[int]] = []
        for start in range(0, len(self.sought), 4 * BATCH):
            some = self.sought[start : start + 4 * BATCH]
            rows = (self.read(some).vectors @ self.matrix.T).topk(NEAREST + 1).indices.tolist()
            found += [[at for at in row if at != self.place[one.owner]] for one, row in zip(some, rows, strict=True)]
        return found

    @torch.inference_mode()
    def measured(self, network: Network) -> dict[str, float]:
        """Mean reciprocal rank of the paper held out that is sought: by vector, and its first papers by words."""
        ranks: dict[str, list[float]] = {"vector": [], "words": []}
        for one in self.held:
            asked = ask(network, [self.words.read(one.question)])
            scores = (asked.vectors @ self.matrix.T)[0]
            own = self.place[one.owner]
            by_vector = 1 + int((scores > scores[own]).sum())
            first = scores.topk(LOOKED_AT).indices.tolist()
            by_words = by_vector
            if own in first:
                likeness = asked.likeness(self.tokens(network, first))[0]
                by_words = 1 + int((likeness > likeness[first.index(own)]).sum())
            ranks["vector"].append(1 / by_vector)
            ranks["words"].append(1 / by_words)
        return {name: round(float(np.mean(found)), 4) for name, found in ranks.items()}

    def train(self) -> None:
        """Train to the end, or on after the last whole epoch."""
        options, near = self.options, self.near()
        print(json.dumps({"epoch": None} | self.measured(self.network)), flush=True)
        steps = options.epochs * (len(self.sought) // BATCH)
        learnt = [one for one in self.network.parameters() if one.requires_grad]
        optimiser = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / (WARM * steps), (steps - step) / steps)
        )
        parts = {"network": self.network, "optimiser": optimiser, "schedule": schedule}
        checkpoint, first = options.out / "checkpoint.pt", 0
        if checkpoint.exists():
            saved = torch.load(checkpoint, weights_only=True)
            for name, one in parts.items():
                one.load_state_dict(saved[name])
            first = saved["epoch"] + 1
        for epoch in range(first, options.epochs):
            began, losses = time.monotonic(), list[float]()
            draw = random.Random(f"{options.seed}/{epoch}")
            order = draw.sample(range(len(self.sought)), len(self.sought))
            for start in range(0, len(order) - BATCH + 1, BATCH):
                loss = self._loss(order[start : start + BATCH], near, draw)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(learnt, 1.0)
                optimiser.step()
                schedule.step()
                losses.append(float(loss.detach()))
                if len(losses) % 20 == 0:
                    print(f"\rstep {len(losses)} of {len(order) // BATCH}", end="", flush=True)
            state = {name: one.state_dict() for name, one in parts.items()}
            torch.save(state | {"epoch": epoch}, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            line = {
                "epoch": epoch,
                "loss": round(float(np.mean(losses)), 4),
                "seconds": round(time.monotonic() - began),
            }
            print("\n" + json.dumps(line | self.measured(self.network)), flush=True)

    def _loss(self, chosen: Sequence[int], near: Sequence[Sequence[int]], draw: random.Random) -> Tensor:
        """Of one batch: its questions among all vectors, and among the words of the batch's papers and near ones."""
        asked = self.read([self.sought[n] for n in chosen])
        own = [self.place[self.sought[n].owner] for n in chosen]
        hard = HARD if self.passages is None else HARD - 1  # passages take the time
        drawn = [at for n in chosen for at in draw.sample(near[n], hard)]
        rows = list(dict.fromkeys([*own, *drawn]))
        far, alike = TEMPERATURES
        by_vector = functional.cross_entropy(asked.vectors @ self.matrix.T / far, torch.tensor(own))
        likeness = asked.likeness(self.tokens(self.network, rows)) / alike
        return by_vector + functional.cross_entropy(likeness, torch.tensor([rows.index(at) for at in own]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, train, average and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run, and of question_encoder.onnx")
    parser.add_argument("--minilm", type=Path, required=True, help="model.safetensors of all-MiniLM-L6-v2")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint.pt of encoder, or weights")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "data")
    parser.add_argument("--passages", action="store_true", help="train the words of passages, too")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.8, help="of the trained weights in the average")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    run = Run(options)
    run.train()
    whole = mixed(run.network, run.before, options.share)
    print(json.dumps({"share": options.share} | run.measured(whole)), flush=True)
    print(written(build(whole), options.out / "question_encoder.onnx"))


if __name__ == "__main__":
    main()
