"""Full texts find their paper, and the files that they were read from are kept beside the shelf."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rapidfuzz import fuzz

from rag.errors import LibraryError, PaperNotFound
from rag.papers.claims import Claim
from rag.papers.shelf import Shelf
from rag.sources.files import FULL_TEXTS
from rag.text.folding import fold
from rag.text.readable import readable
from rag.text.titles import title_key
from rag.types import FullText, Paper, Rejected, Remark, Section

_SAME_TITLE = 60
"""Likeness of two titles, of 100, from which on an id may be believed that a document bears."""
_NAMINGS = 20
_NAMED = re.compile(r"(?P<stem>.+)(?P<rest>v\d+(?:-[0-9a-f]+)?\.pdf)")
"""A file's name: of a paper's id, with a version."""


def matched(shelf: Shelf, found: FullText) -> tuple[Paper, Remark] | Rejected:
    """The paper that a full text belongs to, with that text, and what to say of it.

    It is the one of the same id, unless the titles have nothing in common: a stranger may print any id on a document.
    Else it is the one of the same title, else a new one with the abstract that the document has.
    """
    read = found.paper
    known = _of_id(shelf, read.paper_id)
    if known and fuzz.token_sort_ratio(_plain(read.title), _plain(known.title)) < _SAME_TITLE:
        reason = (
            f"bears the id {read.paper_id}, which is “{readable(known.title)}” here, but its title reads "
            f"“{readable(read.title)}”: nothing was added. Give --title, or another --id"
        )
        return Rejected(found.source, 0, reason)
    known = known or _of_title(shelf, read.title)
    said = f"read as {read.paper_id}, “{readable(read.title)}”, by {_people(read)}, {len(read.pages)} pages"
    wrong = "--id or --title corrects that"
    if known is None:
        return read, Remark(found.source, f"{said}: a new paper with the abstract that it has; {wrong}")
    other = _other_version(known, read)
    if known.body:
        return known, Remark(found.source, f"{said}: {known.paper_id} has a full text already, which stays{other}")
    if other and _is_held(shelf, known, read):
        return Rejected(found.source, 0, f"{said}: nothing was added{other}. Give that version's PDF")
    return _with_body(known, read), Remark(
        found.source, f"{said}: joins {known.paper_id}, which keeps its abstract{other}; {wrong}"
    )


def file_name(paper: Paper) -> str:
    """What the file of a paper's full text is called: of its id and its text, so that no two share it."""
    return f"{_stem(paper.paper_id)}v{paper.version}-{hashlib.sha256(paper.body.encode()).hexdigest()[:12]}.pdf"


def _stem(paper_id: str) -> str:
    """An id as file names begin with it."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", paper_id).lstrip(".")


def keep(folder: Path, paper: Paper, file: Path) -> None:
    """Keep the file that a stored paper's text was read from; one that was fetched into the folder stays as it is.

    Raises:
        LibraryError: the folder or the disk refuses.
    """
    kept = folder / FULL_TEXTS / file_name(paper)
    if kept.exists() or (_fetched(folder, paper).is_file() and file.samefile(_fetched(folder, paper))):
        return
    begun = kept.with_suffix(".part")
    try:
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, begun)
        begun.replace(kept)
    except OSError as error:
        raise LibraryError(f"{kept} cannot be written: {error.strerror}.", "Check the folder and its disk.") from None


def kept_file(folder: Path, paper: Paper) -> Path | None:
    """The file that a paper's text was read from, where it is kept."""
    kept = folder / FULL_TEXTS / file_name(paper)
    if not paper.body or kept.is_file():
        return kept if paper.body else None
    text = file_name(paper)[-len("-0123456789ab.pdf") :]  # the paper had another id when the file was kept
    fetched = _fetched(folder, paper)
    return next(iter(sorted(kept.parent.glob(f"*{text}"))), fetched if fetched.is_file() else None)


def _fetched(folder: Path, paper: Paper) -> Path:
    """Where arXiv's PDF of a paper's text lies once it was fetched (`rag.sources.arxiv.fulltexts.path_of`)."""
    return folder / FULL_TEXTS / f"{_stem(paper.paper_id)}v{paper.arxiv_version}.pdf"


def follow(folder: Path, renamed: Mapping[str, str]) -> None:
    """Keep the files of papers under the ids that they have now which were kept under those that they left.

    Of two files of one text one stays.

    Args:
        folder: Of the library.
        renamed: Ids that papers left, with those that they have now.

    Raises:
        LibraryError: the folder or the disk refuses.
    """
    left = {_stem(old): _stem(new) for old, new in renamed.items()}
    for file in (folder / FULL_TEXTS).glob("*.pdf"):
        name = _NAMED.fullmatch(file.name)
        if name and (new := left.get(name["stem"])) and new != name["stem"]:
            try:
                file.replace(file.with_name(new + name["rest"]))
            except OSError as error:
                raise LibraryError(f"{file} cannot be renamed: {error.strerror}.", "Check the folder.") from None


def forget(folder: Path, paper: Paper) -> None:
    """Take the files of a paper that was removed away: what its text was read from, and what was fetched for it."""
    stem = _stem(paper.paper_id)
    named = ((one, _NAMED.fullmatch(one.name)) for one in (folder / FULL_TEXTS).glob("*.pdf"))
    files = [file for file, name in named if name and name["stem"] == stem]
    if kept := kept_file(folder, paper):
        files.append(kept)
    for file in files:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _of_id(shelf: Shelf, paper_id: str) -> Paper | None:
    try:
        return shelf.paper(paper_id)
    except PaperNotFound:
        return None


def _other_version(known: Paper, read: Paper) -> str:
    """What to say of a document that is another of arXiv's versions than the paper's latest text; empty for others."""
    if read.paper_id != known.paper_id or not (read.arxiv_version and known.arxiv_version):
        return ""
    if read.arxiv_version == known.arxiv_version:
        return ""
    return f"; it is arXiv's v{read.arxiv_version}, and the latest text here is v{known.arxiv_version}"


def _is_held(shelf: Shelf, known: Paper, read: Paper) -> bool:
    """Whether the text that a document belongs to is held, as one before the latest."""
    try:
        return shelf.arxiv_version(known.paper_id, read.arxiv_version) is not None
    except PaperNotFound:
        return False


def _of_title(shelf: Shelf, title: str) -> Paper | None:
    """The only paper with this very title."""
    called = [one.paper_id for one in shelf.entities.namings(readable(title), _NAMINGS) if one.claim is Claim.CALLED]
    same = [paper for paper in shelf.papers(called).values() if title_key(paper.title) == title_key(title)]
    return same[0] if len(same) == 1 else None


def _plain(title: str) -> str:
    return fold(readable(title)) if " " not in title else " ".join(map(fold, readable(title).split()))


def _with_body(known: Paper, read: Paper) -> Paper:
    """A stored paper with the full text of another, whose offsets move with the abstract."""
    longer = replace(known, body=read.body)
    moved = longer.body_start - read.body_start
    sections = tuple(Section(one.heading, one.start + moved, one.end + moved, one.kind) for one in read.sections)
    return replace(longer, sections=sections, pages=tuple(page + moved for page in read.pages))


def _people(paper: Paper) -> str:
    """The first authors, and how many more."""
    if not paper.authors:
        return "nobody that could be read"
    more = len(paper.authors) - 3
    return ", ".join(map(readable, paper.authors[:3])) + (f" and {more} more" if more > 0 else "")
