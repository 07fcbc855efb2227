"""Gaps of a quiz: what may be taken out, what is offered beside it, and what would give it away."""

from __future__ import annotations

import pytest

from rag.follow.quiz.amounts import figure_gaps
from rag.follow.quiz.gaps import GAP, Known, coined, gives_away, masked, name_gaps, system_gaps
from rag.types.card import Card, Span
from tests.support.papers import make_paper


def known(paper_id: str, title: str, abstract: str, name: str = "", data: tuple[str, ...] = ()) -> Known:
    paper = make_paper(paper_id, title, abstract)
    spans = tuple(Span(at := paper.text.index(one), at + len(one), one) for one in data)
    return Known(paper, Card(paper_id, 1, data=spans), name, (name,) if name else ())


def reports(figure: str, n: int = 0) -> Known:
    return known(f"2504.0000{n}", f"Other {n}", f"Our other method improves the click rate of many shops by {figure}.")


OTHERS = [
    reports(figure, n) for n, figure in enumerate(("4.1%", "6.3%", "9.8%", "900%", "2025 papers", "7.2 points"), 1)
]
SAID = "In tests with many readers our method improves the recall of long questions by {} over the best one."


def test_a_figure_is_taken_out_and_others_of_its_unit_and_size_are_offered() -> None:
    (gap,) = figure_gaps(known("2504.00010", "A Method", SAID.format("5.5%")), OTHERS)
    assert gap.shown == SAID.format(GAP)
    assert gap.taken == "5.5%"
    assert {text for text, _ in gap.others} == {"4.1%", "6.3%", "9.8%"}
    assert {source for _, source in gap.others} == {"2504.00001", "2504.00002", "2504.00003"}


def test_ranges_round_figures_and_those_that_stand_twice_are_left() -> None:
    for figure in ("5.5%-7%", "from 3% to 5.5%", "50%", "5.5% (that is 5.5%)", "5.5% (see https://x.org)"):
        assert figure_gaps(known("2504.00010", "A Method", SAID.format(figure)), OTHERS) == []


def test_a_figure_that_the_paper_has_elsewhere_is_not_offered() -> None:
    paper = known("2504.00010", "A Method", f"{SAID.format('5.5%')} Before, others reached a gain of 4.1% only.")
    assert figure_gaps(paper, OTHERS) == []  # two others are left, and a choice needs three


@pytest.mark.parametrize("written", ["12.0%", "12 percent", "12.00 points"])
def test_a_figure_that_the_paper_writes_otherwise_is_not_offered(written: str) -> None:
    near = [reports(figure, n) for n, figure in enumerate(("12%", "6.3%", "9.8%"), 1)]
    said = SAID.format("7.5%")
    assert len(figure_gaps(known("2504.00010", "A Method", said), near)) == 1
    assert figure_gaps(known("2504.00010", "A Method", f"{said} Others need {written} more of it."), near) == []


@pytest.mark.parametrize("written", ["12000", "12,000", "12K", "12 thousand"])
def test_a_count_that_the_paper_writes_otherwise_is_not_offered(written: str) -> None:
    near = [reports(figure, n) for n, figure in enumerate(("12,000 papers", "6,300 papers", "9,800 papers"), 1)]
    said = SAID.format("7,500 cases")
    assert len(figure_gaps(known("2504.00010", "A Method", said), near)) == 1
    assert figure_gaps(known("2504.00010", "A Method", f"{said} Others need {written} of them."), near) == []


def test_a_figure_that_its_sentence_repeats_in_another_form_is_no_gap() -> None:
    near = [reports(figure, n) for n, figure in enumerate(("12%", "6.3%", "9.8%"), 1)]
    assert figure_gaps(known("2504.00010", "A Method", SAID.format("7.5% (7.50 points)")), near) == []


def test_no_article_tells_how_the_gap_begins() -> None:
    (gap,) = figure_gaps(known("2504.00010", "A Method", SAID.format("an 8.5%")), OTHERS)
    assert f"by a(n) {GAP} over" in gap.shown


