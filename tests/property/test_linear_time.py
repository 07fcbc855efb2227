"""What reads strangers' text takes time in proportion to its length, whatever it repeats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import SourceError
from rag.index.library import Library
from rag.query.rules import Rule, load_rules, names
from rag.sources import read_source
from rag.sources.bibliography.biblatex import authors as bib_authors
from rag.sources.bibliography.entry import Entry, appeared, partial_date, row
from rag.sources.fields import split_authors
from rag.text.latex import decode, encode
from rag.text.persons import person
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.text.terms import Analyzer
from rag.text.untrusted import as_data
from rag.types import Passage
from rag.write.grounding import SupportChecker, split_stream
from rag.write.grounding.support import evidence
from tests.support.papers import make_paper

Read = Callable[[str], object]

LENGTH, TIMES, MOST = 2000, 4, 10
"""Characters, how many times as many, and how many times as long these may take: 16 where time grows as the square."""
FLOOR_S = 0.01
"""What counts as no time: a busy machine is no failure."""
UNITS = [
    "a", "A1", "aB", "é", "中", " ", "\n", ".", ". ", "A. ", "e.g. ", "。", "1,", "- ", "a-", "a.a", "a@", "[1", "[1] ",
    "1 two ", "(", "{", "{}", "\\", "\\a{", "$", "$a ", "&a", "<a", "< ", "**a", "`", '"', "“", "|", "| ", "# ", "^{",
]  # fmt: skip


def seconds(read: Read, unit: str, length: int) -> float:
    """The faster of two readings, in processor time."""
    taken = []
    for start in ("x", "y"):  # what was read before may be remembered
        text = f"{start} {unit * (length // len(unit))} X y."
        begin = time.process_time()
        read(text)
        taken.append(time.process_time() - begin)
    return min(taken)


def assert_linear(read: Read, units: list[str], length: int = LENGTH) -> None:
    """Fail for the units on which four times the text takes much more than four times as long."""
    slow = {}
    for unit in units:
        short = max(seconds(read, unit, length), FLOOR_S)
        long = seconds(read, unit, TIMES * length)
        if long > MOST * short:
            slow[unit] = (short, long)
    assert not slow


def entry(text: str) -> object:
    said = Entry(1, "A title", hints=(text,), note=text, doi=text, url=text, keywords=(text,))
    return row(said, "", date(2025, 1, 1)), partial_date(text), appeared(text, text)


def passage(text: str) -> Passage:
    return Passage("chunk", "2504.00001", 1, "A Title", ("A B",), date(2025, 1, 1), "", 0, len(text), text)


@pytest.mark.parametrize(
    "read",
    [
        readable,
        sentences,
        Analyzer().terms,
        Analyzer().words,
        as_data,
        split_authors,
        lambda s: evidence(passage(s)),
        encode,
        decode,
        person,
        bib_authors,
        entry,
    ],
    ids=[
        "readable",
        "sentences",
        "terms",
        "words",
        "as_data",
        "authors",
        "evidence",
        "encode",
        "decode",
        "person",
        "bib_authors",
        "entry",
    ],
)
def test_reading_takes_time_in_proportion(read: Read) -> None:
    assert_linear(read, UNITS)


@pytest.mark.parametrize("rule", [r for name in names() for r in load_rules(name).rules.values()], ids=lambda r: r.name)
def test_no_rule_is_held_up_by_a_long_question(rule: Rule) -> None:
    """As long as questions may be, white space folded as theirs is; the time is absolute, and generous."""
    longest = Config().answer.max_question_chars
    units = ("a", "1", "A1 ", "a ", "a-", "a.", "and ", "(", ", ", ";")
    slow = {unit for unit in units if seconds(rule, unit, longest) > 0.6}
    assert not slow


def test_a_report_is_read_in_proportion(tmp_path: Path) -> None:
    path = tmp_path / "2025-04-10.md"
    head = "| Title | Link | abstract | author |\n|---|---|---|---|\n| Foo | https://arxiv.org/abs/2504.05309 | "

    def read(text: str) -> object:
        path.write_text(head + text, encoding="utf-8")
        return list(read_source(path))

    assert_linear(read, UNITS)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("2025-04-10.md", "| Title | Abstract | Link |\n|---|---|---|\n| Foo | https://arxiv.org/abs/2504.05309 | "),
        ("2025-04-10.md", "- **Foo** https://arxiv.org/abs/2504.05309\n  - Abstract: "),
        ("2025-04-10.md", "<details><summary>https://arxiv.org/abs/2504.05309 "),
        ("2025-04-10.html", "<table><tr><th>Title<th>Abstract</tr><tr><td>Foo<td>"),
        ("2025-04-10.csv", "Title,Abstract\nFoo,"),
    ],
    ids=["table", "bullets", "details", "page", "values"],
)
def test_a_list_is_read_in_proportion(tmp_path: Path, name: str, head: str) -> None:
    path = tmp_path / name

    def read(text: str) -> object:
        path.write_text(head + text, encoding="utf-8")
        with suppress(SourceError):  # with some units it is no list any more
            return list(read_source(path))
        return None

    units = [
        "- a\n",
        "<b>",
        "<summary>",
        "</details>",
        "[a](b) ",
        "![",
        "**a** ",
        "a: ",
        "|-|\n",
        "<td>",
        "_a ",
        "et al ",
    ]
    assert_linear(read, [*UNITS, *units])


@pytest.mark.parametrize(("unit", "length"), [("[1] ", 1200), (". ", 800), ("a. [1] ", 8000), ("\n", 20_000)])
def test_a_looping_model_does_not_hold_up_the_stream(unit: str, length: int) -> None:
    """A sentence without an end is read again with each word, up to a limit: the time is absolute, and generous."""
    assert seconds(lambda text: list(split_stream([text])), unit, length) < 2.0


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupportChecker]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as library:
        library.ingest([make_paper()])
        yield SupportChecker(library)


def test_a_sentence_is_checked_in_proportion(checker: SupportChecker) -> None:
    sources = {1: passage("We do 10 things. They work well, 20 times. ")}
    assert_linear(
        lambda text: checker.check(f"We do 10 things {text} [1].", sources),
        ["a", "a ", "1 ", "10 20 ", "aB", "a-", "a.a", "a@", "<a", "< ", "improves ", "not "],
        500,
    )
