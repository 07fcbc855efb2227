"""A conversation in a terminal: what is asked in it, and its commands, which begin with a slash."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rag.text.grammar import plural
from rag.types import Filters
from rag.types.filters import FIELDS, FilterError
from ui.cli.answers.rewrites import TEACHES
from ui.cli.base.common import UNFILTERED, say
from ui.cli.base.printing import Paragraphs, bibtex_entries, print_answer, print_notes, print_references

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.papers.readers.conversations import Conversations, Exchange, Rating
    from rag.types import Answer, Mode, Turn

HELP = f"""\
Type a question; one that points back ("and what data did they use?") continues the conversation.
  /new                    begin another conversation
  /topic QUERY            what the papers say about a topic, by theme
  /papers                 list the papers cited so far
  /bibtex                 print them as BibTeX
  /good  /bad             the last answer was: how it was searched for is used again, or forgotten
  /save FILE.md           write the conversation with its references
  /filters {" ".join(f"[{row.key} {row.metavar}]" for row in FIELDS)}
                          answer from these papers only; `/filters off` lifts it, /filters shows what holds
  /help  /quit            Ctrl-C stops an answer, Ctrl-D leaves"""


@dataclass
class Record:
    """A conversation as it is kept beside the library, where the page finds it too."""

    store: Conversations
    user: str
    conversation_id: str = ""
    latest: Exchange | None = None

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange; the first one begins the conversation."""
        if not self.conversation_id:
            self.conversation_id = self.store.start(self.user, exchange.question)
        where = (self.user, self.conversation_id, exchange.question, exchange.filters)
        self.latest = self.store.add(*where, exchange.said, exchange.answer)

    def last(self) -> list[Exchange]:
        """Go on with the conversation that was asked in last, and return what was said in it."""
        from ui.cli.answers.conversations import last_of

        self.conversation_id = last_of(self.store, self.user)
        found = self.store.exchanges(self.user, self.conversation_id)
        self.latest = found[-1] if found else None
        return found


