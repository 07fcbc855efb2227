"""Tables, list, feed, digest and page of an edition: what is written can be read back, and is only text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.errors import LibraryError
from rag.follow.changes import Change, Cited
from rag.follow.questions import Brought
from rag.papers.browse.days import Listing, Revision
from rag.papers.readers.followed import Asking, Followed
from rag.sources import discover, read_source
from rag.text.differences import compare
from rag.topics.digest import Changed, Digest, Entry, Part
from rag.types import Paper
from tests.support.papers import make_paper
from ui.edition import Edition, write_edition
from ui.edition.atom import feed
from ui.edition.document import markdown
from ui.edition.tables import MADE, by_day, comma_separated, daily_table
from ui.edition.webpage import page
from ui.edition.wording import stretches

DAY = date(2025, 4, 10)
PLANTED = "[https://arxiv.org/abs/2504.09999](https://arxiv.org/abs/2504.09999)"
HOSTILE = (
    "<script>alert(1)</script> <img src=https://example.org/x.png> ![x](https://example.org/y.png) "
    "[l](javascript:alert(1)) \x07\x1b[31m \ud7ff & \"quoted\" 'text' </style></main>"
)


def read_back(text: str, folder: Path) -> list[object]:
    path = folder / f"{DAY}.md"
    path.write_text(text, encoding="utf-8", newline="")
    return list(read_source(path))


@pytest.mark.parametrize(
    "paper",
    [
        make_paper(),
        make_paper(title="One\nof two lines", abstract="a | b |\n| c |\n\nd"),
        make_paper(title="Pipes | in the title", abstract="Said: | x | y"),
        make_paper(abstract=""),
        make_paper(authors=()),
        make_paper(authors=("Robert Heath, Jr.", "Jo Doe (Science, Technology)", "李 明")),
        make_paper("hep-th/9901001", "$\\alpha$ &amp; <b>bold</b>"),
    ],
    ids=lambda paper: repr(paper.title + paper.abstract)[:30],
)
def test_a_table_reads_back_as_the_papers_or_names_those_it_cannot_hold(paper: Paper, tmp_path: Path) -> None:
    others = [make_paper(f"2504.0000{n}", f"Other {n}") for n in (2, 3)]
    table, left_out = daily_table(DAY, [others[0], paper, others[1]])
    read = read_back(table, tmp_path)
    said = [(row.paper_id, row.title, row.abstract, row.authors) for row in read if isinstance(row, Paper)]
    assert len(said) == len(read)
    assert said == [
        (p.paper_id, p.title, p.abstract, p.authors) for p in (others[0], paper, others[1]) if p not in left_out
    ]
    assert others[0] not in left_out
    assert others[1] not in left_out


def test_most_odd_papers_are_held_by_a_table() -> None:
    odd = [
        make_paper(title="One\nof two lines", abstract="a | b |\nc"),
        make_paper(title="Pipes | in the title", abstract="Said: | x | y"),
        make_paper(authors=("Robert Heath, Jr.", "Jo Doe (Science, Technology)")),
    ]
    assert [daily_table(DAY, [paper])[1] for paper in odd] == [[], [], []]


@pytest.mark.parametrize(
    "paper",
    [
        make_paper(authors=("Ada, Countess of Lovelace",)),
        make_paper(abstract=f"x |\n| Planted | {PLANTED} | y | z"),
        make_paper("title:0123", url=""),
        make_paper(title="a\n| b"),
    ],
    ids=["comma in a name", "a row within an abstract", "no address", "pipe in a title of two lines"],
)
def test_a_paper_that_a_table_cannot_hold_changes_none_of_its_neighbours(paper: Paper, tmp_path: Path) -> None:
    others = [make_paper(f"2504.0000{n}", f"Other {n}") for n in (2, 3)]
    table, left_out = daily_table(DAY, [others[0], paper, others[1]])
    assert left_out == [paper]
    assert [row.paper_id for row in read_back(table, tmp_path) if isinstance(row, Paper)] == [
        "2504.00002",
        "2504.00003",
    ]


TEXT = st.text(alphabet=st.sampled_from("ab|\\\n[]() \u00e9-#"), max_size=30).map(str.strip)


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3))
def test_whatever_texts_hold_the_table_gives_back_what_it_keeps(texts: list[tuple[str, str]]) -> None:
    papers = [make_paper(f"2504.0000{n}", title, abstract) for n, (title, abstract) in enumerate(texts)]
    table, left_out = daily_table(DAY, papers)
    again, nothing = daily_table(DAY, [paper for paper in papers if paper not in left_out])
    assert (again, nothing) == (table, [])


def test_days_are_told_apart() -> None:
    first, second = make_paper("2504.00001"), make_paper("2504.00002")
    later = date(2025, 4, 11)
    tables = by_day([Listing(DAY, first), Listing(DAY, second), Listing(later, first)])
    assert tables == {DAY: [first, second], later: [first]}


def test_the_list_holds_every_paper_as_it_is() -> None:
    paper = make_paper(
        "title:0123",
        'Said "so", then;\nnext',
        "a, b\n\nc",
        ("Robert Heath, Jr.", "B C"),
        url="",
        categories=("cs.IR", "cs.CL"),
    )
    (row,) = csv.DictReader(io.StringIO(comma_separated([Listing(DAY, paper)]), newline=""))
    assert (row["Date"], row["Paper ID"], row["Title"], row["Abstract"]) == (
        "2025-04-10", paper.paper_id, paper.title, paper.abstract,
    )  # fmt: skip
    assert (row["Authors"], row["Categories"]) == ("Robert Heath, Jr.; B C", "cs.IR cs.CL")


def test_nothing_in_the_list_is_a_formula() -> None:
    attack = '=HYPERLINK("http://elsewhere.example")'
    paper = make_paper("2504.00001", attack, attack, (attack,), url=attack, comment=attack, doi=attack, licence=attack)
    (row,) = csv.DictReader(io.StringIO(comma_separated([Listing(DAY, paper)]), newline=""))
    assert [name for name, text in row.items() if text.startswith("=")] == []
    assert row["Title"] == f"'{attack}"


def edition(*papers: Paper, old: str = "We use two layers.", new: str = "We use three layers.") -> Edition:
    entries = tuple(
        Entry(paper, (paper.abstract_start, paper.abstract_start + len(paper.abstract))) for paper in papers
    )
    before, after = make_paper("2504.00009", "Old", old, version=1), make_paper("2504.00009", "Old", new, version=2)
    changed = Changed(Revision(DAY, before, after), tuple(compare("Old", "Old")), tuple(compare(old, new)))
    cited = Cited("2504.00001", 1, papers[0].title, papers[0].url, (papers[0].abstract,))
    moment = datetime(2025, 4, 10, 6, 30, tzinfo=UTC)
    followed = Brought(
        Followed(1, f"What of {papers[0].title}?", moment, "x", ""), Asking(moment, DAY, ()), Change(new=(cited,))
    )
    digest = Digest(DAY, DAY, (Part(papers[0].title, entries),), (changed,))
    return Edition(tuple(Listing(DAY, paper) for paper in papers), digest, (followed,))


@pytest.mark.parametrize("write", [markdown, page])
def test_a_paper_that_is_new_and_changed_stands_once_with_what_changed(write: Callable[[Edition], str]) -> None:
    new = make_paper("2504.00009", "Old", "We use three layers.", version=2)
    text = write(edition(new))
    assert (text.count("three"), text.count("two")) == (1 + 1 + 1, 1), "its line, the change, the followed question"
    assert (text.count("version 2 after 1"), "New versions" in text) == (1, False)
    earlier = write(edition(make_paper()))
    assert (earlier.count("version 2 after 1"), "New versions" in earlier) == (1, True)
    renamed = edition(new, old=new.abstract, new=new.abstract)
    assert ("Abstract" in write(renamed)) == (write is page), "which holds the abstract where that has not changed"


ATOM = "{http://www.w3.org/2005/Atom}"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def valid(content: bytes) -> Element:
    """A feed that keeps what RFC 4287 demands of feeds and entries."""
    root: Element = ElementTree.fromstring(content)
    assert root.tag == f"{ATOM}feed"
    for one in (root, *root.iter(f"{ATOM}entry")):
        for tag in ("id", "title", "updated"):
            (found,) = one.findall(ATOM + tag)
            assert found.text
        assert STAMP.fullmatch(one.findtext(f"{ATOM}updated", ""))
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one.findtext(f"{ATOM}id", ""))
        assert all(person.findtext(f"{ATOM}name") for person in one.findall(f"{ATOM}author"))
        links = [link.attrib["href"] for link in one.findall(f"{ATOM}link")]
        assert len(links) <= 1
        assert all(re.match(r"https?://", link) for link in links)
    assert root.findall(f"{ATOM}author")  # for entries without one
    ids = [one.findtext(f"{ATOM}id") for one in root.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    for one in root.iter(f"{ATOM}entry"):
        assert one.findall(f"{ATOM}link") or one.findall(f"{ATOM}content")
    return root


def test_the_feed_is_valid_and_its_ids_stay() -> None:
    made = edition(make_paper(categories=("cs.IR",)), make_paper("title:01", "No address", authors=(), url=""))
    root = valid(feed(made))
    entries = root.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in entries][:1] == ["Followed: What of A Title?"]
    assert {one.findtext(f"{ATOM}title") for one in entries} == {
        "Followed: What of A Title?", "Version 2: Old", "A Title", "No address",
    }  # fmt: skip
    assert root.findtext(f"{ATOM}updated") == "2025-04-10T06:30:00Z"
    assert any("[-two-]{+three+}" in one.findtext(f"{ATOM}content", "") for one in entries)
    assert feed(made) == feed(made)


def test_a_feed_of_nothing_is_valid() -> None:
    root = valid(feed(Edition((), Digest(DAY, DAY, (), ()), ())))
    assert root.findtext(f"{ATOM}updated") == "2025-04-10T00:00:00Z"


def test_a_withdrawn_paper_is_marked_in_every_file() -> None:
    made = edition(make_paper(withdrawn=True))
    for text in (feed(made).decode(), markdown(made), page(made)):
        assert text.count("Withdrawn. ") == 1


class Tags(HTMLParser):
    """What a page consists of, and all text of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile() -> Edition:
    paper = make_paper("2504.00001", HOSTILE, HOSTILE, (HOSTILE,), url="javascript:alert(1)")
    return edition(paper, old=HOSTILE, new=f"More. {HOSTILE}")


