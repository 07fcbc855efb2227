"""`eval readers` over the sample reports: the folder it leaves, the same for the same seed, and what is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from eval.readers.companion import DEEDS
from eval.readers.desk import AssistantDesk
from eval.readers.goals import GOALS, Aim, Draw
from eval.readers.material import Material
from eval.readers.simulation import draw
from eval.readers.verdicts import WHY
from eval.readers.voices import load_voices
from rag import open_assistant, open_library
from rag.config import Config
from rag.follow.quiz.quiz import Quizmaster
from rag.follow.reasons import Reason
from rag.follow.surprise import Surprise
from rag.sources import read_source
from rag.themes.map import Cartographer, Map
from tests.support.runs import Run

FEW = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    with open_library(Config(data_dir=made)) as library:
        for report in sorted(Path(str(files("rag") / "sample")).glob("2025*.md")):
            library.ingest(read_source(report))
    return made


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(folder, capsys, monkeypatch)


def test_readers_talk_and_leave_a_report(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    metrics = run.json("eval", "readers", "--readers", str(FEW), "--seed", "5", "--out", str(out))
    rows = [json.loads(line) for line in (out / "conversations.jsonl").read_text(encoding="utf-8").splitlines()]
    assert metrics == json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["readers"] == len(rows) == FEW - sum(metrics["not_drawn"].values()) > FEW / 2
    assert metrics["goal_rate"]["mean"] == pytest.approx(sum(row["succeeded"] for row in rows) / len(rows))
    assert metrics["goal_rate"]["mean"] > 0.5
    assert set(metrics["cells"]) == set(GOALS)
    for row in rows:
        assert row["turns"]
        assert row["succeeded"] == (not row["why"]) == (not row["failed_at"])
        assert row["why"] in ("", *WHY)
        assert row["why"] == (row["turns"][row["failed_at"] - 1]["why"] if row["failed_at"] else "")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert page.count('<details class="row card"') == sum(not row["succeeded"] for row in rows)
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["seed"] == 5


def test_the_same_seed_holds_the_same_conversations_however_many_talk_at_once(run: Run, tmp_path: Path) -> None:
    def told(name: str, seed: int, workers: int) -> str:
        command = ("eval", "readers", "--readers", "3", "--workers", str(workers), "--seed", str(seed))
        run(*command, "--out", str(tmp_path / name))
        return (tmp_path / name / "conversations.jsonl").read_text(encoding="utf-8")

    assert told("a", 1, 1) == told("b", 1, 3)
    material = Material(open_library(Config(data_dir=run.folder)))
    assert draw(material, 3, 1) == draw(material, 3, 1) != draw(material, 3, 2)


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[AssistantDesk]:
    with open_assistant(Config(data_dir=folder)) as assistant:
        yield AssistantDesk(assistant, Material(assistant.library))


@pytest.fixture(scope="module")
def aims(folder: Path) -> dict[str, list[Aim]]:
    """What the companion is used for, by the kind of aim, as goals draw it."""
    with open_library(Config(data_dir=folder)) as library:
        material = Material(library)
        draws = [Draw(material, load_voices().personas["knows the name"], random.Random(n)) for n in range(8)]
        goals = [one for draw in draws for kind in GOALS if (one := draw.goal(kind))]
    drawn = [aim for goal in goals for aim in goal.aims]
    return {kind: [aim for aim in drawn if aim.kind == kind] for kind in DEEDS}


class Nowhere:
    """A map on which no paper stands."""

    def __init__(self, drawn: Map) -> None:
        self.members = drawn.members

    def code_of(self, _: str) -> None:
        """None has a code."""


def nothing(*_: object, **__: object) -> tuple[()]:
    return ()


BROKEN = {
    "typed": ("recommend", nothing, "not_recommended"),
    "lessened": ("Kept.less", nothing, "not_less"),
    "explained": (
        "reasons",
        lambda library, profile, ranked: {
            one.paper_id: Reason(one.paper_id, 0, 9, "2401.00001", one.interest, "what nobody said") for one in ranked
        },
        "unexplained",
    ),
    "surprised": ("surprise", nothing, "no_surprise"),
    "mapped": ("Cartographer.map", lambda self, drawn=Cartographer.map: Nowhere(drawn(self)), "off_map"),
    "suggested": ("standalone", nothing, "no_suggestion"),
    "best": ("in_order", lambda rows, newest: list(rows)[::-1], "not_best"),
    "remembered": ("Rewrites.recall", lambda *_: (None, ()), "not_remembered"),
    "quizzed": (
        "Quizmaster.answers",
        lambda self, user, of=Quizmaster.answers: of(self, user)[:1],
        "mastery",
    ),
}
"""By the kind of aim, a part of the companion, what stands in its place, and why the aim is missed then."""


OWN_FILES = pytest.mark.sqlite_only("what a simulated reader is remembered by is always in files of her own")


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=OWN_FILES) if kind == "remembered" else kind for kind in DEEDS]
)
def test_a_reader_uses_each_part_of_the_companion_and_notices_where_it_is_broken(
    kind: str, desk: AssistantDesk, aims: dict[str, list[Aim]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "surprised":  # nothing in the sample lies apart
        apart = (Surprise("2401.00001", 0.8, 0.2, ""),)
        monkeypatch.setattr("eval.readers.companion.surprise", lambda *_: apart)
    if kind == "lessened":  # twenty are most of the sample
        monkeypatch.setattr("eval.readers.companion.FURTHER", 6)
    aim = next(one for one in aims[kind] if not desk.done(one).why)
    part, instead, why = BROKEN[kind]
    monkeypatch.setattr(f"eval.readers.companion.{part}", instead)
    assert desk.done(aim).why == why
    assert why in WHY


def test_who_is_shown_nothing_of_a_kind_has_not_had_less_of_it(
    desk: AssistantDesk, aims: dict[str, list[Aim]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.readers.companion.recommend", nothing)
    deed = desk.done(aims["lessened"][0])
    assert (deed.said, deed.why) == ("less like nothing", "not_less")


def test_what_cannot_be_is_said(run: Run, tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("x")
    assert "is not a folder" in run("eval", "readers", "--out", str(taken), code=2)[1]
    assert "Invalid value" in run("eval", "readers", "--readers", "0", "--out", str(tmp_path / "o"), code=2)[1]


def test_an_empty_library_has_nothing_to_want(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "list.jsonl"
    report.write_text(json.dumps({"paper_id": "2504.00001", "title": "A Title Alone", "date": "2025-04-10"}) + "\n")
    library = Run(tmp_path / "library", capsys, monkeypatch)
    library("ingest", str(report))
    assert "No reader finds anything to want" in library("eval", "readers", "--out", str(tmp_path / "o"), code=1)[1]
