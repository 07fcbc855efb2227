"""The two indexes over chunks: vectors in Chroma, words in tantivy. Both can be rebuilt from the shelf."""

from rag.index.lexical import LexicalIndex
from rag.index.store import VectorStore

__all__ = ["LexicalIndex", "VectorStore"]
