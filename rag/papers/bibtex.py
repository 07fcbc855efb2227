"""BibTeX entries of papers, ready to paste into a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from rag.text.names import name_words

_ARXIV = re.compile(r"(?P<year>\d\d)(?P<month>\d\d)\.\d{4,5}")
_OLD_ARXIV = re.compile(r"[a-z-]+(\.[A-Z]{2})?/(?P<year>\d\d)(?P<month>\d\d)\d{3}")
_SPECIAL = re.compile(r"(?<!\\)[&%#_]")
_MATHS = re.compile(r"(?<!\\)\$[^$]*(?<!\\)\$")


def bibtex(paper_id: str, title: str, authors: Iterable[str], listed: date, url: str) -> str:
    """One `@misc` entry.

    The year is the one in the arXiv id, since a report lists papers long after they appeared; of other collections, the
    year of the earliest report.

    Args:
        paper_id: arXiv id, or another collection's id.
        title: As the paper writes it; its LaTeX is kept, bare special characters are escaped.
        authors: Names in order.
        listed: Day of the earliest report.
        url: Where it can be read, may be empty.
    """
    names = list(authors)
    match = _ARXIV.fullmatch(paper_id) or _OLD_ARXIV.fullmatch(paper_id)
    year = listed.year
    if match:
        short = int(match["year"])
        year = 1900 + short if short > 90 else 2000 + short
    family = name_words(names[0])[-1:] if names else ()
    key = re.sub(r"[^A-Za-z0-9.:-]", "-", f"{''.join(family) or 'paper'}{year}:{paper_id}")
    people = " and ".join(_escape(name) for name in names)
    fields = {"title": f"{{{_escape(title)}}}", "author": people, "year": str(year)}
    if match:
        fields |= {"eprint": paper_id, "archivePrefix": "arXiv"}
    if url:
        fields["url"] = url
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{key},\n{lines}\n}}"


def _escape(text: str) -> str:
    """Escape what TeX would trip over outside maths, and balance the braces."""
    text = " ".join(text.split())
    parts, end = [], 0
    for maths in _MATHS.finditer(text):
        parts += [_SPECIAL.sub(r"\\\g<0>", text[end : maths.start()]), maths[0]]
        end = maths.end()
    parts.append(_SPECIAL.sub(r"\\\g<0>", text[end:]))
    text = "".join(parts)
    return text if _balanced(text) else re.sub(r"(?<!\\)[{}]", "", text)


def _balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
