"""Runs, judged: nuggets from pooled passages, labels for every answer, scores, who wins and what each missed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from eval.judge.nuggets import SCORES, Nuggetizer, Nuggets, NuggetScores, Support
from eval.judge.planted import PLANT_KINDS, PlantKind, plant
from eval.judge.pool import DEPTH, PassageText, pool
from eval.metrics.confidence import Difference, Estimate, difference, estimate
from eval.metrics.text import without_markers
from eval.runs.record import RunRecord
from rag.errors import RunMismatch
from rag.types import Answer

Labels = tuple[Support | None, ...]
Progress = Callable[[str, int, int], None]
"""Called with a stage (`nuggets`, `answers`), the number done and of all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer's labels, one a nugget, and the scores that follow."""

    labels: Labels
    scores: NuggetScores


@dataclass(slots=True)
class Topic:
    """A question with its nuggets and what each answer states of them.

    Attributes:
        missing_passages: Pooled passages that the library no longer holds.
        answers: By run.
        planted: By kind of planted answer.
    """

    id: str
    question: str
    nuggets: Nuggets
    missing_passages: int = 0
    answers: dict[str, Judged] = field(default_factory=dict)
    planted: dict[PlantKind, Judged] = field(default_factory=dict)

    def missed(self, run: str) -> list[tuple[str, str, str]]:
        """(nugget, importance, label) of the nuggets that a run's answer does not fully state."""
        labels = self.answers[run].labels
        return [
            (nugget.text, nugget.importance, label or "failed")
            for nugget, label in zip(self.nuggets.nuggets, labels, strict=True)
            if label != "support"
        ]

    def winner(self, a: str, b: str) -> str | None:
        """The run with the higher primary score (vital_strict; all_strict where nothing is vital); None for a tie."""
        first, second = self.answers[a].scores, self.answers[b].scores
        name = "vital_strict" if first.vital_strict is not None else "all_strict"
        score_a, score_b = getattr(first, name) or 0.0, getattr(second, name) or 0.0
        return None if score_a == score_b else a if score_a > score_b else b


