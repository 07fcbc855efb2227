"""What reaches a terminal: the texts of strangers without what would steer it, our own colours as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from rag.text.controls import for_terminal

if TYPE_CHECKING:
    from rich.console import Console


class Plain:
    """A stream whose `write` takes control characters and unseen ones out; everything else is the stream's own.

    Rich writes its colours past it, to `rich_proxied_file`; what it colours, `console` has cleaned.
    """

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        """Write a text without control characters and unseen ones."""
        self.rich_proxied_file.write(for_terminal(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def console(**options: Any) -> Console:
    """A Rich console that shows no control characters of the texts it is given; options as `rich.console.Console`."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Clean(Console):
        """Rich with cleaned texts."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                clean = segment.text if segment.control else for_terminal(segment.text)
                yield segment if clean == segment.text else Segment(clean, segment.style)

    return Clean(**({"highlight": False} | options))
