"""A name that stands nowhere and is nearly a system's: read as that, with a word on it; never one that is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from tests.support.papers import make_paper
from tests.support.samples import sample_library

BOATS = ("BoatA", "BoatC", "BoatE", "BoatG", "BoatI")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    library.ingest(
        [
            make_paper("2501.00001", title="TramRec: Routes for Trams", abstract="Trams are routed. It works."),
            make_paper("2501.00003", title="LightGNN: Small Graph Networks", abstract="Networks of graphs are small."),
            make_paper("2501.00004", title="BERT4Rel: Relations of Words", abstract="Words are related by pairs."),
            *(
                make_paper(f"2502.0000{n}", title=f"Ferry{end}: Boats", abstract="Boats.")
                for n, end in enumerate(BOATS)
            ),
            make_paper("2501.00002", title="TramRex: Tracks for Trams", abstract="Tracks are laid. It works."),
        ]
    )
    with Assistant(library) as opened:
        yield opened


@pytest.mark.parametrize("typed", ["IterQuR", "ItreQR", "IterQRR"])
def test_it_is_answered_for_the_system_and_said_so(assistant: Assistant, typed: str) -> None:
    answer = assistant.answer(f"On which platform was {typed} deployed?")
    assert {one.paper_id for one in answer.citations} == {"2504.05309"}
    assert any("IterQR" in note.text and typed in note.text for note in answer.notes if note.code == "spelling")
    assert typed != "IterQuR" or answer.confidence != "high", "letters that were swapped or doubled are slips"


def test_where_several_are_near_they_are_offered(assistant: Assistant) -> None:
    answer = assistant.answer("How does TramReq work?")
    assert [note.text for note in answer.notes if note.code == "spelling"] == [
        'No paper here holds "TramReq". Did you mean "TramRec" or "TramRex"?'
    ]


@pytest.mark.parametrize(("known", "near"), [("LightGCN", "LightGNN"), ("BERT4Rec", "BERT4Rel")])
@pytest.mark.parametrize("question", ["Who wrote {}?", "How does {} work?"])
def test_another_letter_may_be_another_system(assistant: Assistant, question: str, known: str, near: str) -> None:
    answer = assistant.answer(question.format(known))
    assert answer.abstained
    assert f'No paper here holds "{known}". Did you mean "{near}"?' in [note.text for note in answer.notes]


def test_three_are_offered_at_most(assistant: Assistant) -> None:
    (note,) = [note for note in assistant.answer("How does FerryBoatX work?").notes if note.code == "spelling"]
    assert note.text.count("FerryBoat") == 1 + 3


def test_nothing_is_offered_for_what_was_read_already(assistant: Assistant) -> None:
    reader = assistant.engine.reader
    question = "How does LightGCN work?"
    start = question.index("LightGCN")
    assert reader._near_names(question, [])[1]
    assert reader._near_names(question, [(start, start + 8)]) == ([], [])


@pytest.mark.parametrize("typed", ["TramRec", "PLUM", "Quark", "IterQR2", "QRIter"])
def test_what_is_known_or_far_stays(assistant: Assistant, typed: str) -> None:
    answer = assistant.answer(f"How does {typed} work?")
    assert not [note for note in answer.notes if note.code == "spelling"]
