"""What a `LexicalIndex` promises."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import IndexDamaged, LibraryBusy
from rag.index import LexicalIndex, lexical
from rag.text.terms import Analyzer
from tests.support.chunks import make_chunk
from tests.support.data import REPOSITORY

TEXTS = {
    "a": "Dense retrieval with learned sparse vectors",
    "b": "Sparse retrieval and lexical matching",
    "c": "Protein folding with GPT-4o and Search-R1",
    "d": "A C++ library for COVID-19 data, scored by MRR@10",
    "e": "Qwen2.5 answers naïve questions about λ-calculus",
    "f": "检索增强生成 for question answering",
    "g": "日本語の検索 and การค้นคืน",
}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LexicalIndex]:
    opened = LexicalIndex(tmp_path / "lexical")
    yield opened
    opened.close()


@pytest.fixture
def filled(index: LexicalIndex) -> LexicalIndex:
    index.replace([], [make_chunk(i, f"paper-{i}", text) for i, text in TEXTS.items()])
    return index


def found(hits: Sequence[tuple[str, float]]) -> list[str]:
    return [chunk_id for chunk_id, _ in hits]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("retrieving sparsely", ["b", "a"]),  # stemmed; the shorter text first
        ("RETRIEVAL", ["b", "a"]),
        ("GPT-4o", ["c"]),
        ("GPT4o", ["c"]),
        ("gpt 4o", ["c"]),
        ("Search R1", ["c"]),
        ("SearchR1", ["c"]),
        ("C++ (x", ["d"]),
        ("COVID19", ["d"]),
        ("covid-19?", ["d"]),
        ("MRR@10", ["d"]),
        ("Qwen-2.5", ["e"]),
        ("naive", ["e"]),
        ("Λ calculus", ["e"]),
        ("\uff31\uff57\uff45\uff4e\uff12.\uff15", ["e"]),  # full-width forms
        ("增强", ["f"]),
        ("检索", ["f", "g"]),  # whole words first, then single characters
        ("検索とは", ["g", "f"]),
        ("ค้นคืน", ["g"]),
    ],
)
def test_a_question_finds_texts_however_its_words_are_written(
    filled: LexicalIndex, question: str, expected: list[str]
) -> None:
    assert found(filled.query(question, 10)) == expected


@pytest.mark.parametrize(
    "question",
    ["", " \n\t", '"', "AND OR NOT", "how does what the", "🙂", "(((", "*", "text:", "\x00", "zebra", "++ -- @@ #"],
)
def test_a_question_without_a_stored_word_finds_nothing(filled: LexicalIndex, question: str) -> None:
    assert filled.query(question, 10) == []


def test_no_question_is_too_long(filled: LexicalIndex) -> None:
    assert filled.query("retrieval " * 2000, 10) == filled.query("retrieval", 10)
    long = " ".join(f"word{i}" for i in range(2500)) + " folding"
    assert len(long) > 20_000
    assert found(filled.query(long, 10)) == ["c"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_text_is_a_question(filled: LexicalIndex, text: str) -> None:
    hits = filled.query(text, 10)
    terms = set(filled.analyze(text))
    assert {i for i, _ in hits} == {i for i, stored in TEXTS.items() if terms & set(filled.analyze(stored))}


def test_a_text_is_found_by_each_of_its_own_terms(filled: LexicalIndex) -> None:
    for chunk_id, text in TEXTS.items():
        for term in filled.analyze(text):
            assert filled.doc_freq(term) >= 1, (chunk_id, term)


def test_scores_are_bm25(filled: LexicalIndex) -> None:
    terms = {i: Counter(filled.analyze(text)) for i, text in TEXTS.items()}
    average = sum(sum(count.values()) for count in terms.values()) / len(terms)
    for question in ("sparse retrieval", "question answering naive", "data"):
        wanted: dict[str, float] = {}
        for i, count in terms.items():
            norm = 1.2 * (1 - 0.75 + 0.75 * sum(count.values()) / average)
            for term in filled.analyze(question):
                n = sum(term in other for other in terms.values())
                idf = math.log(1 + (len(terms) - n + 0.5) / (n + 0.5))
                if term in count:
                    wanted[i] = wanted.get(i, 0) + idf * count[term] * 2.2 / (count[term] + norm)
        assert dict(filled.query(question, 10)) == pytest.approx(wanted, abs=2e-4)


def test_idf_falls_with_the_number_of_chunks_that_hold_a_term(filled: LexicalIndex) -> None:
    common, rare = filled.analyze("retrieval folding")
    assert (filled.doc_freq(common), filled.doc_freq(rare), filled.doc_freq("zebra")) == (2, 1, 0)
    idf = filled.idf([common, rare, "zebra"])
    assert idf[common] == pytest.approx(math.log(1 + 5.5 / 2.5))
    assert idf[common] < idf[rare] < idf["zebra"]


def test_equal_texts_are_ordered_by_chunk_id_also_where_the_list_is_cut(index: LexicalIndex) -> None:
    for n in range(20, 60):  # two segments and an order that is not the ids'
        index.replace([], [make_chunk(f"c{(n * 7) % 40:02}", f"p{n}", "the same words")])
    for k in (1, 3, 19, 25, 40, 100):
        assert found(index.query("same words", k)) == [f"c{n:02}" for n in range(min(k, 40))]


def test_an_empty_index_answers_with_nothing(index: LexicalIndex) -> None:
    assert index.query("anything", 5) == []
    assert index.query("anything", 5, frozenset({"p"})) == []
    assert index.ids() == {}
    assert index.idf(["word"]) == {"word": pytest.approx(math.log(2))}
    index.replace(["unknown"], [])
    assert index.ids() == {}


def test_replacing_deletes_adds_and_is_idempotent(filled: LexicalIndex) -> None:
    new = [make_chunk("a2", "paper-a", "Something new"), make_chunk("h", "paper-h", "Another paper")]
    for _ in range(2):
        filled.replace(["paper-a", "paper-b", "unknown"], new)
        assert filled.ids() == {i: f"paper-{i[0]}" for i in ("a2", "c", "d", "e", "f", "g", "h")}
        assert filled.query("retrieval", 5) == []
        assert found(filled.query("something", 5)) == ["a2"]
    filled.replace([], [make_chunk("h", "paper-h", "Other words")])
    assert found(filled.query("paper words", 5)) == ["h"]
    assert filled.query("another", 5) == []


def test_k_of_nothing_and_no_paper_allowed(filled: LexicalIndex) -> None:
    assert filled.query("retrieval", 0) == []
    assert filled.query("retrieval", 5, frozenset()) == []
    assert filled.query("retrieval", 5, frozenset({"unknown"})) == []


@pytest.mark.parametrize("depth", [0, 40, 10_000], ids=["in the engine", "both", "read on"])
def test_filters_lose_nothing(index: LexicalIndex, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    monkeypatch.setattr(lexical, "_OVERFETCH_DEPTH", depth)
    words = ["retrieval", "sparse", "dense", "index", "question", "citation", "corpus"]
    chunks = [
        make_chunk(f"c{i:03}", f"p{i // 2:03}", " ".join(word for j, word in enumerate(words) if i % (j + 2) < 2))
        for i in range(300)
    ]
    index.replace([], chunks)
    paper_of = index.ids()
    for step in (2, 7, 60):
        papers = frozenset(f"p{i:03}" for i in range(0, 150, step))
        for question in ("sparse retrieval", "citation", "dense index corpus"):
            everything = [hit for hit in index.query(question, 1000) if paper_of[hit[0]] in papers]
            assert index.query(question, 10, papers) == everything[:10]
            assert index.query(question, 1000, papers) == everything
    for question in ("sparse retrieval", "dense index corpus"):
        ranking = index.query(question, 1000)
        last = frozenset(paper_of[chunk_id] for chunk_id, _ in ranking[len(ranking) // 2 :])
        assert index.query(question, 10, last) == [hit for hit in ranking if paper_of[hit[0]] in last][:10]


def test_an_open_index_stays_as_it_was_until_reloaded(filled: LexicalIndex) -> None:
    other = LexicalIndex(filled.folder)
    other.replace(["paper-c"], [])
    assert found(filled.query("folding", 5)) == ["c"]
    filled.reload()
    assert filled.query("folding", 5) == []
    assert "c" not in LexicalIndex(filled.folder).ids()


def test_a_reader_outlives_the_merging_of_the_segments_it_reads(filled: LexicalIndex) -> None:
    other = LexicalIndex(filled.folder)
    for n in range(30):
        other.replace([f"paper-{i}" for i in TEXTS], [make_chunk(f"n{n}", f"new-{n}", "fresh words")])
    assert found(filled.query("retrieval", 5)) == ["b", "a"]
    assert filled.ids().keys() == TEXTS.keys()
    filled.reload()
    assert len(filled.query("fresh", 50)) == 30


_CHILD = """
import sys
from pathlib import Path
from rag.index import LexicalIndex
from tests.support.chunks import make_chunk
index = LexicalIndex(Path(sys.argv[1]))
if sys.argv[2] == "hold":
    writer = index._index.writer(15_000_000, 1)
    index = None
