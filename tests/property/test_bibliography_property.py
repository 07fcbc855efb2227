"""Bibliographies: papers that are written and read again are the same papers, whatever their texts hold."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.papers.bibliography.references import FORMATS
from rag.sources import read_source
from rag.sources.bibliography.own import made_key
from rag.sources.identifiers import doi_id, title_id
from rag.text.latex import decode, encode, is_balanced
from rag.types import Paper
from rag.types.own_entry import OwnEntry

PIECES = (
    "\\", "{", "}", "$", "&", "%", "#", "_", "^", "~", '\\"', "\\'", "\\ss", "\\emph{in vivo}", "$x_{1}$", "{DNA}",
    "{}", "\\H{o}", "\\&", "\\{", "\\(a\\)", "\\textbackslash{}", " ", '"', "'", "@misc{", "=", ",", "-", "--", "é",
    "ß", "王", "a", "Bc", "1M", "and", "\\alpha", "<i>", "&amp;", "%%", "\\textbf", "[x]", "ER  - ", "TI  - ",
)  # fmt: skip
WILD = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=30)
WORD = st.text("abcdefghijklmnopqrstuvwxyzäöéł", min_size=1, max_size=8)
NAME = st.builds(
    lambda given, particle, family, suffix: " ".join([*given, *particle, family]) + suffix,
    st.lists(WORD.map(str.title) | st.sampled_from(["J.", "Jean-Luc", "O'Neil"]), min_size=1, max_size=3),
    st.sampled_from([(), (), ("van", "der"), ("de",)]),
    WORD.map(str.title) | st.sampled_from(["McDonald", "Erd\\H{o}s", "{\\L}ukasz", "Smith & Co", "O_1"]),
    st.sampled_from(["", "", ", Jr.", " Jr.", " III", ", III", " (MIT, Boston)", ", Ph.D."]),
) | st.sampled_from(
    ["王小明", "The ATLAS Collaboration", "Barnes and Noble", "danah boyd", "OpenAI", "X AE A-12", "Jr."]
)
CATEGORY = st.sampled_from(["cs.IR", "cs.CL", "stat.ML", "hep-th", "cs", "to read", "a, b", "x;y", "biology"])
DOI = st.sampled_from(
    ["", "", "10.1000/JEX_12.3(4)", "10.1145/3404835.3462889", "10.1002/(SICI)1097<1::AID>3.0.CO;2-{a"]
)

OWN = [
    OwnEntry("bibtex", "article", (("journal", r"A {J} \& B"), ("volume", "3"), ("note", "12 p"), ("isbn", "1"))),
    OwnEntry("bibtex", "inproceedings", (("keywords", "to-read, cs.IR"), ("howpublished", r"\url{x_y}"))),
    OwnEntry("ris", "JOUR", (("JO", "A"), ("N1", "12 p"), ("KW", "x"), ("KW", "cs.IR"), ("A2", "f"), ("A2", "g"))),
    OwnEntry("csl", "article-journal", (("container-title", '"A"'), ("note", '"12 p"'), ("keyword", '"x, cs.IR"'))),
]


def folded(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    title = folded(draw(WILD)) or "A title"
    own = draw(st.sampled_from(["2310.12345", "2504.00001", "hep-th/9901001", "4983", "MED-10", "", "doi"]))
    paper_id = own or title_id(title) or "4983"
    doi = draw(DOI)
    if own == "doi":
        doi = "10.1000/JEX_12.3(4)"
        paper_id = doi_id(doi)
    day = draw(st.dates(date(1992, 1, 1), date(2026, 12, 31)))
    is_arxiv = own[:4] in ("2310", "2504", "hep-")
    return Paper(
        paper_id=paper_id,
        title=title,
        abstract=folded(draw(WILD)),
        authors=tuple(draw(st.lists(NAME, max_size=4))),
        date=day,
        url=f"https://arxiv.org/abs/{own}"
        if is_arxiv
        else draw(
            st.sampled_from([f"https://doi.org/{doi}" if own == "doi" else "", "https://example.org/a_b?c=%7Ed&e#f"])
        ),
        listed=(day,),
        categories=tuple(draw(st.lists(CATEGORY, max_size=3, unique=True))),
        comment=folded(draw(WILD)),
        doi=doi,
        licence=draw(st.sampled_from(["", "CC BY 4.0", "http://creativecommons.org/licenses/by/4.0/"])),
        key=draw(st.sampled_from(["", "", "Smith:2020_b", "Müller19", "a {b}, %", "http://zotero.org/users/1/AB"])),
        own=draw(st.sampled_from([None, None, *OWN])),
    )


def read_again(written: str, suffix: str) -> list[Paper]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"papers{suffix}")
        path.write_text(written, encoding="utf-8")
        return [row for row in read_source(path) if isinstance(row, Paper)]


def told(paper: Paper) -> tuple[object, ...]:
    return (
        paper.paper_id, paper.title, paper.abstract, paper.authors, paper.date, paper.doi, paper.categories,
        paper.comment, paper.licence, paper.url, paper.key,
    )  # fmt: skip


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
@given(shelf=st.lists(papers(), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_a_round_trip_loses_nothing(form: str, shelf: Sequence[Paper]) -> None:
    again = read_again(FORMATS[form].write(shelf), FORMATS[form].suffix)
    assert [told(paper) for paper in again] == [told(paper) for paper in shelf]
    theirs = [paper.own if paper.own and paper.own.form == form else None for paper in shelf]
    assert [paper.own for paper in again] == theirs


@given(WILD)
def test_what_is_encoded_is_decoded_to_the_letter(text: str) -> None:
    written = encode(text)
    assert decode(written) == folded(text)
    assert is_balanced(written)
    assert not re.search(r"(?<!\\)(?:\\\\)*[&%#]", re.sub(r"\$[^$]*\$", "", written.replace("\\$", "")))


@given(st.lists(papers(), min_size=2, max_size=6, unique_by=lambda paper: paper.paper_id))
def test_keys_are_ascii_and_one_paper_s_alone(shelf: Sequence[Paper]) -> None:
    keys = [made_key(paper) for paper in shelf]
    assert len({key.lower() for key in keys}) == len(keys)
    assert all(re.fullmatch(r"[a-z]+\d{4}:[A-Za-z0-9.:-]+", key) for key in keys)
