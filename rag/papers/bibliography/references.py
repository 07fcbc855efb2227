"""Papers as bibliographies: BibTeX, RIS, CSL-JSON and Markdown, in one table of formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.papers.bibliography.bibtex import doi_of, entry_of
from rag.papers.bibliography.marks import mark_of
from rag.sources.bibliography import csl, ris
from rag.sources.bibliography.entry import MARK
from rag.sources.bibliography.own import citation_key, made_key, published
from rag.sources.identifiers import month_of
from rag.text.markdown import escape_line
from rag.text.persons import Person, person
from rag.text.readable import readable
from rag.types import Paper

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf
    from rag.types import Citation, TopicPaper


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write papers.

    Attributes:
        name: What it is called for a reader.
        suffix: End of its files' names, with the dot.
        write: Papers, each once → the text of a file.
    """

    name: str
    suffix: str
    write: Callable[[Sequence[Paper]], str]


def bibtex_file(papers: Sequence[Paper]) -> str:
    """A BibTeX file of whole entries."""
    return "".join(f"{entry_of(paper, whole=True)}\n\n" for paper in papers)


def ris_file(papers: Sequence[Paper]) -> str:
    """A RIS file."""
    return "".join(_record(paper) for paper in papers)


def csl_file(papers: Sequence[Paper]) -> str:
    """A list of CSL-JSON items."""
    text = json.dumps([_item(paper) for paper in papers], ensure_ascii=False, indent=2) + "\n"
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text)


def markdown_file(papers: Sequence[Paper]) -> str:
    """A list in Markdown, a line a paper; nothing in a title or a name is read as Markdown."""
    return "".join(f"- {markdown_line(paper)}\n" for paper in papers)


FORMATS: Mapping[str, Format] = {
    "bibtex": Format("BibTeX", ".bib", bibtex_file),
    "ris": Format("RIS", ".ris", ris_file),
    "csl": Format("CSL-JSON", ".json", csl_file),
    "md": Format("Markdown", ".md", markdown_file),
}
"""The formats, by the word that names them on the command line."""


def written(papers: Iterable[Paper], form: str) -> str:
    """Write papers in the format of this name, each once, and no two under one key."""
    return FORMATS[form].write(apart(list({paper.paper_id: paper for paper in papers}.values())))


def apart(papers: Sequence[Paper]) -> list[Paper]:
    """Papers of which each has a key of its own: where readers' bibliographies call two alike, the first keeps it."""
    made = {made_key(paper).casefold() for paper in papers}
    out: list[Paper] = []
    for paper in papers:
        key = paper.key.casefold()
        out.append(replace(paper, key="") if key in made else paper)
        made.add(key)
    return out


def cited(shelf: Shelf, citations: Iterable[Citation | TopicPaper]) -> list[Paper]:
    """The papers that an answer, a topic or a conversation names, in that order, each once.

    One that has left the library is told by its citation, which holds no abstract.
    """
    named = {one.paper_id: one for one in reversed(list(citations))}
    ordered = list(reversed(list(named)))
    now = shelf.renamed()
    held = shelf.papers(now.get(paper_id, paper_id) for paper_id in ordered)
    papers = (held.get(now.get(paper_id, paper_id)) or _of_citation(named[paper_id]) for paper_id in ordered)
    return list({paper.paper_id: paper for paper in papers}.values())


def cited_entries(shelf: Shelf, citations: Iterable[Citation | TopicPaper]) -> list[str]:
    """A short BibTeX entry of each paper that is named, in that order, no two under one key."""
    return [entry_of(paper) for paper in apart(cited(shelf, citations))]


def _of_citation(one: Citation | TopicPaper) -> Paper:
    day = one.day
    return Paper(one.paper_id, one.title, "", one.authors, day or date.min, one.url, undated=day is None)


def markdown_line(paper: Paper) -> str:
    """A paper as one line of Markdown: authors, title, day, address."""
    names = ", ".join(readable(name) for name in paper.authors[:3]) + (" et al." if len(paper.authors) > 3 else "")
    who = f"{plain(names)}: " if names else ""
    where = paper.url or paper.paper_id
    day = "" if paper.undated else f", {paper.date}"
    return f"{who}*{plain(readable(paper.title))}*{day}. {plain(where)}"


