"""`paperchat replay`: what would differ today."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.answers.ask import read_history
from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, with_library

if TYPE_CHECKING:
    from eval.runs.replay import Change, Replay
    from rag.types import Answer, Receipt

SHOWN = 5
"""Passages named of each kind."""


def replay(
    context: typer.Context,
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="What `ask --json` printed, or its `receipt`.")],
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="The conversation in which it was answered.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Say what of an earlier answer would differ today. Its passages are retrieved anew."""
    kept = read_receipt(receipt)
    turns = read_history(history) if history else []
    settings = with_library(context, config, data_dir)
    from eval.runs.replay import changes
    from eval.runs.replay import replay as compare
    from rag import open_assistant
    from rag.types import Answer

    with open_assistant(settings) as assistant:
        if isinstance(kept, Answer):
            result = compare(assistant.engine, kept, turns)
            if as_json:
                print_json(replay_json(kept, result))
            else:
                _print(result, conversation=bool(kept.question != kept.standalone_question and not turns))
        else:
            found = changes(assistant.engine, kept)
            if as_json:
                print_json({"differs": bool(found), "changes": [change_json(one) for one in found], "passages": None})
            else:
                _print_changes(found)
                print("This is a receipt alone, without its answer: what was retrieved cannot be compared.")


def read_receipt(path: Path) -> Answer | Receipt:
    """Read an answer or a receipt from a file; anything else is wrong usage.

    What `--bibtex` or an evaluation adds to an answer is left aside.
    """
    import json

    from pydantic import ValidationError

    from rag.types import Answer, Receipt

    try:
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and "receipt" in content:
            return Answer.model_validate({key: content[key] for key in Answer.model_fields if key in content})
        return Receipt.model_validate(content)
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, ValidationError, RecursionError):
        raise typer.BadParameter(f"{path} holds neither what `paperchat ask --json` prints nor a receipt") from None


def replay_json(answer: Answer, result: Replay) -> dict[str, object]:
    """The comparison as `--json` prints it."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "differs": result.differs,
        "changes": [change_json(one) for one in result.changes],
        "passages": {
            "same": result.same,
            "new": [{"paper_id": one.paper_id, "chunk_id": one.chunk_id} for one in result.new],
            "gone": [{"paper_id": one.paper_id, "chunk_id": one.chunk_id} for one in result.gone],
            "moved": [
                {
                    "paper_id": one.passage.paper_id,
                    "chunk_id": one.passage.chunk_id,
                    "then": one.then,
                    "now": one.now,
                }
                for one in result.moved
            ],
        },
    }


def change_json(change: Change) -> dict[str, str]:
    """One change as `--json` prints it."""
    return {"what": change.what, "then": change.then, "now": change.now}


def _print(result: Replay, *, conversation: bool) -> None:
    _print_changes(result.changes)
    if not (result.new or result.gone or result.moved):
        print(f"The same {result.same} passages are retrieved, in the same order.")
    else:
        counts = f"{len(result.new)} new, {len(result.gone)} gone, {len(result.moved)} at another rank"
        print(f"Passages: {result.same} as they were, {counts}.")
        _print_papers("new", [one.paper_id for one in result.new])
        _print_papers("gone", [one.paper_id for one in result.gone])
        _print_papers("moved", [f"{one.passage.paper_id} ({one.then} → {one.now})" for one in result.moved])
    if conversation:
        print("The conversation is not part of an answer; name it with --history to replay it as well.")


def _print_changes(found: Sequence[Change]) -> None:
    for one in found:
        print(f"{one.what[:1].upper()}{one.what[1:]}: {one.then} then, {one.now} today.")
    if not found:
        print("Corpus, configuration, model and prompts are what they were.")


def _print_papers(heading: str, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        print(f"  {heading}: {', '.join(names[:SHOWN])}{more}")
