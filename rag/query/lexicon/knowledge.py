"""What the reader knows of a library: what it names, its words and the days it covers, at one generation."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rag.errors import LibraryError
from rag.papers.entities import Entities
from rag.papers.shelf import Coverage, Shelf
from rag.query.intents.intent import Intents
from rag.query.lexicon.entities import held_alone, names_in, owned
from rag.query.lexicon.typos import Speller
from rag.query.lexicon.vocabulary import Vocabulary

if TYPE_CHECKING:
    from rag.index.library import Library

_META_KEY = "vocabulary"
RARE = 20
"""A name that more papers hold is an everyday one (LLM, GPT) and picks none of them."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the library at one generation."""

    generation: int
    coverage: Coverage
    speller: Speller

    @property
    def first(self) -> date:
        """Earliest day the library holds; today where no paper has a date."""
        return self.coverage.first or datetime.now(UTC).date()

    @property
    def last(self) -> date:
        """The newest report's day; today where no paper has a date."""
        return self.coverage.last or datetime.now(UTC).date()


class Known:
    """Keeps what is known of a library up to date; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.intents = Intents(lambda: library.embedding)
        self._guard = threading.Lock()
        self._state: State | None = None

    @property
    def shelf(self) -> Shelf:
        """The library's shelf."""
        return self.library.shelf

    @property
    def entities(self) -> Entities:
        """What its papers name."""
        return self.library.shelf.entities

    def named(self, text: str) -> tuple[str, ...]:
        """The papers that a text names by what they are called, introduce, or alone hold, and is no everyday word."""
        found = names_in(text, self.entities, self.state().speller.vocabulary)
        means = (*owned([one for one in found if len(one.namings) <= RARE]), *held_alone(found))
        return tuple(dict.fromkeys(means))

    def state(self) -> State:
        """What is known of the library; the words are counted once a generation, and kept on the shelf."""
        with self._guard:
            generation = self.shelf.generation()
            if self._state is None or self._state.generation != generation:
                stamp = f"{generation}\n"
                stored = self.shelf.meta(_META_KEY) or ""
                if stored.startswith(stamp):
                    vocabulary = Vocabulary.load(stored.removeprefix(stamp))
                else:
                    vocabulary = Vocabulary.of_texts(self.shelf.texts())
                    with suppress(LibraryError):  # a library that cannot be written to can still be read
                        self.shelf.set_meta(_META_KEY, stamp + vocabulary.dump())
                self._state = State(generation, self.shelf.coverage(), Speller(vocabulary))
            return self._state
