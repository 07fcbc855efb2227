"""Drawing a map over the papers of now: their vectors, codes, places and the names of their regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from rag.errors import EmptyLibrary
from rag.index.abstracts import abstract_vectors
from rag.index.library import Library
from rag.text.readable import readable
from rag.themes.codes import Vectors, learn
from rag.themes.map_file import Drawing
from rag.themes.plane import lay_out
from rag.themes.regions import Namer, Words
from rag.types import Paper

Step = Callable[[str, int, int], None]
"""Told a stage, how many are done, and of how many."""


def vectors_of(library: Library) -> tuple[tuple[str, ...], Vectors]:
    """A vector for each indexed paper (`abstract_vectors`).

    Raises:
        EmptyLibrary: there is no paper, or none is indexed yet.
    """
    paper_ids, vectors = abstract_vectors(library)
    if not paper_ids:
        library.require_papers()
        raise EmptyLibrary(
            "No paper of the library is indexed yet, so there is nothing to map.",
            "`paperchat doctor --repair` finishes an ingest that was interrupted.",
        )
    return paper_ids, vectors


def draw(library: Library, paper_ids: Sequence[str], vectors: Vectors, why: str, step: Step) -> Drawing:
    """What a map rests on that is drawn over these papers."""
    step("finding regions", 1, 4)
    books = learn(vectors)
    codes = books.encode(vectors)
    step("laying out", 2, 4)
    plane, places = lay_out(codes, vectors)
    step("naming regions", 3, 4)
    held = library.shelf.papers(paper_ids)
    gone = Paper("", "", "", (), date.min)  # another process may have removed one meanwhile
    papers = [held.get(one, gone) for one in paper_ids]
    names = Namer(papers).name(codes)
    for code in [code for code, words in names.items() if not words.name]:
        first = next(n for n, own in enumerate(codes.tolist()) if tuple(own[: len(code)]) == code)
        names[code] = Words(f"Papers like “{readable(papers[first].title) or paper_ids[first]}”")
    step("naming regions", 4, 4)
    return Drawing(library.fingerprint, date.today(), tuple(paper_ids), books, plane, places, names, why)
