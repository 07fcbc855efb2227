"""A paper's id, however it is written: one paper, one id.

arXiv's come as ids with or without a version, DOIs, OAI names and addresses of arXiv and of sites that show its papers.
What looks like one and cannot exist is refused: a spreadsheet that read ``2503.05310`` as a number made ``2503.0531``
of it, and no such paper is to be cited.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from rag.text.titles import title_key

_OLD = r"[a-z][a-z-]+(?:\.[a-z]{2})?/\d{7}"
ARXIV_ID = r"(?:\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7})"
"""Pattern of an arXiv id without version: ``2504.05309``, or of before April 2007: ``hep-th/9901001``."""
_WRITTEN = rf"(?:\d{{4}}\.\d{{1,6}}|{_OLD})"
"""Pattern of what is meant as one; `read_id` tells whether it can be."""
_SITES = (
    r"arxiv\.org/(?:abs|pdf|html|format|ps|e-print|src|tb)",
    r"ar5iv\.org/(?:abs|html|pdf)",
    r"alphaxiv\.org/(?:[a-z]{2}/)?(?:abs|pdf|overview|html|audio|blog|resources)",
    r"(?:huggingface|hf)\.co/papers",
    r"(?:papers\.cool|scirate\.com)/arxiv",
    r"doi\.org/10\.48550",
)
"""Where arXiv's papers are shown, with what stands before the id."""
ARXIV_PLACE = rf"(?:https?://)?(?:[a-z0-9-]+\.)*(?:{'|'.join(_SITES)})/(?:arxiv[:.])?"
"""Pattern of what stands before an id in such an address."""
ARXIV_FORM = rf"(?:\d{{4}}\.\d{{4,5}}|{_OLD})"
"""Pattern of what is written as an id in a sentence; `month_of` tells whether there is such a month."""
ARXIV_ADDRESS = rf"https?://(?:[a-z0-9-]+\.)*(?:{'|'.join(_SITES)})/(?:arxiv[:.])?{_WRITTEN}(?:v\d{{1,3}})?"
"""Pattern of an address at which one of arXiv's papers is shown, without what may follow the id."""
_ARXIV = re.compile(
    rf"""(?P<sure>(?:https?://)?(?:[a-z0-9-]+\.)*(?:{"|".join(_SITES)})/ | (?:doi:\s?)?10\.48550/ | oai:arxiv\.org:)?
        (?P<word>arxiv[:.]\s?)?
        (?P<id>\d{{3,4}}\.\d{{1,6}}|{_OLD})(?:v(?P<version>\d{{1,3}}))?
        (?:\.pdf|\.html)?/?(?:[?#]\S*)?(?:\s\[[\w.-]+\])?""",
    re.IGNORECASE | re.VERBOSE,
)
ARXIV_NAME = rf"(?<![\w/.])arxiv\s?:\s?{_WRITTEN}(?:v\d{{1,3}})?(?![\w/]|\.\d)"
"""Pattern of an id behind the word arXiv, as papers are cited: ``arXiv:2504.05309``."""
_ADDRESS = re.compile(ARXIV_ADDRESS, re.IGNORECASE)
_IN_TEXT = re.compile(rf"(?<![\w.-])({ARXIV_FORM})(?:v\d+)?(?!\d)", re.IGNORECASE)
_NAME = re.compile(ARXIV_NAME, re.IGNORECASE)
_NEW = re.compile(r"(?P<year>\d\d)(?P<month>0[1-9]|1[0-2])\.(?P<number>\d+)")
_NO_ZERO_BEFORE = re.compile(r"[789](?:0[1-9]|1[0-2])\.\d+")
_NEW_FORM = re.compile(r"\d{4}\.\d{4,5}")
_OTHER_ID = re.compile(r"[A-Za-z0-9._:/-]{1,64}")
_DOI = re.compile(
    r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*)?(?P<doi>10\.\d{4,9}/[^\s\x00-\x1f\x7f-\x9f]{1,200})",
    re.IGNORECASE,
)
_WEB = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_OF_ARXIV = "10.48550/arxiv."
_FIRST, _FIVE_DIGITS = (7, 4), (15, 1)
"""Year and month of the first id of the new form, and of the first one with five digits after the point."""
_TITLED, _TITLE_DIGITS = "title:", 16
OF_DOI = "doi:"
"""Begins the id of a paper that is known by its DOI alone."""


class ImpossibleId(ValueError):
    """What is written looks like an arXiv id, and there can be none like it."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An id in its one spelling.

    Attributes:
        paper_id: arXiv's without a version, or another collection's.
        url: Where the paper can be read; empty where that is unknown.
        version: arXiv's version, 0 where none is named.
        is_arxiv: Whether the paper is arXiv's.
    """

    paper_id: str
    url: str = ""
    version: int = 0
    is_arxiv: bool = False


