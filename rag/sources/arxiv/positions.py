"""How far a fetch has come, in a small file for each selection below the data folder, so that the next goes on there.

A reading goes from the newest version of a paper back in time. What has been read is then the first so many entries;
what arrives meanwhile comes in front of them, and only pushes them back. An interrupted reading therefore goes on at
the place where it stopped, once the front has been read up to what was the newest then. A position older than a day is
not used: arXiv shows papers with an earlier time late, when they are announced or released.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

FOLDER = "arxiv"
"""Below the data folder."""
_NOT_FOUND = "not-found.json"
_ASK_AGAIN = timedelta(days=30)
"""After which a title that arXiv had no paper of is asked for again."""
_GOOD_FOR = timedelta(days=1)
_DAMAGED = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading a file of JSON raises that is damaged or holds something else."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reading stands.

    Attributes:
        newest: `Entry.updated` of the newest entry that has been read.
        read: Entries read, counted from the newest.
        at: When this was written.
    """

    newest: datetime
    read: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a selection: where an unfinished reading stands, and when one was last finished."""

    position: Position | None = None
    finished: datetime | None = None


def _moment(written: str) -> datetime:
    """A moment as it is kept; raises ValueError for one without its zone, which no other can be compared with."""
    found = datetime.fromisoformat(written)
    if found.tzinfo is None:
        raise ValueError("no zone")
    return found


class Positions:
    """The files; one that is damaged counts as missing, which costs requests and loses nothing."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / FOLDER

    def load(self, key: str, now: datetime | None = None) -> Record:
        """What is kept of a selection."""
        try:
            stored = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
            finished = _moment(stored["finished"]) if stored["finished"] else None
            found = stored["position"]
            position = (
                None if found is None else Position(_moment(found["newest"]), int(found["read"]), _moment(found["at"]))
            )
        except (OSError, *_DAMAGED):
            return Record()
        is_old = position and not timedelta(0) <= (now or datetime.now(UTC)) - position.at <= _GOOD_FOR
        return Record(None if is_old else position, finished)

    def save(self, key: str, record: Record) -> None:
        """Keep it, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{key}.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(record), default=datetime.isoformat), encoding="utf-8")
        part.replace(path)


class NotFound:
    """Titles that arXiv has no paper of, by the ids made of them, so that a daily run does not ask for them daily."""

    def __init__(self, data_folder: Path, today: date | None = None) -> None:
        """Read the file; one that is damaged counts as empty.

        Args:
            data_folder: Where it lies.
            today: Decides which titles may be asked for again; None takes today's (UTC).
        """
        self._path = data_folder / FOLDER / _NOT_FOUND
        self._today = today or datetime.now(UTC).date()
        self._days: dict[str, str] = {}
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            days = {str(key): date.fromisoformat(day) for key, day in stored.items()}
        except (OSError, *_DAMAGED):
            return
        self._days = {key: day.isoformat() for key, day in days.items() if self._today - day < _ASK_AGAIN}

    def __contains__(self, paper_id: str) -> bool:
        return paper_id in self._days

    def add(self, paper_id: str) -> None:
        """Note one, and write the file."""
        self._days[paper_id] = self._today.isoformat()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._days), encoding="utf-8")
        part.replace(self._path)
