"""Fit what tells how far papers meet criteria: ``python -m eval.training.criteria LIBRARY``.

Each judged paper is measured for each criterion of its request as `rag.topics.best` does, over a library of the papers
that were judged. Levels: 3 fully, 2 in part or in a wider form, 1 touches it, 0 does not tell. One half of the requests
is fitted on and the other judges, both ways; the shipped weights are fitted on all. Which sentence is the evidence
depends on the weights, and they on it, so both are found in turn. The same library and judgements give the same
weights. Writes ``rag/models/criteria/weights.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from rag import open_assistant
from rag.assistant import Assistant
from rag.config import Config
from rag.models.criteria import FOLDER, GROUPS, OF_A_PAPER, OF_A_SENTENCE, WEIGHTS, Group, LevelModel
from rag.query.intents.criteria import Criterion, Knows, read_wish
from rag.query.lexicon.phrases import Phrases
from rag.topics.best.evidence import Evidence, Measures

DATA = Path(__file__).parent / "data" / "criteria.jsonl"
REQUESTS = DATA.with_name("requests.jsonl")
USED = {
    "topic": (("likeness", "words"), ("answered", "held", "title_likeness", "title_words")),
    "free": (("likeness", "words", "answers"), ("answered", "held")),
    "fact": (("likeness", "answers"), ("answered", "told")),
}
"""Measures of a sentence and of a paper that a group's levels are told by."""
TAUGHT_BY = {"topic": ("topic",), "free": ("free", "topic"), "fact": ("fact",)}
"""Groups whose labels a group is fitted on: what is free is mostly a topic, and its own labels are few."""
PENALTY, ROUNDS = {"topic": 0.1, "free": 0.1, "fact": 0.3}, 4
"""Of squared coefficients; rounds of choosing the evidence and fitting."""
LEVELS = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A paper measured for a criterion, with its level by reading."""

    half: str
    request: str
    criterion: Criterion
    measures: Measures
    level: int

    @property
    def group(self) -> str:
        """Among which criteria it is judged."""
        return GROUPS[self.criterion.kind]


def measured(assistant: Assistant) -> list[Labelled]:
    """Measure all that was labelled."""
    found = []
    for line in DATA.read_text(encoding="utf-8").splitlines():
        held = json.loads(line)
        papers = assistant.library.shelf.papers(held["judged"])
        evidence = Evidence(assistant.engine, list(papers.values()))
        for n, written in enumerate(held["criteria"]):
            criterion = Criterion(written["kind"], written["text"])
            for paper_id, measures in evidence.of(criterion).items():
                level = held["judged"][paper_id][n]
                found.append(Labelled(held["half"], held["request"], criterion, measures, level))
    return found


def fit(group: str, examples: Sequence[Labelled]) -> Group:
    """Fit one group by penalised likelihood."""
    sentence, paper = USED[group]
    model = Group(sentence=dict.fromkeys(sentence, 1.0), paper=dict.fromkeys(paper, 0.0), cuts=(0, 0, 0))
    levels = np.array([one.level for one in examples])
    for _ in range(ROUNDS):
        rows = np.array([_row(model, one.measures, sentence, paper) for one in examples])
        weights, cuts = _ordinal(rows, levels, PENALTY[group])
        # What speaks against a sentence would make the evidence the least telling one.
        of_sentence = dict(zip(sentence, np.maximum(weights[: len(sentence)], 1e-3).tolist(), strict=True))
        of_paper = dict(zip(paper, weights[len(sentence) :].tolist(), strict=True))
        model = Group(sentence=of_sentence, paper=of_paper, cuts=cuts)
    return model


def fitted(examples: Sequence[Labelled]) -> dict[str, Group]:
    """All groups, fitted on some labels."""
    return {name: fit(name, [one for one in examples if one.group in TAUGHT_BY[name]]) for name in USED}


def _row(model: Group, measures: Measures, sentence: Sequence[str], paper: Sequence[str]) -> Floats:
    best = measures.sentences[model.evidence(measures.sentences)]
    of_sentence = best[[OF_A_SENTENCE.index(name) for name in sentence]]
    return np.concatenate([of_sentence, measures.paper[[OF_A_PAPER.index(name) for name in paper]]])


def _ordinal(rows: Floats, levels: NDArray[np.int_], penalty: float) -> tuple[Floats, tuple[float, float, float]]:
    """Proportional odds: P(level ≤ k) = expit(cut_k − weights · row)."""
    mean, width = rows.mean(axis=0), rows.shape[1]

    def split(values: Floats) -> tuple[Floats, Floats]:
        return values[:width], np.cumsum(np.concatenate([values[width : width + 1], np.exp(values[width + 1 :])]))

    def loss(values: Floats) -> float:
        weights, cuts = split(values)
        below = expit(cuts - ((rows - mean) @ weights)[:, None])
        bounds = np.concatenate([np.zeros((len(rows), 1)), below, np.ones((len(rows), 1))], axis=1)
        each = np.arange(len(levels))
        chance = np.clip(bounds[each, levels + 1] - bounds[each, levels], 1e-9, 1)
        prior = penalty * np.square(weights).sum() + 0.05 * np.square(values[width + 1 :]).sum()
        return float(-np.log(chance).sum() + prior)

    found = minimize(loss, np.concatenate([np.zeros(width), [-1.0, 0.0, 0.0]]), method="BFGS").x
    weights, cuts = split(found)
    low, middle, high = (cuts + mean @ weights).tolist()
    return weights, (low, middle, high)


def judge(model: Group, examples: Sequence[Labelled]) -> NDArray[np.int_]:
    """The levels that a model gives."""
    found = []
    for one in examples:
        best = one.measures.sentences[model.evidence(one.measures.sentences)]
        found.append(model.level(best, one.measures.paper))
    return np.array(found, dtype=int)


def kappa(given: Sequence[int] | NDArray[np.int_], found: Sequence[int] | NDArray[np.int_]) -> float:
    """Cohen's kappa with quadratic weights (Cohen, "Weighted kappa", Psychological Bulletin 1968)."""
    seen = np.zeros((LEVELS, LEVELS))
    np.add.at(seen, (np.asarray(given), np.asarray(found)), 1)
    apart = np.subtract.outer(np.arange(LEVELS), np.arange(LEVELS)) ** 2
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / max(seen.sum(), 1)
    return float(1 - (apart * seen).sum() / max(float((apart * chance).sum()), 1e-9))


