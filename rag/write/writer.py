"""The grounded writer: sources → a model's sentences, each shown only once its sources are seen to carry it.

A source is data: it stands between tags that its text cannot forge, and what the model makes of it is checked against
the stored text, sentence by sentence, while the reply streams in. What is shown is never taken back.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.answer.citations import cite, find_problem
from rag.answer.draft import Quote
from rag.errors import LLMError, LLMRequestError
from rag.index.library import Library
from rag.models.llm import CUT, EXPOSED, chat_message, chat_messages, count_tokens
from rag.prompts import Prompt
from rag.text.grammar import plural
from rag.text.markdown import escape
from rag.text.untrusted import as_data, unheld
from rag.types import Citation, Delta, Passage, Removed, RemovedText
from rag.write.grounding import SupportChecker, Verdict, split_stream, without_markers
from rag.write.grounding.check import Claim
from rag.write.grounding.markers import MARKER, cited
from rag.write.grounding.markup import unformatted, unstressed
from rag.write.grounding.source_list import heads_list, is_reference
from rag.write.grounding.spellings import by_id, in_words, normalised
from rag.write.grounding.wrapping import unwrapped
from rag.write.sources import as_source, pack, room

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

    from rag.models.llm.client import GuardedLLM

NO_ANSWER = "NO ANSWER"
"""What a prompt tells the model to reply where the sources do not answer."""
UNMARKED = "unmarked"
"""The check's word for a sentence that states something and names no source."""
NAMES_NONE = "It names no source, and none was found that says it."
CUT_OFF = "The reply was cut off at llm.max_output_tokens."
CUT_EARLIER = "The server cut the reply off."
EARLIER = 0.6
"""Share of the longest reply below which a server that cuts it off does so at a limit of its own."""
LIKELY = 2
"""Sources in which an unmarked sentence is looked for: those that share most words with it."""
TELLING = 4
"""Content words from which an unmarked sentence is looked for at all: what says less stands in many sources."""
_LOG = logging.getLogger(__name__)
_NO_ANSWER = NO_ANSWER.replace(" ", "[ _]")
_DECLINED = re.compile(rf"(?i:\W*{_NO_ANSWER}\W*)|\W*{_NO_ANSWER}\W*[:.,;(\u2013\u2014-].*", re.DOTALL)
_ENDS = re.compile(r"[.!?:…][\"'”’)\]*]*\s*$|\]\s*$")
_STOP = re.compile(r"[.!?…]*[\"'”’)*]*\s*$")
_WORD = re.compile(r"\w{3,}")
_LEADING = re.compile(r"^\s*#|:\W*$|^\W*$|^\s*\*\*.*\*\*\W*$")
"""What says nothing by itself: a heading, an announcement, a rule. It is shown with the sentence that follows it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to write.

    Attributes:
        prompt: Has the variable `sources`; its `retry` text, if any, asks for the struck sentences once more.
        values: The prompt's other variables.
        passages: What may be cited, the most useful first.
    """

    prompt: Prompt
    values: Mapping[str, str]
    passages: Sequence[Passage]


class Numbering:
    """Numbers for the quotes of one answer, in order of first mention; the same span keeps its number."""

    def __init__(self, first: int = 1) -> None:
        self._first = first
        self._citations: dict[tuple[str, int, int, int], Citation] = {}

    def number(self, quote: Quote) -> int:
        """The number of a quote that holds."""
        key = (quote.passage.paper_id, quote.passage.version, quote.start, quote.end)
        if key not in self._citations:
            self._citations[key] = cite(self._first + len(self._citations), quote)
        return self._citations[key].n

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations so far, by number."""
        return tuple(self._citations.values())


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a task.

    Attributes:
        text: What was shown.
        removed: What was struck, repaired or not.
        left_out: Passages that did not fit into the prompt.
        declined: The model says that the sources do not answer; nothing was shown.
        failure: What ended the reply too early; what had been checked stays.
        supports: How well its sources carry each cited sentence that was shown, 0…1.
        cut: How the reply was cut off: `CUT_OFF`, `CUT_EARLIER`, or empty where it was not.
        exposed: Something that was shown turned out to be the model's thoughts.
        entries: Entries of the model's own list of sources, which were left out.
    """

    text: str
    removed: tuple[RemovedText, ...] = ()
    left_out: tuple[Passage, ...] = ()
    declined: bool = False
    failure: LLMError | None = None
    supports: tuple[float, ...] = ()
    cut: str = ""
    exposed: bool = False
    entries: int = 0


Writing = Generator[Delta | Removed, None, Written]


