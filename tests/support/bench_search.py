"""How long a whole search takes: question read, both lists, fusion, explanations. Run it on a quiet machine.

    python -m tests.support.bench_search LIBRARY [--questions FILE] [--number N]

LIBRARY is a `--data-dir` that holds papers; where it can be written to, a wide filter leaves a cache in it. Questions
are those of FILE (JSON lines with a ``question``) and titles of the library cut to a few words. Every case asks all of
them in one process, one at a time, after a warm-up. Percentiles are over single searches: of the time that passed, and
of the processor time of all threads, which others' work lengthens less.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from rag import open_assistant
from rag.assistant import Assistant
from rag.config import Config
from rag.text.readable import readable
from rag.types import Filters, Paper

SEED = 7
WARM_UP = 10


def main() -> None:
    """Read the arguments, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, help="the --data-dir of a library")
    parser.add_argument("--questions", type=Path, help="JSON lines with a question each")
    parser.add_argument("--number", type=int, default=200, help="most searches a case")
    options = parser.parse_args()
    with open_assistant(Config(data_dir=options.library)) as assistant:
        report(assistant, options.questions, options.number)


def report(assistant: Assistant, questions: Path | None, number: int) -> None:
    """Measure every case and print a row each."""
    papers = assistant.library.shelf.browse()
    asked = texts(papers, questions, number)
    print(f"{len(papers)} papers, {len(asked)} searches a case; milliseconds")
    print(f"{'case':28}{'papers':>8}{'p50':>9}{'p95':>9}{'most':>9}{'cpu p50':>9}{'cpu p95':>9}")
    for name, filters in cases(papers).items():
        allowed = assistant.library.shelf.select(filters)
        took = np.array(measure(assistant, asked, filters))
        figures = [*np.percentile(took[:, 0], [50, 95, 100]), *np.percentile(took[:, 1], [50, 95])]
        count = len(papers) if allowed is None else len(allowed)
        print(f"{name:28}{count:>8}" + "".join(f"{figure:9.1f}" for figure in figures), flush=True)


def texts(papers: Sequence[Paper], questions: Path | None, number: int) -> list[str]:
    """What is searched for: half questions, where there are any, half titles cut to three to eight words."""
    chance = random.Random(SEED)
    asked = []
    if questions:
        lines = questions.read_text(encoding="utf-8").splitlines()
        asked = [json.loads(line)["question"] for line in lines if line.strip()]
    chance.shuffle(asked)
    asked = asked[: number // 2]
    for paper in chance.sample(papers, min(len(papers), number - len(asked))):
        asked.append(" ".join(readable(paper.title).split()[: chance.randint(3, 8)]))
    return asked


def cases(papers: Sequence[Paper]) -> dict[str, Filters]:
    """No filter; the newest day, week, month and half of all days; a rare and the most frequent author."""
    days = sorted({paper.date for paper in papers})
    last = days[-1]
    authors = Counter(author for paper in papers for author in paper.authors).most_common()
    return {
        "everything": Filters(),
        "one day": Filters(date_from=last, date_to=last),
        "one week": Filters(date_from=last - timedelta(days=6), date_to=last),
        "one month": Filters(date_from=last - timedelta(days=30), date_to=last),
        "half of all days": Filters(date_from=days[len(days) // 2], date_to=date.max),
        "a rare author": Filters(author=authors[-1][0]),
        "the most frequent author": Filters(author=authors[0][0]),
        "the same, last name only": Filters(author=authors[0][0].split()[-1]),
    }


def measure(assistant: Assistant, asked: Sequence[str], filters: Filters) -> list[tuple[float, float]]:
    """Milliseconds of each search, passed and calculated; the index is opened and warmed up before."""
    for text in asked[:WARM_UP]:
        assistant.search(text, filters)
    took = []
    for text in asked:
        begin, busy = time.perf_counter(), time.process_time()
        assistant.search(text, filters)
        took.append((1000 * (time.perf_counter() - begin), 1000 * (time.process_time() - busy)))
    return took


if __name__ == "__main__":
    main()