@dataclass(frozen=True, slots=True)
class Duel:
    """Two runs over all topics: wins, ties, and the paired difference of each score (B minus A)."""

    a: str
    b: str
    wins_a: int
    wins_b: int
    ties: int
    differences: Mapping[str, Difference]

    @property
    def winner(self) -> str | None:
        """The run with the higher mean of vital_strict (of all_strict where nothing is vital); None for a tie."""
        means = (self.differences[name].mean for name in ("vital_strict", "all_strict"))
        lead = next((mean for mean in means if mean is not None), 0.0)
        return None if lead == 0 else self.b if lead > 0 else self.a

    @property
    def decided(self) -> bool:
        """Whether the primary score's interval leaves out 0: the lead is more than chance between these topics."""
        primary = next((d for d in self.differences.values() if d.low is not None), None)
        return bool(primary and primary.low is not None and primary.high is not None and primary.low * primary.high > 0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that was judged; topics without nuggets are scored by nothing, and listed."""

    runs: tuple[str, ...]
    topics: tuple[Topic, ...]
    without_nuggets: tuple[Topic, ...]

    def means(self, run: str) -> dict[str, Estimate]:
        """Each score's mean over the topics, with its interval."""
        return {name: estimate(_scores([topic.answers[run] for topic in self.topics], name)) for name in SCORES}

    def honest(self) -> list[Judged]:
        """The answers of all runs."""
        return [topic.answers[run] for topic in self.topics for run in self.runs]

    def planted(self, kind: PlantKind) -> list[Judged]:
        """The planted answers of a kind."""
        return [topic.planted[kind] for topic in self.topics]

    def duels(self) -> list[Duel]:
        """Every pair of runs."""
        return [self._duel(a, b) for a, b in combinations(self.runs, 2)]

    def _duel(self, a: str, b: str) -> Duel:
        winners = [topic.winner(a, b) for topic in self.topics]
        differences = {
            name: difference(*(_scores([topic.answers[run] for topic in self.topics], name) for run in (a, b)))
            for name in SCORES
        }
        return Duel(a, b, winners.count(a), winners.count(b), winners.count(None), differences)

    def labels(self) -> dict[tuple[str, str, str], Support | None]:
        """Every label of an honest answer by (question id, run, nugget)."""
        return {
            (topic.id, run, nugget.text): label
            for topic in self.topics
            for run in self.runs
            for nugget, label in zip(topic.nuggets.nuggets, topic.answers[run].labels, strict=True)
        }


def mean_score(answers: Sequence[Judged], name: str) -> float | None:
    """Mean of a score over those answers that have it."""
    return estimate(_scores(answers, name)).mean


def _scores(answers: Sequence[Judged], name: str) -> list[tuple[float, float]]:
    values = (getattr(answer.scores, name) for answer in answers)
    return [(value, 1.0) for value in values if value is not None]


def same_questions(runs: Sequence[RunRecord]) -> list[str]:
    """Ids of the questions that all runs answered, in the first one's order.

    Raises:
        RunMismatch: the runs are over different QA sets, or share no question.
    """
    first = runs[0]
    for other in runs[1:]:
        if other.info.get("qa_hash") != first.info.get("qa_hash"):
            message = f"{first.name} and {other.name} answered different QA sets."
            raise RunMismatch(message, "Answers to different questions cannot be compared: run all over one QA set.")
    shared = [identity for identity in first.types if all(identity in run.types for run in runs)]
    if not shared:
        raise RunMismatch("The runs have no question in common.", "Run all with the same selection.")
    return shared


def create_all(
    nuggetizer: Nuggetizer,
    runs: Sequence[RunRecord],
    text_of: PassageText,
    depth: int = DEPTH,
    progress: Progress | None = None,
) -> list[Topic]:
    """Make the nuggets of every shared question from what the runs cited and retrieved.

    Raises:
        RunMismatch: the runs do not belong together.
        JudgeError: the judge's server failed.
    """
    topics = []
    identities = same_questions(runs)
    for number, identity in enumerate(identities, 1):
        answers = [answer for run in runs if isinstance(answer := run.answers[identity], Answer)]
        pooled = pool(answers, text_of, depth)
        question = runs[0].questions[identity]
        nuggets = nuggetizer.create(identity, question, pooled.passages)
        topics.append(Topic(identity, question, nuggets, pooled.missing))
        if progress:
            progress("nuggets", number, len(identities))
    return topics


def judge_all(
    nuggetizer: Nuggetizer, names: Sequence[str], runs: Sequence[RunRecord], topics: Sequence[Topic],
    progress: Progress | None = None,
) -> Judgement:  # fmt: skip
    """Assign every topic's nuggets to every run's answer and to the planted ones.

    Each text is judged by itself, in an order that says nothing about where it comes from.

    Args:
        nuggetizer: Asks the judge.
        names: What the runs are called in the report.
        runs: The runs, in the same order.
        topics: The questions with their nuggets; their answers are filled in.
        progress: Told of every topic.

    Raises:
        JudgeError: the judge's server failed.
    """
    scored = [topic for topic in topics if topic.nuggets.nuggets]
    for number, topic in enumerate(scored):
        texts = {f"run:{name}": answer_text(run, topic.id) for name, run in zip(names, runs, strict=True)}
        texts |= {f"planted:{k}": plant(k, number, topic.question, topic.nuggets.nuggets) for k in PLANT_KINDS}
        judged = _judge_texts(nuggetizer, topic, set(texts.values()))
        topic.answers = {name: judged[texts[f"run:{name}"]] for name in names}
        topic.planted = {kind: judged[texts[f"planted:{kind}"]] for kind in PLANT_KINDS}
        if progress:
            progress("answers", number + 1, len(scored))
    without = tuple(topic for topic in topics if not topic.nuggets.nuggets)
    return Judgement(tuple(names), tuple(scored), without)


def _judge_texts(nuggetizer: Nuggetizer, topic: Topic, texts: set[str]) -> dict[str, Judged]:
    nuggets = topic.nuggets.nuggets
    judged = {}
    for text in sorted(texts, key=lambda text: hashlib.sha256(f"{topic.id}\0{text}".encode()).digest()):
        labels = nuggetizer.assign(topic.id, topic.question, nuggets, text)
        judged[text] = Judged(labels, NuggetScores.of(nuggets, labels))
    return judged


def answer_text(run: RunRecord, identity: str) -> str:
    """What a reader of the answer sees, without citation markers; nothing where asking failed."""
    answer = run.answers[identity]
    return without_markers(answer.answer).strip() if isinstance(answer, Answer) else ""