@dataclass(slots=True)
class _Page:
    """What is on the page so far."""

    sources: Mapping[int, Passage]
    numbering: Numbering
    text: str = ""
    said: str = ""
    read: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    removed: list[RemovedText] = field(default_factory=list)
    supports: list[float] = field(default_factory=list)
    declined: bool = False
    cut: str = ""
    exposed: bool = False
    entries: int = 0

    def is_new(self, piece: str) -> bool:
        """Whether a piece is neither shown already, whatever it cites, nor struck already with these very markers.

        White space and markup alone are always new. A sentence that was struck for what it cites may come again with
        other markers: that is what a repair is for.
        """
        return without_markers(piece).strip() not in self.read and piece.strip() not in self.read

    def remember(self, text: str) -> None:
        """Have a text known from now on."""
        if any(character.isalnum() for character in text):
            self.read.add(text.strip())

    def append(self, piece: str) -> Delta:
        """Show a piece."""
        shown = piece if self.text else piece.lstrip()
        if self.text and not (self.text[-1].isspace() or shown[:1].isspace()):
            shown = f" {shown}"
        self.text += shown
        return Delta(shown)

    def leave_out_entry(self) -> None:
        """Leave an entry of a list of sources out, and the list's own heading with it."""
        self.entries += 1
        said = [n for n, piece in enumerate(self.waiting) if _says_something(piece)]
        if said and heads_list(self.waiting[said[-1]]):
            del self.waiting[said[-1] :]

    def strike(self, piece: str, reason: str) -> Removed:
        """Leave a piece out."""
        self.removed.append(RemovedText(text=piece.strip(), reason=reason))
        return Removed(piece.strip(), reason)


class GroundedWriter:
    """Writes from numbered sources; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.checker = SupportChecker(library)

    def write(self, llm: GuardedLLM, task: Task, numbering: Numbering) -> Writing:
        """Write, yielding each sentence that holds as soon as it is whole, and each that does not.

        Args:
            llm: The model, with the limits of this answer.
            task: What to write.
            numbering: Numbers of the quotes; several tasks may share one.

        Returns:
            What was written; a model that failed is told there, not raised.
        """
        try:
            messages, page, left_out = self._prepare(llm, task, numbering)
        except LLMError as error:
            return Written("", failure=error)
        failure = yield from self._fill(llm, messages, page)
        if failure is None and page.removed and not page.declined:
            failure = yield from self._repair(llm, task.prompt, messages, page)
        for piece in filter(_says_something, page.waiting):
            yield page.strike(piece, "Nothing that its sources carry followed it.")
        declined = not page.text and (page.declined or bool(page.waiting and not _all_leading(page.waiting)))
        return Written(
            page.text,
            tuple(page.removed),
            left_out,
            declined,
            failure,
            supports=tuple(page.supports),
            cut=page.cut,
            exposed=page.exposed and bool(page.text),
            entries=page.entries,
        )

    def estimate(self, llm: GuardedLLM, task: Task) -> str:
        """What a task's first call may take, in words: sources, tokens and, where prices are known, cost."""
        try:
            messages, page, _ = self._prepare(llm, task, Numbering())
        except LLMError as error:
            return error.message
        prompt, reply = count_tokens(messages), llm.config.max_output_tokens
        cost = llm.cost(prompt, reply)
        dollars = "" if cost is None else f", ${cost:.4f} at most"
        return f"{plural(len(page.sources), 'source')}; about {prompt:,} tokens to read, {reply:,} to write{dollars}"

    def _prepare(
        self, llm: GuardedLLM, task: Task, numbering: Numbering
    ) -> tuple[list[ChatMessage], _Page, tuple[Passage, ...]]:
        empty = count_tokens(chat_messages(task.prompt, {**task.values, "sources": ""}))
        clean = unheld(task.passages)
        if task.passages and not clean:
            raise LLMRequestError(
                "Every source is held for review, and no model is shown those.",
                "`paperchat review` shows why, and releases them.",
            )
        packed, left_out = pack(clean[: llm.config.max_sources], room(llm.config, empty))
        if not packed:
            raise LLMRequestError(
                f"No source fits into llm.context_tokens, {llm.config.context_tokens:,}, beside the reply.",
                "Raise llm.context_tokens if the model reads more, or lower llm.max_output_tokens.",
            )
        sources = dict(enumerate(packed, 1))
        for passage in packed:
            self.checker.evidence(passage)  # read now, so that the first sentence does not wait for it
        shown = "\n\n".join(as_source(n, passage) for n, passage in sources.items())
        return chat_messages(task.prompt, {**task.values, "sources": shown}), _Page(sources, numbering), left_out

    def _fill(
        self, llm: GuardedLLM, messages: Sequence[ChatMessage], page: _Page
    ) -> Generator[Delta | Removed, None, LLMError | None]:
        """Put one reply on the page; returns what ended it too early."""
        page.said = ""
        try:
            for piece in split_stream(normalised(unformatted(unwrapped(_tokens(llm, messages, page))), page.sources)):
                yield from self._place(piece, page)
                if page.declined:
                    break
        except LLMError as error:
            _LOG.warning("the model failed: %s", error.message)
            return error
        return None

    def _repair(
        self, llm: GuardedLLM, prompt: Prompt, messages: Sequence[ChatMessage], page: _Page
    ) -> Generator[Delta | Removed, None, LLMError | None]:
        """Ask once more about what was struck, if the limits allow; returns None also where they do not."""
        if prompt.retry is None or not llm.config.repair:
            return None
        struck = "\n".join(f"- {as_data(item.text)} ({item.reason})" for item in page.removed)
        again = prompt.correction(struck)
        conversation = [
            *messages,
            chat_message("assistant", page.said or NO_ANSWER),
            chat_message(again["role"], again["content"]),
        ]
        fits = count_tokens(conversation) + llm.config.max_output_tokens <= llm.config.context_tokens
        if not fits or not llm.affords(conversation) or llm.seconds_left() <= 0:
            return None
        text = page.text
        failure = yield from self._fill(llm, conversation, page)
        page.declined = page.declined and not text
        return None if text else failure

    def _place(self, piece: str, page: _Page) -> Iterator[Delta | Removed]:
        """Show a piece, hold it back until another follows, or strike it."""
        if _DECLINED.fullmatch(without_markers(piece)):
            page.declined = not page.text
            return
        if page.cut and not _ENDS.search(piece) and piece.strip():
            yield page.strike(piece, page.cut)
            return
        if page.text and is_reference(piece, page.sources):  # the page has a list of its own, with its own numbers
            page.leave_out_entry()
            return
        ids = {page.sources[n].paper_id: n for n in sorted(page.sources, reverse=True)}
        piece = in_words(by_id(unstressed(piece), ids), page.sources)
        if not page.is_new(piece):
            return  # said again, by the repair round
        original = piece
        verdict = self.checker.check(piece, page.sources)
        if verdict.kind == UNMARKED:
            piece, verdict = self._attributed(piece, verdict, page.sources)
        problem = verdict.reason if not verdict.ok else self._span_problem(verdict, page)
        if verdict.kind == UNMARKED:
            problem = NAMES_NONE
        page.remember(original if problem else without_markers(original))
        if problem:
            yield page.strike(piece, problem)
        elif not verdict.spans and (not page.text or _LEADING.search(piece)):
            page.waiting.append(piece)
        else:
            held = [_shown(waiting, Verdict(True), page) for waiting in page.waiting]
            page.waiting.clear()
            page.supports += [verdict.support] if verdict.spans else []
            yield page.append("".join(held) + _shown(piece, verdict, page))

    def _attributed(self, piece: str, verdict: Verdict, sources: Mapping[int, Passage]) -> tuple[str, Verdict]:
        """Find the source of a sentence that names none; it passes the same check as if the model had named it."""
        if len(Claim.of(piece).content) < TELLING:
            return piece, verdict
        spoken = set(_WORD.findall(piece.casefold()))
        shared = {n: len(spoken & set(_WORD.findall(passage.text.casefold()))) for n, passage in sources.items()}
        for n in sorted(sources, key=lambda n: (-shared[n], n))[:LIKELY]:
            marked = _STOP.sub(rf" [{n}]\g<0>", piece, count=1)
            found = self.checker.check(marked, sources)
            if found.ok and found.spans:
                return marked, found
        return piece, verdict

    def _span_problem(self, verdict: Verdict, page: _Page) -> str | None:
        """Why a span is no quote of its paper, or None."""
        quotes = (Quote(page.sources[span.n], span.start, span.end) for span in verdict.spans)
        return next(filter(None, (find_problem(quote, self.library) for quote in quotes)), None)


