"""Lists without a table: papers under headings, as bullets, or in ``<details>``, with labels such as ``Authors: …``.

A line opens a paper's entry when it is a heading, a bullet or a ``<summary>`` that is no label, and what follows it
tells of a paper: a link to arXiv, authors or an abstract. The kind that holds an entry owns the lines below it, so that
the bullets of a paper under a heading are its labels and not papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from rag.sources.columns import Field, field_of
from rag.sources.fields import day_in, split_authors
from rag.sources.identifiers import ARXIV_ADDRESS, ARXIV_NAME, Identifier, ImpossibleId, linked_ids, named_ids, read_id
from rag.sources.rows import Origin, paper_of
from rag.text.markup import links_in, plain, plain_title
from rag.types import Paper, Rejected

_Kind = Literal["heading", "summary", "bullet"]
_SUMMARY = re.compile(r"<summary\b[^<>]*>(.{0,2000}?)</summary\s*>", re.IGNORECASE | re.DOTALL)
_TAG_LINE = re.compile(r"</?(?:details|ul|ol|div|p)\b[^<>\n]*>|</li\s*>", re.IGNORECASE)
_STRONG_TAG = re.compile(r"</?(?:b|strong)>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^<>]*>", re.IGNORECASE)
_HTML_HEADING = re.compile(r"<h([1-6])\b[^<>]*>(.{0,2000}?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"[ \t]{0,3}(#{1,6})[ \t]+(.*?)[ \t#]*")
_BULLET = re.compile(r"([ \t]*)(?:[-*+•]|\d{1,4}[.)])[ \t]+(.*)", re.DOTALL)
_LABEL = re.compile(
    r"(?:[^\w<\[(\"'$\\]|_)*(?P<name>[^\W\d_][^:：\[\]()<>|*]{0,40}?)[*_\s]*[:：][*_]*(?:\s+|$|(?=[^/\s]))(?P<value>.*)",
    re.DOTALL,
)
_ADDRESS = re.compile(ARXIV_ADDRESS, re.IGNORECASE)
_ARXIV = re.compile(rf"{ARXIV_ADDRESS}|{ARXIV_NAME}", re.IGNORECASE)
_NAMED_ALONE = re.compile(
    rf"^[^\w\n]*(?:(?:id|paper|pre-?print)[^\w\n]*)?{ARXIV_NAME}(?:[ \t]*\[[\w.-]+\])?[^\w\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that is nothing but an id: a sentence that holds one may speak of another paper."""
