"""Make a BEIR folder of the requests: the corpus from arXiv's metadata, queries and judgements from here.

python -m tests.quality.searches ARXIV_FOLDER OUT
paperchat eval retrieval --dataset OUT --out RESULTS
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path

MONTHS = ("2025-03", "2025-09")
"""Whose papers are searched."""


def main(arxiv: Path, out: Path) -> None:
    """Write `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`."""
    here = Path(__file__).parent
    (out / "qrels").mkdir(parents=True, exist_ok=True)
    shutil.copy(here / "queries.jsonl", out / "queries.jsonl")
    shutil.copy(here / "qrels.tsv", out / "qrels" / "test.tsv")
    count = 0
    with (out / "corpus.jsonl").open("w", encoding="utf-8") as corpus:
        for month in MONTHS:
            with gzip.open(arxiv / f"papers-{month}.jsonl.gz", "rt", encoding="utf-8") as file:
                for paper in map(json.loads, file):
                    row = {"_id": paper["arxiv_id"], "title": paper["title"], "text": paper["abstract"]}
                    corpus.write(json.dumps(row, ensure_ascii=False) + "\n")
                    count += 1
    print(f"{out}: {count:,} papers")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
