"""Dates as many people write them, read as from a library of 2025-04-08 to 2025-12-31.

Half of these were written before the grammar and left alone until it was done; on that half it read 84 of 90 questions
right at first sight (its predecessor 49).
"""

from __future__ import annotations

from datetime import date

import pytest

from rag.query.limits.dates import read_dates

FIRST, LAST = date(2025, 4, 8), date(2025, 12, 31)  # the newest report is a Wednesday's

RESTRICTED = """
    the week of 16 June, what came in? | 2025-06-16/2025-06-22
    Christmas Eve 2025: what was in the report of that day? | 2025-12-24/2025-12-24
    in july, which papers list Tat-Seng Chua as one of their authors? | 2025-07-01/2025-07-31
    Second half of November: which abstracts mention cold-start? | 2025-11-16/2025-11-30
    June reports by Jiawei Han | 2025-06-01/2025-06-30
    which days in the first week of September have new papers? | 2025-09-01/2025-09-07
    anything on hashing in week 23? | 2025-06-02/2025-06-08
    what landed in calendar week 40 of 2025 | 2025-09-29/2025-10-05
    give me the agent stuff from the last ten days of June | 2025-06-21/2025-06-30
    mid-October, what came out on query rewriting? | 2025-10-11/2025-10-20
    Early May: any surveys? | 2025-05-01/2025-05-10
    papers that came out right after Christmas | 2025-12-26/…
    what got posted on Halloween? | 2025-10-31/2025-10-31
    New Year's Eve papers please | 2025-12-31/2025-12-31
    show me what was listed in the week of Thanksgiving | 2025-11-24/2025-11-30
    what's new since the start of the year on RAG evaluation | 2025-01-01/…
    anything from the past month about LLM judges | 2025-12-01/2025-12-31
    I missed the last two weeks, what happened in retrieval? | 2025-12-18/2025-12-31
    catch me up on everything since Monday | 2025-12-29/…
    over the summer, did anyone publish on dense retrieval | 2025-06-01/2025-08-31
    between mid-June and early August, what was said on tables? | 2025-06-11/2025-08-10
    From May on, which papers deal with music? | 2025-05-01/…
    not after 15 July: papers on legal search | …/2025-07-15
    Papers on OCR, no earlier than the 20th of August, please | 2025-08-20/…
    reports in April and in June on cold start | 2025-04-01/2025-04-30 ; 2025-06-01/2025-06-30
    in April, May and June, which papers deal with patents? | 2025-04-01/2025-06-30
    what did they list on Friday, 13 June? | 2025-06-13/2025-06-13
    3 weeks ago there was a paper on caching | 2025-12-08/2025-12-14
    was there something about speech about a month ago? | 2025-11-01/2025-11-30
    2025-06-03..2025-06-10 papers on agents | 2025-06-03/2025-06-10
    papers dated 20.06.2025 | 2025-06-20/2025-06-20
    papers listed on 6/20/2025 | 2025-06-20/2025-06-20
    the first Monday of October: anything on ranking? | 2025-10-06/2025-10-06
    Q2 reports on fairness | 2025-04-01/2025-06-30
    third-quarter papers on code search | 2025-07-01/2025-09-30
    in the last quarter of 2025, who wrote about memory? | 2025-10-01/2025-12-31
    earlier this month, what came in on RAG? | 2025-12-01/2025-12-31
    Dense retrieval work from late November into December | 2025-11-21/2025-12-31
    since last Tuesday, what's been listed? | 2025-12-30/…
    what showed up the day after Christmas? | 2025-12-26/2025-12-26
    the week before Christmas, any papers on evaluation? | 2025-12-18/2025-12-24
    Which surveys arrived between 28 October and 3 November? | 2025-10-28/2025-11-03
    all through September, which papers cover e-commerce? | 2025-09-01/2025-09-30
    papers newer than 1 December | 2025-12-02/…
    anything older than June? | …/2025-05-31
    everything up till and including 10 May on RAG | …/2025-05-10
    Any RecSys work in the first two weeks of July? | 2025-07-01/2025-07-14
    June through August on generative recommendation | 2025-06-01/2025-08-31
    weeks 23 to 25: anything on OCR? | 2025-06-02/2025-06-22
    what have people published on GraphRAG this quarter? | 2025-10-01/2025-12-31
    what did the 9 December report say about video? | 2025-12-09/2025-12-09
    give me all from 12 to 18 August | 2025-08-12/2025-08-18
    which 2025-11 listings deal with LoRA? | 2025-11-01/2025-11-30
    at the end of August, what was new in ranking? | 2025-08-21/2025-08-31
    Aug 2025 - multimodal search papers? | 2025-08-01/2025-08-31
    papers on agentic search (since Oct.) | 2025-10-01/…
    dating from before May, is there anything on patents? | …/2025-04-30
    in the last 48 hours, anything on privacy? | 2025-12-30/2025-12-31
    yesterday's listing on recsys | 2025-12-30/2025-12-30
    what was listed on Tuesday? | 2025-12-30/2025-12-30
    first half of the year, papers on hashing | 2025-01-01/2025-06-30
    Starting with the September reports, what has been done about bias? | 2025-09-01/…
    from the 3rd to the 9th of May, what was listed? | 2025-05-03/2025-05-09
    anything in the library from the Fourth of July? | 2025-07-04/2025-07-04
    papers of the second quarter of this year | 2025-04-01/2025-06-30
    was anything about tokenizers added last weekend? | 2025-12-27/2025-12-28
    what was listed on the 15th of last month? | 2025-11-15/2025-11-15
    from June until now, who has worked on memory? | 2025-06-01/2025-12-31
    papers on agents from October, but before the 20th of October | 2025-10-01/2025-10-31 ; …/2025-10-19
    did anything get reported on the 1st of September? | 2025-09-01/2025-09-01
    what turned up over Christmas week on recommender systems? | 2025-12-22/2025-12-28
    got anything on diffusion from august | 2025-08-01/2025-08-31
    I was on leave in the first two weeks of October. What did I miss on RAG? | 2025-10-01/2025-10-14
    Boxing Day 2025, which papers were listed? | 2025-12-26/2025-12-26
    reports of the final week of November about fairness | 2025-11-24/2025-11-30
    were there any papers about privacy around Labor Day? | 2025-08-29/2025-09-04
    pls list papers on LLM reranking frm 1 to 15 december | 2025-12-01/2025-12-15
    In the month of September 2025, who published on music? | 2025-09-01/2025-09-30
    Late June, anything about benchmarks? | 2025-06-21/2025-06-30
    which paper on speech was listed on the second Tuesday of July? | 2025-07-08/2025-07-08
    query expansion, Q3 only | 2025-07-01/2025-09-30
    What came out about tool use between the 5th and the 12th of May? | 2025-05-05/2025-05-12
    cold-start work posted since mid-September | 2025-09-11/…
    Everything until the end of May on evaluation, please. | …/2025-05-31
    On Independence Day, was anything listed? | 2025-07-04/2025-07-04
    Has anybody looked at caching in the past six weeks? | 2025-11-20/2025-12-31
    could you check the reports for the week starting 3 November for anything on hallucination? | 2025-11-03/2025-11-09
    a couple of days ago I saw something about pruning | 2025-12-29/2025-12-29
    show me June and July papers about LLM agents | 2025-06-01/2025-07-31
    papers listed in June and in August on tables | 2025-06-01/2025-06-30 ; 2025-08-01/2025-08-31
    September-October surveys | 2025-09-01/2025-10-31
    Sept 3rd, 2025 listings | 2025-09-03/2025-09-03
    as of 1 August, which papers treat distillation? | 2025-08-01/…
    nothing before October please: papers on GUI agents | 2025-10-01/…
    no later than 10 June, which papers discuss embeddings? | …/2025-06-10
    which papers on knowledge graphs were out by 15 June? | …/2025-06-15
    last month's surveys | 2025-11-01/2025-11-30
    this week, has anything on tokenization come in? | 2025-12-29/2026-01-04
    what appeared two months ago on click models? | 2025-10-01/2025-10-31
    What did we get yesterday? | 2025-12-30/2025-12-30
    On 30 May 2025 which papers came in? | 2025-05-30/2025-05-30
    KW 27: was there anything on multimodal retrieval? | 2025-06-30/2025-07-06
    papers from 2025-W30 | 2025-07-21/2025-07-27
    give me 2025/07/09 | 2025-07-09/2025-07-09
    Thanksgiving day papers on recsys? | 2025-11-27/2025-11-27
    in spring, what did people write about hallucination? | 2025-03-01/2025-05-31
    between Easter and Memorial Day, what was listed about queries? | 2025-04-20/2025-05-26
    from the middle of August to the end of September, papers on ads | 2025-08-11/2025-09-30
    the two weeks before Halloween: any surveys? | 2025-10-17/2025-10-30
    within the last 10 days, what appeared on agents? | 2025-12-22/2025-12-31
    RAG security papers, first half of October | 2025-10-01/2025-10-15
    what is there from the beginning of July about graphs? | 2025-07-01/2025-07-10
    any paper about long context after the first week of November? | 2025-11-08/…
    papers more recent than 10 November on compression | 2025-11-11/…
    older than 1 May, which papers mention Llama? | …/2025-04-30
    throughout the summer, what was published on conversational search? | 2025-06-01/2025-08-31
    in the second half of the year, which papers proposed benchmarks? | 2025-07-01/2025-12-31
    so far this month, what is new on reranking? | 2025-12-01/2025-12-31
    Did Sunday's report have anything on music? | 2025-12-28/2025-12-28
    the report of 22 Nov: which papers are in it? | 2025-11-22/2025-11-22
    listed 14 May, about code | 2025-05-14/2025-05-14
    news on vector databases from Oct 20 till Oct 27 | 2025-10-20/2025-10-27
    query by example, autumn 2025 | 2025-09-01/2025-11-30
    what did the community do about bias at the start of August? | 2025-08-01/2025-08-10
    the last three days, anything on LLM judges? | 2025-12-29/2025-12-31
    any generative retrieval paper in the previous quarter? | 2025-07-01/2025-09-30
    April, 2025 – papers about hashing | 2025-04-01/2025-04-30
    what was reported the day before yesterday? | 2025-12-29/2025-12-29
    papers between August and now that deal with OCR | 2025-08-01/2025-12-31
    three or so papers I liked came out last Friday; which ones were listed then? | 2025-12-26/2025-12-26
    which works from the third week of May use reinforcement learning? | 2025-05-15/2025-05-21
    which papers from Valentine's Day are here? | 2025-02-14/2025-02-14
    Black Friday report: what is in it? | 2025-11-28/2025-11-28
    anything on agents on or after 12 September? | 2025-09-12/…
    anything on agents on or before 12 September? | …/2025-09-12
    since June but before September, which papers treat tables? | 2025-06-01/… ; …/2025-08-31
    papers of week 30 and week 31 | 2025-07-21/2025-08-03
    October 28 – November 3: what is there on agents? | 2025-10-28/2025-11-03
    papers from the 5th to the 9th on text-to-SQL | 2025-12-05/2025-12-09
    What got posted on Tuesday the 13th? | 2025-05-13/2025-05-13
    can you show me papers listed on the 21st | 2025-12-21/2025-12-21
    find papers on code search dated November | 2025-11-01/2025-11-30
    what did today bring | 2025-12-31/2025-12-31
    How many papers did October bring? | 2025-10-01/2025-10-31
    what has changed in generative recommendation over the last months | 2025-10-01/2025-12-31
    over the past half year, where has music recommendation gone? | 2025-07-01/2025-12-31
    How did the field of medical RAG move between spring and autumn? | 2025-03-01/2025-11-30
    list the june papers on privacy and count the july ones | 2025-06-01/2025-06-30 ; 2025-07-01/2025-07-31
    Which are this week's newcomers? | 2025-12-29/2026-01-04
    What did I miss in the week before last? | 2025-12-15/2025-12-21
    Which ones are from the second weekend of June? | 2025-06-14/2025-06-15
    papers listed on 29 February 2024 | 2024-02-29/2024-02-29
    anything since 2 weeks ago on speech | 2025-12-15/…
    papers listed in the second half of the third quarter | 2025-08-16/2025-09-30
    generative retrieval up to October 2024 | …/2024-10-31
"""
UNRESTRICTED = """
    How did TREC 2024 judge the runs?
    since we have no labels, which methods help?
    Which papers study data from 2015 to 2020?
    Llama 3.1 405B as a reranker
    may a reranker hurt recall?
    What does March propose?
    is there a paper that uses the 2019 crawl of Common Crawl?
    users who signed up in June 2025
    Which models were trained on posts before May 2025?
    in the first week of training, what happens to the loss?
    the last two layers of the encoder
    what does the second half of the pipeline do?
    winter road maintenance retrieval
    Sunday shopping behaviour of users
    questions asked on Christmas Day to voice assistants
    fall back to BM25
    the 1st of three stages
    as in Sun et al., 2023, is the index compressed?
    week-ahead forecasting of demand
    how has dense retrieval changed over the last decade of research?
    last year's KDD Cup winners
    in week 3 of the course, how did students use the tool?
    Does MayBench include May 2024 exam questions?
    the day after a purchase, do users return?
    predict the next week of sales from the last two weeks of clicks
    who won the 2024 RecSys Challenge?
    does it beat GPT-4 (June 2023 version)?
    Which datasets hold news articles from 2016 to 2018?
    how does MARCH rerank passages?
    we may want to use a smaller encoder
    since the encoder is frozen, what is trained?
    What happens in the second half of training?
    was the survey of users held in October 2025?
    performance on days before holidays
    papers that model seasonal demand such as Christmas shopping
    summarise the method of August et al.
    a 24-hour delay in feedback
    the last two years of MovieLens ratings
    how many users visited in the first quarter of 2024?
    Which model was state of the art in 2023?
    queries logged on Mondays
    what does the system recommend for a Friday night?
    Which paper uses the January 2025 Wikipedia snapshot?
    is BM25 (1994) still competitive?
    in the last stage, which model ranks?
    from 7B to 70B, how does quality change?
    top 10 results on 24 datasets
    Compared to last year, how does research on AI tutoring look now?
    was ColPali listed before or after June?
    write a haiku on autumn leaves
    A few weeks ago a colleague of mine from Brno mentioned a paper in which old people got a speaker
"""


def rows(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


@pytest.mark.parametrize("row", rows(RESTRICTED))
def test_the_days_that_are_meant_are_read(row: str) -> None:
    question, _, days = row.rpartition(" | ")
    readings = read_dates(question, FIRST, LAST)
    found = [f"{one.date_from or '…'}/{one.date_to or '…'}" for one in readings if not one.unread]
    assert " ; ".join(found) == days


@pytest.mark.parametrize("question", rows(UNRESTRICTED))
def test_other_times_restrict_nothing(question: str) -> None:
    assert read_dates(question, FIRST, LAST) == []
