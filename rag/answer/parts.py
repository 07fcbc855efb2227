"""The parts of a compound question with their answers: what each is about after those before it, and all put together.

A question that was parted wrongly must do little harm: where its parts lead to the same quotes, or one only goes on
about the papers that another lists, they are one question (`are_one`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise, zip_longest
from typing import TypeVar

from rag.answer.notes import unknown_names
from rag.answer.outcome import Gathered, Outcome
from rag.answer.render import paper_heading
from rag.query import Question
from rag.query.rules import load_rules
from rag.text.markdown import escape_line
from rag.types import AnswerPart, Citation, Confidence, Delta, Event, Passage, Removed

_T = TypeVar("_T", bound=Hashable)
_LIKE = ("similar", "others", "recommend")
"""Intents of which one goes on with another: "any alternatives? I'd like something else that is faster"."""
_LEAST: Sequence[Confidence] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a question with its answer.

    Attributes:
        asked: In the reader's words.
        question: As it was read after the parts before it.
        passages: What was found for it, best first.
        outcome: Its answer; citations that an earlier part has too keep their numbers.
    """

    asked: str
    question: Question
    passages: tuple[Passage, ...]
    outcome: Outcome


def names_nothing(part: Question) -> bool:
    """Whether a part does not say itself which papers it is about, nor the conversation."""
    said = part.focus or part.named or part.papers or part.filters or part.about or part.works
    return part.kind in ("single", "list") and not said


def is_of_a_stranger(whole: Question) -> bool:
    """Whether a question is about a name that no paper holds, and about none that one does."""
    return whole.of_a_stranger and not (whole.focus or whole.named or whole.papers)


def is_about_it(part: Question, words: str) -> bool:
    """Whether a part is about what was named before it: "which optimiser did NAME use, was it Lion?"."""
    return part.kind == "single" and names_nothing(part) and points_back(words)


def points_back(words: str) -> bool:
    """Whether words may stand for what was named or talked of before them."""
    return bool(load_rules("followups")["points_back"](words))


def is_refused(parts: Sequence[Part]) -> bool:
    """Whether nothing was found for any part."""
    return all(part.outcome.reason == "nothing_found" for part in parts)


def says_no_subject(part: Question) -> bool:
    """Whether a part asks of what was talked of, or of nothing that it names: of a topic it asks no second thing."""
    return part.kind == "single" and not (part.about or part.works or set(part.named) - set(part.focus))


def goes_on_about(part: Question, whole: Question, before: Sequence[Part]) -> tuple[str, ...]:
    """The one paper that a part goes on about by a pronoun: the only one that the whole names, or that was told of."""
    known = whole.named if len(whole.named) == 1 else answered_from(before)
    same = bool(known) and part.focus == known
    return known if same and part.kind == "single" and not (part.about or part.works) else ()


def answered_from(parts: Sequence[Part]) -> tuple[str, ...]:
    """The paper that all parts so far were answered from, where it is one; else nothing."""
    papers = {one.paper_id for part in parts for one in part.outcome.citations}
    return tuple(papers) if len(papers) == 1 else ()


def repeats(part: Part, before: Sequence[Part]) -> bool:
    """Whether an answer only gives again, with a word more or less, what earlier parts quoted."""
    given = [one for earlier in before for one in earlier.outcome.citations]
    quotes = part.outcome.citations
    return bool(quotes) and all(any(_overlap(one, other) for other in given) for one in quotes)


def _overlap(one: Citation, other: Citation) -> bool:
    same = (one.paper_id, one.version) == (other.paper_id, other.version)
    return same and one.start < other.end and other.start < one.end


def likelier(one: Part, other: Part) -> Part:
    """The one of two answers to a part that is the likelier to be right; the first where neither is."""
    return other if (other.outcome.chance or 0.0) > (one.outcome.chance or 0.0) else one


def are_one(parts: Sequence[Part]) -> bool:
    """Whether parts are better answered as one question.

    So they are where one goes on about several papers that the one before lists, and where all are answered by the same
    quotes; what the shelf says of one paper is always something else.
    """
    if any(_goes_on(part.question, before.question) for before, part in pairwise(parts)):
        return True
    if any(part.outcome.reason or part.question.about for part in parts):
        return False
    return len({frozenset(one.n for one in part.outcome.citations) for part in parts}) == 1


def _goes_on(part: Question, before: Question) -> bool:
    """Whether a part is about all that a list or topic before it names, or wants others of that kind."""
    if before.kind not in ("list", "topic") or part.about:
        return False
    continues = any(note.code == "follow_up" for note in part.notes) and len(part.focus) != 1
    continues = continues and not _of_others(part)
    return continues or (before.intent.kind in _LIKE and part.intent.kind in _LIKE)


