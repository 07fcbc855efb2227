"""A person's name taken apart as bibliographies want it, and put together again as papers print it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SUFFIX = re.compile(r"(?:Jr|Sr|Ph\.?D|M\.?D)\.?|I{2,3}|IV", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"\b(?:Collaboration|Consortium|Team|Group|Project|Initiative|Committee|Institute|University|Labs?|Inc|Ltd)\b"
)
_ACCENTED = re.compile(r"\\(?:[A-Za-z]+|[\"'`^~=.])\s*\{\s*\\?[^\W\d_]*\s*\}")
_NUMERAL = re.compile(r"[IVX]+", re.IGNORECASE)
_ODD = re.compile(r"[(){}\[\]\d;/]|\band\b|\s-|-\s")


@dataclass(frozen=True, slots=True)
class Person:
    """A name's parts; `literal` alone is set where it is an organisation's or cannot be taken apart.

    Attributes:
        particle: Small words before the family name: ``van der``.
        suffix: ``Jr.``, ``III``.
        comma: Whether the suffix is printed behind a comma.
    """

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    comma: bool = False
    literal: str = ""

    @property
    def name(self) -> str:
        """The name as papers print it: ``Robert Heath, Jr.``."""
        if self.literal:
            return self.literal
        name = " ".join(filter(None, (self.given, self.particle, self.family)))
        return f"{name}{', ' if self.comma else ' '}{self.suffix}" if self.suffix else name

    @property
    def whole_family(self) -> str:
        """The family name with its particle, and with a suffix that has no comma."""
        return " ".join(filter(None, (self.particle, self.family, "" if self.comma else self.suffix)))


def person(written: str) -> Person:
    """Take a name apart that is written ``Given Family`` or ``Family, Given``."""
    name = " ".join(written.split())
    body, comma, rest = (part.strip() for part in name.partition(","))
    suffixed = bool(comma) and bool(_SUFFIX.fullmatch(rest))
    is_odd = _ODD.search(_ACCENTED.sub("x", name)) or (comma and ("," in rest or not rest)) or not body
    if is_odd or _ORGANISATION.search(name) or (suffixed and (" " not in body or _NUMERAL.fullmatch(rest))):
        return Person(literal=name)
    if comma and not suffixed:
        return Person(family=body, given=rest)
    *given, family = body.split()
    suffix = rest
    if not suffixed and given and _SUFFIX.fullmatch(family) and len(given) > 1:
        *given, suffix = *given[:-1], family
        family = body.split()[-2]
    particle: list[str] = []
    while len(given) > 1 and given[-1][:1].islower():
        particle.insert(0, given.pop())
    return Person(family, " ".join(given), " ".join(particle), suffix, suffixed)


def from_parts(family: str, given: str = "", particle: str = "", suffix: str = "") -> str:
    """The name of somebody whose parts a bibliography names, as papers print it."""
    comma = bool(suffix) and not _NUMERAL.fullmatch(suffix)
    family, given, particle, suffix = (" ".join(part.split()) for part in (family, given, particle, suffix))
    if not family and not given:
        return ""  # a suffix alone is nobody
    return Person(family, given, particle, suffix, comma).name