def test_strangers_texts_are_text_on_the_page(hostile: Edition) -> None:
    found = Tags(page(hostile))
    names = {tag for tag, _ in found.tags}
    assert not names & {"script", "img", "iframe", "link", "object", "form", "base"}
    assert "<script>alert(1)</script>" in found.text
    for _, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")]
        target = attributes.get("href")
        assert target is None or target.startswith(("#", "https://arxiv.org/abs/"))
    policy = next(attributes for _, attributes in found.tags if attributes.get("http-equiv"))
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_strangers_texts_are_text_in_the_digest(hostile: Edition) -> None:
    shown = Tags(MarkdownIt("commonmark", {"html": True}).render(markdown(hostile)))
    names = {tag for tag, _ in shown.tags}
    assert names <= {"h1", "h2", "h3", "p", "strong", "em", "br", "blockquote", "ul", "li", "a"}
    assert all(attributes["href"] for tag, attributes in shown.tags if tag == "a")
    assert not [a for tag, a in shown.tags if tag == "a" and not (a["href"] or "").startswith("https://arxiv.org/")]
    assert "<script>alert(1)</script>" in shown.text


def test_strangers_texts_are_text_in_the_feed(hostile: Edition) -> None:
    root = valid(feed(hostile))
    assert "<script>alert(1)</script>" in (root.findtext(f"{ATOM}entry/{ATOM}title") or "")


