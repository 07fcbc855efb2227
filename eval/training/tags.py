"""Train the tagger: ``python -m eval.training.tags --papers FOLDER --vectors FILE``.

Nobody tagged the papers that a direction of a subject is fitted to: those count whose titles name it, by any of its
labels, and a little those whose abstracts do (distant supervision); a ridge regression of that on vectors. What fuses
directions and words, a logistic regression, is fitted to the half ``tune`` of the labelled papers.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.datasets.labelled import LabelledPaper, read_labelled
from rag.cards.subjects import Vocabulary, load_subjects
from rag.cards.tagger import MOST, counts
from rag.config import EmbeddingConfig
from rag.models import build_embedding, describe, embed_texts
from rag.models.subject_tagger import FOLDER, WEIGHTS, TaggerModel
from rag.text.readable import readable

SEED = 7
LEAST_NAMED = 40
"""Papers whose title names a subject, up to which more are taken."""
RIDGE, PENALTY = 30.0, 1e-5
SPOKEN, BEGUN = 0.2, 0.3
"""What a label in the abstract counts for, up to three times, and parts of which one is in the title."""
FOLDS = 10
LABELS = 8
"""Other labels that stand in the text which a subject's own vector is of."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Papers:
    """Papers with what is told of them: counts of words [papers, subjects, kinds] and vectors [papers, d]."""

    counts: Floats
    vectors: Floats


def chosen(folder: Path, vocabulary: Vocabulary, without: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Id, title and abstract of papers whose titles name subjects, of JSON lines in a folder, in a drawn order."""
    left_out = set(without)
    rows = []
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in lines]
    random.Random(SEED).shuffle(rows)
    named: Counter[int] = Counter()
    for row in rows:
        title = readable(row["title"])
        subjects = {match.subject for match in vocabulary.matches(title)} | vocabulary.composed(title, "")[0]
        if row["arxiv_id"] not in left_out and any(named[one] < LEAST_NAMED for one in subjects):
            named.update(subjects)
            yield row["arxiv_id"], row["title"], row["abstract"]


def embedded(rows: Sequence[tuple[str, str, str]], file: Path | None) -> Floats:
    """Vectors of papers; those that a file holds are taken from it, and the others are added to it."""
    known: dict[str, NDArray[np.float32]] = {}
    if file and file.is_file():
        with np.load(file, allow_pickle=False) as held:
            known = dict(zip(held["ids"].tolist(), held["vectors"].astype(np.float32), strict=True))
    missing = [row for row in rows if row[0] not in known]
    texts = [f"{readable(title)}\n{readable(abstract)}" for _, title, abstract in missing]
    known |= zip((row[0] for row in missing), embed_texts(build_embedding(EmbeddingConfig()), texts), strict=True)
    if file and missing:
        np.savez_compressed(file, ids=np.array(list(known)), vectors=np.stack(list(known.values())).astype(np.float16))
    return np.stack([known[row[0]] for row in rows]).astype(np.float64)


def named(seen: Floats) -> Floats:
    """How much each paper's words say that it is about each subject, 0…1 [papers, subjects]."""
    titled = (seen[:, :, :3].sum(axis=2) > 0).astype(np.float64)
    spoken = np.minimum(seen[:, :, 3] + seen[:, :, 4], 3) * SPOKEN + seen[:, :, 5] * BEGUN
    return np.where(titled > 0, 1.0, np.clip(spoken, 0, 0.9))


def directed(model: TaggerModel, papers: Papers, about: Floats) -> TaggerModel:
    """The model with directions fitted to what papers are about."""
    centre = papers.vectors.mean(axis=0)
    apart = papers.vectors - centre
    square = apart.T @ apart + RIDGE * np.eye(apart.shape[1])
    directions = np.linalg.solve(square, apart.T @ (about - about.mean(axis=0)))
    told, labelled = apart @ directions, papers.vectors @ model.labels
    scales = np.stack([told.mean(axis=0), told.std(axis=0), labelled.mean(axis=0), labelled.std(axis=0)])
    shipped = {
        "directions": directions,
        "centre": centre,
        "scales": scales,
        "prior": np.log(about.mean(axis=0) + 1e-3) / 3,
    }
    return replace(model, **{name: value.astype(np.float32) for name, value in shipped.items()})


def features(model: TaggerModel, papers: Papers, *, vectors: bool) -> Floats:
    """What the fusion sees [papers, subjects, features]."""
    rows = []
    for seen, vector in zip(papers.counts, papers.vectors.astype(np.float32), strict=True):
        own = model.seen(seen)
        rows.append(np.column_stack([own, model.near(vector)]) if vectors else own)
    return np.stack(rows)


def fused(seen: Floats, wanted: Floats) -> Floats:
    """Weights, constant and threshold of a logistic regression; the threshold is the best over folds."""
    out_of_fold = np.empty(wanted.shape)
    folds = np.arange(len(seen)) % FOLDS
    for fold in range(FOLDS):
        weights = _logistic(seen[folds != fold], wanted[folds != fold])
        out_of_fold[folds == fold] = seen[folds == fold] @ weights[:-1] + weights[-1]
    grid = np.arange(-3, 1, 0.1)
    best = max(grid, key=lambda threshold: f1(out_of_fold - threshold, wanted))
    print(f"F1 over folds {f1(out_of_fold - best, wanted):.3f} at {best:.1f}")
    return np.append(_logistic(seen, wanted), best)


def f1(scores: Floats, wanted: Floats) -> float:
    """Micro F1 of at most `MOST` tags a paper with scores above 0."""
    places = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
    given = (scores > 0) & (places < MOST)
    return float(2 * (given * wanted).sum() / (given.sum() + wanted.sum()))


def _logistic(seen: Floats, wanted: Floats) -> Floats:
    rows, labels = seen.reshape(-1, seen.shape[-1]), wanted.ravel()

    def loss(weights: Floats) -> tuple[float, Floats]:
        chances = 1 / (1 + np.exp(-(rows @ weights[:-1] + weights[-1])))
        wrong = (chances - labels) / len(labels)
        fit = -np.mean(labels * np.log(chances + 1e-12) + (1 - labels) * np.log(1 - chances + 1e-12))
        slope = np.append(rows.T @ wrong + 2 * PENALTY * weights[:-1], wrong.sum())
        return float(fit + PENALTY * weights[:-1] @ weights[:-1]), slope

    found = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x)