def together(whole: Question, parts: Sequence[Part]) -> Gathered:
    """What was found for all parts, by rank: what is first for one comes before what is second for another.

    Its notes are those that the whole question has not.
    """
    ranks = chain.from_iterable(zip_longest(*(part.passages for part in parts)))
    first: dict[str, Passage] = {}
    for passage in filter(None, ranks):
        first.setdefault(passage.chunk_id, passage)
    noted = {*whole.notes, *unknown_names(whole)}
    said = _distinct((*part.question.notes, *unknown_names(part.question)) for part in parts)
    found = tuple(first.values())
    # A part goes on from the one before, which is no conversation that the reader would know of.
    notes = tuple(note for note in said if note not in noted and note.code != "follow_up")
    return Gathered(found, found, notes=notes)


def told(
    parts: Sequence[Part], begun: Outcome, in_words: Callable[[float], Confidence]
) -> Generator[Event, None, Outcome]:
    """Tell the answers of all parts one after the other, each below its question.

    A paper that goes on from the part before is not named again, and what answers several of them stands once.

    Args:
        parts: At least one.
        begun: Notes on what was tried before.
        in_words: A chance that an answer is right, in words.

    Returns:
        The whole: it abstains only where every part does. It is right where every part that is answered is, so that
        their chances are multiplied; it is no surer than the least sure of them.
    """
    outcomes = [part.outcome for part in parts]
    answered = [one for one in outcomes if one.reason is None]
    chances = [one.chance for one in answered if one.chance is not None]
    chance = math.prod(chances) if chances else None
    sure = [*(one.confidence for one in answered), *([] if chance is None else [in_words(chance)])]
    text = above = ""
    for together in _by_quotes(parts):
        for struck in chain.from_iterable(part.outcome.removed for part in together):
            yield Removed(struck.text, struck.reason)
        outcome = together[0].outcome
        headings = _distinct([map(paper_heading, outcome.citations)])
        said = outcome.text
        if headings == [above]:  # the same paper goes on
            said = said.replace(f"{above}\n\n", "", 1)
        above = headings[-1] if headings else ""
        asked = " · ".join(escape_line(part.asked[:1].upper() + part.asked[1:]) for part in together)
        shown = f"**{asked}**\n\n{said}"
        shown = f"\n\n{shown}" if text else shown
        text += shown
        yield Delta(shown)
    return Outcome(
        text=text,
        reason=None if answered else outcomes[0].reason,
        confidence=min(sure, key=_LEAST.index, default="low"),
        chance=chance,
        citations=tuple(_distinct(one.citations for one in outcomes)),
        removed=tuple(_distinct(one.removed for one in outcomes)),
        closest=tuple(_distinct(one.closest for one in outcomes)),
        notes=tuple(_distinct([begun.notes, *(one.notes for one in outcomes)])),
        parts=tuple(_record(part) for part in parts),
    )


def _by_quotes(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Parts that follow each other, those together which the same quotes answer, or the same words without any."""
    for _, group in groupby(parts, key=lambda part: _quotes(part) or part.outcome.text):
        yield list(group)


def _quotes(part: Part) -> frozenset[int]:
    """The quotes that answer a part; none where it is not answered, or where the shelf says it beside the quote."""
    return (
        frozenset()
        if part.outcome.reason or part.question.about
        else frozenset(one.n for one in part.outcome.citations)
    )


def cited_before(parts: Sequence[Part]) -> Outcome:
    """What the answer to a further part follows: the citations so far, whose numbers it goes on from."""
    return Outcome(complete=False, citations=tuple(_distinct(part.outcome.citations for part in parts)))


def in_light(part: Question, whole: Question, papers: tuple[str, ...], before: Sequence[Part]) -> Question:
    """A part as it is meant: papers of the whole question are preferred, what was quoted before it is a repetition.

    Things that are asked for of the one paper of the whole ("which base model writes them?") are no list of papers.
    Where the whole names that paper, or the parts before were answered from it, it is the only one: another paper's
    figures are no answer.
    """
    share = len(whole.parts) if len(whole.named) < 2 else 1
    kind = "single" if len(papers) == 1 else part.kind
    focus = () if _of_others(part) else part.focus
    only = frozenset(papers) if len(papers) == 1 and papers in (whole.named, answered_from(before)) else part.papers
    sides = part.sides if only is None and kind != "single" else ()  # in one paper no others are set side by side
    part = replace(part, kind=kind, quoted=whole.quoted, focus=papers or focus, papers=only, share=share, sides=sides)
    return replace(part, read_as=part.read_as or whole.read_as)


def _of_others(part: Question) -> bool:
    """Whether a part asks for papers of its own: "… and which papers are on bees?" is not about those listed before."""
    return part.works and part.kind == "list" and part.papers is None


def _record(part: Part) -> AnswerPart:
    reason = part.outcome.reason
    numbers = tuple(one.n for one in part.outcome.citations)
    return AnswerPart(question=part.asked, abstained=reason is not None, reason=reason, citations=numbers)


def _distinct(groups: Iterable[Iterable[_T]]) -> list[_T]:
    return list(dict.fromkeys(chain.from_iterable(groups)))
