"""`eval nuggets` and `eval judge`: folders of finished runs → nuggets, and a judged report with its gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.datasets import read_questions
from eval.files import write_atomically, write_json, write_json_lines
from eval.judge.client import JudgeClient
from eval.judge.config import JudgeConfig
from eval.judge.judgement import Judgement, Progress, Topic, create_all, judge_all, same_questions
from eval.judge.nuggets import Nugget, Nuggetizer, Nuggets
from eval.judge.planted import PLANT_KINDS
from eval.judge.pool import DEPTH, PassageText
from eval.judge.report import JudgedReport, label_sheet, nuggets_rows, render_judged
from eval.judge.validity.agreement import agreement, read_hand_labels
from eval.judge.validity.gates import Evidence, check_all
from eval.runs.record import RunRecord, load_run
from rag.errors import UsageError
from rag.types import Answer

JUDGED, PAGE = "judged.json", "report.html"
NUGGETS, SHEET, REPLIES = "nuggets.jsonl", "label-sheet.jsonl", "replies.jsonl"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a judgement may be given besides the runs.

    Attributes:
        nuggets: QA set with nuggets to judge by; None has them made.
        human: Labels that people gave (`eval.judge.validity.agreement`).
        depth: Passages pooled from each run's ranking.
    """

    nuggets: Path | None = None
    human: Path | None = None
    depth: int = DEPTH


def make_nuggets(
    config: JudgeConfig, folders: Sequence[Path], text_of: PassageText, out: Path, depth: int = DEPTH,
    progress: Progress | None = None,
) -> list[Topic]:  # fmt: skip
    """Make nuggets from what the runs found and write them as a QA set (`nuggets.jsonl`) into `out`.

    Raises:
        RunMismatch: a folder holds no finished run, or the runs do not belong together.
        JudgeError: the judge's server failed; the same command goes on where it stopped.
    """
    runs = [load_run(folder) for folder in folders]
    _prepare(out, folders)
    client = JudgeClient(config, out / REPLIES)
    topics = create_all(Nuggetizer(client, config.prompts), runs, text_of, depth, progress)
    write_json_lines(out / NUGGETS, nuggets_rows(topics))
    return topics


def judge_folders(
    config: JudgeConfig, folders: Sequence[Path], text_of: PassageText, out: Path, inputs: Inputs | None = None,
    progress: Progress | None = None,
) -> JudgedReport:  # fmt: skip
    """Judge two or more finished runs over one QA set and write the report into `out`.

    Args:
        config: The judge's settings.
        folders: The runs' folders.
        text_of: Finds pooled passages; not used when nuggets are given.
        out: Folder of the report. The judge's replies are kept there: a judgement that was killed goes on.
        inputs: Nuggets to judge by, hand labels.
        progress: Told of every topic.

    Raises:
        UsageError: fewer than two runs.
        RunMismatch: a folder holds no finished run, or the runs do not belong together.
        DatasetError: nuggets or hand labels cannot be read.
        JudgeError: the judge's server failed; the same command goes on where it stopped.
    """
    inputs = inputs or Inputs()
    if len(folders) < 2:
        raise UsageError("A judgement compares runs, and only one was named.", "Name two folders of `eval run`.")
    runs = {name: load_run(folder) for name, folder in zip(_names(folders), folders, strict=True)}
    hand = read_hand_labels(inputs.human) if inputs.human else None
    _prepare(out, folders)
    client = JudgeClient(config, out / REPLIES)
    nuggetizer = Nuggetizer(client, config.prompts)
    records = list(runs.values())
    if inputs.nuggets:
        topics = given_topics(inputs.nuggets, records)
    else:
        topics = create_all(nuggetizer, records, text_of, inputs.depth, progress)
    judgement = judge_all(nuggetizer, list(runs), records, topics, progress)
    evidence = Evidence(
        config=config,
        served_models=frozenset(client.ledger.models),
        prompt_hashes={name: prompt.digest for name, prompt in nuggetizer.prompts.items()},
        generators=generators_of(records),
        rerankers=rerankers_of(records),
        used_labels=frozenset(label for label in judgement.labels().values() if label),
        agreement=agreement(judgement.labels(), hand) if hand is not None else None,
        honest=judgement.honest(),
        planted={kind: judgement.planted(kind) for kind in PLANT_KINDS},
    )
    report = JudgedReport(config, judgement, evidence, check_all(evidence), client.ledger)
    _write(out, report, runs, topics)
    return report


def given_topics(path: Path, runs: Sequence[RunRecord]) -> list[Topic]:
    """The runs' questions with the nuggets of a QA set; one that it does not hold has none.

    Raises:
        DatasetError: the QA set cannot be read.
        RunMismatch: the runs do not belong together.
    """
    known = {question.id: question for question in read_questions(path).questions}
    topics = []
    for identity in same_questions(runs):
        rows = known[identity].nuggets if identity in known else ()
        vital_first = sorted(rows, key=lambda row: row.importance != "vital")
        nuggets = Nuggets(tuple(Nugget(row.text, row.importance) for row in vital_first))
        topics.append(Topic(identity, runs[0].questions[identity], nuggets))
    return topics


def generators_of(runs: Sequence[RunRecord]) -> frozenset[str]:
    """Models that the answers' receipts name."""
    answers = (answer for run in runs for answer in run.answers.values() if isinstance(answer, Answer))
    return frozenset(answer.receipt.model for answer in answers)


def rerankers_of(runs: Sequence[RunRecord]) -> frozenset[str]:
    """What the runs' settings name for reranking and we do not ship: any model may be behind it."""
    names = (str(run.info.get("config", {}).get("retrieval.reranker", "")) for run in runs)
    return frozenset(name for name in names if ":" in name)


def _names(folders: Sequence[Path]) -> list[str]:
    """The folders' own names where they differ, else their whole paths."""
    short = [folder.name for folder in folders]
    return short if len(set(short)) == len(short) else [str(folder) for folder in folders]


def _prepare(out: Path, folders: Sequence[Path]) -> None:
    if out.resolve() in {folder.resolve() for folder in folders}:
        raise UsageError(f"{out} is the folder of a run, whose report would be lost.", "Give another --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{out} is not a folder.", "Give --out the name of a folder.") from None


def _write(out: Path, report: JudgedReport, runs: Mapping[str, RunRecord], topics: Sequence[Topic]) -> None:
    judgement: Judgement = report.judgement
    write_json_lines(out / NUGGETS, nuggets_rows(topics))
    write_json_lines(out / SHEET, label_sheet(judgement, runs))
    write_json(out / JUDGED, report.as_json())
    write_atomically(out / PAGE, render_judged(report))
