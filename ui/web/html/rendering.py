"""Values → HTML. Whatever a stranger wrote passes markupsafe here, and nothing on the page is loaded because of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from rag.sources.identifiers import ARXIV_ID
from rag.text.readable import readable
from rag.topics.cells import MAKE_CARDS, NO_CARD
from rag.types import Citation
from ui.web.html.written_days import day

EMPTY = Markup("")
QUOTE_ID = "quote-"
"""Before the id that a marker leads to: the quote that describes it (`ui.web.evidence.peeks`)."""
_MARKER = re.compile(r"\[(\d{1,3})\]")
_DAY = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")
"""A day by itself: one within a name ("gpt-4o-2024-08-06") is a part of it."""
_TYPED = re.compile(r"`([^`]+)`")
_VERBATIM = ("blockquote", "strong")
"""What holds words of a paper, a quote or its title, which stand as they are there."""
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
    # Pages have thousands of elements: `Markup.format` takes twice as long or more.
    return Markup(
        "".join(
            f" {escape(name)}" if value is True else f' {escape(name)}="{escape(value)}"'
            for name, value in shown.items()
        )
    )


def element(tag: str, *content: Markup | str, **given: object) -> Markup:
    """An element with escaped attributes (`attributes`) and content."""
    name = escape(tag)
    return Markup(f"<{name}{attributes(**given)}>{join(content)}</{name}>")


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


def advised(advice: str) -> Markup:
    """What an error advises, with what stands in back quotes as what is typed in a terminal."""
    return Markup(_TYPED.sub(r"<code>\1</code>", str(escape(advice))))


def paper_link(paper_id: str, text: str) -> Markup:
    """A link to a paper's page here."""
    return element("a", text, href=f"/paper/{quote(paper_id)}", data_paper=paper_id)


def place_of(citation: Citation) -> list[str]:
    """Page and section of a quote from a whole paper."""
    page = [f"page {citation.page}"] if citation.page else []
    return page + ([readable(citation.section)] if citation.section else [])


def fact_line(facts: Iterable[str], tag: str = "p") -> Markup:
    """Facts in a row, none of them broken over two lines before there is no other place; empty ones are left out."""
    told = [element("span", fact) for fact in facts if fact]
    return element(tag, join(told, "\N{NO-BREAK SPACE}· "), class_="facts") if told else EMPTY


def untold(where: str = "abstract") -> Markup:
    """The cell of a table in which nothing stands, since a paper's abstract (or all of its text) does not tell it."""
    said = f"The {where} does not tell"
    return element("span", "—", role="img", aria_label=said, title=said, class_="unsaid")


def uncarded() -> Markup:
    """The cell of a table in which nothing stands, since its paper has no card yet."""
    return element("span", NO_CARD, title=f"{NO_CARD}; {MAKE_CARDS}", class_="unsaid")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["image", "link", "autolink", "html_inline", "html_block", "reference"])
    parser.inline.ruler.before("link", "marker", _read_marker)
    parser.add_render_rule("marker", _render_marker)
    parser.add_render_rule("text", _render_text)
    for kind in _VERBATIM:
        parser.add_render_rule(f"{kind}_open", _open_verbatim)
        parser.add_render_rule(f"{kind}_close", _close_verbatim)
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
    return str(marker(int(tokens[index].content), env["prefix"], env["titles"]))


def _render_text(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Our own sentences with days as people write them; a quote and a title as they stand in their paper."""
    text = tokens[index].content
    return str(escape(text) if env.get("verbatim") else dated(text))


def _open_verbatim(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    env["verbatim"] = env.get("verbatim", 0) + 1
    return renderer.renderToken(tokens, index, options, env)


def _close_verbatim(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    env["verbatim"] -= 1
    return renderer.renderToken(tokens, index, options, env)


def moment(of: date) -> Markup:
    """A day that machines can read as well, and that no line break parts."""
    return element("time", day(of), datetime=str(of))


def dated(text: str) -> Markup:
    """Text with its days as people write them, none broken over two lines."""
    return Markup(_DAY.sub(lambda found: str(_moment_of(found[0])), str(escape(text))))


def when(told: str) -> Markup:
    """A day that is told as ISO text; that it is unknown where none is."""
    return dated(told or "date unknown")


def _moment_of(written: str) -> Markup | str:
    try:
        return moment(date.fromisoformat(written))
    except ValueError:  # it looks like a day, and is none
        return written


def marker(n: int, prefix: str, titles: Sequence[str] = ()) -> Markup:
    """A link to the n-th piece of evidence.

    Args:
        n: Its number.
        prefix: Of the ids that markers link to.
        titles: What the first, second … marker cites, for screen readers; its quote then stands on the page as well.
    """
    is_known = 0 < n <= len(titles)
    about = f"Evidence {n}: {titles[n - 1]}" if is_known else f"Evidence {n}"
    described = f"{QUOTE_ID}{prefix}{n}" if is_known else None
    href = f"#{prefix}{n}"
    return element("a", f"[{n}]", class_="marker", href=href, data_n=n, aria_label=about, aria_describedby=described)
