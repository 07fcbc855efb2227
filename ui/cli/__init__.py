"""The command line: `paperchat`. Each command imports what it needs when it runs, so that `--help` is instant."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from ui.cli.answers import ask, best, chat, conversations, map, questions, replay, rewrites, similar, topic
from ui.cli.base.common import ConfigFile, DataDir, configured
from ui.cli.base.help import DAILY, EVALUATION, LIBRARY, add, begin, group
from ui.cli.base.terminal import Plain
from ui.cli.companion import belongings, keep, lists, note, profile, quiz
from ui.cli.daily import fetch, follow, report, today, watch
from ui.cli.evaluation import bench, eval
from ui.cli.library import bibliography, cards, ingest, papers, remove, review
from ui.cli.operation import backup, configuration, doctor, web

COMMANDS = (
    ("today", today.today, DAILY, "paperchat today --since 7d"),
    ("new", report.new, DAILY, "paperchat new --since 7d"),
    ("ask", ask.ask, DAILY, 'paperchat ask "How does IterQR rewrite queries?" --from 2025-04'),
    ("chat", chat.chat, DAILY, "paperchat chat --resume"),
    ("search", ask.search, DAILY, 'paperchat search "semantic IDs" -k 5 --author "Wei Lin"'),
    ("topic", topic.topic, DAILY, 'paperchat topic "query expansion" --out notes.md'),
    ("best", best.best, DAILY, 'paperchat best "survey of query rewriting, with code" --must 3'),
    ("similar", similar.similar, DAILY, "paperchat similar 2504.05309 -k 5"),
    ("map", map.show_map, DAILY, "paperchat map 3.1"),
    ("questions", questions.questions, DAILY, "paperchat questions 2504.05309"),
    ("follow", follow.follow, DAILY, 'paperchat follow "Which papers rewrite queries?"'),
    ("list", lists.lists, DAILY, "paperchat list thesis --add 2504.05309"),
    ("note", note.note, DAILY, 'paperchat note 2504.05309 "compare with ours"'),
    ("quiz", quiz.quiz, DAILY, "paperchat quiz --list thesis --most 5"),
    ("rewrites", rewrites.rewrites, DAILY, "paperchat rewrites remove 2"),
    ("ui", web.ui, DAILY, "paperchat ui --port 8000"),
    ("ingest", ingest.ingest, LIBRARY, "paperchat ingest reports/ thesis.bib 2504.05309v2.pdf"),
    ("fetch", fetch.fetch, LIBRARY, "paperchat fetch --category cs.IR --since 7d"),
    ("watch", watch.watch, LIBRARY, "paperchat watch --config watch.yaml"),
    ("report", report.report, LIBRARY, "paperchat report --date 2025-04-10 --out reports"),
    ("papers", papers.papers, LIBRARY, "paperchat papers --query rewrite --starred"),
    ("show", papers.show, LIBRARY, "paperchat show IterQR"),
    ("cards", cards.cards, LIBRARY, "paperchat cards --again"),
    ("review", review.review, LIBRARY, "paperchat review 2504.05309 --release"),
    ("remove", remove.remove, LIBRARY, "paperchat remove 2504.05309"),
    ("import", bibliography.take, LIBRARY, "paperchat import thesis.bib"),
    ("export", bibliography.export, LIBRARY, "paperchat export --list thesis --format bibtex --out thesis.bib"),
    ("backup", backup.backup, LIBRARY, "paperchat backup library.tar"),
    ("restore", backup.restore, LIBRARY, "paperchat restore library.tar --data-dir library"),
    ("doctor", doctor.doctor, LIBRARY, "paperchat doctor --repair"),
    ("bench", bench.bench, EVALUATION, "paperchat bench --out bench"),
    ("replay", replay.replay, EVALUATION, "paperchat replay answer.json"),
)
"""Each command with its group and an example, in the order of `--help`."""
app = typer.Typer(
    cls=group(
        {
            DAILY: 'paperchat ask "Which papers rewrite queries?" --list thesis',
            LIBRARY: "paperchat fetch --category cs.IR --since 7d",
            EVALUATION: "paperchat eval run --qa questions.jsonl --out run",
        }
    ),
    name="paperchat",
    help="A chat assistant over recent research papers: every answer cited, every citation checkable.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"paperchat {version('paperchat')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    user: Annotated[
        str,
        typer.Option(
            "--user",
            metavar="NAME",
            help="Whose stars, lists, notes, conversations and quizzes, where the page has users.",
        ),
    ] = "",
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the global options, which may stand before the command or after it; without a command, say how to begin."""
    if context.invoked_subcommand is None:
        print(begin(configured(context, config, data_dir)))


