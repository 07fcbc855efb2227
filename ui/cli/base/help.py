"""How commands introduce themselves: in groups, with an example each, no line cut; and what to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from rag.config import Config

DAILY, LIBRARY, EVALUATION = "Every day", "The library", "Evaluation"


class Command(TyperCommand):
    """A command that names all that is missing of a call at once, not one after the other."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the words of a call."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        missing = [one for one in self.params if one.required and given.get(str(one.name)) in (None, ())]
        if len(missing) > 1 and not given.get("help") and not ctx.resilient_parsing:
            ctx.fail(f"Missing: {', '.join(map(_written, missing))}.")
        return super().parse_args(ctx, args)


class Groups(TyperGroup):
    """The commands by what they are for; each group ends with an example."""

    examples: Mapping[str, str] = MappingProxyType({})
    """By group."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section a group."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            if not command.hidden:
                panel = command.rich_help_panel
                rows.setdefault(panel if isinstance(panel, str) else "Commands", []).append((name, _first(command)))
        for panel, commands in rows.items():
            with formatter.section(panel):
                formatter.write_dl(commands)
                if example := self.examples.get(panel):
                    formatter.write_paragraph()
                    formatter.write_text(f"Example: {example}")


def group(examples: dict[str, str]) -> type[Groups]:
    """The class of a group of commands with an example below each of these of its groups."""
    return type("Groups", (Groups,), {"examples": examples})


def begin(settings: Config) -> str:
    """Three lines on where to start with a library: there may be none."""
    from rag.papers.shelf import FILE_NAME, Shelf

    held = None
    if (place := settings.store(FILE_NAME)).is_file():
        shelf = Shelf(place)
        held = shelf.coverage()
        shelf.close()
    if held is None or not held.papers:
        return (
            f"There are no papers yet in {settings.library_dir}. Add some: `paperchat ingest PATH`\n"
            "(reports, lists, PDFs) or `paperchat fetch --category cs.IR --since 7d` (from arXiv). Then ask: "
            '`paperchat ask "Which papers rewrite queries?"`\n'
            "`paperchat ui` opens the page, `paperchat --help` shows all commands."
        )
    return (
        f"{held.papers:,} papers, {held.days}. What is new: `paperchat new`. A question: "
        '`paperchat ask "…"`.\n'
        "A conversation: `paperchat chat`, or `paperchat chat --resume`. The page: `paperchat ui`.\n"
        "`paperchat --help` shows all commands, `paperchat COMMAND --help` one with an example."
    )


def add(app: typer.Typer, name: str, function: Callable[..., Any], panel: str, example: str, **more: Any) -> None:
    """Add a command to its group, with an example below its help."""
    command = app.command(name, cls=Command, rich_help_panel=panel, epilog=f"Example: {example}", **more)
    command(function)


def _first(command: Any) -> str:
    """The first sentence of a command's help, whole."""
    text = " ".join((command.help or "").split("\n\n")[0].split())
    sentence, stop, _ = text.partition(". ")
    return str(sentence + stop.rstrip())


def _written(parameter: Any) -> str:
    """A parameter as it is typed: ``--qa FILE``."""
    names = parameter.opts[:1] if parameter.param_type_name == "option" else []
    return " ".join([*names, parameter.metavar or str(parameter.name).upper()])
