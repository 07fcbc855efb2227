"""Whether an answer gave what was wanted, and if not, what went wrong: read off its citations, quotes and offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.datasets import Nugget
from eval.metrics.base import cited_papers
from eval.metrics.coverage import is_covered, quotes_of
from eval.readers.goals import Aim
from eval.readers.material import Material
from rag.text.folding import fold
from rag.text.readable import readable
from rag.types import Answer

WHY = {
    "not_found": "not found",
    "wrong_paper": "wrong paper first",
    "lost_thread": "lost the thread: answered about another paper",
    "stayed": "stayed with the paper before",
    "repeated": "repeated itself",
    "refused": "refused though told",
    "another_passage": "quoted another passage of the paper",
    "answered_absent": "answered though absent",
    "one_sided": "compared others than the two",
    "incomplete": "left out half of the list",
    "strays": "half of the list is of something else",
    "narrowing": "misread narrowing",
    "not_recommended": "the subject of what is starred doesn't come up",
    "not_less": "what is less wanted still comes",
    "unexplained": "a reason says what isn't there, or changed a rank",
    "no_surprise": "no surprise, or one of what is kept",
    "off_map": "not on the map among its like",
    "no_suggestion": "no question is suggested",
    "not_answered": "a suggested question is answered by something else",
    "not_best": "the best paper is of something else, or in another order than its labels",
    "not_remembered": "a rewriting that helped isn't used, or one that didn't is",
    "no_quiz": "nothing can be asked of what is kept",
    "mastery": "what is known doesn't follow the answers",
    "asked_back": "asked back needlessly",
    "error": "error",
}
"""Why a turn missed what was wanted, in the order of a report."""
ENOUGH = 0.5
"""Share of the papers that belong which a list shows at least, and of those shown that belong."""
COMES_UP = 3
"""Papers of the subject of what is starred that are recommended at least, where there are as many."""
_NAMED = ("data", "code")
"""Details that are names and addresses: a quote tells them where it holds one of them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer came to.

    Attributes:
        why: A key of `WHY`; empty where what was wanted was given, or may be chosen.
        choice: Number of the paper wanted among those that were asked back, cited or offered instead, from 1; 0: none.
        offered: How it was offered: asked back, cited behind another, or named by a refusal.
    """

    why: str = ""
    choice: int = 0
    offered: str = ""

    @property
    def reached(self) -> bool:
        """Whether the aim is reached."""
        return not self.why and not self.choice


REACHED = Verdict()


class Judge:
    """Judges the answers of one conversation, in order."""

    def __init__(self, material: Material, most: int) -> None:
        """Make one.

        Args:
            material: The library.
            most: Papers that a list shows at most.
        """
        self._material = material
        self._most = most
        self._quoted: frozenset[tuple[str, str]] = frozenset()
        self._shown: list[str] = []
        self._cleared = False

    def judge(self, aim: Aim, answer: Answer, *, anew: bool) -> Verdict:
        """What an answer came to.

        Args:
            aim: What was wanted.
            answer: What came.
            anew: Whether the aim is asked for the first time: lists that are asked on add up.
        """
        if anew and aim.kind == "list":
            self._shown = []
        before, self._quoted = self._quoted, frozenset(quotes_of(answer))
        if answer.clarify:
            return self._asked_back(aim, answer.clarify.choices)
        verdict = _RULES[aim.kind](self, aim, answer)
        if verdict.why == "another_passage" and before == self._quoted:
            return Verdict("repeated")
        return verdict

    def recommended(self, aim: Aim, shown: Sequence[str]) -> Verdict:
        """What recommended papers came to."""
        fitting = sum(self._material.belongs(one, aim.tag) for one in shown)
        return REACHED if fitting >= min(COMES_UP, len(aim.must)) else Verdict("not_recommended")

    def _asked_back(self, aim: Aim, choices: Sequence[str]) -> Verdict:
        """A choice is fair once, where the paper that is meant is among those offered."""
        fitting = [n for n, choice in enumerate(choices, 1) if any(f"({one})" in choice for one in aim.papers)]
        if self._cleared or not fitting:
            return Verdict("asked_back")
        self._cleared = True
        return Verdict(choice=fitting[0], offered="asked back")

    def _find(self, aim: Aim, answer: Answer) -> Verdict:
        cited = cited_papers(answer)
        if answer.abstained:
            closest = [one.paper_id for one in answer.closest]
            why = {aim.paper: "refused", aim.left: "stayed"}.get(cited[0], "not_found") if cited else "not_found"
            return Verdict(why, 0 if why == "refused" else _place(aim, closest), "refusal")
        if cited[:1] == [aim.paper]:
            return REACHED
        why = "stayed" if aim.left and cited[:1] == [aim.left] else "wrong_paper" if cited else "not_found"
        return Verdict(why, _place(aim, cited), "cited")

    def _ask(self, aim: Aim, answer: Answer) -> Verdict:
        cited = cited_papers(answer)
        if cited[:1] != [aim.paper]:
            elsewhere = "lost_thread" if aim.follows else "wrong_paper"
            if answer.abstained and not aim.follows:
                elsewhere = "not_found"
            return Verdict(elsewhere, _place(aim, cited), "cited")
        if answer.abstained:
            return Verdict("refused")
        told = [text for paper_id, text in quotes_of(answer) if paper_id == aim.paper]
        return REACHED if any(_tells(aim, span, told) for span in aim.spans) else Verdict("another_passage")

    def _compare(self, aim: Aim, answer: Answer) -> Verdict:
        if answer.abstained:
            return Verdict("refused")
        return REACHED if set(cited_papers(answer)) == set(aim.papers) else Verdict("one_sided")

    def _list(self, aim: Aim, answer: Answer) -> Verdict:
        cited = cited_papers(answer)
        if answer.abstained or not cited:
            return Verdict("not_found")
        if sum(self._material.belongs(one, aim.tag) for one in cited) < ENOUGH * len(cited):
            return Verdict("strays")
        self._shown += cited
        return REACHED if self._complete(aim, self._shown) else Verdict("incomplete")

    def _narrow(self, aim: Aim, answer: Answer) -> Verdict:
        """Of the papers shown before those of the month, and no others than papers of the subject."""
        cited = cited_papers(answer)
        if any(self._material.day(one)[:7] != aim.month for one in cited):
            return Verdict("narrowing")
        left = {one for one in self._shown if self._material.day(one)[:7] == aim.month}
        if sum(one in left or self._material.belongs(one, aim.tag) for one in cited) < ENOUGH * len(cited):
            return Verdict("strays")
        wanted = left & aim.must
        if wanted and (answer.abstained or not cited):
            return Verdict("narrowing")
        return REACHED if len(wanted.intersection(cited)) >= ENOUGH * len(wanted) else Verdict("incomplete")

    def _last(self, aim: Aim, answer: Answer) -> Verdict:
        cited = cited_papers(answer)
        if answer.abstained or not cited:
            return Verdict("not_found")
        if cited[0] not in self._shown:
            return Verdict("lost_thread")
        newest = max(map(self._material.day, self._shown))
        return REACHED if self._material.day(cited[0]) == newest else Verdict("wrong_paper")

    def _complete(self, aim: Aim, shown: Sequence[str]) -> bool:
        return len(aim.must.intersection(shown)) >= ENOUGH * min(len(aim.must), self._most)

    def _absent(self, aim: Aim, answer: Answer) -> Verdict:
        named = cited_papers(answer) or [one.paper_id for one in answer.closest]
        if named[:1] != [aim.paper]:
            return Verdict("lost_thread" if aim.follows else "not_found" if answer.abstained else "wrong_paper")
        return REACHED if answer.abstained else Verdict("answered_absent")

    def _nothing(self, aim: Aim, answer: Answer) -> Verdict:
        return REACHED if answer.abstained else Verdict("answered_absent")

    def _newest(self, aim: Aim, answer: Answer) -> Verdict:
        cited = cited_papers(answer)
        if cited[:1] == [aim.left]:
            return Verdict("stayed")
        if answer.abstained or not cited:
            return Verdict("not_found")
        fits = self._material.day(cited[0]) >= aim.newest and self._material.belongs(cited[0], aim.tag)
        return REACHED if fits else Verdict("wrong_paper")


_RULES: dict[str, Callable[[Judge, Aim, Answer], Verdict]] = {
    "find": Judge._find,
    "ask": Judge._ask,
    "compare": Judge._compare,
    "list": Judge._list,
    "narrow": Judge._narrow,
    "absent": Judge._absent,
    "nothing": Judge._nothing,
    "newest": Judge._newest,
    "last": Judge._last,
}


def _place(aim: Aim, papers: Sequence[str]) -> int:
    return papers.index(aim.paper) + 1 if aim.paper in papers else 0


def _tells(aim: Aim, span: str, told: Sequence[str]) -> bool:
    """Whether quotes of the paper hold a span: a name as it stands, a statement by 70% of its words."""
    if aim.detail in _NAMED:
        return any(fold(readable(span)) in fold(readable(text)) for text in told)
    nugget = Nugget(text=span, paper=None, span=span)
    return is_covered(nugget, [("", text) for text in told])
