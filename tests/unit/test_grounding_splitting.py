"""Where a streamed text is cut, and how early."""

from __future__ import annotations

import pytest

from rag.write.grounding import cited, split_stream, without_markers


def pieces(text: str) -> list[str]:
    return [piece.strip() for piece in split_stream([text])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works [1]. It fails [2].", ["It works [1].", "It fails [2]."]),
        ("It works. [1] It fails.[2][3] Then more.", ["It works. [1]", "It fails.[2][3]", "Then more."]),
        ("It works [1]. [2] shows more.", ["It works [1].", "[2] shows more."]),
        ("By 3.5 points, e.g. on Fig. 3 of Smith et al. [1]. Next.",
         ["By 3.5 points, e.g. on Fig. 3 of Smith et al. [1].", "Next."]),
        ("# Results\nIt works [1].", ["# Results", "It works [1]."]),
        ("Two ways:\n1. **A**: fast [1].\n2. B 2.0 is slow [2].",
         ["Two ways:", "1. **A**: fast [1].", "2. B 2.0 is slow [2]."]),
        ("- one [1]\n- two [1, 3]", ["- one [1]", "- two [1, 3]"]),
        ("A line that\ngoes on [1].\n\nNext [2].", ["A line that\ngoes on [1].", "Next [2]."]),
        ("See:\n```\na = 1. B\n\nc\n```\nDone.", ["See:", "```\na = 1. B\n\nc\n```", "Done."]),
        ("| a | b |\n|---|---|\n| c | d |", ["| a | b |", "|---|---|", "| c | d |"]),
        ("**It works.** [1] Next.", ["**It works.** [1]", "Next."]),
        ("", []),
    ],
)  # fmt: skip
def test_cuts(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    ("so_far", "following"),
    [("It works [1].", " "), ("It works.", " T"), ("It works. [1]", " T"), ("It works\n", "\n"), ("It works\n", "- ")],
)
def test_a_sentence_is_handed_on_as_soon_as_its_end_is_certain(so_far: str, following: str) -> None:
    """The reader waits for no more than these characters."""
    taken: list[str] = []

    def tokens() -> object:
        yield so_far
        yield following
        taken.append("more was asked for")
        yield "hat it costs."

    stream = split_stream(tokens())  # type: ignore[arg-type]
    assert next(stream).strip() == so_far.strip()
    assert not taken


def test_a_marker_may_still_come() -> None:
    def tokens() -> object:
        yield "It works. "
        yield "["
        yield "1"
        yield "] Next."

    assert list(split_stream(tokens())) == ["It works. [1]", " Next."]  # type: ignore[arg-type]


def test_a_text_without_end_does_not_hold_up_the_stream() -> None:
    parts = list(split_stream(["word " * 3000]))
    assert len(parts) > 2
    assert "".join(parts) == "word " * 3000


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a [1][3]", (1, 3)),
        ("a [2, 1]", (2, 1)),
        ("a [1-3]", (1, 2, 3)),
        ("in [0, 1]", ()),
        ("[a](x) ![1](y)", ()),
        ("[12]", (12,)),
    ],
)
def test_markers(text: str, numbers: tuple[int, ...]) -> None:
    assert cited(text) == numbers


def test_markers_are_taken_out_with_the_blank_before_them() -> None:
    assert without_markers("It works [1][2], mostly [3].") == "It works, mostly."