def test_data_is_taken_out_unless_title_or_sentence_tell_it() -> None:
    near = [
        known(f"2504.0000{n}", f"Other {n}", f"We test on {name} with care.", data=(name,))
        for n, name in enumerate(("BEIR", "HotpotQA", "FashionIQ", "Amazon"), 1)
    ]
    said = "We show that our new retriever beats all others by far on the questions of {}."
    (gap,) = name_gaps(known("2504.00010", "Retrieval", said.format("MS MARCO"), data=("MS MARCO",)), near)
    assert (gap.shown, gap.taken) == (said.format(GAP), "MS MARCO")
    assert {"BEIR", "HotpotQA"} <= {text for text, _ in gap.others}
    assert name_gaps(known("2504.00010", "MS MARCO Again", said.format("MS MARCO"), data=("MS MARCO",)), near) == []
    assert (
        name_gaps(known("2504.00010", "Retrieval", said.format("MS MARCO, BEIR"), data=("MS MARCO",)), near[:3]) == []
    )


@pytest.mark.parametrize("longer", ["NewYelper", "Yelp-2018", "Yelpers"])
def test_data_is_not_cut_out_of_other_words(longer: str) -> None:
    near = [
        known(f"2504.0000{n}", f"Other {n}", f"We test on {name} with care.", data=(name,))
        for n, name in enumerate(("BEIR", "HotpotQA", "FashionIQ"), 1)
    ]
    said = "We show that our new retriever beats all others by far on the reviews of Yelp{}."
    (gap,) = name_gaps(known("2504.00010", "Retrieval", said.format(""), data=("Yelp",)), near)
    assert gap.shown == said.format("").replace("Yelp", GAP)
    paper = known("2504.00010", "Retrieval", said.format(f" by users of {longer}"), data=("Yelp",))
    assert name_gaps(paper, near) == []


def test_data_that_the_sentence_has_under_another_name_is_not_offered() -> None:
    names = ("BEIR", "HotpotQA", "Natural Questions")
    near = [
        known(f"2504.0000{n}", f"Other {n}", f"We test on {name} with care.", data=(name,))
        for n, name in enumerate(names, 1)
    ]
    for short, found in (("FIQA", 1), ("NQ", 0)):
        said = f"We show that our new retriever beats all others by far on {short} and on MS MARCO."
        assert len(name_gaps(known("2504.00010", "Retrieval", said, data=("MS MARCO",)), near)) == found


def test_a_systems_name_is_taken_out_of_what_is_said_of_it() -> None:
    near = [
        known(f"2504.0000{n}", f"{name}: X", "We do.", name) for n, name in enumerate(("PlumX", "GenSar", "TIGRE"), 1)
    ]
    said = "We find that {} halves the time that readers spend on long lists of papers."
    paper = known("2504.00010", "KoQu: Lists", said.format("KoQu"), "KoQu")
    (gap,) = system_gaps(paper, near)
    assert gap.shown == said.format(GAP)
    assert {text for text, _ in gap.others} == {"PlumX", "GenSar", "TIGRE"}


def test_what_gives_a_name_away() -> None:
    assert gives_away("TokenRec", "We give every item some tokens.")
    assert gives_away("MSCRS", "We learn prompts for CRS by graphs.")
    assert gives_away("BBDRec", f"By a Brownian bridge, {GAP} adds noise.")
    assert gives_away("TARGET", "Evaluating TAble Retrieval for GEnerative Tasks.")
    assert not gives_away("PlumX", "We give every item some tokens.")


def test_made_up_names_are_told_from_other_words() -> None:
    assert coined(make_paper(title="KoQu: Lists of Papers", abstract="We present lists.")) == ["KoQu"]
    assert coined(make_paper(title="LLM-Guided: Lists", abstract="We present LLM-based lists.")) == []
    assert coined(make_paper(title="LoQu-mini: Lists", abstract="We present lists.")) == ["LoQu-mini"]
    assert masked("KoQu is what koqu does; KoQus are not.", ["KoQu"]) == f"{GAP} is what {GAP} does; KoQus are not."


def test_data_that_a_sentence_names_together_is_not_offered_together() -> None:
    said = "We test the new method for long questions on {} with great care and much effort."
    near = [
        known(f"2504.0000{n}", f"Other {n}", said.format(name), data=(name,))
        for n, name in enumerate(("SciFact", "HotpotQA", "FashionIQ", "Amazon"), 1)
    ]
    asked = known("2504.00010", "Retrieval", said.format("BEIR"), data=("BEIR",))
    assert "SciFact" in {text for text, _ in name_gaps(asked, near)[0].others}
    near.append(known("2504.00005", "Other", "Our tests are those of BEIR (TREC-COVID, SciFact)."))
    assert {text for text, _ in name_gaps(asked, near)[0].others} == {"HotpotQA", "FashionIQ", "Amazon"}
