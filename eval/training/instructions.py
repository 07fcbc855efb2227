"""Train what tells instructions: ``python -m eval.training.instructions --strings FILE --papers DIR --corpus FILE …``.

Both models are logistic regressions (L2, L-BFGS). A positive example is a written or collected string, a question or a
request, alone below a title and planted at a place of an abstract: of any, and of one of the nearest to it; of its
windows the likeliest counts, chosen anew after each fit.
Negative are the windows of clean abstracts, those that the last fit took for instructions foremost, and sentences about
instructions. The first model sees one month of papers, the second other months' windows that the first suspects, and
further months set the border. Seeded. `--check` leaves out a part of the tuning half at a time and judges it; the other
half of the collected strings, by a hash, is never looked at and judges in the end (`--report`).
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from eval.training.instruction_data import (
    PLACES,
    SEED,
    TAKEN,
    Said,
    Sources,
    asked,
    collected,
    folds,
    of_other_fields,
    papers_of,
    planted,
    runs,
    snippets,
    trials,
    written,
)
from rag.models import minilm
from rag.models.instruction_detector import (
    BUCKETS,
    FOLDER,
    WEIGHTS,
    Detector,
    Read,
    features,
    read,
    read_weights,
)
from rag.screen import instructions as screen
from rag.text.readable import readable

FIRST_MONTH, SECOND_MONTHS, THIRD_MONTHS = "2025-03", ("2025-07", "2025-09", "2025-12"), ("2025-02", "2025-05")
FIRST_TAKEN, SECOND_TAKEN, CHECK_MONTH = 3000, 4000, "2025-08"
DRAWN, MINED, ROUNDS = 20_000, 4_000, 3
"""Negative windows drawn, added after each fit, and fits."""
FOLDS = 4
WORD_PENALTY, MEANING_PENALTY = 1e-6, 1e-4
DIMENSIONS = minilm.MiniLM.dimensions
SCALES = np.repeat([3.0, 1.5, 3.0, 1 / 3], [DIMENSIONS, DIMENSIONS, 1, 1])
"""What the second model's features are multiplied by, so that they weigh alike; the rest of a paper weighs less."""
ABOUT_WEIGHS, OTHERS_WEIGH = 0.3, 4.0
"""What a sentence about instructions, and a window of another field, weigh for the second model (else 1)."""
SUSPECTED, LOOKED_AT = 0.15, 0.1
"""Share of clean abstracts with a window that the second model is fitted to, and that it looks at later."""
FALSE, FALSE_TITLES = 0.0034, 0.0005
"""Share of clean abstracts, and of titles, that may be told wrongly."""
WITHIN = 0.6
"""Share of a window that must be planted text for it to be an example of it."""
NEAREST = 5
"""Abstracts nearest to a string, in one of which it is planted."""

Floats = NDArray[np.float64]
Suspects = tuple[Floats, NDArray[np.int64]]
"""Features of windows, and the numbers of the texts."""
_vectors: dict[str, NDArray[np.float32]] = {}


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the first model reads it, and which of its windows are examples: those within ``text[start:end]``.

    Attributes:
        beside: What its paper says besides: the title, where it is an abstract.
    """

    text: str
    beside: str
    start: int
    end: int
    seen: Read
    windows: NDArray[np.int64]

    def holds(self, start: int, end: int) -> bool:
        """Whether a span is an example."""
        return min(end, self.end) - max(start, self.start) >= WITHIN * (end - start)


def examples(strings: Sequence[str], within: Sequence[Said], rng: random.Random, *, near: bool) -> list[Text]:
    """Each string alone, and at one place of an abstract; of a near one, too, where that is asked for."""
    made: list[Text] = []
    order = nearest(strings, within)[:, :NEAREST] if near else np.zeros((len(strings), 0), np.int64)
    for string, closest in zip(strings, order, strict=True):
        made.append(seen_text(string, rng.choice(within)[0]))
        for paper in (rng.choice(within), *(within[n] for n in closest[rng.randrange(NEAREST) :][:1])):
            made.append(seen_within(string, paper, rng.choice(PLACES)))
    return [one for one in made if len(one.windows)]


def nearest(strings: Sequence[str], within: Sequence[Said]) -> NDArray[np.int64]:
    """The papers in the order of how near they are to each string [strings, papers]."""
    papers = embedded([readable(". ".join(said)) for said in within])
    return np.argsort(-(embedded([readable(one) for one in strings]) @ papers.T), axis=1, kind="stable")


def seen_text(text: str, beside: str, start: int = 0, end: int | None = None) -> Text:
    """A text, of which the windows within a span are examples."""
    seen = read(text)
    end = len(text) if end is None else end
    first, last = seen.spans[seen.windows[:, 0], 0], seen.spans[seen.windows[:, 1] - 1, 1]
    shared = np.minimum(last, end) - np.maximum(first, start)
    return Text(text, beside, start, end, seen, np.flatnonzero(shared >= WITHIN * (last - first)))


def seen_within(string: str, paper: Said, place: str) -> Text:
    """A string that is planted in a paper's abstract."""
    text, start, end = planted(string, paper[1], place)
    return seen_text(text, paper[0], start, end)


