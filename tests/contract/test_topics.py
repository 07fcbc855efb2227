"""Topics and the terminal's conversation over the sample library: exact quotes, honest abstention, what is printed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import EmptyLibrary, PaperchatError, QuestionError
from rag.index.library import Library
from rag.papers.database import Database
from rag.papers.shelf import FILE_NAME
from rag.topics import markdown
from rag.types import Delta, Filters, Retrieved, Step, Topic, TopicDone, Understood
from tests.support.papers import make_paper
from tests.support.playing import sample_library
from tests.support.runs import Run
from ui.cli.answers.chat_commands import read_filters
from ui.cli.answers.topic import print_topic
from ui.cli.base.printing import bibtex_entries
from ui.web.evidence import summaries
from ui.web.forms.topic import Desk

TOPICS = ["generative recommendation", "query rewriting", "semantic IDs", "large language models"]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with sample_library(tmp_path_factory.mktemp("library")) as library:
        yield Assistant(library)


@pytest.fixture
def run(
    assistant: Assistant, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.chdir(tmp_path)
    return Run(assistant.library.folder, capsys, monkeypatch)


def assert_topic_holds(assistant: Assistant, topic: Topic) -> None:
    """Quotes and cells are exact slices, citations run on and stay within what was retrieved, themes share no paper."""
    retrieved = {item.paper_id for item in topic.retrieved}
    assert [citation.n for citation in topic.citations] == list(range(1, len(topic.citations) + 1))
    for citation in topic.citations:
        stored = assistant.library.paper(citation.paper_id, citation.version).text
        assert stored[citation.start : citation.end] == citation.quote
        assert citation.paper_id in retrieved
        assert f"[{citation.n}]" in topic.text
    for paper in topic.papers:
        assert paper.paper_id in retrieved
        stored = assistant.library.paper(paper.paper_id, paper.version).text
        for cell in (paper.method, paper.data, paper.result):
            assert cell is None or stored[cell.start : cell.end] == cell.quote != ""
    listed = [paper_id for theme in topic.themes for paper_id in theme.papers]
    assert len(listed) == len(set(listed))
    assert listed == [paper.paper_id for paper in topic.papers]
    assert all(paper.paper_id in topic.themes[paper.theme].papers for paper in topic.papers)
    assert len({theme.name for theme in topic.themes}) == len(topic.themes)


@pytest.mark.parametrize("query", TOPICS)
def test_every_quote_is_exact_and_every_paper_has_one_place(assistant: Assistant, query: str) -> None:
    topic = assistant.summary(query)
    assert not topic.abstained
    assert topic.papers
    assert_topic_holds(assistant, topic)


def test_a_topic_is_grouped_and_every_group_named(assistant: Assistant) -> None:
    topic = assistant.summary(TOPICS[0])
    assert 2 <= len(topic.themes) <= 6
    sizes = [len(theme.papers) for theme in topic.themes if theme.name != "Other papers"]
    assert sizes == sorted(sizes, reverse=True)
    assert all(theme.name[0].isupper() for theme in topic.themes)


def test_the_same_topic_twice_is_the_same_to_the_byte(assistant: Assistant) -> None:
    for query in TOPICS:
        first, second = (assistant.summary(query).model_copy(update={"timings": None}) for _ in range(2))
        assert first.model_dump_json(warnings=False) == second.model_dump_json(warnings=False)
        assert markdown(first) == markdown(second)


def test_events_come_in_order_and_deltas_make_the_text(assistant: Assistant) -> None:
    events = list(assistant.topic(TOPICS[0]))
    assert [type(event) for event in events[:3]] == [Understood, Step, Retrieved]
    assert isinstance(events[-1], TopicDone)
    assert "".join(event.text for event in events if isinstance(event, Delta)) == events[-1].topic.text


def test_what_the_library_is_not_about_is_said_with_the_closest_papers(assistant: Assistant) -> None:
    topic = assistant.summary("sourdough bread")
    assert (topic.abstained, topic.reason, topic.themes, topic.citations) == (True, "nothing_found", (), ())
    assert len(topic.closest) == 3
    held = assistant.library.shelf.coverage()
    assert f"{held.papers} papers from {held.first} to {held.last}" in topic.text


def test_dates_and_authors_in_the_query_restrict_the_papers(assistant: Assistant) -> None:
    topic = assistant.summary("large language models in reports from November 2025")
    assert topic.filters["from"] == "2025-11-01"
    assert {paper.date for paper in topic.papers} == {"2025-11-22"}
    by = assistant.summary("papers by Shangyu Chen")
    assert [paper.paper_id for paper in by.papers] == ["2504.05309"]
    outside = assistant.summary("large language models", Filters(date_from=date(2030, 1, 1)))
    assert (outside.abstained, outside.reason) == (True, "outside_range")
    assert outside.closest


def test_a_filter_does_not_make_a_foreign_subject_a_topic(assistant: Assistant) -> None:
    assert assistant.summary("sourdough bread", Filters(date_from=date(2025, 11, 1))).reason == "nothing_found"


@pytest.mark.parametrize("query", ["?", "C++ (x", "😀", "{context_str}", "<b>x</b>", "a" * 4000])
def test_odd_queries_are_treated_like_any_other(assistant: Assistant, query: str) -> None:
    assert_topic_holds(assistant, assistant.summary(query))


def test_no_query_and_no_papers_are_errors(assistant: Assistant, tmp_path: Path) -> None:
    with pytest.raises(QuestionError):
        assistant.summary("  ")
    with Assistant(Library(Config(data_dir=tmp_path))) as empty, pytest.raises(EmptyLibrary):
        empty.summary("anything")


def test_a_strangers_markdown_stays_text(tmp_path: Path) -> None:
    hostile = "We propose <img src=x> [click](javascript:alert(1)) | a | b, on datasets `x`. It improves clicks by 9%."
    with Assistant(Library(Config(data_dir=tmp_path))) as assistant:
        assistant.library.ingest([make_paper(title="Click | [link](javascript:x) <b>", abstract=hostile)])
        topic = assistant.summary("click link datasets clicks")
        assert topic.papers
        page = MarkdownIt("commonmark").enable("table").render(markdown(topic))
        assert "<img" not in page
        assert "<a" not in page
        assert page.count("<td>") == 4, "a bar in a title opens no cell"


def test_a_paper_that_contradicts_earlier_ones_is_pointed_out(tmp_path: Path) -> None:
    against = (
        "We test rerankers on clicks. Contrary to previous findings, rerankers with more layers lose to small ones."
    )
    with Assistant(Library(Config(data_dir=tmp_path))) as assistant:
        assistant.library.ingest(
            [
                make_paper("2504.00001", "Small Rerankers Win", against),
                make_paper("2504.00002", "Large Rerankers", "Contrary to bread, we train rerankers with many layers."),
            ]
        )
        topic = assistant.summary("rerankers with layers")
        assert_topic_holds(assistant, topic)
        (disagreement,) = topic.disagreements
        assert "Small Rerankers Win" in disagreement
        assert "Contrary to previous findings, rerankers with more layers lose to small ones." in disagreement
        assert topic.text.endswith(disagreement)
        assert markdown(topic).count("Where papers disagree") == 1


def test_opposite_findings_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = "Typing errors are common. We find that query rewriting improves dense retrieval."
    denied = "Rewriting is costly. Our results show that query rewriting does not improve dense retrieval."
    with Assistant(Library(Config(data_dir=tmp_path))) as assistant:
        assistant.library.ingest(
            [
                make_paper("2504.00001", "Query Rewriting Helps", found),
                make_paper("2504.00002", "Query Rewriting Revisited", denied),
            ]
        )
        topic = assistant.summary("query rewriting")
        assert_topic_holds(assistant, topic)
    (disagreement,) = topic.disagreements
    for sentence in (found.split(". ")[1], denied.split(". ")[1]):
        assert re.search(rf"> {re.escape(sentence)} \[\d+\]", disagreement)
    assert topic.text.endswith(disagreement)
    assert disagreement in markdown(topic)
    print_topic(topic)
    printed = capsys.readouterr().out
    assert "Where papers disagree" in printed
    assert printed.count("does not improve dense retrieval") > 0


def test_the_command_prints_themes_and_writes_the_document(run: Run, tmp_path: Path) -> None:
    out, error = run("topic", "generative", "recommendation")
    assert "papers in" in out
    assert "2504.05730" in out
    assert "--out FILE.md" in error
    _, error = run("topic", TOPICS[0], "--out", "topic.md", "--bibtex")
    written = Path("topic.md").read_text(encoding="utf-8")
    assert "topic.md" in error
    for part in ("# generative recommendation", "## Papers side by side", "## References", "@misc{", "| Method |"):
        assert part in written
    run("topic", "query rewriting", "--out", "topic.md")
    assert Path("topic.md").read_text(encoding="utf-8").startswith("# query rewriting")


def test_papers_without_a_card_are_named_and_not_said_to_tell_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sample_library(tmp_path / "library") as library:
        folder = library.folder
    with closing(Database.at(Config(data_dir=folder).store(FILE_NAME))) as db:
        db.execute("DELETE FROM described")
    monkeypatch.chdir(tmp_path)
    run = Run(folder, capsys, monkeypatch)
    written = run.json("topic", TOPICS[1])
    topic = Topic.model_validate(written)
    assert all((row["method"], row["result"], row["has_card"]) == (None, None, False) for row in written["papers"])
    said = "no card yet, from which method and result are read; run `paperchat cards`."
    assert [said in note.text for note in topic.notes if note.code == "no_card"] == [True]
    assert "run `paperchat cards`" in " ".join(" ".join(run("topic", TOPICS[1])).split())
    assert "| no card yet |" in markdown(topic)
    with Library(Config(data_dir=folder)) as library:
        shown = str(summaries.summary(topic, library))
    assert "does not tell" not in shown
    assert shown.count(">no card yet<") >= 2 * len(topic.papers)
    assert said in shown
    run("cards")
    described = run.json("topic", TOPICS[1])
    assert all(row["has_card"] for row in described["papers"])
    assert not [note for note in described["notes"] if note["code"] == "no_card"]


def test_the_page_writes_entries_with_a_reader_s_own_keys_as_the_command_does(tmp_path: Path) -> None:
    with sample_library(tmp_path) as library:
        assistant = Assistant(library)
        topic = assistant.summary(TOPICS[0])
        shelf = library.shelf
        shelf.record([replace(shelf.paper(one.paper_id), key="mine") for one in topic.papers[:2]])
        web: Any = SimpleNamespace(assistant=assistant, work=None, marks=None, follow=None)
        shown = str(summaries.summary(topic, library))
        with pytest.raises(PaperchatError, match="no longer kept"):  # the tab's state was let go meanwhile
            Desk(web).saved(None)
        pieces = [Desk(web).saved(topic)["text"], shown.partition("Save as Markdown")[2].partition("</p>")[0]]
        entries = bibtex_entries(shelf, topic.papers)
    assert entries[0].startswith("@misc{mine,")
    for written in pieces:
        assert written.count("@misc{mine,") == 1
        assert written.count("@misc{") == len(topic.papers) == len(entries)


def test_the_command_follows_the_contract(run: Run) -> None:
    topic = run.json("topic", TOPICS[0], "--bibtex")
    assert Topic.model_validate({key: value for key, value in topic.items() if key != "bibtex"}).papers
    assert len(topic["bibtex"]) == len(topic["papers"])
    assert run.json("topic", "sourdough bread")["reason"] == "nothing_found"
    assert run.json("topic", TOPICS[0], "--author", "Shangyu Chen")["filters"]["author"] == "Shangyu Chen"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("topic", ""), "empty"),
        (("topic", "x", "--out", "nowhere/x.md"), "nowhere"),
        (("topic", "x", "--out", "."), "not a file"),
        (("topic", "x", "--from", "May"), "May"),
    ],
)
def test_wrong_usage_is_named(run: Run, words: tuple[str, ...], said: str) -> None:
    assert said in run(*words, code=2)[1]


def chat(run: Run, monkeypatch: pytest.MonkeyPatch, *lines: str, code: int = 0) -> tuple[str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    return run("chat", code=code)


def test_piped_questions_are_answered_as_ask_answers_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "How does IterQR rewrite queries?"
    asked, _ = run("ask", question)
    assert chat(run, monkeypatch, question)[0] == asked
    twice, _ = chat(run, monkeypatch, question, "", "and what data did they test on?")
    assert twice.startswith(f"{asked}\n")
    assert "Read as a follow-up" in twice


def test_commands_work_in_a_conversation(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "How does IterQR rewrite queries?"
    out, _ = chat(
        run, monkeypatch,
        "/papers", question, "/papers", "/bibtex", "/save talk.md", "/filters from 2025-11-01", "/filters",
        "/filters off", "/new", "/papers", "/nonsense", "/help", "/topic generative recommendation", "/quit",
        "What is IterQR?",
    )  # fmt: skip
    assert out.count("No paper has been cited yet.") == 2
    assert "2504.05309   IterQR" in out
    assert "@misc{chen2025:2504.05309," in out
    assert out.count("Answering from reports from 2025-11-01.") == 2
    assert "Answering from all papers." in out
    assert "/nonsense is no command" in out
    assert "/save FILE.md" in out
    assert re.search(r"\d papers in \d theme", out)
    assert out.count("Confidence:") == 1, "nothing is answered after /quit"
    saved = Path("talk.md").read_text(encoding="utf-8")
    assert question in saved
    assert "## References" in saved


def test_a_new_conversation_forgets_the_old_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = chat(run, monkeypatch, "How does IterQR rewrite queries?", "/new", "and what data did they test on?")
    assert "Read as a follow-up" not in out


def test_a_line_that_cannot_be_answered_does_not_end_the_conversation(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, error = chat(run, monkeypatch, "x" * 5000, "How does IterQR rewrite queries?", "/save .", code=1)
    assert "5,000 characters" in error
    assert "Confidence:" in out
    assert "cannot be written" in out


def test_a_conversation_needs_papers(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run.folder = tmp_path / "empty"
    _, error = chat(run, monkeypatch, "anything", code=1)
    assert "paperchat ingest" in error


def test_filters_are_read_in_any_order() -> None:
    expected = Filters(date(2025, 5, 1), date(2025, 5, 31), "Jimmy O’Lin")
    assert read_filters("author Jimmy O'Lin to 2025-05-31 from 2025-05-01") == expected
    assert read_filters("off") == Filters()


@pytest.mark.parametrize("text", ["May", "from May", "from 2025-06-01 to 2025-05-01", "author", "from"])
def test_filters_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_filters(text)


def test_a_topic_that_is_asked_about_is_answered_theme_by_theme(assistant: Assistant) -> None:
    answer = assistant.answer("What do recent papers say about generative recommendation?")
    headings = re.findall(r"^### (.+)$", answer.answer, re.MULTILINE)
    assert len(headings) == len(set(headings)) > 1
    cited = list(dict.fromkeys(citation.paper_id for citation in answer.citations))
    assert answer.answer.count("**") == 2 * len(cited)
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert cited[0] == answer.retrieved[0].paper_id, "the best paper stays first"
    assert answer.answer.startswith("### ")
    single = assistant.answer("How does IterQR rewrite queries?")
    assert "###" not in single.answer


def test_few_papers_are_not_parted_into_themes(tmp_path: Path) -> None:
    with Assistant(Library(Config(data_dir=tmp_path))) as assistant:
        assistant.library.ingest(
            make_paper(
                f"2504.0000{n}", f"Query Rewriting {n}", f"Query rewriting of kind {n} improves dense retrieval."
            )
            for n in range(1, 4)
        )
        answer = assistant.answer("What do recent papers say about query rewriting?")
    assert len({citation.paper_id for citation in answer.citations}) == 3
    assert "###" not in answer.answer
