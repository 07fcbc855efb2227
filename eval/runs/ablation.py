"""Does the context matter? Every question asked again without passages, and with another question's passages.

A system can answer well and yet not from what it retrieved. What the passages contribute is the difference between
the answer with them and the answer to the same question without: the total effect minus the effect that does not pass
through the context. This counterfactual comparison is the one CDMEA makes for the visual modality (Su et al.,
"Mitigating Modality Bias in Multi-modal Entity Alignment from a Causal Perspective", SIGIR 2025, arXiv 2504.19458),
applied to the context. A system that ignores its context loses nothing by the exchange.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from eval.datasets import QaSet, Question
from eval.files import write_json
from eval.metrics import MEASURES, Case, Measure, Score, measure
from eval.metrics.base import QA_FORMAT
from eval.metrics.confidence import LEVEL, RESAMPLES, SEED, Difference, difference, estimate
from eval.metrics.coverage import COVERED_SHARE, judgeable
from eval.metrics.text import content_tokens, without_markers
from eval.runs.comparison import Compared
from eval.runs.record import RunReport
from eval.runs.runner import Asks, Progress, Selection, run
from eval.runs.scores import Scored
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.retrieve.hybrid import Expanded, HybridRetriever
from rag.types import Answer, Event, Filters, Passage, Turn

Condition = Literal["removed", "shuffled"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
ABLATION = "ablation.json"
FOLDER = "ablation"
"""Folder, in the run's, that holds a run for each condition."""
KEPT = 0.5
"""Without known facts, an answer that keeps at least this share of its words is taken for the same answer."""
WithRetriever = Callable[[HybridRetriever], Asks]
"""Assembles the system under test around a retriever."""


class GivenPassages(HybridRetriever):
    """Finds what it was given, whatever is asked."""

    def __init__(self, library: Library, passages: Sequence[Passage]) -> None:
        super().__init__(library)
        self.passages = list(passages)

    def search(
        self,
        question: str,
        filters: Filters | None = None,
        k: int | None = None,
        *,
        papers: frozenset[str] | None = None,
        focus: Collection[str] = (),
        expanded: Expanded | None = None,
        explained: int | None = None,
    ) -> list[Passage]:
        """The given passages, at most `k` of them."""
        return self.passages[: k or self.k]


class AblatedAssistant:
    """Asks every question of a set with passages that do not belong to it."""

    def __init__(
        self, library: Library, with_retriever: WithRetriever, condition: Condition, base: Sequence[Scored]
    ) -> None:
        """Prepare one condition.

        Args:
            library: Where passages come from.
            with_retriever: Assembles the system.
            condition: Which.
            base: The run with its own passages; says which papers belong to a question.
        """
        self.library = library
        self._with_retriever = with_retriever
        self._condition = condition
        self._retriever = HybridRetriever(library, library.config.retrieval.candidates)
        donors = donors_of([row.result.question for row in base])
        self._donors = {_key(row.result.question): donors[row.result.question.id] for row in base}
        self._own = {_key(row.result.question): own_papers(row) for row in base}

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Event]:
        """Answer a question of the set from the condition's passages."""
        retriever = GivenPassages(self.library, self._passages((question, tuple(history))))
        yield from self._with_retriever(retriever).ask(question, history)

    def _passages(self, key: tuple[str, tuple[Turn, ...]]) -> list[Passage]:
        if self._condition == "removed":
            return []
        own = self._own[key]
        return [passage for passage in self._retriever.search(self._donors[key]) if passage.paper_id not in own]


@dataclass(frozen=True, slots=True)
class Effect:
    """One condition beside the run with the questions' own passages; differences are condition minus run.

    Attributes:
        measures: Every measure, with `facts_written` and `words_kept`.
        basis: The measure that the verdict rests on; None where nothing could be measured.
        ignores: Whether the answers are as good, or the same, as with their own passages.
    """

    condition: Condition
    measures: Mapping[str, Compared]
    basis: str | None
    ignores: bool | None


@dataclass(frozen=True, slots=True)
class Ablation:
    """Both conditions, and what follows.

    Attributes:
        runs: The run under each condition, by its folder below the run's.
    """

    effects: tuple[Effect, ...]
    runs: Mapping[str, RunReport] = field(default_factory=dict)

    @property
    def ignores_context(self) -> bool | None:
        """True when either exchange changes nothing; None where neither could be measured."""
        found = [effect.ignores for effect in self.effects if effect.ignores is not None]
        return any(found) if found else None

    @property
    def verdict(self) -> str:
        """One sentence: what the system does with its context, and the intervals that say so."""
        texts = {True: "ignores its context", False: "uses its context", None: "cannot be told to use its context"}
        parts = [_sentence_part(effect) for effect in self.effects if effect.basis]
        return f"The system {texts[self.ignores_context]}{': ' if parts else ''}{'; '.join(parts)}."

    def as_json(self) -> dict[str, Any]:
        """The content of ablation.json."""
        return {
            "verdict": self.verdict,
            "ignores_context": self.ignores_context,
            "confidence": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED, "test": "paired bootstrap, two-sided"},
            "conditions": {
                effect.condition: {
                    "ignores_context": effect.ignores,
                    "basis": effect.basis,
                    "measures": {name: compared.as_json() for name, compared in effect.measures.items()},
                }
                for effect in self.effects
            },
        }