def seen_papers(papers: Sequence[Said]) -> list[Text]:
    """The abstracts of papers."""
    return [seen_text(abstract, title) for title, abstract in papers]


def rows_of(texts: Sequence[Text], chosen: Sequence[tuple[int, int]]) -> csr_matrix:
    """Windows, by text and place, as the first model weighs them [windows, `BUCKETS`]."""
    found = []
    for text, place in chosen:
        a, b = texts[text].seen.windows[place]
        found.append(texts[text].seen.features[a:b].ravel())
    sizes = np.array([len(one) for one in found])
    values = np.repeat(1 / np.sqrt(sizes), sizes)
    return csr_matrix((values, np.concatenate(found), np.cumsum([0, *sizes])), shape=(len(found), BUCKETS))


def fitted(seen: csr_matrix | Floats, wanted: Floats, penalty: float, weights: Floats | float = 1.0) -> Floats:
    """A logistic regression; both classes weigh by the square roots of their numbers."""
    positive = wanted.sum()
    weight = np.where(wanted == 1, np.sqrt((len(wanted) - positive) / positive), 1.0) * weights
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


def suspected(detector: Detector, texts: Sequence[Text], *, planted_only: bool = True) -> Suspects:
    """What the first model suspects, in the examples or anywhere: its features, and the numbers of the texts."""
    found = [
        (n, window)
        for n, one in enumerate(texts)
        for window in detector.suspects(one.text)
        if not planted_only or one.holds(window.start, window.end)
    ]
    windows = embedded([readable(texts[n].text[window.start : window.end]) for n, window in found])
    rests = [detector.rest(texts[n].text, window, texts[n].beside) for n, window in found]
    seen = features(windows, embedded(rests), [one.score for _, one in found])
    return seen, np.array([n for n, _ in found], dtype=np.int64)


def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
    """Sentence vectors, each computed once."""
    new = [one for one in dict.fromkeys(texts) if one not in _vectors]
    _vectors.update(zip(new, screen.embedded(new), strict=True))
    return np.array([_vectors[one] for one in texts], dtype=np.float32).reshape(len(texts), DIMENSIONS)


def told(detector: Detector, texts: Sequence[Text]) -> Floats:
    """The second score of each text's likeliest suspect; far below 0 where there is none."""
    seen, whose = suspected(detector, texts, planted_only=False)
    best = np.full(len(texts), -99.0)
    if len(whose):
        np.maximum.at(best, whose, detector.judged(seen))
    return best


@dataclass(frozen=True, slots=True)
class Clean:
    """Clean texts.

    Attributes:
        first: What the first model sees.
        second: What the second one sees of computer science.
        others: Of other fields.
        titles: Of titles.
        thirds: What sets the border for abstracts, which holds in each.
        third_titles: What sets the border for titles.
    """

    first: list[Text]
    second: list[Text]
    others: list[Text]
    titles: list[Text]
    thirds: list[list[Text]]
    third_titles: list[Text]


