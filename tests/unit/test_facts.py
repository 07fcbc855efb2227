"""What the shelf says of single papers and of several, and a question put to another paper."""

from __future__ import annotations

import pytest

from rag.answer.facts import older_and_newer, reference
from rag.papers.entities import _within
from rag.query.dialogue.conversation import put_to
from tests.support.papers import make_paper

EARLY, LATE, SAME = (
    make_paper(f"2504.0000{n}", f"Title {n}", day=day)
    for n, day in ((1, "2025-04-10"), (2, "2025-05-01"), (3, "2025-05-01"))
)


def test_all_that_share_the_newest_day_are_named() -> None:
    said, ordered = older_and_newer([EARLY, LATE, SAME])
    assert said.startswith("Of 3 papers, newest: “Title 2” and “Title 3”; oldest: “Title 1”.")
    assert [paper.paper_id for paper in ordered] == ["2504.00002", "2504.00003", "2504.00001"]
    assert older_and_newer([EARLY, LATE])[0] == "“Title 2” is the newer one and “Title 1” the older, 21 days apart."
    assert "on the same day, 2025-05-01" in older_and_newer([LATE, SAME])[0]


def test_an_id_of_strangers_is_no_tag() -> None:
    assert "\\<1661" in reference(make_paper("doi:10.1002/17:15<1661::aid>2"))


def test_a_name_inside_a_word_is_not_put_elsewhere() -> None:
    assert put_to("How is PRISMATIC like PRISM?", ["PRISM"], "OneRec") == "How is PRISMATIC like OneRec?"


@pytest.mark.parametrize(
    ("written", "words", "parts"),
    [
        ("Wei-Lin Chiang", ["wei", "lin", "chiang"], True),
        ("Javier Sanz-Cruzado Puig", ["javier", "sanz", "cruzado", "puig"], False),
    ],
)
def test_only_what_a_given_name_is_made_of_is_no_name_by_itself(written: str, words: list[str], parts: bool) -> None:
    assert bool(_within(written, words)) == parts
