"""`eval readers`: many simulated readers, what share of them got what they wanted, and where conversations fail."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from eval.files import append_json_line, write_atomically, write_json, write_json_lines
from eval.metrics.confidence import estimate
from eval.readers.desk import AssistantDesk
from eval.readers.dialogue import TURNS, Conversation, hold
from eval.readers.goals import GOALS, Draw, Goal, assigned
from eval.readers.material import Material
from eval.readers.verdicts import WHY, Judge
from eval.readers.voices import load_voices
from eval.reports import page, plots
from eval.runs.provenance import code_digest, describe
from rag.errors import DatasetError

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.config import Config

SEED = 20250925
FEWEST = 5
"""Readers from which an interval is shown."""
METRICS, REPORT, CONVERSATIONS, RUN = "metrics.json", "report.html", "conversations.jsonl", "run.json"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What `eval readers` found; `not_drawn` counts readers with a goal for which the library has nothing."""

    conversations: tuple[Conversation, ...]
    not_drawn: dict[str, int]
    metrics: dict[str, Any]


def simulate(
    assistant: Assistant,
    config: Config,
    out: Path,
    readers: int,
    seed: int = SEED,
    workers: int = 1,
    progress: Progress | None = None,
) -> Simulated:
    """Hold the conversations of many readers and write what came of them into a folder.

    Args:
        assistant: Who is talked with, as the chat does.
        config: What it was made with.
        out: Folder of ``conversations.jsonl``, ``metrics.json``, ``run.json`` and ``report.html``.
        readers: How many.
        seed: Decides goals, words and choices; the same seed over the same library holds the same conversations.
        workers: Conversations at once; what is said doesn't depend on it.
        progress: Called with what is done.

    Raises:
        DatasetError: the library has nothing that any reader could want.
    """
    assistant.library.require_papers()
    material = Material(assistant.library)
    drawn, not_drawn = draw(material, readers, seed, progress)
    if not drawn:
        raise DatasetError(
            "No reader finds anything to want in this library.",
            "Ingest papers with abstracts; `paperchat cards` makes the cards that goals are drawn from.",
        )
    out.mkdir(parents=True, exist_ok=True)
    write_json_lines(out / CONVERSATIONS, ())
    conversations = []
    for held in _all_held(assistant, config, material, drawn, seed, workers):
        append_json_line(out / CONVERSATIONS, held.as_json())  # a killed run leaves what was said so far
        conversations.append(held)
        if progress:
            progress("talking", len(conversations), len(drawn))
    metrics = {"seed": seed, "asked_for": readers, **measured(conversations), "not_drawn": not_drawn}
    done = Simulated(tuple(conversations), not_drawn, metrics)
    info = describe(assistant.library, config) | {"seed": seed, "readers": readers, "code_hash": code_digest()}
    write_json(out / METRICS, metrics)
    write_json(out / RUN, info)
    write_atomically(out / REPORT, render(done, material, info))
    return done


Drawn = tuple[int, str, Goal]
"""A reader's number, persona and goal."""


def draw(
    material: Material, readers: int, seed: int, progress: Progress | None = None
) -> tuple[list[Drawn], dict[str, int]]:
    """Goals of so many readers, and how many of each kind the library has nothing for."""
    personas = load_voices().personas
    drawn: list[Drawn] = []
    missing: Counter[str] = Counter()
    for number, (kind, persona) in enumerate(assigned(readers, list(personas)), 1):
        goal = Draw(material, personas[persona], _chance(seed, number, "goal")).goal(kind)
        if goal is None:
            missing[kind] += 1
        else:
            drawn.append((number, persona, goal))
        if progress:
            progress("drawing goals", number, readers)
    return drawn, dict(sorted(missing.items()))


