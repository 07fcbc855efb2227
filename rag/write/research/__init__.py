"""Research mode: several searches, or a plan, before an answer is written; off by default (docs/adr/0010)."""

from rag.write.research.researcher import Researched, Researcher

__all__ = ["Researched", "Researcher"]
