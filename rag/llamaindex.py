"""The seam to LlamaIndex: engine, retriever and embedder as its own classes, to be put into another program.

Each wraps what answers in `Assistant.ask`; there is no second path. LlamaIndex is imported here, for those who use it,
and where a language model or an embedder of its kind is configured: its import takes longer than an answer
(docs/adr/0013-cold-start.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.engine import Engine
from rag.models import minilm
from rag.models.info import EmbeddingInfo
from rag.models.minilm import MiniLM
from rag.models.tokens import TokenVectors
from rag.retrieve.hybrid import HybridRetriever
from rag.retrieve.nodes import to_node
from rag.types import Done, Event, Filters, Mode, Passage, Retrieved, Turn


@dataclass
class QuestionBundle(QueryBundle):
    """A LlamaIndex query that also carries filters, the conversation so far and how to answer; None: as configured."""

    filters: Filters = field(default_factory=Filters)
    history: tuple[Turn, ...] = ()
    mode: Mode | None = None


class PaperQueryEngine(BaseQueryEngine):
    """The engine as a LlamaIndex query engine.

    The response's text is the answer, its source nodes are the retrieved passages, and
    ``response.metadata["answer"]`` is the checked `Answer`.
    """

    def __init__(self, engine: Engine) -> None:
        """Wrap an engine (`Assistant.engine`)."""
        self.engine = engine
        super().__init__(callback_manager=CallbackManager([]))

    def stream(self, query: QueryBundle) -> Iterator[Event]:
        """Answer a question step by step; the last event is `Done`.

        Raises:
            QuestionError: the question is empty or too long.
            EmptyLibrary: there are no papers.
        """
        asked = query if isinstance(query, QuestionBundle) else QuestionBundle(query.query_str)
        yield from self.engine.stream(asked.query_str, asked.history, asked.filters, asked.mode)

    def _query(self, query_bundle: QueryBundle) -> Response:
        passages: tuple[Passage, ...] = ()
        for event in self.stream(query_bundle):
            if isinstance(event, Retrieved):
                passages = event.passages
            elif isinstance(event, Done):
                answer = event.answer
        nodes = [to_node(passage) for passage in passages]
        return Response(response=answer.answer, source_nodes=nodes, metadata={"answer": answer})

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


class PaperRetriever(BaseRetriever):
    """The retriever as LlamaIndex's; filters travel in a `QuestionBundle`, a plain query has none."""

    def __init__(self, retriever: HybridRetriever) -> None:
        """Wrap a retriever (`Assistant.retriever`)."""
        self.retriever = retriever
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        filters = query_bundle.filters if isinstance(query_bundle, QuestionBundle) else Filters()
        return [to_node(passage) for passage in self.retriever.search(query_bundle.query_str, filters)]


class MiniLMEmbedding(BaseEmbedding):
    """The shipped model as a LlamaIndex embedder; safe to call from many threads. Build it with `load`."""

    _model: MiniLM = PrivateAttr()

    @classmethod
    def class_name(cls) -> str:
        """Name LlamaIndex uses for this class."""
        return "MiniLMEmbedding"

    @classmethod
    def load(cls, threads: int | None = None, batch_size: int = 16) -> MiniLMEmbedding:
        """Load the installed model (`rag.models.minilm.installed`)."""
        embedding = cls(model_name=MiniLM.model_name, embed_batch_size=batch_size)
        embedding._model = minilm.installed(threads, batch_size)
        return embedding

    def info(self) -> EmbeddingInfo:
        """Describe the model for chunker and index."""
        return self._model.info()

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The vectors of each text's tokens (`MiniLM.embed_tokens`)."""
        return self._model.embed_tokens(texts)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._model.get_text_embedding(text)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._model.get_query_embedding(query)

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._model.get_text_embedding_batch(texts)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)
