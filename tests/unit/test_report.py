"""The pages of `eval run` and `eval compare`: escaped, self-contained, ordered, the same every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from typing import Any

import pytest

from eval.datasets import Question
from eval.reports import plots, render_run
from eval.reports.pages import better, figure
from eval.reports.rows import state_of
from eval.runs import RunReport
from eval.runs.scores import Result, metrics_of, score_results
from rag.types import Answer, Paper, Rejected, Timings
from tests.support.evaluation import PAPERS, answer, citation

ONE, TWO, _ = (paper.paper_id for paper in PAPERS)
EVIL = "<img src=x onerror=alert(1)>&\"'</script><script>alert(2)</script>$\\frac{$"
INFO = {"qa": EVIL, "papers": 3, "config_hash": "f", "corpus_hash": "c", "qa_hash": "q", "seconds": 1.0}


class Papers:
    def paper(self, paper_id: str, version: int | None = None) -> Paper:
        return next(paper for paper in PAPERS if paper.paper_id == paper_id)


class Page(HTMLParser):
    """Elements with their attributes, and the text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        self.text += " "

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.text += data


def question(identity: str, **fields: Any) -> Question:
    return Question(
        **{"id": identity, "question": f"question {identity}", "type": "single", "gold_papers": (ONE,)} | fields
    )


def report(*pairs: tuple[Question, Answer | str], left_out: tuple[Rejected, ...] = ()) -> RunReport:
    results = [Result(q, None, a) if isinstance(a, str) else Result(q, a) for q, a in pairs]
    scored = score_results(results, Papers())
    return RunReport(scored, metrics_of(scored), INFO, len(scored), list(left_out), {ONE: "Ranking with GRACE"})


RIGHT = answer("It is GRACE [1].", [citation(ONE, "GRACE improves")], [ONE], timings=Timings(total_ms=12))
WRONG = answer("It is a hub [1].", [citation(TWO, "Hubs reach")], [TWO], timings=Timings(total_ms=30))


def hostile() -> str:
    nuggets = ({"text": EVIL, "importance": "vital", "paper": ONE, "span": f"missing {EVIL}"},)
    asked = Question.model_validate(
        {"id": EVIL, "question": EVIL, "type": EVIL, "gold_papers": [ONE], "nuggets": nuggets, "answer": EVIL,
         "history": [{"role": "user", "content": EVIL}]}
    )  # fmt: skip
    cited = citation(TWO, "Hubs", title=EVIL, url=f"javascript:{EVIL}").model_copy(update={"quote": EVIL})
    given = answer(EVIL, [cited], [TWO], timings=Timings(total_ms=3))
    mathematical = question("3", type="$\\frac{$")
    failing = question("2", type="\x00\n中文" + "x" * 60)
    return render_run(
        report((asked, given), (failing, EVIL), (mathematical, RIGHT), left_out=(Rejected(EVIL, 3, EVIL),))
    )


def test_nothing_a_stranger_wrote_becomes_markup() -> None:
    page = hostile()
    parsed = Page(page)
    tags = [tag for tag, _ in parsed.elements]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert not [a for _, attributes in parsed.elements for a in attributes if a.startswith("on")]
    assert parsed.text.count("<img src=x onerror=alert(1)>") >= 9
    assert not [a for tag, a in parsed.elements if tag == "a"]


