"""One row of any list → a paper, or the reason why it is none: the same rules whatever the row was written in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    model_validator,
)
from pydantic import Field as Limited

from rag.sources.columns import Field, meaning_of
from rag.sources.fields import LONGEST_ABSTRACT, LONGEST_REMARK, LONGEST_TITLE, day_in, split_authors, told
from rag.sources.identifiers import Identifier, ImpossibleId, linked_ids, month_of, read_id, title_id
from rag.types import Paper, Rejected

_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_DOI_ADDRESS = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_NOTHING = re.compile(r"\s*(?:[-–—/]*|null|none|n/?a|nan|tbd|未知|无)\s*", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"'`|)\]\x00-\x1f\ud800-\udfff]{1,500}")
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MOST_VERSIONS = 99
"""A higher number of arXiv's is a mistake or a trick, and would keep every other text from being the latest."""
READ_AS_HEADING = "read as a heading"
"""Why a row that says nothing but one text is no paper, where it could be a title."""
_FEWEST_WORDS = 4
"""Of a text that is rather a title than a subject's name."""
_WORD = re.compile(r"[\u3400-\u9fff]{2}|[^\s\u3400-\u9fff]*\w[^\s\u3400-\u9fff]*")
"""A word; in Chinese, two characters."""
_CANONICAL = frozenset(("arxiv_id", "title", "abstract", "authors", "date"))


def _known_id(written: str) -> str:
    if read_id(written.strip()) is None:
        raise ValueError("should be an arXiv id, or at most 64 letters, digits and ._:/-")
    return written.strip()


def _iso_date(written: object) -> date:
    if isinstance(written, date):
        return written
    match = _ISO_DATE.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError("should be an ISO date such as 2025-04-10")
    try:
        return date.fromisoformat(match[1])
    except ValueError as error:
        raise ValueError(f"is no day of the calendar: {written}") from error


def _storable(written: str) -> str:
    if "\0" in written:
        raise ValueError("should not contain NUL characters")
    if _SURROGATE.search(written):
        raise ValueError("should not contain half a character (a surrogate)")
    return written.replace("\r\n", "\n").replace("\r", "\n").strip()


def _seen(written: str) -> str:
    """A title; one of which nobody sees anything is none, as no list that it is written into has one either."""
    return written if any(char.isprintable() and not char.isspace() for char in written) else ""


def _bare_doi(written: str | None) -> str | None:
    return _DOI_ADDRESS.sub("", written) if written else written


def _named(*keys: str) -> Any:
    """A field that may be called either way: as here, or as arXiv does."""
    return Limited(validation_alias=AliasChoices(*keys))


Text = Annotated[str, AfterValidator(_storable)]
Remark = Annotated[str, Limited(max_length=LONGEST_REMARK), AfterValidator(_storable)] | None


class Row(BaseModel):
    """One paper of a list, as JSON lines name its fields; other keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")

    arxiv_id: Annotated[str, AfterValidator(_known_id)]
    title: Annotated[str, Limited(max_length=LONGEST_TITLE), AfterValidator(_storable), AfterValidator(_seen)]
    abstract: Annotated[str, Limited(max_length=LONGEST_ABSTRACT), AfterValidator(_storable)]
    authors: Text | list[Text]
    date: Annotated[date, BeforeValidator(_iso_date)]
    categories: Text | list[Text] | None = None
    comment: Annotated[Remark, _named("comment", "comments")] = None
    doi: Annotated[Remark, AfterValidator(_bare_doi)] = None
    licence: Annotated[Remark, _named("licence", "license")] = None

    @model_validator(mode="after")
    def _not_empty(self) -> Row:
        if not self.title and not self.abstract:
            raise ValueError("title and abstract are both empty")
        return self

    def paper(self, url: str = "", version: int = 0) -> Paper:
        """The row as a paper; its id's address and version where the id has them, else those given."""
        found = read_id(self.arxiv_id)
        assert found is not None, "checked when the row was made"
        authors = split_authors(self.authors) if isinstance(self.authors, str) else tuple(filter(None, self.authors))
        categories = self.categories.split() if isinstance(self.categories, str) else self.categories
        version = found.version or version
        return Paper(
            paper_id=found.paper_id,
            title=self.title,
            abstract=self.abstract,
            authors=authors,
            date=self.date,
            url=found.url or url,
            listed=(self.date,),
            categories=tuple(dict.fromkeys(filter(None, categories or ()))),
            comment=self.comment or "",
            doi=self.doi or "",
            licence=self.licence or "",
            arxiv_version=version if version <= _MOST_VERSIONS else 0,
        )


