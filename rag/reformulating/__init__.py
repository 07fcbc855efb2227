"""Questions rewritten for the search by a language model, after published methods; off by default."""

from rag.reformulating.bank import Entry, load_bank
from rag.reformulating.families import FAMILIES
from rag.reformulating.reformulator import Reformulator, Tally

__all__ = ["FAMILIES", "Entry", "Reformulator", "Tally", "load_bank"]
