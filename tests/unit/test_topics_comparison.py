"""Papers side by side, and what may be asked next: a sentence of a paper stands behind each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.suggestions import MOST, suggest
from rag.assistant import Assistant
from rag.config import Config
from rag.errors import UsageError
from rag.index.library import Library
from rag.papers.database import Database
from rag.papers.descriptions import card_of
from rag.papers.shelf import FILE_NAME
from rag.text.readable import readable
from rag.topics.cells import FROM_CARD
from rag.topics.comparison import COLUMNS, MOST_COLUMNS, Comparison, as_csv, compare
from rag.types import Citation
from tests.support.papers import make_paper
from ui.web.evidence.tables import table

ROCK = (
    "Search engines for geologists miss rocks that have several names. We propose RockRank, which ranks rocks by a "
    "graph of their names. Unlike earlier rankers, RockRank needs no labelled queries. Experiments on three datasets, "
    "GeoQA, Minerals and Core, with 12,000 queries show that it improves nDCG by 8%. Our code is available at "
    "https://example.org/rockrank."
)
LAKE = (
    "Readings of lakes are sparse. We present LakeNet, a recurrent network that fills gaps in readings of lakes. It is "
    "trained on 40,000 readings of 300 lakes. It reduces the error by a third."
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=tmp_path_factory.mktemp("compared")))
    library.ingest(
        [
            make_paper("2504.00001", "RockRank: Ranking Rocks by Their Names", ROCK),
            make_paper("2504.00002", "LakeNet: Filling Gaps in Readings of Lakes", LAKE),
            make_paper("2504.00003", "=HYPERLINK(1)", "", day="2025-04-11"),
        ]
    )
    with Assistant(library) as made:
        yield made


def said(comparison: Comparison, row: int, column: str) -> str:
    cell = comparison.cells[row][comparison.columns.index(column)]
    return cell.quote if cell else ""


def test_every_cell_is_a_slice_of_its_paper_and_the_scorer_repeats_no_sentence(assistant: Assistant) -> None:
    found = compare(assistant.engine, ["2504.00002", "2504.00001", "2504.00002", "2504.09999"])
    assert found.columns == COLUMNS
    assert [paper.paper_id for paper in found.papers] == ["2504.00002", "2504.00001"]
    for paper, cells in zip(found.papers, found.cells, strict=True):
        kept = [cell for cell in cells if cell]
        assert len(kept) >= 2
        assert all(paper.text[cell.start : cell.end] == cell.quote for cell in kept)
        *stated, difference = cells
        assert not difference or all(
            cell.end <= difference.start or difference.end <= cell.start for cell in stated if cell
        )
    assert "RockRank" in said(found, 1, "method")
    assert "three datasets" in said(found, 1, "data")
    assert "8%" in said(found, 1, "result")


def test_a_task_is_what_the_paper_sets_out_to_do_and_not_what_others_lack(assistant: Assistant) -> None:
    found = compare(assistant.engine, ["2504.00001", "2504.00002"])
    for n, name, motive in ((0, "RockRank", "miss rocks"), (1, "LakeNet", "are sparse")):
        card = card_of(assistant.library.shelf, found.papers[n].paper_id)
        assert card
        assert card.task
        assert card.method
        assert (said(found, n, "task"), said(found, n, "method")) == (card.task.text, card.method.text)
        assert name in said(found, n, "task") + said(found, n, "method")
        assert motive not in said(found, n, "task")


def test_a_paper_without_a_card_is_not_said_to_tell_nothing(assistant: Assistant, tmp_path: Path) -> None:
    library = Library(Config(data_dir=tmp_path))
    library.ingest([assistant.library.paper(paper_id) for paper_id in ("2504.00001", "2504.00002")])
    with closing(Database.at(Config(data_dir=tmp_path).store(FILE_NAME))) as db:
        db.execute("DELETE FROM described WHERE paper_id = '2504.00002'")
    with Assistant(library) as other:
        found = compare(other.engine, ["2504.00001", "2504.00002"], ["carbon footprint"])
    assert found.uncarded == {"2504.00002"}
    assert found.cells[1][COLUMNS.index("task")] is None
    shown = str(table(found, (), 1))
    cells = re.findall(r'<td data-name="LakeNet">(.*?)</td>', shown)
    empty = [name for name, cell in zip(found.columns, found.cells[1], strict=True) if cell is None]
    assert {"task", "method", "result", "carbon footprint"} <= set(empty)
    for name, cell in zip(found.columns, cells, strict=True):
        assert ("no card yet" in cell) == (name in empty and name in FROM_CARD)
        assert ("does not tell" in cell) == (name in empty and name not in FROM_CARD)
    assert "No card yet: run `paperchat cards`." in shown
    assert "no card yet" not in "".join(re.findall(r'<td data-name="RockRank">(.*?)</td>', shown))
    _, _, lake = csv.reader(io.StringIO(as_csv(found)))
    assert (lake[3 + COLUMNS.index("task")], lake[3 + COLUMNS.index("result")]) == ("", "")


def test_a_column_in_the_readers_words_holds_what_answers_it_or_nothing(assistant: Assistant) -> None:
    ids = ["2504.00001", "2504.00002", "2504.00003"]
    found = compare(assistant.engine, ids, ["  where is the   code ", "carbon footprint", "Task"])
    assert found.columns == (*COLUMNS, "where is the code", "carbon footprint")
    assert "example.org/rockrank" in said(found, 0, "where is the code")
    assert said(found, 1, "where is the code") == ""
    assert not any(said(found, row, "carbon footprint") for row in range(3))
    assert not any(found.cells[2])


@pytest.mark.parametrize(
    ("papers", "columns", "message"),
    [
        ([f"2504.{n:05}" for n in range(13)], [], "13 papers"),
        (["2504.00001"], [f"column {n}" for n in range(MOST_COLUMNS + 1)], "9 added columns"),
        (["2504.00001"], ["x" * 121], "too long"),
    ],
)
def test_a_table_has_limits(assistant: Assistant, papers: list[str], columns: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compare(assistant.engine, papers, columns)


def test_a_table_becomes_a_file_that_runs_nothing(assistant: Assistant) -> None:
    found = compare(assistant.engine, ["2504.00001", "2504.00003"], ["-1 or 2"])
    head, rock, empty = csv.reader(io.StringIO(as_csv(found)))
    assert head == ["paper", "title", "date", *COLUMNS, "'-1 or 2"]
    assert rock[0] == "2504.00001"
    assert rock[1 + head.index("method") - 1] == readable(said(found, 0, "method"))
    assert empty[1] == "'=HYPERLINK(1)"
    nobodys = replace(found, papers=tuple(replace(paper, undated=True) for paper in found.papers))
    assert [row[2] for row in csv.reader(io.StringIO(as_csv(nobodys)))] == ["date", "", ""]


def cited(assistant: Assistant, paper_id: str, quote: str, n: int = 1) -> Citation:
    paper = assistant.library.paper(paper_id)
    start = paper.text.index(quote)
    return Citation(
        n=n, paper_id=paper_id, version=1, title=paper.title, authors=paper.authors, date="2025-04-10", url="",
        chunk_id="", quote=quote, start=start, end=start + len(quote),
    )  # fmt: skip


def test_what_is_suggested_is_answered_by_a_sentence_that_was_not_quoted(assistant: Assistant) -> None:
    method = "We propose RockRank, which ranks rocks by a graph of their names."
    found = suggest(assistant.engine.scores, [cited(assistant, "2504.00001", method)])
    assert 1 < len(found) <= MOST
    assert len({(one.start, one.end) for one in found}) == len(found)
    text = assistant.library.paper("2504.00001").text
    for one in found:
        assert "RockRank" in one.question
        assert method not in text[one.start : one.end]
        answer = assistant.answer(one.question)
        assert not answer.abstained
        assert any(quote.start < one.end and one.start < quote.end for quote in answer.citations)


def test_nothing_is_suggested_where_everything_was_quoted(assistant: Assistant) -> None:
    assert suggest(assistant.engine.scores, [cited(assistant, "2504.00001", ROCK)]) == ()
    assert suggest(assistant.engine.scores, []) == ()
