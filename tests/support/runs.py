"""Commands of the command line, run in this process against one library."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.config import Config
from ui.cli import main


class Run:
    """Runs commands and gives back what they printed; a traceback or an unexpected exit code fails the test."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.capsys, self.monkeypatch = folder, capsys, monkeypatch

    def __call__(self, *words: str, code: int = 0) -> tuple[str, str]:
        """Run a command; its standard output and error."""
        self.monkeypatch.setattr(sys, "argv", ["paperchat", "--data-dir", str(self.folder), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self.capsys.readouterr()
        assert ended.value.code == code, printed.err
        assert "Traceback" not in printed.err
        return printed.out, printed.err

    @property
    def library(self) -> str:
        """What messages call the folder's library: its folder, or its place on a server."""
        place = Config(data_dir=self.folder).store("shelf.sqlite")
        return str(place.parent if isinstance(place, Path) else place)

    def json(self, *words: str, code: int = 0) -> Any:
        """The document that a command prints."""
        return json.loads(self(*words, "--json", code=code)[0])