def test_the_page_loads_nothing() -> None:
    parsed = Page(hostile())
    for tag, attributes in parsed.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form"), tag
        assert not attributes.keys() & {"src", "srcset", "action"}, (tag, attributes)
        assert (attributes.get("xlink:href") or "#").startswith("#"), (tag, attributes)
    policy = next(a["content"] for tag, a in parsed.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    page = render_run(report((question("1"), RIGHT)))
    assert not re.search(r"url\(\s*['\"]?(?!#)", page)
    assert "@import" not in page


def test_links_go_to_https_only() -> None:
    for url, shown in (("https://arxiv.org/abs/1", True), ("http://x.org", False), ("javascript:alert(1)", False)):
        given = answer("a [1]", [citation(ONE, "GRACE", url=url)], [ONE])
        links = [a for tag, a in Page(render_run(report((question("1"), given)))).elements if tag == "a"]
        assert bool(links) is shown, url


def test_failures_come_first_then_what_went_worst() -> None:
    unjudged = Question(id="n", question="question n")
    page = render_run(
        report((question("r"), RIGHT), (unjudged, RIGHT), (question("w"), WRONG), (question("e"), "Boom: out"))
    )
    rows = [a for tag, a in Page(page).elements if tag == "details" and "data-state" in a]
    assert [row["data-state"] for row in rows] == ["error", "wrong", "right", "unjudged"]
    assert "1 of 4 questions failed." in Page(page).text


def test_a_row_says_what_was_missed() -> None:
    nuggets = (
        {"text": "Takes 99 hours", "importance": "vital", "paper": ONE, "span": "takes 99 long hours"},
        {"text": "Improves", "importance": "okay", "paper": ONE, "span": "GRACE improves"},
    )
    asked = Question.model_validate(question("1").model_dump() | {"nuggets": nuggets, "gold_papers": (ONE, TWO)})
    text = re.sub(r"\s+", " ", Page(render_run(report((asked, RIGHT)))).text)
    assert "Missed vital Takes 99 hours figures 99 Covered okay Improves" in text
    assert f"cited Ranking with GRACE {ONE} retrieved at rank 1" in text
    assert f"not cited {TWO} not retrieved" in text


def test_a_row_says_when_it_should_not_or_should_have_answered() -> None:
    refused = answer("No.", abstained=True, reason="nothing_found")
    unanswerable = question("2", type="unanswerable", gold_papers=())
    text = re.sub(r"\s+", " ", Page(render_run(report((question("1"), refused), (unanswerable, RIGHT)))).text)
    assert text.count("Missed refused the corpus answers this question") == 1
    assert text.count("Missed answered nothing in the corpus answers this question") == 1


def test_figures_stand_with_their_intervals() -> None:
    text = re.sub(
        r"\s+", " ", Page(render_run(report(*[(question(str(n)), RIGHT if n else WRONG) for n in range(4)]))).text
    )
    assert re.search(r"recall@5 Share of the gold papers.*? 0\.750 0\.\d{3} to 1\.000 4", text)
    assert "Nothing to measure (n = 0):" in text


def test_every_type_is_charted_and_latencies_are_drawn() -> None:
    page = render_run(report((question("1"), RIGHT), (question("2", type="mine"), WRONG)))
    labels = [a.get("aria-label") for tag, a in Page(page).elements if tag == "svg"]
    assert "recall@5 by question type" in labels
    assert "Distribution of the milliseconds an answer took" in labels
    assert ">mine</text>" in page


def test_the_same_run_gives_the_same_page() -> None:
    made = report((question("1"), RIGHT), (question("2", type="mine"), WRONG))
    assert render_run(made) == render_run(made)


def test_plots_use_the_pages_colours_and_have_no_ids() -> None:
    row = {"mean": 0.5, "low": 0.2, "high": 0.9, "n": 3}
    grown = plots.growth("g", [10, 100], [("s", {"one": [1, 2], "other": [2, 300]})])
    for drawing in (plots.bars("m", [("a", row)]), plots.latency([1, 2, 3]), plots.differences([("m", row)]), grown):
        assert "var(--accent)" in drawing
        assert not re.search(r"#0[1-6]0\d0\d", drawing)
        assert "<g id=" not in drawing


def test_a_plot_by_itself_is_a_file_that_knows_both_themes() -> None:
    alone = plots.standalone(plots.growth("<g>", [10, 100], [("s", {"one": [1, 2], "other": [2, 300]})]))
    assert ElementTree.fromstring(alone).tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme:dark" in alone
    assert all(f"{name}:" in alone for name in re.findall(r"var\((--\w+)\)", alone))


@pytest.mark.parametrize(
    ("value", "unit", "signed", "shown"),
    [
        (None, "share", False, "–"),
        (0.12345, "share", False, "0.123"),
        (-0.5, "share", True, "−0.500"),
        (2, "words", True, "+2.0"),
    ],
)
def test_numbers_as_shown(value: float | None, unit: str, signed: bool, shown: str) -> None:
    assert figure(value, unit, signed) == shown


@pytest.mark.parametrize(
    ("low", "high", "higher", "which"),
    [
        (0.1, 0.2, True, "b"),
        (0.1, 0.2, False, "a"),
        (-0.2, -0.1, True, "a"),
        (-0.1, 0.1, True, ""),
        (None, None, True, ""),
    ],
)
def test_which_run_a_difference_speaks_for(low: float | None, high: float | None, higher: bool, which: str) -> None:
    assert better({"low": low, "high": high}, higher) == which


def test_states() -> None:
    assert [state_of(value) for value in (None, 0.0, 0.49, 0.5, 0.99, 1.0)] == [
        "unjudged", "wrong", "wrong", "partly", "partly", "right",
    ]  # fmt: skip