@dataclass(slots=True)
class Origin:
    """What a file as a whole says about its rows.

    Attributes:
        source: Its name, for the rows that cannot be read.
        day: The day that its headings, its name or its folder's name tell; None where none does.
        unread: Names of the columns and keys that no field is known for; they gather while rows are read.
        written: The day on which it was last changed; None where that is unknown.
    """

    source: str
    day: date | None = None
    unread: set[str] = field(default_factory=set)
    written: date | None = None

    def rejected(self, line: int, reason: str) -> Rejected:
        """A row that is none."""
        return Rejected(self.source, line, reason)


class _NoPaper(ValueError):
    """Why a row is no paper."""


def paper_of(cells: Mapping[str, Any], origin: Origin, line: int, day: date | None = None) -> Paper | Rejected:
    """Read a row whose columns may be called as people call them.

    Args:
        cells: What stands in each column, by its header: texts, lists, numbers or nothing. A key that is a field's own
            name counts before other names for it.
        origin: The file.
        line: On which the row begins.
        day: Of the heading that the row stands under, where it has one.
    """
    try:
        fields = _fields(cells, origin)
        title = _title(fields.get("title"))
        if not title and not fields.get("abstract"):
            raise _NoPaper("the row has no title")
        identifier, url = _identified(fields, title)
        row = {
            "arxiv_id": identifier.paper_id,
            "title": title,
            "abstract": _text(fields.get("abstract"), "\n"),
            "authors": _authors(fields.get("authors")),
            "date": _day(fields, identifier, day or origin.day),
            "categories": _categories(fields.get("categories")),
            "comment": _remark(fields),
            "doi": fields.get("doi") or None,
            "licence": fields.get("licence") or None,
        }
        return Row.model_validate(row).paper(url, identifier.version)
    except ValidationError as error:
        return origin.rejected(line, reasons(error))
    except ValueError as error:
        return origin.rejected(line, str(error))


def could_be_title(text: str) -> bool:
    """Whether a text that parts a table's rows is so long that it could be a paper's title."""
    return len(_WORD.findall(text)) >= _FEWEST_WORDS


def is_canonical(keys: Mapping[str, Any]) -> bool:
    """Whether an object has the keys that JSON lines have, so that what is wrong with it are their values."""
    authors = keys.get("authors")
    has_objects = isinstance(authors, list) and any(isinstance(one, dict) for one in authors)
    return keys.keys() >= _CANONICAL and None not in (keys["abstract"], authors) and not has_objects


def reasons(error: ValidationError) -> str:
    """Say what pydantic found, for a person."""
    return "; ".join(_reason(dict(fault)) for fault in error.errors(include_url=False)[:3])


def _reason(fault: dict[str, Any]) -> str:
    if fault["type"] == "json_invalid":
        return f"not JSON: {fault['ctx']['error']}"
    if not fault["loc"]:
        return (
            "not an object with the keys of a paper" if fault["type"] != "value_error" else str(fault["ctx"]["error"])
        )
    name = fault["loc"][0]
    if fault["type"] == "missing":
        return f"the key {name} is missing"
    if name == "arxiv_id" and isinstance(fault["input"], int | float):
        return 'arxiv_id: is a number, which loses zeros; write it in quotation marks: "2504.05310"'
    return f"{name}: " + re.sub(r"^(?:Value error,|Input|String) ", "", str(fault["msg"]))


