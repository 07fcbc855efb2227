"""Train what tells follow-ups: ``python -m eval.training.conversations.followups``.

It writes ``rag/models/reference/weights.json``. The third regression, fitted over the two that are fitted here, is
`eval.training.conversations.staying`'s, which is run after this.

The examples are conversations put together from questions whose paper is known. Whatever is asked about the paper that
an answer before it is about continues the conversation; whatever is asked about another paper does not, as long as the
question finds that paper alone and has no word that points back ("it", "the authors"). Phrasings that can only be
follow-ups ("go on", "any others?") are put behind any conversation, and so are those that never are. How a question
that needs its conversation is worded is also learnt from conversations whose questions people rewrote to stand alone.
Nothing of the development sets is used. The data, with licences: `eval/training/README.md`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from rag.config import Config
from rag.index.library import Library
from rag.models.reference import CLIP, FOLDER, PAIR, VECTOR_SCALE, WEIGHTS, ReferenceModel, words
from rag.query.dialogue.conversation import Exchange
from rag.query.dialogue.nearness import Nearness
from rag.query.dialogue.reference import Reference
from rag.query.lexicon.knowledge import Known
from rag.text.names import is_name
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.text.titles import label
from rag.types import Paper

SEED = 7
FOLDS = 5
DATA = Path(__file__).parents[1] / "data"
PHRASINGS = ("intents.tsv", "followups.tsv")
REWRITES = "rewrites.tsv"
FOLLOWING = ("followup", "others")
"""Labels of phrasings that cannot stand alone."""
UNUSED = ("courtesy", "help", "coverage")
"""Labels that are read before a conversation is looked at."""
OFTEN = 8
"""Questions in which a word must stand to get a weight."""
RARE_WEIGHT = (4.0, 3.0)
"""How much more a phrasing counts that can only be a follow-up, in each regression: they are few beside the others."""
ALONE = 3
"""Place, in the whole library, up to which a question finds its paper alone: its words need no conversation."""
FINDS = 30
"""Place up to which a question counts as being about another paper than those talked of."""
POINTERS = (
    "the {} one, {}", "back to the {} paper: {}", "and the {} thing, {}", "going back to {}, {}", "for the {} work, {}",
    "{}: {}", "the {} one again. {}",
)  # fmt: skip
"""How a paper is pointed to by a word of its title."""

POINTS = re.compile(
    r"\b(?:it|its|they|their|them|this|these|those|the\s+(?:authors?|paper|study|work|method|model|system|approach|dataset"
    r"|benchmark))\b",
    re.IGNORECASE,
)
"""Whoever wrote questions about an abstract had it before them: these words say nothing on whether one stands alone."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A question for the first regression: whether it refers back, whether it asks for others, what it counts."""

    text: str
    refers: bool
    others: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Example:
    """A question behind a conversation, with the place of the exchange that it is about."""

    kind: str
    question: str
    exchanges: tuple[Exchange, ...]
    about: int | None
    group: str


