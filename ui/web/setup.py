"""The setup page: what answers are made with, and what is missing for written ones. It knows no secret."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import gradio as gr
from gradio.context import get_render_context
from markupsafe import Markup

from rag.assistant import Assistant
from rag.config import Config, public_address
from rag.errors import PaperchatError
from rag.models.llm import build_llm
from ui.web.context import Web
from ui.web.rendering import element

_HOSTED = "OpenAI"


def build(web: Web) -> None:
    """Build the page inside its tab."""
    tab = get_render_context()
    assert isinstance(tab, gr.Tab)
    with gr.Column(elem_id="setup", min_width=0):
        shown = gr.HTML(apply_default_css=False)
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}

    def showing() -> str:
        """The setup as it is now."""
        return str(page(web.assistant, web.config))

    tab.select(showing, None, [shown], **private)


def page(assistant: Assistant, config: Config) -> Markup:
    """The page's text: a sentence on written answers, and four groups of facts."""
    return element(
        "article",
        element("p", written_answers(config), class_="lead"),
        _facts("Answers", _answers(config)),
        _facts("Search", _search(assistant, config)),
        _facts("Papers", _papers(assistant)),
        _facts("This page", _page(config)),
        element(
            "p", "config.yaml or PAPERCHAT__… variables change this; it is read when the page starts.", class_="hint"
        ),
        class_="setup",
    )


def written_answers(config: Config) -> str:
    """Who writes the answers, or what is missing for a model to write them, in one sentence."""
    llm = config.llm
    if config.answer.mode == "llm":
        try:
            build_llm(llm)
        except PaperchatError as error:
            return f"Answers cannot be written yet: {error.message} {error.advice}"
        return f"Answers are written by {llm.model} at {_place(llm.provider, llm.base_url)}; every citation is checked."
    quoting = "Answers quote the papers word for word, without a model"
    missing = []
    if llm.provider is None:
        missing.append("llm.provider")
    if llm.model is None:
        missing.append("llm.model")
    if llm.provider == "openai-compatible" and llm.base_url is None:
        missing.append("llm.base_url")
    if llm.provider != "openai-compatible" and not os.environ.get(llm.api_key_env):
        missing.append(f"the variable {llm.api_key_env}")
    steps = f"set {_listed(missing)}, and " if missing else "set "
    return f"{quoting}; for written answers {steps}answer.mode: llm."


def _answers(config: Config) -> Iterable[tuple[str, str]]:
    llm = config.llm
    yield "Mode", "written by a model" if config.answer.mode == "llm" else "quoted from the papers"
    if llm.provider:
        yield "Model", f"{llm.model or 'not named'} at {_place(llm.provider, llm.base_url)}"
        yield "Key", _key(llm.api_key_env)


def _search(assistant: Assistant, config: Config) -> Iterable[tuple[str, str]]:
    embedding = config.embedding
    if embedding.provider == "minilm":
        yield "Embedder", "all-MiniLM-L6-v2, on this machine"
    else:
        yield "Embedder", f"{embedding.model} at {_place(embedding.provider, embedding.base_url)}"
        yield "Key", _key(embedding.api_key_env)
    where = config.index.chroma_url
    yield "Vectors", public_address(where) if where else "Chroma, embedded"
    waiting = assistant.library.shelf.unindexed()
    yield "Index", f"{waiting:,} papers are not indexed yet" if waiting else "up to date"


def _papers(assistant: Assistant) -> Iterable[tuple[str, str]]:
    coverage = assistant.library.shelf.coverage()
    yield "Papers", f"{coverage.papers:,}"
    if coverage.papers:
        yield "First listed", f"{coverage.first} to {coverage.last}"
    yield "Folder", str(assistant.library.folder)


def _page(config: Config) -> Iterable[tuple[str, str]]:
    ui = config.ui
    offered = [name for name, is_on in (("HTTP API", ui.api or ui.mcp), ("MCP", ui.mcp)) if is_on]
    yield "For programs", _listed(offered) if offered else "nothing (ui.api, ui.mcp)"
    yield "Uploads", f"{ui.max_upload_files} files at once, {ui.max_upload_mb:,} MB each"


def _facts(title: str, facts: Iterable[tuple[str, str]]) -> Markup:
    rows = [element("div", element("dt", name), element("dd", value)) for name, value in facts]
    return element("section", element("h2", title), element("dl", *rows))


def _place(provider: str | None, url: str | None) -> str:
    return public_address(url) if url else _HOSTED if provider == "openai" else "no address"


def _key(variable: str) -> str:
    return f"{variable}: {'set, not shown' if os.environ.get(variable) else 'not set'}"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
