"""What a language model does for an answer, in the order in which it is asked."""

from __future__ import annotations

from rag.query import Reader
from rag.retrieve.hybrid import HybridRetriever
from rag.write.evidence import Gatherer
from rag.write.reply import WrittenReply
from rag.write.rewrite import Condenser


class Scribe:
    """Puts a follow-up into words that stand alone, gathers evidence, writes; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever, reader: Reader) -> None:
        """Make one.

        Args:
            retriever: Finds passages.
            reader: Reads what a follow-up was condensed to.
        """
        self.condenser = Condenser(reader, retriever.library)
        self.gatherer = Gatherer(retriever)
        self.reply = WrittenReply(retriever)
