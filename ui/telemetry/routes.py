"""What kind of address is asked for: few names, none of which holds a word that a reader or a stranger chose."""

from __future__ import annotations

_KNOWN = frozenset(
    "today library best chat quiz you review add setup topic map day paper conversation view ready act export quote "
    "answer config assets static svelte login logout metrics healthz readyz gradio_api".split()
)
_BELOW = frozenset(("act", "export", "gradio_api"))
"""Addresses whose second part is one of few, too."""
_SECOND = frozenset(
    "follow star later read list note less interest uninterest restore surprise forget unrewrite answer unlearn remove "
    "release hold fetch sample bibtex ris csl md queue upload upload_progress heartbeat cancel reset info "
    "component_server mcp call run api".split()
)


def route_of(path: str) -> str:
    """``/paper/2504.05309`` → ``/paper/…``; what is not known is ``other``."""
    first, *rest = path.strip("/").split("/")
    if not first:
        return "/"
    if first not in _KNOWN:
        return "other"
    if first in _BELOW and rest and (second := rest[0].partition("=")[0]) in _SECOND:
        return f"/{first}/{second}"
    return f"/{first}/…" if rest else f"/{first}"
