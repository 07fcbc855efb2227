"""Pieces of the add, topic and setup pages that need no browser."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from rag.config import Config
from rag.index.library import IngestReport
from rag.papers.browse.tally import trend
from rag.types import Filters, Rejected
from ui.web.evidence import summaries
from ui.web.evidence.papers import added
from ui.web.forms.setup import written_answers
from ui.web.html.bars import bars, small
from ui.web.html.differences import differences

TEXT = st.text(alphabet=st.sampled_from("ab cd.,<>&é\n"), max_size=60)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_off_their_differences(old: str, new: str) -> None:
    shown = str(differences(old, new))
    assert re.sub(r"<del>.*?</del>|</?ins>", "", shown, flags=re.DOTALL) == str(escape(new))
    assert re.sub(r"<ins>.*?</ins>|</?del>", "", shown, flags=re.DOTALL) == str(escape(old))


def test_single_words_are_marked() -> None:
    shown = differences("The quick brown fox jumps over the dog.", "The quick red fox jumped over the dog.")
    assert shown == ("The quick <del>brown</del><ins>red</ins> fox <del>jumps</del><ins>jumped</ins> over the dog.")


def test_very_long_texts_are_not_compared() -> None:
    old, new = "a " * 4000, "b " * 4000
    assert differences(old, new) == f"<del>{old}</del><ins>{new}</ins>"


def test_bars_stand_for_every_period_also_an_empty_one() -> None:
    shown = str(bars([(date(2025, 1, 31), (1, 2)), (date(2025, 4, 1), (3, 0))], ("a", "b"), "month", "All"))
    assert re.findall(r'title="([^"]*)"', shown) == [
        "Jan 2025: 1 a, 2 b",
        "Feb 2025: none",
        "Mar 2025: none",
        "Apr 2025: 3 a",
    ]


def test_a_year_is_named_where_it_begins() -> None:
    days = [(date(2024 + n // 12, n % 12 + 1, 1), (1,)) for n in range(10, 16)]
    shown = str(bars(days, ("new",), "month", "All"))
    names = re.findall(r'<span aria-hidden="true">([^<]*)</span>', shown)
    assert names == ["Nov\n2024", "Dec", "Jan\n2025", "Feb", "Mar", "Apr"]


@pytest.mark.parametrize(("step", "most"), [("day", 92), ("week", 104), ("month", 120)])
def test_a_long_time_is_cut_to_its_end(step: str, most: int) -> None:
    shown = str(bars([(date(1990, 1, 1), (1,)), (date(2025, 4, 1), (7,))], ("new",), step, "All"))
    titles = re.findall(r'title="([^"]*)"', shown)
    assert len(titles) == most
    assert titles[-1].endswith(": 7 new")


@given(st.integers(min_value=1, max_value=10**9))
def test_the_highest_bar_fits_its_scale(number: int) -> None:
    shown = str(bars([(date(2025, 4, 1), (number,))], ("new",), "month", "All"))
    (height,) = re.findall(r"height:([\d.]+)%", shown)
    assert 33.3 < float(height) <= 100


def test_nothing_is_no_plot() -> None:
    assert bars([], ("new",), "month", "All") == ""


def test_every_rejected_row_is_listed() -> None:
    rows = tuple(Rejected("<a>.md", n, f"bad <b>{n}</b>") for n in range(1, 301))
    shown = str(added(IngestReport(1, 2, 3, 4, 5, rows, 1.25), ["<b>x.md</b> is no report."]))
    assert "1 new, 2 updated, 3 unchanged papers" in shown
    assert "300 rows could not be read" in shown
    assert shown.count("&lt;a&gt;.md:") == 300
    assert "<b>" not in shown


def test_what_is_missing_for_written_answers_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def sentence(**llm: object) -> str:
        return written_answers(Config.model_validate({"llm": llm}))

    assert sentence().endswith(
        "for written answers set llm.provider, llm.model and the variable OPENAI_API_KEY, and answer.mode: llm."
    )
    assert sentence(provider="openai-compatible", model="m").endswith("set llm.base_url, and answer.mode: llm.")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    done = sentence(provider="openai", model="m")
    assert done.endswith("for written answers set answer.mode: llm.")
    assert "sk-secret" not in done


def test_a_model_that_writes_is_named_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    llm = {"provider": "openai-compatible", "model": "m", "base_url": "http://ada:pass@127.0.0.1:1/v1"}
    said = written_answers(Config.model_validate({"llm": llm, "answer": {"mode": "llm"}}))
    assert "m at http://***@127.0.0.1:1/v1" in said
    assert "pass" not in said
    said = written_answers(Config.model_validate({"answer": {"mode": "llm"}}))
    assert said.startswith("Answers cannot be written yet: ")


def test_small_bars_are_one_picture_with_its_numbers() -> None:
    counts = trend([date(2025, 1, 3), date(2025, 3, 1), date(2025, 3, 31), date(2024, 11, 30)], date(2025, 3, 9), 4)
    assert counts == [(date(2024, 12, 1), 0), (date(2025, 1, 1), 1), (date(2025, 2, 1), 0), (date(2025, 3, 1), 2)]
    shown = str(small(counts, "Papers"))
    assert re.findall(r"height:(\d+)%", shown) == ["0", "50", "0", "100"]
    assert 'aria-label="Papers by month: Dec 2024 0, Jan 2025 1, Feb 2025 0, Mar 2025 2"' in shown
    assert small([(date(2025, 1, 1), 0)], "Papers") == ""


def test_what_a_topics_form_holds_is_taken_away_there_and_what_its_words_say_is_not() -> None:
    own = Filters.read({"from": "2025-04-10", "category": "cs.IR"})
    in_force = own.completed(Filters.read({"author": "<b>Lin"}))
    dates, author, category = re.findall("<li.*?</li>", str(summaries.chips(own, in_force)))
    assert 'aria-label="Without: reports from 2025-04-10"' in dates
    assert 'data-fields="from to"' in dates
    assert "Author &lt;b&gt;Lin" in author
    assert "read from the topic" in author
    assert "<button" not in author
    assert 'data-fields="category"' in category
    assert summaries.chips(Filters(), Filters()) == ""