def _fields(cells: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """Cells by what they mean: of several with one meaning the most usual name's counts, of links and ids all do."""
    found: dict[Field, tuple[int, Any]] = {}
    several: dict[str, list[str]] = {"link": [], "id": []}
    for name, value in cells.items():
        meaning = meaning_of(str(name))
        if meaning is None:
            origin.unread.add(told(name))
        if meaning is None or value in (None, "", [], {}) or (isinstance(value, str) and _NOTHING.fullmatch(value)):
            continue
        what, rank = meaning
        if what in several:
            several[what] += [str(one) for one in (value if isinstance(value, list) else [value])]
        if what not in found or rank < found[what][0]:
            found[what] = (rank, value)
    return {what: value for what, (_, value) in found.items()} | several


def _text(value: Any, joiner: str = " ") -> str:
    """A cell as text; a list of lines is joined."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return joiner.join(value).strip()
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)


def _title(value: Any) -> str:
    """A title's cell as text, which some collections put into a list of its own; what else it holds is no title."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, str):
        return _text(value)
    form = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "a number"
    raise _NoPaper(f"its title is {form}, not a text")


def _identified(fields: Mapping[str, Any], title: str) -> tuple[Identifier, str]:
    """Which paper a row is about, and where else it can be read: by its id, its links, its DOI, else by its title.

    Raises:
        ImpossibleId: its id cannot exist, and neither a link nor a DOI names the paper.
    """
    named, impossible = _read_ids(fields["id"])
    linked: dict[str, Identifier] = {}
    for text in fields["link"]:
        whole = read_id(text.strip()) if len(text) < 200 else None
        for one in (whole,) if whole and whole.is_arxiv else linked_ids(text):
            linked[one.paper_id] = max(one, linked.get(one.paper_id, one), key=lambda known: known.version)
    web = next((match[0] for text in fields["link"] if (match := _WEB.search(text))), "")
    if ours := next((one for one in named if one.is_arxiv), None):
        same = linked.get(ours.paper_id, ours)
        return max(ours, same, key=lambda known: known.version), ""
    if len(linked) > 1:
        raise _NoPaper(f"the row links to several papers: {', '.join(linked)}")
    if linked:
        return next(iter(linked.values())), ""
    doi = fields.get("doi")
    if isinstance(doi, str) and (by_doi := read_id(doi.strip())) and by_doi.url:
        return by_doi, web
    if impossible:
        raise impossible
    if other := next((one for one in named if not one.paper_id.isdecimal()), None):
        return other, web
    if made := title_id(title):
        return Identifier(made), web
    raise _NoPaper("the row has neither an id nor a title with letters")


def _read_ids(written: Sequence[str]) -> tuple[list[Identifier], ImpossibleId | None]:
    """The ids that can be read, and what is wrong with the first that cannot exist."""
    found: list[Identifier] = []
    impossible: ImpossibleId | None = None
    for text in written:
        try:
            known = read_id(text.strip())
        except ImpossibleId as error:
            impossible = impossible or error
        else:
            found += [known] if known else []
    return found, impossible


def _day(fields: Mapping[str, Any], identifier: Identifier, around: date | None) -> date:
    """The day of a listing: the row's own, that of the list around it, else when the paper appeared."""
    if (said := fields.get("date")) is not None:
        if found := day_in(str(said)):
            return found
        raise _NoPaper(f"its date cannot be read: {told(said)}")
    if around:
        return around
    if (said := fields.get("published")) is not None and (found := day_in(str(said))):
        return found
    if month := month_of(identifier.paper_id):
        return date(*month, 1)
    raise _NoPaper("it tells no day: neither the row, nor a heading, nor the file's name (YYYY-MM-DD)")


def _authors(value: Any) -> str | list[str]:
    """Authors as a text or a list of names, from objects with their parts too; of an unknown form it stays."""
    if value is None:
        return []
    if isinstance(value, list):
        return [name for one in value if (name := _name(one))]
    if isinstance(value, dict):
        return [name] if (name := _name(value)) else []
    return str(value)


def _name(value: Any) -> str:
    """One author: a text, an object such as ``{"family": …, "given": …}``, or ``[family, given, suffix]``."""
    if isinstance(value, dict):
        parts = {str(key).casefold(): str(part).strip() for key, part in value.items() if isinstance(part, str)}
        if whole := parts.get("name") or parts.get("full_name") or parts.get("literal") or parts.get("author"):
            return whole
        given = parts.get("given") or parts.get("first") or parts.get("forenames") or parts.get("firstname") or ""
        family = parts.get("family") or parts.get("last") or parts.get("keyname") or parts.get("lastname") or ""
        return f"{given} {family}".strip()
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts_of = [str(part).strip() for part in value[:2] if part]
        return " ".join(reversed(parts_of))
    return str(value).strip()


def _categories(value: Any) -> list[str]:
    if isinstance(value, str):
        parts = [part for part in re.split(r"[\s,;，；]+", value) if part]
        value = parts if all(map(_CATEGORY.fullmatch, parts)) else re.split(r"\s*[,;，；]\s*", value)
    return [str(one) for one in value] if isinstance(value, list) else []


def _remark(fields: Mapping[str, Any]) -> str | None:
    """What the list says besides: comments, its own summary, where the code lies."""
    known = (("", "comment"), ("TL;DR: ", "summary"), ("Code: ", "code"))
    said = [before + text for before, name in known if (text := _text(fields.get(name)))]
    whole = " · ".join(said)
    return (whole if len(whole) <= LONGEST_REMARK else f"{whole[: LONGEST_REMARK - 1]}…") or None