def table(examples: Sequence[Labelled], models: dict[str, Group]) -> str:
    """How far levels agree, by group."""
    lines = ["| criteria | labels | same level | within one | kappa |", "|---|---|---|---|---|"]
    every: list[tuple[int, int]] = []
    for group, model in models.items():
        own = [one for one in examples if one.group == group]
        pairs = list(zip([one.level for one in own], judge(model, own).tolist(), strict=True))
        every += pairs
        lines.append(_line(group, pairs))
    lines.append(_line("all", every))
    seen = np.zeros((LEVELS, LEVELS), dtype=int)
    for given, found in every:
        seen[given, found] += 1
    lines += ["", "By reading in rows, as told in columns, from 0 to 3:", ""]
    return "\n".join([*lines, *(" ".join(f"{count:4}" for count in row) for row in seen.tolist())])


def _line(name: str, pairs: Sequence[tuple[int, int]]) -> str:
    given, found = (np.array(column) for column in zip(*pairs, strict=True))
    same, near = float(np.mean(given == found)), float(np.mean(abs(given - found) <= 1))
    return f"| {name} | {len(pairs)} | {same:.2f} | {near:.2f} | {kappa(given, found):.2f} |"


def subjects(knows: Knows) -> str:
    """Of how many requests that say whom the paper is for, or why, the subject is read as written, in each half."""
    rows = [json.loads(line) for line in REQUESTS.read_text(encoding="utf-8").splitlines()]
    right = {"fit": 0, "judge": 0}
    for held in rows:
        read = {one.text.lower() for one in read_wish(held["request"], knows).criteria if one.kind == "subject"}
        right[held["half"]] += bool(read & {one.lower() for one in held["subjects"]})
    return f"subjects of requests that say more: {right} of {len(rows) // 2} each"


def readings(knows: Knows) -> str:
    """How many requests are read into the criteria that were written for them, and how many criteria are."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    whole = found = written = 0
    for held in rows:
        read = {(one.kind, one.text) for one in read_wish(held["request"], knows).criteria}
        wanted = {(one["kind"], one["text"]) for one in held["criteria"]}
        whole, found, written = whole + (read == wanted), found + len(read & wanted), written + len(wanted)
    return f"{whole} of {len(rows)} requests read as written, {found} of {written} criteria"


def main() -> None:
    """Fit, judge and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path, help="Folder of a library with the papers that were judged.")
    arguments = parser.parse_args()
    with open_assistant(Config(data_dir=arguments.library)) as assistant:
        examples = measured(assistant)
        knows = Phrases(assistant.library).best
        print(readings(knows))
        print(subjects(knows))
    for half, other in (("fit", "judge"), ("judge", "fit")):
        models = fitted([one for one in examples if one.half == half])
        print(f"\nfitted on `{half}`, judged on `{other}`\n")
        print(table([one for one in examples if one.half == other], models))
    models = fitted(examples)
    print(f"\nfitted on all, on the same\n\n{table(examples, models)}")
    shipped = LevelModel(groups={name: _rounded(one) for name, one in models.items()})
    text = json.dumps(shipped.model_dump(), indent=1) + "\n"
    (FOLDER / WEIGHTS).write_text(text, encoding="utf-8")
    print(f"\nsha256 {hashlib.sha256(text.encode()).hexdigest()}")


def _rounded(model: Group) -> Group:
    low, middle, high = (round(cut, 6) for cut in model.cuts)
    return Group(
        sentence={name: round(value, 6) for name, value in model.sentence.items()},
        paper={name: round(value, 6) for name, value in model.paper.items()},
        cuts=(low, middle, high),
    )


if __name__ == "__main__":
    main()