def _tokens(llm: GuardedLLM, messages: Sequence[ChatMessage], page: _Page) -> Iterator[str]:
    """The reply as it comes; notes what was said, and whether the server cut it off."""
    before = llm.used()
    parts = llm.stream_chat(messages)
    cut = False
    try:
        for part in parts:
            choices = getattr(part.raw, "choices", None) or ()
            cut = cut or any(str(choice.finish_reason).lower() in CUT for choice in choices)
            page.exposed = page.exposed or bool(part.additional_kwargs.get(EXPOSED))
            if part.delta:
                page.said += part.delta
                yield part.delta
    finally:
        parts.close()
        used = llm.used()
        if cut and used:
            written = used.completion_tokens - (before.completion_tokens if before else 0)
            page.cut = CUT_EARLIER if written < EARLIER * llm.config.max_output_tokens else CUT_OFF


def _shown(piece: str, verdict: Verdict, page: _Page) -> str:
    """A piece as Markdown: strangers' markup made plain, markers replaced by the numbers of the quotes behind it."""
    numbers: dict[int, list[int]] = {}
    for span in verdict.spans:
        numbers.setdefault(span.n, []).append(page.numbering.number(Quote(page.sources[span.n], span.start, span.end)))
    text = ""
    end = 0
    for marker in MARKER.finditer(piece):
        text += escape(piece[end : marker.start()].replace("**", ""))
        quotes = dict.fromkeys(n for source in cited(marker.group()) for n in numbers.get(source, ()))
        text += "".join(f"[{n}]" for n in quotes)
        end = marker.end()
    return text + escape(piece[end:].replace("**", ""))


def _says_something(piece: str) -> bool:
    return any(character.isalnum() for character in piece)


def _all_leading(pieces: Sequence[str]) -> bool:
    return all(_LEADING.search(piece) for piece in pieces)
