"""Zotero's RDF files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.sources.bibliography.entry import Entry, appeared, partial_date
from rag.text.persons import from_parts

if TYPE_CHECKING:
    from rdflib import Graph

_DC, _TERMS = "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"
_BIB, _FOAF = "http://purl.org/net/biblio#", "http://xmlns.com/foaf/0.1/"
_Z, _PRISM = "http://www.zotero.org/namespaces/export#", "http://prismstandard.org/namespaces/1.2/basic/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NO_PAPERS = frozenset({"attachment", "note", "annotation"})
_DECLARED = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DOI = re.compile(r"\bDOI:?\s*(10\.\S+)", re.IGNORECASE)
_NUMBERED = re.compile(r"IS[BS]N\b", re.IGNORECASE)
_ARXIV = re.compile(r"arxiv\b", re.IGNORECASE)
_MEMBER = re.compile(re.escape(_RDF) + r"_\d{1,6}", re.ASCII)
_USED = frozenset(
    (
        f"{_DC}title {_BIB}authors {_TERMS}abstract {_DC}date {_DC}identifier {_DC}description {_TERMS}isPartOf "
        f"{_BIB}pages {_DC}subject {_RDF}type"
    ).split()
)
"""What a paper is made of; `type` says `itemType` once more."""
_OF_CONTAINERS = frozenset(f"{_DC}title {_DC}identifier {_PRISM}volume {_PRISM}number {_RDF}type".split())
_ONLY_ARXIV = frozenset(f"{_Z}libraryCatalog {_DC}publisher {_Z}repository {_Z}archiveID {_PRISM}number".split())
"""What of arXiv's papers says only that they are arXiv's."""


def looks_right(start: bytes) -> bool:
    """Tell Zotero's RDF from other RDF by its name space."""
    return _Z.encode() in start


def entries(text: str, path: Path) -> Iterator[Entry | tuple[int, str]]:
    """Yield the items of a file in their order; attachments and notes of items are none.

    Raises:
        SourceError: it is no RDF, or declares entities, which an export of Zotero never does.
    """
    from rdflib import Graph, URIRef

    if _DECLARED.search(text):
        raise SourceError(f"{path} declares a document type or entities.", "Export it again as Zotero RDF.")
    graph = Graph()
    try:
        graph.parse(data=text, format="xml")
    except Exception as error:  # the parser raises errors of several libraries
        reason = " ".join(str(error).split())
        raise SourceError(f"{path} is no RDF: {reason}.", "Export it again as Zotero RDF.") from None
    kind = URIRef(f"{_Z}itemType")
    items = [
        (_line(text, str(item)), item) for item, what in graph.subject_objects(kind) if str(what) not in _NO_PAPERS
    ]
    for line, item in sorted(items, key=lambda pair: pair[0]):
        yield _Item(graph, item).entry(line)


def _short(name: str) -> str:
    """A property's name without its name space."""
    return re.split(r"[/#]", name)[-1]


def _line(text: str, name: str) -> int:
    """The line on which an item is described."""
    place = text.find(f'rdf:about="{name.replace("&", "&amp;")}"')
    return text.count("\n", 0, place) + 1 if place >= 0 else 0


class _Item:
    """An item of a graph."""

    def __init__(self, graph: Graph, node: Any) -> None:
        self._graph = graph
        self._node = node

    def entry(self, line: int) -> Entry:
        """What the item says."""
        identifiers = [self._value(node) for node in self._objects(f"{_DC}identifier")]
        dois = [found[1] for text in identifiers if (found := _DOI.search(text))]
        urls = [text for text in identifiers if text.startswith("http")]
        containers = [_Item(self._graph, node) for node in self._objects(f"{_TERMS}isPartOf")]
        held = next((one for one in containers if one.text(f"{_DC}title")), self)
        for one in containers:
            dois += [found[1] for node in one._objects(f"{_DC}identifier") if (found := _DOI.search(one._value(node)))]
        extra = self.text(f"{_DC}description")
        address = str(self._node)
        place = held.text(f"{_DC}title") if held is not self else ""
        volume, number = held.text(f"{_PRISM}volume"), held.text(f"{_PRISM}number")
        return Entry(
            line=line,
            title=self.text(f"{_DC}title"),
            authors=self._authors(),
            abstract=self.text(f"{_TERMS}abstract"),
            date=partial_date(self.text(f"{_DC}date")),
            doi=dois[0] if dois else "",
            url=urls[0] if urls else address if address.startswith("http") else "",
            hints=(self.text(f"{_PRISM}number"), self.text(f"{_Z}archiveID"), place, extra[:200]),
            keywords=tuple(self._value(node) for node in self._objects(f"{_DC}subject")),
            place=appeared(place, volume, number, self.text(f"{_BIB}pages")),
            note=extra,
            others=tuple(sorted(self._lost(held, containers))),
        )

    def _lost(self, held: _Item, containers: Sequence[_Item]) -> set[str]:
        """Names of what the item and what it is part of say, and its paper does not; nothing is lost in silence."""
        from rdflib import URIRef

        used = _USED | (_OF_CONTAINERS if held is self else frozenset())
        only = {name for name in _ONLY_ARXIV if _ARXIV.match(self.text(name))}
        lost = {_short(name) for name in self._said() - used - only}
        for one in containers:
            lost |= {f"isPartOf {_short(name)}" for name in one._said() - _OF_CONTAINERS}
        if any(self._graph.subjects(URIRef(f"{_TERMS}hasPart"), self._node)):
            lost.add("collection")
        identifiers = [one._value(node) for one in (self, *containers) for node in one._objects(f"{_DC}identifier")]
        urls = [text for text in identifiers if text.startswith("http")]
        unread = [text for text in identifiers if text not in urls and not _DOI.search(text)]
        names = {found[0].upper() if (found := _NUMBERED.match(text)) else "identifier" for text in unread}
        return lost | names | ({"url"} if urls[1:] else set())

    def _said(self) -> set[str]:
        return {str(name) for name in self._graph.predicates(self._node)}

    def text(self, name: str) -> str:
        """A property's text in one line; empty where there is none."""
        return next((self._value(node) for node in self._objects(name)), "")

    def _objects(self, name: str) -> list[Any]:
        from rdflib import URIRef

        return sorted(self._graph.objects(self._node, URIRef(name)), key=self._value)

    def _value(self, node: Any) -> str:
        """A literal's text, or what stands in the node around it: an address, an automatic tag."""
        from rdflib import Literal, URIRef

        for name in ("" if isinstance(node, Literal) else f"{_RDF}value",):
            if name and (inner := self._graph.value(node, URIRef(name))) is not None:
                return " ".join(str(inner).split())
        return " ".join(str(node).split()) if isinstance(node, Literal | URIRef) else ""

    def _authors(self) -> tuple[str, ...]:
        from rdflib import URIRef

        people = next(iter(self._objects(f"{_BIB}authors")), None)
        if people is None:
            return ()
        members = [
            (int(str(name).rpartition("_")[2]), node)
            for name, node in self._graph.predicate_objects(people)
            if _MEMBER.fullmatch(str(name))
        ]
        names = []
        for _, node in sorted(members, key=lambda pair: pair[0]):
            one = _Item(self._graph, node)
            given = self._graph.value(node, URIRef(f"{_FOAF}givenName"))
            names.append(from_parts(one.text(f"{_FOAF}surname"), str(given or "")))
        return tuple(filter(None, names))