def clean_texts(given: Sources) -> Clean:
    """Read all clean texts."""

    def of(months: Sequence[str], number: int) -> list[Said]:
        return [one for month in months for one in papers_of(given.papers, month, number)]

    def elsewhere(part: int) -> list[Said]:
        return [*of_other_fields(given.corpus, part), *trials(given.asked, part)]

    def titles(papers: Sequence[Said]) -> list[Text]:
        return [seen_text(title, abstract) for title, abstract in papers]

    second, third = of(SECOND_MONTHS, SECOND_TAKEN), of(THIRD_MONTHS, TAKEN)
    return Clean(
        first=[*seen_papers([*of([FIRST_MONTH], FIRST_TAKEN), *elsewhere(0)]),
               *(seen_text(one, "") for one in snippets(given.asked))],
        second=seen_papers(second),
        others=seen_papers(elsewhere(1)),
        titles=titles(second[::2]),
        thirds=[seen_papers(third), seen_papers(elsewhere(2))],
        third_titles=titles(third),
    )  # fmt: skip


def trained(given: Sources, clean: Clean, without: Collection[str] = ()) -> Detector:
    """Fit both models to all strings of the tuning half but some, and set all borders."""
    rng = random.Random(SEED)
    within = papers_of(given.papers, FIRST_MONTH)
    strings = [one for one in collected(given.strings, "tune", 1) if one not in without]
    positive = examples([*strings, *written(about=False), *asked(given.asked)], within, rng, near=True)
    benign = examples(written(about=True), within, rng, near=False)
    bare = word_model(positive, benign, clean.first, [*clean.second, *clean.others])
    # The second model sees what the first says of strings that it was not fitted to, as it will later.
    parts = [(suspected(bare, texts), 0.0, 1.0) for texts in (clean.second, clean.titles)]
    parts.append((suspected(bare, clean.others), 0.0, OTHERS_WEIGH))
    for fold in range(FOLDS):
        kept = [[one for one in texts if _fold(one) != fold] for texts in (positive, benign)]
        others = word_model(kept[0], kept[1], clean.first, [*clean.second, *clean.others])
        for texts, wanted, weight in ((positive, 1.0, 1.0), (benign, 0.0, ABOUT_WEIGHS)):
            parts.append((suspected(others, [one for one in texts if _fold(one) == fold]), wanted, weight))
    model = replace(bare, meaning=meaning_weights(parts))
    # A first judgement without the rest of the paper: what that adds to none of the examples, it adds to nothing.
    shares = [windows[:, DIMENSIONS:-1] @ model.meaning[DIMENSIONS:-2] for (windows, _), wanted, _ in parts if wanted]
    return bordered(replace(model, added=float(np.concatenate(shares).max())), clean)


def bordered(model: Detector, clean: Clean) -> Detector:
    """A model with the borders that it is used with; the second holds in each of the third parts."""
    highest = [model.scores(one.seen).max(initial=-99.0) for one in (*clean.second, *clean.others)]
    model = replace(model, floor=float(np.quantile(highest, 1 - LOOKED_AT)), least=0.0, titled=0.0)
    model = replace(model, least=max(float(np.quantile(told(model, one), 1 - FALSE)) for one in clean.thirds))
    return replace(model, titled=max(0.0, float(np.quantile(told(model, clean.third_titles), 1 - FALSE_TITLES))))


def word_model(
    positive: Sequence[Text], benign: Sequence[Text], clean: Sequence[Text], others: Sequence[Text]
) -> Detector:
    """The first model, whose border is set on other clean abstracts."""
    bare = Detector(word_weights(positive, benign, clean), np.zeros(0), 0.0, 0.0, 0.0)
    highest = [bare.scores(one.seen).max(initial=-99.0) for one in others]
    return replace(bare, floor=float(np.quantile(highest, 1 - SUSPECTED)))


def meaning_weights(parts: Sequence[tuple[Suspects, float, float]]) -> Floats:
    """Fit the second model to what the first suspects; with each part, what is wanted and what its windows weigh."""
    seen = np.vstack([windows for (windows, _), _, _ in parts])
    sizes = [len(windows) for (windows, _), _, _ in parts]
    wanted, weights = (np.repeat([part[place] for part in parts], sizes) for place in (1, 2))
    found = fitted(seen * SCALES, wanted, MEANING_PENALTY, weights)
    return np.append(found[:-1] * SCALES, found[-1])


def _fold(text: Text) -> int:
    """The fold of a text's string."""
    return zlib.crc32(text.text[text.start : text.end].encode()) % FOLDS


