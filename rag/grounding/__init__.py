"""Grounded writing: a streamed text as sentences, and whether each says only what its sources say."""

from rag.grounding.checking import SupportChecker, SupportSpan, Verdict
from rag.grounding.markers import cited, without_markers
from rag.grounding.splitting import split_stream

__all__ = ["SupportChecker", "SupportSpan", "Verdict", "cited", "split_stream", "without_markers"]
