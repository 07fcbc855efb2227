"""Which of several papers that were named a turn means: the one that it fits, whatever comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from rag.query import Reader
from rag.types import Turn
from tests.support.papers import make_paper
from tests.support.reading import ReadingLibrary

TEXTS = {
    "2504.00020": ("NightOwl: Searching after Dark", "NightOwl searches a Taobao catalogue after dark."),
    "2504.00021": ("DayLark: Searching at Noon", "DayLark searches a Taobao catalogue at noon, for an exchange rate."),
    "2504.00022": ("Bidding in the Open", "We propose Speeder, a method that bids within a millisecond."),
    "2504.00023": ("GAVEL-V2: Auctions by Generation", "GAVEL-V2 generates auctions and drops the classic pipelines."),
    "2504.00024": ("Spotting Stores", "We propose a module for stores (GAVEL) and spot them."),
    "2504.00025": ("Swaying in Hindi", "We read clinical notes that are written in Hindi."),
}
OWL, LARK, SPEEDER, AUCTIONS, STORES, HINDI = TEXTS


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("several"))
    opened.replace(*(make_paper(one, *said) for one, said in TEXTS.items()))
    yield Reader(opened)
    opened.close()


Fits = Callable[[Mapping[str, float]], None]


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Fits:
    """Say how much each paper is about a turn, word by word; none of them answers it rather than another."""
    near = "rag.query.dialogue.nearness.Nearness"
    monkeypatch.setattr(f"{near}.answered", lambda _, asked, papers: dict.fromkeys(papers, 0.0))

    def set_to(worded: Mapping[str, float]) -> None:
        monkeypatch.setattr(f"{near}.wording_of_each", lambda _, asked, papers: worded)

    return set_to


def said(*papers: str, asked: str = "What do you have on searching?") -> list[Turn]:
    """An answer that names some papers."""
    shown = "\n\n".join(f"**{TEXTS[one][0]}** (2025-04-10)\n\n> {TEXTS[one][1]} [1]" for one in papers)
    return [Turn(role="user", content=asked), Turn(role="assistant", content=shown)]


@pytest.mark.parametrize(("second", "meant"), [(0.44, OWL), (0.46, LARK)])
def test_behind_a_list_the_paper_is_meant_that_the_turn_is_about_word_by_word(
    reader: Reader, fits: Fits, second: float, meant: str
) -> None:
    fits({OWL: 0.4, LARK: second})
    assert reader.understand("how fast is it?", said(OWL, LARK)).focus == (meant,)


def test_of_two_papers_that_fit_what_it_points_with_the_turn_tells_which_or_the_reader_is_asked(
    reader: Reader, fits: Fits
) -> None:
    asked = "the Taobao one has an exchange rate, what is that?"
    fits({OWL: 0.4, LARK: 0.5})
    found = reader.understand(asked, said(OWL, LARK))
    assert (found.focus, found.choices) == ((LARK,), ())
    fits({OWL: 0.4, LARK: 0.41})
    assert set(reader.understand(asked, said(OWL, LARK)).choices) == {OWL, LARK}


def test_a_place_that_may_be_counted_two_ways_is_the_one_that_the_turn_fits(reader: Reader, fits: Fits) -> None:
    talk = [*said(AUCTIONS), *said(OWL, LARK, SPEEDER), *said(LARK, asked="the Taobao one at noon, what is it?")]
    asked = "once more the first one, with the auctions: does it drop them?"
    fits({AUCTIONS: 0.6, OWL: 0.2})
    assert reader.understand(asked, talk).focus == (AUCTIONS,)
    fits({AUCTIONS: 0.2, OWL: 0.6})
    assert reader.understand(asked, talk).focus == (OWL,)


def test_a_turn_about_a_list_is_not_searched_for_by_two_of_its_titles(reader: Reader) -> None:
    found = reader.understand("and how do they score the quality of a report?", said(OWL, LARK, SPEEDER))
    assert len(found.focus) == 3
    assert "NightOwl" not in found.search_text


def test_the_one_paper_talked_of_that_holds_a_word_is_meant_though_another_is_nearer_to_the_word(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.query.dialogue.nearness.Nearness.means", lambda _, text: OWL)
    talk = [*said(HINDI), *said(LARK, asked="What is DayLark?")]
    assert reader.understand("going back to the hindi one, what encoder is underneath", talk).focus == (HINDI,)


def test_who_comes_back_to_a_paper_by_a_part_of_its_name_names_no_other(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.query.dialogue.nearness.Nearness.means", lambda _, text: AUCTIONS)
    talk = [*said(AUCTIONS), *said(LARK, asked="What is DayLark?")]
    found = reader.understand("Coming back to GAVEL, what was their complaint about the classic pipelines?", talk)
    assert found.focus == (AUCTIONS,)
    named = reader.understand("NightOwl searches too, what was their complaint about the pipelines?", talk)
    assert named.focus == (OWL,)


def test_a_paper_that_a_turn_describes_is_what_its_each_of_them_is_about(reader: Reader) -> None:
    talk = [*said(OWL), *said(LARK, asked="What is DayLark?")]
    described = "There was also a closed loop of two bidders for auctions. What does each of them do?"
    assert reader.understand(described, talk).focus == ()
    assert set(reader.understand("What does each of them do?", talk).focus) == {OWL, LARK}


@pytest.mark.parametrize("question", ["Speeder, faster by how much?", "and Speeder, is it any faster?"])
def test_a_name_that_is_an_everyday_word_is_one_where_a_single_paper_introduces_it(
    reader: Reader, question: str
) -> None:
    found = reader.understand(question, said(LARK, asked="What is DayLark?"))
    assert SPEEDER in found.focus + found.named
    assert LARK not in found.focus[:1]


def test_an_everyday_word_in_small_letters_is_no_name(reader: Reader) -> None:
    assert SPEEDER not in reader.understand("does a speeder pay more?").named
