"""Turns as two QA sets for `eval calibrate`: ``python -m eval.training.conversations.talked LIBRARY FOLDER``.

Those that are about one paper which was talked of, whether its abstract tells what is asked or not. Each stands behind
what was asked before it, as the assistant answered that: where it missed a paper, so does what follows. In `MARKED` are
those of conversations in which the writer marked the words that answer: they are what an answer must state. The turns
of the others, absent details too, say nothing of how sure answers are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.training.conversations.followups import DATA, read_lines
from eval.training.conversations.staying import CONVERSATIONS
from rag import open_assistant
from rag.assistant import Assistant
from rag.config import Config
from rag.types import Turn

MARKED, OTHERS = "talked.jsonl", "talked_unmarked.jsonl"
TYPES = {"lean": "followup", "return": "followup", "absent": "unanswerable"}
"""The kinds of turns that are taken, with the type that their question has."""


def rows_of(assistant: Assistant, conversation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a QA set that a conversation gives, which is held with the assistant."""
    library = assistant.library
    history: list[Turn] = []
    for n, turn in enumerate(conversation["turns"]):
        question, papers = " ".join(turn["ask"].split()), turn["papers"]
        if history and turn["kind"] in TYPES and len(papers) == 1 and library.shelf.papers(papers):
            gold, related = ([], papers) if turn["kind"] == "absent" else (papers, [])
            yield {
                "id": f"{conversation['id']}-{n}",
                "type": TYPES[turn["kind"]],
                "question": question,
                "history": [turn.model_dump(mode="json") for turn in history],
                "gold_papers": gold,
                "related_papers": related,
                "nuggets": [_nugget(span, papers[0])] if (span := turn.get("span")) else [],
            }
        answer = assistant.answer(question, history, mode="extractive")
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]


def _nugget(span: str, paper: str) -> dict[str, str]:
    return {"text": span, "importance": "vital", "paper": paper, "span": span}


def main() -> None:
    """Write the set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("library", type=Path, help="a library of the daily reports")
    parser.add_argument("out", type=Path, help="folder of the two QA sets to be written")
    chosen = parser.parse_args()
    conversations = [json.loads(line) for line in read_lines(DATA / CONVERSATIONS)]
    marked = [any("span" in turn for turn in one["turns"]) for one in conversations]
    with open_assistant(Config(data_dir=chosen.library)) as assistant:
        for name, wanted in ((MARKED, True), (OTHERS, False)):
            those = (one for one, has in zip(conversations, marked, strict=True) if has == wanted)
            rows = [row for one in those for row in rows_of(assistant, one)]
            text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
            (chosen.out / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
