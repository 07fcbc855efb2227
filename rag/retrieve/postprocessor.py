"""Rerankers and LlamaIndex's node postprocessors: theirs on our path, and ours in another program."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from importlib import import_module

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.errors import ConfigError, RerankerError
from rag.retrieve.nodes import from_node, to_node
from rag.retrieve.reranker import FEW, Reranker
from rag.types import Passage


class RerankerPostprocessor(BaseNodePostprocessor):
    """One of our rerankers, for a LlamaIndex program; its nodes are those of our retriever (`to_node`)."""

    _reranker: Reranker = PrivateAttr()

    @classmethod
    def around(cls, reranker: Reranker) -> RerankerPostprocessor:
        """Wrap a reranker."""
        made = cls()
        made._reranker = reranker
        return made

    @classmethod
    def class_name(cls) -> str:
        """Name LlamaIndex uses for this class."""
        return "RerankerPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            return nodes
        passages = self._reranker.rerank(query_bundle.query_str, [from_node(node) for node in nodes])
        return [to_node(passage) for passage in passages]


class PostprocessorReranker(Reranker):
    """Any LlamaIndex node postprocessor, where our path reranks.

    Only its order counts: what comes after was calibrated on fused scores, so that the best passage gets the highest of
    those that there were, and so on. What it drops stays behind, in its former order: it is offered where nothing
    answers. What it writes into a node's text is not taken over, for quotes are slices of the stored text.
    """

    def __init__(self, processor: BaseNodePostprocessor, name: str) -> None:
        """Wrap a postprocessor.

        Args:
            processor: Gets all passages of a question, best first; must be safe to share between threads.
            name: What it is called in the configuration.
        """
        self._processor = processor
        self._name = name

    def rerank(
        self,
        question: str,
        passages: Sequence[Passage],
        depth: int = FEW,
        *,
        first: int | None = None,
        also: Collection[str] = (),
    ) -> list[Passage]:
        """Put passages into the postprocessor's order; `depth`, `first` and `also` are left to it."""
        by_id = {passage.chunk_id: passage for passage in passages}
        try:
            nodes = self._processor.postprocess_nodes(list(map(to_node, passages)), query_str=question)
        except Exception as error:  # whoever wrote it raises what they like
            raise RerankerError(
                f"The reranker {self._name} failed: {type(error).__name__}: {error}.",
                "Look into it, or set retrieval.reranker to answer-scorer.",
            ) from error
        ids = [node.node.node_id for node in nodes]
        ordered = dict.fromkeys([*(one for one in ids if one in by_id), *by_id])
        scores = sorted((passage.score for passage in passages), reverse=True)
        return [_scored(by_id[one], score) for one, score in zip(ordered, scores, strict=True)]


def load_postprocessor(name: str) -> PostprocessorReranker:
    """Make the postprocessor that ``package.module:name`` names, a class or a function without arguments.

    Raises:
        ConfigError: it cannot be imported or made, or is no node postprocessor.
    """
    advice = "Set retrieval.reranker to answer-scorer, late-interaction, none, or an installed package.module:Class."
    module, _, attribute = name.partition(":")
    try:
        make = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"retrieval.reranker {name} cannot be imported: {error}.", advice) from None
    try:
        processor = make()
    except Exception as error:  # whoever wrote it raises what they like
        raise ConfigError(f"retrieval.reranker {name} cannot be made: {error}.", advice) from error
    if not isinstance(processor, BaseNodePostprocessor):
        raise ConfigError(f"retrieval.reranker {name} is no LlamaIndex node postprocessor.", advice)
    return PostprocessorReranker(processor, name)


def _scored(passage: Passage, score: float) -> Passage:
    if score == passage.score:
        return passage
    return replace(passage, score=score, boosts={**passage.boosts, "reranker": round(score - passage.score, 4)})
