"""Sample the open sets that the intent model also sees: ``python -m eval.training.open_intents FOLDER``.

What is everyday life to a bank's or a phone's assistant is off topic for a library of papers, and what reviewers and
doctors ask of papers is not. Lines are label, text and origin; ``README.md`` names the sets and their licences.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

SEED = 7
EVERYDAY = 3
"""Lines from each of CLINC150's everyday intents."""
POLITE = {"thank_you": 25, "goodbye": 25, "greeting": 25, "yes": 5, "no": 5}
HELP = {"what_can_i_ask_you": 30, "who_made_you": 6, "are_you_a_bot": 6, "what_is_your_name": 6}
UNCLEAR = {"definition", "repeat", "maybe", "cancel", "who_do_you_work_for", "how_old_are_you", "what_are_your_hobbies"}
"""Intents that are none of ours, or that nobody could tell."""
OTHERS = 40
"""Lines of CLINC150 that belong to no intent."""
WEB = {"COMPARISON": ("compare", 60), "EXPERIENCE": ("offtopic", 40), "INSTRUCTION": ("offtopic", 40)}
"""Categories of NF-CATS: whether somebody compares is told alike for cheese and for rankers."""
OF_PAPERS = {"sel_scidqa": 150, "sel_covidqa": 100}
"""Questions that papers answer."""
LONGEST = 200
"""Letters of a line; reviewers write whole paragraphs."""


def sampled(folder: Path) -> list[tuple[str, str, str]]:
    """Label, text and origin of the lines that are kept."""
    chance = random.Random(SEED)
    clinc = _by_label(folder / "cls_clinc150_train_val.jsonl.gz")
    found: list[tuple[str, str, str]] = []

    def take(label: str, texts: list[str], count: int, origin: str) -> None:
        usable = sorted({" ".join(text.split()) for text in texts if len(text) <= LONGEST})
        found.extend((label, text, origin) for text in chance.sample(usable, min(count, len(usable))))

    for name, texts in sorted(clinc.items()):
        if name in POLITE:
            take("courtesy", texts, POLITE[name], "clinc150")
        elif name in HELP:
            take("help", texts, HELP[name], "clinc150")
        elif name not in UNCLEAR:
            take("offtopic", texts, OTHERS if name == "oos" else EVERYDAY, "clinc150")
    web = _by_label(folder / "cls_nfcats_train_valid.jsonl.gz")
    for name, (label, count) in WEB.items():
        take(label, web[name], count, "nf-cats")
    for name, count in OF_PAPERS.items():
        rows = _rows(folder / f"{name}.jsonl.gz")
        take("single", [row["question"] for row in rows], count, name.removeprefix("sel_"))
    return found


def _by_label(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(file):
        found[row["label"]].append(row["text"])
    return found


def _rows(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main() -> None:
    """Write the sample beside the lines that were written by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of the open sets")
    rows = sampled(parser.parse_args().folder)
    target = Path(__file__).with_name("data") / "intents_open.tsv"
    target.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} lines → {target}")


if __name__ == "__main__":
    main()