def plain(text: str) -> str:
    """A stranger's text as plain text in one line of Markdown."""
    return escape_line(_one_line(text))


# --- RIS ------------------------------------------------------------------------------------------------------------


def _record(paper: Paper) -> str:
    """One record; a line holds one value, so white space is folded."""
    year, month, day = published(paper)
    on_arxiv = month_of(paper.paper_id) is not None
    own = paper.own if paper.own and paper.own.form == "ris" else None
    theirs = {tag for tag, _ in own.fields} | {"KW", "N1"} if own else set()
    ours = [
        ("TY", own.kind if own else "GEN"),
        ("TI", paper.title),
        *(("AU", _inverted(person(name))) for name in paper.authors),
        ("PY", str(year or "")),
        ("DA", f"{year}/{month:02}/{f'{day:02}' if day else ''}/" if year else ""),
        ("AB", paper.abstract),
        *(("KW", name) for name in paper.categories),
        ("DO", doi_of(paper)),
        ("UR", paper.url),
        ("PB", "arXiv" if on_arxiv else ""),
        ("AN", f"arXiv:{paper.paper_id}" if on_arxiv else ""),
        ("N1", paper.comment),
        ("ID", citation_key(paper)),
    ]
    lines = [(tag, value) for tag, value in ours if tag not in theirs or tag == "UR"]
    lines += own.fields if own else ()
    folded = [(tag, value) for tag, said in lines if (value := _one_line(said))]
    mark = mark_of(paper, ris.entry_of(_tags(folded), 1))
    folded += [("C1", _one_line(mark))] if mark else []
    return "".join(f"{tag}  - {value}\n" for tag, value in folded) + "ER  - \n\n"


def _tags(lines: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The lines of a record as its parser gives them."""
    found: dict[str, Any] = {}
    for tag, value in lines:
        if tag in ris.ONCE:
            found.setdefault(tag, value)
        else:
            found.setdefault(tag, []).append(value)
    return found


def _inverted(one: Person) -> str:
    """``Family, Given, Suffix``; a name that cannot be taken apart as it is."""
    if one.literal:
        return one.literal
    return ", ".join(filter(None, (one.whole_family, one.given, one.suffix if one.comma else "")))


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


# --- CSL-JSON -------------------------------------------------------------------------------------------------------


def _item(paper: Paper) -> dict[str, Any]:
    """One item; its texts are the stored ones to the letter."""
    on_arxiv = month_of(paper.paper_id) is not None
    item: dict[str, Any] = {
        "id": citation_key(paper),
        "type": "article",
        "title": paper.title,
        "author": [_name(person(name)) for name in paper.authors],
        "issued": {"date-parts": [[part for part in published(paper) if part]]} if published(paper)[0] else {},
        "abstract": paper.abstract,
        "DOI": doi_of(paper),
        "URL": paper.url,
        "publisher": "arXiv" if on_arxiv else "",
        "number": f"arXiv:{paper.paper_id}" if on_arxiv else "",
        "categories": list(paper.categories),
        "note": paper.comment,
    }
    own = paper.own if paper.own and paper.own.form == "csl" else None
    if own:
        said = {name: json.loads(value) for name, value in own.fields}
        theirs = {"categories", "note", *said}
        item = {key: value for key, value in item.items() if key not in theirs} | {"type": own.kind or "article"} | said
    custom = item["custom"] if isinstance(item.get("custom"), dict) else {}
    filled = {key: value for key, value in item.items() if value} | {"custom": {**custom, "paperchat": MARK}}
    return filled | {"custom": {**custom, "paperchat": mark_of(paper, csl.entry_of(filled, 1)) or MARK}}


def _name(one: Person) -> dict[str, Any]:
    if one.literal:
        return {"literal": one.literal}
    parts: dict[str, Any] = {
        "family": one.family if one.comma else f"{one.family} {one.suffix}".strip(),
        "given": one.given,
        "non-dropping-particle": one.particle,
        "suffix": one.suffix if one.comma else "",
    }
    return {key: value for key, value in parts.items() if value} | ({"comma-suffix": True} if one.comma else {})
