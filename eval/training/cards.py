"""Train what makes cards: ``python -m eval.training.cards --roles FILE``.

Roles of sentences: a multinomial logistic regression (L2, L-BFGS) over hashed runs of words, from CSAbstruct. Which
sentence states a field: a softmax over an abstract's sentences and none of them, over features of `features`. Which
names are data: a logistic regression over the signs of `rag.cards.mentions`. The last two are fitted to the half
``tune`` of the labelled papers.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from eval.datasets.labelled import LabelledPaper, read_labelled
from rag.cards.abstract import own_name
from rag.cards.mentions import SIGNS, candidates
from rag.models.sentence_roles import BUCKETS, FIELDS, FOLDER, ROLES, WEIGHTS, RoleModel, features, runs, signs
from rag.text.readable import readable
from rag.text.sentences import sentences

ROLE_PENALTY, FIELD_PENALTY, MENTION_PENALTY = 1e-4, 2e-3, 3e-4
"""L2 penalties of a weight, for losses that are means."""
MENTION_BIAS = 0.8
"""Log-odds from which on a name counts as data, turned round: names are rare, and a missed one costs as a false one."""
FIRST = 2.0
"""What the best sentence counts for beside others that also do."""

Floats = NDArray[np.float64]
Loss = Callable[[Floats], tuple[float, Floats]]


def role_weights(file: Path) -> Floats:
    """Fit the roles to a set of sentences, JSON lines ``{"text", "label"}`` [`BUCKETS` + 1, roles]."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = [runs(readable(row["text"])) for row in rows]
    values = np.concatenate([np.full(len(one), 1 / np.sqrt(max(len(one), 1))) for one in found])
    borders = np.cumsum([0, *map(len, found)])
    seen = csr_matrix((values, np.concatenate(found), borders), shape=(len(rows), BUCKETS))
    wanted = np.eye(len(ROLES))[[ROLES.index(row["label"]) for row in rows]]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(-1, len(ROLES))
        logits = seen @ weights[:-1] + weights[-1]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances = odds / odds.sum(axis=1, keepdims=True)
        wrong = (chances - wanted) / len(rows)
        slope = np.vstack([seen.T @ wrong + 2 * ROLE_PENALTY * weights[:-1], wrong.sum(axis=0)])
        value = -np.log((chances * wanted).sum(axis=1)).mean() + ROLE_PENALTY * (weights[:-1] ** 2).sum()
        return float(value), slope.ravel()

    return _least(loss, (BUCKETS + 1) * len(ROLES), 60).reshape(-1, len(ROLES))


def field_weights(papers: Sequence[LabelledPaper], seen: Sequence[Floats], field: str) -> Floats:
    """Fit which sentence states a field, or that none does [features + 1]."""
    targets = [_target(paper, getattr(paper, field)) for paper in papers]

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = (
            FIELD_PENALTY * float(weights[:-1] @ weights[:-1]),
            2 * FIELD_PENALTY * np.append(weights[:-1], 0),
        )
        for rows, wanted in zip(seen, targets, strict=True):
            logits = np.append(rows @ weights[:-1] + weights[-1], 0)
            odds = np.exp(logits - logits.max())
            chances = odds / odds.sum()
            wrong = (chances - wanted)[:-1] / len(papers)
            value -= float(wanted @ np.log(chances + 1e-12)) / len(papers)
            slope += np.append(rows.T @ wrong, wrong.sum())
        return value, slope

    return _least(loss, seen[0].shape[1] + 1, 200)


def _target(paper: LabelledPaper, wanted: Sequence[str]) -> Floats:
    """What each sentence counts for, and none of them as the last."""
    texts = [paper.abstract[a:b] for a, b in sentences(paper.abstract)]
    counts = np.array(
        [*((FIRST if text == wanted[0] else 1.0) if text in wanted else 0.0 for text in texts), not wanted]
    )
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def mention_weights(papers: Sequence[LabelledPaper]) -> Floats:
    """Fit which names are data [`SIGNS` + 1]."""
    rows: list[tuple[float, ...]] = []
    labels: list[bool] = []
    for paper in papers:
        text = paper.abstract
        for one in candidates(text, 0, sentences(text), paper.title, own_name(paper.title)):
            written = text[slice(*one.span)]
            rows.append(one.signs)
            labels.append(any(written in name or name in written for name in paper.data))
    seen, wanted = np.array(rows), np.array(labels, dtype=np.float64)

    def loss(weights: Floats) -> tuple[float, Floats]:
        chances = 1 / (1 + np.exp(-(seen @ weights[:-1] + weights[-1])))
        wrong = (chances - wanted) / len(wanted)
        fit = -np.mean(wanted * np.log(chances + 1e-12) + (1 - wanted) * np.log(1 - chances + 1e-12))
        slope = np.append(seen.T @ wrong + 2 * MENTION_PENALTY * weights[:-1], wrong.sum())
        return float(fit + MENTION_PENALTY * weights[:-1] @ weights[:-1]), slope

    weights = _least(loss, SIGNS + 1, 200)
    weights[-1] += MENTION_BIAS
    return weights


def _least(loss: Loss, size: int, steps: int) -> Floats:
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return np.asarray(found.x)


def trained(roles: Floats, papers: Sequence[LabelledPaper]) -> RoleModel:
    """The model of roles that are fitted already and labelled papers."""
    bare = RoleModel(roles.astype(np.float16).astype(np.float32), np.zeros((0, 0)), np.zeros(0))
    seen = []
    for paper in papers:
        texts = [readable(paper.abstract[a:b]) for a, b in sentences(paper.abstract)]
        seen.append(features(bare.roles(texts), signs(texts, own_name(paper.title))))
    fields = np.stack([field_weights(papers, seen, field) for field in FIELDS])
    return RoleModel(bare.words, fields, mention_weights(papers))


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--roles", type=Path, required=True, help="CSAbstruct's sentences, cls_csabstruct_train_dev.jsonl.gz"
    )
    parser.add_argument("--labelled", type=Path, default=Path("tests/quality/cards.jsonl"))
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    given = parser.parse_args()
    model = trained(role_weights(given.roles), read_labelled(given.labelled, ["tune"]))
    held = io.BytesIO()
    np.savez_compressed(held, words=model.words.astype(np.float16), fields=model.fields, mentions=model.mentions)
    (given.out / WEIGHTS).write_bytes(held.getvalue())
    print(f"{held.tell():,} bytes, sha256 {hashlib.sha256(held.getvalue()).hexdigest()}")


if __name__ == "__main__":
    main()