class Conversations:
    """Puts conversations together from questions about papers."""

    def __init__(self, library: Library, questions: Sequence[dict[str, str]], seed: int) -> None:
        self.library = library
        self.nearness = Nearness(library, kept=100_000)
        self.random = random.Random(seed)
        self.papers = {paper.paper_id: paper for paper in library.shelf.browse()}
        self.questions = [one for one in questions if one["paper"] in self.papers]
        self.of_paper: dict[str, list[str]] = defaultdict(list)
        for one in self.questions:
            if one["voice"] != "followup" and self.place(one["q"], one["paper"]) <= 2 * ALONE:
                self.of_paper[one["paper"]].append(one["q"])

    def place(self, text: str, paper: str) -> int:
        """The place at which a text alone finds a paper, by meaning or by words."""
        vector = self.nearness.vector(text)
        near = sorted(found := self.nearness.nearest(vector, 100), key=lambda one: -found[one])
        with self.library.indexes() as indexes:
            hits = [chunk for chunk, _ in indexes.lexical.query(text, FINDS)]
        rows = self.library.shelf.chunk_rows(hits)
        worded = list(dict.fromkeys(rows[chunk].paper_id for chunk in hits))
        return min(one.index(paper) + 1 if paper in one else 1000 for one in (near, worded))

    def exchange(self, paper_id: str, besides: str = "") -> Exchange:
        """A question about a paper with an answer that quotes some of its sentences."""
        paper = self.papers[paper_id]
        asked = [one for one in self.of_paper[paper_id] if one != besides]
        question = self.random.choice(asked) if asked and self.random.random() < 0.7 else _what_is(paper)
        spans = list(sentences(paper.abstract))
        few = sorted(self.random.sample(range(len(spans)), min(len(spans), self.random.randint(1, 3))))
        said = " ".join(paper.abstract[slice(*spans[n])] for n in few)
        return Exchange(question, f"{question} {readable(paper.title)} {readable(said)}", (paper_id,))

    def other(self, paper_id: str) -> str:
        """Another paper, often one that is near."""
        if self.random.random() < 0.4:
            vector = self.nearness.vector(readable(self.papers[paper_id].title))
            near = [one for one in self.nearness.nearest(vector, 12) if one != paper_id]
            if near:
                return self.random.choice(near)
        return self.random.choice([one for one in self.papers if one != paper_id])

    def talk(self, last: str, besides: str = "") -> tuple[Exchange, ...]:
        """One exchange or two, the last about a paper."""
        before = () if self.random.random() < 0.6 else (self.exchange(self.other(last)),)
        return (*before, self.exchange(last, besides))

    def examples(self, phrasings: Sequence[tuple[str, str]], rewrites: Sequence[tuple[str, str]]) -> Iterator[Example]:
        """All examples, in a fixed order."""
        for one in self.questions:
            paper, question, follows = one["paper"], one["q"], one["voice"] == "followup"
            place, chance = self.place(question, paper), self.random.random()
            if follows or chance < 0.45:
                talk = self.talk(paper, question)
                yield Example("its own paper", question, talk, len(talk) - 1, paper)
            if not follows and place <= FINDS and chance > 0.3 and not POINTS.search(question):
                talk = self.talk(self.other(paper))
                if all(paper not in exchange.papers for exchange in talk):
                    yield Example("another paper", question, talk, None, paper)
            if not follows and place <= FINDS and self.random.random() < 0.15:
                talk = (self.exchange(paper, question), self.exchange(self.other(paper)))
                yield Example("an earlier paper", question, talk, 0, paper)
        papers = list(self.papers)
        for name, text in phrasings:
            follows = name in FOLLOWING
            if follows and any(map(is_name, text.split())):
                continue  # a system that it names itself takes the place of those talked of
            for _ in range(1 + follows):
                talk = self.talk(self.random.choice(papers))
                kind = "only a follow-up" if follows else "never a follow-up"
                yield Example(kind, text, talk, len(talk) - 1 if follows else None, text)
            if name == "followup":
                yield from self.pointed(text)

        for name, text in rewrites:  # from conversations on anything: nothing but their words tells
            talk = self.talk(self.random.choice(papers))
            follows = name in FOLLOWING
            kind = "rewritten" if follows else "stands alone"
            yield Example(kind, text, talk, len(talk) - 1 if follows else None, text)

    def pointed(self, text: str) -> Iterator[Example]:
        """A phrasing that points by a word of its title to the earlier of two papers, and to the last."""
        first = self.random.choice(list(self.papers))
        last = self.other(first)
        for place, paper, besides in ((0, first, last), (1, last, first)):
            _, others = self.nearness.terms([readable(self.papers[one].text) for one in (paper, besides)])
            title = readable(self.papers[paper].title).lower()
            told = dict.fromkeys(re.findall(r"[a-z]{4,}", title))
            weights = {word: max(self.nearness.idf(word)[1].values(), default=0.0) for word in told}
            telling = [w for w in weights if weights[w] and not others.intersection(*self.nearness.terms([w]))]
            if telling:
                word = max(telling, key=lambda one: weights[one])
                question = self.random.choice(POINTERS).format(word, text)
                yield Example("pointed to", question, (self.exchange(first), self.exchange(last)), place, text)


def train(
    library: Library,
    questions: Sequence[dict[str, str]],
    phrasings: Sequence[tuple[str, str]],
    rewrites: Sequence[tuple[str, str]],
    unseen: Sequence[tuple[str, str]],
) -> list[ReferenceModel]:
    """Fit both variants, and print how they do on questions that they have not seen."""
    made = Conversations(library, questions, SEED)
    lines = [Line(t, n in FOLLOWING, n == "others", RARE_WEIGHT[0] if n in FOLLOWING else 1.0) for n, t in phrasings]
    lines += [Line(text, name in FOLLOWING, False, 1.0) for name, text in rewrites]
    for one in made.questions:
        follows = one["voice"] == "followup"
        if follows or not (POINTS.search(one["q"]) or made.place(one["q"], one["paper"]) > ALONE):
            lines.append(Line(one["q"], follows, False, 1.0))
    examples = list(made.examples(phrasings, rewrites))
    variants = []
    for identity in (made.nearness.embedder(), None):
        fitted = variant(library, made.nearness, lines, examples, identity)
        report_unseen(made.nearness, fitted, unseen)
        variants.append(fitted)
    return variants


