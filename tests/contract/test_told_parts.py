"""A part of a question about one paper: what the paper does not tell is named, and what it tells is no refusal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from tests.support.papers import make_paper
from tests.support.samples import sample_library

EMBEDS = """Embeddings of pictures are either one vector, which says little, or too many to be stored. We introduce
TokenLens, a framework for retrieval of pictures. During training, a fixed number of learnable Lens Tokens are appended
to the input sequence. At test time their last states serve as compact embeddings. Users choose between quality and
speed by the number of tokens. TokenLens reaches the best results on two benchmarks with models of 32B parameters."""
ATTACKS = """Retrieval-augmented generation with pictures brings new risks. We propose TwinBlur, an attack that changes
nothing but the picture that a user sends. It misaligns the two inputs of the generator. We conduct experiments on two
widely-used data sets, OK-VQA and InfoSeek. We use CLIP-based retrievers and two models, BLIP-2 and LLaVA, as
generators. Both retrieval and generation become much worse."""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    library.ingest(
        [
            make_paper("2501.00001", title="TokenLens: Embeddings of Pictures", abstract=" ".join(EMBEDS.split())),
            make_paper("2501.00002", title="TwinBlur: Attacking Generators", abstract=" ".join(ATTACKS.split())),
        ]
    )
    with Assistant(library) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "untold"),
    [
        ("What are the Lens Tokens in TokenLens and how long did its training take?", [False, True]),
        ("Which data sets does TwinBlur use, and how large may the change of a picture be?", [False, True]),
        ("Which data sets does TwinBlur use, and which models serve as generators?", [False, False]),
    ],
)
def test_a_part_is_refused_where_the_paper_does_not_tell_it(
    assistant: Assistant, question: str, untold: list[bool]
) -> None:
    answer = assistant.answer(question)
    assert [part.abstained for part in answer.parts] == untold
    assert answer.answer.count("its abstract does not tell") == sum(untold)
