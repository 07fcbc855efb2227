"""Fields that all sources share: a paper's id and address, its authors."""

from __future__ import annotations

import re

ARXIV_ID = r"(?:\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7})"
"""Pattern of an arXiv id without version: ``2504.05309``, or of before April 2007: ``hep-th/9901001``."""

LONGEST_TITLE, LONGEST_ABSTRACT, LONGEST_REMARK = 2_000, 50_000, 5_000
"""Characters; the longest title and abstract of 60,000 arXiv papers have 240 and 3,441, of SciFact 300 and 10,000."""

_ARXIV = re.compile(
    rf"(?:(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|arxiv:)?({ARXIV_ID})(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_OTHER_ID = re.compile(r"[A-Za-z0-9._:/-]{1,64}")
_SUFFIX = re.compile(r"(?:Jr|Sr|Ph\.?D|M\.?D)\.?|I{2,3}|IV", re.IGNORECASE)


def paper_id_and_url(written: str) -> tuple[str, str] | None:
    """Normalise an id.

    Args:
        written: An arXiv id or address, with or without a version, or another collection's own id.

    Returns:
        The id (an arXiv id without its version) and the address to read it at, empty for one that is not arXiv's;
        None when it is no usable id: letters, digits and ``._:/-``, at most 64.
    """
    if match := _ARXIV.fullmatch(written):
        arxiv_id = _one_spelling(match[1])
        return arxiv_id, f"https://arxiv.org/abs/{arxiv_id}"
    return (written, "") if _OTHER_ID.fullmatch(written) else None


def _one_spelling(arxiv_id: str) -> str:
    """Spell an id as arXiv does: ``HEP-TH/9901001`` is ``hep-th/9901001``, ``MATH.ag/0309136`` ``math.AG/0309136``."""
    archive, slash, number = arxiv_id.partition("/")
    name, dot, subject = archive.partition(".")
    return f"{name.lower()}{dot}{subject.upper()}{slash}{number}"


def split_authors(written: str) -> tuple[str, ...]:
    """Split a list of names at its commas; names stay as written, but for their white space.

    A comma inside brackets (``Jo Doe (Science, Technology)``) or before a suffix (``Robert Heath, Jr.``) is part of the
    name, an "and" before the last name is not.
    """
    names: list[str] = []
    for piece in _pieces(written):
        name = " ".join(piece.split()).removeprefix("and ").lstrip()
        if names and _SUFFIX.fullmatch(name):
            names[-1] += f", {name}"
        elif name:
            names.append(name)
    return tuple(names)


def _pieces(written: str) -> list[str]:
    """Split at commas outside brackets; at all commas when the brackets don't match."""
    if "(" not in written:
        return written.split(",")
    pieces: list[str] = []
    level = start = 0
    for place, char in enumerate(written):
        level += (char == "(") - (char == ")")
        if level < 0:
            break
        if char == "," and level == 0:
            pieces.append(written[start:place])
            start = place + 1
    return [*pieces, written[start:]] if level == 0 else written.split(",")