def variant(
    library: Library, nearness: Nearness, lines: Sequence[Line], examples: Sequence[Example], embedder: str | None
) -> ReferenceModel:
    """Fit one variant: with the embedder, or without any."""
    print(f"fits {embedder or 'without an embedder'}", flush=True)
    draft, unseen = fit_heads(nearness, lines, embedder)
    reference = Reference(Known(library), nearness, draft)
    rows, labels, groups, weights, kinds = [], [], [], [], []
    last, refers_last = PAIR.index("last"), PAIR.index("refers_last")
    for one in examples:
        asked = reference.measure(one.question)
        for n, features in enumerate(reference.pairs(asked, one.exchanges, reference.anywhere(asked))):
            row = list(features)
            if one.question in unseen:  # what the first regression says of a question that it was not fitted on
                row[refers_last] = row[last] * max(-CLIP, min(CLIP, unseen[one.question]))
            rows.append(row)
            labels.append(n == one.about)
            groups.append(fold_of(one.group))
            weights.append(RARE_WEIGHT[1] if one.kind == "only a follow-up" else 1.0)
            kinds.append((one.kind, n == one.about))
    matrix, truth, held, counts = np.array(rows), np.array(labels, float), np.array(groups), np.array(weights)
    odds = out_of_fold(lambda chosen: standardised(matrix[chosen], truth[chosen], counts[chosen]), matrix, held)
    report(embedder, odds, truth, kinds)
    coefficients, intercept = standardised(matrix, truth, counts)
    pairs = {name: round(float(x), 4) for name, x in zip(PAIR, coefficients, strict=True)}
    return draft.model_copy(update={"pairs": pairs, "intercept": round(intercept, 4)})


def fit_heads(
    nearness: Nearness, lines: Sequence[Line], embedder: str | None
) -> tuple[ReferenceModel, dict[str, float]]:
    """The first regression, and its log-odds of "refers" for lines that it was not fitted on."""
    counted = Counter(word for line in lines for word in words(line.text))
    vocabulary = sorted(word for word, count in counted.items() if count >= OFTEN)
    column = {word: n for n, word in enumerate(vocabulary)}
    matrix = np.zeros((len(lines), len(vocabulary)))
    for n, line in enumerate(lines):
        matrix[n, [column[word] for word in words(line.text) if word in column]] = 1.0
    if embedder:
        vectors = [nearness.vector(line.text) for line in lines]
        matrix = np.hstack([matrix, VECTOR_SCALE * np.array(vectors, dtype=np.float64)])
    counts = np.array([line.weight for line in lines])
    truths = [np.array([line.refers for line in lines], float), np.array([line.others for line in lines], float)]
    folds = np.array([fold_of(line.text) for line in lines])
    unseen = out_of_fold(lambda chosen: logistic(matrix[chosen], truths[0][chosen], counts[chosen]), matrix, folds)
    (refers, refers_bias), (others, others_bias) = (logistic(matrix, truth, counts) for truth in truths)
    size = len(vocabulary)
    rows = [tuple(round(float(x), 3) for x in one[size:]) for one in (refers, others)]
    draft = ReferenceModel(
        embedder=embedder,
        words={word: (round(float(refers[n]), 3), round(float(others[n]), 3)) for word, n in column.items()},
        vector=tuple(rows) if embedder else (),
        bias=(round(refers_bias, 3), round(others_bias, 3)),
        pairs=dict.fromkeys(PAIR, 0.0),
        intercept=0.0,
        more={},
        more_intercept=0.0,
        both=(),
        both_intercept=0.0,
        stay={},
        stay_intercept=0.0,
    )
    return draft, {line.text: float(x) for line, x in zip(lines, unseen, strict=True)}


