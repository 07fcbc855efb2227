"""A small library for tests of question reading: a real shelf, a real lexical index, vectors made when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.config import Config
from rag.index import LexicalIndex
from rag.index.library import Library
from rag.index.matrix import Matrix
from rag.models import embed_texts
from rag.models.minilm import MiniLM, installed
from rag.papers.shelf import FILE_NAME, Shelf
from rag.text.readable import readable
from rag.types import Chunk, Paper
from tests.support.papers import make_paper

_COMMON = (
    "We study recommender systems and dense retrieval with large language models. Experiments on public datasets show"
    " that the query encoder generates accurate answers faster than sequential baselines, and that adversarial prompts"
    " reduce its accuracy. The inference cost of a method, its context and its architecture are discussed."
)
PAPERS = (
    ("2503.09516", "Search-R1: Training Language Models to Search", ("Bowen Jin", "Wei Wang"), "2025-04-08"),
    ("2504.00002", "LightRetriever: Fast Query Inference for Dense Retrieval", ("Guangyuan Ma",), "2025-05-13"),
    ("2504.00003", "Criteria-Based Evaluation of Answers", ("Laura Dietz", "Charles L. A . Clarke"), "2025-05-20"),
    ("2504.00004", "Principles of LLM Judges", ("Laura Dietz", "Jimmy Lin"), "2025-07-01"),
    (
        "2504.00005",
        "QueryGym: A Toolkit for Query Reformulation",
        ("Amin Bigdeli", "Charles L. A. Clarke"),
        "2025-11-22",
    ),
    ("2504.00006", "AutoPK: Extracting Pharmacokinetic Data from Tables", ("Élodie Dupont",), "2025-10-02"),
    ("2504.00007", "OneSearch: Generative Search at Kuaishou", ("Ben Chen",), "2025-09-05"),
    ("2504.00008", "UniSearch: Rethinking Video Search", ("Jiahui Chen",), "2025-09-09"),
    (
        "2504.00009",
        "Adaptive Orchestration of Information Access",
        ("Maarten de Rijke", "Mohammad Aliannejadi"),
        "2025-04-25",
    ),
    ("2504.00010", "A Database Copilot for Operations", ("Guoliang Li", "Xuanhe Zhou"), "2025-06-30"),
    ("2504.00011", "Subject Indexing with Annif", ("Osma Suominen",), "2025-12-31"),
    ("2504.00012", "Serving MiniOneRec on a Budget", ("Keunwoo Choi",), "2025-12-10"),
)


class Vectors:
    """The vectors of some chunks, embedded at the first query."""

    def __init__(self, chunks: Mapping[str, Chunk]) -> None:
        self._chunks = dict(chunks)
        self._matrix: Matrix | None = None

    def query(self, vector: np.ndarray, k: int, papers: frozenset[str] | None = None) -> list[tuple[str, float]]:
        """The nearest chunks with their cosine similarity, best first."""
        if self._matrix is None:
            vectors = embed_texts(installed(), [one.embedded_text for one in self._chunks.values()])
            self._matrix = Matrix([f"{one.chunk_id}/{one.paper_id}" for one in self._chunks.values()], vectors)
        allowed = {one.paper_id for one in self._chunks.values()} if papers is None else papers
        found = self._matrix.nearest(vector, k, allowed)
        return [(key.partition("/")[0], cosine) for key, cosine in sorted(found, key=lambda one: (-one[1], one[0]))][:k]


@dataclass
class Indexes:
    """Open indexes, as far as question reading needs them."""

    lexical: LexicalIndex
    vectors: Vectors


class ReadingLibrary(Library):
    """Shelf and lexical index of `PAPERS`, twelve papers listed from 2025-04-08 to 2025-12-31."""

    def __init__(self, folder: Path) -> None:
        self.config = Config()
        self.folder = folder
        self.shelf = Shelf(folder / FILE_NAME)
        self._lexical = LexicalIndex(folder / "lexical")
        self._chunks: dict[str, Chunk] = {}
        self._vectors = Vectors({})
        self.replace(*(make_paper(key, title, _COMMON, authors, day) for key, title, authors, day in PAPERS))

    def replace(self, *papers: Paper) -> None:
        """Take papers in, whole as one passage each."""
        self.shelf.record(papers)
        chunks = [Chunk(f"c-{p.paper_id}", p.paper_id, 1, 0, len(p.text), p.text, readable(p.text)) for p in papers]
        self._lexical.replace([paper.paper_id for paper in papers], chunks)
        self.shelf.mark_indexed([paper.paper_id for paper in papers], chunks)
        self._chunks |= {chunk.chunk_id: chunk for chunk in chunks}
        self._vectors = Vectors(self._chunks)

    @property
    def embedding(self) -> MiniLM:
        """The shipped model, once a process: intents are read with it."""
        return installed()

    @contextmanager
    def indexes(self) -> Iterator[Any]:
        """Lend the indexes."""
        yield Indexes(self._lexical, self._vectors)

    def close(self) -> None:
        """Let go of the files."""
        self._lexical.close()
        self.shelf.close()
