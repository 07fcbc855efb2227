"""The paper that is meant: by its id as anybody writes it, or by words of its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.text.grammar import plural
from ui.cli.base.common import MOST, plain_id, say

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf
    from rag.sources.identifiers import Identifier
    from rag.types import Paper

_CANDIDATES = 20


def named_paper(shelf: Shelf, written: str) -> Paper:
    """The one paper that an id or words of its title name.

    Raises:
        PaperNotFound: there is none, or there are several, which are listed.
    """
    from rag.errors import PaperNotFound
    from rag.papers.browse.nearest import no_paper
    from rag.text.readable import readable

    (paper_id,) = shelf.resolved([plain_id(written)])
    written_id = _identifier(written)
    if paper_id in shelf.papers([paper_id]):
        return _named_version(shelf, written)
    if written_id and written_id.url:  # any other word may be another source's id, or of a title
        raise no_paper(shelf, paper_id)
    found = titled(shelf, written)
    if not found:
        raise no_paper(shelf, paper_id)
    if len(found) == 1:
        return found[0]
    named = "\n".join(f"  {one.paper_id:<11}  {readable(one.title)}" for one in found[:_CANDIDATES])
    more = f"\n  … and {len(found) - _CANDIDATES} more: name more words" if len(found) > _CANDIDATES else ""
    raise PaperNotFound(
        f"{plural(len(found), 'paper')} may be meant by “{written}”:\n{named}{more}", "Name one by its id."
    )


def titled(shelf: Shelf, written: str) -> list[Paper]:
    """The papers whose titles words name: called so, else with the words side by side, else with all of them; by id."""
    from rag.papers.claims import Claim
    from rag.text.folding import fold
    from rag.text.readable import readable

    called = [one.paper_id for one in shelf.entities.namings(written, MOST) if one.claim == Claim.CALLED]
    ids = called or shelf.entities.titled(written, MOST)
    found = list(shelf.papers(ids).values()) if ids else []
    if not found:
        wanted = {fold(word) for word in written.split()} - {""}
        every = shelf.browse(written) if wanted else []
        found = [one for one in every if wanted <= {fold(word) for word in readable(one.title).split()}]
    whole = [one for one in found if fold(readable(one.title)) == fold(written)]
    return sorted(whole or found, key=lambda one: one.paper_id)


def _named_version(shelf: Shelf, written: str) -> Paper:
    """The text that an id names: ``2504.05309v2`` is arXiv's second version, an id without a version the latest."""
    found = _identifier(written)
    if found is None or not found.version:
        return shelf.paper(plain_id(written))
    paper = shelf.arxiv_version(found.paper_id, found.version)
    if paper is None:
        paper = shelf.paper(found.paper_id)
        say(f"No source said which of arXiv's versions the texts of {paper.paper_id} are; this is the latest held.")
    return paper


def _identifier(written: str) -> Identifier | None:
    from rag.sources.identifiers import ImpossibleId, read_id

    try:
        return read_id(written.strip())
    except ImpossibleId:
        return None
