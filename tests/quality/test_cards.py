"""Floors of cards and tags, on labelled papers that nothing was fitted to (``cards.jsonl``, ``tags.jsonl``).

A labelled paper says which subjects of the vocabulary it is about, which sentences state task, method and result (any
of them will do), which data it names and where its code lies. One reader labelled them by title and abstract;
those of ``tags.jsonl`` by subjects alone, before the tagger was asked about any of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.bench.description import ingested, measured
from eval.datasets.labelled import read_labelled
from rag.cards.subjects import load_subjects
from rag.text.sentences import sentences

LABELLED, TAGGED = (Path(__file__).with_name(name) for name in ("cards.jsonl", "tags.jsonl"))
ACCURACY = {"task": 0.93, "method": 0.92, "result": 0.82, "data": 0.78, "code": 0.95}
F1 = {"tags": 0.63, "tags (drawn later)": 0.57, "data": 0.5}
"""Of tags each set by itself, so that neither falls behind the other; nobody had seen figures of the later one."""
MOST_FILLED = {"data": 0.25, "code": 0.05}
"""Share of the papers that don't say it for which something is given all the same."""


def test_the_labels_are_sound() -> None:
    papers = read_labelled(LABELLED)
    assert len({paper.paper_id for paper in papers}) == len(papers) >= 100
    assert sum(paper.split == "test" for paper in papers) >= 50
    for paper in papers:
        cut = {paper.abstract[a:b] for a, b in sentences(paper.abstract)}
        assert {*paper.task, *paper.method, *paper.result} <= cut, paper.paper_id
        assert all(name in paper.abstract or name in paper.title for name in (*paper.data, *paper.code)), paper.paper_id
        assert 1 <= len(paper.tags) <= 5
        assert all(tag in load_subjects().numbers for tag in paper.tags), paper.paper_id


def test_at_least_a_hundred_papers_judge_tags_and_none_was_fitted_to() -> None:
    known, tagged = read_labelled(LABELLED), read_labelled(TAGGED)
    judging = [*read_labelled(LABELLED, ["test"]), *tagged]
    assert len({paper.paper_id for paper in judging}) == len(judging) >= 100
    assert {paper.paper_id for paper in tagged}.isdisjoint(paper.paper_id for paper in known)
    for paper in tagged:
        assert (paper.split, paper.with_card) == ("test", False), paper.paper_id
        assert 1 <= len(set(paper.tags)) == len(paper.tags) <= 5
        assert all(tag in load_subjects().numbers for tag in paper.tags), paper.paper_id


@pytest.mark.slow
def test_cards_and_tags_reach_their_floors(tmp_path: Path) -> None:
    papers, later = read_labelled(LABELLED, ["test"]), read_labelled(TAGGED)
    with ingested([*papers, *later], tmp_path) as library:
        found = measured(papers, library) | {"tags (drawn later)": measured(later, library)["tags"]}
    for name, tally in found.items():
        print(
            f"{name}: accuracy {tally.accuracy:.2f}, F1 {tally.f1:.2f}, filled falsely {tally.filled} of {tally.empty}"
        )
    below = [name for name, floor in ACCURACY.items() if found[name].accuracy < floor]
    below += [f"{name} (F1)" for name, floor in F1.items() if found[name].f1 < floor]
    below += [f"{name} (filled)" for name, most in MOST_FILLED.items() if found[name].filled > most * found[name].empty]
    assert below == []
