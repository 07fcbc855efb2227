"""BibTeX entries of papers, ready to paste into a draft, or whole, to be read again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from rag.papers.bibliography.marks import mark_of
from rag.sources.bibliography.biblatex import entry_of as read_entry
from rag.sources.bibliography.entry import Entry, arxiv_category
from rag.sources.bibliography.own import citation_key, made_key, published
from rag.sources.identifiers import bare_doi, month_of
from rag.text.latex import encode, is_balanced
from rag.text.months import SHORT
from rag.text.persons import Person, person
from rag.types import Paper
from rag.types.own_entry import OwnEntry

_KIND = re.compile(r"[a-z]+")
_IS_KEY = re.compile(r"[\w!$&*+./:;<>?\[\]^`|@'-]+")
_VERBATIM = {char: f"%{ord(char):02X}" for char in '{}\\ \n"<>^`|'}


def bibtex(paper_id: str, title: str, authors: Iterable[str], listed: date | None, url: str) -> str:
    """One `@misc` entry of a paper of which only this is known.

    Args:
        paper_id: arXiv id, or another collection's id.
        title: As the paper writes it; its LaTeX is kept, bare special characters are escaped.
        authors: Names in order.
        listed: Day of the earliest report; None where none is known.
        url: Where it can be read, may be empty.
    """
    return entry_of(Paper(paper_id, title, "", tuple(authors), listed or date.min, url, undated=listed is None))


def entry_of(paper: Paper, *, whole: bool = False) -> str:
    """One entry: `@misc`, or of the type that a reader's own bibliography gives it.

    Year and month are those of the arXiv id, since a report lists papers long after they appeared; of other
    collections, those of the earliest report.

    Args:
        paper: What is known of it.
        whole: Write abstract, categories, remarks and a reader's own fields too, so that reading the entry gives the
            same paper again.
    """
    year, month, day = published(paper)
    on_arxiv = month_of(paper.paper_id) is not None
    own = paper.own if whole and paper.own and paper.own.form == "bibtex" else None
    fields = {
        "title": f"{{{encode(paper.title, exact=whole)}}}",
        "author": _people(paper),
        "year": str(year or ""),
        "month": SHORT[month - 1] if month else "",
    }
    if on_arxiv:
        fields |= {"eprint": paper.paper_id, "archivePrefix": "arXiv"}
        fields["primaryClass"] = _primary(paper)
    fields |= {"doi": _verbatim(doi_of(paper)), "url": _verbatim(paper.url)}
    if whole:
        fields |= {"day": str(day) if day else ""}
        fields |= _own_fields(own, fields) if own else _remarks(paper)
        abstract = encode(paper.abstract)
        fields |= {"abstract": abstract, "usera": encode(mark_of(paper, _as_read(paper, fields)))}
    values = {name: value if name == "month" else f"{{{value}}}" for name, value in fields.items() if value}
    lines = ",\n".join(f"  {name} = {value}" for name, value in values.items())
    return f"@{own.kind if own and _KIND.fullmatch(own.kind) else 'misc'}{{{_key(paper)},\n{lines}\n}}"


def _remarks(paper: Paper) -> dict[str, str]:
    return {"note": encode(paper.comment), "keywords": ", ".join(map(encode, paper.categories))}


def _own_fields(own: OwnEntry, ours: Mapping[str, str]) -> dict[str, str]:
    """A reader's own fields, but for those that the library says itself."""
    taken = {name.lower() for name, value in ours.items() if value}
    return {name: value for name, value in own.fields if name not in taken}


def _as_read(paper: Paper, fields: Mapping[str, str]) -> Entry:
    """What the fields of a whole entry say to whoever reads them, but for title and abstract."""
    lower = {name.lower(): value for name, value in fields.items() if value and name != "title"}
    return replace(read_entry(1, lower, key=_key(paper)), title=" ".join(paper.title.split()))


def _key(paper: Paper) -> str:
    """The paper's key; one that BibTeX could not read gives way to the one that is made."""
    key = citation_key(paper)
    return key if _IS_KEY.fullmatch(key) else made_key(paper)


def _primary(paper: Paper) -> str:
    """The primary category on arXiv."""
    return arxiv_category(paper.categories[0]) if paper.categories and month_of(paper.paper_id) else ""


def doi_of(paper: Paper) -> str:
    """A paper's DOI: of its publication elsewhere, else the one that arXiv gives it."""
    if not paper.doi and month_of(paper.paper_id):
        return f"10.48550/arXiv.{paper.paper_id}"
    return paper.doi or (bare_doi(paper.paper_id) if paper.paper_id.startswith("doi:") else "")


def _people(paper: Paper) -> str:
    return " and ".join(_author(person(name)) for name in paper.authors)


def _author(one: Person) -> str:
    """A name so that BibTeX takes it apart as we do; an organisation's stands in braces."""
    if one.literal:
        return f"{{{encode(one.literal, exact=False)}}}"
    family = encode(one.whole_family, exact=False)
    if one.suffix and one.comma:
        return ", ".join(filter(None, (family, encode(one.suffix, exact=False), encode(one.given, exact=False))))
    if one.suffix or one.given[:1].islower():
        return f"{family}, {encode(one.given, exact=False)}"
    return encode(one.name, exact=False)


def _verbatim(text: str) -> str:
    """An address or a DOI, in which TeX reads no escapes."""
    kept = all(char.isprintable() and char not in _VERBATIM for char in text) and is_balanced(text)
    return text if kept else "".join(_VERBATIM.get(char, char) for char in text if char.isprintable() or char == "\n")
