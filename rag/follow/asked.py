"""What a reader's questions tell of their interests: the papers that their answers quote, each counting a little.

A question is read by what answered it, and not by its words: those of a follow-up say nothing by themselves, and a
paper has a title and authors to rank by and to be named by. Whether the reader went on to open it is known on the page
only, and who finds what they asked for quoted in the answer has no need to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.papers.readers.conversations import Conversations, Exchange
from rag.papers.readers.interests import ASKED
from rag.papers.readers.kept import Kept
from rag.papers.readers.lists import folded
from rag.papers.shelf import Shelf

COUNTS = 0.3
"""How many papers kept just now a question asked just now counts as much as: it may be idle, and its answer wrong."""
HALF = 30
"""Questions asked later after which one counts half; how much is kept later has no part in it."""
QUOTED = 3
"""Papers of an answer that a question counts for, the first; of a long list none is what was asked about."""
_READ = 60
"""Answers that are looked at, the newest; those that found nothing count for nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a reader asked, and that was answered from papers.

    Attributes:
        key: By which it is taken out; the same for the same words.
        papers: That its answer quotes first, under the ids that they have now.
    """

    key: str
    question: str
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Questions:
    """The newest questions of a reader, the one asked first first, each once.

    Attributes:
        counting: Those that tell of an interest.
        taken_out: Those that the reader took out.
    """

    counting: tuple[Asked, ...] = ()
    taken_out: tuple[Asked, ...] = ()

    def weights(self, held: Collection[str], known: Collection[str]) -> dict[str, float]:
        """What papers count for being quoted, in the order in which they first were.

        Args:
            held: Papers of the library.
            known: Papers of which the reader has said more by keeping them, or by wanting less of them.
        """
        found: dict[str, float] = {}
        for later, one in enumerate(reversed(self.counting)):
            papers = [paper_id for paper_id in one.papers if paper_id in held and paper_id not in known]
            for paper_id in papers:
                share = COUNTS * 0.5 ** (later / HALF) / len(one.papers)
                found[paper_id] = found.get(paper_id, 0.0) + share
        first = dict.fromkeys(paper_id for one in self.counting for paper_id in one.papers)
        return {paper_id: found[paper_id] for paper_id in first if paper_id in found}


def questions_of(shelf: Shelf, conversations: Conversations | None, kept: Kept, user: str) -> Questions:
    """The questions of a reader, as far as their conversations are kept and they have not had them forgotten.

    Args:
        shelf: Knows the papers that left their ids.
        conversations: Of all readers; None where none are kept.
        kept: Knows what was taken out.
        user: The reader.
    """
    if conversations is None:
        return Questions()
    keys, since = kept.unasked(user)
    exchanges = conversations.recent(user, since or datetime.min.replace(tzinfo=UTC), _READ)
    renamed = shelf.renamed() if exchanges else {}
    found: dict[str, Asked] = {}
    for one in exchanges:
        if (since is None or one.asked > since) and (papers := _quoted(one, renamed)):
            key = ASKED + hashlib.sha256(folded(one.question).encode()).hexdigest()[:12]
            found.setdefault(key, Asked(key, " ".join(one.question.split()), papers))
    asked = tuple(reversed(found.values()))
    return Questions(tuple(one for one in asked if one.key not in keys), tuple(one for one in asked if one.key in keys))


def _quoted(exchange: Exchange, renamed: Mapping[str, str]) -> tuple[str, ...]:
    """The papers that an answer quotes first; none of one that found nothing, or that the reader found bad."""
    answer = exchange.answer
    if answer is None or answer.abstained or exchange.rating == -1:
        return ()
    cited: Sequence[str] = [one.paper_id for one in answer.citations]
    return tuple(dict.fromkeys(renamed.get(one, one) for one in cited))[:QUOTED]