print("ready", flush=True)
sys.stdin.readline()
if sys.argv[2] == "write":
    for n in range(100_000):
        index.replace([f"p{n}"], [make_chunk(f"c{n}-{i}", f"p{n}", "written by another") for i in range(20)])
        print(n, flush=True)
"""


def child(folder: Path, order: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _CHILD, str(folder), order]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_second_writer_is_refused_and_gets_its_turn(filled: LexicalIndex) -> None:
    with child(filled.folder, "hold") as holder:
        with pytest.raises(LibraryBusy, match="writing"):
            filled.replace(["paper-a"], [])
        assert "a" in filled.ids()
        holder.kill()  # a dead writer's lock is free
    filled.replace(["paper-a"], [])
    assert "a" not in filled.ids()


def test_a_killed_writer_leaves_whole_commits(filled: LexicalIndex) -> None:
    for round_, commits in enumerate((0, 1, 5)):
        with child(filled.folder, "write") as writer:
            assert writer.stdin
            assert writer.stdout
            writer.stdin.write("go\n")
            writer.stdin.flush()
            for _ in range(commits):
                writer.stdout.readline()
            writer.kill()
        opened = LexicalIndex(filled.folder)
        per_paper = Counter(paper for paper in opened.ids().values() if paper.startswith("p") and "-" not in paper)
        assert set(per_paper.values()) <= {20}
        assert len(per_paper) >= commits
        opened.replace([], [make_chunk(f"mine{round_}", "mine", "mine")])
        assert len(opened.query("mine", 10)) == round_ + 1


def test_a_failed_write_changes_nothing_and_holds_no_lock(
    filled: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(lexical, "_document", broken)
        with pytest.raises(RuntimeError):
            filled.replace(["paper-a"], [make_chunk("n", "new", "new")])
    assert filled.ids().keys() == TEXTS.keys()
    filled.replace(["paper-a"], [])
    assert "a" not in filled.ids()


def test_twenty_five_threads_get_what_one_gets(filled: LexicalIndex) -> None:
    questions = ["sparse retrieval", "GPT-4o", "question answering", "nothing stored", "naive data"] * 40
    alone = [filled.query(question, 5) for question in questions]
    with ThreadPoolExecutor(25) as pool:
        assert list(pool.map(lambda question: filled.query(question, 5), questions)) == alone


def _spoil(folder: Path, suffix: str, content: bytes | None) -> None:
    for path in list(folder.glob(f"*{suffix}")):
        path.unlink()
        if content is not None:
            path.write_bytes(content)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        ("meta.json", None),
        ("meta.json", b"{"),
        (".term", None),
        (".term", b"12345"),
        (".idx", b"x" * 300),
        (".store", b"x" * 300),
    ],
)
def test_a_damaged_folder_is_refused_with_the_repair(filled: LexicalIndex, suffix: str, content: bytes | None) -> None:
    filled.close()
    _spoil(filled.folder, suffix, content)
    with pytest.raises(IndexDamaged, match="lexical") as error:
        LexicalIndex(filled.folder)
    assert "doctor --repair" in error.value.advice


def test_an_index_with_another_analysis_is_refused(filled: LexicalIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.close()
    monkeypatch.setattr(Analyzer, "name", "paperchat-0")
    with pytest.raises(IndexDamaged):
        LexicalIndex(filled.folder)


def test_opening_makes_the_folder_and_closing_twice_is_fine(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path / "not" / "there")
    index.replace([], [make_chunk("a")])
    index.close()
    index.close()
    assert LexicalIndex(tmp_path / "not" / "there").ids() == {"a": "2504.00001"}
