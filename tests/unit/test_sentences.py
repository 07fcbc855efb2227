"""Borders of sentences in known text; `tests/property/test_chunking_property.py` takes any text."""

from __future__ import annotations

import pytest

from rag.text.sentences import sentences


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("We follow Smith et al. in this.|It works.", id="et al."),
        pytest.param("Upadhyay et al. make a claim.|We doubt it.", id="et al. and a verb"),
        pytest.param("As shown by Lee et al.|However, it fails.", id="et al. at the end"),
        pytest.param("Many tasks (e.g. Ranking) and models, i.e. Transformers, exist.|Few work.", id="e.g. and i.e."),
        pytest.param(r"Some (\emph{e.g.} BERT vs. GPT) differ, \eg. Llama.|Others do not.", id="inside LaTeX"),
        pytest.param("See Fig. 3, Eq. (2) and Sec. IV in No. 5.|The rest is clear.", id="numbered things"),
        pytest.param("The answer is no.|We stop.", id="no as a word"),
        pytest.param("Published between Jan. 2021 and Dec. 2024.|We read them.", id="months"),
        pytest.param("It gains 0.5 points over v2.1 at $3.50.|Costs fall.", id="decimals and versions"),
        pytest.param("We report Recall@10.|2 of 3 gain.", id="a number at the end"),
        pytest.param("We compare with GPT-4.|We win.", id="GPT-4."),
        pytest.param("Outages in the U.S. Midwest and the U.S.|We map them.", id="U.S."),
        pytest.param("Named after J. Smith.|Vitamin C.|We agree.", id="initials"),
        pytest.param("Code is at https://github.com/a/b.c.|It runs.", id="URL"),
        pytest.param("Is it so?|Yes!|We say “It is.”|Others wait...|Nothing came.", id="other stops"),
        pytest.param("(It is in brackets.)|[This too.]|And this.", id="brackets"),
        pytest.param(r"We set $x = 1.$|\textbf{It holds.}|Done.", id="closers of LaTeX"),
        pytest.param("Three aims: (1) speed; (2) size; (3) cost.|All are met.", id="semicolon list"),
        pytest.param("Two parts.|(i) A reader finds.|(ii) It then writes.", id="enumerated sentences"),
        pytest.param("1. First we read.|2. Then we write.", id="numbered sentences"),
        pytest.param("It is multilingual.|jina-clip-v2 also sees.|t-SNE shows it.", id="names in lower case"),
        pytest.param("He said so. and went on.|The end.", id="lower case"),
        pytest.param("A line ends here.|\n\nthe next paragraph, e.g.\nthis.|\n  another.", id="paragraphs"),
        pytest.param("Wrapped\nlines are one\nsentence.|Two.", id="wrapped lines"),
        pytest.param("我们提出一种方法。|它有效吗\uff1f|是的\uff01|是。", id="Chinese"),
        pytest.param("No stop at all", id="no stop"),
        pytest.param("Points, . . . and more.|Fine.", id="lone stops"),
    ],
)
def test_sentences_of_abstracts(text: str) -> None:
    expected = [part.strip() for part in text.split("|")]
    raw = text.replace("|", "" if "。" in text else " ")
    assert [raw[start:end] for start, end in sentences(raw)] == expected


def test_white_space_is_no_sentence() -> None:
    assert sentences("") == []
    assert sentences(" \n\t ") == []
