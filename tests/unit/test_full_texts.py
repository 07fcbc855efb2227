"""Papers with a full text: offsets, sections, pages, passages, and how the shelf keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.index.chunks import Chunker
from rag.models import EmbeddingInfo
from rag.papers.shelf import FILE_NAME, Shelf
from rag.types import Chunk, Paper, Section
from tests.support.papers import make_paper
from tests.support.postgres import on_both

pytestmark = on_both

ABSTRACT = make_paper(title="A Title", abstract="We do things.")
BODY = "1 Introduction\n\nThings are hard.\n\n2 Method\n\nWe do them.\n\n2.1 Details\n\nSlowly."


def full(paper: Paper = ABSTRACT, body: str = BODY) -> Paper:
    """The paper with a body of three sections, the last in the second, on two pages."""
    start = len(paper.text) + 2
    at = {name: start + body.index(name) for name in ("1 Intro", "2 Method", "2.1 Det", "Slowly")}
    end = start + len(body)
    sections = (
        Section("1 Introduction", at["1 Intro"], at["2 Method"]),
        Section("2 Method", at["2 Method"], end),
        Section("2.1 Details", at["2.1 Det"], end),
    )
    return replace(paper, body=body, sections=sections, pages=(start, at["Slowly"]))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / FILE_NAME)
    yield opened
    opened.close()


def test_all_offsets_count_into_one_text() -> None:
    paper = full()
    assert paper.text == f"A Title\n\nWe do things.\n\n{BODY}"
    assert paper.text[paper.abstract_start :].startswith(paper.abstract)
    assert paper.text[paper.body_start :] == BODY
    assert [paper.text[a:b].split("\n")[0] for a, b in paper.parts] == [
        "We do things.",
        "1 Introduction",
        "2 Method",
        "2.1 Details",
    ]
    assert ABSTRACT.parts == ((9, 22),)
    assert replace(ABSTRACT, abstract="").parts == ()


@pytest.mark.parametrize(
    ("words", "page", "section"),
    [
        ("We do things", None, None),
        ("Things are hard", 1, "1 Introduction"),
        ("We do them", 1, "2 Method"),
        ("Details", 1, "2.1 Details"),
        ("Slowly", 2, "2.1 Details"),
    ],
)
def test_a_place_has_a_page_and_a_section(words: str, page: int | None, section: str | None) -> None:
    paper = full()
    offset = paper.text.index(words)
    found = paper.section_at(offset)
    assert (paper.page_at(offset), found and found.heading) == (page, section)
    assert (ABSTRACT.page_at(0), ABSTRACT.section_at(0)) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [{"pages": (30, 25)}, {"pages": (0,)}, {"pages": (10_000,)}, {"sections": (Section("A", 30, 29),)}],
)
def test_places_outside_the_body_are_refused(wrong: dict[str, tuple[object, ...]]) -> None:
    with pytest.raises(ValueError, match="must lie in the body"):
        replace(full(), **wrong)  # type: ignore[arg-type]


def test_no_passage_reaches_from_one_section_into_another() -> None:
    paper = full()
    chunks = Chunker(EmbeddingInfo("words", 48, lambda texts: [len(text.split()) for text in texts])).split(paper)
    assert [chunk.text.split("\n")[0] for chunk in chunks] == [
        "We do things.",
        "1 Introduction",
        "2 Method",
        "2.1 Details",
    ]
    assert all(paper.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join((paper.abstract + BODY).split())


def test_the_shelf_keeps_a_body_with_its_places(shelf: Shelf) -> None:
    shelf.record([full()])
    kept = shelf.paper("2504.00001")
    assert (kept.text, kept.sections, kept.pages) == (full().text, full().sections, full().pages)
    assert list(shelf.texts()) == [full().text]
    assert shelf.paper("2504.00001", 1) == kept
    shelf.remove(["2504.00001"])
    shelf.record([ABSTRACT])
    assert shelf.paper("2504.00001").body == ""


def test_a_body_that_comes_later_joins_its_version_and_is_indexed(shelf: Shelf) -> None:
    shelf.record([ABSTRACT])
    shelf.mark_indexed(["2504.00001"], [Chunk("c", "2504.00001", 1, 9, 22, "We do things.", "")])
    digest = shelf.corpus_digest()
    later = full(replace(ABSTRACT, abstract="We  do\nthings."))  # the same text, to which its offsets do not fit
    assert shelf.record([later]) == {"2504.00001": "updated"}
    assert shelf.pending() == [("2504.00001", False)]
    assert shelf.versions("2504.00001") == (1,)
    kept = shelf.paper("2504.00001")
    assert (kept.text, kept.sections, kept.pages) == (full().text, full().sections, full().pages)
    assert shelf.corpus_digest() != digest
    assert shelf.record([full(body=BODY.replace("Slowly", "Fast. Slowly"))]) == {"2504.00001": "unchanged"}
    assert shelf.paper("2504.00001").text == full().text, "a quote's place in it never moves"
