"""Grounded writing: a streamed text as sentences, and whether each says only what its sources say."""

from rag.write.grounding.check import SupportChecker, SupportSpan, Verdict
from rag.write.grounding.markers import cited, without_markers
from rag.write.grounding.stream import split_stream

__all__ = ["SupportChecker", "SupportSpan", "Verdict", "cited", "split_stream", "without_markers"]
