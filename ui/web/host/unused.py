"""What Gradio imports and a page never uses, left out of memory until something of it is asked for after all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

PANDAS = "pandas"
"""Of use to tables, plots and a dashboard that no page shows: 32 MiB, and with pyarrow 21 more."""
_NEEDED = ("__path__", "__version__")
"""Names by which a package is used, where all others like them are only looked at (`inspect`, `warnings`)."""


class _StandIn(ModuleType):
    """A package that is imported when something of it is first used."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name not in _NEEDED:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def put_off(name: str = PANDAS) -> Iterator[None]:
    """Have what is imported in the block import a package no sooner than it uses it.

    Nobody else's import is touched: a model that a reader wires in may need it. Where it is loaded already, it stays.
    """
    stand_in = _StandIn(name)
    sys.modules.setdefault(name, stand_in)
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
