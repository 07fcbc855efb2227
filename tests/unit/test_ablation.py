"""Does the context matter: systems that use it and systems that don't, over a real library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from eval.datasets import QaSet, Question, read_questions
from eval.runs import METRICS, RunReport, Selection, run
from eval.runs.ablation import (
    ABLATION,
    FOLDER,
    AblatedAssistant,
    Ablation,
    ablate,
    donors_of,
    effect,
    words_kept,
    written,
)
from eval.runs.scores import Result, Scored
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Done, Event, Passage, RemovedText, Retrieved, Turn
from tests.support.evaluation import answer
from tests.support.papers import make_paper

TOPICS = (
    ("Sparse expansion", "Learned term expansion lifts sparse retrieval by four points on long queries."),
    ("Table parsing", "A two stage parser reads nested tables from scanned invoices without templates."),
    ("Bird song", "Spectral clustering separates overlapping bird songs recorded in dense rain forests."),
    ("Protein folding", "Diffusion over backbone angles predicts protein loops faster than molecular dynamics."),
    ("Traffic lights", "Reinforcement learning shortens waiting at crossroads when pedestrians press buttons."),
    ("Music tagging", "Contrastive pretraining tags drums and strings from seconds of compressed audio."),
    ("Crop yield", "Satellite radar forecasts wheat harvests weeks before farmers begin cutting."),
    ("Code review", "Graph attention finds missing null checks that human reviewers overlook."),
)
PAPERS = [
    make_paper(f"2504.0000{n}", title, fact, day=f"2025-04-1{n}", authors=("Ada Lovelace",))
    for n, (title, fact) in enumerate(TOPICS)
]
MEMORY = {f"What does the paper on {title.lower()} report?": fact for title, fact in TOPICS}
"""What a model knows by heart, by question."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as made:
        made.ingest(PAPERS)
        yield made


def questions(folder: Path, gold: bool = True) -> QaSet:
    rows = [
        {"id": f"q{n}", "question": question}
        | (
            {"gold_papers": [paper.paper_id],
             "nuggets": [{"text": "fact", "importance": "vital", "paper": paper.paper_id, "span": paper.abstract}]}
            if gold else {}
        )
        for n, (question, paper) in enumerate(zip(MEMORY, PAPERS, strict=True))
    ]  # fmt: skip
    path = folder / "qa.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return read_questions(path)


Writes = Callable[[str, Sequence[Passage]], str]


def by_heart(question: str, passages: Sequence[Passage]) -> str:
    """A model that ignores its context."""
    return MEMORY[question]


def by_reading(question: str, passages: Sequence[Passage]) -> str:
    """A model that repeats the best passage."""
    return passages[0].text if passages else "The sources do not say."


class ScriptedWriter:
    """The real retriever with a scripted model behind it, whose words are not checked."""

    def __init__(self, library: Library, retriever: HybridRetriever, write: Writes) -> None:
        self.library = library
        self.retriever = retriever
        self.write = write

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Event]:
        passages = self.retriever.search(question, k=5)
        yield Retrieved(tuple(passages))
        yield Done(answer(self.write(question, passages), retrieved=[passage.paper_id for passage in passages]))


def go(library: Library, qa: QaSet, out: Path, write: Writes | None) -> tuple[RunReport, Ablation]:
    def system(retriever: HybridRetriever) -> ScriptedWriter | Assistant:
        return ScriptedWriter(library, retriever, write) if write else Assistant(library, retriever)

    base = run(system(HybridRetriever(library)), library.config, qa, out)
    return base, ablate(library, library.config, qa, out, base, with_retriever=system if write else None)


def test_a_model_that_ignores_its_context_is_exposed(library: Library, tmp_path: Path) -> None:
    _, ablation = go(library, questions(tmp_path), tmp_path / "out", by_heart)
    assert ablation.ignores_context is True
    assert ablation.verdict.startswith("The system ignores its context: with passages removed, facts_written")
    assert "from 1.000 to 1.000 (difference 0.000, interval 0.000 to 0.000, n 8)" in ablation.verdict
    assert [effect.ignores for effect in ablation.effects] == [True, True]


def test_a_model_that_reads_its_passages_is_not(library: Library, tmp_path: Path) -> None:
    _, ablation = go(library, questions(tmp_path), tmp_path / "out", by_reading)
    assert ablation.ignores_context is False
    assert ablation.verdict.startswith("The system uses its context: ")
    shuffled = ablation.effects[1].measures["facts_written"]
    assert (shuffled.a.mean, shuffled.b.mean, shuffled.difference.mean) == (1, 0, -1)


def test_one_exchange_that_changes_nothing_is_enough(library: Library, tmp_path: Path) -> None:
    def knows_when_it_has_nothing(question: str, passages: Sequence[Passage]) -> str:
        return by_heart(question, passages) if passages else "The sources do not say."

    _, ablation = go(library, questions(tmp_path), tmp_path / "out", knows_when_it_has_nothing)
    assert [effect.ignores for effect in ablation.effects] == [False, True]
    assert ablation.ignores_context is True


@pytest.mark.parametrize(("write", "ignores"), [(by_heart, True), (by_reading, False)])
def test_without_gold_the_words_that_stay_tell(library: Library, tmp_path: Path, write: Writes, ignores: bool) -> None:
    _, ablation = go(library, questions(tmp_path, gold=False), tmp_path / "out", write)
    assert ablation.ignores_context is ignores
    assert [effect.basis for effect in ablation.effects] == ["words_kept", "words_kept"]


