"""Train the question encoder: the vector of a question, near to the stored vectors of the passages that answer it.

    python -m eval.training.questions.encoder --minilm model.safetensors --papers papers-2025-*.jsonl.gz \
        --open-sets DIR --out run/questions

Passages keep the vectors that the shipped embedder gives them, so no library has to be embedded anew; only what a
question is turned into is learnt. All passages of all papers are negatives in every step (a softmax over the whole
matrix), which is cheap since their vectors stand still. The trained weights are averaged with those that the training
began with (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022): the average keeps what the original
knew of fields that nobody wrote questions about.

Seeded; a run that is started again goes on after its last epoch. Passages and checkpoint belong to the arguments that
they were made with: give another `--out` for others.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor
from torch.nn import functional

from eval.training.answers.export import Graph, assembled, encoder, written
from eval.training.answers.network import WIDTH, Network, load_minilm
from eval.training.answers.samples import part, read_collection, read_rows
from rag.index.chunks import Chunker
from rag.models import describe, embed_texts
from rag.models.answer_scorer.encoding import CLS, SEP, Encoder
from rag.models.minilm import installed
from rag.models.vocabulary import VOCABULARY
from rag.types import Paper

TEMPERATURE = 0.05
BATCH, POOL = 64, 16
"""Questions a step, and batches whose questions are sorted by length together."""
RATE, WARM = 3e-5, 0.1
MOST_PIECES = 62
NEAR = 30
"""Rank of its own paper, by the vectors as they were, up to which a question about a known paper says what it means."""
NO_SEARCH = ("absent", "premise", "followup")
"""Kinds of written questions that do not say what is sought."""
OPEN_SETS = {"ret_scitldr_train_dev": 4000, "ret_bioasq_1b_7b": 5000, "ret_scirepeval_search_sample": 200}
"""Open sets of queries with a passage, and the most rows that are used of each."""


@dataclass(frozen=True, slots=True)
class Passages:
    """What is searched: vectors [n, d] of length 1, and whose passage each is."""

    vectors: NDArray[np.float32]
    owners: tuple[str, ...]

    def places(self) -> dict[str, list[int]]:
        """The rows of each owner."""
        found: dict[str, list[int]] = {}
        for row, owner in enumerate(self.owners):
            found.setdefault(owner, []).append(row)
        return found


@dataclass(frozen=True, slots=True)
class Sought:
    """A question and the owner of the passages that it seeks."""

    question: str
    owner: str
    kind: str


def read_searches(folder: Path) -> list[Sought]:
    """The questions of people who do not know the paper (`searches.jsonl.gz`)."""
    return [Sought(row["q"], row["paper"], row["kind"]) for row in read_rows(folder / "searches.jsonl.gz")]


def papers_of(folder: Path, others: Sequence[Path]) -> dict[str, tuple[str, str]]:
    """Title and abstract of every paper that is searched: those of the written questions, and others as negatives."""
    found = {
        paper: (abstract.title, " ".join(abstract.sentences))
        for paper, abstract in read_collection(folder).abstracts.items()
    }
    for row in read_rows(folder / "searches_papers.jsonl.gz"):
        found[row["paper"]] = (row["title"], row["abstract"])
    for file in others:
        for row in read_rows(file):
            found.setdefault(row["arxiv_id"], (row["title"], row["abstract"]))
    return found


def open_pairs(folder: Path, seed: int) -> list[tuple[Sought, str]]:
    """Queries of the open sets with the passages that answer them."""
    made: list[tuple[Sought, str]] = []
    for name, most in OPEN_SETS.items():
        rows = list(read_rows(folder / f"{name}.jsonl.gz"))
        random.Random(f"{seed}/{name}").shuffle(rows)
        distinct = {row["query"]: row["positive"] for row in rows[: 2 * most]}
        made += [(Sought(query, f"open:{text}", name), text) for query, text in list(distinct.items())[:most]]
    return made


def embedded(papers: dict[str, tuple[str, str]], extra: Sequence[str], out: Path) -> Passages:
    """The passages of papers as the product cuts and embeds them, then single texts; kept in `out`."""
    file = out / "passages.npz"
    if file.exists():
        kept = np.load(file)
        return Passages(kept["vectors"], tuple(kept["owners"].tolist()))
    model = installed()
    chunker = Chunker(describe(model))
    chunks = [
        chunk
        for paper_id, (title, abstract) in papers.items()
        for chunk in chunker.split(Paper(paper_id, title, abstract, (), date(1970, 1, 1)))
    ]
    texts = [*(chunk.embedded_text for chunk in chunks), *extra]
    owners = (*(chunk.paper_id for chunk in chunks), *(f"open:{text}" for text in extra))
    found = Passages(embed_texts(model, texts, lambda done, of: print(f"\rembedding {done} of {of}", end="")), owners)
    print()
    whole = out / "passages.new.npz"
    np.savez(whole, vectors=found.vectors, owners=np.array(owners))
    whole.replace(file)  # never half a file
    return found


class Asking:
    """Turns questions into vectors with a network that is being trained."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._encoder = Encoder(VOCABULARY)

    def pieces(self, questions: Sequence[str]) -> list[list[int]]:
        """Word pieces with [CLS] and [SEP]."""
        return [[CLS, *pieces[:MOST_PIECES], SEP] for pieces in self._encoder.pieces(questions)]

    def vectors(self, pieces: Sequence[Sequence[int]]) -> Tensor:
        """Vectors of length 1 [n, d]: the mean over a question's tokens."""
        longest = max(map(len, pieces))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in pieces])
        mask = ids != 0
        states = self.network.states(ids, torch.zeros_like(ids), mask)[-1]
        return functional.normalize((states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=-1)

    @torch.inference_mode()
    def all(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of any number of questions, none of them trained on."""
        self.network.eval()
        pieces = self.pieces(questions)
        order = sorted(range(len(pieces)), key=lambda n: len(pieces[n]))
        made = np.zeros((len(pieces), WIDTH), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            made[chosen] = self.vectors([pieces[n] for n in chosen]).numpy()
        self.network.train()
        return made


def reciprocal_ranks(asking: Asking, sought: Sequence[Sought], passages: Passages) -> dict[str, float]:
    """Mean reciprocal rank of the sought passage among all, by kind of question."""
    places, ranks = passages.places(), dict[str, list[float]]()
    for row, one in zip(asking.all([one.question for one in sought]) @ passages.vectors.T, sought, strict=True):
        ranks.setdefault(one.kind, []).append(1.0 / (1 + int((row > row[places[one.owner]].max()).sum())))
    return {kind: round(float(np.mean(found)), 4) for kind, found in sorted(ranks.items())}


def batches(pieces: Sequence[Sequence[int]], seed: str) -> Iterator[list[int]]:
    """Batches of questions of like length, in drawn order."""
    draw = random.Random(seed)
    order = list(range(len(pieces)))
    draw.shuffle(order)
    size = BATCH * POOL
    pools = [sorted(order[at : at + size], key=lambda n: len(pieces[n])) for at in range(0, len(order), size)]
    made = [pool[at : at + BATCH] for pool in pools for at in range(0, len(pool), BATCH)]
    draw.shuffle(made)
    yield from made


def train(
    asking: Asking, sought: Sequence[Sought], held: Sequence[Sought], passages: Passages, options: argparse.Namespace
) -> None:
    """Train to the end, or on after the last whole epoch."""
    network, places = asking.network, passages.places()
    matrix = torch.from_numpy(passages.vectors)
    pieces = asking.pieces([one.question for one in sought])
    steps = options.epochs * math.ceil(len(pieces) / BATCH)
    optimiser = torch.optim.AdamW(
        [one for one in network.parameters() if one.requires_grad], lr=RATE, weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM * steps), (steps - step) / steps)
    )
    checkpoint, first = options.out / "checkpoint.pt", 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        first = saved["epoch"] + 1
    for epoch in range(first, options.epochs):
        began, losses = time.monotonic(), list[float]()
        for chosen in batches(pieces, f"{options.seed}/{epoch}"):
            scores = asking.vectors([pieces[n] for n in chosen]) @ matrix.T / TEMPERATURE
            own = torch.zeros_like(scores, dtype=torch.bool)
            for row, n in enumerate(chosen):
                own[row, places[sought[n].owner]] = True
            wanted = scores.masked_fill(~own, -1e4)
            loss = (scores.logsumexp(dim=1) - wanted.logsumexp(dim=1)).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        state = {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
        }
        torch.save({**state, "epoch": epoch}, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)
        line = {"epoch": epoch, "loss": round(float(np.mean(losses)), 4), "seconds": round(time.monotonic() - began)}
        print(json.dumps(line | reciprocal_ranks(asking, held, passages)), flush=True)


def build(network: Network) -> onnx.ModelProto:
    """The encoder as an ONNX model, whose output `tokens` [1, t, d] has each token's vector."""
    graph = Graph.of(network)
    graph.node("Identity", [encoder(graph)], "tokens")
    tokens = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, "t", WIDTH])
    return assembled("question_encoder", graph, [], [tokens])


