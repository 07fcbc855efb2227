"""Dates that restrict the papers, and dates that belong to something else."""

from __future__ import annotations

import re
from datetime import date

import pytest

from rag.query.limits.dates import read_dates
from rag.query.rules import load_rules

FIRST, LAST = date(2025, 4, 8), date(2025, 12, 31)  # the newest report is a Wednesday's

RESTRICTED = """
    papers on agents from reports of May 2025 | 2025-05-01 | 2025-05-31
    What was first listed in August 2025 about tables? | 2025-08-01 | 2025-08-31
    in the reports from June, which ones treat OCR? | 2025-06-01 | 2025-06-30
    Which surveys appeared in the November 2025 reports? | 2025-11-01 | 2025-11-30
    Which surveys appeared in the Nov. 2025 reports? | 2025-11-01 | 2025-11-30
    anything new in september on music? | 2025-09-01 | 2025-09-30
    papers published in may about RAG | 2025-05-01 | 2025-05-31
    Which papers from May I should read? | 2025-05-01 | 2025-05-31
    Which surveys listed in May you would recommend? | 2025-05-01 | 2025-05-31
    which papers of April and May we have not read? | 2025-04-01 | 2025-05-31
    What has been proposed for query rewriting since October? | 2025-10-01 |
    new reranking work since 3 November | 2025-11-03 |
    agent memory papers starting in July 2025 | 2025-07-01 |
    papers from October onwards on semantic IDs | 2025-10-01 |
    papers listed in August 2025 or later on code search | 2025-08-01 |
    Which benchmarks came out before June 2025? | | 2025-05-31
    Which benchmarks came out prior to 15 June 2025? | | 2025-06-14
    fairness papers listed after June 2025 | 2025-07-01 |
    papers after 2025-10-11 on video | 2025-10-12 |
    generative retrieval up to July 2025 | | 2025-07-31
    papers listed until 2025-07-15 about patents | | 2025-07-15
    what was published by the end of August on OCR? | | 2025-08-31
    what was listed no later than September 2025 on OCR? | | 2025-09-30
    papers between April and June 2025 on cold start | 2025-04-01 | 2025-06-30
    papers from May to July on cold start | 2025-05-01 | 2025-07-31
    papers listed from 3 May to 9 May 2025 | 2025-05-03 | 2025-05-09
    benchmarks that appeared between 1 and 15 October 2025 | 2025-10-01 | 2025-10-15
    benchmarks that appeared on October 1-15, 2025 | 2025-10-01 | 2025-10-15
    papers listed in April and May 2025 | 2025-04-01 | 2025-05-31
    reports from 2025-05-01 to 2025-05-07: anything on code? | 2025-05-01 | 2025-05-07
    papers from October 2025 to January | 2025-10-01 | 2026-01-31
    What appeared on 22 November 2025? | 2025-11-22 | 2025-11-22
    What was listed on November 22nd? | 2025-11-22 | 2025-11-22
    What was listed on the 3rd of June, 2025? | 2025-06-03 | 2025-06-03
    papers in 2025-08 on legal search | 2025-08-01 | 2025-08-31
    surveys listed in the second half of 2025 | 2025-07-01 | 2025-12-31
    surveys listed in H1 2025 | 2025-01-01 | 2025-06-30
    Q3 2025 papers on music | 2025-07-01 | 2025-09-30
    papers from the third quarter of 2025 | 2025-07-01 | 2025-09-30
    papers on hashing (October 2025) | 2025-10-01 | 2025-10-31
    agent papers, Nov 2025 | 2025-11-01 | 2025-11-30
    Is there anything from Q4 about speech? | 2025-10-01 | 2025-12-31
    Which surveys came out before the end of June? | | 2025-06-30
    What did the reports list in the week of 7 May 2025? | 2025-05-05 | 2025-05-11
    papers listed in the week starting 2025-05-05 | 2025-05-05 | 2025-05-11
    papers listed in summer 2025 on tourism | 2025-06-01 | 2025-08-31
    what changed in ranking this autumn? | 2025-09-01 | 2025-11-30
    papers from last winter | 2024-12-01 | 2025-02-28
    agents since last summer | 2025-06-01 |
    What changed since May in ranking? | 2025-05-01 |
    any news since May on ranking? | 2025-05-01 |
    papers from 31/10/2025 | 2025-10-31 | 2025-10-31
    papers from 10/31/2025 | 2025-10-31 | 2025-10-31
    papers since 1.11.2025 | 2025-11-01 |
    papers from 11/11/2025 | 2025-11-11 | 2025-11-11
    papers from early July 2025 | 2025-07-01 | 2025-07-10
    papers from the first half of September 2025 | 2025-09-01 | 2025-09-15
    last week's papers on RAG | 2025-12-22 | 2025-12-28
    what was new this week? | 2025-12-29 | 2026-01-04
    What was new this month on agents? | 2025-12-01 | 2025-12-31
    What was new last month on agents? | 2025-11-01 | 2025-11-30
    new papers in the last 7 days | 2025-12-25 | 2025-12-31
    papers from the past two weeks | 2025-12-18 | 2025-12-31
    papers of the last three months on speech | 2025-10-01 | 2025-12-31
    What is in the latest report? | 2025-12-31 | 2025-12-31
    what does the most recent report list on fairness? | 2025-12-31 | 2025-12-31
    today's papers, please | 2025-12-31 | 2025-12-31
    what was in yesterday's report? | 2025-12-30 | 2025-12-30
    anything listed since last Sunday on speech? | 2025-12-28 |
    papers that appeared on Wednesday | 2025-12-31 | 2025-12-31
    papers from last Wednesday | 2025-12-24 | 2025-12-24
    Thursday's papers on ranking | 2025-12-25 | 2025-12-25
    which papers were added today? | 2025-12-31 | 2025-12-31
    what appeared today on ranking? | 2025-12-31 | 2025-12-31
    what's new today in ranking? | 2025-12-31 | 2025-12-31
    what arrived over the past fortnight on agents? | 2025-12-18 | 2025-12-31
    papers on fairness from three weeks ago | 2025-12-08 | 2025-12-14
    papers since two months ago | 2025-10-01 |
    papers on speech from 11/2025 | 2025-11-01 | 2025-11-30
    main generative recommendation papers in the January 2026 reports | 2026-01-01 | 2026-01-31
    What do the 2025 papers say about bias? | 2025-01-01 | 2025-12-31
    who proposed this in 2025? | 2025-01-01 | 2025-12-31
"""
UNRESTRICTED = """
    What did the TREC 2024 RAG track find?
    Who won SemEval-2025 Task 5?
    How large is Amazon Reviews 2023?
    Which team came first in the WWW 2025 challenge?
    papers from SIGIR 2025
    SIGIR 2025 papers
    papers presented at the May 2025 workshop
    May we use LLMs as judges?
    may I fine-tune on my own queries?
    these are papers on RAG, and may I cite them?
    which of these papers may we cite?
    the march of progress in dense retrieval
    Does LLaMA 3.2 beat Qwen 2.5?
    gpt-4o-2024-05-13 as a judge
    Was the model trained on data from May 2025?
    How well do models handle news from October 2025?
    Which papers use the Wikipedia dump of May 2025?
    models with a knowledge cutoff of October 2023
    reviews collected between 2018 and 2023
    interactions logged from March to June 2025
    a second-stage ranker for the first quarter finals
    How much did GMV rise in May 2025?
    an A/B test run in June 2025
    retrieval for the 2024 US elections
    COVID misinformation in March 2020
    fall detection with language models
    the spring framework in code search
    in the second step, what does it rank?
    What is today's most popular approach to RAG?
    a winter sports recommender
    how many papers are about bees, and how do bees keep warm in winter?
    recommendation of jobs in mid career
    the 500 most recent reports
    Which papers not from May 2025 treat RAG?
    one 2025 parameter model
    the best model (GPT-4o, May 2024)
    What was new in the May 2025 release of the model?
    papers about the November 2025 elections
    What happens on 2025-02-30?
    recommending meals on Sundays
    sales forecasts around Black Friday
    which encoders are most used today?
    encoders that are used today in ranking
    What is today's weather?
    a model that was popular a year ago
    a ratio of 10/2000
    queries per second from 100 to 2025 users
    Summer school material on RAG
    a user who is 25 since 2019
    Do sales peak in December?
    which papers treat August Macke's paintings?
    the latest papers on RAG
    recent work on agents
    MS MARCO v2.1 and NQ from 2019
    How does the Decoder work?
    second language learners
    papers from 10/11/2025
"""


