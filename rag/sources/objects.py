"""Which objects of JSON or Python are papers, and which hold a list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rag.sources.columns import field_of
from rag.sources.identifiers import ARXIV_ADDRESS, ARXIV_FORM

DEEPEST = 6
"""Levels of objects and arrays around a paper."""
_LINK = re.compile(ARXIV_ADDRESS, re.IGNORECASE)
_ID = re.compile(rf"(?:arxiv:)?{ARXIV_FORM}(?:v\d{{1,3}})?", re.IGNORECASE)
_OTHERS = re.compile(r"reference|citation|related", re.IGNORECASE)
"""In the keys under which a paper's object names other papers."""


def is_paper(value: Mapping[Any, Any]) -> bool:
    """Whether an object is a paper: it has a title, and is no list of papers that has one.

    A paper may tell of others, such as its references; under any other key they are a list's, unless the object has an
    abstract besides its authors or its id, or names itself by a DOI, an arXiv id or an arXiv address.
    """
    if not _is_titled(value):
        return False
    held = [str(name) for name, one in value.items() if holds_papers(one)]
    if any(field_of(name) == "title" for name in held):
        return False
    fields = {field_of(str(name)) for name in value}
    if not held or "doi" in fields or any(map(_is_link, value.values())) or _has_arxiv_id(value):
        return True
    return not fields.isdisjoint(("authors", "id")) and ("abstract" in fields or all(map(_OTHERS.search, held)))


def holds_papers(value: Any, depth: int = 0) -> bool:
    """Whether objects with titles, or rows of a table, stand in a list or are kept by day, topic or id."""
    if depth > DEEPEST:
        return False
    if isinstance(value, list):
        return any(isinstance(one, dict) and _is_titled(one) for one in value)
    if isinstance(value, dict) and not _is_titled(value):
        return any(is_pipe_row(one) or holds_papers(one, depth + 1) for one in value.values())
    return False


def is_pipe_row(value: Any) -> bool:
    """Whether a text is a row of a Markdown table."""
    return isinstance(value, str) and value.count("|") >= 4 and value.lstrip("- ").startswith("|")


def _is_titled(value: Mapping[Any, Any]) -> bool:
    """Whether a text is its title: under ``papers`` a list of them may stand."""
    return any(field_of(str(name)) == "title" and isinstance(one, str) for name, one in value.items())


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and bool(_LINK.match(value.strip()))


def _has_arxiv_id(value: Mapping[Any, Any]) -> bool:
    said = (one for name, one in value.items() if field_of(str(name)) == "id" and isinstance(one, str))
    return any(_ID.fullmatch(one.strip()) for one in said)