def logistic(matrix: Floats, truth: Floats, counts: Floats, penalty: float = 1.0) -> tuple[Floats, float]:
    """Coefficients [features] and intercept of a logistic regression with an L2 penalty."""

    def loss(values: Floats) -> tuple[float, Floats]:
        odds = matrix @ values[1:] + values[0]
        error = counts * (expit(odds) - truth)
        likelihood = (counts * np.logaddexp(0, np.where(truth == 1, -odds, odds))).sum()
        gradient = np.concatenate([[error.sum()], matrix.T @ error + penalty * values[1:]])
        return float(likelihood + penalty * (values[1:] @ values[1:]) / 2), gradient

    values = minimize(loss, np.zeros(matrix.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return values[1:], float(values[0])


def standardised(matrix: Floats, truth: Floats, counts: Floats) -> tuple[Floats, float]:
    """The same with features brought to one scale for the penalty; the coefficients are of the raw features."""
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale[scale == 0] = 1.0
    coefficients, intercept = logistic((matrix - centre) / scale, truth, counts)
    return coefficients / scale, intercept - float(coefficients / scale @ centre)


def out_of_fold(fit: Callable[[Floats], tuple[Floats, float]], matrix: Floats, folds: Floats) -> Floats:
    """Log-odds [n] of each row by a fit to the other folds."""
    odds = np.zeros(len(matrix))
    for fold in range(FOLDS):
        coefficients, intercept = fit(folds != fold)
        odds[folds == fold] = matrix[folds == fold] @ coefficients + intercept
    return odds


def fold_of(text: str) -> int:
    """The fold of a text, the same wherever it is computed."""
    return zlib.crc32(text.encode()) % FOLDS


def report(embedder: str | None, odds: Floats, truth: Floats, kinds: Sequence[tuple[str, bool]]) -> None:
    """Print the share of right decisions, out of fold, by kind of example."""
    print(f"{embedder or 'without an embedder'}: {len(truth)} pairs of question and exchange")
    for kind in dict.fromkeys(kinds):
        chosen = [n for n, one in enumerate(kinds) if one == kind]
        right = ((odds[chosen] > 0) == (truth[chosen] == 1)).mean()
        print(f"  {kind[0]:20} {'meant' if kind[1] else 'not meant':10} {right:.3f} of {len(chosen)}")


def report_unseen(nearness: Nearness, model: ReferenceModel, lines: Sequence[tuple[str, str]]) -> None:
    """Print how often the first regression is right about conversations from elsewhere, by label."""
    for label_ in dict.fromkeys(name for name, _ in lines):
        texts = [text for name, text in lines if name == label_]
        vectors = (nearness.vector(text) if model.embedder else None for text in texts)
        follows = [model.alone(text, vector)[0] > 0 for text, vector in zip(texts, vectors, strict=True)]
        print(f"  elsewhere, {label_:10} {np.mean(np.array(follows) == (label_ in FOLLOWING)):.3f} of {len(texts)}")


def rewritten(path: Path) -> list[tuple[str, str]]:
    """Questions inside a conversation that somebody rewrote to stand alone, and what they became; with labels.

    The file has lines {"history", "question", "rewrite"}.
    """
    found: dict[str, str] = {}
    for row in map(json.loads, read_lines(path)):
        question, alone = (" ".join(row[key].split()) for key in ("question", "rewrite"))
        if row["history"]:
            found.setdefault(alone, "alone")
            if re.findall(r"\w+", question.lower()) != re.findall(r"\w+", alone.lower()):
                found[question] = FOLLOWING[0]
    return [(label_, text) for text, label_ in found.items()]


def _what_is(paper: Paper) -> str:
    return f"What is {label(readable(paper.title))}?"


def read_lines(path: Path) -> list[str]:
    """The lines of a file, which may be compressed."""
    held = path.read_bytes()
    return (gzip.decompress(held) if path.suffix == ".gz" else held).decode().splitlines()


def read_papers(path: Path) -> Iterator[Paper]:
    """The papers of a file of abstracts, under authors and a date that say nothing."""
    for row in map(json.loads, read_lines(path)):
        key = row.get("paper") or row["arxiv_id"]
        abstract = row.get("abstract") or " ".join(row["sentences"])
        yield Paper(key, row["title"], abstract, ("Anonymous",), date(2025, 1, 1), f"https://arxiv.org/abs/{key}")


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=Path, nargs="+", default=[DATA / "questions.jsonl.gz"])
    parser.add_argument("--papers", type=Path, default=DATA / "abstracts.jsonl.gz")
    parser.add_argument("--phrasings", type=Path, nargs="+", default=[DATA / name for name in PHRASINGS])
    parser.add_argument("--unseen", type=Path, help="conversations with rewritten questions, to be judged by")
    parser.add_argument("--library", type=Path, help="keep the library of the papers here, to train again sooner")
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    chosen = parser.parse_args()
    questions = [json.loads(line) for path in chosen.questions for line in read_lines(path)]
    lines = [line.split("\t", 1) for path in chosen.phrasings for line in read_lines(path) if "\t" in line]
    phrasings = [(name, text) for name, text in lines if name not in UNUSED]
    with tempfile.TemporaryDirectory() as folder, Library(Config(data_dir=chosen.library or Path(folder))) as library:
        if not library.shelf.has_papers():
            library.ingest(read_papers(chosen.papers))
        rewrites = [line.split("\t", 1) for line in read_lines(DATA / REWRITES)]
        unseen = rewritten(chosen.unseen) if chosen.unseen else []
        fitted = train(library, questions, phrasings, [(a, b) for a, b in rewrites], unseen)
    chosen.out.write_text(json.dumps([one.model_dump() for one in fitted]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
