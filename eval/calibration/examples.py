"""Questions with what was measured of them: what a fit learns from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval.calibration.logistic import Fit, Floats, Ints, fit, stratified
from eval.datasets import QaSet, Question
from eval.metrics.coverage import is_right
from rag.answer.abstention.decision import is_given, is_selection, wants_many
from rag.answer.abstention.features import DIRECTIONS, Features, gather
from rag.answer.draft import quote_text

if TYPE_CHECKING:
    from rag.assistant import Assistant

SEED = 20250408


@dataclass(frozen=True, slots=True)
class Example:
    """A question with what was measured.

    Attributes:
        qa: The set's name.
        row: Features in the order of `Features.names()`; None where the decision needs none (`refused`).
        copy: The same without the papers that answer it; None where no such copy makes sense.
        refused: The decision that was made without looking at features; None: they decide.
        right: Whether its answer would be right (`is_right`).
        many: Whether many papers are wanted.
        given: Whether the conversation gives its paper.
        rated: Whether its answer says how sure it is: lists do not.
        told: Whether it is known what an answer must state, or that none should be given. Where it is not, nothing is
            learnt from it about confidence.
        learnt: Whether fits learn from it. One of a set of conversations only helps to choose from which chances on a
            question is refused, or an answer called high, whose paper the conversation gives.
    """

    qa: str
    question: Question
    row: tuple[float, ...] | None
    copy: tuple[float, ...] | None
    refused: bool | None
    right: bool
    many: bool = False
    given: bool = False
    rated: bool = True
    told: bool = True
    learnt: bool = True


def measure(
    assistant: Assistant, sets: Sequence[QaSet], progress: Callable[[int, int], None] | None = None
) -> list[Example]:
    """Measure the questions of some sets.

    Those are left out that do not say whether they can be answered; and, where all questions of a set stand behind
    others, or it says of no answer what that must state, those whose paper no conversation gives.

    Args:
        assistant: Reads, retrieves and quotes.
        sets: The questions.
        progress: Called with the number of questions measured and of all.
    """
    known = [(qa, one) for qa in sets for one in qa.questions if one.answerable is not None]
    telling = {qa.name for qa in sets if any(one.nuggets for one in qa.questions)}
    talks = {qa.name for qa in sets if all(one.history for one in qa.questions)}
    talks = talks if telling - talks else set()  # where there is nothing else, it has to be learnt from these
    examples = []
    for done, (qa, question) in enumerate(known, 1):
        example = _example(assistant, qa.name, question)
        if qa.name in telling - talks:
            examples.append(example)
        elif example.given:
            told = qa.name in telling and bool(question.nuggets or not question.answerable)
            examples.append(replace(example, copy=None, told=told, learnt=False))
        if progress:
            progress(done, len(known))
    return examples


def _example(assistant: Assistant, qa: str, question: Question) -> Example:
    engine = assistant.engine
    asked = engine.understand(engine.checked(question.question), question.history)
    found = engine.finder.find(asked)
    asked, passages = (found.question, found.passages) if found.entry is None else (asked, engine.candidates(asked))
    gold = set(question.gold_papers or ())
    if not passages or asked.like or is_selection(asked):
        return Example(qa, question, None, None, not passages, right=False)
    answering = {*question.needed_papers, *question.related_papers}
    evidence = gather(engine.scores, asked, passages)
    if evidence.faint:
        return Example(qa, question, None, None, True, right=False)
    copy = None
    if question.answerable and gold and asked.kind != "compare" and not asked.filters:
        # For an answer, looking ends with the first paper: who would be first without it shows the whole order.
        every = engine.candidates(asked)
        if rest := [passage for passage in every if passage.paper_id not in answering]:
            copy = gather(engine.scores, asked, rest, answering).features.row()
    quotes = [
        (quote.passage.paper_id, quote_text(quote))
        for group in engine.quoted.writer.write(asked, passages).quotes
        for quote in group
    ]
    return Example(
        qa,
        question,
        evidence.features.row(),
        copy,
        None,
        is_right(question, quotes),
        wants_many(asked),
        is_given(asked),
        asked.kind != "list",
    )


@dataclass(frozen=True, slots=True)
class Fits:
    """A fit for questions that one paper answers, and one for those that want many."""

    one: Fit
    many: Fit


@dataclass(frozen=True, slots=True)
class Data:
    """Examples as arrays, [n].

    Attributes:
        matrix: Features, [n, features]; zeros where none were measured.
        unanswerable: 1 for unanswerable.
        right: 1 where the answer would be right.
        measured: Whether features decide.
        decided: The chance of "unanswered" where no feature decides (0 or 1), nan elsewhere.
        many: Whether many papers are wanted.
        given: Whether the conversation gives the paper.
        rated: Whether the answer says how sure it is, and features decide.
        told: Whether it is known what an answer must state.
        learnt: Whether fits learn from it.
        groups: What is left out together: a question's set where fits learn from several, else its fold.
        copies: Features of the copies, [c, features], and the example that each belongs to, [c].
    """

    matrix: Floats
    unanswerable: Ints
    right: Ints
    measured: NDArray[np.bool_]
    decided: Floats
    many: NDArray[np.bool_]
    given: NDArray[np.bool_]
    rated: NDArray[np.bool_]
    told: NDArray[np.bool_]
    learnt: NDArray[np.bool_]
    groups: Ints
    copies: Floats
    copied: Ints

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Data:
        """Arrange examples."""
        width = len(Features.names())
        copies = [(example.copy, n) for n, example in enumerate(examples) if example.copy is not None]
        unanswerable = np.array([not example.question.answerable for example in examples], dtype=np.int64)
        names = sorted({example.qa for example in examples})
        learnt = {example.qa for example in examples if example.learnt}
        sets = np.array([names.index(example.qa) for example in examples], dtype=np.int64)
        return cls(
            matrix=np.array([example.row or (0.0,) * width for example in examples]).reshape(-1, width),
            unanswerable=unanswerable,
            right=np.array([example.right for example in examples], dtype=np.int64),
            measured=np.array([example.row is not None for example in examples]),
            decided=np.array([np.nan if e.refused is None else float(e.refused) for e in examples]),
            many=np.array([example.many for example in examples]),
            given=np.array([example.given for example in examples]),
            rated=np.array([example.row is not None and example.rated for example in examples]),
            told=np.array([example.told for example in examples]),
            learnt=np.array([example.learnt for example in examples]),
            groups=sets if len(learnt) > 1 else stratified(unanswerable, np.random.default_rng(SEED)),
            copies=np.array([row for row, _ in copies], dtype=np.float64).reshape(-1, width),
            copied=np.array([n for _, n in copies], dtype=np.int64),
        )

    @property
    def everything(self) -> Ints:
        """All examples."""
        return np.arange(len(self.unanswerable))

    def unanswered_by(self, chosen: Ints) -> Fits:
        """Fit, on the chosen examples and their copies, the chance that a question cannot be answered.

        Copies weigh together as much as the chosen questions that are unanswerable.
        """
        one, many = (self._unanswered_by(chosen[self.many[chosen] == wanted]) for wanted in (False, True))
        return Fits(one, many)

    def _unanswered_by(self, chosen: Ints) -> Fit:
        real = chosen[(self.measured & self.learnt)[chosen]]
        copies = self.copies[np.isin(self.copied, chosen)]
        labels = np.concatenate([self.unanswerable[real], np.ones(len(copies), dtype=np.int64)])
        positive = self.unanswerable[real].sum()
        weights = np.concatenate([np.ones(len(real)), np.full(len(copies), positive / max(len(copies), 1))])
        counted = np.arange(len(labels)) < len(real)
        signs = [DIRECTIONS[name] for name in Features.names()]
        return fit(np.concatenate([self.matrix[real], copies]), labels, signs, weights, counted)

    def right_by(self, chosen: Ints) -> Fit:
        """Fit, on the chosen examples whose answers say how sure they are, the chance that an answer is right."""
        real = chosen[(self.rated & self.told & self.learnt)[chosen]]
        signs = [-DIRECTIONS[name] for name in Features.names()]
        return fit(self.matrix[real], self.right[real], signs, np.ones(len(real)), np.ones(len(real), dtype=bool))

    def unseen(self, fit_on: Callable[[Ints], Fit | Fits], chosen: Ints | None = None) -> Floats:
        """The chances of the chosen examples by fits without their group, [n]; of the others 0.

        Where the chosen are of one group, folds are drawn among them.
        """
        chosen = self.everything if chosen is None else chosen
        groups = self.groups[chosen]
        if len(np.unique(groups)) == 1:
            groups = stratified(self.unanswerable[chosen], np.random.default_rng(SEED))
        found = np.zeros(len(self.unanswerable))
        for group in np.unique(groups):
            held_out = chosen[groups == group]
            found[held_out] = self.chances(fit_on(chosen[groups != group]))[held_out]
        return found

    def chances(self, fitted: Fit | Fits) -> Floats:
        """What a fit says of every example, [n]."""
        if isinstance(fitted, Fit):
            return fitted.chances(self.matrix)
        return np.where(self.many, fitted.many.chances(self.matrix), fitted.one.chances(self.matrix))

    def with_decided(self, chances: Floats) -> Floats:
        """Chances of "unanswered", [n], with 0 or 1 where no feature decides."""
        return np.where(np.isnan(self.decided), chances, self.decided)
