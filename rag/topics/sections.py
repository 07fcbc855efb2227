"""Themes → Markdown with markers: in quotes, or in a model's checked sentences and quotes of what they leave out."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from rag.answer.citations import find_problem
from rag.answer.draft import Quote, quote_text
from rag.answer.render import render_group
from rag.errors import LLMError
from rag.index.library import Library
from rag.prompts import load_prompt
from rag.text.markdown import escape
from rag.text.untrusted import as_data
from rag.themes.plan import Plan
from rag.types import Citation, Delta, Note, Passage, Removed, RemovedText, Theme
from rag.write.reply import remarks
from rag.write.writer import GroundedWriter, Numbering, Task, Writing, Written

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM

THEME_PROMPT = "topic_theme"
IN_QUOTES = "In their own words:"
"""What stands between a model's sentences and the quotes of the papers that it did not cite."""
DISAGREE = "Where papers disagree"
OPPOSITE = "These say the opposite of each other, perhaps under different conditions:"


@dataclass(slots=True)
class Sections:
    """What has been written of a topic.

    Attributes:
        failure: What ended the model's part; the themes after it are in quotes.
        written: Whether any of the model's sentences was shown.
        remarks: What the server did to prompts and replies, once for each kind.
    """

    themes: list[Theme] = field(default_factory=list)
    disagreements: list[str] = field(default_factory=list)
    numbering: Numbering = field(default_factory=Numbering)
    removed: list[RemovedText] = field(default_factory=list)
    failure: LLMError | None = None
    written: bool = False
    remarks: dict[str, Note] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All sections as Markdown."""
        parts = [f"## {escape(theme.name)}\n\n{theme.text}".rstrip() for theme in self.themes]
        return "\n\n".join([*parts, *([f"## {DISAGREE}", *self.disagreements] if self.disagreements else [])])

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations, numbered through all themes."""
        return self.numbering.citations


class SectionWriter:
    """Writes the themes of a topic one after the other; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.writer = GroundedWriter(library)

    def events(
        self,
        topic: str,
        plans: Sequence[Plan],
        texts: Mapping[str, Sequence[Passage]],
        quotes: Mapping[str, Sequence[Quote]],
        llm: GuardedLLM | None,
    ) -> Generator[Delta | Removed, None, Sections]:
        """Write the themes; each delta begins with the blank line before it.

        Args:
            topic: What all of them are about.
            plans: The themes in order.
            texts: The passages of each paper, in reading order.
            quotes: What speaks for each paper.
            llm: Writes, with the limits of this answer; None quotes.
        """
        sections = Sections()
        for plan in plans:
            heading = f"\n\n## {escape(plan.name)}\n\n"
            text = ""
            if llm and sections.failure is None:
                text = yield from self._write(llm, topic, plan, texts, heading, sections)
            cited = {citation.paper_id for citation in sections.citations} if text else set()
            held: list[tuple[Citation, ...]] = []
            for paper_id in plan.papers:
                if paper_id not in cited:
                    held += yield from self._quoted(quotes.get(paper_id, ()), sections)
            parts = [render_group(group) for group in held]
            if parts:
                quoted = "\n\n".join([IN_QUOTES, *parts] if text else parts)
                yield Delta(f"\n\n{quoted}" if text else heading + quoted)
                text = f"{text}\n\n{quoted}" if text else quoted
            elif not text:
                yield Delta(heading.rstrip("\n"))
            sections.themes.append(Theme(name=plan.name, text=text, papers=plan.papers))
        return sections

    def disagreeing(
        self, opposed: Sequence[tuple[Quote, Quote]], declared: Sequence[Quote], sections: Sections
    ) -> Generator[Delta | Removed, None, None]:
        """Quote papers that disagree, as a section of its own; nothing where none does.

        Args:
            opposed: Opposite findings of two papers; shown side by side, or not at all.
            declared: What papers declare against earlier ones.
            sections: What is written so far.
        """
        for quotes in (*opposed, *((quote,) for quote in declared)):
            held: list[tuple[Citation, ...]] = []
            for quote in quotes:
                held += yield from self._quoted([quote], sections)
            if len(held) == len(quotes):
                parts = [render_group(group) for group in held]
                sections.disagreements.append("\n\n".join([OPPOSITE, *parts] if len(parts) > 1 else parts))
                heading = f"\n\n## {DISAGREE}" if len(sections.disagreements) == 1 else ""
                yield Delta(f"{heading}\n\n{sections.disagreements[-1]}")

    def _write(
        self,
        llm: GuardedLLM,
        topic: str,
        plan: Plan,
        texts: Mapping[str, Sequence[Passage]],
        heading: str,
        sections: Sections,
    ) -> Generator[Delta | Removed, None, str]:
        """Let the model write one theme from its own passages; returns what was shown."""
        values = {"topic": as_data(topic), "theme": as_data(plan.name)}
        task = Task(load_prompt(THEME_PROMPT), values, in_turn([texts[paper_id] for paper_id in plan.papers]))
        written = yield from _headed(heading, self.writer.write(llm, task, sections.numbering))
        sections.removed += written.removed
        sections.failure = written.failure
        sections.remarks.update({note.code: note for note in remarks(llm, written)})
        sections.written = sections.written or bool(written.text)
        return written.text

    def _quoted(
        self, quotes: Sequence[Quote], sections: Sections
    ) -> Generator[Removed, None, list[tuple[Citation, ...]]]:
        """The citations of one paper's quotes, those that do not hold left out."""
        numbers = []
        for quote in quotes:
            problem = find_problem(quote, self.library)
            if problem:
                sections.removed.append(RemovedText(text=quote_text(quote), reason=problem))
                yield Removed(quote_text(quote), problem)
            else:
                numbers.append(sections.numbering.number(quote))
        group = tuple(citation for citation in sections.citations if citation.n in numbers)
        return [group] if group else []


def _headed(heading: str, writing: Writing) -> Writing:
    """The same writing, its first delta headed; a reader who leaves ends the model's call."""
    headed = False
    try:
        while True:
            event = next(writing)
            if isinstance(event, Delta) and not headed:
                headed, event = True, Delta(heading + event.text)
            yield event
    except StopIteration as ended:
        written: Written = ended.value
        return written
    finally:
        writing.close()


def in_turn(papers: Sequence[Sequence[Passage]]) -> list[Passage]:
    """The first passage of each paper, then the second of each, and so on: none is left out for another's length."""
    return [passage for passage in chain.from_iterable(zip_longest(*papers)) if passage is not None]
