"""What holds for every text and every way it may come in pieces."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from rag.types import Passage
from rag.write.grounding import split_stream
from rag.write.grounding.figures import figures
from rag.write.grounding.markers import cited, without_markers
from rag.write.grounding.support import best_sentences, evidence
from rag.write.grounding.words import plain, words

PIECES = st.sampled_from(
    ["The model", " improves", " recall", ".", "?", " ", "\n", "\n\n", "[1]", " [2]", "[1, 3]", "[", "]", "1.", "- ",
     "# ", "```", "e.g.", " et al.", " 3.5%", "Fig. 2", "**", "|", "A", "\u3002", ":", "\\", "[0, 1]", "!", "\u2026",
     "\u00a0"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join))


@given(TEXTS, st.data())
def test_splitting_loses_nothing_and_does_not_depend_on_the_pieces(text: str, data: st.DataObject) -> None:
    whole = list(split_stream([text]))
    assert "".join(whole) == text
    assert all(whole)
    pieces = []
    rest = text
    while rest:
        size = data.draw(st.integers(0, len(rest)))
        pieces.append(rest[:size])
        rest = rest[size:]
        if not size:
            pieces.append(rest[:1])
            rest = rest[1:]
    assert list(split_stream(pieces)) == whole


@given(TEXTS)
def test_markers_leave_no_marker_behind(text: str) -> None:
    assert all(1 <= n <= 999 for n in cited(text))
    if not cited(text):
        assert without_markers(text) == text


@given(TEXTS)
def test_figures_and_words_are_slices(text: str) -> None:
    shown = plain(text)
    assert all(shown[figure.start : figure.end].lower() == figure.text.lower() for figure in figures(shown))
    assert all(word.text for word in words(shown))


@given(st.text(max_size=20), st.lists(PIECES, min_size=1, max_size=30).map("".join), st.integers(0, 50))
def test_what_is_quoted_is_a_slice_of_the_paper(title: str, text: str, start: int) -> None:
    passage = Passage("c", "p", 1, title, (), datetime.date(2025, 1, 1), "", start, start + len(text), text)
    read = evidence(passage)
    for said in read.said:
        assert start <= said.start < said.end <= start + len(text)
        assert plain(text[said.start - start : said.end - start]) == said.text
    assert all(one in read.said for one in best_sentences({"recal": 1.0}, read))
