"""How many papers a question wants, and in which order: "the three latest papers on …", "give me 2 papers about …"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.query.rules import load_rules

Order = Literal["newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many papers are wanted, and in which order.

    Attributes:
        order: By date; None for the nearest first.
        limit: Papers to name at most; None for all that belong.
        edits: Where the question says so, or what each is to be shown with, and what is to stand there instead
            before it is searched for.
    """

    order: Order | None = None
    limit: int | None = None
    edits: tuple[tuple[int, int, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.order or self.limit)


UNBOUNDED = Wanted()
"""All papers that belong, the nearest first."""


def read_wanted(question: str) -> Wanted:
    """Find the number and the order of the papers that a question wants."""
    rules = load_rules("order")
    order: Order | None = None
    limit, edits = None, list[tuple[int, int, str]]()
    for choice in (("sorted",), ("ordered", "alone", "predicate"), ("counted", "top")):
        name, match = next(((name, match) for name in choice if (match := rules[name].find(question))), ("", None))
        if match is None:
            continue
        said = {name: text for name, text in match.groupdict().items() if text}
        if word := said.get("first") or said.get("order") or said.get("from"):
            order = order or ("oldest" if rules.meaning("orders", word) == "oldest" else "newest")
        elif choice == ("sorted",):  # "by date"
            order = "newest"
        number = said.get("before") or said.get("after") or said.get("said")
        limit = limit or (rules.number(number) if number else 1 if said.keys() & {"one", "pronoun"} else None)
        instead = " papers " if name in ("alone", "top") and "cut" in said else " "  # "newest three on GEO"
        edits.append((*match.span("cut" if "cut" in said else "closing"), instead))
    if match := rules["beside"].find(question):
        edits.append((*match.span("cut"), " "))
    return Wanted(order, limit, tuple(sorted(edits)))
