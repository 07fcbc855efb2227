"""LlamaIndex node postprocessors as somebody else might write them."""

from __future__ import annotations

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode


class Backwards(BaseNodePostprocessor):
    """Turns the order round with scores of its own scale, drops one node, adds a strange one and rewrites the text."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        strange = NodeWithScore(node=TextNode(id_="strange", text="Not of this library."), score=99.0)
        turned = [strange, *nodes[:0:-1]]
        for n, node in enumerate(turned):
            node.score = -5.0 - n
            assert isinstance(node.node, TextNode)
            node.node.text = "Rewritten."
        return turned


class Broken(BaseNodePostprocessor):
    """Fails when it is used."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        raise RuntimeError("out of memory")


class Demanding(Broken):
    """Cannot be made without an argument."""

    def __init__(self, model: str) -> None:
        super().__init__()
