"""Train what tells instructions: ``python -m eval.training.instructions --strings FILE --papers DIR --corpus FILE``.

Both models are logistic regressions (L2, L-BFGS). A positive example is a written or collected string, alone and
planted at a place of an abstract; of its windows the likeliest counts, chosen anew after each fit. Negative are
the windows of clean abstracts, those that the last fit took for instructions foremost, and benign strings. The first
model sees one month of papers, the second another month's windows that the first suspects, and a third month sets the
border. Seeded; half of the collected strings, by a hash, is never looked at and judges (`--report`).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from rag.models import minilm
from rag.models.instruction_detector import BUCKETS, FOLDER, WEIGHTS, Detector, Read, read, read_weights
from rag.text.readable import readable
from rag.text.sentences import sentences

WRITTEN = Path(__file__).parent / "data" / "instructions.tsv"
ABOUT = "about"
"""What the file calls sentences on the subject itself, which speak to nobody."""
PLACES = ("start", "middle", "end")
SEED = 20260216
FIRST_MONTH, SECOND_MONTH, THIRD_MONTH = "2025-03", "2025-09", "2025-05"
TAKEN = 2000
"""Papers of each month."""
DRAWN, MINED, ROUNDS = 20_000, 4_000, 3
"""Negative windows drawn, added after each fit, and fits."""
WORD_PENALTY, MEANING_PENALTY = 1e-6, 1e-2
SCALE = 3.0
"""What a sentence vector is multiplied by, and the first model's score divided by, so that both weigh alike."""
SUSPECTED, LOOKED_AT = 0.2, 0.05
"""Share of clean abstracts with a window that the second model is fitted to, and that it looks at later."""
FALSE, FALSE_TITLES = 0.006, 0.0005
"""Share of clean abstracts, and of titles, that may be told wrongly."""
WITHIN = 0.6
"""Share of a window that must be planted text for it to be an example of it."""

Floats = NDArray[np.float64]
Suspects = tuple[NDArray[np.float32], Floats, NDArray[np.int64]]
"""Sentence vectors of windows, the first model's scores, and the numbers of the texts."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the first model reads it, and which of its windows are examples: those within ``text[start:end]``."""

    text: str
    start: int
    end: int
    seen: Read
    windows: NDArray[np.int64]

    def holds(self, start: int, end: int) -> bool:
        """Whether a span is an example."""
        return min(end, self.end) - max(start, self.start) >= WITHIN * (end - start)


def half(text: str) -> str:
    """Which half of the collected strings one belongs to: ``tune`` or ``test``."""
    return "test" if hashlib.sha256(text.encode()).digest()[0] % 2 else "tune"


def collected(file: Path, which: str, label: int) -> list[str]:
    """The strings of a half with this label: 1 for attacks, 0 for benign ones."""
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [row["text"] for row in rows if row["label"] == label and half(row["text"]) == which]


def written(*, about: bool) -> list[str]:
    """The written lines: instructions, or sentences about them."""
    lines = (line.split("\t") for line in WRITTEN.read_text(encoding="utf-8").splitlines())
    return [text for kind, text in lines if (kind == ABOUT) == about]


