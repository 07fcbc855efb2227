"""What an answer was about that names a paper only by an everyday word."""

from __future__ import annotations

from pathlib import Path

from rag.config import Config
from rag.index.library import Library
from rag.query import Reader
from rag.types import Turn
from tests.support.papers import make_paper

SLATES = "We let a judge compare slates of items, and learn how users of a shop would answer to each of them."
BAKERS = (
    "We evaluate bread recommendations with profiles of bakers: the first stage distils ninety days of baking "
    "into a profile, and a judge then tells which of two loaves fits it. A study with 47 bakers agrees."
)


def test_what_an_answer_tells_comes_before_an_everyday_name_in_it(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest(
            [
                make_paper("2511.00001", "LLM-as-a-Judge: Towards World Models of Slates", SLATES),
                make_paper("2511.00002", "Judging Bread by the Profiles of Bakers", BAKERS),
                make_paper("2511.00003", "Ferries in Winter", "We plan the timetables of ferries in winter."),
            ]
        )
        said = (
            "An LLM-as-a-Judge with profiles of bakers does: the first stage distils ninety days of baking into a "
            "profile, and it then tells which of two loaves fits; a study with 47 bakers agrees."
        )
        history = (
            Turn(role="user", content="Who judges bread recommendations with profiles?"),
            Turn(role="assistant", content=said),
        )
        assert Reader(library).understand("and how many days go in there?", history).focus == ("2511.00002",)
        named = (Turn(role="user", content="What is there?"), Turn(role="assistant", content="LLM-as-a-Judge is."))
        assert Reader(library).understand("and how many days go in there?", named).focus == ("2511.00001",)
