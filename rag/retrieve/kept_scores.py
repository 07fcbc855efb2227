"""What texts were found to answer to questions that are asked of any paper, kept in the library's folder.

A cache and no second truth: an entry tells by its key what it holds for, the model, the question and the text; whoever
deletes the file loses time only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from rag.errors import LibraryError
from rag.models.answer_scorer import IDENTITY, Abstract, Scores, installed
from rag.papers.database import Database
from rag.query.standing import STANDING

FILE_NAME = "scores.sqlite"
_TABLE = "CREATE TABLE IF NOT EXISTS scores (asked TEXT PRIMARY KEY, odds BLOB) WITHOUT ROWID"
_NUMBER = 4
"""Bytes of a number."""
_TOGETHER = 500
"""Entries read by one statement."""


class KeptScores:
    """The answer scorer, with an SQLite file of what it says to standing questions; safe from many threads.

    Where the file cannot be read or written, everything is judged anew each time.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """Open the file in a library's folder, which is made where it is missing.

        Args:
            folder: The library's.
            threads: Processor threads of the scorer.
        """
        self._threads = threads
        self._db = Database(folder / FILE_NAME)
        with suppress(LibraryError):
            self._db.execute(_TABLE)

    def hold(self, text: Abstract) -> bool:
        """Whether the scores of a text are kept for all standing questions."""
        keys = {_key(question, text): text for question in STANDING}
        return len(self._known(keys)) == len(keys)

    def score(self, question: str, texts: Sequence[Abstract]) -> list[Scores]:
        """Score texts against a question, in their order (`AnswerScorer.score`)."""
        if question not in STANDING:
            return self.judge(question, texts)
        keys = {_key(question, text): text for text in texts}
        found = self._known(keys)
        missing = {key: text for key, text in keys.items() if key not in found}
        if missing:
            made = dict(zip(missing, self.judge(question, list(missing.values())), strict=True))
            self._keep(made)
            found |= made
        return [found[_key(question, text)] for text in texts]

    def judge(self, question: str, texts: Sequence[Abstract]) -> list[Scores]:
        """Score texts, and keep nothing."""
        return installed(self._threads).score(question, texts)

    def _known(self, texts: Mapping[str, Abstract]) -> dict[str, Scores]:
        """Scores that are kept, by key; what is no score of its text is left out."""
        found: dict[str, Scores] = {}
        keys = list(texts)
        with suppress(LibraryError):
            for start in range(0, len(keys), _TOGETHER):
                some = keys[start : start + _TOGETHER]
                marks = ", ".join("?" * len(some))
                for key, odds in self._db.all(f"SELECT asked, odds FROM scores WHERE asked IN ({marks})", some):
                    if len(odds) == _NUMBER * (1 + len(texts[key].sentences)):
                        values = np.frombuffer(odds, "<f4")
                        found[key] = Scores(values[1:], float(values[0]))
        return found

    def _keep(self, made: dict[str, Scores]) -> None:
        """Keep what can be made again, unless somebody else is writing."""
        with suppress(LibraryError):
            for key, one in made.items():
                odds = np.array([one.answered, *one.sentences], dtype="<f4").tobytes()
                if not self._db.attempt("INSERT OR REPLACE INTO scores VALUES (?, ?)", (key, odds)):
                    return


def _key(question: str, text: Abstract) -> str:
    """What scores depend on."""
    of = json.dumps([IDENTITY, question, text.title, text.sentences])
    return hashlib.blake2b(of.encode(), digest_size=16).hexdigest()
