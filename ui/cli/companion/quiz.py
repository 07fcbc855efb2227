"""`quiz`: questions about what a reader keeps, what is known of each topic, and what to read next."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from rag.text.grammar import plural
from ui.cli.base.common import (
    MOST,
    AsJson,
    ConfigFile,
    DataDir,
    keep_log_quiet,
    plain_id,
    print_json,
    progress_bar,
    reader,
    say,
    with_library,
)

if TYPE_CHECKING:
    from rag.config import Config
    from rag.follow.quiz.examiner import Item
    from rag.follow.quiz.mastery import Advised, Mastery
    from rag.follow.quiz.quiz import Quiz, Quizmaster
    from rag.index.library import Library
    from rag.papers.readers.answered import Answered
    from rag.papers.readers.kept import Kept

KEYS = "abcd"
"""What the options are chosen with."""
_BAR = 20
"""Characters of a bar."""


def quiz(
    context: typer.Context,
    papers: Annotated[
        list[str] | None, typer.Option("--paper", metavar="ID", help="Ask about this paper; may be given again.")
    ] = None,
    name: Annotated[str, typer.Option("--list", metavar="NAME", help="Ask about the papers of this list.")] = "",
    topic: Annotated[str, typer.Option("--topic", metavar="SUBJECT", help="Ask about papers on this subject.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=50, metavar="N", help="Questions, at most.")] = 5,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=MOST, metavar="N", help="The same number gives the same quiz.")
    ] = None,
    mastery: Annotated[
        bool, typer.Option("--mastery", help="Say what you know of each topic, and ask nothing.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget all that you answered.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Ask what you know of the papers that you keep; without any, of the newest. Ctrl-D leaves."""
    if papers and name:
        raise typer.BadParameter("name a --list or a --paper, not both")
    if (mastery or forget) and (papers or name or topic or (mastery and forget)):
        raise typer.BadParameter("--mastery and --forget stand alone")
    from ui.kept import problem_of

    settings, user = with_library(context, config, data_dir), reader(context)
    keep_log_quiet()
    with _opened(settings) as (library, kept, answered):
        if forget:
            answered.forget(user)
            print_json({"forgotten": True}) if as_json else say("What you answered is forgotten.")
            return
        if problem := problem_of(kept):
            say(problem)
        if mastery:
            _show(library, kept, answered, user, as_json)
            return
        from rag.follow.quiz.quiz import Asked, Quizmaster

        library.require_papers()
        master = Quizmaster(library, kept, answered)
        asked = Asked(tuple(map(plain_id, papers or ())), name, " ".join(topic.split()))
        with progress_bar(as_json, "looking for questions") as progress:
            made = master.quiz(user, asked, most=most, seed=seed, progress=progress)
        if as_json:
            print_json(replace(made, notes=(*filter(None, [problem]), *made.notes)).as_json())
            return
        _hold(master, made, user)
        if made.items:
            _show_touched(answered, user, made)


@contextmanager
def _opened(settings: Config) -> Iterator[tuple[Library, Kept, Answered]]:
    """A library, what is kept of it, and what was answered."""
    from rag import open_library
    from rag.papers.readers.answered import FILE_NAME, Answered
    from rag.papers.readers.kept import FILE_NAME as KEPT
    from ui.kept import kept_in

    with (
        open_library(settings) as library,
        closing(kept_in(settings.store(KEPT))) as kept,
        closing(Answered(settings.store(FILE_NAME))) as answered,
    ):
        yield library, kept, answered


def _hold(master: Quizmaster, made: Quiz, user: str) -> None:
    """Ask one question after the other, as long as the reader answers."""
    for note in made.notes:
        say(note)
    right = given = 0
    for number, item in enumerate(made.items, start=1):
        _ask(number, len(made.items), item)
        choice = _choice(len(item.options))
        if choice is None:
            break
        is_right = master.answer(user, item, choice)
        right, given = right + is_right, given + 1
        _tell(item, is_right)
    if made.items:
        print(f"\n{right} of {given} right." if given else "\nNothing was answered.")


def _ask(number: int, of: int, item: Item) -> None:
    print(f"\n{number} of {of}. {item.asked}")
    if item.shown:
        print(f"   “{item.shown}”")
    for key, option in zip(KEYS, item.options, strict=False):
        print(f"   {key}) {option.text}")


def _choice(options: int) -> int | None:
    """The place of the option that is chosen; None where the reader leaves."""
    keys = KEYS[:options]
    prompt = f"{', '.join(keys[:-1])} or {keys[-1]}> "
    while True:
        try:
            said = input(prompt).strip().casefold().rstrip(").")
        except (EOFError, KeyboardInterrupt):
            print()
            return None
        if len(said) == 1 and said in keys:
            return keys.index(said)
        if said.isdecimal() and 0 < int(said) <= options:
            return int(said) - 1
        say(f"Choose {', '.join(keys[:-1])} or {keys[-1]}; Ctrl-D leaves, and what you answered is kept.")


def _tell(item: Item, is_right: bool) -> None:
    """What is right, with the quote that says so and its paper."""
    from rag.text.readable import readable

    print("   Right." if is_right else f"   Wrong: it is {KEYS[item.right]}) {item.options[item.right].text}")
    print(f"   “{readable(item.quote)}”")
    print(f"   {readable(item.title)} ({item.paper_id})")


def _show_touched(answered: Answered, user: str, made: Quiz) -> None:
    """Mastery of the topics of a quiz, now that it is over."""
    from rag.follow.quiz.mastery import mastery_of

    touched = {one.topic.tag for one in made.items}
    found = [one for one in mastery_of(answered.of(user)) if one.topic.tag in touched]
    _print_bars(found)
    if found:
        say("`paperchat quiz --mastery` says what you know of all topics, and what to read next.")


def _show(library: Library, kept: Kept, answered: Answered, user: str, as_json: bool) -> None:
    from rag.follow.quiz.mastery import mastery_of, next_to_read

    answers = answered.of(user)
    found = mastery_of(answers)
    advised = next_to_read(library, kept, user, answers)
    if as_json:
        print_json(
            {
                "mastery": [one.as_json() for one in found],
                "next": [one.as_json() for one in advised],
                "answers": [one.as_json() for one in answers],
            }
        )
        return
    if not found:
        say("Nothing was answered yet. `paperchat quiz` asks about the papers that you keep.")
        return
    _print_bars(found)
    _print_next(advised)
    right = sum(one.is_right for one in answers)
    say(f"{plural(len(answers), 'answer')}, {right:,} right. `paperchat quiz --forget` forgets them.")


def _print_bars(found: Sequence[Mastery]) -> None:
    """Each topic with a bar as long as it is known, the weakest first."""
    width = max((len(one.topic.label) for one in found), default=0)
    full, empty = _marks()
    for one in found:
        done = round(_BAR * one.chance)
        bar = full * done + empty * (_BAR - done)
        print(f"{one.topic.label:<{width}}  {bar} {100 * one.chance:3.0f}%  {one.right} of {one.asked} right")


def _marks() -> tuple[str, str]:
    """What bars are drawn with: plain letters where the terminal has no others."""
    return ("█", "░") if (sys.stdout.encoding or "").lower().startswith("utf") else ("#", ".")


def _print_next(advised: Sequence[Advised]) -> None:
    from rag.text.readable import readable

    if advised:
        print("\nTo read next:")
    for one in advised:
        print(f"  {readable(one.paper.title)} ({one.paper.paper_id})\n    {one.reason}")
