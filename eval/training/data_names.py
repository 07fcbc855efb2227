"""Count which names stand as data in abstracts: ``python -m eval.training.data_names --papers FOLDER``.

A name stands as data where a noun such as "dataset" follows it, where it is listed behind one, or where something is
evaluated on it. Those are kept that do so in three abstracts or more, and in a fifth of all that hold them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from eval.datasets.labelled import read_labelled
from rag.cards.mentions import FILE
from rag.text.readable import readable

LEAST, SHARE = 3, 0.2
_WORD = r"[A-Z0-9][\w+.-]*[\w+]"
_NAME = re.compile(rf"(?<![\w-]){_WORD}(?: {_WORD}){{0,3}}")
_NOUN = r"(?:data ?sets?|benchmarks?|corpus|corpora|collections?|test ?sets?|test collections?|leaderboards?|suite)"
_FOLLOWED = re.compile(rf"^(?:\s\(?[\w-]+\)?)?\s+{_NOUN}\b", re.IGNORECASE)
_LISTS = (
    re.compile(
        rf"\b{_NOUN}\b[^.;]{{0,25}}?(?:\(|:|,? (?:including|such as|namely|like|i\.e\.,?|e\.g\.,?)\s?|,\s?|--\s?)"
        r"([^.;()]{2,160})"
    ),
    re.compile(
        r"\b(?:experiments?|evaluat\w+|results?|tested|trained|validated?|performance|state-of-the-art)\b"
        r"[^.;]{0,40}? on (?:the )?([^.;()]{2,120})"
    ),
)
_NO_NAME = re.compile(
    r"(?:We|The|In|On|Our|This|These|It|For|To|As|By|With|From|And|Large|Language|Models|Recent|Experiments|Extensive|AI|"
    r"LLMs?)"
)
_COMMON = frozenset(
    ["QA", "VQA", "SOTA", "NLP", "RAG", "Kaggle", "MWP", "IQA", "Singlish", "CT", "MRI", "Digits", "RL"]
)
"""Tasks, kinds and places that stand as data often and are none."""


def counted(abstracts: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Of each name, the abstracts in which it stands as data, and those that hold it."""
    as_data: Counter[str] = Counter()
    in_all: Counter[str] = Counter()
    for text in map(readable, abstracts):
        names = {match[0] for match in _NAME.finditer(text) if _is_name(match[0])}
        in_all.update(names)
        as_data.update(names & {*_followed(text), *_listed(text)})
    return {name: (count, in_all[name]) for name, count in as_data.items()}


def _is_name(written: str) -> bool:
    return len(written) > 1 and not _NO_NAME.fullmatch(written) and not re.fullmatch(r"[\d.,%+-]+\w?", written)


def _followed(text: str) -> Iterable[str]:
    return (match[0] for match in _NAME.finditer(text) if _FOLLOWED.match(text[match.end() : match.end() + 40]))


def _listed(text: str) -> Iterable[str]:
    for lists in _LISTS:
        for found in lists.finditer(text):
            for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", found[1]):
                item = re.sub(r"^(?:the|both)\s+", "", part.strip())
                match = _NAME.match(item)
                if match and (match.end() == len(item) or _FOLLOWED.match(item[match.end() :])):
                    yield match[0]


def main() -> None:
    """Count, and write the names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, required=True, help="folder of arXiv metadata, JSON lines, gzipped")
    parser.add_argument("--labelled", type=Path, default=Path("tests/quality/cards.jsonl"))
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    left_out = {paper.paper_id for paper in read_labelled(given.labelled)}
    rows: list[dict[str, str]] = []
    for file in sorted(given.papers.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows += map(json.loads, lines)
    abstracts = [row["abstract"] for row in rows if row["arxiv_id"] not in left_out]
    kept = {
        name: (as_data, in_all)
        for name, (as_data, in_all) in counted(abstracts).items()
        if as_data >= LEAST and as_data >= SHARE * in_all and name not in _COMMON and "Question Answering" not in name
    }
    head = (
        f"# Names as which data stand in {len(abstracts):,} abstracts of arXiv of 2025 (metadata, CC0 1.0), counted by "
        "eval/training/data_names.py:\n# name, abstracts that speak of it as data, abstracts that hold it\n"
    )
    table = "".join(f"{name}\t{as_data}\t{in_all}\n" for name, (as_data, in_all) in sorted(kept.items()))
    given.out.write_text(head + table, encoding="utf-8")
    print(f"{len(kept)} names")


if __name__ == "__main__":
    main()
