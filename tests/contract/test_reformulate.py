"""`eval retrieval --reformulate` against a scripted server, over the real ingest and retriever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.write.reformulation import FAMILIES
from tests.contract.test_eval_retrieval import collection, load, paperchat
from tests.support.chat_server import Asked, Fault, chat_server


def configured(folder: Path, base_url: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(f"llm: {{provider: openai-compatible, model: scripted, base_url: '{base_url}', max_retries: 0}}\n")
    return path


def ranked(run: Path) -> list[tuple[str, str]]:
    """Query and document of each line of a ranking."""
    return [(line.split()[0], line.split()[2]) for line in run.read_text().splitlines()]


def misleading(asked: Asked) -> str | Fault:
    """Writes about the tide whatever is asked, and fails for one query."""
    if "sourdough" in asked.user:
        return Fault(500)
    return "The moon draws the sea and makes tides at the coast. " * 10


def test_methods_are_compared_with_the_plain_queries_in_one_table(tmp_path: Path) -> None:
    folder, out = collection(tmp_path / "tiny"), tmp_path / "out"
    with chat_server(misleading) as server:
        arguments = ("eval", "retrieval", "--dataset", folder, "--out", out, "--reformulate", "query2doc, lamer")
        done = paperchat(*arguments, "--config", configured(tmp_path, server.base_url))
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in load(out / "metrics.json")["reformulate"]}
    assert list(rows) == ["plain", "query2doc", "lamer"]
    assert rows["plain"]["measures"]["mrr@10"]["mean"] == load(out / "metrics.json")["mrr@10"] == 1.0
    assert ranked(out / "run-lamer.trec") != ranked(out / "run.trec")  # the tides come further up now
    assert rows["lamer"]["difference"]["mean"] <= 0
    assert (rows["query2doc"]["failed"], rows["query2doc"]["calls"], rows["lamer"]["calls"]) == (1, 3, 11)
    assert rows["query2doc"]["tokens"] > 0
    (prompt,) = rows["query2doc"]["prompts"]
    assert (prompt["id"], prompt["version"], rows["query2doc"]["model"]) == ("query2doc", 1, "scripted")
    third = [line.split() for line in (out / "run-query2doc.trec").read_text().splitlines() if line.startswith("q3")]
    assert third[0][2] == "bread"  # its rewriting failed: searched for as it is
    assert "query2doc: query2doc v1; model scripted" in done.stdout
    assert {line.split()[0] for line in done.stdout.splitlines() if line.strip()} >= set(rows)
    page = (out / "report.html").read_text()
    assert "query2doc" in page
    assert prompt["digest"] in page


def test_all_names_every_family(tmp_path: Path) -> None:
    folder, out = collection(tmp_path / "tiny"), tmp_path / "out"
    with chat_server(lambda asked: "bees, clover") as server:
        arguments = ("eval", "retrieval", "--dataset", folder, "--out", out, "--reformulate", "all", "--json")
        done = paperchat(*arguments, "--config", configured(tmp_path, server.base_url))
    assert done.returncode == 0, done.stderr
    assert [row["name"] for row in json.loads(done.stdout)["reformulate"]] == ["plain", *FAMILIES]


@pytest.mark.parametrize(
    ("names", "says"),
    [("hyde", "There is no rewriting hyde"), (",", "There is no rewriting"), ("genqr", "llm.provider")],
)
def test_wrong_usage_is_said_before_anything_is_indexed(tmp_path: Path, names: str, says: str) -> None:
    folder = collection(tmp_path / "tiny")
    done = paperchat("eval", "retrieval", "--dataset", folder, "--out", tmp_path / "out", "--reformulate", names)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "out").exists()