def test_a_folder_of_editions_gives_back_its_tables_alone(hostile: Edition, tmp_path: Path) -> None:
    digests = [tmp_path / "digest.md", tmp_path / "digest.html"]
    digests[0].write_text(f"{markdown(hostile)}\n\n{daily_table(DAY, [make_paper()])[0]}")  # as much a report as can be
    digests[1].write_text(page(hostile))
    table = tmp_path / "renamed.md"
    table.write_text(daily_table(DAY, [make_paper()])[0])
    found = discover([tmp_path])
    assert (found.files, set(found.other)) == ((table,), set(digests))
    named = discover([digests[0]])
    assert named.files == ()
    assert [error.message for error in named.errors] == [f"{digests[0]} is a digest of papers."]
    assert [row.date for row in read_source(table) if isinstance(row, Paper)] == [DAY]


def test_changed_places_are_shown_with_a_few_words_around() -> None:
    before = "one two three four five six seven eight nine ten eleven twelve thirteen. We use it. " + "x " * 40 + "end"
    after = before.replace("We use it", "We drop it").replace("end", "the end")
    shown = stretches(compare(before, after), str, "[-{}-]".format, "{{+{}+}}".format)
    assert shown == ("… nine ten eleven twelve thirteen. We [-use-]{+drop+} it. x x x x x … x x x x x x {+the+} end")
    assert stretches(compare(before, before), str, str, str) == ""


def test_a_report_that_somebody_else_wrote_is_not_replaced(tmp_path: Path) -> None:
    edition = Edition((Listing(DAY, make_paper()),), Digest(DAY, DAY, (), ()), ())
    write_edition(edition, tmp_path)
    write_edition(edition, tmp_path)  # what this command wrote may be written anew
    table = tmp_path / f"{DAY}.md"
    theirs = table.read_text().replace(f" {MADE}", "")
    table.write_text(theirs)
    with pytest.raises(LibraryError, match="was not written by this command"):
        write_edition(edition, tmp_path)
    assert table.read_text() == theirs
