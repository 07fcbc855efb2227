"""An edition as an Atom feed (RFC 4287): new papers, new versions, and what followed questions brought.

Entries keep their ids from edition to edition and from library to library, so that a reader of feeds shows each once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from xml.etree import ElementTree

from rag.follow.questions import Brought
from rag.text.differences import Difference
from rag.text.readable import readable
from rag.topics.digest import Changed, Entry
from rag.types import Paper
from ui.edition import Edition
from ui.edition.wording import address, brought_lines, stretches, title_of

SPACE = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Item:
    """An entry of the feed; `key` is what its id is made of."""

    key: str
    title: str
    updated: datetime
    summary: str
    link: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def feed(edition: Edition) -> bytes:
    """The feed's file."""
    items = sorted(_items(edition), key=lambda item: (item.updated, item.key), reverse=True)
    root = ElementTree.Element("feed", {"xmlns": SPACE})
    _text(root, "id", _urn("feed"))
    _text(root, "title", "paperchat: new papers")
    _text(root, "updated", _stamp(max([item.updated for item in items], default=_midnight(edition.digest.until))))
    _text(ElementTree.SubElement(root, "author"), "name", "paperchat")
    _text(root, "generator", "paperchat")
    for item in items:
        _entry(root, item)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _items(edition: Edition) -> Iterator[_Item]:
    yield from map(_paper, edition.digest.entries)
    yield from map(_version, edition.digest.changed)
    for brought in edition.brought:
        if brought.change and brought.answer:
            yield _followed(brought, brought.answer.asked)


def _paper(entry: Entry) -> _Item:
    paper = entry.paper
    said = f"{'Withdrawn. ' if paper.withdrawn else ''}{readable(entry.line or 'No abstract.')}"
    return _item(paper, f"paper {paper.paper_id}", title_of(paper), paper.date, said)


def _version(changed: Changed) -> _Item:
    paper, day = changed.revision.new, changed.revision.day
    said = "\n".join(filter(None, (_changes("Title", changed.title), _changes("Abstract", changed.abstract))))
    key = f"version {paper.version} {paper.paper_id}"
    return _item(paper, key, f"Version {paper.version}: {title_of(paper)}", day, said)


def _changes(name: str, found: Sequence[Difference]) -> str:
    """The changed places of a text: what was taken out in [-…-], what was put in in {+…+}."""
    shown = stretches(found, str, "[-{}-]".format, "{{+{}+}}".format)
    return f"{name}: {shown}" if shown else ""


def _item(paper: Paper, key: str, title: str, day: date, summary: str) -> _Item:
    names = tuple(map(readable, paper.authors))
    return _Item(key, title, _midnight(day), summary, address(paper.url), names, paper.categories)


def _followed(brought: Brought, asked: datetime) -> _Item:
    question = brought.followed.question
    key = f"followed {question} {_stamp(asked)}"
    return _Item(key, f"Followed: {question}", asked, "\n".join(brought_lines(brought)))


def _entry(root: ElementTree.Element, item: _Item) -> None:
    entry = ElementTree.SubElement(root, "entry")
    _text(entry, "id", _urn(item.key))
    _text(entry, "title", item.title)
    _text(entry, "updated", _stamp(item.updated))
    for name in item.authors:
        _text(ElementTree.SubElement(entry, "author"), "name", name)
    for term in item.categories:
        ElementTree.SubElement(entry, "category", {"term": _clean(term)})
    if item.link:
        ElementTree.SubElement(entry, "link", {"rel": "alternate", "href": _clean(item.link)})
    _text(entry, "content", item.summary)


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = _clean(text)


def _clean(text: str) -> str:
    """A stranger's text without the characters that no XML may hold."""
    return _NOT_XML.sub("\ufffd", text)


def _urn(key: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"paperchat {key}").urn


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