def rows(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


@pytest.mark.parametrize("row", rows(RESTRICTED))
def test_a_restriction_is_read(row: str) -> None:
    question, begin, end = (cell.strip() for cell in row.split("|"))
    readings = read_dates(question, FIRST, LAST)
    found = [(str(one.date_from or ""), str(one.date_to or "")) for one in readings]
    assert found == [(begin, end)]


@pytest.mark.parametrize("question", rows(UNRESTRICTED))
def test_a_date_of_something_else_is_left_alone(question: str) -> None:
    assert [one for one in read_dates(question, FIRST, LAST) if not one.unread] == []


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("fake news papers first listed in May 2025", "fake news papers "),
        ("Which surveys were new in the June 2025 reports?", "Which surveys ?"),
        ("last week's papers on RAG", " papers on RAG"),
        ("papers that showed up in the reports between 1 and 15 October on video", "papers  on video"),
        ("RL agents in the reports up to July 2025 (Search-R1)", "RL agents  (Search-R1)"),
    ],
)
def test_the_span_covers_the_phrase_that_became_a_filter(question: str, rest: str) -> None:
    (reading,) = read_dates(question, FIRST, LAST)
    left = question[: reading.start].rstrip() + " " * (reading.start > 0) + question[reading.end :]
    assert left.split() == rest.split()


