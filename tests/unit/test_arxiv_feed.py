"""arXiv's Atom as the API and the daily announcements write it → papers; what is no feed is said to be none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.sources.arxiv.connection import Reply, Unusable
from rag.sources.arxiv.feed import ArxivId, Refused, is_withdrawn, read_feed
from tests.support.arxiv_server import Version, announcements, error_feed, feed

ONE = Version(
    "2504.05309",
    3,
    "IterQR: bounds for $p<b$ and AT&T lists in a title that is broken by the feed",
    "We show $n < m$.\n  A second paragraph follows.",
    "2025-04-07T17:59:59Z",
    "2025-06-02T08:00:00Z",
    comment="12 pages, 3 figures; accepted at SIGIR'25",
    doi="10.1145/3726302.3730000",
)


def read(text: str | bytes) -> object:
    return read_feed(Reply(text.encode() if isinstance(text, str) else text, "application/atom+xml"))


def test_an_entry_of_the_api() -> None:
    found = read_feed(Reply(feed(ONE.entry(), 17).encode(), ""))
    (entry,) = found.entries
    paper = entry.paper
    assert (found.total, found.size, entry.paper.arxiv_version) == (17, 1, 3)
    assert (paper.paper_id, paper.url) == ("2504.05309", "https://arxiv.org/abs/2504.05309")
    assert paper.title == "IterQR: bounds for $p<b$ and AT&T lists in a title that is broken by the feed"
    assert paper.abstract == "We show $n < m$.\nA second paragraph follows."
    assert paper.authors == ("Ada Lovelace", "Émile Zola")
    assert (paper.date, paper.listed) == (date(2025, 4, 7), (date(2025, 6, 2),))
    assert paper.categories == ("cs.IR", "cs.CL")
    assert (paper.comment, paper.doi) == ("12 pages, 3 figures; accepted at SIGIR'25", "10.1145/3726302.3730000")
    assert paper.withdrawn is False


def test_where_a_paper_appeared_is_kept_before_its_comment() -> None:
    space = 'xmlns:arxiv="http://arxiv.org/schemas/atom"'
    journal = f"<arxiv:journal_ref {space}>J. Examples 3 (2025)\n 4-5</arxiv:journal_ref>"
    told = ONE.entry().replace("<arxiv:comment", f"{journal}<arxiv:comment")
    (entry,) = read_feed(Reply(feed(told, 1).encode(), "")).entries
    assert entry.paper.comment == f"J. Examples 3 (2025) 4-5; {ONE.comment}"


def test_an_entry_of_the_announcements() -> None:
    (entry,) = read_feed(Reply(announcements(ONE.announcement("2025-06-03")).encode(), "")).entries
    assert (entry.paper.paper_id, entry.paper.arxiv_version) == ("2504.05309", 3)
    assert entry.paper.abstract == "We show $n < m$.\nA second paragraph follows."
    assert entry.paper.authors == ("Ada Lovelace", "Émile Zola")
    assert entry.paper.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert entry.paper.listed == (date(2025, 6, 3),)


def test_a_day_without_papers() -> None:
    assert read_feed(Reply(announcements("").encode(), "")).size == 0


def test_classes_of_other_schemes_are_no_categories() -> None:
    one = replace(ONE, categories=("math.AG", "14J60 (Primary) 14F05", "H.3.3", "hep-th"))
    (entry,) = read_feed(Reply(feed(one.entry(), 1).encode(), "")).entries
    assert entry.paper.categories == ("math.AG", "hep-th")


@pytest.mark.parametrize(
    ("address", "paper_id", "version"),
    [
        ("http://arxiv.org/abs/hep-th/9901001v2", "hep-th/9901001", 2),
        ("http://arxiv.org/abs/0704.0001v12", "0704.0001", 12),
        ("https://export.arxiv.org/abs/2504.05309", "2504.05309", 0),
    ],
)
def test_ids(address: str, paper_id: str, version: int) -> None:
    text = feed(ONE.entry(), 1).replace("<id>http://arxiv.org/abs/2504.05309v3</id>", f"<id>{address}</id>")
    (entry,) = read_feed(Reply(text.encode(), "")).entries
    assert (entry.paper.paper_id, entry.paper.arxiv_version) == (paper_id, version)


def test_an_id_may_name_a_version() -> None:
    found = ArxivId.read(" https://arxiv.org/abs/2504.05309v2 ")
    assert found
    assert (found.paper_id, found.version, found.versioned) == ("2504.05309", 2, "2504.05309v2")
    assert ArxivId.read("title:abc") is None
    assert ArxivId.read("S2-4711") is None


def test_what_cannot_be_read_is_listed() -> None:
    broken = [
        ONE.entry().replace("2504.05309v3</id>", "</id>"),
        ONE.entry().replace(f"<updated>{ONE.updated}</updated>", "").replace(ONE.published, "yesterday"),
        replace(ONE, title="").entry(),
        replace(ONE, abstract="word " * 20_000).entry(),
    ]
    found = read_feed(Reply(feed("".join([*broken, ONE.entry()]), 5).encode(), ""))
    assert found.size == 5
    assert len(found.entries) == 1
    assert [row.reason for row in found.rejected] == [
        "http://arxiv.org/abs/ is no arXiv id",
        "2504.05309: it has no date",
        "2504.05309: it has no title",
        "2504.05309: its title or abstract is longer than any paper's",
    ]


def test_an_error_is_no_paper() -> None:
    with pytest.raises(Refused, match="incorrect id format for 1234"):
        read(error_feed("incorrect id format for 1234"))


WHOLE = feed(ONE.entry(), 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rate exceeded.",
        "<html><body>Rate exceeded.</body></html>",
        "<!DOCTYPE html><html><body><p>503<br></body></html>",
        WHOLE[: len(WHOLE) // 2],
        WHOLE[:-9],
        WHOLE.encode()[:-8] + b"\xff\xfe",
        '<!DOCTYPE f [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>',
        '<?xml version="1.0" encoding="no-such"?><feed/>',
        "<rss version='2.0'><channel/></rss>",
    ],
)
def test_what_is_no_whole_feed_is_asked_for_again(text: str | bytes) -> None:
    with pytest.raises(Unusable):
        read(text)


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the author due to a crucial sign error in equation 1",
        "This paper has been withdrawn",
        "This article has been withdrawn by arXiv administrators because of a disputed authorship",
        "The submission has been withdrawn by the authors",
        "Withdrawn: superseded by arXiv:2501.00001",
        "arXiv admin note: This submission has been withdrawn by arXiv administrators",
        "This preprint is now withdrawn",
        "8 pages. This manuscript was withdrawn as section 3 has an error",
    ],
)
def test_withdrawals(comment: str) -> None:
    assert is_withdrawn(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "12 pages, 3 figures",
        "We study papers that have been withdrawn from journals",
        "Accepted at SIGIR 2025; the data of withdrawn papers is included",
        "An earlier claim of Smith et al. has been withdrawn",
        "arXiv admin note: text overlap with arXiv:2501.00001",
    ],
)
def test_no_withdrawals(comment: str) -> None:
    assert not is_withdrawn(comment)
