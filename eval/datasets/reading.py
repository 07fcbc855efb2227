"""Reading lists: papers that belong together, put there by reading titles and abstracts."""

from __future__ import annotations

import re
from pathlib import Path

from rag.errors import DatasetError
from rag.types.records import Record


class ReadingList(Record):
    """A list.

    Attributes:
        name: What it is about.
        kind: ``survey`` (a topic), ``author`` (what one person wrote) or ``month`` (a field in a month).
        half: ``tune`` or ``judge``: what was tuned on the one is judged by the other.
        papers: arXiv ids.
        words: A pattern that most papers of the kind have in title or abstract; empty where there is none.
    """

    name: str
    kind: str
    half: str
    papers: tuple[str, ...]
    words: str = ""

    def tells(self, text: str) -> bool:
        """Whether a text is of the list's kind, by its words."""
        return bool(self.words) and re.search(self.words, text, re.IGNORECASE) is not None


def read_lists(path: Path) -> list[ReadingList]:
    """Read lists, one JSON object a line.

    Raises:
        DatasetError: the file cannot be read, or a line is no list.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [ReadingList.model_validate_json(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} holds no reading lists: {error}.", "Each line is one list as JSON.") from None
