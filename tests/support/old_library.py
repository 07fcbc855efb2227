"""Makes the library that a release leaves for its successors' tests: ``python -m tests.support.old_library``.

It is made once, with a release, and kept in ``tests/data``; a later release must open what an earlier one wrote, so it
is never made anew.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME as CONVERSATIONS
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.kept import FILE_NAME as KEPT
from rag.papers.readers.kept import Kept
from rag.sources import read_source
from rag.types import Filters

DATA = Path(__file__).parents[1] / "data"
QUESTION = "How do zeppelins moor to masts?"
NOTE = "Ask whether the mast may be of wood."
LIST = "Airships"
PAPERS = (
    (
        "2404.00011",
        "Zeppelin Moorings for Windy Harbours",
        "We moor zeppelins to masts with ropes. Flax outlasts hemp.",
    ),
    ("2404.00012", "Gliding Without an Engine", "We describe how gliders rise in warm air, twelve metres a circle."),
    ("2404.00013", "Lanterns on Night Airfields", "We place lanterns along airfields. Pilots landed in 98% of trials."),
)


def make(folder: Path) -> None:
    """Make the library in a folder: papers, what a reader keeps of them, and a conversation."""
    source = folder / "papers.jsonl"
    rows = [
        {"arxiv_id": one, "title": title, "abstract": text, "authors": ["Ada Lovelace"], "date": "2024-04-01"}
        for one, title, text in PAPERS
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with Assistant(Library(Config(data_dir=folder))) as assistant:
        assistant.library.ingest(read_source(source))
        conversations, kept = Conversations(folder / CONVERSATIONS), Kept(folder / KEPT)
        conversation = conversations.start("", QUESTION)
        answer = assistant.answer(QUESTION)
        conversations.add("", conversation, QUESTION, Filters(), answer.answer, answer, (), None)
        kept.star("", [PAPERS[0][0]], True)
        kept.write_note("", PAPERS[1][0], NOTE, 0)
        kept.put("", LIST, [PAPERS[0][0], PAPERS[2][0]], make=True)
        conversations.close()
        kept.close()
    source.unlink()


def main() -> None:
    """Make the archive of this release."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        DATA.mkdir(exist_ok=True)
        target = DATA / f"library-{version('paperchat')}.tar.gz"
        with tarfile.open(target, "x:gz") as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.add(path, path.name, filter=_anonymous)
    print(target)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without whose files they were; locks stay behind."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if member.name.endswith(".lock") else member


if __name__ == "__main__":
    main()
