"""The shared PDFs: how much of their text is read in order, how many headings, and what questions about them get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.bench.pdf import headings_found, in_order, ours, truth_of, words
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.sources import read_source
from tests.support.data import shared_data

QUESTIONS = {
    "full_texts.jsonl": 0.75,
    "full_texts_2.jsonl": 0.75,
    "full_texts_3.jsonl": 0.85,
    "full_texts_tuned.jsonl": 0.75,
}
"""Sets, and the share of their questions whose first citation stands on the right page; None is the abstract."""
MADE = Path(__file__).with_name("pdfs")


@pytest.fixture(scope="module")
def pdfs() -> Path:
    folder = shared_data() / "pdfs"
    if not folder.is_dir():
        pytest.skip(f"there are no PDFs in {folder}")
    return folder


def test_body_words_in_order_and_headings_reach_their_floors(pdfs: Path) -> None:
    wanted = found = 0.0
    for tei in sorted(pdfs.glob("*.tei.xml")):
        told, heads = truth_of(tei)
        text, headings = ours(tei.with_name(tei.name.replace(".tei.xml", ".pdf")))
        assert in_order(told, words(text)) >= 0.95, tei.name
        wanted += len(heads)
        found += len(heads) * headings_found(heads, headings)
    assert found / wanted >= 0.90


@pytest.mark.slow
def test_questions_about_full_texts(pdfs: Path, tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest(
            row for folder in (pdfs, MADE) for path in sorted(folder.glob("*.pdf")) for row in read_source(path)
        )
        assistant = Assistant(library)
        for name, floor in QUESTIONS.items():
            rows = [json.loads(line) for line in MADE.with_name(name).read_text(encoding="utf-8").splitlines()]
            right = sum(_right(library, assistant, row) for row in rows)
            print(f"{name}: {right} of {len(rows)}, floor {floor}")
            assert right / len(rows) >= floor, name


def _right(library: Library, assistant: Assistant, asked: dict[str, Any]) -> bool:
    """Whether the first citation is of the right paper and page; every quote must be exact."""
    citations = assistant.answer(asked["question"]).citations
    for one in citations:
        assert library.paper(one.paper_id, one.version).text[one.start : one.end] == one.quote
    first = citations[0] if citations else None
    return bool(first and first.paper_id == asked["paper_id"] and first.page in asked["pages"])