def check(given: Sources, clean: Clean) -> None:
    """Print what is told of each part of the tuning half by a model that was fitted without it."""
    strings = collected(given.strings, "tune", 1)
    fold = folds(strings, FOLDS)
    within = papers_of(given.papers, CHECK_MONTH)
    caught: dict[str, int] = {}
    for part in range(FOLDS):
        held = [one for one, own in zip(strings, fold, strict=True) if own == part]
        model = trained(given, clean, held)
        for place, texts in tried(held, within).items():
            caught[place] = caught.get(place, 0) + int((told(model, texts) > 0).sum())
        wrong = (told(model, seen_papers(within)) > 0).sum()
        print(f"{part}: {caught}, so far of {sum(own <= part for own in fold)}; "
              f"{wrong} of {len(within)} clean abstracts", flush=True)  # fmt: skip


def tried(strings: Sequence[str], within: Sequence[Said]) -> dict[str, list[Text]]:
    """Strings alone below a title, planted at each place of a paper's abstract, in the nearest one, and said thrice."""
    rng = random.Random(SEED + 1)
    texts = {"alone": [seen_text(one, rng.choice(within)[0]) for one in strings]}
    for place in PLACES:
        texts[place] = [seen_within(one, rng.choice(within), place) for one in strings]
    papers = [within[n] for n in nearest(strings, within)[:, 0]]
    texts["in the nearest"] = [seen_within(*pair, PLACES[1]) for pair in zip(strings, papers, strict=True)]
    thrice = [" ".join([one] * 3) for one in strings]
    texts["three times"] = [seen_text(one, rng.choice(within)[0]) for one in thrice]
    texts["three times in the middle"] = [seen_within(one, rng.choice(within), PLACES[1]) for one in thrice]
    return texts


def report(detector: Detector, given: Sources, months: Sequence[str]) -> None:
    """Print what is told of strings of the half ``test``, alone and planted, and of clean abstracts."""
    clean = {month: papers_of(given.papers, month) for month in months}
    for name, papers in (clean | {"other fields": of_other_fields(given.corpus, None)}).items():
        flagged = told(detector, seen_papers(papers)) > 0
        print(f"{name}: {flagged.sum()} of {len(papers)} clean abstracts ({flagged.mean():.2%})")
    learnt = [*collected(given.strings, "tune", 1), *written(about=False), *asked(given.asked)]
    tuned = {run for one in learnt for run in runs(one)}
    for label, name in ((1, "attacks"), (0, "benign strings")):
        held = collected(given.strings, "test", label)
        own = np.array([not (runs(one) & tuned) for one in held])
        for place, texts in tried(held, clean[months[0]]).items():
            flagged = told(detector, texts) > 0
            print(f"{name}, {place}: {flagged.sum()} of {len(held)} ({flagged.mean():.1%}); "
                  f"of those unlike any tuned to: {flagged[own].mean():.1%} of {own.sum()}")  # fmt: skip


def main() -> None:
    """Train and write the weights, or report on those that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strings", type=Path, required=True, help="attack and benign strings, JSON lines")
    parser.add_argument("--papers", type=Path, required=True, help="folder of papers-MONTH.jsonl.gz")
    parser.add_argument("--corpus", type=Path, required=True, help="abstracts of another field, a BEIR corpus.jsonl")
    parser.add_argument("--asked", type=Path, required=True, help="folder of open sets of questions and requests")
    parser.add_argument("--check", action="store_true", help="judge by parts of the tuning half, and write nothing")
    parser.add_argument("--report", nargs="*", metavar="MONTH", help="only judge the weights that are there")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    options = parser.parse_args()
    given = Sources(options.strings, options.papers, options.corpus, options.asked)
    if options.report:
        report(read_weights((options.out / WEIGHTS).read_bytes()), given, options.report)
    elif options.check:
        check(given, clean_texts(given))
    else:
        write(trained(given, clean_texts(given)), options.out)


def write(model: Detector, folder: Path) -> None:
    """Write the weights."""
    held = io.BytesIO()
    np.savez_compressed(held, words=model.words.astype(np.float16), meaning=model.meaning.astype(np.float32),
                        borders=np.array([model.floor, model.least, model.titled, model.added]))  # fmt: skip
    (folder / WEIGHTS).write_bytes(held.getvalue())
    print(f"{held.tell():,} bytes, sha256 {hashlib.sha256(held.getvalue()).hexdigest()}")


if __name__ == "__main__":
    main()
