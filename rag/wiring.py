"""Configuration → the assembled assistant."""

from __future__ import annotations

from rag.assistant import Assistant
from rag.config import Config
from rag.library import Library


def open_library(config: Config) -> Library:
    """Open the configured library; close it after use, or use it in a `with` statement."""
    return Library(config)


def open_assistant(config: Config) -> Assistant:
    """Open the configured library with its assistant; close it after use, or use it in a `with` statement."""
    return Assistant(open_library(config))
