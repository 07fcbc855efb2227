"""Knowing when not to answer: how probable it is that the passages don't hold what is asked, and what they lack."""

from __future__ import annotations

from rag.answer.abstention.decision import Abstainer, Decision

__all__ = ["Abstainer", "Decision"]
