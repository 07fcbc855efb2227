"""The written reply: question and passages → a model's checked sentences, and what to do where there are none."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answer.abstention import Decision
from rag.answer.citations import located
from rag.answer.notes import list_left_out, model_failed, prompt_cut, reply_cut, thoughts_shown
from rag.answer.outcome import Outcome
from rag.answer.render import closest
from rag.answer.select import choose_papers
from rag.prompts import load_prompt
from rag.query import Question
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.text.grammar import joined, plural
from rag.text.markdown import escape
from rag.text.readable import readable
from rag.text.untrusted import as_data
from rag.types import (
    Delta,
    Event,
    Note,
    Passage,
    Step,
)
from rag.write.drafts import wants_two, write_twice
from rag.write.writer import CUT_EARLIER, CUT_OFF, NAMES_NONE, GroundedWriter, Numbering, Task, Written

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM

ANSWER_PROMPT = "answer"
DECLINED = "The model finds no answer to this in the sources."
_NAMED = 3
"""Titles named in a note."""


class WrittenReply:
    """Lets a model write the answer; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.library = retriever.library
        self.writer = GroundedWriter(self.library)

    def events(
        self,
        llm: GuardedLLM,
        understood: Question,
        passages: Sequence[Passage],
        decision: Decision,
        counted: Sequence[str] = (),
    ) -> Generator[Event, None, Outcome]:
        """Write the answer step by step.

        Args:
            llm: The model, with the limits of this answer.
            understood: The question as it was read.
            passages: What was retrieved, best first.
            decision: Why they are taken to answer.
            counted: Sentences with figures counted over the shelf; they come first, as they are.
        """
        prompt = load_prompt(ANSWER_PROMPT)
        lead = "".join(f"{sentence}\n\n" for sentence in counted)
        if lead:
            yield Delta(lead)
        chosen = llm.config.research or llm.config.utility  # by the model; else as the extractive writer chooses
        given = passages if chosen else most_useful(understood, passages)
        task = Task(prompt, {"question": as_data(understood.standalone)}, given)
        yield Step("write", self.writer.estimate(llm, task))
        written, numbering = yield from self._write(llm, task, understood, decision)
        outcome = Outcome(
            text=lead + written.text,
            mode="llm",
            complete=bool(written.text),
            confidence=decision.confidence,
            chance=decision.chance,
            citations=tuple(located(one, self.library) for one in numbering.citations),
            removed=written.removed,
            prompts={prompt.name: prompt.digest},
            notes=(*left_out(written.left_out), *_struck(written), *remarks(llm, written)),
        )
        if written.failure:
            return replace(
                outcome, complete=False, notes=(*outcome.notes, model_failed(written.failure, begun=bool(written.text)))
            )
        if written.declined:
            yield Delta(DECLINED)
            nearest = closest(passages)
            return replace(
                outcome,
                text=lead + DECLINED,
                complete=True,
                reason="nothing_found",
                confidence="low",
                chance=None,
                closest=nearest,
            )
        if not written.text:
            return replace(outcome, notes=(*outcome.notes, _unsupported(written)))
        return outcome

    def _write(
        self, llm: GuardedLLM, task: Task, understood: Question, decision: Decision
    ) -> Generator[Event, None, tuple[Written, Numbering]]:
        """Write once, or twice where that is configured and worth it."""
        if llm.config.two_heads and wants_two(self.library, understood.standalone, task.passages, decision):
            return (yield from write_twice(self.writer, llm, task))
        numbering = Numbering()
        return (yield from self.writer.write(llm, task, numbering)), numbering


def most_useful(understood: Question, passages: Sequence[Passage]) -> list[Passage]:
    """Passages in the order in which a writer needs them.

    The best one of each paper that the kind of question calls for comes first (`choose_papers`), then the others of
    those papers, then the rest.
    """
    best = choose_papers(distinct_papers(passages), understood.kind, understood.subjects) if passages else []
    papers = {passage.paper_id for passage in best}
    others = [passage for passage in passages if passage not in best]
    return [*best, *sorted(others, key=lambda passage: passage.paper_id not in papers)]


def left_out(passages: Sequence[Passage]) -> tuple[Note, ...]:
    """A note on the passages that the model was not given for lack of room."""
    papers = distinct_papers(passages)
    if not papers:
        return ()
    titles = [f"“{escape(readable(paper.title))}”" for paper in papers[:_NAMED]]
    more = [f"{len(papers) - _NAMED} more"] * (len(papers) > _NAMED)
    count = plural(len(passages), "passage")
    text = f"{count} did not fit into the model's context and had no part in the answer: {joined([*titles, *more])}."
    return (Note(code="sources_left_out", text=text),)


def remarks(llm: GuardedLLM, written: Written) -> tuple[Note, ...]:
    """Notes on what the server did to prompt and reply."""
    notes = []
    if shortfall := llm.shortfall():
        notes.append(prompt_cut(*shortfall))
    if written.cut:
        notes.append(reply_cut(llm.config.max_output_tokens, earlier=written.cut == CUT_EARLIER))
    if written.exposed:
        notes.append(thoughts_shown())
    if written.entries:
        notes.append(list_left_out(written.entries))
    return tuple(notes)


def _struck(written: Written) -> tuple[Note, ...]:
    """A note on what the model wrote and the check did not let through, where something else is shown."""
    if not (written.text and written.removed):
        return ()
    return (Note(code="sentences_removed", text=f"Left out of what the model wrote: {_counted(written)}."),)


def _unsupported(written: Written) -> Note:
    wrote = _counted(written) if written.removed else "nothing that can be shown"
    return Note(code="nothing_supported", text=f"The model wrote {wrote}; quotes are shown instead.")


def _counted(written: Written) -> str:
    """What was struck, by what is wrong with it."""
    reasons = [removed.reason for removed in written.removed]
    nameless, cut = reasons.count(NAMES_NONE), sum(reason in (CUT_OFF, CUT_EARLIER) for reason in reasons)
    kinds = (
        (len(reasons) - nameless - cut, "that its sources do not carry"),
        (nameless, "for which no source is named or found"),
        (cut, "that was cut off"),
    )
    return joined([f"{plural(count, 'sentence')} {said}" for count, said in kinds if count])