def read_id(written: str) -> Identifier | None:
    """Read what is an id as a whole.

    Args:
        written: An arXiv id in any spelling, a DOI, or another collection's own id: letters, digits and ``._:/-``, at
            most 64.

    Returns:
        None when it is no usable id. A paper known by its DOI has the id ``doi:10.1145/…``.

    Raises:
        ImpossibleId: it is written as arXiv's are, and cannot exist; says why.
    """
    if match := _ARXIV.fullmatch(written):
        is_sure = bool(match["sure"] or match["word"])
        found = match["id"].lower()
        if "/" in found:
            return _arxiv(bare_id(found), match["version"])
        if is_sure or any(form.fullmatch(found) for form in (_NEW, _NO_ZERO_BEFORE, _NEW_FORM)):
            _require_possible(found)
            return _arxiv(found, match["version"])
    if doi := bare_doi(written):
        return Identifier(doi_id(doi), f"https://doi.org/{doi.lower()}")
    return Identifier(written) if _OTHER_ID.fullmatch(written) else None


def paper_id_and_url(written: str) -> tuple[str, str] | None:
    """The id in its one spelling and the address to read it at, as `read_id`; None also where it cannot exist."""
    try:
        found = read_id(written)
    except ImpossibleId:
        return None
    return (found.paper_id, found.url) if found else None


def linked_ids(text: str) -> tuple[Identifier, ...]:
    """The arXiv papers whose addresses stand anywhere in a text, each once, in order.

    Raises:
        ImpossibleId: one of the addresses is of a paper that cannot exist.
    """
    return _all_of(match[0] for match in _ADDRESS.finditer(text))


def named_ids(text: str) -> tuple[Identifier, ...]:
    """The arXiv papers that are named ``arXiv:2504.05309`` anywhere in a text, each once, in order.

    Raises:
        ImpossibleId: one of them cannot exist.
    """
    return _all_of(" ".join(match[0].split()) for match in _NAME.finditer(text))


def _all_of(written: Iterable[str]) -> tuple[Identifier, ...]:
    found: dict[str, Identifier] = {}
    for one in map(read_id, dict.fromkeys(written)):
        if one and one.version >= found.get(one.paper_id, one).version:
            found[one.paper_id] = one
    return tuple(found.values())


def ids_in(text: str) -> list[str]:
    """The arXiv ids that stand in a text, each once and in order; what there can be no month of is none."""
    return list(filter(month_of, dict.fromkeys(map(bare_id, _IN_TEXT.findall(text)))))


def names_paper(text: str) -> bool:
    """Whether an arXiv id, a DOI or a web address stands anywhere in a text."""
    return bool(_NAME.search(text) or ids_in(text) or _DOI.search(text) or _WEB.search(text))


def bare_id(written: str) -> str:
    """An arXiv id in its one spelling: ``cs.IR/0112017`` is the paper ``cs/0112017``."""
    archive, slash, number = written.lower().rpartition("/")
    return f"{archive.partition('.')[0]}{slash}{number}"


def bare_doi(written: str) -> str:
    """A DOI without an address before it; empty where it is none."""
    found = _DOI.fullmatch(written.strip())
    return found["doi"].rstrip(".,;/") if found else ""


def is_arxiv_doi(doi: str) -> bool:
    """Whether a DOI names a paper on arXiv."""
    return doi.lower().startswith(_OF_ARXIV)


def doi_id(doi: str) -> str:
    """The id of a paper that is known by its DOI, which is the same in capitals and small letters."""
    return f"{OF_DOI}{doi.lower()}"


def title_id(title: str) -> str | None:
    """The id of a paper known by its title alone, equal for all spellings of it; None for one without letters."""
    folded = title_key(title)
    return f"{_TITLED}{hashlib.sha256(folded.encode()).hexdigest()[:_TITLE_DIGITS]}" if folded else None


def is_titled(paper_id: str) -> bool:
    """Whether an id was made by `title_id`."""
    return paper_id.startswith(_TITLED)


def month_of(paper_id: str) -> tuple[int, int] | None:
    """Year and month in an arXiv id; None in others."""
    match = _NEW.fullmatch(paper_id) or re.fullmatch(r"[a-z-]+/(?P<year>\d\d)(?P<month>0[1-9]|1[0-2])\d{3}", paper_id)
    if match is None:
        return None
    year = int(match["year"])
    return (1900 if year > 90 and "/" in paper_id else 2000) + year, int(match["month"])


def _arxiv(paper_id: str, version: str | None) -> Identifier:
    return Identifier(paper_id, f"https://arxiv.org/abs/{paper_id}", int(version or 0), is_arxiv=True)


def _require_possible(written: str) -> None:
    """Raise `ImpossibleId` where the digits do not fit their month."""
    match = _NEW.fullmatch(written)
    if match is None:
        if _NO_ZERO_BEFORE.fullmatch(written):
            raise ImpossibleId(f"{written} cannot be an arXiv id: a zero before it was lost, perhaps 0{written}")
        raise ImpossibleId(f"{written} cannot be an arXiv id: it does not begin with a year and a month")
    month = int(match["year"]), int(match["month"])
    if month < _FIRST:
        raise ImpossibleId(f"{written} cannot be an arXiv id: ids of this form begin in April 2007")
    soon = date.today() + timedelta(days=2)  # this machine's clock may be behind
    if month > (soon.year - 2000, soon.month):
        raise ImpossibleId(f"{written} cannot be an arXiv id: its month is still to come")
    digits, number = (5 if month >= _FIVE_DIGITS else 4), match["number"]
    if len(number) != digits:
        lost = f"; zeros at its end were lost, perhaps {written.ljust(5 + digits, '0')}" if len(number) < digits else ""
        raise ImpossibleId(f"{written} cannot be an arXiv id: its month's have {digits} digits after the point{lost}")
