"""The paperchat core: source → Paper → Chunk → Index → Passage → Draft → Answer.

`open_assistant` and `open_library` are all that a program needs to begin with. What they assemble is imported when they
are called: LlamaIndex takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.config import Config
    from rag.index.library import Library

__all__ = ["open_assistant", "open_library"]


def open_library(config: Config | None = None) -> Library:
    """Open a library; close it after use, or use it in a `with` statement.

    Args:
        config: Where it lies and how it is read; None reads ``./config.yaml`` and the environment.

    Raises:
        ConfigError: the configuration cannot be read.
    """
    from rag.config import load_config
    from rag.index.library import Library

    return Library(config or load_config().config)


def open_assistant(config: Config | None = None) -> Assistant:
    """Open a library with its assistant; close it after use, or use it in a `with` statement.

    Args:
        config: Where it lies and how it is read; None reads ``./config.yaml`` and the environment.

    Raises:
        ConfigError: the configuration cannot be read.
    """
    from rag.config import load_config
    from rag.models import load_ahead

    config = config or load_config().config
    load_ahead(config.embedding)
    from rag.assistant import Assistant

    return Assistant(open_library(config))
