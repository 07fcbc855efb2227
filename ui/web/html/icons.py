"""The page's few icons, drawn in the colour of the text around them."""

from __future__ import annotations

from markupsafe import Markup


def _icon(path: str) -> Markup:
    return Markup(
        '<svg viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.8" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="{}"/></svg>'
    ).format(path)


COPY = _icon("M9 9h11v11H9zM5 15H4V4h11v1")
AGAIN = _icon("M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7")
EDIT = _icon("M4 20h4L19 9l-4-4L4 16zM13 7l4 4")
CLOSE = _icon("M6 6l12 12M18 6L6 18")
UP = _icon("M7 21H4V11h3M7 11l4-8c1.7 0 2.6 1 2.3 2.7L12.5 9H18c1.5 0 2.5 1.3 2.1 2.7l-1.7 7C18 20 17 21 15.5 21H7")
DOWN = _icon("M17 3h3v10h-3M17 13l-4 8c-1.7 0-2.6-1-2.3-2.7L11.5 15H6c-1.5 0-2.5-1.3-2.1-2.7l1.7-7C6 4 7 3 8.5 3H17")
STAR = _icon("M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8L3.6 9.7l5.8-.8z")
BELL = _icon("M6 16v-5a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.8a2.2 2.2 0 0 0 4 0")
LATER = _icon("M6.5 4h11v16L12 16l-5.5 4z")
