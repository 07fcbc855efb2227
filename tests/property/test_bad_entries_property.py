"""No bad entry aborts an ingest: good entries beside one are read, and bad ones are counted."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.sources import read_source
from rag.types import Paper, Rejected

GOOD = (("2504.05309", "Tides as Tokens"), ("2504.05310", "Seasons and Other Lies"))
"""What stands before and behind the bad entry."""
MIDDLE = ("2504.05311", "The Entry in Between")
TEXT = "abcXYZ äß中\U0001f600 {}[]()<>|\\\"'`$%&#@=,;:/*_-~^\n\t\r\x00\x1b0123456789"


def bibtex(paper_id: str, title: str) -> str:
    fields = {"title": title, "author": "Ann Alpha", "eprint": paper_id, "archivePrefix": "arXiv"}
    return f"@misc{{k{paper_id},\n" + ",\n".join(f"  {name} = {{{text}}}" for name, text in fields.items()) + "\n}\n"


def ris(paper_id: str, title: str) -> str:
    return f"TY  - GEN\nTI  - {title}\nAU  - Alpha, Ann\nPY  - 2025\nUR  - https://arxiv.org/abs/{paper_id}\nER  - \n\n"


def csl(paper_id: str, title: str) -> str:
    item = {"id": paper_id, "type": "article", "title": title, "URL": f"https://arxiv.org/abs/{paper_id}"}
    return json.dumps(item | {"author": [{"family": "Alpha", "given": "Ann"}]})


def line(paper_id: str, title: str) -> str:
    row = {"arxiv_id": paper_id, "title": title, "abstract": "Of 3 things.", "authors": ["Ann Alpha"]}
    return json.dumps(row | {"date": "2025-04-10"}) + "\n"


def table(paper_id: str, title: str) -> str:
    return f"| {title} | [{paper_id}](https://arxiv.org/abs/{paper_id}) | Of 3 things. | Ann Alpha |\n"


def values(paper_id: str, title: str) -> str:
    return f"{paper_id},{title},Of 3 things.,Ann Alpha,2025-04-10\n"


HEAD = "# arXiv Daily Report - 10-Apr-2025\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
COLUMNS = "arxiv_id,title,abstract,authors,date\n"
KINDS: dict[str, tuple[Callable[[str, str], str], str, str, str]] = {
    "a.bib": (bibtex, "", "", ""),
    "a.ris": (ris, "", "", ""),
    "a.json": (csl, "[", ",\n", "]"),
    "a.jsonl": (line, "", "", ""),
    "2025-04-10.md": (table, HEAD, "", ""),
    "a.csv": (values, COLUMNS, "", ""),
}
"""How an entry is written, and what stands before, between and behind entries, by the name of the file."""


@st.composite
def mutations(draw: st.DrawFn) -> tuple[float, float, str]:
    """Which part of an entry, as shares of its length, gives way to what."""
    start, end = sorted(draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    return start, end, draw(st.text(alphabet=TEXT, max_size=12))


def read(name: str, content: str) -> tuple[list[Paper], list[Rejected]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content.encode())
        rows = list(read_source(path))
    papers = [row for row in rows if isinstance(row, Paper)]
    return papers, [row for row in rows if isinstance(row, Rejected)]


def written(name: str, middle: str) -> str:
    entry, before, between, behind = KINDS[name]
    first, last = (entry(*one) for one in GOOD)
    return before + between.join((first, middle, last)) + behind


@pytest.mark.parametrize("name", KINDS)
def test_three_good_entries_are_three_papers(name: str) -> None:
    papers, rejected = read(name, written(name, KINDS[name][0](*MIDDLE)))
    assert [one.paper_id for one in papers] == [GOOD[0][0], MIDDLE[0], GOOD[1][0]]
    assert not rejected


@pytest.mark.parametrize("name", KINDS)
@given(mutation=mutations())
@example(mutation=(0.125, 0.5, ""))  # a tag of RIS without a value
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_entry_takes_no_other_with_it(name: str, mutation: tuple[float, float, str]) -> None:
    """Whatever a part of an entry becomes, nothing is raised but that the file is none, and something is said of it."""
    start, end, text = mutation
    whole = KINDS[name][0](*MIDDLE).rstrip("\n")
    end_of_entry = KINDS[name][0](*MIDDLE)[len(whole) :]
    changed = whole[: round(start * len(whole))] + text + whole[round(end * len(whole)) :] + end_of_entry
    try:
        papers, rejected = read(name, written(name, changed))
    except SourceError:
        assert name == "a.json" or "\x00" in text, "only a document that is no JSON any more is refused whole"
        return
    read_ids = {one.paper_id for one in papers}
    assert {one[0] for one in GOOD} <= read_ids
    is_comment = name == "a.bib" and not re.search(
        r"@\w+\s*[{(]", changed
    )  # what stands between entries is, but for what reads as fields
    goes_on = name == "2025-04-10.md" and not changed.startswith("|")  # as an abstract with line ends does: it is kept
    assert len(papers) + len(rejected) >= 3 or goes_on or is_comment or not changed.strip()


BAD: dict[str, tuple[str, ...]] = {
    "a.bib": (
        "@misc{k, title = {An open brace, author = {Ann Alpha},\n}\n",
        "@misc{k\n  title = {No comma}\n}\n",
        "@misc{k, author = {No Title}}\n",
        '@misc{k, title = "An open quote, eprint = {2504.05311}}\n',
    ),
    "a.ris": ("TY  - GEN\nAU  - No, Title\nER  - \n\n", "TY  - GEN\nTI  - \nUR  - x\nER  - \n\n"),
    "a.json": ('{"type": "article"}', '{"title": 3, "id": []}', "null", '"text"', "[1, 2]", '{"title": ""}'),
    "a.jsonl": ("{\n", "null\n", "[]\n", '{"title": "No id"\n', '{"arxiv_id": "2504.05311"}\n', '"\\ud800"\n'),
    "2025-04-10.md": (
        "| | [x](https://arxiv.org/abs/2504.05311) | text | Ann |\n",
        "| A title | no link at 9999.1 |\n",
    ),
    "a.csv": ("2504.05311\n", '2504.0531,"Lost zeros",x,Ann Alpha,2025-04-10\n', ",,,,\n"),
}


@pytest.mark.parametrize(("name", "bad"), [(name, bad) for name, entries in BAD.items() for bad in entries])
def test_a_bad_entry_is_counted_and_good_ones_beside_it_are_read(name: str, bad: str) -> None:
    papers, rejected = read(name, written(name, bad))
    assert {one[0] for one in GOOD} <= {one.paper_id for one in papers}
    assert rejected or len(papers) == 3 or not bad.strip(", \n"), "what could not be read is listed"