def trained(vocabulary: Vocabulary, papers: Papers, labelled: Papers, wanted: Floats) -> TaggerModel:
    """Train on papers that nobody tagged, and fuse on those that somebody did."""
    embedder = build_embedding(EmbeddingConfig())
    own = [". ".join([one.label, ", ".join(one.others[:LABELS])]) for one in vocabulary.subjects]
    labels = embed_texts(embedder, own).T
    held = (papers.counts[:, :, [0, 1, 3, 4]].sum(axis=2) > 0).sum(axis=0)
    rarity = np.log((len(papers.vectors) + 1) / (1 + held)) / 4
    empty = np.zeros(0)
    model = TaggerModel(
        vocabulary.fingerprint, describe(embedder).identity, *(empty.astype(np.float32),) * 6, empty, empty
    )
    model = replace(model, labels=labels.astype(np.float16).astype(np.float32), rarity=rarity.astype(np.float32))
    model = directed(model, papers, named(papers.counts))
    weights = fused(features(model, labelled, vectors=True), wanted)
    return replace(model, weights=weights, wordly=fused(features(model, labelled, vectors=False), wanted))


def packed(model: TaggerModel) -> bytes:
    """The weights file."""
    half = {name: getattr(model, name).astype(np.float16) for name in ("directions", "labels", "centre")}
    rest = {name: getattr(model, name) for name in TaggerModel.__slots__ if name not in half}
    held = io.BytesIO()
    np.savez_compressed(held, **half, **rest)
    return held.getvalue()


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, required=True, help="folder of arXiv metadata, JSON lines, gzipped")
    parser.add_argument("--vectors", type=Path, help="file that keeps their vectors (.npz)")
    files = [Path("tests/quality", name) for name in ("cards.jsonl", "tags.jsonl")]
    parser.add_argument("--labelled", type=Path, nargs="+", default=files)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    given = parser.parse_args()
    vocabulary, everyone = load_subjects(), [paper for file in given.labelled for paper in read_labelled(file)]
    rows = list(chosen(given.papers, vocabulary, [paper.paper_id for paper in everyone]))
    tuned = [paper for paper in everyone if paper.split == "tune"]
    model = trained(
        vocabulary,
        Papers(_counted(vocabulary, [row[1:] for row in rows]), embedded(rows, given.vectors)),
        Papers(_counted(vocabulary, [(one.title, one.abstract) for one in tuned]), embedded(_rows(tuned), None)),
        np.array([[subject.tag in one.tags for subject in vocabulary.subjects] for one in tuned], dtype=np.float64),
    )
    content = packed(model)
    (given.out / WEIGHTS).write_bytes(content)
    print(f"{len(rows)} papers; {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def _counted(vocabulary: Vocabulary, texts: Sequence[tuple[str, str]]) -> Floats:
    return np.stack([counts(vocabulary, *text) for text in texts])


def _rows(papers: Sequence[LabelledPaper]) -> list[tuple[str, str, str]]:
    return [(one.paper_id, one.title, one.abstract) for one in papers]


if __name__ == "__main__":
    main()
