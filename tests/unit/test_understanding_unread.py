"""Words for a time that cannot be read are found where a date would restrict the papers, and nowhere else."""

from __future__ import annotations

from datetime import date

import pytest

from rag.query.limits.dates import read_dates

FIRST, LAST = date(2025, 4, 8), date(2025, 12, 31)


def unread(question: str) -> list[str]:
    return [one.unread for one in read_dates(question, FIRST, LAST) if one.unread]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("papers published on 2025-04-31", "2025-04-31"),
        ("papers on agents since 2025-13", "2025-13"),
        ("papers on agents from 30 February 2025", "30 February 2025"),
        ("papers on agents before April 31st", "April 31st"),
        ("reports of 10/11/2025", "10/11/2025"),
        ("papers from 2025-W54", "2025-W54"),
        ("papers from the 1990s", "the 1990s"),
        ("papers from the 90s", "the 90s"),
        ("papers from next month", "next month"),
        ("tomorrow?", "tomorrow"),
        ("papers from the 19th century", "the 19th century"),
        ("papers from the 35th of May", "the 35th of May"),
        ("the 35th of May: what was listed?", "the 35th of May"),
        ("what came in in week 60?", "week 60"),
        ("reports from June 31 on tables", "June 31"),
        ("papers from 3/4/2025", "3/4/2025"),
        ("anything listed on 2025-06-45?", "2025-06-45"),
        ("on 31 September, what was new?", "31 September"),
        ("papers since 2025-00-12 about video", "2025-00-12"),
        ("listed on 5-6-2025, anything about speech?", "5-6-2025"),
        ("show me the papers of the 32nd of December", "the 32nd of December"),
        ("papers from next week on tables", "next week"),
    ],
)
def test_no_date_is_found(question: str, text: str) -> None:
    assert unread(question) == [text]


@pytest.mark.parametrize(
    "question",
    [
        "papers published on 2025-04-30",
        "papers from 31.10.2025",
        "reviews collected on 12 March 2023",  # a date of something else
        "a knowledge cutoff of October 2023",
        "predict what users buy in the next week",
        "recommend tomorrow's news",
        "works on 30s clips",
        "research on music of the 1990s",
        "MS MARCO v2.1 and arXiv 2503.09516",
        "an improvement of 2025.5 points",
        "papers on the 10/20/30 rule",
        "in 2503 or 9516 cases",
        "which 0th layer?",
        "a span of 31 June bugs",
        "was the model of 30 February?",
    ],
)
def test_other_words_are_left_alone(question: str) -> None:
    assert unread(question) == []
