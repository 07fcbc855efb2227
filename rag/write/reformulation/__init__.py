"""Questions rewritten for the search by a language model, after published methods; off by default."""

from rag.write.reformulation.bank import Entry, load_bank
from rag.write.reformulation.methods import FAMILIES
from rag.write.reformulation.reformulator import Reformulator, Tally

__all__ = ["FAMILIES", "Entry", "Reformulator", "Tally", "load_bank"]