_LONGEST_ID = 60
_BOLD = re.compile(
    r"(?<!\*)\*\*(?!\*)(.{1,2000}?)\*\*|<(?:b|strong)>(.{1,2000}?)</(?:b|strong)>|__(.{1,2000}?)__",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_QUOTED = re.compile(r"[“\"](.{8,}?)[”\"]")
_ITALIC = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*\n]+)\*(?!\*)|(?<![\w_])_(?=[^\s_])([^_\n]+)_(?!\w)|<(?:i|em)>(.+?)</(?:i|em)>"
)
_ADDRESS_NAME = re.compile(
    r"(?:https?://|arxiv|pdf|abs|html|link|paper|code|github|project|page|\d{4}\.\d{4,5}|\W)+(?:v\d+)?", re.IGNORECASE
)
_ADDRESS_ALONE = re.compile(r"(?:https?://|(?:www\.)?arxiv\.org/)\S+", re.IGNORECASE)
_LEAD = re.compile(r"^(?:\W*(?:\[[^\]]{0,20}\](?!\()|\d{4}[-./]\d\d[-./]\d\d|\d{1,3}[.)]))*\W*(?=[\w\[*\"“$\\<(])")
_TAIL = re.compile(r"[\s\-–—:,;.(\[|]*$")
_PERSON = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'’\-])*(?:\s(?:[^\W\d_]|[.'’\-])+){0,5}")
_BY = re.compile(r"^by\s+", re.IGNORECASE)
_RULE = re.compile(r"\s*(?:[-*_]\s*){3,}")
_SENTENCE = re.compile(r"(?:\S+\s+\S+\s+\S.*|[\u3400-\u9fff].*)[.!?。！？][)\"'”’]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a list and what it opens; `depth` is a heading's level or a bullet's indentation."""

    number: int
    text: str
    opens: _Kind | None = None
    depth: int = 0


@dataclass(slots=True)
class _Entry:
    """What is told of one paper, as it gathers."""

    line: int
    opener: _Kind
    depth: int
    head: str
    day: date | None
    fields: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    paragraphs: list[list[str]] = field(default_factory=lambda: [[]])
    label: Field | None = None

    @property
    def tells(self) -> bool:
        """Whether it is about a paper."""
        body = "\n".join(self.texts)
        has_link = bool(_ARXIV.search("\n".join([self.head, *self.fields.get("link", [])])) or _links(body))
        has_link = has_link or any(map(_is_id, (*self.fields.get("id", []), *self.fields.get("link", []))))
        return has_link or "abstract" in self.fields or "authors" in self.fields

    @property
    def has_own_title(self) -> bool:
        """Whether its first line marks a title, in bold or as a link."""
        return bool(_BOLD.search(self.head) or any(not _is_address(shown) for shown, _ in links_in(self.head)))


def _links(text: str) -> bool:
    """Whether lines below an entry's first link to a paper of arXiv, or are nothing but its id."""
    return bool(_ADDRESS.search(text) or _NAMED_ALONE.search(text))


def is_entry_list(text: str) -> bool:
    """Whether any paper can be told in a text."""
    return bool(_ARXIV.search(text)) and any(entry.tells for entry in _entries(text, None))


def read_entries(text: str, origin: Origin) -> Iterator[Paper | Rejected]:
    """Yield the papers of a list; what stands among them like a paper and tells of none is listed with its line."""
    waiting: list[_Entry] = []
    has_paper = False
    for entry in [*_entries(text, origin.day), None]:
        if entry is not None and (entry.opener == "bullet" or entry.tells):
            if not entry.tells:
                waiting.append(entry)
                continue
            found = _paper(entry, origin)
        else:
            found = None
        if has_paper or found is not None:  # bullets before the first paper are a list's introduction
            for other in waiting if has_paper else ():
                yield _untold(other, origin)
        waiting = []
        has_paper = found is not None or (has_paper and entry is not None and entry.opener == "bullet")
        if found is not None:
            yield found


def _untold(entry: _Entry, origin: Origin) -> Paper | Rejected:
    """A bullet among papers without a link to arXiv: a paper where it marks a title, else listed."""
    if entry.has_own_title:
        return _paper(entry, origin)
    return origin.rejected(entry.line, "it stands among papers, and has no link to arXiv, no authors and no abstract")


def _paper(entry: _Entry, origin: Origin) -> Paper | Rejected:
    title, rest = _title(entry)
    body = "\n".join(entry.texts)
    links = [*entry.fields.get("link", []), entry.head, body]
    try:
        ids = _ids(entry.head, "\n".join(entry.fields.get("link", [])), body)
    except ImpossibleId as error:
        return origin.rejected(entry.line, str(error))
    address = [one.url + (f"v{one.version}" if one.version else "") for one in ids[:1]]
    other = [to for text in links for _, to in links_in(text) if to.startswith("http")]
    cells: dict[str, object] = {
        "title": title,
        "abstract": "\n".join(entry.fields.get("abstract", [])).strip() or _prose(entry),
        "authors": plain(" ".join(entry.fields.get("authors", []))) or _authors(rest, body),
        "links": address or other[:1] or entry.fields.get("link", []),
    }
    for name in ("id", "date", "published", "categories", "comment", "summary", "doi", "code"):
        if said := " ".join(entry.fields.get(name, [])):
            cells[name] = ", ".join(to for _, to in links_in(said)) or plain(said)
    return paper_of(cells, origin, entry.line, entry.day)


def _prose(entry: _Entry) -> str:
    """The paragraphs of sentences below a heading, up to a rule: an abstract without a label."""
    found: list[str] = []
    for lines in entry.paragraphs if entry.opener == "heading" else ():
        text = "\n".join(line.strip().removeprefix(">").strip() for line in lines)
        if _RULE.fullmatch(text):
            break
        if _SENTENCE.fullmatch(text) and not _names(text) and not _ITALIC.fullmatch(text):
            found.append(text)
    return "\n\n".join(found)


def _is_id(said: str) -> bool:
    """Whether a label's value is nothing but an id of arXiv's that can exist."""
    try:
        found = read_id(said.strip()) if len(said) < _LONGEST_ID else None
    except ImpossibleId:
        return False
    return found is not None and found.is_arxiv


def _ids(head: str, links: str, body: str) -> tuple[Identifier, ...]:
    """The papers that an entry links to, or else names, in its first line rather than below."""
    alone = "\n".join(match[0] for match in _NAMED_ALONE.finditer(body))
    linked = linked_ids(head) or linked_ids(links) or linked_ids(body)
    return linked or named_ids(head) or named_ids(links) or named_ids(alone)


def _title(entry: _Entry) -> tuple[str, str]:
    """The title that a first line gives, and the text after it."""
    if labelled := entry.fields.get("title"):
        return plain_title(labelled[0]), entry.head
    head = entry.head
    for bold in _BOLD.finditer(head):
        inner = next(filter(None, bold.groups()))
        if not _is_address(plain(inner)) and not day_in(inner) and not _is_name(inner.rstrip(":： ")):
            return plain_title(inner), head[bold.end() :]
    for shown, address in links_in(head):
        if not _is_address(shown):
            return plain_title(shown), head[head.find(address) + len(address) :].lstrip(")>")
    if quoted := _QUOTED.search(_TAG.sub(lambda tag: " " * len(tag[0]), head)):
        return plain_title(quoted[1]), head[quoted.end() :]
    head = _BOLD.sub(lambda bold: next(filter(None, bold.groups())), head)
    head = head[_LEAD.match(head).end() :] if _LEAD.match(head) else head  # type: ignore[union-attr]  # tested just before
    link = re.search(rf"[\[(]*\s*(?:!?\[[^\]]*\]\(|<?https?://|<a\b|{ARXIV_NAME})", head, re.IGNORECASE)
    before = head[: link.start()] if link and link.start() else head
    return plain_title(_TAIL.sub("", before)), head[len(before) :]


def _is_address(shown: str) -> bool:
    """Whether what a link shows is an address or what is called so, and no title."""
    return bool(_ADDRESS_NAME.fullmatch(shown) or _ADDRESS_ALONE.fullmatch(shown))


def _is_name(said: str) -> bool:
    """Whether a text names a field, as labels do; a title may end with such a name behind a colon."""
    return ":" not in said and field_of(said) is not None


def _authors(after_title: str, body: str) -> str:
    """Authors without a label: what stands between title and links, or a line in italics, where it reads as names."""
    between = re.split(r"\[|https?://|<a\b|\bpaper\s*[:：]", after_title, maxsplit=1, flags=re.IGNORECASE)[0]
    between = between[: italic.start()] if (italic := _ITALIC.search(between)) else between
    italics = [next(filter(None, one.groups())) for one in _ITALIC.finditer(f"{after_title}\n{body}")]
    several = [said for said in (between, body.partition("\n")[0]) if len(split_authors(_names(said))) > 1]
    return next(filter(None, map(_names, (*several, *italics, between))), "")


def _names(said: str) -> str:
    """A text that reads as names, without what stands around them; empty where it does not."""
    text = _BY.sub("", plain(said).strip(" \t\n-–—:,;.|()")) if len(said) < 2_000 else ""
    names = split_authors(text)
    return text if names and all(map(_PERSON.fullmatch, names)) and _looks_named(text, names) else ""


def _looks_named(text: str, names: tuple[str, ...]) -> bool:
    is_several = len(names) > 1 or bool(re.search(r"\bet\.?\s?al", text))
    return (is_several or " " in text) and all(name[0].isupper() or not name[0].isascii() for name in names)


def _entries(text: str, day: date | None) -> Iterator[_Entry]:
    """Cut a text into entries, papers or not, in order."""
    entry: _Entry | None = None
    for line in _lines(text):
        label = _label(line.text)
        if entry and label and (line.opens != "heading" or not label[1]):
            entry.label = label[0]
            entry.fields.setdefault(label[0], []).append(label[1])
        elif line.opens and not (entry and _belongs(line, entry)):
            if entry:
                yield entry
            if line.opens == "heading":
                day = day_in(plain(line.text)) or day
            entry = _Entry(line.number, line.opens, line.depth, line.text, day)
        elif entry:
            _take(entry, line)
    if entry:
        yield entry


def _take(entry: _Entry, line: _Line) -> None:
    """Add a line to an entry: to the field whose label stands before it, else to what is told without one."""
    if not line.opens and not entry.label:
        if line.text.strip() and not _RULE.fullmatch(line.text):
            entry.paragraphs[-1].append(line.text)
        else:
            entry.paragraphs += [[line.text], []] if line.text.strip() else [[]]
    if not line.text.strip():
        if entry.label != "abstract":
            entry.label = None
    elif entry.label and not line.opens:
        entry.fields[entry.label].append(line.text.strip().removeprefix("> ").strip())
    else:
        entry.label = None
        entry.texts.append(line.text)


def _belongs(line: _Line, entry: _Entry) -> bool:
    """Whether a line that could open an entry is a part of the one before it."""
    if line.opens == "heading":
        return False
    if line.opens == "bullet" and entry.opener == "bullet":
        return line.depth > entry.depth
    is_told = bool(_ARXIV.search(entry.head)) or bool(entry.fields) or _links("\n".join(entry.texts))
    if line.opens == "bullet":
        return is_told
    return entry.opener == "heading" and is_told and not _ARXIV.search(line.text)


def _label(text: str) -> tuple[Field, str] | None:
    """The field that a line names before a colon, or alone, and its value."""
    content = _bare(text)
    if match := _LABEL.fullmatch(content):
        known = field_of(match["name"].strip())
        if known and known != "title":
            return known, match["value"].strip()
        if known == "title" and match["value"].strip() and len(match["name"]) < 12:
            return known, match["value"].strip()
    alone = plain(content).strip(" :：*_#")
    known = field_of(alone) if len(alone) < 30 and not links_in(content) else None
    return (known, "") if known and known != "title" and known != "link" else None


def _bare(text: str) -> str:
    """A line without what opens it."""
    text = _STRONG_TAG.sub("**", text)
    bullet = _BULLET.fullmatch(text)
    return (bullet[2] if bullet else text).strip().lstrip(">").strip()


def _lines(text: str) -> Iterator[_Line]:
    """The lines of a text with what they open; HTML's headings, bullets and summaries count as Markdown's do."""
    for number, line in enumerate(_unfolded(text).split("\n"), start=1):
        shown, _, at = line.rpartition("\0")
        place = int(at) if at.isdigit() and shown + "\0" + at == line else number
        content = shown if "\0" in line else line
        if content.startswith("\1"):
            yield _Line(place, content[1:].strip(), "summary")
        elif heading := _HEADING.fullmatch(content):
            yield _Line(place, heading[2], "heading", len(heading[1]))
        elif bullet := _BULLET.fullmatch(content):
            yield _Line(place, bullet[2], "bullet", len(bullet[1].expandtabs(4)))
        else:
            yield _Line(place, content)


def _unfolded(text: str) -> str:
    """A text with tags that part lines on lines of their own; each line ends with its number in the file."""
    numbered = "\n".join(f"{line}\0{number}" for number, line in enumerate(text.split("\n"), start=1))

    def one_line(content: str) -> str:
        return " ".join(re.sub(r"\0\d+", "", content).split())

    def place(match: re.Match[str]) -> str:
        found = re.compile(r"\0(\d+)").search(numbered, match.start())
        return found[1] if found else "0"

    if "<" in numbered:
        for pattern, made in (
            (_SUMMARY, lambda m: f"\0{place(m)}\n\1{one_line(m[1])}\0{place(m)}\n"),
            (_HTML_HEADING, lambda m: f"\0{place(m)}\n{'#' * int(m[1])} {one_line(m[2])}\0{place(m)}\n"),
            (_ITEM, lambda m: f"\0{place(m)}\n- "),
            (_TAG_LINE, lambda m: f"\0{place(m)}\n"),
            (_BREAK, lambda m: f"\0{place(m)}\n"),
        ):
            numbered = pattern.sub(made, numbered)
    return numbered
