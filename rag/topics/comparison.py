"""Papers side by side: what each says of its task, method, data, result and difference, and of whatever else is asked.

A cell holds a quote of the paper, or nothing. Task, method, data and result are found as in a topic's table
(`rag.topics.cells`), a difference and whatever a reader wants by the answer scorer, which may also find data. A
sentence that states two of them stands in both: a third of all abstracts say task and method in one breath.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer.citations import find_problem
from rag.answer.draft import Quote, quote_text
from rag.engine import Engine
from rag.errors import UsageError
from rag.papers.descriptions import card_of
from rag.retrieve.answer_scores import Judged
from rag.text.readable import readable
from rag.text.spreadsheet import inert
from rag.topics.cells import FROM_CARD, STATED, data, stated
from rag.types import Cell, Paper, Passage
from rag.types.card import Card

COLUMNS = ("task", "method", "data", "result", "difference")
"""What every comparison holds."""
MOST_PAPERS, MOST_COLUMNS, LONGEST = 12, 8, 120
"""Papers of a table, columns added to it, and characters of what is wanted in one."""
_ASKED = {
    "data": ("On what data was it tested?", 1.0),
    "difference": ("How does it differ from earlier work?", 0.5),
}
"""What the answer scorer is asked for a column, in the order in which they choose, and the log-odds from which its
sentence is taken: few abstracts say a difference."""
_ANSWERED = 0.0
"""Log-odds from which a sentence answers what a reader typed, where the abstract as a whole does."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table: a row a paper, a column a thing asked.

    Attributes:
        columns: `COLUMNS`, then what the reader wanted besides, in their words.
        papers: As they stand in the library now.
        cells: For each paper, a cell for each column.
        uncarded: Ids of the papers that have no card yet.
    """

    columns: tuple[str, ...]
    papers: tuple[Paper, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    uncarded: frozenset[str] = frozenset()

    def waits(self, paper_id: str, column: str) -> bool:
        """Whether a cell that is empty may be filled once its paper has a card."""
        return column in FROM_CARD and paper_id in self.uncarded


def compare(engine: Engine, paper_ids: Sequence[str], wanted: Sequence[str] = ()) -> Comparison:
    """Put papers side by side.

    Args:
        engine: Knows the library, and how far each sentence answers.
        paper_ids: In order; those that the library does not hold are left out.
        wanted: Further columns, each in words: "dataset size".

    Raises:
        UsageError: too many papers or columns, or a column of too many words.
    """
    columns = _checked(paper_ids, wanted)
    held = engine.library.shelf.papers(list(dict.fromkeys(paper_ids)))
    papers = tuple(held[paper_id] for paper_id in dict.fromkeys(paper_ids) if paper_id in held)
    ids = [paper.paper_id for paper in papers]
    judged = {name: engine.scores.of((question,), ids) for name, (question, _) in _ASKED.items()}
    judged |= {name: engine.scores.of((name,), ids) for name in columns}
    cards = {one.paper_id: card_of(engine.library.shelf, one.paper_id, one.version) for one in papers}
    rows = tuple(_row(engine, paper, cards[paper.paper_id], judged, columns) for paper in papers)
    uncarded = frozenset(paper_id for paper_id, card in cards.items() if card is None)
    return Comparison((*COLUMNS, *columns), papers, rows, uncarded)


def _checked(paper_ids: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    columns = tuple(dict.fromkeys(" ".join(text.split()) for text in wanted if text.strip()))
    columns = tuple(name for name in columns if name.lower() not in COLUMNS)
    if len(set(paper_ids)) > MOST_PAPERS:
        raise UsageError(f"{len(set(paper_ids))} papers are too many side by side.", f"Take up to {MOST_PAPERS}.")
    if len(columns) > MOST_COLUMNS:
        raise UsageError(f"{len(columns)} added columns are too many.", f"Take up to {MOST_COLUMNS}.")
    if any(len(name) > LONGEST for name in columns):
        raise UsageError("What a column is to hold is too long.", f"Say it in up to {LONGEST} characters.")
    return columns


def _row(
    engine: Engine, paper: Paper, card: Card | None, judged: dict[str, dict[str, Judged]], columns: Sequence[str]
) -> tuple[Cell | None, ...]:
    """The cells of one paper; the answer scorer repeats no sentence that stands in another."""
    said = judged["data"].get(paper.paper_id)
    if said is None:  # on the shelf, and not indexed yet
        return (None,) * (len(COLUMNS) + len(columns))
    held: dict[str, Cell | None] = {field: stated(card, field) for field in STATED}
    held["data"] = _cell(engine, data(_passages(said), paper.abstract_start, card))
    for name, (_, least) in _ASKED.items():
        taken = [cell for cell in held.values() if cell]
        held[name] = held.get(name) or _cell(engine, _best(judged[name][paper.paper_id], least, paper, taken))
    for name in columns:
        found = judged[name][paper.paper_id]
        held[name] = _cell(engine, _best(found, _ANSWERED, paper)) if found.answered >= _ANSWERED else None
    return tuple(held[name] for name in (*COLUMNS, *columns))


def _passages(judged: Judged) -> list[Passage]:
    """The passages of a paper that were judged, in reading order."""
    return list({one.passage.chunk_id: one.passage for one in judged.sentences}.values())


def _best(judged: Judged, least: float, paper: Paper, taken: Sequence[Cell] = ()) -> Quote | None:
    """The sentence that answers best, of those that stand in no other cell; None where it is not likely enough."""
    found = None
    for sentence, odds in zip(judged.sentences, judged.odds.tolist(), strict=True):
        if odds < least or sentence.start < paper.abstract_start:  # a title tells none of this
            continue
        if any(sentence.start < cell.end and cell.start < sentence.end for cell in taken):
            continue
        least, found = odds, Quote(sentence.passage, sentence.start, sentence.end)
    return found


def _cell(engine: Engine, quote: Quote | None) -> Cell | None:
    """A cell, if its quote holds."""
    if quote is None or find_problem(quote, engine.library):
        return None
    return Cell(quote=quote_text(quote), start=quote.start, end=quote.end)


def as_csv(comparison: Comparison) -> str:
    """The table as RFC 4180 has it: a row a paper, cells as a person reads them, nothing that a program would run."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["paper", "title", "date", *map(inert, comparison.columns)])
    for paper, cells in zip(comparison.papers, comparison.cells, strict=True):
        quotes = (readable(cell.quote) if cell else "" for cell in cells)
        writer.writerow(map(inert, [paper.paper_id, readable(paper.title), paper.told, *quotes]))
    return out.getvalue()
