"""A process that writes to a library on command: `python -m tests.support.writer DATA_DIR UNIT`.

It prints READY, then for each line `PATH` on stdin ingests that path and prints DONE. The library stays open meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO


class Writer:
    """Starts the process and talks to it; kill it or leave the `with` block to end it."""

    def __init__(self, data_dir: Path, unit: int = 4) -> None:
        command = [sys.executable, "-m", "tests.support.writer", str(data_dir), str(unit)]
        root = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._expect("READY")

    def start(self, path: Path) -> None:
        """Begin to ingest a path."""
        stdin = self._pipe(self.process.stdin)
        stdin.write(f"{path}\n")
        stdin.flush()

    def finish(self) -> None:
        """Wait for the ingest begun last."""
        self._expect("DONE")

    def kill(self) -> None:
        """End the process with SIGKILL."""
        self.process.kill()
        self._close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _expect(self, word: str) -> None:
        line = self._pipe(self.process.stdout).readline().strip()
        assert line == word, f"the writing process said {line!r} instead of {word}"

    def _close(self) -> None:
        self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                self._pipe(pipe).close()
            except BrokenPipeError:
                continue  # what was never read by the killed process

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


def main() -> None:
    """Serve commands until stdin ends."""
    import rag.index.units
    from rag.config import Config
    from rag.index.library import Library
    from rag.sources import discover, read_source

    rag.index.units.UNIT = int(sys.argv[2])
    with Library(Config(data_dir=Path(sys.argv[1]))) as library:
        _ = library.recipe  # loads the model, so that what follows is the ingest alone
        print("READY", flush=True)
        for line in sys.stdin:
            found = discover([Path(line.strip())])
            library.ingest(row for file in found.files for row in read_source(file))
            print("DONE", flush=True)


if __name__ == "__main__":
    main()
