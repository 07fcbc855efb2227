"""What Gradio imports and a page never uses, left out of memory until Gradio asks for something of it after all."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from types import ModuleType

PANDAS = "pandas"
"""Of use to tables, plots and a dashboard that no page shows: 32 MiB, and with pyarrow 21 more."""
GRADIO = frozenset({"gradio.caching", "gradio.monitoring_dashboard"})
"""The modules of Gradio that import it when they are themselves imported."""
_one = RLock()


class _StandIn(ModuleType):
    """What a module is given for a package, which is imported when something of it is first used."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self.__name__), name)


@contextmanager
def put_off(package: str = PANDAS, within: Collection[str] = GRADIO) -> Iterator[None]:
    """Have these modules, where the block imports them, import a package no sooner than they use it.

    Nobody else's import is touched, in no thread: a model that a reader wires in may need it, and what asks whether it
    is installed finds it. Where it is loaded already, it stays.
    """
    stand_in = _StandIn(package)
    with _one:  # two blocks at once would put back each other's
        imports = builtins.__import__

        def importing(
            name: str,
            globals: Mapping[str, object] | None = None,
            locals: Mapping[str, object] | None = None,
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> ModuleType:
            is_plain = name == package and not fromlist and package not in sys.modules
            if is_plain and globals and globals.get("__name__") in within:
                return stand_in
            return imports(name, globals, locals, fromlist or (), level)

        builtins.__import__ = importing
        try:
            yield
        finally:
            if builtins.__import__ is importing:  # else it is somebody's who hands on what he doesn't know
                builtins.__import__ = imports