def parted(asking: Asking, passages: Passages, folder: Path) -> tuple[list[Sought], list[Sought]]:
    """The questions to train on, and those about papers that are held out, of which no question is trained on.

    Of questions about a known paper ("which data did they use?") only those that say which paper they mean are taken.
    """
    searches, places = read_searches(folder), passages.places()
    about = [
        Sought(one.question, one.paper, one.kind)
        for one in read_collection(folder).questions
        if one.answers and one.kind not in NO_SEARCH and part(one.paper) == "train"
    ]
    near = asking.all([one.question for one in about]) @ passages.vectors.T
    told = [one for one, row in zip(about, near, strict=True) if (row > row[places[one.owner]].max()).sum() < NEAR]
    return (
        [*told, *(one for one in searches if part(one.owner) == "train")],
        [one for one in searches if part(one.owner) != "train"],
    )


def mixed(trained: Network, original: Network, share: float) -> Network:
    """A network whose weights are `share` of the trained ones and else the original's."""
    ours, theirs = trained.state_dict(), original.state_dict()
    original.load_state_dict({name: share * ours[name] + (1 - share) * theirs[name] for name in ours})
    return original


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, train, average and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run, and of question_encoder.onnx")
    parser.add_argument("--minilm", type=Path, required=True, help="model.safetensors of all-MiniLM-L6-v2")
    parser.add_argument("--papers", type=Path, nargs="*", default=[], help="JSON lines of other papers, as negatives")
    parser.add_argument("--open-sets", type=Path, help="folder of the open sets; none: without them")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "data")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.6, help="of the trained weights in the average")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    opened = open_pairs(options.open_sets, options.seed) if options.open_sets else []
    passages = embedded(
        papers_of(options.data, options.papers), list(dict.fromkeys(text for _, text in opened)), options.out
    )
    original, network = Network(dropout=0), Network(dropout=0)
    for one in (original, network):
        load_minilm(one, options.minilm)
    network.words.weight.requires_grad_(False)
    network.positions.weight.requires_grad_(False)
    network.types.weight.requires_grad_(False)
    asking = Asking(network)
    sought, held = parted(asking, passages, options.data)
    train(asking, [*sought, *(one for one, _ in opened)], held, passages, options)
    for share in (0.0, options.share):
        whole = Network(dropout=0)
        load_minilm(whole, options.minilm)
        ranks = reciprocal_ranks(Asking(mixed(network, whole, share)), held, passages)
        print(json.dumps({"share": share} | ranks), flush=True)
    print(written(build(mixed(network, original, options.share)), options.out / "question_encoder.onnx"))


if __name__ == "__main__":
    main()
