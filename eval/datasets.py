"""QA sets and BEIR folders: files → questions, with every line that cannot be used named.

A QA set is JSON-lines, one question a line; only `id` and `question` are required. A BEIR folder holds `corpus.jsonl`,
`queries.jsonl` and `qrels/SPLIT.tsv` (Thakur et al., "BEIR", NeurIPS Datasets and Benchmarks 2021), gzipped or not.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import DatasetError
from rag.types import Paper, Rejected, Turn

UNTYPED = "untyped"
"""The group of questions that name no type."""
UNANSWERABLE = "unanswerable"
"""The type of questions that nothing in the corpus answers."""
KNOWN_TYPES = (
    "single", "numeric", "paraphrase", "compare", "list", "topic", "temporal", "followup", "typo", UNANSWERABLE,
)  # fmt: skip
"""The types of the format, in the order in which reports show them; others follow by name."""
NO_DATE = date(1970, 1, 1)
"""The date of a BEIR document, which has none."""


class _Row(BaseModel):
    """Base of what a QA file holds: frozen; keys we don't know are somebody else's and left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Nugget(_Row):
    """An atomic fact an answer should hold, and the words of the paper that support it.

    Attributes:
        importance: A `vital` fact must be there, an `okay` one may.
        paper: Id of the paper that states it; None: any cited paper may.
        span: Verbatim support in that paper's text; None: the nugget cannot be judged without a model.
    """

    text: str = Field(min_length=1)
    importance: Literal["vital", "okay"] = "vital"
    paper: str | None = None
    span: str | None = Field(None, min_length=1)


class Question(_Row):
    """One row of a QA set.

    Attributes:
        gold_papers: Ids that answer it; None when nobody said, which is not the same as none.
        related_papers: On topic, without answering.
        answer: A reference answer.
    """

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    type: str = Field(UNTYPED, min_length=1)
    history: tuple[Turn, ...] = ()
    gold_papers: tuple[str, ...] | None = None
    related_papers: tuple[str, ...] = ()
    nuggets: tuple[Nugget, ...] = ()
    answer: str | None = None

    @property
    def answerable(self) -> bool | None:
        """Whether the corpus answers it; None when the row does not say."""
        if self.type == UNANSWERABLE:
            return False
        return True if self.gold_papers or self.nuggets or self.type in KNOWN_TYPES else None

    @property
    def needed_papers(self) -> tuple[str, ...]:
        """Gold and nugget papers, once each: without them in the library the question cannot be judged."""
        named = (nugget.paper for nugget in self.nuggets if nugget.paper)
        return tuple(dict.fromkeys([*(self.gold_papers or ()), *named]))


@dataclass(frozen=True, slots=True)
class QaSet:
    """A QA set as read.

    Attributes:
        name: The file's name.
        digest: Hash of the questions, 16 hex digits; layout and broken lines do not change it.
        lines: 1-based line of each question, by id.
        rejected: Lines left out, with reasons.
    """

    name: str
    questions: tuple[Question, ...]
    digest: str
    lines: Mapping[str, int]
    rejected: tuple[Rejected, ...] = ()


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


def type_order(name: str) -> tuple[int, str]:
    """Sort key of question types: those of the format first, in its order, then others by name."""
    return (KNOWN_TYPES.index(name) if name in KNOWN_TYPES else len(KNOWN_TYPES), name)


def read_questions(path: Path) -> QaSet:
    """Read a QA set; lines that can't be used are in `rejected`, with their numbers.

    Raises:
        DatasetError: the file cannot be read, is empty, or holds no usable line.
    """
    questions: dict[str, Question] = {}
    lines: dict[str, int] = {}
    rejected: list[Rejected] = []
    for number, row in read_json_lines(path):
        outcome = row if isinstance(row, str) else _question(row)
        if isinstance(outcome, Question) and outcome.id in lines:
            outcome = f"the id {outcome.id!r} already stands on line {lines[outcome.id]}"
        if isinstance(outcome, str):
            rejected.append(Rejected(path.name, number, outcome))
        else:
            questions[outcome.id], lines[outcome.id] = outcome, number
    if not questions:
        raise DatasetError(f"{path} holds no question{_first_reasons(rejected)}.", QA_ADVICE)
    return QaSet(path.name, tuple(questions.values()), digest_questions(questions.values()), lines, tuple(rejected))


QA_ADVICE = 'Each line must be a JSON object with at least "id" and "question".'


def digest_questions(questions: Any) -> str:
    """Hash of questions in order, 16 hex digits."""
    content = json.dumps([question.model_dump(mode="json") for question in questions], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _question(row: dict[str, Any]) -> Question | str:
    """The row as a question, or what is wrong with it."""
    try:
        return Question.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg'][0].lower()}{first['msg'][1:]}"


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield (line number, object), or (line number, what is wrong); blank lines are skipped.

    Raises:
        DatasetError: the file is missing, unreadable or not what its name says.
    """
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except UnicodeDecodeError:
            yield number, "not UTF-8 text"
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {getattr(error, 'msg', 'nested too deeply')}"
        else:
            yield number, row if isinstance(row, dict) else "not a JSON object"


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the numbered lines that hold anything; a byte-order mark is dropped."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                content = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
                if content:
                    yield number, content
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"{path} cannot be read: {reason}.", "Name a readable file.") from error


def _first_reasons(rejected: list[Rejected], shown: int = 3) -> str:
    """The first reasons as the end of a sentence."""
    if not rejected:
        return ": it is empty"
    reasons = "; ".join(f"line {row.line}: {row.reason}" for row in rejected[:shown])
    return f" ({reasons}{f'; and {len(rejected) - shown} more lines' if len(rejected) > shown else ''})"


def read_beir(folder: Path, split: str) -> BeirSet:
    """Read queries and judgements of one split; only judged queries are kept, in the order of `queries.jsonl`.

    Raises:
        DatasetError: a file is missing or unreadable, or no query is judged.
    """
    data = BeirSet(folder, split, {}, {})
    judgements = _beir_file(folder, f"qrels/{split}.tsv")
    for number, line in _lines(judgements):
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
            f"No query of {queries} is judged in {judgements}{_first_reasons(data.rejected)}.",
            "The judgements are tab-separated: query id, document id, grade.",
        )
    return data


def _judgement(data: BeirSet, source: str, number: int, line: bytes) -> None:
    """Add one line of a qrels file; its heading is known by the word it has for a grade."""
    parts = line.decode(errors="replace").split("\t")
    if len(parts) == 3 and parts[2].strip().isdecimal():
        grades = data.qrels.setdefault(parts[0], {})
        if grades.setdefault(parts[1], int(parts[2])) != int(parts[2]):
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
