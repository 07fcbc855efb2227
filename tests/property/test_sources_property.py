"""Properties of the source readers and of the readable form."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.sources import read_source
from rag.text.readable import readable
from rag.types import Paper, Rejected, Row

HEAD = "# arXiv Daily Report - 10-Apr-2025\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"

words = st.text(alphabet="ab é5%\\${}&;_^~#-[](){}", min_size=1, max_size=12).map(str.strip).filter(bool)
joints = st.sampled_from([" ", "\n", "\n  ", " | ", "|", "\n\n"])


@st.composite
def prose(draw: st.DrawFn, joint: st.SearchStrategy[str]) -> str:
    """Words with white space and pipes between them, as a table may hold them."""
    parts = draw(st.lists(words, min_size=1, max_size=6))
    text = parts[0]
    for part in parts[1:]:
        text += draw(joint) + part
    return text.replace("\\|", "|") + "."


def could_begin(title: str) -> bool:
    """Whether a row that is cut behind the first marks of its title is neither empty nor a table's rule."""
    return not title.startswith("|") and not re.sub(r"[ |:]", "", title).startswith("---")


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Rows of title, id, abstract and authors."""
    name = st.text(alphabet="abcé. '", min_size=1, max_size=9).map(lambda text: "Xo Yu" + text.strip())
    return draw(
        st.lists(
            st.tuples(
                prose(st.sampled_from([" ", " | "])).filter(could_begin),
                st.integers(0, 99999).map("2504.{:05d}".format),
                prose(joints),
                st.lists(name.map(lambda text: " ".join(text.split())), min_size=1, max_size=3).map(tuple),
            ),
            max_size=4,
        )
    )


def render(table: list[tuple[str, str, str, tuple[str, ...]]]) -> str:
    """The report as the daily lists write it."""
    return HEAD + "".join(
        f"| {title} | [https://arxiv.org/abs/{i}](https://arxiv.org/abs/{i}) | {abstract} | {', '.join(names)} |\n"
        for title, i, abstract, names in table
    )


def read(data: bytes) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "2025-04-10.md")
        path.write_bytes(data)
        return list(read_source(path))


@given(tables(), st.booleans(), st.booleans())
@example([("A | b.", "2504.00001", "x |\n\n  |y| | z.", ("Ann",))], True, True)
def test_tables_round_trip(table: list[tuple[str, str, str, tuple[str, ...]]], crlf: bool, mark: bool) -> None:
    text = render(table)
    rows = read(("\ufeff" * mark + (text.replace("\n", "\r\n") if crlf else text)).encode())
    assert [(r.title, r.paper_id, r.abstract, r.authors) for r in rows if isinstance(r, Paper)] == table
    assert len(rows) == len(table)


@settings(max_examples=300)
@given(tables().filter(bool), st.integers(0, 9999))
@example([("A | b | c | d | e.", "2504.00001", "x.", ("Ann",))], len(HEAD) + len("| A | b | c | d |"))
@example([("- a.", "2504.00001", "x.", ("Ann",))], len(HEAD) + len("| -"))
def test_a_cut_row_is_reported_and_never_a_paper(
    table: list[tuple[str, str, str, tuple[str, ...]]], place: int
) -> None:
    text = render(table)
    cut = place % len(text.encode())
    kept = text.encode()[:cut]
    try:
        rows = read(kept)
    except SourceError:
        assert cut < len(HEAD)  # nothing tells that this is a report
        return
    papers = [row for row in rows if isinstance(row, Paper)]
    whole = 0 if cut < len(HEAD) else sum(len(render(table[: n + 1]).encode()) - 1 <= cut for n in range(len(table)))
    assert [(r.title, r.abstract) for r in papers[:whole]] == [
        (title, abstract) for title, _, abstract, _ in table[:whole]
    ]
    if len(papers) > whole:  # only a cut behind the abstract's own pipe looks like the end of a row
        assert len(papers) == whole + 1
        assert kept.rstrip().endswith(b"|")
        assert table[whole][2].startswith(papers[-1].abstract)
        assert "|" in table[whole][2]
    elif cut >= len(HEAD) and kept[len(render(table[:whole]).encode()) :].strip():
        assert len(rows) == whole + 1
        assert isinstance(rows[-1], Rejected)
        assert rows[-1].line == render(table[:whole]).count("\n") + 1


plain = st.text(alphabet="abc XYZ019.,;:!?%#_/()<>='+*@^\n" + "é–", max_size=120)


@given(plain)
def test_readable_text_stays_but_for_white_space(text: str) -> None:
    assert readable(text) == " ".join(text.split())


@given(
    st.lists(st.sampled_from(["costs $5", "$179 or", "R&D,", "~50", "a{b}", "50%", "is", "x_y", "(--dry)"]), max_size=9)
)
def test_prices_and_names_stay(parts: list[str]) -> None:
    assert readable(" ".join(parts)) == " ".join(parts)


COMMANDS = r"""\ { } $ $$ \( \) \[ \] \textbf{ \frac \foo \foo{} \% \& ^ _ ~ -- `` '' &amp; &#0; &#xD800; \verb| \v
\\ \' \" \begin{a} \unicode{x0} \unicode{x1F4CA} \unicode{999999} \href{u}
https://a.b \cite[ \em \alpha \hat \SI{1}{""".split()
markup = st.lists(
    st.one_of(st.sampled_from(COMMANDS), st.sampled_from(["lorem", "ipsum", "dolor", " ", "\n"]), st.text(max_size=4)),
    max_size=30,
).map("".join)


@given(markup)
def test_nothing_raises_and_the_result_is_one_clean_line(text: str) -> None:
    shown = readable(text)
    assert shown == " ".join(shown.split())


WORDS = ("lorem", "ipsum", "dolor", "sit", "amet")
AROUND = r"""W \textbf{W} {\em W} \emph{W W} $W$ $\text{W}$ \foo{W} W\% 5$W
\footnote{W} W~\cite{k} ``W'' \color{red}W""".split()


@given(st.lists(st.tuples(st.sampled_from(AROUND), st.sampled_from(WORDS)), max_size=12))
def test_no_word_is_lost(parts: list[tuple[str, str]]) -> None:
    text = " ".join(around.replace("W", word) for around, word in parts)
    shown = readable(text)
    for word in WORDS:
        assert shown.count(word) == text.count(word)
