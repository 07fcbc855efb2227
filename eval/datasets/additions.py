"""`eval add`: what a reader said about an answer becomes a row of a QA set, checked against the library."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from pydantic import ValidationError

from eval.datasets import UNANSWERABLE, UNTYPED, Nugget, Question
from eval.files import json_line, read_json_lines, write_atomically
from rag.errors import DatasetError, PaperNotFound, UsageError
from rag.types import Answer, Rejected

if TYPE_CHECKING:
    from rag.index.library import Library
    from rag.papers.readers.conversations import Conversations

NUGGET_FORM = "TEXT|IMPORTANCE|PAPER|SPAN"


@dataclass(frozen=True, slots=True)
class FeedbackAdded:
    """What became of readers' verdicts: ids of rows added and of those there before, and what could not be used."""

    added: tuple[str, ...]
    known: tuple[str, ...]
    rejected: tuple[Rejected, ...]


def parse_nugget(text: str) -> Nugget:
    """Read a nugget written as `TEXT|IMPORTANCE|PAPER|SPAN`; only the span may hold further bars.

    Raises:
        UsageError: a part is missing or is not allowed.
    """
    parts = [part.strip() for part in text.split("|", 3)]
    if len(parts) != 4 or not all(parts):
        raise UsageError(f"{text!r} is not a nugget.", f"Write {NUGGET_FORM}.")
    if parts[1] not in ("vital", "okay"):
        raise UsageError(f"{parts[1]!r} is not the importance of a nugget.", "It is vital or okay.")
    return Nugget(text=parts[0], importance="vital" if parts[1] == "vital" else "okay", paper=parts[2], span=parts[3])


def row_of_answer(answer: Answer) -> dict[str, Any]:
    """A good answer as a row: the papers it cites are gold, its quotes are vital nuggets.

    An abstention becomes an unanswerable question, the papers it cites related ones.
    """
    cited = list(dict.fromkeys(citation.paper_id for citation in answer.citations))
    if answer.abstained:
        return {"question": answer.question, "type": UNANSWERABLE, "gold_papers": [], "related_papers": cited}
    nuggets = [
        {"text": " ".join(c.quote.split()), "importance": "vital", "paper": c.paper_id, "span": c.quote}
        for c in answer.citations
    ]
    return {"question": answer.question, "gold_papers": cited, "nuggets": nuggets}


def rows_of_feedback(conversations: Conversations) -> Iterator[dict[str, Any]]:
    """What readers said on the page as rows, oldest first.

    A good answer becomes the row that `row_of_answer` makes. Of a bad one only the question is known, so nobody's gold
    is claimed: its row is not judged until somebody names papers. `id` is the same whenever it is read.
    """
    for exchange, history in conversations.rated():
        good = exchange.rating == 1 and exchange.answer is not None
        row = row_of_answer(exchange.answer) if good and exchange.answer else {"question": exchange.question}
        yield row | {
            "id": f"feedback-{exchange.exchange_id}",
            "history": [turn.model_dump() for turn in history],
        }


def add_feedback(path: Path, conversations: Conversations, library: Library) -> FeedbackAdded:
    """Append what readers said to a QA set; what it holds already is passed over, what cannot be used is listed."""
    added, known, rejected = [], [], []
    taken = {str(row["id"]) for _, row in _rows(path) if "id" in row}
    for row in rows_of_feedback(conversations):
        if row["id"] in taken:
            known.append(row["id"])
            continue
        try:
            added.append(add_question(path, row, library).id)
        except DatasetError as error:
            rejected.append(Rejected(row["id"], 0, error.message))
    return FeedbackAdded(tuple(added), tuple(known), tuple(rejected))


def add_question(path: Path, row: dict[str, Any], library: Library) -> Question:
    """Check a row and append it to a QA set, which is made where it is missing.

    The file is replaced in one step: whoever reads it, or is killed while writing it, has the old one or the new one.

    Args:
        path: The QA set.
        row: Keys of a QA row; an `id` is made from the question where there is none.
        library: Holds the papers the row is about.

    Returns:
        The row as it was appended.

    Raises:
        DatasetError: the row is not one; its id is taken; a paper is not in the library, or a span not in its paper.
    """
    question = checked(row, library)
    target = path.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"The folder {target.parent} does not exist.", "Make it, or name another QA set.")
    with FileLock(target.with_name(f".{target.name}.lock")):
        taken = {str(other["id"]): line for line, other in _rows(target) if "id" in other}
        if question.id in taken:
            raise DatasetError(f"{path} has the id {question.id!r} on line {taken[question.id]}.", "Give another --id.")
        before = target.read_bytes() if target.exists() else b""
        before += b"" if before.endswith(b"\n") or not before else b"\n"
        write_atomically(target, before + json_line(as_row(question)).encode())
    return question


def as_row(question: Question) -> dict[str, Any]:
    """A question as a line of a QA set holds it: what was not given is left out; no gold papers is a statement."""
    row = question.model_dump(mode="json", exclude_none=True)
    return {key: value for key, value in row.items() if key == "gold_papers" or value not in ([], UNTYPED)}


def _rows(path: Path) -> Sequence[tuple[int, dict[str, Any]]]:
    if not path.exists():
        return []
    return [(line, row) for line, row in read_json_lines(path) if isinstance(row, dict)]


def checked(row: dict[str, Any], library: Library) -> Question:
    """The row as a question whose papers and spans are in the library."""
    identity = row.get("id") or "q-" + hashlib.sha256(str(row.get("question")).encode()).hexdigest()[:8]
    try:
        question = Question.model_validate(row | {"id": identity})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DatasetError(f"This is not a QA row: {where}: {first['msg']}.", "Correct it and add it again.") from None
    for paper_id in (*question.needed_papers, *question.related_papers):
        _text(library, paper_id)
    for nugget in question.nuggets:
        if nugget.paper is None or nugget.span is None:
            advice = "Name the paper, and the words of it that state the fact."
            raise DatasetError(f"The nugget {nugget.text!r} names no paper or no span.", advice)
        if nugget.span not in _text(library, nugget.paper):
            raise DatasetError(
                f"The span {nugget.span!r} does not stand verbatim in {nugget.paper}.",
                f"Copy it, LaTeX and all, from `paperchat show {nugget.paper} --json`.",
            )
    return question


def _text(library: Library, paper_id: str) -> str:
    try:
        return library.paper(paper_id).text
    except PaperNotFound:
        raise DatasetError(
            f"The library lacks the paper {paper_id}.", "Ingest a report that lists it, or correct the id."
        ) from None
