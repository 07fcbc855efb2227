"""What all commands share: global options, output, progress. Imports nothing heavy."""

from __future__ import annotations

import inspect
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.controls import escaped_controls
from rag.types import Filters
from rag.types.filters import FIELDS, NO_PAPER, OR, FilterError, FilterField
from ui.cli.base.terminal import console
from ui.options import gathered, spread

if TYPE_CHECKING:
    from rag.config import Config, Loaded
    from rag.index.library import Progress
    from rag.types import Mode


MOST = 1_000_000
"""The largest number that an option takes; far larger ones do not fit into what databases call a number."""


ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration file (default: ./config.yaml).")
]
DataDir = Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help="Folder of the library.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SINCE: dict[str, Any] = {
    "default": None,
    "annotation": Annotated[
        str | None, typer.Option("--since", metavar="D|7d", help="New since this day, or in days up to the newest.")
    ],
}
"""The option that says the first day as `new` does."""
KEPT: dict[str, dict[str, Any]] = {
    "lists": {
        "default": None,
        "annotation": Annotated[
            list[str] | None,
            typer.Option("--list", metavar="NAME", help="Papers of this list; several are alternatives."),
        ],
    },
    "starred": {"default": False, "annotation": Annotated[bool, typer.Option("--starred", help="Starred papers.")]},
    "later": {"default": False, "annotation": Annotated[bool, typer.Option("--later", help="Papers kept for later.")]},
}
"""Options of what a reader keeps, beside those of the table of filters."""
REGION = Annotated[
    str | None, typer.Option("--region", metavar="CODE", help="Papers of this region of the map (paperchat map).")
]
UNFILTERED = Filters()
"""The default of a command's parameter `filters` (`filtered`)."""
Bibtex = Annotated[bool, typer.Option("--bibtex", help="Print the references as BibTeX as well.")]
FormatName = Annotated[
    str | None, typer.Option("--format", metavar="FORMAT", help="Print the papers as bibtex, ris, csl or md as well.")
]
ModeName = Annotated[
    str | None, typer.Option("--mode", metavar="MODE", help="extractive or llm (default: as configured).")
]


def load(context: typer.Context, config: Path | None, data_dir: Path | None) -> Loaded:
    """Read the configuration; options after the command win over those before it."""
    from rag.config import load_config

    before = context.find_root().params
    return load_config(config or before.get("config"), data_dir=data_dir or before.get("data_dir"))


def configured(context: typer.Context, config: Path | None, data_dir: Path | None) -> Config:
    """The configuration alone."""
    return load(context, config, data_dir).config


def with_library(context: typer.Context, config: Path | None, data_dir: Path | None) -> Config:
    """The configuration of a command that needs a library; where there is none it is refused, and none is made."""
    from rag.papers.shelf import FILE_NAME, require_shelf

    settings = configured(context, config, data_dir)
    require_shelf(settings.store(FILE_NAME))
    return settings


def check_question(question: str, settings: Config, mode: Mode | None = "extractive") -> None:
    """Refuse what cannot be asked, or not in this way or of this library, before seconds are spent on imports.

    Args:
        question: As typed.
        settings: The configuration.
        mode: How to answer; None takes the configured way.
    """
    from rag.papers.shelf import FILE_NAME, Shelf
    from rag.query.lexicon.words import check_question as check

    check(question, settings.answer.max_question_chars)
    if (mode or settings.answer.mode) == "llm":
        from rag.models.llm import named_model

        named_model(settings.llm)
    Shelf.existing(settings.store(FILE_NAME)).close()


def keep_log_quiet() -> None:
    """Print no log of ours on stderr: what it would say stands in the notes of the answer that is printed."""
    logging.getLogger("rag").addHandler(logging.NullHandler())


def mode_of(mode: str | None) -> Mode | None:
    """The way of answering that an option names, or refuse it as wrong usage."""
    from typing import get_args

    from rag.types import Mode

    modes = {str(one): one for one in get_args(Mode)}
    if mode is not None and mode not in modes:
        raise typer.BadParameter(f"{mode!r} is not a mode; there are: {', '.join(modes)}", param_hint="'--mode'")
    return modes[mode] if mode else None


