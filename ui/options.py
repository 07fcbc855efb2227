"""The table of filters as parameters of a function: the options of a command, the arguments of an endpoint."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from rag.types.filters import FIELDS, FilterField

PLACE = "filters"
"""The parameter that takes the filters, in whose place those of the table stand."""


def spread(function: Callable[..., object], annotation: Callable[[FilterField], object]) -> inspect.Signature:
    """A function's signature with a parameter for each row of the table, None by default, in the place of `filters`.

    Args:
        function: Has a parameter `filters`; its annotations can be evaluated where it was defined.
        annotation: What annotates a row's parameter.
    """
    signature = inspect.signature(function, eval_str=True)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    rows = [inspect.Parameter(row.name, kind, default=None, annotation=annotation(row)) for row in FIELDS]
    given = signature.parameters.values()
    return signature.replace(parameters=[new for one in given for new in (rows if one.name == PLACE else [one])])


def gathered(signature: inspect.Signature, *args: object, **kwargs: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of a call by a spread signature: those of the rows by key, and the others by name."""
    others = signature.bind(*args, **kwargs).arguments
    return {row.key: others.pop(row.name, None) for row in FIELDS}, others
