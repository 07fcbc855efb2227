"""Formatting in a model's text is taken off; what is more than formatting stays for the check."""

from __future__ import annotations

import pytest

from rag.write.grounding.markup import unformatted, unstressed

FORMATTED = {
    "<p>It ranks [1].</p>\n<p>It scales [1].</p>": "It ranks [1]. It scales [1].",
    "It ranks [1].<br>It scales [1].": "It ranks [1]. It scales [1].",
    "<ul><li>It ranks [1].</li><li>It scales [1].</li></ul>": "- It ranks [1]. - It scales [1].",
    '<b>It</b> <span style="color:red">ranks</span> [1].': "It ranks [1].",
    "<sentence>It ranks [1].</sentence>": "It ranks [1].",
    "It ranks &#91;1&#93;.&nbsp;": "It ranks [1].",
    "AT&amp;T ranks [1].": "AT&T ranks [1].",
    "\x1b[31mIt ranks\x1b[0m\x00 [1].": "It ranks [1].",
    "It ranks \ue200cite\ue202turn0search0\ue201.": "It ranks .",
    "It ranks [1].\\n\\nIt scales [1].": "It ranks [1]. It scales [1].",
}
PLAIN = [
    "The loss is < 0.5 and n<m [1].",
    "AT&T and R&D; rank [1].",
    'See <a href="x">this</a> [1].',
    "<script>alert(1)</script> [1].",
    "<sup>1</sup> and <cite>1</cite> are markers",
    "A \\nabla and \\nu [1].",
    "x & y \\",
]


def streamed(text: str, size: int) -> str:
    return "".join(unformatted(text[start : start + size] for start in range(0, len(text), size)))


@pytest.mark.parametrize("size", [1, 4, 5000])
@pytest.mark.parametrize(("written", "read"), FORMATTED.items())
def test_formatting_is_taken_off(written: str, read: str, size: int) -> None:
    assert " ".join(streamed(written, size).split()) == read


@pytest.mark.parametrize("size", [1, 4, 5000])
@pytest.mark.parametrize("text", PLAIN)
def test_what_is_more_or_none_stays(text: str, size: int) -> None:
    assert streamed(text, size) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**It** is an __iterative__ *ranker* [1].", "It is an iterative ranker [1]."),
        ("`IterQR` ranks _well_ [1].", "IterQR ranks well [1]."),
        ("\\textbf{IterQR} \\emph{ranks} [1].", "IterQR ranks [1]."),
        ("A* beats B* by 2 * 3 * x [1].", "A* beats B* by 2 * 3 * x [1]."),
        ("snake_case_name and f(x_i, y_j) [1].", "snake_case_name and f(x_i, y_j) [1]."),
        ("* one item [1].", "* one item [1]."),
    ],
)
def test_marks_of_emphasis_are_taken_off(written: str, read: str) -> None:
    assert unstressed(written) == read
