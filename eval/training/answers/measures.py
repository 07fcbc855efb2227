"""What the scorer is measured by; no measure here reads a question that anything was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from eval.training.answers.samples import Abstract, Collection, Written, of_part, own_name, unanswered
from eval.training.answers.scorers import Case, Scorer


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive's score is above a negative's; ties count half (Mann-Whitney)."""
    if not positive or not negative:
        return float("nan")
    ranks = rankdata([*positive, *negative])
    wins = ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(wins / (len(positive) * len(negative)))


def best_f1(absent: Sequence[float], answered: Sequence[float]) -> float:
    """F1 of "not answered" at the threshold that is best for these very scores (an upper bound)."""
    scores = np.array([*absent, *answered])
    wanted = np.array([True] * len(absent) + [False] * len(answered))
    best = 0.0
    for threshold in np.unique(scores):
        said = scores <= threshold
        best = max(best, 2 * float((said & wanted).sum()) / float(said.sum() + wanted.sum()))
    return best


def case_of(question: str, abstract: Abstract) -> Case:
    """A question against an abstract."""
    return question, abstract.title, abstract.sentences


def written_measures(scorer: Scorer, collection: Collection, part: str) -> dict[str, float]:
    """First sentence right, and answered apart from absent, premise and another paper's name, on held-out papers."""
    questions = of_part(collection, part)
    cases = [case_of(written.question, collection.abstracts[written.paper]) for written in questions]
    scores = scorer.score(cases)
    answered = [(written, score) for written, score in zip(questions, scores, strict=True) if written.answers]
    tops = [int(score.sentences.argmax()) for _, score in answered]
    hits = [top in written.answers for top, (written, _) in zip(tops, answered, strict=True)]
    loose = [top in (*written.answers, *written.okay) for top, (written, _) in zip(tops, answered, strict=True)]
    figures = {
        "questions": float(len(questions)),
        "first": float(np.mean(hits)),
        "first or okay": float(np.mean(loose)),
    }
    yes = [score for _, score in answered]
    no = [score for written, score in zip(questions, scores, strict=True) if not written.answers]
    kinds = {
        "absent": [s for w, s in zip(questions, scores, strict=True) if w.kind == "absent"],
        "premise": [s for w, s in zip(questions, scores, strict=True) if w.kind == "premise"],
    }
    top = {name: [float(score.sentences.max()) for score in group] for name, group in kinds.items()}
    best, whole = [float(score.sentences.max()) for score in yes], [score.answered for score in yes]
    for name, group in kinds.items():
        figures[f"AUC top/{name}"] = auc(best, top[name])
        figures[f"AUC whole/{name}"] = auc(whole, [score.answered for score in group])
    figures["F1 none, top"] = best_f1([float(score.sentences.max()) for score in no], best)
    figures["F1 none, whole"] = best_f1([score.answered for score in no], whole)
    figures["F1 none, sum"] = best_f1(
        [score.answered + float(score.sentences.max()) for score in no],
        [one + other for one, other in zip(whole, best, strict=True)],
    )
    renamed = scorer.score(_renamed_cases(questions, collection))
    if renamed:
        figures["AUC top/renamed"] = auc(best, [float(score.sentences.max()) for score in renamed])
    return figures


def _renamed_cases(questions: Sequence[Written], collection: Collection) -> list[Case]:
    """Answered questions that name their paper's system, with the next such paper's system instead."""
    named = [
        (written, name)
        for written in questions
        if written.answers
        and (name := own_name(collection.abstracts[written.paper].title))
        and name.lower() in written.question.lower()
    ]
    cases = []
    for index, (written, name) in enumerate(named):
        other = next((other for _, other in named[index + 1 :] + named[:index] if other != name), None)
        if other:
            start = written.question.lower().index(name.lower())
            question = written.question[:start] + other + written.question[start + len(name) :]
            sample = unanswered(question, collection.abstracts[written.paper], "renamed")
            cases.append((sample.question, sample.title, sample.sentences))
    return cases
