"""Questions under way as other page servers over the same library see them: a small file each, while they run.

The server that answers a question writes how far it has come; another, to which the reader's tab was led, shows it and
can ask for its end. Files of a server that died say nothing after `STALE_S`.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from ui.web.chat.turns import Running

PACE_S = 0.25
"""Between two looks at the questions under way."""
STALE_S = 15.0
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Posted:
    """How far a question has come, for whom, and the exchange that it replaces."""

    owner: str
    state: Running
    replaces: int | None


_POSTED = TypeAdapter(Posted)


class Posting(Protocol):
    """A question that this server answers."""

    conversation: str

    def posted(self) -> Posted:
        """What others may see of it."""

    def stop(self) -> None:
        """End it."""


class Board:
    """A folder of files that all servers over a library share; what cannot be written there is only not shown."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made with the first question."""
        self._folder = folder

    def read(self, conversation: str) -> Posted | None:
        """What another server, or this one, says of a conversation; None where no question runs in it."""
        file = self._file(conversation)
        try:
            if file is None or time.time() - file.stat().st_mtime > STALE_S:
                return None
            return _POSTED.validate_json(file.read_bytes())
        except (OSError, ValidationError):  # over just now; of another version
            return None

    def ask_to_stop(self, conversation: str) -> None:
        """Have whoever answers in a conversation end it."""
        if file := self._file(conversation):
            with suppress(OSError):
                file.with_suffix(".stop").touch()

    def post(self, conversation: str, posted: Posted) -> None:
        """Say how far a question has come."""
        if file := self._file(conversation):
            new = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            with suppress(OSError):
                self._folder.mkdir(mode=0o700, exist_ok=True)
                new.write_bytes(_POSTED.dump_json(posted))
                new.replace(file)

    def is_to_stop(self, conversation: str) -> bool:
        """Whether somebody asked for the end."""
        file = self._file(conversation)
        return file is not None and file.with_suffix(".stop").exists()

    def clear(self, conversation: str) -> None:
        """Say that nothing runs there any more."""
        if file := self._file(conversation):
            for one in (file, file.with_suffix(".stop")):
                with suppress(OSError):
                    one.unlink(missing_ok=True)

    def _file(self, conversation: str) -> Path | None:
        return self._folder / f"{conversation}.json" if _ID.fullmatch(conversation) else None


class Poster:
    """Keeps the board true while questions run; its thread ends with the last of them."""

    def __init__(self, board: Board, under_way: Callable[[], Iterable[Posting]]) -> None:
        """Take the board, and who knows the questions that this server answers."""
        self._board = board
        self._under_way = under_way
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, run: Posting) -> None:
        """Show a question that begins."""
        with self._guard:
            self._board.clear(run.conversation)
            self._board.post(run.conversation, run.posted())
            if self._thread is None:
                self._thread = threading.Thread(target=self._post, name="board", daemon=True)
                self._thread.start()

    def end(self, run: Posting) -> None:
        """Take down a question that is over, and no longer among those under way."""
        with self._guard:
            self._board.clear(run.conversation)

    def _post(self) -> None:
        while True:
            time.sleep(PACE_S)
            with self._guard:
                runs = list(self._under_way())
                if not runs:
                    self._thread = None
                    return
            for run in runs:
                if self._board.is_to_stop(run.conversation):
                    run.stop()
                else:
                    self._post_one(run)

    def _post_one(self, run: Posting) -> None:
        with self._guard:  # it may have ended since, and been taken down
            if any(one is run for one in self._under_way()):
                self._board.post(run.conversation, run.posted())
