"""Citation markers in other spellings are read as ``[1]``; what only looks like one stays."""

from __future__ import annotations

import pytest

from rag.write.grounding.spellings import by_id, in_words, normalised

SPELLINGS = {
    "It ranks 【1】.": "It ranks [1].",
    "It ranks【1†source】.": "It ranks [1].",
    "It ranks【1†L3-L5】.": "It ranks [1].",
    "It ranks【1:0†source】.": "It ranks [1].",
    "It ranks [1†source].": "It ranks [1].",
    "It ranks \uff3b1\uff3d.": "It ranks [1].",
    "It ranks \u30141\u3015.": "It ranks [1].",
    "It ranks [\uff11].": "It ranks [1].",
    "It ranks [Source 1].": "It ranks [1].",
    "It ranks [Sources 1, 2].": "It ranks [1, 2].",
    "It ranks [Source 1, Source 2].": "It ranks [1, 2].",
    "It ranks [source: 1 and 3].": "It ranks [1, 3].",
    "It ranks [source #2].": "It ranks [2].",
    "It ranks [S1].": "It ranks [1].",
    "It ranks [Doc 2].": "It ranks [2].",
    "It ranks [Ref. 2].": "It ranks [2].",
    "It ranks [citation:1].": "It ranks [1].",
    "It ranks [cite: 1, 2].": "It ranks [1, 2].",
    "It ranks [^1].": "It ranks [1].",
    "It ranks [^1^].": "It ranks [1].",
    "It ranks ^[1]^.": "It ranks [1].",
    "It ranks [[1]].": "It ranks [1].",
    "It ranks [[1]](#source-1).": "It ranks [1].",
    "It ranks [1](#source-1).": "It ranks [1].",
    "It ranks \\[1\\].": "It ranks [1].",
    "It ranks **[1]**.": "It ranks [1].",
    "It ranks `[1]`.": "It ranks [1].",
    "It ranks <sup>1</sup>.": "It ranks [1].",
    "It ranks <sup>[1]</sup>.": "It ranks [1].",
    "It ranks <sup>1, 2</sup>.": "It ranks [1, 2].",
    "It ranks <cite>1</cite>.": "It ranks [1].",
    'It ranks <source n="1">.': "It ranks [1].",
    'It ranks <ref id="2"/>.': "It ranks [2].",
    "It ranks <source>Source 1</source>.": "It ranks [1].",
    "It ranks $^{1}$.": "It ranks [1].",
    "It ranks \\cite{1}.": "It ranks [1].",
    "It ranks documents\u00b9.": "It ranks documents [1].",
    "It ranks documents.\u00b9 It scales.": "It ranks documents.[1] It scales.",
    "It ranks [1, 2].": "It ranks [1, 2].",
    "It ranks [1-3].": "It ranks [1-3].",
    "It ranks [1][2].": "It ranks [1][2].",
    "It ranks [1, 2, and 3].": "It ranks [1, 2, 3].",
    "It ranks (1).": "It ranks [1].",
    "It ranks. (1) It scales.": "It ranks. [1] It scales.",
    "It ranks (1, 2).": "It ranks [1, 2].",
    "It ranks (1)(2).": "It ranks [1][2].",
    "It ranks (Source 1).": "It ranks [1].",
    "It ranks (sources 1 and 2), it scales.": "It ranks [1, 2], it scales.",
    "It ranks (see source 2).": "It ranks [2].",
}

TEXT = [
    "It has two stages: (1) generation and (2) scoring [1].",
    "It was shown (2024).",
    "It covers [0, 1] and f(1) [2].",
    "Its area is 5 m\u00b2 and R\u00b2 is 10\u00b3 [1].",
    "It ranks [Chen et al., 2024].",
    "It ranks (12).",
    "It ranks [S] and (S) [1].",
    "Use x[i] and a < b [1].",
    "See [the code](https://example.org/1) [1].",
    "The loss <b>falls</b> [1].",
    "[1]: https://example.org",
    "Section (1) of (3) is left",
]


def streamed(text: str, size: int) -> str:
    return "".join(normalised((text[start : start + size] for start in range(0, len(text), size)), range(1, 6)))


@pytest.fixture(params=[1, 4, 5000], ids=lambda size: f"by {size}")
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize(("written", "read"), SPELLINGS.items())
def test_a_marker_is_read_however_it_is_spelt(written: str, read: str, size: int) -> None:
    assert streamed(written, size) == read


@pytest.mark.parametrize("text", TEXT)
def test_what_is_no_marker_stays(text: str, size: int) -> None:
    assert streamed(text, size) == text


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("According to source 1, it ranks.", "It ranks [1]."),
        ("According to Source 1, it ranks [1].", "It ranks [1]."),
        ("As per sources 1 and 2, it ranks.", "It ranks [1, 2]."),
        ("Source 1 states that it ranks well.", "It ranks well [1]."),
        ("Source 1 describes a ranker [1].", "The source describes a ranker [1]."),
        ("Sources 1 and 2 describe a ranker.", "The sources describe a ranker [1, 2]."),
        ("It ranks, as source 2 says.", "It ranks [2]."),
        ("Open source 3 is used.", "Open source 3 is used."),
        ("It ranks [1].", "It ranks [1]."),
        ("It has 2 sources.", "It has 2 sources."),
        ("In source 9, it ranks.", "In source 9, it ranks."),
    ],
)
def test_a_source_named_in_words_is_a_marker(sentence: str, read: str) -> None:
    assert in_words(sentence, range(1, 6)) == read


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("It ranks [2504.05309].", "It ranks [1]."),
        ("It ranks [arXiv:2504.05309v2].", "It ranks [1]."),
        ("It ranks (arXiv: 2504.05309, 2504.05310).", "It ranks [1, 2]."),
        ("It ranks [2504.09999].", "It ranks [2504.09999]."),
        ("2504.05309 ranks [1].", "2504.05309 ranks [1]."),
    ],
)
def test_a_papers_id_is_a_marker(sentence: str, read: str) -> None:
    assert by_id(sentence, {"2504.05309": 1, "2504.05310": 2}) == read
