"""Train the answer scorer: seeded, resumable, on two cores.

    run="python -m eval.training.answers.train --minilm model.safetensors --open-sets DIR"
    $run --out run/open
    $run --out run/final --start run/open/final.pt --open-share 0.1 --written-epochs 3

A run that is started again with the same arguments goes on from its last checkpoint; SIGTERM writes one and stops.
What an epoch holds depends on the seed and the epoch's number alone.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from eval.training.answers.measures import written_measures
from eval.training.answers.network import EXITS, Network, collate, load_minilm
from eval.training.answers.samples import (
    Collection,
    Negatives,
    Sample,
    Written,
    of_part,
    open_samples,
    read_collection,
    written_samples,
)
from eval.training.answers.scorers import NetworkScorer
from rag.models.answer_scorer.encoding import Encoded, Encoder, layout
from rag.models.minilm import installed
from rag.models.vocabulary import VOCABULARY

BATCH, BATCH_PIECES = 32, 5000
"""Most sequences of a batch, and most word pieces with padding."""
POOL = 480
"""Sequences that are sorted by length together."""
OPEN_LONGEST = 288
"""Longer sequences of the open sets are left out: their time buys more elsewhere."""
CHECKPOINT_SECONDS = 300
NEIGHBOURS, NAMED_AMONG = 8, 3


@dataclass(frozen=True, slots=True)
class Item:
    """A sequence and the targets of its sentences."""

    sequence: Encoded
    targets: tuple[float, ...]
    ranks: tuple[float, ...]
    weight: float


def items(samples: Sequence[Sample], encoder: Encoder) -> list[Item]:
    """Encode samples; one that needs several sequences becomes as many items."""
    texts = sorted({text for sample in samples for text in (sample.question, sample.title, *sample.sentences)})
    pieces = dict(zip(texts, encoder.pieces(texts), strict=True))
    made = []
    for sample in samples:
        told = [pieces[sentence] for sentence in sample.sentences]
        for sequence in layout(pieces[sample.question], pieces[sample.title], told):
            part = slice(sequence.first, sequence.first + len(sequence.sentences))
            made.append(Item(sequence, sample.targets[part], sample.ranks[part], sample.weight))
    return made


def batches(whole: Sequence[Item], seed: str) -> list[list[Item]]:
    """Batches of sequences of like length, in drawn order."""
    draw = random.Random(seed)
    order = list(whole)
    draw.shuffle(order)
    made: list[list[Item]] = []
    for start in range(0, len(order), POOL):
        pool = sorted(order[start : start + POOL], key=lambda item: len(item.sequence.ids))
        made.append([])
        for item in pool:
            full = len(made[-1]) == BATCH or (len(made[-1]) + 1) * len(item.sequence.ids) > BATCH_PIECES
            if full:
                made.append([])
            made[-1].append(item)
    draw.shuffle(made)
    return made


def loss_of(outputs: Sequence[tuple[Tensor, Tensor]], batch: Sequence[Item], present: Tensor) -> Tensor:
    """Listwise cross-entropy with NONE as one more choice + two binary ones; early exits count a third."""
    most = present.shape[1]
    targets, ranks = torch.zeros(len(batch), most), torch.zeros(len(batch), most)
    for row, item in enumerate(batch):
        targets[row, : len(item.targets)] = torch.tensor(item.targets)
        ranks[row, : len(item.ranks)] = torch.tensor(item.ranks)
    weights = torch.tensor([item.weight for item in batch])
    answered = (targets.amax(dim=1) > 0.9).float()
    none = 1 - answered
    wanted = torch.cat([none[:, None], ranks * answered[:, None]], dim=1)
    wanted = wanted / wanted.sum(dim=1, keepdim=True)
    total = torch.zeros(())
    for number, (logits, whole) in enumerate(outputs):
        logits, whole = logits.float(), whole.float()
        choices = torch.cat([-whole[:, None], logits.masked_fill(~present, -1e4)], dim=1)
        listwise = -(wanted * choices.log_softmax(dim=1)).sum(dim=1)
        single = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        single = (single * present).sum(dim=1) / present.sum(dim=1)
        yes = functional.binary_cross_entropy_with_logits(whole, answered, reduction="none")
        loss = ((listwise + 2 * single + 0.5 * yes) * weights).mean()
        total = total + (loss if number == len(outputs) - 1 else 0.33 * loss)
    return total


def with_neighbours(collection: Collection, kept: Path) -> tuple[Collection, frozenset[int]]:
    """Find each training paper's nearest training papers, and the questions that point to their own paper.

    What was embedded is kept in a file, for a run that is started again (and because OpenVINO ends where another
    allocator is preloaded).
    """
    questions = of_part(collection, "train")
    names = sorted({written.paper for written in questions})
    texts = [f"{collection.abstracts[name].title} {' '.join(collection.abstracts[name].sentences)}" for name in names]
    if not kept.exists():
        minilm = installed()
        papers, asked = (
            np.array(minilm.get_text_embedding_batch(some), dtype=np.float32)
            for some in (texts, [written.question for written in questions])
        )
        whole = kept.with_suffix(".new.npz")
        np.savez(whole, papers=papers, asked=asked)
        whole.replace(kept)
    vectors = np.load(kept)
    papers, asked = vectors["papers"], vectors["asked"]
    near = np.argsort(-(papers @ papers.T), axis=1)[:, 1 : NEIGHBOURS + 1]
    neighbours = {name: tuple(names[other] for other in near[row]) for row, name in enumerate(names)}
    place = {name: index for index, name in enumerate(names)}
    similar = asked @ papers.T
    own = similar[np.arange(len(questions)), [place[written.paper] for written in questions]]
    rank = (similar > own[:, None]).sum(axis=1)
    specific = frozenset(np.flatnonzero(rank < NAMED_AMONG).tolist())
    return replace(collection, neighbours=neighbours), specific


class Run:
    """One training run and its state on disk."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.out: Path = options.out
        self.out.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        self.encoder = Encoder(VOCABULARY)
        self.network = Network()
        load_minilm(self.network, options.minilm)
        self.collection = read_collection(options.data)
        self.questions: tuple[Written, ...] = of_part(self.collection, "train")
        self.specific = frozenset[int]()
        if options.written_epochs:
            self.collection, self.specific = with_neighbours(self.collection, self.out / "vectors.npz")
        self.exits = self._started(options.start) if options.start else len(EXITS)
        self.network.words.weight.requires_grad_(False)
        self.negatives = Negatives(0, 0, 0) if options.no_negatives else Negatives()
        if options.no_removed:
            self.negatives = replace(self.negatives, removed=0)

    def _started(self, weights: Path) -> int:
        """Go on from weights; how many exits are trained: those read back from a shipped model lack the first one's."""
        lacking = self.network.load_state_dict(torch.load(weights, weights_only=True), strict=False)
        first = {name for name in lacking.missing_keys if name.startswith(f"heads.{EXITS[0]}.")}
        if lacking.unexpected_keys or set(lacking.missing_keys) != first:
            raise ValueError(f"{weights} holds no weights of this network.")
        return len(EXITS) - bool(first)

    def epoch(self, number: int) -> list[list[Item]]:
        """The batches of one epoch."""
        options, seed = self.options, f"{self.options.seed}/{number}"
        made: list[Item] = []
        if options.open_sets:
            samples = open_samples(options.open_sets, options.seed + number, removed=not options.no_removed)
            samples = samples[: round(len(samples) * options.open_share)]
            made = [item for item in items(samples, self.encoder) if len(item.sequence.ids) <= OPEN_LONGEST]
        if options.written_epochs:
            draw = random.Random(seed)
            chosen = [n for n, one in enumerate(self.questions) if one.newest or draw.random() < options.written_share]
            specific = frozenset(place for place, n in enumerate(chosen) if n in self.specific)
            asked = [self.questions[n] for n in chosen]
            made += items(written_samples(self.collection, asked, specific, self.negatives, seed), self.encoder)
        return batches(made, seed)

    def train(self) -> None:
        """Train to the end, or on from the last checkpoint."""
        options = self.options
        epochs = options.written_epochs or 1
        plan = [self.epoch(number) for number in range(epochs)]
        if options.most_steps:
            plan = [[batch for epoch in plan for batch in epoch][: options.most_steps]]
        steps = sum(map(len, plan))
        optimiser, schedule = self.optimisation(steps)
        checkpoint, done, spent = self.out / "checkpoint.pt", 0, 0.0
        if checkpoint.exists():
            saved = torch.load(checkpoint, weights_only=True)
            self.network.load_state_dict(saved["network"])
            optimiser.load_state_dict(saved["optimiser"])
            schedule.load_state_dict(saved["schedule"])
            done, spent = saved["step"], saved["seconds"]
            print(f"resumed at step {done} of {steps}", flush=True)
        began, last, losses, seen = time.monotonic() - spent, time.monotonic(), list[float](), 0
        stopping: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
        step = 0
        for number, epoch in enumerate(plan):
            for batch in epoch:
                step += 1
                if step <= done:
                    continue
                torch.manual_seed(options.seed * 1_000_003 + step)  # dropout of a step, resumed or not
                losses.append(self.step(batch, optimiser))
                schedule.step()
                seen += len(batch)
                if step % 20 == 0 or step == steps:
                    seconds = time.monotonic() - began
                    mean = sum(losses[-100:]) / len(losses[-100:])
                    print(
                        f"step {step}/{steps} loss {mean:.4f} {seconds:.0f} s {seen / (seconds - spent):.1f}/s",
                        flush=True,
                    )
                if stopping or time.monotonic() - last > CHECKPOINT_SECONDS:
                    state = {
                        "network": self.network.state_dict(),
                        "optimiser": optimiser.state_dict(),
                        "schedule": schedule.state_dict(),
                        "step": step,
                        "seconds": time.monotonic() - began,
                    }
                    torch.save(state, checkpoint.with_suffix(".new"))
                    checkpoint.with_suffix(".new").replace(checkpoint)
                    last = time.monotonic()
                if stopping:
                    sys.exit(f"stopped after step {step}; start again to go on")
            if step > done:
                self.report(number, time.monotonic() - began)
        torch.save(self.network.state_dict(), self.out / "final.pt")
        checkpoint.unlink(missing_ok=True)

    def optimisation(self, steps: int) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
        """The optimiser, ten times as fast for the heads, and its schedule: a short rise, then a line down."""
        heads = [value for name, value in self.network.named_parameters() if name.startswith("heads.")]
        body = [
            value
            for name, value in self.network.named_parameters()
            if not name.startswith("heads.") and value.requires_grad
        ]
        rate = self.options.rate
        groups = [{"params": body, "lr": rate}, {"params": heads, "lr": 10 * rate}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        warm = max(1, steps // 20)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / max(1, steps - warm)))
        )
        return optimiser, schedule

    def step(self, batch: Sequence[Item], optimiser: torch.optim.Optimizer) -> float:
        """One update; returns the loss."""
        self.network.train()
        padded = collate([item.sequence for item in batch])
        with torch.autocast("cpu", torch.bfloat16):
            outputs = self.network(padded.ids, padded.types, padded.mask, padded.pool)
        loss = loss_of(outputs[-self.exits :], batch, padded.present)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        optimiser.step()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError("The loss is not finite.")
        return value

    def report(self, number: int, seconds: float) -> None:
        """Print and note the measures on the validation papers."""
        figures = written_measures(NetworkScorer(self.network, self.encoder), self.collection, "validation")
        line = {"epoch": number, "seconds": round(seconds), **{key: round(value, 4) for key, value in figures.items()}}
        print(json.dumps(line), flush=True)
        with (self.out / "validation.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        torch.save(self.network.state_dict(), self.out / f"epoch{number}.pt")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = Path(__file__).parents[1]
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minilm", type=Path, required=True, help="model.safetensors of all-MiniLM-L6-v2")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--data", type=Path, default=here / "data", help="written questions and abstracts")
    parser.add_argument("--open-sets", type=Path, help="folder of the open sets; none: without them")
    parser.add_argument("--open-share", type=float, default=1.0, help="share of the open samples in each epoch")
    parser.add_argument(
        "--written-share", type=float, default=1.0, help="share of the earlier written questions in each epoch"
    )
    parser.add_argument("--written-epochs", type=int, default=0, help="epochs over the written questions")
    parser.add_argument("--no-removed", action="store_true", help="without removed-sentence negatives")
    parser.add_argument("--no-negatives", action="store_true", help="without any added in-domain negative")
    parser.add_argument("--most-steps", type=int, help="end after so many updates, with the rate's whole course")
    parser.add_argument("--rate", type=float, default=6e-5, help="learning rate of the encoder")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    Run(parser.parse_args(arguments)).train()


if __name__ == "__main__":
    main()