for _name, _function, _panel, _example in COMMANDS:
    add(app, _name, _function, _panel, _example)
keep.app.command("export")(belongings.export)
keep.app.command("forget")(belongings.forget)
add(app, "star", keep.star, DAILY, "paperchat star 2504.05309", hidden=True)
app.add_typer(keep.app, name="keep", rich_help_panel=DAILY)
app.add_typer(profile.app, name="profile", rich_help_panel=DAILY)
app.add_typer(conversations.app, name="conversations", rich_help_panel=DAILY)
app.add_typer(configuration.app, name="config", rich_help_panel=LIBRARY)
app.add_typer(eval.app, name="eval", rich_help_panel=EVALUATION)


ALLOCATIONS = 50_000
"""Objects made before a search for garbage begins. Python's default of 700 goes through what was just imported hundreds
of times, a tenth of what an answer takes from nothing."""

_PLAIN_PROXY = re.compile(r"(?:https?://)?(?:[^\s/@\[\]]*@)?[\w.-]+(?::\d{1,4})?/?", re.IGNORECASE)
"""A proxy that all can use; of another one more is looked at."""


def main() -> None:
    """Run the command line: errors in two lines on stderr, exit 0, 1 (not done) or 2 (wrong usage), no traceback."""
    from rag.errors import PaperchatError

    gc.set_threshold(ALLOCATIONS)
    # Read by NumPy when it is first loaded. The matrices of a question are small: a second thread costs more processor
    # time than it saves, and several questions at once wait for each other's threads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if isinstance(sys.stdout, TextIOWrapper):  # what the terminal cannot show is written as an escape
        sys.stdout.reconfigure(errors="backslashreplace")
    proxies = [
        os.environ.get(name, "")
        for name in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "http_proxy", "https_proxy")
    ]
    if any(value and not _PLAIN_PROXY.fullmatch(value) for value in proxies):
        from rag.sources.proxy import set_aside

        set_aside()  # one that cannot be used would keep Gradio from being imported
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Plain(sys.stdout), Plain(sys.stderr)
    try:
        require_text(sys.argv[1:])
        _run()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
        sys.exit(0)
    except PaperchatError as error:
        print(f"{error.message}\n{error.advice}".rstrip(), file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"paperchat cannot go on: {where}{error.strerror or error}.", file=sys.stderr)
        sys.exit(1)
    finally:
        sys.stdout, sys.stderr = streams
        gc.freeze()  # when it ends, Python would look for garbage among all that was ever imported: a tenth of a second


def require_text(words: Sequence[str]) -> None:
    """Refuse bytes that are no text where words are wanted; a file's name may be of such.

    Raises:
        UsageError: a word holds some and names neither a file nor one that could be written into a folder.
    """
    from rag.errors import UsageError

    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            if not (os.path.lexists(word) or os.path.isdir(os.path.dirname(word))):
                raise UsageError(
                    f"{word!r} is no text in UTF-8.", "Type it anew, in a terminal that is set to UTF-8."
                ) from None


def _run() -> None:
    """Run the commands and write out what they printed, while a closed pipe can still be told from success."""
    try:
        app()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # click makes exit 1 of it
            raise ended.__context__ from None
        sys.stdout.flush()
        raise
