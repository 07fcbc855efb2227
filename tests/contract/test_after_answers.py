"""What a browser asks for after an answer: whose it is, what is refused, that nothing in it is markup of strangers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.types import Filters
from tests.support.page_server import sample_library, served, users

COMPARED = "Compare IterQR and StealthRank."
REFUSED = "What is the capital of France?"


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A library in which ada has asked."""
    folder = tmp_path_factory.mktemp("after")
    sample_library(folder)
    kept = {}
    with Assistant(Library(Config(data_dir=folder))) as assistant, closing(Conversations(folder / FILE_NAME)) as store:
        for question in (COMPARED, REFUSED):
            answer = assistant.answer(question)
            conversation = store.start("ada", question)
            exchange = store.add("ada", conversation, question, Filters(), answer.answer, answer)
            kept[question] = exchange.exchange_id
    return folder, kept


@pytest.fixture(scope="module")
def ada(answered: tuple[Path, dict[str, int]]) -> Iterator[httpx.Client]:
    known = users(ada="engine", bob="builder")
    with (
        served(answered[0], known=known) as url,
        httpx.Client(base_url=url, auth=("ada", "engine"), timeout=60) as client,
    ):
        yield client


def test_the_table_and_its_file_hold_the_same_quotes(ada: httpx.Client, answered: tuple[Path, dict[str, int]]) -> None:
    place = f"/answer/{answered[1][COMPARED]}"
    shown = ada.get(f"{place}/table", params={"column": ["code", "<script>alert(1)</script>"]})
    assert shown.status_code == 200
    assert "<script" not in shown.text
    assert "&lt;script&gt;" in shown.text
    assert shown.headers["cache-control"] == "private, no-cache"
    saved = ada.get(f"{place}/table.csv", params={"column": "where was it deployed"})
    assert saved.headers["content-type"].startswith("text/csv")
    assert saved.headers["content-disposition"] == 'attachment; filename="comparison.csv"'
    assert saved.text.startswith("paper,title,date,task,method,data,result,difference,where was it deployed")
    assert "has been deployed in Meituan Delivery" in saved.text


def test_what_is_refused_is_said_in_words(ada: httpx.Client, answered: tuple[Path, dict[str, int]]) -> None:
    place = f"/answer/{answered[1][COMPARED]}"
    long = ada.get(f"{place}/table", params={"column": "x" * 200})
    assert (long.status_code, long.text[:40]) == (404, "What a column is to hold is too long. Sa")
    assert ada.get("/answer/999/next").status_code == 404
    assert ada.get(f"/answer/{'9' * 30}/next").status_code == 404
    assert ada.get("/answer/x/next").status_code == 404


def test_a_refusal_suggests_and_compares_nothing(ada: httpx.Client, answered: tuple[Path, dict[str, int]]) -> None:
    for what in ("next", "table"):
        shown = ada.get(f"/answer/{answered[1][REFUSED]}/{what}")
        assert (shown.status_code, shown.text) == (200, "")


def test_nobody_sees_what_came_after_the_answer_of_another(
    ada: httpx.Client, answered: tuple[Path, dict[str, int]]
) -> None:
    place = f"/answer/{answered[1][COMPARED]}"
    for what in ("next", "table", "table.csv"):
        assert ada.get(f"{place}/{what}", auth=("bob", "builder")).status_code == 404
        assert httpx.get(f"{ada.base_url}{place}/{what}").status_code == 401