def ablate(
    library: Library,
    config: Config,
    qa: QaSet,
    out: Path,
    base: RunReport,
    selection: Selection | None = None,
    with_retriever: WithRetriever | None = None,
    progress: Progress | None = None,
) -> Ablation:
    """Run the questions under both conditions and compare with the run that `out` holds.

    Each condition is a run of its own below `out`, resumable; the comparison is ablation.json.

    Args:
        library: The library of the run.
        config: What the assistant is made with.
        qa: The questions.
        out: The run's folder.
        base: That run.
        selection: The run's selection.
        with_retriever: Assembles the system around a retriever; None makes the configured `Assistant`.
        progress: Told of every question.

    Raises:
        RunMismatch: the folder's earlier ablation was made with something else.
    """
    build = with_retriever or (lambda retriever: Assistant(library, retriever))
    effects = []
    runs = {}
    for condition in CONDITIONS:
        assistant = AblatedAssistant(library, build, condition, base.scored)
        below = f"{FOLDER}/{condition}"
        runs[below] = run(assistant, config, qa, out / below, selection, progress)
        effects.append(effect(condition, base.scored, runs[below].scored))
    ablation = Ablation(tuple(effects), runs)
    write_json(out / ABLATION, ablation.as_json())
    return ablation


def donors_of(questions: Sequence[Question]) -> dict[str, str]:
    """For each question id the text of another one, whose papers are not its own where there is such a question.

    The order is shuffled by a fixed seed, and each question takes from the first fitting one that follows, in a circle.
    """
    order = list(questions)
    random.Random(SEED).shuffle(order)
    donors = {}
    for place, question in enumerate(order):
        others = [*order[place + 1 :], *order[:place]]
        papers = _known_papers(question)
        fitting = (other for other in others if papers.isdisjoint(_known_papers(other)))
        donor = next(fitting, others[0] if others else question)
        donors[question.id] = donor.question
    return donors


def own_papers(row: Scored) -> frozenset[str]:
    """Papers that belong to a question: gold, related, its nuggets', and those its answer cited."""
    answer = row.result.answer
    cited = (citation.paper_id for citation in answer.citations) if answer else ()
    return frozenset(cited) | _known_papers(row.result.question)


def _known_papers(question: Question) -> frozenset[str]:
    return frozenset(question.needed_papers) | frozenset(question.related_papers)


def written(answer: Answer) -> str:
    """All that the model wrote: the answer without markers, and what the citation check struck from it."""
    return " ".join([without_markers(answer.answer), *(removed.text for removed in answer.removed)])


@measure("facts_written", source=QA_FORMAT, needs=lambda question: bool(judgeable(question, "vital")))
def facts_written(case: Case, answer: Answer) -> float:
    """Share of the facts an answer must state whose words stand in what was written, cited or not."""
    present = content_tokens(written(answer))
    wanted = [content_tokens(nugget.span or "") for nugget in judgeable(case.question, "vital")]
    return sum(len(span & present) >= COVERED_SHARE * len(span) > 0 for span in wanted) / len(wanted)


def words_kept(question: str, before: Answer, after: Answer) -> float | None:
    """Share of an answer's distinct content words, the question's aside, that stand in another answer to it as well."""
    words = content_tokens(written(before)) - content_tokens(question)
    return len(words & content_tokens(written(after))) / len(words) if words else None


def effect(condition: Condition, base: Sequence[Scored], ablated: Sequence[Scored]) -> Effect:
    """Compare a condition with the run, question by question, and say whether the passages mattered."""
    after = {row.result.question.id: row for row in ablated}
    pairs = [(row, after[row.result.question.id]) for row in base if row.result.question.id in after]
    measures = {m.name: _compared([_both(m, a, b) for a, b in pairs]) for m in (*MEASURES, facts_written)}
    measures["words_kept"] = _compared([_kept(a, b) for a, b in pairs])
    facts, kept = measures["facts_written"], measures["words_kept"].b
    if facts.a.mean and facts.difference.high is not None:
        return Effect(condition, measures, "facts_written", facts.difference.high >= 0)
    if kept.high is not None:
        return Effect(condition, measures, "words_kept", kept.high >= KEPT)
    return Effect(condition, measures, None, None)


Pair = tuple[Score, Score] | None
"""A question's score in the run and under the condition; None where one of them has none."""


def _both(m: Measure, a: Scored, b: Scored) -> Pair:
    first: Score | None
    second: Score | None
    if m is facts_written:
        # The verdict rests on it: a question that failed says nothing about the context. It needs no stored text.
        if a.result.answer is None or b.result.answer is None:
            return None
        first, second = (m.of(Case(row.result.question, row.result.answer, lambda *_: None)) for row in (a, b))
    else:
        first, second = a.scores.get(m.name), b.scores.get(m.name)
    return (first, second) if first is not None and second is not None else None


def _kept(a: Scored, b: Scored) -> Pair:
    before, after = a.result.answer, b.result.answer
    if before is None or before.abstained or after is None:
        return None
    share = words_kept(a.result.question.question, before, after)
    return ((1.0, 1.0), (share, 1.0)) if share is not None else None


def _compared(pairs: Sequence[Pair]) -> Compared:
    both = [pair for pair in pairs if pair is not None]
    first, second = [pair[0] for pair in both], [pair[1] for pair in both]
    return Compared(estimate(first), estimate(second), difference(first, second))


def _sentence_part(effect: Effect) -> str:
    compared = effect.measures[effect.basis or ""]
    moved: Difference = compared.difference
    return (
        f"with passages {effect.condition}, {effect.basis} goes from {_number(compared.a.mean)} to "
        f"{_number(compared.b.mean)} (difference {_number(moved.mean)}, interval {_number(moved.low)} to "
        f"{_number(moved.high)}, n {moved.n})"
    )


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _key(question: Question) -> tuple[str, tuple[Turn, ...]]:
    return question.question, question.history
