"""The table of what papers name: kept with them, exact, and made where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.papers.claims import Claim, claims
from rag.papers.shelf import FILE_NAME, Shelf
from rag.text.names import name_words
from rag.types import Filters, Paper
from tests.support.papers import make_paper
from tests.support.postgres import on_both

pytestmark = on_both

GRACE = make_paper(
    "2504.00001",
    "GRACE: Recommending by Journeys",
    "We propose GRACE, which reads journeys. It beats SASRec and the Mamba architecture on BERT-based features.",
    ("Michał Kłos", "Jan van den Berg", "Wei Wang"),
)
OTHER = make_paper(
    "2504.00002",
    "Adapting GRACE to Shops",
    "This paper introduces a new paradigm: the Generative Retrieval and Alignment Model (GRAM).",
    ("Søren Ærø", "Wei Wang", r"Maik Fr\"obe"),
    "2025-04-11",
)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / FILE_NAME)
    opened.record([GRACE, OTHER])
    yield opened
    opened.close()


def named(shelf: Shelf, name: str) -> list[tuple[str, Claim]]:
    return [(one.paper_id, one.claim) for one in shelf.entities.namings(name, 10)]


def by(shelf: Shelf, author: str) -> list[str]:
    return sorted(shelf.select(Filters(author=author)) or ())


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Michał Kłos", "Michal Klos"),
        ("Søren Ærø", "soren aero"),
        ("Đorđe Živić", "Dorde Zivic"),
        ("Emre Kıcıman", "emre kiciman"),
        ("Anna Weiß", "Anna Weiss"),
        ("Þóra Œuvray", "Thora Oeuvray"),
        (r"Maik Fr\"obe", "Maik Fröbe"),
        (r"J\o{}rgen Stra{\ss}e", "jorgen strasse"),
        (r"{\L}ukasz \'Slusarczyk", "Łukasz Slusarczyk"),
        (r"Erd\H{o}s P\'al", "Erdős Pál"),
    ],
)
def test_every_spelling_of_an_author_meets(tmp_path: Path, written: str, typed: str) -> None:
    shelf = Shelf(tmp_path / FILE_NAME)
    shelf.record([make_paper(authors=(written,))])
    assert shelf.is_author(typed)
    assert by(shelf, typed) == by(shelf, typed.upper()) == ["2504.00001"]
    shelf.close()


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("Wei Wang", ["2504.00001", "2504.00002"]),
        ("W. Wang", ["2504.00001", "2504.00002"]),
        ("Jan Berg", ["2504.00001"]),
        ("Berg", ["2504.00001"]),
        ("Berg Jan", []),
        ("Wei Berg", []),
        ("J. v. d. Berg", ["2504.00001"]),
        ("", []),
    ],
)
def test_papers_are_found_by_the_words_of_a_name(shelf: Shelf, name: str, papers: list[str]) -> None:
    assert sorted(shelf.entities.papers_by(name_words(name))) == papers
    assert shelf.entities.is_author(name_words(name)) is bool(papers)


def test_many_pairs_of_words_are_looked_up_at_once(shelf: Shelf) -> None:
    pairs = [("wei", "wang"), ("j", "berg"), ("wang", "wei"), ("jan", "wang")]
    assert shelf.entities.authors_between(pairs) == {
        ("wei", "wang"): [("wei", "wang")],
        ("j", "berg"): [("jan", "van", "den", "berg")],
    }
    assert shelf.entities.before("berg") == ["den", "jan", "van"]


@pytest.mark.parametrize(
    ("name", "claims_on_it"),
    [
        ("GRACE", [("2504.00001", Claim.CALLED), ("2504.00002", Claim.TITLED)]),
        ("grace", [("2504.00001", Claim.CALLED), ("2504.00002", Claim.TITLED)]),
        ("Recommending by Journeys", [("2504.00001", Claim.PART)]),
        ("grace recommending by journeys", [("2504.00001", Claim.CALLED)]),
        ("GRAM", [("2504.00002", Claim.INTRODUCED)]),
        ("generative retrieval and alignment model", [("2504.00002", Claim.INTRODUCED)]),
        ("SASRec", [("2504.00001", Claim.MENTIONED)]),
        ("Mamba", [("2504.00001", Claim.MENTIONED)]),
        ("BERT", [("2504.00001", Claim.MENTIONED)]),
        ("BERT-based", [("2504.00001", Claim.MENTIONED)]),
        ("journeys", []),
    ],
)
def test_a_name_leads_to_its_papers_by_the_strength_of_their_claim(
    shelf: Shelf, name: str, claims_on_it: list[tuple[str, Claim]]
) -> None:
    assert named(shelf, name) == claims_on_it
    assert (name in shelf.entities.held([name, "nothing"])) is bool(claims_on_it)


@pytest.mark.parametrize(
    ("text", "name", "claim"),
    [
        ("We introduce Llama Guard, a model.", "Llama Guard", Claim.INTRODUCED),
        ("Our system, called “QueryGym”, is open.", "QueryGym", Claim.INTRODUCED),
        ("We present the Deep Research Bench (DRB) of tasks.", "Deep Research Bench", Claim.INTRODUCED),
        ("We propose ways of using LoRA here.", "LoRA", Claim.MENTIONED),
        ("We propose an LLM agent.", "LLM", Claim.MENTIONED),
        ("We propose a method that beats SASRec.", "SASRec", Claim.MENTIONED),
        ("It uses a novel attention. FlashMix helps.", "FlashMix", Claim.MENTIONED),
    ],
)
def test_what_an_abstract_introduces_is_told_from_what_it_mentions(text: str, name: str, claim: Claim) -> None:
    found = {surface: claim for claim, surface in claims("A Title", text).values()}
    assert found.get(name) == claim


def test_words_within_titles_are_found_side_by_side(shelf: Shelf) -> None:
    assert shelf.entities.titled("GRACE to shops", 5) == ["2504.00002"]
    assert shelf.entities.titled("grace", 5) == ["2504.00001", "2504.00002"]
    assert shelf.entities.titled("grace", 1) == ["2504.00001"]
    assert shelf.entities.titled("GRACE shops", 5) == []
    assert shelf.entities.titled('"?', 5) == []


def test_the_table_follows_a_changed_paper(shelf: Shelf) -> None:
    shelf.record([make_paper("2504.00001", "GLIDE: Sailing", "We propose GLIDE.", ("Ada Lovelace",), "2025-05-01")])
    assert named(shelf, "GLIDE") == [("2504.00001", Claim.CALLED)]
    assert named(shelf, "GRACE") == [("2504.00002", Claim.TITLED)]
    assert (by(shelf, "Michal Klos"), by(shelf, "Ada Lovelace")) == ([], ["2504.00001"])
    assert by(shelf, "Wei Wang") == ["2504.00002"]
    older = make_paper("2504.00001", "GRIND: Older", "Older.", ("Old Name",), "2025-03-01")
    shelf.record([older])
    assert (named(shelf, "GRIND"), by(shelf, "Old Name")) == ([], [])


def test_who_wrote_nothing_else_goes_with_a_removed_paper(shelf: Shelf) -> None:
    shelf.remove(["2504.00001"])
    assert not shelf.is_author("Michal Klos")
    assert shelf.is_author("Wei Wang")
    assert named(shelf, "SASRec") == []
    assert shelf.entities.titled("journeys", 5) == []
    shelf.remove(["2504.00002"])
    with shelf._db.transaction() as db:
        for table in ("authors", "author_words", "authorship", "names", "titles", "entity_papers"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_a_failed_transaction_leaves_the_table_as_it_was(shelf: Shelf) -> None:
    def broken() -> Iterator[Paper]:
        yield make_paper("2504.00009", "GLIDE: Sailing", authors=("Ada Lovelace",))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        shelf.record(broken())
    assert (named(shelf, "GLIDE"), shelf.is_author("Ada Lovelace")) == ([], False)


SINCE = ("screened", "flags", "runs", "reviewed")
"""Tables of later schemas."""


@pytest.mark.parametrize("first", ["read", "record", "remove"])
@pytest.mark.sqlite_only
def test_a_library_of_an_earlier_schema_gets_the_table(shelf: Shelf, first: str) -> None:
    with shelf._db.transaction() as db:
        for table in ("authors", "author_words", "authorship", "names", "titles", "entity_papers"):
            db.execute(f"DROP TABLE {table}")
        db.execute("CREATE TABLE author_words (word TEXT, paper_id TEXT, PRIMARY KEY (word, paper_id))")
        db.execute("DELETE FROM meta WHERE key = 'entities'")
        for change in ("versions DROP COLUMN arxiv", "listings DROP COLUMN turn"):
            db.execute(f"ALTER TABLE {change}")
        for table in ("heard", "described", "cards", "tags", "subjects", "subject_names", "renamed", *SINCE):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP INDEX metadata_by_doi")
        db.execute("UPDATE meta SET value = '2' WHERE key = 'schema'")
    old = Shelf(shelf.path)
    if first == "record":
        old.record([make_paper("2504.00003", "GLIDE: Sailing")])
        assert named(old, "GLIDE") == [("2504.00003", Claim.CALLED)]
    if first == "remove":
        old.remove(["2504.00002"])
    assert by(old, "Michal Klos") == ["2504.00001"]
    assert named(old, "SASRec") == [("2504.00001", Claim.MENTIONED)]
    assert by(old, "Wei Wang") == ["2504.00001", *(["2504.00002"] if first != "remove" else [])]
    old.close()


@pytest.mark.parametrize("first", ["read", "record"])
def test_a_table_filled_by_other_rules_is_filled_anew(shelf: Shelf, first: str) -> None:
    with shelf._db.transaction() as db:
        db.execute("UPDATE meta SET value = '0' WHERE key = 'entities'")
        db.execute("DELETE FROM names")
    other = Shelf(shelf.place)
    if first == "record":
        other.record([make_paper("2504.00003", "GLIDE: Sailing")])
    assert named(other, "GRAM") == [("2504.00002", Claim.INTRODUCED)]
    assert other.meta("entities") != "0"
    other.close()


@pytest.mark.sqlite_only
def test_where_it_may_not_be_filled_anew_the_table_is_used_as_it_is(shelf: Shelf) -> None:
    shelf.set_meta("entities", "0")
    reader = Shelf(shelf.path)
    reader._db.execute("PRAGMA query_only = 1")
    assert (by(reader, "Michal Klos"), reader.meta("entities")) == (["2504.00001"], "0")
    reader.close()


def test_a_part_of_a_hyphenated_given_name_is_nobodys_name(shelf: Shelf) -> None:
    wei_lin = make_paper("2504.00003", "Arenas", "Votes.", ("Wei-Lin Chiang", "Javier Sanz-Cruzado", "Wu, Tsung-Han"))
    shelf.record([wei_lin, make_paper("2504.00004", "Rewriting", "Queries.", ("Wei Lin",))])
    assert (by(shelf, "Wei Lin"), by(shelf, "W. Lin"), by(shelf, "Lin")) == (["2504.00004"],) * 3
    assert by(shelf, "Tsung Han") == []
    for name in ("Wei-Lin Chiang", "Wei Lin Chiang", "W.-L. Chiang", "Chiang", "Javier Sanz", "Tsung Han Wu"):
        assert by(shelf, name) == ["2504.00003"], name
    shelf.remove(["2504.00003"])
    assert by(shelf, "Wei-Lin Chiang") == []
