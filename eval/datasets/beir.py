"""BEIR collections: a folder → queries, judgements and papers, with every line that cannot be used named.

A folder holds `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`, gzipped or not.

Source: Thakur et al., "BEIR", NeurIPS Datasets and Benchmarks 2021.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from eval.datasets.questions import first_reasons
from eval.files import numbered_lines, read_json_lines
from rag.errors import DatasetError
from rag.types import Paper, Rejected

NO_DATE = date(1970, 1, 1)
"""The date of a BEIR document, which has none."""
_LONGEST_GRADE = 10


@dataclass(slots=True)
class BeirSet:
    """A BEIR folder as read; the corpus stays on disk (`beir_papers`).

    Attributes:
        queries: Text of the queries that the split judges, by id.
        qrels: Grade by document id, by query id; 0 is not relevant.
        rejected: Lines left out, with reasons.
    """

    folder: Path
    split: str
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]
    rejected: list[Rejected] = field(default_factory=list)


def read_beir(folder: Path, split: str) -> BeirSet:
    """Read queries and judgements of one split; only judged queries are kept, in the order of `queries.jsonl`.

    Raises:
        DatasetError: a file is missing or unreadable, or no query is judged.
    """
    data = BeirSet(folder, split, {}, {})
    judgements = _beir_file(folder, f"qrels/{split}.tsv")
    for number, line in numbered_lines(judgements):
        _judgement(data, judgements.name, number, line)
    queries = _beir_file(folder, "queries.jsonl")
    seen: dict[str, int] = {}
    for number, row in read_json_lines(queries):
        reason = row if isinstance(row, str) else _beir_row_fault(row, ("text",), seen)
        if reason:
            data.rejected.append(Rejected(queries.name, number, reason))
        elif isinstance(row, dict):
            seen[str(row["_id"])] = number
            if str(row["_id"]) in data.qrels:
                data.queries[str(row["_id"])] = row["text"]
    for query in data.qrels.keys() - seen.keys():
        data.rejected.append(Rejected(judgements.name, 0, f"the judged query {query!r} is not in {queries.name}"))
    data.qrels = {query: data.qrels[query] for query in data.queries}
    data.rejected.sort(key=lambda row: (row.source, row.line, row.reason))
    if not data.queries:
        raise DatasetError(
            f"No query of {queries} is judged in {judgements}{first_reasons(data.rejected)}.",
            "The judgements are tab-separated: query id, document id, grade.",
        )
    return data


def _judgement(data: BeirSet, source: str, number: int, line: bytes) -> None:
    """Add one line of a qrels file; its heading is known by the word it has for a grade."""
    parts = line.decode(errors="replace").split("\t")
    grade = parts[2].strip() if len(parts) == 3 else ""
    if grade.isdecimal() and len(grade) < _LONGEST_GRADE:
        grades = data.qrels.setdefault(parts[0], {})
        if grades.setdefault(parts[1], int(grade)) != int(grade):
            data.rejected.append(
                Rejected(source, number, f"{parts[0]} and {parts[1]} have two grades; the first counts")
            )
    elif number > 1 or len(parts) != 3:
        data.rejected.append(Rejected(source, number, "not a query id, a document id and a grade of 0 or more"))


def beir_papers(folder: Path) -> Iterator[Paper | Rejected]:
    """Yield a BEIR corpus as papers, in file order; what can't be used as `Rejected`.

    Raises:
        DatasetError: the file is missing or unreadable.
    """
    path = _beir_file(folder, "corpus.jsonl")
    seen: dict[str, int] = {}
    for number, row in read_json_lines(path):
        reason = row if isinstance(row, str) else _beir_row_fault(row, ("title", "text"), seen)
        if isinstance(row, str) or reason:
            yield Rejected(path.name, number, str(reason))
            continue
        seen[str(row["_id"])] = number
        title, text = (str(row.get(key) or "").strip() for key in ("title", "text"))
        yield Paper(str(row["_id"]), title or text, text if title else "", (), NO_DATE, listed=(NO_DATE,))


def _beir_row_fault(row: dict[str, Any], texts: tuple[str, ...], seen: Mapping[str, int]) -> str:
    """What is wrong with a corpus or query row: it needs an id of its own and at least one of the texts."""
    if not isinstance(row.get("_id"), str | int) or not str(row["_id"]).strip():
        return "_id: missing"
    if len(str(row["_id"]).split()) != 1:
        return f"_id: {row['_id']!r} holds white space, which no TREC run file can"
    if str(row["_id"]) in seen:
        return f"the id {row['_id']!r} already stands on line {seen[str(row['_id'])]}"
    if any(not isinstance(row.get(key, ""), str | None) for key in texts):
        return f"{' or '.join(texts)}: not a text"
    return "" if any((row.get(key) or "").strip() for key in texts) else f"{' and '.join(texts)}: empty"


def _beir_file(folder: Path, name: str) -> Path:
    """The file or its gzipped form."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    splits = sorted(path.name.split(".")[0] for path in (folder / "qrels").glob("*.tsv*"))
    advice = "A BEIR folder holds corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv."
    raise DatasetError(f"{folder / name} is missing.", f"{advice} Splits here: {', '.join(splits) or 'none'}.")