def _all_held(
    assistant: Assistant, config: Config, material: Material, drawn: Sequence[Drawn], seed: int, workers: int
) -> Iterator[Conversation]:
    """The conversations in the order of their readers, however many are held at once."""
    personas, desk = load_voices().personas, AssistantDesk(assistant, material)

    def held(one: Drawn) -> Conversation:
        number, persona, goal = one
        judge = Judge(material, config.answer.max_papers)
        return hold(number, (persona, personas[persona]), goal, desk, judge, _chance(seed, number, "words"))

    if workers == 1:
        yield from map(held, drawn)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(held, drawn)


def _chance(seed: int, number: int, what: str) -> random.Random:
    return random.Random(f"{seed}/{number}/{what}")


def measured(conversations: Sequence[Conversation]) -> dict[str, Any]:
    """The figures: goal rate with bootstrap intervals over readers, first tries, turns, and why turns missed."""
    personas = list(load_voices().personas)
    aims = [one.reached + (not one.succeeded) for one in conversations]
    return {
        "readers": len(conversations),
        "goal_rate": _rate(conversations),
        "first_try": estimate([(_at_once(one), n) for one, n in zip(conversations, aims, strict=True)]).as_json(),
        "by_goal": {kind: _rate([one for one in conversations if one.goal.kind == kind]) for kind in GOALS},
        "by_persona": {name: _rate([one for one in conversations if one.persona == name]) for name in personas},
        "cells": {
            kind: {
                name: _rate([one for one in conversations if one.goal.kind == kind and one.persona == name])
                for name in personas
            }
            for kind in GOALS
        },
        "turns": _turns(conversations),
        "why": _reasons(conversations),
    }


def _rate(conversations: Sequence[Conversation]) -> dict[str, Any]:
    """Share of the readers who got all that they wanted."""
    return estimate([(float(one.succeeded), 1.0) for one in conversations]).as_json()


def _at_once(conversation: Conversation) -> float:
    """Aims that were reached by the first question for them."""
    first: dict[int, bool] = {}
    for one in conversation.exchanges:
        first.setdefault(one.aim, one.verdict.reached)
    return float(sum(first.values()))


def _turns(conversations: Sequence[Conversation]) -> dict[str, Any]:
    """Questions a conversation: how many of each length, got and given up."""
    got = [len(one.exchanges) for one in conversations if one.succeeded]
    lost = [len(one.exchanges) for one in conversations if not one.succeeded]
    over = [len(one.exchanges) - len(one.goal.aims) for one in conversations if one.succeeded]
    return {
        "median": median(got) if got else None,
        "beyond_aims": round(mean(over), 3) if over else None,
        "succeeded": {str(n): got.count(n) for n in range(1, TURNS + 1)},
        "failed": {str(n): lost.count(n) for n in range(1, TURNS + 1)},
    }


def _reasons(conversations: Sequence[Conversation]) -> dict[str, dict[str, int]]:
    """Of each reason: conversations that failed for it, and turns that missed for it in all."""
    failed = Counter(one.why for one in conversations if one.why)
    missed = Counter(turn.verdict.why for one in conversations for turn in one.exchanges if turn.verdict.why)
    return {why: {"failed": failed[why], "turns": missed[why]} for why in WHY if missed[why]}


def render(done: Simulated, material: Material, info: dict[str, Any]) -> str:
    """The page: rates by goal and persona, lengths, reasons, and every conversation that failed."""
    metrics = done.metrics
    failed = [one for one in done.conversations if not one.succeeded]
    meant = {paper_id for one in failed for aim in one.goal.aims for paper_id in aim.papers}
    titles = {paper_id: material.title(paper_id) for paper_id in sorted(meant)}
    return page(
        "readers.html.j2",
        metrics=metrics,
        info=info,
        why=WHY,
        fewest=FEWEST,
        heat=plots.heat("Goal rate by goal and persona", metrics["cells"]),
        turns=plots.lengths("Questions a conversation", metrics["turns"]["succeeded"], metrics["turns"]["failed"]),
        reasons=[(why, text) for why, text in WHY.items() if any(one.why == why for one in failed)],
        rows=[{"json": one.as_json()} for one in failed],
        titles=titles,
    )
