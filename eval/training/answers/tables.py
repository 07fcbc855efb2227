r"""Judge scorers on QA sets that nothing was trained on, and on the held-out papers of the written questions.

    python -m eval.training.answers.tables --reports REPORTS --qa dev.jsonl dev2.jsonl --minilm model.safetensors \
        --roles cls_csabstruct_train_dev.jsonl.gz --weights run/more/final.pt

The shipped model is always among them. For each question with a gold paper and vital nuggets: does the sentence with
the highest score in the gold paper's abstract hold a vital span (`eval.metrics.coverage.is_covered`)?
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from eval.datasets import Question, read_questions
from eval.metrics.coverage import is_covered, judgeable
from eval.training.answers.measures import auc, best_f1, case_of, written_measures
from eval.training.answers.network import Network, load_minilm
from eval.training.answers.samples import Abstract, read_collection
from eval.training.answers.scorers import (
    CosineScorer,
    NetworkScorer,
    RememberingScorer,
    RoleScorer,
    Scorer,
    Scores,
    ShippedScorer,
)
from rag.models.answer_scorer.encoding import Encoder
from rag.models.vocabulary import VOCABULARY
from rag.sources import discover, read_source
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Paper

ONE_PAPER = frozenset({"single", "numeric", "paraphrase", "typo", "followup"})

Library = Mapping[str, Abstract]


def read_library(reports: Path) -> dict[str, Abstract]:
    """The newest version of each paper of a folder of reports, as sentences."""
    papers: dict[str, Paper] = {}
    for file in sorted(discover([reports]).files):
        for paper in read_source(file):
            known = papers.get(paper.paper_id) if isinstance(paper, Paper) and paper.abstract else None
            if isinstance(paper, Paper) and paper.abstract and (known is None or paper.date >= known.date):
                papers[paper.paper_id] = paper
    return {paper_id: _as_sentences(paper) for paper_id, paper in papers.items()}


def _as_sentences(paper: Paper) -> Abstract:
    text = readable(paper.abstract)
    return Abstract(
        paper.paper_id, readable(paper.title), tuple(text[start:end].strip() for start, end in sentences(text))
    )


def first_rate(scorer: Scorer, questions: Sequence[Question], library: Library) -> tuple[float, int]:
    """Share of questions whose gold papers' first sentences are right (papers of one averaged), and how many."""
    pairs = [
        (question, paper)
        for question in questions
        for paper in dict.fromkeys(nugget.paper or "" for nugget in judgeable(question, "vital"))
        if paper in library
    ]
    scores = scorer.score([case_of(question.question, library[paper]) for question, paper in pairs])
    right: dict[str, list[bool]] = {}
    for (question, paper), score in zip(pairs, scores, strict=True):
        quoted = [(paper, library[paper].sentences[int(score.sentences.argmax())])]
        hits = [is_covered(nugget, quoted) for nugget in judgeable(question, "vital") if nugget.paper == paper]
        right.setdefault(question.id, []).append(any(hits))
    return (float(np.mean([np.mean(found) for found in right.values()])) if right else float("nan")), len(right)


def absence(scorer: Scorer, questions: Sequence[Question], library: Library) -> dict[str, float]:
    """Answerable questions' gold papers against the papers that unanswerable ones come near to."""
    groups: dict[bool, list[list[Scores]]] = {True: [], False: []}
    for question in questions:
        if question.answerable and question.type not in ONE_PAPER:
            continue
        names = question.gold_papers if question.answerable else question.related_papers
        papers = [library[name] for name in names or () if name in library]
        if papers:
            scores = scorer.score([case_of(question.question, paper) for paper in papers])
            groups[bool(question.answerable)].append(scores)
    figures = {"near misses": float(len(groups[False]))}
    for part in ("top", "whole"):
        yes, no = ([_best(scores, part) for scores in groups[answered]] for answered in (True, False))
        figures[f"absence AUC, {part}"] = auc(yes, no)
        figures[f"absence F1, {part}"] = best_f1(no, yes)
    return figures


def _best(scores: Sequence[Scores], part: str) -> float:
    return max(float(one.sentences.max()) if part == "top" else one.answered for one in scores)


def judged(scorer: Scorer, questions: Sequence[Question], library: Library) -> dict[str, float]:
    """All figures of one scorer on one set."""
    figures: dict[str, float] = {}
    figures["first"], figures["questions"] = first_rate(scorer, questions, library)
    one = [question for question in questions if question.type in ONE_PAPER]
    figures["first, one paper"], figures["… questions"] = first_rate(scorer, one, library)
    for kind in sorted({question.type for question in questions if question.answerable}):
        figures[f"first {kind}"], _ = first_rate(scorer, [one for one in questions if one.type == kind], library)
    return {**figures, **absence(scorer, questions, library)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge the scorers asked for and print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, help="folder of daily reports that the QA sets ask about")
    parser.add_argument("--qa", type=Path, nargs="*", default=[], help="QA sets")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "data", help="written questions")
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--roles", type=Path, help="role set; adds the two baselines")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="trained weights (.pt)")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    options = parser.parse_args(arguments)
    encoder, minilm = Encoder(VOCABULARY), Network()
    load_minilm(minilm, options.minilm)
    scorers: dict[str, Scorer] = {"shipped": ShippedScorer()}
    if options.roles:
        cosine = CosineScorer(minilm, encoder)
        scorers |= {"cosine": cosine, "cosine + role": RoleScorer(cosine, options.roles)}
    for weights in options.weights:
        network = Network()
        network.load_state_dict(torch.load(weights, weights_only=True))
        scorers[f"{weights.parent.name}/{weights.stem}"] = NetworkScorer(network, encoder)
    scorers = {name: RememberingScorer(scorer) for name, scorer in scorers.items()}
    library = read_library(options.reports) if options.reports else {}
    results: dict[str, dict[str, dict[str, float]]] = {}
    for path in options.qa:
        questions = read_questions(path).questions
        results[path.stem] = {name: judged(scorer, questions, library) for name, scorer in scorers.items()}
        print(f"{path.stem} judged", file=sys.stderr, flush=True)
    collection = read_collection(options.data)
    results["written, held-out papers"] = {
        name: written_measures(scorer, collection, "test") for name, scorer in scorers.items()
    }
    print(tables(results))
    if options.out:
        options.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def tables(results: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Markdown: one table a set, a row a figure, a column a scorer."""
    lines: list[str] = []
    for name, columns in results.items():
        lines += [f"| {name} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        for key in next(iter(columns.values()), {}):
            values = [figures.get(key, float("nan")) for figures in columns.values()]
            shown = [f"{value:.0f}" if value > 1.5 else f"{value:.3f}" for value in values]
            lines.append(f"| {key} | " + " | ".join(shown) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