def test_the_extractive_assistant_uses_its_context(library: Library, tmp_path: Path) -> None:
    base, ablation = go(library, questions(tmp_path), tmp_path / "out", None)
    assert ablation.ignores_context is False
    removed = ablation.effects[0].measures
    assert removed["facts_written"].a.mean == base.metrics["overall"]["nuggets_vital"]["mean"] == 1
    assert removed["nuggets_vital"].difference.mean == -1
    assert removed["false_refusals"].b.mean == 1


def test_each_condition_is_a_run_of_its_own_and_the_differences_are_kept(library: Library, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _, ablation = go(library, questions(tmp_path), out, by_reading)
    document = json.loads((out / ABLATION).read_text())
    assert document == json.loads(json.dumps(ablation.as_json()))
    assert document["verdict"] == ablation.verdict
    for condition in ("removed", "shuffled"):
        metrics = json.loads((out / FOLDER / condition / METRICS).read_text())
        measured = document["conditions"][condition]["measures"]["recall@5"]
        assert measured["b"] == metrics["overall"]["recall@5"]
    assert document["conditions"]["removed"]["measures"]["recall@5"]["difference"]["mean"] == -1


def test_asking_again_asks_nothing_and_says_the_same(library: Library, tmp_path: Path) -> None:
    asked: list[str] = []

    def counted(question: str, passages: Sequence[Passage]) -> str:
        asked.append(question)
        return by_reading(question, passages)

    qa = questions(tmp_path)
    first = go(library, qa, tmp_path / "out", counted)[1].as_json()
    assert len(asked) == 3 * len(PAPERS)
    assert go(library, qa, tmp_path / "out", counted)[1].as_json() == first
    assert len(asked) == 3 * len(PAPERS)


def test_shuffled_passages_are_another_questions_and_never_ones_own(library: Library, tmp_path: Path) -> None:
    seen: dict[str, list[str]] = {}

    def note(question: str, passages: Sequence[Passage]) -> str:
        seen[question] = [passage.paper_id for passage in passages]
        return ""

    qa = questions(tmp_path)
    base = run(ScriptedWriter(library, HybridRetriever(library), by_heart), library.config, qa, tmp_path / "out")
    build = lambda retriever: ScriptedWriter(library, retriever, note)  # noqa: E731
    shuffled = AblatedAssistant(library, build, "shuffled", base.scored)
    for question in qa.questions:
        list(shuffled.ask(question.question))
        assert seen[question.question]
        assert not set(question.gold_papers or ()) & set(seen[question.question])


def test_a_selection_holds_for_both_conditions(library: Library, tmp_path: Path) -> None:
    qa, two = questions(tmp_path), Selection(limit=2)
    base = run(Assistant(library), library.config, qa, tmp_path / "out", two)
    ablation = ablate(library, library.config, qa, tmp_path / "out", base, two)
    assert [effect.measures["facts_written"].difference.n for effect in ablation.effects] == [2, 2]


# --- parts ----------------------------------------------------------------------------------------------------------


def test_a_donor_is_another_question_with_other_papers_where_there_is_one() -> None:
    asked = [Question(id=str(n), question=f"question {n}", gold_papers=(str(n // 2),)) for n in range(8)]
    donors = donors_of(asked)
    assert donors == donors_of(asked)
    for n in range(8):
        assert int(donors[str(n)].split()[1]) // 2 != n // 2
    same = [Question(id=str(n), question=f"question {n}", gold_papers=("p",)) for n in range(2)]
    assert donors_of(same) == {"0": "question 1", "1": "question 0"}
    assert donors_of(same[:1]) == {"0": "question 0"}


def test_what_the_check_struck_was_written_all_the_same() -> None:
    struck = answer("Kept [1].", removed=(RemovedText(text="Known by heart.", reason="no source"),))
    assert written(struck) == "Kept  . Known by heart."


def test_words_kept_leave_the_questions_own_words_out() -> None:
    before, after = answer("Radar forecasts wheat harvests"), answer("Wheat radar sinks ships")
    # radar is the question's; of forecasts, wheat and harvests one stays.
    assert words_kept("What is radar?", before, after) == pytest.approx(1 / 3)
    assert words_kept("Radar forecasts wheat harvests?", before, after) is None


def test_questions_that_failed_say_nothing_about_the_context() -> None:
    nuggets = [{"text": "fact", "span": "Radar forecasts wheat"}]
    asked = [Question.model_validate({"id": str(n), "question": "q", "nuggets": nuggets}) for n in range(2)]
    known = answer("Radar forecasts wheat")
    base = [Scored(Result(question, known), {}) for question in asked]
    failed = [Scored(Result(asked[0], known), {}), Scored(Result(asked[1], None, "refused"), {})]
    found = effect("removed", base, failed)
    assert (found.basis, found.ignores, found.measures["facts_written"].difference.n) == ("facts_written", True, 1)
    nothing = effect("removed", base, [Scored(Result(question, None, "refused"), {}) for question in asked])
    assert (nothing.basis, nothing.ignores) == (None, None)
    assert Ablation((nothing,)).verdict == "The system cannot be told to use its context."
