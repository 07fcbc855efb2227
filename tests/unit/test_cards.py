"""Cards and tags: what they are made of, where they are kept, and what filters and facets make of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.cards.clauses import clause, goal
from rag.cards.links import code_links
from rag.cards.subjects import load_subjects, tag_of
from rag.cards.tagger import MOST, installed
from rag.config import Config
from rag.index.library import Library
from rag.papers.browse.catalogue import FACET, Catalogue
from rag.papers.browse.facets import facets
from rag.papers.descriptions import Makers, card_of, tags_of
from rag.papers.shelf import FILE_NAME
from rag.sources.bibliography.entry import arxiv_categories
from rag.types import Filters
from tests.support.papers import make_paper

SEQUENTIAL = make_paper(
    "2504.00001",
    "SeqFox: Contrastive Learning for Sequential Recommendation",
    "Sequential recommendation predicts what a user wants next. However, existing methods suffer from sparse data. "
    "In this paper, we propose SeqFox, a contrastive framework for sequential recommendation. SeqFox augments "
    "sequences with two encoders. Experiments on the MovieLens and Yelp datasets show that SeqFox improves NDCG@10 by "
    "12.3% over strong baselines. Our code is available at https://github.com/fox/seqfox.",
    categories=("cs.IR", "cs.LG"),
)
THEORY = make_paper(
    "2504.00002", "A Note on Lower Bounds", "We show a lower bound for string matching.", day="2025-05-02"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("cards"))) as library:
        library.ingest([SEQUENTIAL, THEORY])
        yield library


def test_a_card_says_what_the_abstract_says_in_its_own_words(library: Library) -> None:
    card, text = card_of(library.shelf, "2504.00001"), library.paper("2504.00001").text
    assert card is not None
    assert card.task is not None
    assert card.method is not None
    assert card.result is not None
    assert "sequential recommendation" in card.task.text
    assert "SeqFox" in card.method.text
    assert card.result.text == "SeqFox improves NDCG@10 by 12.3% over strong baselines."
    assert [span.text for span in card.code] == ["https://github.com/fox/seqfox"]
    assert {"MovieLens", "Yelp"} & {span.text for span in card.data}
    for _, spans in card.fields():
        assert all(text[span.start : span.end] == span.text for span in spans)


def test_what_an_abstract_does_not_say_is_empty(library: Library) -> None:
    card = card_of(library.shelf, "2504.00002")
    assert card is not None
    assert (card.data, card.code) == ((), ())
    assert card.as_json()["code"] == []


def test_tags_are_known_after_ingest_and_found_by_any_name(library: Library) -> None:
    tags = tags_of(library.shelf, "2504.00001")
    assert tags is not None
    assert len(tags) <= MOST
    assert tags[0].as_json() == {"tag": "sequential-recommendation", "label": "Sequential Recommendation"}
    for name in (
        "sequential-recommendation",
        "Sequential Recommendation",
        "next-item prediction",
        "recommender-systems",
    ):
        assert library.shelf.select(Filters.read({"tag": name})) == frozenset({"2504.00001"}), name
    assert library.shelf.select(Filters.read({"tag": "robotics"})) == frozenset()
    assert library.shelf.select(Filters.read({"tag": "robotics, recommendation"})) == frozenset({"2504.00001"})


def test_all_fields_that_are_asked_for_must_be_there(library: Library) -> None:
    assert library.shelf.select(Filters.read({"has": "task"})) == frozenset({"2504.00001", "2504.00002"})
    assert library.shelf.select(Filters.read({"has": "code, task"})) == frozenset({"2504.00001"})


def test_facets_count_what_each_filter_would_leave(library: Library) -> None:
    found = facets(library.shelf)
    assert (found.papers, found.described) == (2, 2)
    assert found.months == {"2025-04": 1, "2025-05": 1}
    assert found.categories == {"cs.IR": 1, "cs.LG": 1}
    for tag, count in found.tags.items():
        assert len(library.shelf.select(Filters(tag=tag.tag)) or ()) == count
    for name, count in found.has.items():
        assert len(library.shelf.select(Filters(has=name)) or ()) == count
    assert facets(library.shelf, Filters.read({"from": "2025-05"})).months == {"2025-05": 1}


@pytest.mark.sqlite_only
def test_every_label_and_name_of_a_subject_finds_its_papers(library: Library) -> None:
    db = sqlite3.connect(library.shelf.path)
    for subject in load_subjects().subjects:
        for name in (subject.tag, *subject.labels):
            ((row, asked),) = Filters.read({"tag": name}).given()
            sql = "SELECT tag FROM subject_names WHERE name IN (SELECT value FROM json_each(?))"
            assert subject.tag in {tag for (tag,) in db.execute(sql, (row.bound(asked),))}, name
    db.close()


def test_a_category_may_be_called_anything(library: Library) -> None:
    library.shelf.record([make_paper("2504.00007", "Of Both", categories=("Food and Drink",))])
    assert library.shelf.select(Filters.read({"category": "Food and Drink or cs.XX"})) == frozenset({"2504.00007"})
    library.shelf.remove(["2504.00007"])


def test_the_page_and_the_command_line_count_the_same(tmp_path: Path) -> None:
    rows = [
        make_paper("2504.00001", "Graphs of Rocks", categories=("hep-th", "cs.IR")),
        make_paper("2504.00002", "Rocks and Water", categories=("hep-th",), undated=True, day="2026-11-28"),
        make_paper("2504.00003", "Bread", categories=("math-ph",)),
    ]
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest(rows)
        whole, page = facets(library.shelf), Catalogue(library.shelf)
        shown = page.facets()
        assert dict(shown["category"]) == whole.categories == {"hep-th": 2, "cs.IR": 1, "math-ph": 1}
        assert dict(shown["month"]) == whole.months == {"2025-04": 2}
        assert dict(shown["tag"]) == {tag.label: count for tag, count in list(whole.tags.items())[:FACET]}
        assert dict(shown["has"]) == whole.has
        assert whole.papers == 3
        for category, count in shown["category"]:
            assert page.page(filters=Filters(category=category)).total == count
        assert dict(page.facets("rocks", among=["2504.00002", "2504.00003"])["category"]) == {"hep-th": 1}
        page.close()


@pytest.mark.sqlite_only
def test_a_library_without_cards_says_so_and_gets_the_same_ones_later(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([SEQUENTIAL, THEORY])
        made = [(card_of(library.shelf, i), tags_of(library.shelf, i)) for i in ("2504.00001", "2504.00002")]
    db = sqlite3.connect(tmp_path / FILE_NAME)
    for table in ("described", "cards", "tags", "subjects", "subject_names", "renamed"):
        db.execute(f"DROP TABLE {table}")
    for table in ("screened", "flags", "runs", "reviewed"):
        db.execute(f"DROP TABLE {table}")
    db.execute("DROP INDEX metadata_by_doi")
    db.execute("DELETE FROM meta WHERE key = 'subjects'")
    db.execute("UPDATE meta SET value = '4' WHERE key = 'schema'")
    db.commit()
    db.close()
    with Library(Config(data_dir=tmp_path)) as library:
        assert card_of(library.shelf, "2504.00001") is None
        assert tags_of(library.shelf, "2504.00001") is None
        assert library.shelf.descriptions.unknown() == 2
        with library.writing():
            assert library.describe_missing() == 2
            assert library.describe_missing() == 0
        assert made == [(card_of(library.shelf, i), tags_of(library.shelf, i)) for i in ("2504.00001", "2504.00002")]


def test_another_text_is_another_card_and_a_removed_paper_has_none(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("2504.00003", "Only a Title of Four", "")])
        bare = card_of(library.shelf, "2504.00003")
        assert bare is not None
        assert bare.task is None
        library.ingest([make_paper("2504.00003", "Only a Title of Four", SEQUENTIAL.abstract, day="2025-04-11")])
        filled = card_of(library.shelf, "2504.00003")
        assert filled is not None
        assert filled.result is not None
        library.remove(["2504.00003"])
        assert facets(library.shelf).has == {}
        assert library.shelf.descriptions.missing(Makers("", "")) == []


def test_a_text_that_is_filled_in_leaves_its_old_card_behind(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("2504.00003", "Sequential Recommendation with Transformers", "")])
        assert facets(library.shelf).tags
        library.shelf.record(
            [make_paper("2504.00003", "Sequential Recommendation with Transformers", day="2025-04-11")]
        )
        assert library.shelf.descriptions.unknown() == 1
        found = facets(library.shelf)
        assert (found.papers, found.described, found.tags, found.has) == (1, 0, {}, {})


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Code: https://github.com/a/b.", ["https://github.com/a/b"]),
        ("See github.com/a/b_c, and (https://huggingface.co/x/y).", ["github.com/a/b_c", "https://huggingface.co/x/y"]),
        ("Our page is https://example.org/paper.", []),
        ("The dataset is released at https://example.org/data (v2).", ["https://example.org/data"]),
        ("The code is at this https URL. Our page: https://example.org/x", []),
        (r"\url{https://github.com/a\_b/c}", [r"https://github.com/a\_b/c"]),
        (
            "https://fox.github.io/seq/ and https://zenodo.org/record/1",
            ["https://fox.github.io/seq/", "https://zenodo.org/record/1"],
        ),
        ("https:// and http://", []),
    ],
)
def test_addresses_of_code_are_told_by_host_or_sentence(text: str, links: list[str]) -> None:
    assert [text[a:b] for a, b in code_links(text)] == links


SUMMARY = "Fox reads the whole history of a user once and keeps a short summary of it"
MUSIC = "we study how people search for music on the web."
GAIN = "Fox beats all strong baselines by 3.1%."
FURTHER = "which is then given to a frozen language model that ranks the candidates of the day."
BETTER = "which then improves the ranking of the candidates of the day by 4.2% on average."


@pytest.mark.parametrize(
    ("sentence", "field", "said"),
    [
        (f"In this paper, {MUSIC}", "task", MUSIC),
        (f"Extensive experiments on three datasets show that {GAIN}", "result", GAIN),
        ("We find it.", "result", "We find it."),
        ("Results show that it works.", "result", "Results show that it works."),
        (f"{SUMMARY}, {FURTHER}", "method", SUMMARY),
        (f"{SUMMARY}, {BETTER}", "result", f"{SUMMARY}, {BETTER}"),
    ],
)
def test_a_sentence_is_cut_to_what_it_says_and_no_shorter(sentence: str, field: str, said: str) -> None:
    start, end = clause(sentence, (0, len(sentence)), field)
    assert sentence[start:end] == said


def test_what_is_offered_is_for_something() -> None:
    offer = "we introduce PLUM, a framework designed to adapt language models for recommendation."
    start, end = goal(offer, (0, len(offer)))
    assert offer[start:end] == "adapt language models for recommendation."
    for kept in (
        "people look for music on the web.",
        "we introduce Fox (a Framework for Looking at Music), a light encoder.",
        "we introduce Fox, which reads the history of a user once.",
        "we introduce Fox for music.",
    ):
        assert goal(kept, (0, len(kept))) == (0, len(kept))


def test_the_vocabulary_is_sound() -> None:
    vocabulary = load_subjects()
    assert len({subject.tag for subject in vocabulary.subjects}) == len(vocabulary.subjects) >= 150
    for subject in vocabulary.subjects:
        assert tag_of(subject.label) == subject.tag
        assert not subject.broader or subject.broader in vocabulary.numbers
        assert subject.tag not in vocabulary.above(subject.tag)
        assert not subject.arxiv or subject.arxiv in arxiv_categories().values()


def test_labels_are_found_whatever_their_form_and_the_longer_one_wins() -> None:
    vocabulary = load_subjects()

    def found(text: str) -> set[str]:
        return {vocabulary.subjects[match.subject].tag for match in vocabulary.matches(text)}

    assert found("Recommender Systems") == found("a recommender system") == {"recommender-systems"}
    assert "recommender-systems" not in found("for sequential recommendation")
    assert "hashing" in found("Learning to Hash")
    assert found("he said: sam and I are agentless") == set()
    assert "image-segmentation" in found("with SAM")
    whole, begun = vocabulary.composed("LLMs for better recommendations", "")
    assert {vocabulary.subjects[n].tag for n in whole} == {"llm-based-recommendation"}
    assert not begun


def test_tags_need_no_vector_and_do_not_vary() -> None:
    tags = installed().tags(SEQUENTIAL.title, SEQUENTIAL.abstract, None)
    assert tags == installed().tags(SEQUENTIAL.title, SEQUENTIAL.abstract, None)
    assert tags[0] == "sequential-recommendation"
