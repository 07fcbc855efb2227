"""The lexical index: BM25 over tantivy, one document a chunk (docs/adr/0001-lexical-engine.md)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from rag.errors import IndexDamaged, LibraryBusy, LibraryError
from rag.index.disk import openable, refusal
from rag.text.terms import Analyzer, expand
from rag.types import Chunk

_HEAP_BYTES = 64_000_000
_OVERFETCH_DEPTH = 1000
"""Down to this depth reading on and dropping what a filter excludes is cheaper than filtering in the engine."""
_TIE = 1e-4
"""Scores closer than this are equal: a sum of float32 values depends on the order in which segments are read."""
_DECIMALS = 4


class LexicalIndex:
    """BM25 (k1 = 1.2, b = 0.75, Lucene's idf) over chunks' `embedded_text`.

    What is open stays as it was until `reload`. Queries may come from many threads at once.
    """

    def __init__(self, folder: Path) -> None:
        """Open the index in a folder; a missing or empty folder becomes an empty index.

        Raises:
            IndexDamaged: the folder holds something else than an index of this version.
        """
        self.folder = folder
        self._analyzer = Analyzer()
        self._schema = _schema(self._analyzer.name)
        with self._mapped():
            folder.mkdir(parents=True, exist_ok=True)
            folder, self._copy = openable(folder)
            if tantivy.Index.exists(str(folder)) or not any(folder.iterdir()):
                self._index = tantivy.Index(self._schema, str(folder))
            else:
                raise ValueError("it holds files but no index")
            self._index.register_tokenizer(self._analyzer.name, self._analyzer.tokens)
            self._index.config_reader(reload_policy="manual")
            self._index.reload()
            self._searcher = self._index.searcher()

    def replace(self, paper_ids_to_delete: Collection[str], chunks: Sequence[Chunk]) -> None:
        """Delete all chunks of some papers and add others, in one commit that happens wholly or not at all.

        Raises:
            LibraryBusy: another writer is at work on this folder.
        """
        with self._mapped():
            writer = self._index.writer(_HEAP_BYTES, 1)
            try:
                writer.garbage_collect_files()  # of a killed writer, whose names the engine would use again and refuse
                for paper_id in paper_ids_to_delete:
                    writer.delete_documents_by_term("paper_id", paper_id)
                for chunk in chunks:
                    writer.delete_documents_by_term("chunk_id", chunk.chunk_id)
                    writer.add_document(_document(chunk))
                writer.commit()
            except BaseException:
                writer.rollback()
                raise
            finally:
                writer.wait_merging_threads()  # also gives up the folder's writer lock
        self.reload()

    def query(
        self, text: str, k: int, papers: frozenset[str] | None = None, *, repeats: bool = False
    ) -> list[tuple[str, float]]:
        """Rank the chunks that share at least one term with a text.

        Args:
            text: Any text; it has no syntax.
            k: Most chunks to return.
            papers: Papers whose chunks may be returned; None allows all.
            repeats: A term counts as often as the text holds it, as rewritten questions want it; else once.

        Returns:
            (chunk id, BM25 score), best first, ties by chunk id.
        """
        terms = Counter(self.analyze(text))
        if k < 1 or not terms or (papers is not None and not papers):
            return []
        words = []
        for term, count in terms.items():
            word = Query.term_query(self._schema, "text", term, "freq")
            words.append((Occur.Should, Query.boost_query(word, float(count)) if repeats and count > 1 else word))
        with self._mapped():
            return self._ranked(Query.boolean_query(words), k, papers)

    def analyze(self, text: str) -> list[str]:
        """The terms by which a text is stored or asked for, repetitions kept, in no particular order."""
        return self._analyzer.terms(text)

    def distinct(self, text: str) -> set[str]:
        """The terms by which a text is stored, each once."""
        return self._analyzer.distinct(text)

    def words(self, text: str) -> Iterator[tuple[str, frozenset[str]]]:
        """The words of a text as they stand there, in order, each with the terms it yields."""
        return self._analyzer.words(text)

    def idf(self, terms: Collection[str]) -> dict[str, float]:
        """Inverse document frequency: ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson & Zaragoza 2009, as in Lucene)."""
        total = self._searcher.num_docs
        found = {term: min(self.doc_freq(term), total) for term in terms}
        return {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in found.items()}

    def doc_freq(self, term: str) -> int:
        """Number of chunks that hold a term (deleted ones count until their segment is merged)."""
        return self._searcher.doc_freq("text", term)

    def count(self) -> int:
        """Number of chunks stored."""
        return int(self._searcher.num_docs)

    def ids(self) -> dict[str, str]:
        """Every chunk's id with its paper's."""
        with self._mapped():
            searcher = self._searcher
            hits = searcher.search(Query.all_query(), max(searcher.num_docs, 1), count=False).hits
            stored = (searcher.doc(address) for _, address in hits)
            return {document["chunk_id"][0]: document["paper_id"][0] for document in stored}

    def reload(self) -> None:
        """See what was committed since, by this process or another."""
        with self._mapped():
            self._index.reload()
            self._searcher = self._index.searcher()

    def close(self) -> None:
        """Let go of the files; the index cannot be used any more."""
        for handle in ("_searcher", "_index"):
            self.__dict__.pop(handle, None)
        if self._copy:
            self._copy.cleanup()

    def _ranked(self, words: Query, k: int, papers: frozenset[str] | None) -> list[tuple[str, float]]:
        if papers is None:
            return [(chunk_id, score) for chunk_id, _, score in self._search(words, k)][:k]
        depth = math.ceil(2 * k * self._searcher.num_docs / len(papers))
        if depth <= _OVERFETCH_DEPTH:
            found = self._search(words, depth)
            hits = [(chunk_id, score) for chunk_id, paper_id, score in found if paper_id in papers]
            if len(hits) >= k or len(found) < depth:
                return hits[:k]
        allowed = Query.const_score_query(Query.term_set_query(self._schema, "paper_id", sorted(papers)), 0.0)
        both = Query.boolean_query([(Occur.Must, words), (Occur.Must, allowed)])
        return [(chunk_id, score) for chunk_id, _, score in self._search(both, k)][:k]

    def _search(self, query: Query, k: int) -> list[tuple[str, str, float]]:
        """The best `k` and all that tie with the last, as (chunk id, paper id, score), in their final order."""
        limit = k + 16
        while True:
            hits = self._searcher.search(query, limit, count=False).hits
            if len(hits) < limit or hits[-1][0] < hits[k - 1][0] - _TIE:
                break
            limit *= 2
        found: list[tuple[str, str, float]] = []
        for score, address in hits:
            if len(found) >= k and score < hits[k - 1][0] - _TIE:
                break
            document = self._searcher.doc(address)
            found.append((document["chunk_id"][0], document["paper_id"][0], round(score, _DECIMALS)))
        return sorted(found, key=lambda item: (-item[2], item[0]))

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Turn the engine's errors into ours."""
        try:
            yield
        except (ValueError, OSError) as error:
            if "LockBusy" in str(error):
                raise LibraryBusy(
                    f"Another process is writing to the lexical index in {self.folder}.",
                    "Wait for it to finish and try again.",
                ) from error
            raise self._damaged(error) from error
        except BaseException as error:
            # A panic in the engine is no `Exception`, and its class cannot be imported.
            if type(error).__name__ != "PanicException":
                raise
            raise self._damaged(error) from error

    def _damaged(self, error: BaseException) -> LibraryError:
        return refusal(self.folder, error) or IndexDamaged(
            f"The lexical index in {self.folder} cannot be used: {str(error)[:200]}.",
            "`paperchat doctor --repair` writes it anew.",
        )


def _schema(tokenizer: str) -> tantivy.Schema:
    fields = tantivy.SchemaBuilder()
    fields.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
    fields.add_text_field("paper_id", stored=True, tokenizer_name="raw", index_option="basic")
    fields.add_text_field("text", tokenizer_name=tokenizer, index_option="freq")
    return fields.build()


def _document(chunk: Chunk) -> Any:
    return tantivy.Document(chunk_id=chunk.chunk_id, paper_id=chunk.paper_id, text=expand(chunk.embedded_text))