def check_format(form: str | None) -> None:
    """Refuse a format that no bibliography can be written in."""
    from rag.papers.bibliography.references import FORMATS

    if form is not None and form not in FORMATS:
        raise typer.BadParameter(f"{form!r} is not a format; there are: {', '.join(FORMATS)}", param_hint="'--format'")


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each row of the table of filters, and for what is kept, in the place of `filters`.

    So that "new since" has one meaning, ``--since`` stands beside ``--from``. The command has the parameters `context`,
    `config` and `data_dir` too: what is kept and what is new are looked up where they lead.
    """
    signature = spread(command, _option)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    more = [inspect.Parameter(name, kind, **given) for name, given in ({"since": SINCE} | KEPT).items()]
    more.append(inspect.Parameter("region", kind, default=None, annotation=REGION))
    at = next(n for n, name in enumerate(signature.parameters) if name == FIELDS[-1].name) + 1
    parameters = [*signature.parameters.values()]
    signature = signature.replace(parameters=[*parameters[:at], *more, *parameters[at:]])

    @wraps(command)
    def wrapped(*args: object, **kwargs: object) -> None:
        texts, others = gathered(signature, *args, **kwargs)
        if (since := others.pop("since", None)) is not None:
            texts["from"] = _since(since, texts["from"], others)
        filters = _filters(texts)
        kept = {name: others.pop(name, None) for name in KEPT}
        region = others.pop("region", None)
        if filters.tag or filters.paper:
            settings = configured(others["context"], others.get("config"), others.get("data_dir"))
            _say_unknown(filters, settings)
        if any(kept.values()):
            from ui.cli.companion.kept import within

            settings = with_library(others["context"], others.get("config"), others.get("data_dir"))
            filters = within(filters, settings, reader(others["context"]), **kept)
        if region is not None:
            from ui.cli.answers.map import within_region

            settings = with_library(others["context"], others.get("config"), others.get("data_dir"))
            filters = within_region(filters, settings, region)
        command(**others, filters=filters)

    wrapped.__signature__ = signature  # type: ignore[attr-defined]  # what Typer makes the options of
    return wrapped


def _since(written: str, date_from: str | None, others: Mapping[str, Any]) -> str:
    """The first day that ``--since`` names, as ``--from`` takes it; both together are wrong usage."""
    from ui.cli.base.since import first_since

    if date_from is not None:
        raise typer.BadParameter("give --since or --from, not both")
    settings = configured(others["context"], others.get("config"), others.get("data_dir"))
    return first_since(written, settings).isoformat()


def _say_unknown(filters: Filters, settings: Config) -> None:
    """Say which subjects and papers that filters name there are not, and which ones may be meant."""
    from rag.papers.browse.nearest import did_you_mean, nearest_subjects, no_paper
    from rag.papers.shelf import FILE_NAME, Shelf

    if not (place := settings.store(FILE_NAME)).is_file():
        return  # which the command says
    shelf = Shelf(place)
    try:
        for name in filters.tag.split(OR) if filters.tag else ():
            if (near := nearest_subjects(shelf, name)) is not None:
                say(f"No subject is called {name!r}. {did_you_mean(near)}`paperchat papers --facets` lists them.")
        ids = shelf.resolved(filters.paper.split()) if filters.paper else []
        for paper_id in sorted(set(ids) - set(shelf.papers(ids)) - {NO_PAPER}):
            say(str(no_paper(shelf, paper_id)))
    finally:
        shelf.close()


def reader(context: typer.Context) -> str:
    """Whose stars, lists and notes are meant; empty where the page has no users."""
    return str(context.find_root().params.get("user") or "")


def plain_id(written: str) -> str:
    """The id in what people paste: an address, ``arXiv:2504.05309`` or ``2504.05309v2``."""
    from rag.sources.identifiers import ImpossibleId, read_id

    try:
        found = read_id(written.strip())
    except ImpossibleId:
        return written
    return found.paper_id if found else written


def _option(row: FilterField) -> object:
    kind = list[str] | None if row.several else str | None
    return Annotated[kind, typer.Option(f"--{row.key}", metavar=row.metavar, help=row.meaning)]


def _filters(given: Mapping[str, str | list[str] | None]) -> Filters:
    """The options as `Filters`; one that is blank or cannot be read is wrong usage."""
    texts = {key: ", ".join(text) if isinstance(text, list) else text for key, text in given.items()}
    said = {key: text for key, text in texts.items() if given[key] not in (None, [])}
    if given.get("paper"):
        said["paper"] = " ".join(map(plain_id, given["paper"] or ()))
    for key, text in said.items():
        if not (text or "").strip():
            raise typer.BadParameter(f"--{key} is blank")
    try:
        return Filters.read(said)
    except FilterError as error:
        raise typer.BadParameter(str(error), param_hint=f"'--{error.key}'") from None


def print_json(document: Any) -> None:
    """Print exactly one JSON document on stdout."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(escaped_controls(json.dumps(document, ensure_ascii=not is_unicode)))


def say(text: str) -> None:
    """Print a message for the person at the terminal on stderr."""
    print(text, file=sys.stderr)


SECONDS_A_LINE = 5.0
"""How often progress is printed where there is no terminal."""
WAITING = "waiting for another paperchat to finish writing"


@contextmanager
def progress_bar(quiet: bool = False, begins: str = "starting") -> Iterator[Progress | None]:
    """Show progress on stderr: a bar on a terminal, elsewhere a line every `SECONDS_A_LINE` at most.

    Args:
        quiet: Only say when another process is waited for.
        begins: What is done until the first report.
    """
    if quiet or not sys.stderr.isatty():
        yield _lines(quiet)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(highlight=True, stderr=True), transient=True) as bar:
        task = bar.add_task(begins, total=None)

        def report(stage: str, done: int, total: int) -> None:
            description = WAITING if stage == "waiting" else stage
            bar.update(task, description=description, completed=done, total=total or None)

        yield report


def _lines(quiet: bool) -> Progress:
    """Progress in lines, the first after `SECONDS_A_LINE`: what is done sooner needs none."""
    said = monotonic()

    def report(stage: str, done: int, total: int) -> None:
        nonlocal said
        if stage == "waiting":
            say(f"{WAITING.capitalize()}…")
        elif not quiet and monotonic() - said >= SECONDS_A_LINE:
            said = monotonic()
            say(f"{stage} {done} of {total}" if total else f"{stage} {done}")

    return report
