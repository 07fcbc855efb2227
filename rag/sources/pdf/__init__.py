"""PDFs: full texts with sections and pages, read in a process of their own (docs/adr/0021-pdf-parser.md).

    child.py      the process: limits, then     document.py   the whole of it, from these:
    glyphs.py     pdfium's characters           paint.py      which of them can be seen
    lines.py      lines and their cells         margins.py    running heads
    columns.py    the order of reading          blocks.py     headings, paragraphs, tables, footnotes
    text.py       one text, sections, pages     front.py      title, authors, abstract, ids

Only `read_pdf` and `picture_in_child` are for others; pdfium is never loaded where they are called.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.sources.fields import paper_id_and_url
from rag.sources.files import first_bytes
from rag.sources.identifiers import ImpossibleId, read_id, title_id
from rag.sources.pdf.process import picture_in_child as picture_in_child
from rag.sources.pdf.process import read_in_child
from rag.types import FullText, Paper, Remark, Section

MAX_BYTES = 300_000_000
_MAGIC = b"%PDF-"
_HEADER = 1024
"""Bytes at the beginning among which a PDF says that it is one."""
_QUOTED = 80


def looks_like_pdf(start: bytes) -> bool:
    """Whether a file that begins so is a PDF."""
    return _MAGIC in start[:_HEADER]


def read_pdf(path: Path, paper_id: str = "", title: str = "") -> Iterator[FullText | Remark]:
    """Read a PDF as a paper with its full text, and remarks on what was read and what was kept out.

    Args:
        path: The file.
        paper_id: Its id, where the one that it bears is wrong.
        title: The same for its title.

    Raises:
        SourceError: it cannot be read.
    """
    if not looks_like_pdf(first_bytes(path, _HEADER)):
        raise SourceError(f"{path} is no PDF, whatever its name says.", "Fetch the file again.")
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(f"{path} has more than {MAX_BYTES // 1_000_000} MB.", "Split it, or shrink its pictures.")
    found = read_in_child(path)
    try:
        rows: list[FullText | Remark] = [
            *_remarks(found, path.name),
            FullText(_paper(found, path, paper_id, title), path),
        ]
    except (LookupError, TypeError, ValueError, OverflowError) as error:  # the child is as trustworthy as the file
        raise SourceError(
            f"{path} was read as something that is no paper: {error!r:.200}.", "Fetch it again."
        ) from None
    yield from rows


def _paper(found: dict[str, Any], path: Path, paper_id: str, title: str) -> Paper:
    title = title or found["title"]
    abstract = found["abstract"]
    known, url = paper_id_and_url(paper_id or found["arxiv"] or found["other"]) or ("", "")
    version = _arxiv_version(known, paper_id, found)
    if not known:  # of a title, so that a list with the same title finds it; two files of one name are two papers
        text = json.dumps([abstract, found["body"]])
        known = title_id(title) or f"pdf-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    day = date.fromisoformat(found["day"]) if found["day"] else datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    if not url and found["doi"]:
        url = f"https://doi.org/{found['doi']}"
    bare = Paper(
        known, title or path.stem, abstract, tuple(found["authors"]), day, url, listed=(day,), doi=found["doi"]
    )
    return placed(replace(bare, body=found["body"], arxiv_version=version), found["sections"], found["pages"])


def _arxiv_version(known: str, given: str, found: dict[str, Any]) -> int:
    """Which of arXiv's versions a document is; 0 where nothing says so, or a person gave an id without one."""
    try:
        identifier = read_id(given or found["arxiv"])
    except ImpossibleId:
        return 0
    if not (identifier and identifier.is_arxiv and identifier.paper_id == known):
        return 0
    return identifier.version if given else int(found["version"])


def placed(paper: Paper, sections: Sequence[dict[str, Any]], pages: Sequence[int]) -> Paper:
    """A paper with the sections and pages of its body, which are counted from the body's beginning."""
    start = paper.body_start
    return replace(
        paper,
        sections=tuple(
            Section(one["heading"], start + one["start"], start + one["end"], one["kind"]) for one in sections
        ),
        pages=tuple(start + page for page in pages),
    )


def _remarks(found: dict[str, Any], source: str) -> Iterator[Remark]:
    """What a person should know: text that nobody can see, pages that are pictures, text set at an angle."""
    by_reason = sorted(found["hidden"], key=lambda one: one["reason"])
    for reason, group in groupby(by_reason, key=lambda one: one["reason"]):
        some = list(group)
        pages = ", ".join(str(page) for page in sorted({one["page"] for one in some})[:10])
        chars = sum(one["chars"] for one in some)
        quoted = " ".join(some[0]["text"].split())[:_QUOTED]
        yield Remark(source, f"kept out {chars} characters {reason} (page {pages}), which begin: {quoted!r}")
    if found["unread"]:
        pages = ", ".join(map(str, found["unread"][:20]))
        yield Remark(source, f"pages that are pictures without text were not read: {pages}")
    if found["turned"]:
        yield Remark(source, f"left out {found['turned']} characters that are set at an angle")
