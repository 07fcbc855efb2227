"""A model's reply → a list of strings, or what is wrong with it. Tolerant of form, strict about content."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Collection, Iterator
from contextlib import suppress

LONGEST = 50_000
"""Characters of a reply that are read; a list of 30 nuggets needs 3,000."""
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"```[\w-]*\n(.*?)```", re.DOTALL)


class Unusable(ValueError):
    """A reply that cannot be used; the text says why, for the model and for the report."""


def parse_list(reply: str) -> list[str]:
    """Read a JSON list or Python list literal of strings, alone, in a code fence, or with words around it.

    Raises:
        Unusable: there is no such list, or something else than strings in it.
    """
    for text in _candidates(_THOUGHTS.sub("", reply[:LONGEST])):
        found = _literal(text)
        if isinstance(found, list):
            if not all(isinstance(item, str) for item in found):
                raise Unusable("the list holds something else than strings")
            return found
    raise Unusable("it is not a list")


def parse_labels(reply: str, allowed: Collection[str], count: int) -> list[str]:
    """Read exactly `count` labels; case, and a blank or hyphen for `_`, do not matter.

    Raises:
        Unusable: not a list, another number of labels, or a label that is not allowed.
    """
    labels = [re.sub(r"[\s-]+", "_", label.strip().casefold()) for label in parse_list(reply)]
    if len(labels) != count:
        raise Unusable(f"the list has {len(labels)} labels and must have {count}")
    unknown = sorted({label for label in labels if label not in allowed})
    if unknown:
        raise Unusable(f"{unknown[0][:40]!r} is not a label; the labels are {', '.join(allowed)}")
    return labels


def _candidates(reply: str) -> Iterator[str]:
    """Where the list may stand: the whole reply, a fence's content, from the first bracket to the last."""
    yield reply.strip()
    fenced = _FENCED.findall(reply)
    if len(fenced) == 1:
        yield fenced[0].strip()
    start, end = reply.find("["), reply.rfind("]")
    if 0 <= start < end:
        yield reply[start : end + 1]


def _literal(text: str) -> object:
    with suppress(ValueError, RecursionError):  # then it may be a Python literal
        return json.loads(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a model's odd escapes are no fault of this program
            return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
