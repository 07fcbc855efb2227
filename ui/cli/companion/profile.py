"""`profile`: what is known of a reader's interests, in words; changed, written to a file, forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from ui.cli.base.common import (
    AsJson,
    ConfigFile,
    DataDir,
    keep_log_quiet,
    print_json,
    reader,
    say,
    with_library,
)
from ui.cli.base.terminal import console
from ui.cli.companion.belongings import OutFile, Yes, be_sure, check_file, write_document
from ui.cli.companion.keep import PaperIds
from ui.cli.companion.kept import GONE, conversations_in, known_ids, opened

if TYPE_CHECKING:
    from rich.console import Console

    from rag.config import Config
    from rag.follow.profile import Interest, Profile
    from rag.index.library import Library
    from rag.papers.readers.kept import Kept
    from rag.types import Paper

_SHOWN = 4
"""Kept papers that are named of an interest; more are counted."""
app = typer.Typer(help="Show what is known of your interests, or change it.", invoke_without_command=True)


@app.callback()
def profile(
    context: typer.Context,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show what is known of your interests, in words, or change it."""
    if context.invoked_subcommand is None:
        show(context, as_json, config, data_dir)


@app.command()
def show(context: typer.Context, as_json: AsJson = False, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Show your interests with the papers that they come from, and what you want less of."""
    with _read(with_library(context, config, data_dir)) as (library, kept):
        _show(library, kept, reader(context), as_json)


@app.command()
def add(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="SENTENCE", help="What you would like to read about.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Say in a sentence what you would like to read about."""
    with _read(with_library(context, config, data_dir), writes=True) as (library, kept):
        kept.add_interest(reader(context), " ".join(words))
        _show(library, kept, reader(context), as_json)


@app.command()
def remove(
    context: typer.Context,
    keys: Annotated[
        list[str], typer.Argument(metavar="KEY", help="Of an interest or a question, as `paperchat profile` shows it.")
    ],
    off: Annotated[bool, typer.Option("--off", help="Have interests that were taken out count again.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Take interests or questions out; the papers that they come from stay kept, and conversations stay."""
    from rag.errors import KeepError

    user = reader(context)
    with _read(with_library(context, config, data_dir), writes=True) as (library, kept):
        before = _profile(library, kept, user)
        asked = before.asked.taken_out if off else before.asked.counting
        held = [*(before.muted if off else (one.key for one in before.interests)), *(one.key for one in asked)]
        for key in keys:
            if key not in held:
                which = "was taken out" if off else "is there"
                raise KeepError(f"No interest {key!r} {which}.", "`paperchat profile` shows them with their keys.")
        for key in keys:
            (kept.restore_interest if off else kept.remove_interest)(user, key)
        _show(library, kept, user, as_json)


@app.command()
def less(
    context: typer.Context,
    paper_ids: PaperIds = None,
    off: Annotated[bool, typer.Option("--off", help="Take it back.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Want less like these papers, or list those that you want less of."""
    from rag.text.readable import readable

    user = reader(context)
    with opened(with_library(context, config, data_dir)) as (kept, shelf):
        if paper_ids:
            kept.less(user, known_ids(shelf, paper_ids, required=not off), not off)
        ids = kept.lessened(user)
        papers = shelf.papers(ids)
    titles = {one: readable(papers[one].title) if one in papers else f"({GONE})" for one in ids}
    if as_json:
        print_json({"less": [{"paper_id": one, "title": papers[one].title if one in papers else None} for one in ids]})
        return
    for paper_id, title in titles.items():
        print(f"{paper_id:<11}  {title}")
    say(f"Less like {plural(len(ids), 'paper')}." if ids else "There is nothing that you want less of.")


@app.command()
def export(
    context: typer.Context,
    file: OutFile = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Write the profile as JSON; `paperchat keep export` writes all that it comes from."""
    check_file(file)
    with _read(with_library(context, config, data_dir)) as (library, kept):
        document = _document(_profile(library, kept, reader(context)), kept)
    write_document(document, file, as_json)


@app.command()
def forget(
    context: typer.Context,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Forget your sentences, questions, what you took out and want less of; `paperchat keep forget` deletes all."""
    from ui.foryou import forget_profile

    with opened(with_library(context, config, data_dir)) as (kept, _):
        be_sure(
            "Your sentences, what you took out and want less of, and that your questions count, will be forgotten.", yes
        )
        forget_profile(kept, reader(context))
    if as_json:
        print_json({"forgotten": True})
    else:
        say("Forgotten. Stars, lists and notes stay, and count: `paperchat keep forget` deletes them too.")
        say("Conversations stay; only what you ask from now on counts.")


@contextmanager
def _read(settings: Config, *, writes: bool = False) -> Iterator[tuple[Library, Kept]]:
    """A library that holds papers, with what is kept in it; only who writes needs a file that may be written."""
    from rag import open_library
    from rag.errors import LibraryError
    from rag.papers.readers.kept import FILE_NAME, Kept
    from ui.kept import kept_in

    keep_log_quiet()
    place = settings.store(FILE_NAME)
    with open_library(settings) as library, closing(Kept(place) if writes else kept_in(place)) as kept:
        library.require_papers()
        try:
            kept.follow(library.shelf.renamed())
        except LibraryError:  # ids that papers left are followed when the file can be written again
            if writes:
                raise
        yield library, kept


def _profile(library: Library, kept: Kept, user: str) -> Profile:
    from rag.follow.profile import profile_of

    with conversations_in(library.config) as conversations:
        return profile_of(library, kept, user, conversations)


def _document(found: Profile, kept: Kept) -> dict[str, Any]:
    """A profile as a document; where nothing could be read of what is kept, that is why nothing is in it."""
    from ui.foryou import profile_json
    from ui.kept import problem_of

    document = profile_json(found)
    return document | {"why": problem_of(kept) or document["why"]}


def _show(library: Library, kept: Kept, user: str, as_json: bool) -> None:
    from ui.foryou import gone_sentence, muted_papers
    from ui.kept import problem_of

    found = _profile(library, kept, user)
    if as_json:
        print_json(_document(found, kept))
        return
    begun = muted_papers(found)
    named = [paper_id for one in found.interests for paper_id in one.papers[-_SHOWN:]]
    papers = library.shelf.papers([*named, *found.less, *begun.values()])
    terminal = console()
    if why := problem_of(kept) or found.standing.sentence:
        terminal.print(why, markup=False)
    for one in found.interests:
        _print_interest(terminal, one, papers)
    _print_others("Asked", {one.key: f"“{one.question}”" for one in found.asked.counting})
    _print_others("Taken out", {one.key: f"“{one.question}”" for one in found.asked.taken_out})
    _print_others("Taken out", {key: _title(papers, paper_id) for key, paper_id in begun.items()})
    _print_others("Less like", {paper_id: _title(papers, paper_id) for paper_id in found.less})
    if found.gone:
        print(gone_sentence(found.gone))
    say("`paperchat profile add SENTENCE`, `remove KEY` and `less PAPER_ID` change it; `paperchat today` ranks by it.")


def _print_interest(terminal: Console, one: Interest, papers: Mapping[str, Paper]) -> None:
    """An interest: its share, its words, its key, and where it comes from."""
    from rich.padding import Padding
    from rich.text import Text

    share = Text.assemble((f"{one.weight:>4.0%}  ", "dim"), (one.words, "bold"), (f"  {one.key}", "dim"))
    terminal.print(share, soft_wrap=True)
    terminal.print(Padding(Text(_origin(one, papers), style="dim"), (0, 0, 0, 6)))


def _origin(one: Interest, papers: Mapping[str, Paper]) -> str:
    from ui.foryou import lessened, origin

    titles = [_title(papers, paper_id) for paper_id in reversed(one.kept[-_SHOWN:])]
    more = f"; and {len(one.kept) - len(titles)} more" if len(titles) < len(one.kept) else ""
    less = f". {lessened(one)}" if one.less else ""
    return f"{origin(one, _SHOWN)}{': ' * bool(titles)}{'; '.join(titles)}{more}{less}"


def _print_others(what: str, titles: Mapping[str, str]) -> None:
    for key, title in titles.items():
        print(f"{what}: {title}  {key}")


def _title(papers: Mapping[str, Paper], paper_id: str) -> str:
    from ui.edition.wording import title_of

    return title_of(papers[paper_id]) if paper_id in papers else f"{paper_id} ({GONE})"
