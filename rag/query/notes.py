"""What the reader of a question is told of how it was read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rag.query.lexicon.typos import Correction
from rag.types import Note

NOTHING_LEFT_OUT = Note(
    code="negation",
    text='"Not" and "without" are searched for like other words: no paper was left out because of them.',
)
BEST = Note(
    code="best_paper",
    text="`paperchat best`, or /best on the page, chooses the best paper by criteria that you can see and change.",
)
_READ_AS = 'Read as "{}": no paper here holds "{}".'
_FORMER = 'Read as "{}": that paper called it "{}" in an earlier version.'
_INSTEAD = 'Searched for "{}" instead of "{}".'
IN_ENGLISH = Note(code="language", text="The papers are searched in English: a question in English finds more.")


def on_talk(followed: str) -> list[Note]:
    """What a follow-up was completed to; nothing where it says all itself."""
    return [Note(code="follow_up", text=f"Read as a follow-up: {followed}")] if followed else []


def on_papers(like: Collection[str], only: Collection[str]) -> Iterator[Note]:
    """What was read of papers that are named by their ids."""
    for said, papers in (("papers like", like), ("only", sorted(only))):
        if papers:
            yield Note(code="papers_read", text=f"Read from the question: {said} {', '.join(papers)}.")


def not_a_date(text: str) -> Note:
    """Words for a time that could not be read."""
    return Note(code="date_unread", text=f'"{text}" was not understood as a date and restricts nothing.')


def several_near(name: str, near: Sequence[str]) -> Note:
    """Systems of which one may be meant by a name that no paper holds."""
    meant = " or ".join(f'"{one}"' for one in near)
    return Note(code="spelling", text=f'No paper here holds "{name}". Did you mean {meant}?')


def spelling(corrections: Sequence[Correction]) -> list[Note]:
    """Typing errors that were corrected, and names that papers gave up, each once."""
    return [
        Note(
            code="spelling",
            text=(_FORMER if one.former else _READ_AS if one.unheard else _INSTEAD).format(one.meant, one.typed),
        )
        for one in {(one.typed, one.meant): one for one in corrections}.values()
    ]