@dataclass
class Conversation:
    """A conversation with its commands."""

    assistant: Assistant
    mode: Mode | None = None
    record: Record | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    filters: Filters = UNFILTERED

    def resume(self) -> None:
        """Go on with the last conversation, and say where it stands; `ConversationNotFound` where there is none."""
        if self.record:
            self.exchanges = self.record.last()
            self.filters = self.exchanges[-1].filters if self.exchanges else self.filters
        if self.exchanges:
            say(f"Going on after {plural(len(self.exchanges), 'question')}, the last: {self.exchanges[-1].question}")

    def take(self, line: str, answer: Callable[[str], None]) -> bool:
        """Obey a command or answer a question; False when the reader leaves."""
        if not line.startswith("/"):
            answer(line)
            return True
        name, _, rest = line[1:].partition(" ")
        if name in ("quit", "exit"):
            return False
        commands = {
            "help": lambda _: print(HELP),
            "new": self._new,
            "topic": self._topic,
            "papers": self._papers,
            "bibtex": self._bibtex,
            "good": lambda _: self._rate(1),
            "bad": lambda _: self._rate(-1),
            "save": self._save,
            "filters": self._set_filters,
        }
        command = commands.get(name)
        if command is None:
            print(f"/{name} is no command. /help lists them.")
        else:
            command(rest.strip())
        return True

    def ask(self, question: str) -> None:
        """Print an answer as `ask` does."""
        answer = self.assistant.answer(question, self.history(), self.filters, self.mode, user=self._user())
        self._keep(question, answer.answer, answer)
        print_answer(answer)

    def stream(self, question: str) -> None:
        """Print an answer paragraph by paragraph as it comes; Ctrl-C keeps what was shown."""
        from rag.types import Delta, Done, Note, Step, Understood
        from ui.steps import worded

        shown = Paragraphs()
        said: list[str] = []
        read: tuple[Note, ...] = ()
        try:
            with shown:
                for event in self.assistant.ask(question, self.history(), self.filters, self.mode, user=self._user()):
                    if isinstance(event, Delta):
                        said.append(event.text)
                        shown.add(event.text)
                    elif isinstance(event, Understood):
                        read = event.notes
                        shown.say(read)
                    elif isinstance(event, Step):
                        shown.step(worded(event))
                    elif isinstance(event, Done):
                        answer = event.answer
        except KeyboardInterrupt:
            self._keep(question, "".join(said), None)
            raise
        self._keep(question, answer.answer, answer)
        print_references(answer)
        if later := [note for note in answer.notes if note not in read]:
            print()
            print_notes(later)

    def history(self) -> tuple[Turn, ...]:
        """The turns so far; an answer that was stopped before its first word is left out with its question."""
        return tuple(turn for exchange in self.exchanges if exchange.said for turn in _turns(exchange))

    def _keep(self, question: str, said: str, answer: Answer | None) -> None:
        from rag.errors import LibraryError
        from rag.papers.readers.conversations import Exchange

        number = len(self.exchanges) + 1
        self.exchanges.append(Exchange(number, question, self.filters, said, answer, (), datetime.now(UTC)))
        if self.record:
            try:
                self.record.add(self.exchanges[-1])
            except LibraryError as error:  # answers are given from a library that may not be written to
                say(f"This conversation is not kept. {error.message}")
                self.record = None

    def _user(self) -> str | None:
        return self.record.user if self.record else None

    def _rate(self, rating: Rating) -> None:
        """Keep what the reader thinks of the last answer, and learn from it."""
        record = self.record
        if record is None or record.latest is None:
            print("There is no answer to judge." if record else "This conversation is not kept.")
            return
        record.store.rate(record.user, record.latest.exchange_id, rating, record.latest.comment)
        learnt, forgotten = self.assistant.learn(record.user, record.latest, record.store, good=rating > 0)
        print("Good: kept with the answer." if rating > 0 else "Bad: kept with the answer.")
        for one in learnt:
            print(f"Learnt: “{one.question}” is searched for as “{one.text}” from now on.")
        if rating > 0 and not learnt:
            print(f"No rewording was learnt from it. {TEACHES}")
        if forgotten:
            print(f"{plural(forgotten, 'rewording')} of questions forgotten.")

    def _new(self, _: str) -> None:
        self.exchanges.clear()
        if self.record:
            self.record.conversation_id, self.record.latest = "", None
        print("A new conversation.")

    def _topic(self, query: str) -> None:
        from ui.cli.answers.topic import print_topic

        print_topic(self.assistant.summary(query, self.filters, self.mode))

    def _papers(self, _: str) -> None:
        from rag.text.readable import readable

        cited = {
            citation.paper_id: citation
            for exchange in self.exchanges
            for citation in (exchange.answer.citations if exchange.answer else ())
        }
        for citation in cited.values():
            print(f"{citation.date:10}  {citation.paper_id:<11}  {readable(citation.title)}")
        if not cited:
            print("No paper has been cited yet.")

    def _bibtex(self, _: str) -> None:
        answers = [exchange.answer for exchange in self.exchanges if exchange.answer]
        entries = bibtex_entries(self.assistant.library.shelf, [one for each in answers for one in each.citations])
        print("\n\n".join(entries) or "No paper has been cited yet.")

    def _save(self, name: str) -> None:
        from rag.papers.bibliography.transcript import markdown

        if not name:
            print("Name a file: /save FILE.md")
            return
        if not self.exchanges:
            print("There is nothing to save yet.")
            return
        text = markdown(self.exchanges[0].question, self.exchanges)
        try:
            path = Path(name).expanduser()
            with path.open("x", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except FileExistsError:
            print(f"{name} cannot be written: it exists already. Name another file.")
        except (OSError, RuntimeError, ValueError) as error:
            print(f"{name} cannot be written: {getattr(error, 'strerror', None) or error}.")
        else:
            print(f"Written to {path}.")

    def _set_filters(self, text: str) -> None:
        from rag.answer.render import describe_filters

        if text:
            try:
                self.filters = read_filters(text)
            except ValueError as error:
                print(f"{error} Like this: /filters from 2025-05-01 to 2025-05-31 author Jimmy Lin")
                return
        print(f"Answering from {describe_filters(self.filters) or 'all papers'}.")


def _turns(exchange: Exchange) -> Iterator[Turn]:
    from rag.types import Turn

    yield Turn(role="user", content=exchange.question)
    yield Turn(role="assistant", content=exchange.said)


def read_filters(text: str) -> Filters:
    """Read ``from 2025-05-01 to 2025-05-31 author Jimmy Lin``, in any order; ``off`` is none.

    Raises:
        ValueError: saying what is wrong.
    """
    if text.lower() == "off":
        return Filters()
    keys = [row.key for row in FIELDS]
    values: dict[str, list[str]] = {}
    words: list[str] | None = None
    for word in shlex.split(text.replace("'", "’")):
        if word.lower() in keys:
            words = values.setdefault(word.lower(), [])
        elif words is None:
            raise ValueError(f"{word!r} is none of {', '.join(keys)}.")
        else:
            words.append(word)
    for key, said in values.items():
        if not said:
            raise ValueError(f"Nothing stands behind {key}.")
    try:
        return Filters.read({key: " ".join(said) for key, said in values.items()})
    except FilterError as error:
        raise ValueError(f"{error}.") from None
