"""The setup page: what a person sets (how it looks, who writes answers, who may use it), and all settings behind that.

It knows no secret and changes no file: what is chosen for answers becomes lines for config.yaml, which is read when the
page starts.
"""

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
from ui.web.base.context import Web
from ui.web.base.events import owner_of
from ui.web.html.rendering import element

_HOSTED = "OpenAI"


def build(web: Web) -> None:
    """Build the page inside its tab."""
    tab = get_render_context()
    assert isinstance(tab, gr.Tab)
    with gr.Column(elem_id="setup", min_width=0):
        shown = gr.HTML(js_on_load="settings(element);", apply_default_css=False)
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}

    def showing(request: gr.Request) -> str:
        """The setup as it is now."""
        return str(page(web.assistant, web.config, owner_of(request)))

    tab.select(showing, None, [shown], **private)


def page(assistant: Assistant, config: Config, user: str = "") -> Markup:
    """The page's text.

    Args:
        assistant: Knows the library.
        config: As it was read when the page started.
        user: Who has signed in, or "".
    """
    return element(
        "article",
        element("h1", "Setup"),
        element("p", written_answers(config), class_="lead"),
        _look(),
        _writer(config),
        _people(config, user),
        _everything(assistant, config),
        class_="setup",
    )


def _look() -> Markup:
    """Light or dark; theme.js remembers it."""
    names = ("system", "light", "dark")
    labels = {"system": "As the system has it", "light": "Light", "dark": "Dark"}
    choices = (
        element("label", element("input", type="radio", name="theme", value=name), element("span", labels[name]))
        for name in names
    )
    return element("fieldset", element("legend", "Theme"), element("div", *choices, class_="choices"), id="themes")


def _writer(config: Config) -> Markup:
    """Who answers: fields that become lines for config.yaml."""
    llm, writes = config.llm, config.answer.mode == "llm"
    server = public_address(llm.base_url) if llm.base_url else ""
    modes = (
        ("extractive", "Quote the papers word for word", not writes),
        ("llm", "Let a language model write, with every citation checked", writes),
    )
    choices = (
        element("label", element("input", type="radio", name="mode", value=value, checked=on), element("span", text))
        for value, text, on in modes
    )
    fields = (
        (
            "base_url",
            "Address of the model server",
            server,
            "http://127.0.0.1:11434/v1",
            "empty for OpenAI itself",
        ),
        ("model", "Model", llm.model, "qwen3:8b", "as the server calls it"),
        (
            "api_key_env",
            "Variable that holds the key",
            llm.api_key_env,
            "OPENAI_API_KEY",
            "the key itself stays outside",
        ),
    )
    shown = (
        element(
            "label",
            element("span", text, " ", element("small", hint)),
            element("input", type="text", name=name, value=value or "", placeholder=example, autocomplete="off"),
        )
        for name, text, value, example, hint in fields
    )
    lines = element("pre", tabindex="0", aria_label="Lines for config.yaml")
    return element(
        "form",
        element("fieldset", element("legend", "Answers"), element("div", *choices, class_="choices"), *shown),
        element("button", "Show the lines for config.yaml", type="submit", class_="go"),
        element("div", lines, class_="lines", hidden=True),
        id="writer",
    )


def _people(config: Config, user: str) -> Markup:
    """Who may use the page, and how others may."""
    said: list[Markup | str] = [f"Nobody has to sign in; the page is served at {config.ui.host} only."]
    if user:
        said = [f"You are signed in as {user}. ", element("a", "Sign out", href="/logout", data_reader=user)]
    command, key = element("code", "paperchat config password NAME"), element("code", "ui.auth_file")
    more = ("To let somebody in, put the line that ", command, " prints into the file that ", key, " names.")
    return element("section", element("h2", "People"), element("p", *said), element("p", *more))


def _everything(assistant: Assistant, config: Config) -> Markup:
    """All settings, folded away."""
    return element(
        "details",
        element("summary", "All settings"),
        _facts("Answers", _answers(config)),
        _facts("Search", _search(assistant, config)),
        _facts("Papers", _papers(assistant)),
        _facts("This page", _page(config)),
        element(
            "p", "config.yaml or PAPERCHAT__… variables change this; it is read when the page starts.", class_="hint"
        ),
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
        yield "Reports", coverage.days
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
