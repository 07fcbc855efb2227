"""Configuration → the assembled assistant. What is assembled is imported when it is: LlamaIndex takes seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.config import Config

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.library import Library


def open_library(config: Config) -> Library:
    """Open the configured library; close it after use, or use it in a `with` statement."""
    from rag.library import Library

    return Library(config)


def open_assistant(config: Config) -> Assistant:
    """Open the configured library with its assistant; close it after use, or use it in a `with` statement."""
    from rag.assistant import Assistant

    return Assistant(open_library(config))
