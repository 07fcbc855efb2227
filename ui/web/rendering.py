"""Values → HTML. Whatever a stranger wrote passes markupsafe here, and nothing on the page is loaded because of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from rag.sources.identifiers import ARXIV_ID

EMPTY = Markup("")
_MARKER = re.compile(r"\[(\d{1,3})\]")
_ARXIV_PATH = re.compile(rf"/abs/({ARXIV_ID}(?:v\d+)?)")
_ARXIV_HOSTS = {"arxiv.org", "www.arxiv.org", "export.arxiv.org"}


def markdown(text: str, prefix: str = "", titles: Sequence[str] = ()) -> Markup:
    """Our own Markdown subset as HTML: no raw HTML, no link, no image; a marker ``[n]`` links to ``#<prefix><n>``.

    Args:
        text: Written by a model or quoted from a paper.
        prefix: Of the ids that markers link to.
        titles: What the first, second … marker cites, for screen readers.
    """
    return Markup(_parser().render(text, {"prefix": prefix, "titles": titles}))


def join(parts: Iterable[Markup | str], between: str = "") -> Markup:
    """Parts one after the other; what is not markup is escaped."""
    return Markup(escape(between)).join(parts)


def attributes(**values: object) -> Markup:
    """HTML attributes, ``data_text`` as ``data-text``; those that are None or False are left out, True has no value."""
    given = {name: value for name, value in values.items() if value is not None and value is not False}
    shown = {name.rstrip("_").replace("_", "-"): value for name, value in given.items()}
    return EMPTY.join(
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
        for name, value in shown.items()
    )


def element(tag: str, *content: Markup | str, **given: object) -> Markup:
    """An element with escaped attributes (`attributes`) and content."""
    return Markup("<{0}{1}>{2}</{0}>").format(tag, attributes(**given), join(content))


def button(
    text: str | Markup,
    action: str,
    data: Mapping[str, object] | None = None,
    *,
    label: str | None = None,
    **given: object,
) -> Markup:
    """A button that tells the page's script what to do.

    Args:
        text: What it shows.
        action: The event that paperchat.js raises.
        data: What travels with it, as ``data-`` attributes.
        label: What a screen reader and the tool tip say, where the text alone does not.
        given: Further attributes.
    """
    fields = {f"data_{name}": value for name, value in (data or {}).items()}
    return element("button", text, type="button", data_action=action, aria_label=label, title=label, **fields, **given)


def arxiv_links(url: str) -> tuple[str, str] | None:
    """Addresses of a paper's abstract and PDF; None unless the address is arXiv's own."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    found = _ARXIV_PATH.fullmatch(parts.path.rstrip("/"))
    if parts.scheme not in ("http", "https") or parts.hostname not in _ARXIV_HOSTS or not found:
        return None
    return f"https://arxiv.org/abs/{found[1]}", f"https://arxiv.org/pdf/{found[1]}"


def outward(text: str, url: str) -> Markup:
    """A link that leaves the page, in a new tab that learns nothing about where it came from."""
    return element("a", text, href=url, target="_blank", rel="noopener noreferrer")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["image", "link", "autolink", "html_inline", "html_block", "reference"])
    parser.inline.ruler.before("link", "marker", _read_marker)
    parser.add_render_rule("marker", _render_marker)
    return parser


def _read_marker(state: StateInline, silent: bool) -> bool:
    """Rule of the Markdown parser: ``[n]``; an escaped bracket never comes this far."""
    found = _MARKER.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("marker", "", 0).content = found[1]
    state.pos = found.end()
    return True


def _render_marker(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    n = int(tokens[index].content)
    titles: Sequence[str] = env["titles"]
    about = f"Evidence {n}: {titles[n - 1]}" if 0 < n <= len(titles) else f"Evidence {n}"
    return str(element("a", f"[{n}]", class_="marker", href=f"#{env['prefix']}{n}", data_n=n, aria_label=about))
