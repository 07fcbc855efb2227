"""What in HTML could run, load or lead away: nothing that a stranger wrote may be among it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

HARM = "window.harmed=1"
ATTACK = (
    f"<img src=x onerror={HARM}> ![seen](http://elsewhere.example/a.png) [read](javascript:{HARM}) "
    f"<svg onload={HARM}> \" onmouseover={HARM} ' onfocus={HARM} autofocus x=' "
    f'"><script>{HARM}</script></textarea></title></style><script>{HARM}</script>'
    f'<iframe srcdoc="<script>{HARM}</script>"><a href=javascript:{HARM}>x</a>'
    "<form action=http://elsewhere.example><style>@import 'http://elsewhere.example'</style>"
)
"""Text that does harm where it is taken for markup: in an element, an attribute, Markdown, or a raw text element."""
_DEAD = {"script", "iframe", "object", "embed", "base", "link", "meta", "frame", "applet", "style"}
"""Elements that no drawing of ours holds."""
_WHERE = ("href", "src", "action", "formaction", "data", "poster", "background", "xlink:href", "srcset", "ping")


class _Reader(HTMLParser):
    def __init__(self, own_hosts: tuple[str, ...]) -> None:
        super().__init__()
        self.alive: list[str] = []
        self._hosts = own_hosts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DEAD:
            self.alive.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("srcdoc", "autofocus"):
                self.alive.append(f"{tag}[{name}={value!r}]")
            if name == "style" and "url(" in (value or ""):
                self.alive.append(f"{tag}[style={value!r}]")
            if name in _WHERE and not self._leads_home(tag, value or ""):
                self.alive.append(f"{tag}[{name}={value!r}]")

    def _leads_home(self, tag: str, target: str) -> bool:
        parts = urlsplit(target.strip())
        if parts.scheme or parts.netloc:
            return tag == "a" and parts.scheme in ("http", "https") and (parts.hostname or "") in self._hosts
        return target.startswith(("/", "#", "?")) and not target.startswith(("//", "/\\"))


def alive(html: str, own_hosts: tuple[str, ...] = ("arxiv.org",)) -> list[str]:
    """Elements and attributes of a drawing that could run, load or lead elsewhere.

    Args:
        html: A part of a page, without the page's own scripts.
        own_hosts: Where links may lead.
    """
    reader = _Reader(own_hosts)
    reader.feed(html)
    reader.close()
    return reader.alive
