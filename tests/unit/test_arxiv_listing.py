"""A selection page by page: whatever goes wrong with replies and whenever it is interrupted, nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rag.errors import FetchError
from rag.sources.arxiv import listing, lookup
from rag.sources.arxiv.connection import Connection
from rag.sources.arxiv.feed import Entry
from rag.sources.arxiv.listing import Listing
from rag.sources.arxiv.positions import FOLDER, NotFound, Position, Positions, Record
from rag.sources.arxiv.selection import Selection
from rag.types import Paper, Rejected
from tests.support.arxiv_server import ArxivServer, Fault, arxiv_server, error_feed, feed, versions

LONG_AGO = date(2000, 1, 1)
CATEGORY = Selection(("cs.IR",))


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with arxiv_server() as running:
        running.versions = versions(10)
        yield running
        running.assert_polite()


@pytest.fixture
def connection(server: ArxivServer, tmp_path: Path) -> Iterator[Connection]:
    with Connection(server.config(tmp_path)) as opened:
        yield opened


def papers(connection: Connection, since: date = LONG_AGO, stop_after: int = 99) -> list[str]:
    """Ids of a reading, which is given up before it asks for the page after `stop_after`."""
    found: list[str] = []
    for n, page in enumerate(Listing(connection, CATEGORY).pages(since), start=1):
        found += [row.paper_id for row in page.rows if isinstance(row, Paper)]
        if n == stop_after:
            break
    return found


def newest_first(count: int = 10) -> list[str]:
    return [f"2504.{n:05}" for n in range(count, 0, -1)]


def test_all_pages(server: ArxivServer, connection: Connection) -> None:
    assert papers(connection) == newest_first()
    assert [int(request.parameters["start"]) for request in server.requests] == [0, 4, 8]
    assert {request.parameters["sortBy"] for request in server.requests} == {"lastUpdatedDate"}
    assert Listing(connection, CATEGORY).since() == datetime.now(UTC).date() - timedelta(days=7)


def test_reading_ends_at_the_first_day(server: ArxivServer, connection: Connection) -> None:
    server.versions = [
        *versions(6, "2025-03-01"),
        *(replace(one, paper_id=f"2505{one.paper_id[4:]}") for one in versions(3, "2025-05-02")),
    ]
    assert papers(connection, date(2025, 5, 1)) == ["2505.00003", "2505.00002", "2505.00001"]
    assert len(server.requests) == 1


def test_new_versions_count_by_their_own_day(server: ArxivServer, connection: Connection) -> None:
    again = replace(server.versions[2], number=2, updated="2025-05-03T10:00:00Z", title="A new title")
    server.versions.append(again)
    (page,) = Listing(connection, CATEGORY).pages(date(2025, 5, 1))
    (paper,) = page.rows
    assert isinstance(paper, Paper)
    assert (paper.paper_id, paper.title, paper.date, paper.listed) == (
        "2504.00003", "A new title", date(2025, 4, 10), (date(2025, 5, 3),),
    )  # fmt: skip
    assert paper.arxiv_version == 2


def test_nothing_matches(server: ArxivServer, connection: Connection) -> None:
    server.versions = []
    assert papers(connection) == []
    assert len(server.requests) == 1


def total(said: int) -> Fault:
    return Fault(change=lambda text: re.sub(r"(totalResults[^>]*>)\d+", rf"\g<1>{said}", text))


FIRST_PAGE = feed("".join(one.entry() for one in reversed(versions(10)[-4:])), 10, 0, 4).encode()
AHEAD = feed("".join(one.entry() for one in reversed(versions(10)[:4])), 10, 6, 4).encode()
EMPTY = Fault(change=lambda text: re.sub("<entry>.*</entry>", "", text, flags=re.DOTALL))
FAULTS = {
    "empty page": [EMPTY],
    "two empty pages": [EMPTY, EMPTY],
    "429 storm that passes": [Fault(429), Fault(429)],
    "503 with Retry-After": [Fault(503, {"Retry-After": "0.1"})],
    "connection dropped": [Fault(hang_up=True)],
    "cut off, announced length": [Fault(keep=0.6)],
    "cut off, silently": [Fault(keep=0.6, silent=True)],
    "HTML instead of XML": [
        Fault(body=b"<html><body>Rate exceeded.</body></html>", headers={"Content-Type": "text/html"})
    ],
    "words instead of XML": [Fault(body=b"Rate exceeded.", headers={"Content-Type": "text/plain"})],
    "total too small": [total(3)],
    "total of a page": [total(4)],
    "total missing": [Fault(change=lambda text: text.replace("opensearch:totalResults", "opensearch:total"))],
    "total too large, once": [total(500)],
    "a short page": [
        Fault(change=lambda text: text.replace(versions(10)[7].entry(), "").replace(versions(10)[0].entry(), ""))
    ],
    "the page before again": [Fault(body=FIRST_PAGE)],
    "a page further on": [Fault(body=AHEAD)],
    "the page before again, called this one": [Fault(body=FIRST_PAGE.replace(b"startIndex", b"start"))],
}


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first page", "second page", "last page"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_loses_and_doubles_nothing(server: ArxivServer, connection: Connection, name: str, place: int) -> None:
    server.script = [Fault()] * place + FAULTS[name]
    found = papers(connection)
    assert sorted(found) == sorted(newest_first()), name
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("name", ["429 storm", "empty pages", "errors", "cut off", "total too large"])
def test_what_does_not_pass_ends_the_reading_and_the_next_goes_on(
    server: ArxivServer, connection: Connection, name: str
) -> None:
    lasting = {
        "429 storm": Fault(429),
        "empty pages": EMPTY,
        "errors": Fault(400, body=error_feed("start must be non-negative").encode()),
        "cut off": Fault(keep=0.5),
        "total too large": total(500),
    }[name]
    server.script = [Fault(), Fault()]
    server.always = lasting
    found: list[str] = []
    pages = Listing(connection, CATEGORY).pages(LONG_AGO)
    with pytest.raises(FetchError):
        found.extend(row.paper_id for page in pages for row in page.rows if isinstance(row, Paper))
    server.always = None
    before = len(server.requests)
    found += papers(connection)
    assert set(found) == set(newest_first())
    assert len(server.requests) - before <= 4


def test_an_interrupted_reading_goes_on_where_it_stopped(server: ArxivServer, tmp_path: Path) -> None:
    server.versions = versions(40)
    with Connection(server.config(tmp_path)) as connection:
        first = papers(connection, stop_after=8)  # of the eighth page it is not known whether it arrived
        before = len(server.requests)
        rest = papers(connection)
    starts = [int(request.parameters["start"]) for request in server.requests[before:]]
    assert starts == [0, 18, 22, 26, 30, 34, 38]
    assert set(first) | set(rest) == set(newest_first(40))


def test_what_arrives_during_the_interruption_is_read_first(server: ArxivServer, tmp_path: Path) -> None:
    server.versions = versions(40)
    with Connection(server.config(tmp_path)) as connection:
        first = papers(connection, stop_after=6)
        fresh = [replace(one, paper_id=f"2505{one.paper_id[4:]}") for one in versions(9, "2025-05-02")]
        again = replace(server.versions[0], number=2, updated="2025-05-03T10:00:00Z")
        server.versions += [*fresh, again]
        rest = papers(connection, stop_after=2)  # interrupted again, while the front is being read
        rest += papers(connection)
    assert set(first) | set(rest) == {one.paper_id for one in server.versions}
    assert "2504.00001" in rest[:4]


def test_an_old_position_is_not_used(tmp_path: Path) -> None:
    positions = Positions(tmp_path)
    now = datetime.now(UTC)
    for age, is_used in ((timedelta(hours=23), True), (timedelta(hours=25), False), (timedelta(hours=-1), False)):
        positions.save("k", Record(Position(now, 8, now - age), now))
        assert (positions.load("k").position is not None) is is_used
        assert positions.load("k").finished == now


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"finished": 3, "position": null}', '{"finished": null, "position": {}}']
)
def test_a_damaged_position_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "k.json").write_text(text)
    record = Positions(tmp_path).load("k")
    assert record.position is None


def test_a_title_that_was_not_found_is_asked_for_again_after_a_month(tmp_path: Path) -> None:
    then = date(2025, 5, 1)
    NotFound(tmp_path, then).add("title:00ff")
    for days, is_known in ((0, True), (29, True), (30, False)):
        assert ("title:00ff" in NotFound(tmp_path, then + timedelta(days=days))) is is_known
    for damaged in ("", "[]", '{"title:00ff": 3}', '{"title:00ff": "soon"}'):
        (tmp_path / FOLDER / "not-found.json").write_text(damaged)
        assert "title:00ff" not in NotFound(tmp_path, then)


def test_without_a_day_it_reads_from_before_the_last_reading(
    server: ArxivServer, connection: Connection, tmp_path: Path
) -> None:
    then = datetime(2025, 4, 20, tzinfo=UTC)
    Positions(tmp_path).save(CATEGORY.key, Record(None, then))
    assert Listing(connection, CATEGORY).since() == date(2025, 4, 13)


def test_a_reading_of_the_last_days_alone_leaves_the_gap_before_them_to_be_read(
    server: ArxivServer, connection: Connection, tmp_path: Path
) -> None:
    then = datetime(2025, 4, 20, tzinfo=UTC)
    Positions(tmp_path).save(CATEGORY.key, Record(None, then))
    list(Listing(connection, CATEGORY).pages(date(2025, 6, 1)))
    assert Listing(connection, CATEGORY).since() == date(2025, 4, 13)
    list(Listing(connection, CATEGORY).pages(date(2025, 4, 1)))
    assert Listing(connection, CATEGORY).since() == datetime.now(UTC).date() - timedelta(days=7)


def test_a_server_that_repeats_itself_is_noticed(server: ArxivServer, connection: Connection) -> None:
    server.always = Fault(body=FIRST_PAGE.replace(b"startIndex", b"start"))
    with pytest.raises(FetchError, match="the same papers again and again"):
        papers(connection)
    assert len(server.requests) == 7


def test_the_end_of_what_arxiv_shows(
    server: ArxivServer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "DEEPEST", 6)
    with pytest.raises(FetchError, match="More than 6 papers match"):
        papers(connection)
    assert [int(request.parameters["max_results"]) for request in server.requests] == [4, 2]


def test_entries_that_cannot_be_read_are_listed_and_lose_nothing(server: ArxivServer, connection: Connection) -> None:
    server.script = [
        Fault(change=lambda text: text.replace("<id>http://arxiv.org/abs/2504.00009v1", "<id>http://arxiv.org/abs/x y"))
    ]
    rows = [row for page in Listing(connection, CATEGORY).pages(LONG_AGO) for row in page.rows]
    assert [row.reason for row in rows if isinstance(row, Rejected)] == ["http://arxiv.org/abs/x y is no arXiv id"]
    assert len(rows) == 10


# --- single papers ---------------------------------------------------------------------------------------------------


def test_ids_are_asked_for_a_hundred_at_a_time(server: ArxivServer, connection: Connection) -> None:
    server.versions = versions(130)
    batches = list(lookup.by_id(connection, [*newest_first(130), "2504.99999", "2504.00001"]))
    assert [len(batch.entries) for batch in batches] == [100, 30]
    assert [row.reason for row in batches[1].rejected] == ["2504.99999: arXiv has no such paper"]
    assert [request.parameters["id_list"].count(",") for request in server.requests] == [99, 30, 0]


def test_an_id_that_arxiv_refuses_spoils_no_other(server: ArxivServer, connection: Connection) -> None:
    server.refused = {"2504.00003"}
    (batch,) = lookup.by_id(connection, newest_first(8))
    assert len(batch.entries) == 7
    assert [row.reason for row in batch.rejected] == ["2504.00003: arXiv has no such paper"]


def test_a_version_is_asked_for_by_its_number(server: ArxivServer, connection: Connection) -> None:
    server.versions.append(replace(server.versions[0], number=2, title="Its second title"))
    (batch,) = lookup.by_id(connection, ["2504.00001v1", "2504.00001"])
    assert [(entry.paper.arxiv_version, entry.paper.title[:7]) for entry in batch.entries] == [
        (1, "Paper 1"),
        (2, "Its sec"),
    ]


TWIN = replace(versions(1)[0], paper_id="2504.00077", authors=(("Grace Hopper", ""),))


def test_a_title_is_found_however_it_is_written(server: ArxivServer, connection: Connection) -> None:
    found = lookup.by_title(connection, "PAPER 7 on Retrieval, with $p<7$ and a title — that goes over several lines!")
    assert not isinstance(found, str)
    assert found.paper.paper_id == "2504.00007"
    assert lookup.by_title(connection, "Paper 7 on retrieval") == "arXiv has no paper of this title"
    assert lookup.by_title(connection, "…") == "its title has no words"


def test_of_papers_with_one_title_the_authors_decide(server: ArxivServer, connection: Connection) -> None:
    server.versions.append(TWIN)
    title = TWIN.title
    assert lookup.by_title(connection, title) == "arXiv has 2 papers of this title"
    found = lookup.by_title(connection, title, ["Grace Hopper"])
    assert isinstance(found, Entry)
    assert found.paper.paper_id == "2504.00077"