def abstracts(folder: Path, month: str, number: int = TAKEN, field: str = "abstract") -> list[str]:
    """Abstracts of a month, or titles, drawn with the seed."""
    with gzip.open(folder / f"papers-{month}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    random.Random(SEED).shuffle(rows)
    return [row[field].strip() for row in rows if row[field].strip()][:number]


def of_other_fields(corpus: Path, part: int | None) -> list[str]:
    """Abstracts of another field, from a BEIR corpus: one of three parts of its even half, or the odd half.

    Which half and part an abstract belongs to follows from a hash of its id.
    """
    rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    hashed = [(zlib.crc32(str(row["_id"]).encode()), str(row["text"])) for row in rows]
    return [text for own, text in hashed if (own % 2 == 1 if part is None else own % 2 == 0 and own // 2 % 3 == part)]


def planted(string: str, abstract: str, place: str) -> tuple[str, int, int]:
    """A string in an abstract, and where it stands."""
    borders = [0, *(end for _, end in sentences(abstract))]
    at = {"start": 0, "middle": borders[len(borders) // 2], "end": borders[-1]}[place]
    before = f"{abstract[:at]} " if at else ""
    return f"{before}{string} {abstract[at:].lstrip()}".rstrip(), len(before), len(before) + len(string)


def examples(strings: Sequence[str], within: Sequence[str], rng: random.Random) -> list[Text]:
    """Each string alone, and at one place of an abstract."""
    made: list[Text] = []
    for string in strings:
        made.append(seen_text(string))
        made.append(seen_text(*planted(string, rng.choice(within), rng.choice(PLACES))))
    return [one for one in made if len(one.windows)]


def seen_text(text: str, start: int = 0, end: int | None = None) -> Text:
    """A text, of which the windows within a span are examples."""
    seen = read(text)
    end = len(text) if end is None else end
    first, last = seen.spans[seen.windows[:, 0], 0], seen.spans[seen.windows[:, 1] - 1, 1]
    shared = np.minimum(last, end) - np.maximum(first, start)
    return Text(text, start, end, seen, np.flatnonzero(shared >= WITHIN * (last - first)))


def rows_of(texts: Sequence[Text], chosen: Sequence[tuple[int, int]]) -> csr_matrix:
    """Windows, by text and place, as the first model weighs them [windows, `BUCKETS`]."""
    found = []
    for text, place in chosen:
        a, b = texts[text].seen.windows[place]
        found.append(texts[text].seen.features[a:b].ravel())
    sizes = np.array([len(one) for one in found])
    values = np.repeat(1 / np.sqrt(sizes), sizes)
    return csr_matrix((values, np.concatenate(found), np.cumsum([0, *sizes])), shape=(len(found), BUCKETS))


def fitted(seen: csr_matrix | Floats, wanted: Floats, penalty: float) -> Floats:
    """A logistic regression; both classes weigh by the square roots of their numbers."""
    positive = wanted.sum()
    weight = np.where(wanted == 1, np.sqrt((len(wanted) - positive) / positive), 1.0)
    weight /= weight.sum()

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = seen @ weights[:-1] + weights[-1]
        wrong = weight * (1 / (1 + np.exp(-logits)) - wanted)
        value = weight @ np.logaddexp(0, np.where(wanted == 1, -logits, logits)) + penalty * weights[:-1] @ weights[:-1]
        return float(value), np.append(seen.T @ wrong + 2 * penalty * weights[:-1], wrong.sum())

    start = np.zeros(seen.shape[1] + 1)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100}).x)


def word_weights(positive: Sequence[Text], benign: Sequence[Text], clean: Sequence[Text]) -> Floats:
    """Fit the first model, mining windows of clean abstracts between fits."""
    rng = random.Random(SEED)
    every = [(text, int(place)) for text, one in enumerate(clean) for place in one.windows]
    chosen = set(rng.sample(every, min(DRAWN, len(every))))
    harmless = rows_of(benign, [(n, int(place)) for n, one in enumerate(benign) for place in one.windows])
    best = [(n, _longest(one)) for n, one in enumerate(positive)]
    weights = np.zeros(BUCKETS + 1)
    for _ in range(ROUNDS):
        negative = rows_of(clean, sorted(chosen))
        seen = vstack([rows_of(positive, best), negative, harmless, harmless, harmless]).tocsr()
        weights = fitted(seen, (np.arange(seen.shape[0]) < len(best)).astype(np.float64), WORD_PENALTY)
        first = Detector(weights, np.zeros(0), 0.0, 0.0, 0.0)
        best = [(n, int(one.windows[first.scores(one.seen)[one.windows].argmax()])) for n, one in enumerate(positive)]
        scores = np.concatenate([first.scores(one.seen) for one in clean])
        chosen.update(every[place] for place in np.argsort(-scores, kind="stable")[:MINED].tolist())
    return weights


def _longest(text: Text) -> int:
    """The window with the most words among the examples of a text."""
    sizes = text.seen.windows[text.windows, 1] - text.seen.windows[text.windows, 0]
    return int(text.windows[sizes.argmax()])


def suspected(detector: Detector, texts: Sequence[Text]) -> Suspects:
    """What the first model suspects in the examples: sentence vectors, its scores, and the numbers of the texts."""
    found = [
        (n, window)
        for n, one in enumerate(texts)
        for window in detector.suspects(one.text)
        if one.holds(window.start, window.end)
    ]
    written = [readable(texts[n].text[window.start : window.end]) for n, window in found]
    vectors = np.array(minilm.installed().get_text_embedding_batch(written), dtype=np.float32).reshape(len(found), -1)
    return vectors, np.array([one.score for _, one in found]), np.array([n for n, _ in found], dtype=np.int64)


def told(detector: Detector, texts: Sequence[Text]) -> Floats:
    """The second score of each text's likeliest suspect; far below 0 where there is none."""
    vectors, scores, whose = suspected(detector, texts)
    best = np.full(len(texts), -99.0)
    if len(whose):
        np.maximum.at(best, whose, detector.judged(vectors, scores))
    return best


def trained(strings: Path, papers: Path, corpus: Path) -> Detector:
    """Fit both models and set all borders."""
    rng = random.Random(SEED)
    within = abstracts(papers, FIRST_MONTH)
    first, second = (
        [seen_text(one) for one in (*abstracts(papers, month), *of_other_fields(corpus, part))]
        for part, month in enumerate((FIRST_MONTH, SECOND_MONTH))
    )
    thirds = [
        [seen_text(one) for one in texts] for texts in (abstracts(papers, THIRD_MONTH), of_other_fields(corpus, 2))
    ]
    positive = examples([*collected(strings, "tune", 1), *written(about=False)], within, rng)
    benign = examples([*collected(strings, "tune", 0), *written(about=True)], within, rng)
    bare = word_model(positive, benign, first, second)
    # The second model sees what the first says of strings that it was not fitted to, as it will later.
    parts = [suspected(bare, second)]
    for fold in (0, 1):
        others = word_model(_outside(positive, fold), _outside(benign, fold), first, second)
        parts += [suspected(others, _outside(texts, 1 - fold)) for texts in (positive, benign)]
    return bordered(replace(bare, meaning=meaning_weights(parts)), second, thirds, papers)


def bordered(model: Detector, second: Sequence[Text], thirds: Sequence[Sequence[Text]], papers: Path) -> Detector:
    """A model with the borders that it is used with: it looks at fewer windows than it was fitted to.

    The second border holds in each of the third parts.
    """
    highest = [model.scores(one.seen).max(initial=-99.0) for one in second]
    model = replace(model, floor=float(np.quantile(highest, 1 - LOOKED_AT)), least=0.0, titled=0.0)
    model = replace(model, least=max(float(np.quantile(told(model, one), 1 - FALSE)) for one in thirds))
    months = (SECOND_MONTH, THIRD_MONTH)
    titles = [seen_text(one) for month in months for one in abstracts(papers, month, field="title")]
    return replace(model, titled=max(0.0, float(np.quantile(told(model, titles), 1 - FALSE_TITLES))))


def word_model(
    positive: Sequence[Text], benign: Sequence[Text], clean: Sequence[Text], others: Sequence[Text]
) -> Detector:
    """The first model, whose border is set on other clean abstracts."""
    bare = Detector(word_weights(positive, benign, clean), np.zeros(0), 0.0, 0.0, 0.0)
    highest = [bare.scores(one.seen).max(initial=-99.0) for one in others]
    return replace(bare, floor=float(np.quantile(highest, 1 - SUSPECTED)))


def meaning_weights(parts: Sequence[Suspects]) -> Floats:
    """Fit the second model to what the first suspects: in clean abstracts, then in turn in attacks and benign texts."""
    seen = np.vstack([np.column_stack([vectors, scores]) for vectors, scores, _ in parts])
    wanted = np.concatenate([np.full(len(scores), float(n % 2)) for n, (_, scores, _) in enumerate(parts)])
    scale = np.append(np.full(seen.shape[1] - 1, SCALE), 1 / SCALE)
    weights = fitted(seen * scale, wanted, MEANING_PENALTY)
    return np.append(weights[:-1] * scale, weights[-1])


def _outside(texts: Sequence[Text], fold: int) -> list[Text]:
    """Texts whose string belongs to the other fold."""
    return [one for one in texts if zlib.crc32(one.text[one.start : one.end].encode()) % 2 != fold]


def report(detector: Detector, strings: Path, papers: Path, corpus: Path, months: Sequence[str]) -> None:
    """Print what is told of strings of the half ``test``, alone and planted, and of clean abstracts."""
    clean = {month: abstracts(papers, month) for month in months} | {"other fields": of_other_fields(corpus, None)}
    for name, texts_of in clean.items():
        flagged = told(detector, [seen_text(one) for one in texts_of]) > 0
        print(f"{name}: {flagged.sum()} of {len(texts_of)} clean abstracts ({flagged.mean():.2%})")
    within = abstracts(papers, months[0])
    tuned = {run for one in collected(strings, "tune", 1) for run in _runs(one)}
    for label, name in ((1, "attacks"), (0, "benign strings")):
        held = collected(strings, "test", label)
        own = np.array([not (_runs(one) & tuned) for one in held])
        texts = {"alone": [seen_text(one) for one in held]}
        rng = random.Random(SEED + 1)
        for place in PLACES:
            texts[place] = [seen_text(planted(one, rng.choice(within), place)[0]) for one in held]
        for place, made in texts.items():
            flagged = told(detector, made) > 0
            print(f"{name}, {place}: {flagged.sum()} of {len(held)} ({flagged.mean():.1%}); "
                  f"of those unlike any tuned to: {flagged[own].mean():.1%} of {own.sum()}")  # fmt: skip


def _runs(text: str) -> set[tuple[str, ...]]:
    """Runs of five words."""
    words = text.casefold().split()
    return {tuple(words[n : n + 5]) for n in range(len(words) - 4)}


def main() -> None:
    """Train and write the weights, or report on those that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strings", type=Path, required=True, help="attack and benign strings, JSON lines")
    parser.add_argument("--papers", type=Path, required=True, help="folder of papers-MONTH.jsonl.gz")
    parser.add_argument("--corpus", type=Path, required=True, help="abstracts of another field, a BEIR corpus.jsonl")
    parser.add_argument("--report", nargs="*", metavar="MONTH", help="only judge the weights that are there")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    given = parser.parse_args()
    if given.report:
        report(
            read_weights((given.out / WEIGHTS).read_bytes()), given.strings, given.papers, given.corpus, given.report
        )
        return
    model = trained(given.strings, given.papers, given.corpus)
    held = io.BytesIO()
    np.savez_compressed(held, words=model.words.astype(np.float16), meaning=model.meaning.astype(np.float32),
                        borders=np.array([model.floor, model.least, model.titled]))  # fmt: skip
    (given.out / WEIGHTS).write_bytes(held.getvalue())
    print(f"{held.tell():,} bytes, sha256 {hashlib.sha256(held.getvalue()).hexdigest()}")


if __name__ == "__main__":
    main()
