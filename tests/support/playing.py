"""A library of the sample papers, and assistants over it whose model plays a part: a scripted server, a real client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from rag.assistant import Assistant
from rag.config import Config, LLMConfig
from rag.index.library import Library
from rag.models.llm import build_llm
from tests.support import samples
from tests.support.chat_server import ChatServer, Script, chat_server

Playing = Callable[..., AbstractContextManager[tuple[Assistant, ChatServer]]]


@contextmanager
def sample_library(folder: Path) -> Iterator[Library]:
    """A new library that holds the papers shipped as a sample."""
    with Library(Config(data_dir=samples.sample_library(folder))) as library:
        yield library


def playing_over(library: Library, usage_file: Path | None = None, **usual: Any) -> Playing:
    """Makes assistants over a library, each with the part that its model plays.

    Args:
        library: Holds the papers.
        usage_file: Keeps what the days used; None keeps nothing.
        **usual: Settings of the model that a part may override.
    """

    @contextmanager
    def play(script: Script, **settings: Any) -> Iterator[tuple[Assistant, ChatServer]]:
        with chat_server(script) as server:
            config = LLMConfig(
                provider="openai-compatible",
                model="scripted",
                base_url=server.base_url,
                api_key_env="NO_SUCH_KEY",
                **({"timeout_s": 10.0, "thinks": False} | usual | settings),
            )
            yield Assistant(library, llm=build_llm(config, usage_file)), server

    return play