@pytest.mark.parametrize(
    ("last", "begin"),
    [(date(2025, 12, 31), "2025-10-01"), (date(2025, 9, 30), "2024-10-01"), (date(2025, 10, 1), "2025-10-01")],
)
def test_a_month_without_a_year_is_the_latest_that_has_begun(last: date, begin: str) -> None:
    (reading,) = read_dates("papers listed in October", date(2024, 1, 1), last)
    assert str(reading.date_from) == begin


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Good Friday", "2025-04-18"),
        ("Easter Monday", "2025-04-21"),
        ("Memorial Day", "2025-05-26"),
        ("Labour Day", "2025-09-01"),
        ("Thanksgiving", "2025-11-27"),
        ("Black Friday", "2025-11-28"),
        ("Cyber Monday", "2025-12-01"),
        ("Christmas 2024", "2024-12-25"),
        ("New Year’s Eve", "2025-12-31"),
    ],
)
def test_days_with_names_of_their_own(name: str, day: str) -> None:
    (reading,) = read_dates(f"papers listed on {name}", FIRST, LAST)
    assert (str(reading.date_from), str(reading.date_to)) == (day, day)


def test_every_named_day_is_reckoned_or_read() -> None:
    for written in load_rules("dates").tables["named_days"].values():
        if not re.fullmatch(r"easter [+-]\d+", written):
            (reading,) = read_dates(f"papers listed on {written}", FIRST, LAST)
            assert reading.date_from == reading.date_to, written


def test_parts_of_parts_are_read_to_a_depth() -> None:
    (reading,) = read_dates("papers of the first week of the second half of the third quarter of 2025", FIRST, LAST)
    assert (str(reading.date_from), str(reading.date_to)) == ("2025-08-16", "2025-08-22")
    read_dates("papers of " + "the first week of " * 2000 + "June", FIRST, LAST)  # and no deeper


@pytest.mark.parametrize(
    ("last", "days"),
    [
        (date(2025, 12, 31), "2025-11-01/2026-02-28"),
        (date(2026, 1, 10), "2025-11-01/2026-02-28"),
        (date(2025, 10, 31), "2024-11-01/2025-02-28"),
    ],
)
def test_a_range_over_the_new_year_begins_with_the_latest(last: date, days: str) -> None:
    (reading,) = read_dates("papers from November to February", date(2024, 1, 1), last)
    assert f"{reading.date_from}/{reading.date_to}" == days
