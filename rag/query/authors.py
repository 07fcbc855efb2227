"""People read from a question: "papers by Jimmy Lin", "Laura Dietz's papers", "What did Maarten de Rijke co-author?".

A name is looked for only where the grammar asks for an author. There it restricts the papers when it is one of the
library's authors, in any spelling. A name that is none restricts them too, to nothing, where it can only be a person's:
"papers by Jane Nobody" is to be answered with "none", while "by Google DeepMind" or "by using graphs" restrict nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

_WORK = (
    r"(?:papers?|works?|articles?|publications?|preprints?|stud(?:y|ies)|research|surveys?|anything|something"
    r"|everything|benchmarks?|contributions?|what(?:'s|\s+is|\s+was)?\s+(?:new|published|out|there))"
)
_WRITE = r"(?:co-?)?(?:author|writ|wrote|publish|contribut)\w*"
_OWN = rf"(?:(?:own|recent|latest|newest|new|other|joint|first|\d{{4}})\s+)*(?:[\w-]+\s+){{0,2}}?{_WORK}"
_ASKED = re.compile(
    # "papers on X by", "co-authored by", "a paper of which Y is the author:", a question that begins with "by"
    rf"\b{_WORK}\b[^.?!]{{0,80}}?\s(?:(?:(?:co-?)?(?:authored|written)"
    rf"|published)\s+)?by\s+(?:(?:the\s+)?(?:co-?)?(?:authors?|researchers?)\s+)?"
    rf"|\b(?:(?:co-?)?authored|written)\s+by\s+|^\W*(?:and\s+)?by\s+|\b(?:co-?)?authors?(?:\s+(?:is|are|include"
    rf"|named)\b|:)\s*",
    re.IGNORECASE,
)
_BY = re.compile(r"\b(?:by|from|with|of)\s+(?:prof(?:essor|\.)?\s+|dr\.?\s+)?", re.IGNORECASE)
_SUBJECT = re.compile(r"\b(?:did|has|have|does|is|are|was|were)\s+", re.IGNORECASE)
_AFTER_SUBJECT = re.compile(
    rf"\s+(?:(?:first|also|both|together|recently|jointly|ever|been)\s+)*(?:{_WRITE}|work(?:ed|ing)?\s+on"
    rf"|(?:(?:an?|among\s+the)\s+)?(?:co-?)?authors?\b"
    rf"|(?P<made>(?:propos|present|releas|introduc)\w*)|have\s+(?:(?:any|other|more|new)\s+)*(?={_WORK}\b))",
    re.IGNORECASE,
)
_AFTER_OWNER = re.compile(rf"(?P<own>['’]s?)\s+{_OWN}\b|\s+(?:papers|publications)\b|\s*:\s", re.IGNORECASE)
_NOT_WRITTEN = re.compile(
    r"\b(?!(?:author|co-?author|propos|introduc|publish|present|releas|submitt|contribut|show|list|appear)\w*\s)"
    r"(?:\w+ed|driven|given|done|made|known|shown|led|run|built|taken|meant|caused|replaced|followed"
    r"|one)\s+by\s+\S*\s*$",
    re.IGNORECASE,
)
_VERB_WORK = re.compile(r"works?\b|research\b|stud(?:y|ies)\b|surveys?\b", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(?:do|does|did|can|could|will|would|to|should|may|might)\b", re.IGNORECASE)
_AFTER_STRANGER = re.compile(
    r"\s*(?:[^\w\s]|$|(?:on|about|in|from|that|which|and|or|since|before|after|between|until|up|for|with|listed"
    r"|published|show\w*"
    r"|appear\w*|have|has|is|are|was|were|do|does|did|here|there|this|last|first|together|say|treat|deal\w*|use"
    r"|propose\w*"
    r"|publish\w*|writ\w*|wrote|(?:co-?)?author\w*|work\w*|contribut\w*|present\w*|releas\w*|an?|recently|also"
    r"|ever)\b)",
    re.IGNORECASE,
)
_AS_AUTHOR = re.compile(
    r"\s+as\s+(?:an?\s+|the\s+)?(?:(?:first|last|senior|lead|co-?)[\s-]*)?authors?\b", re.IGNORECASE
)
_ET_AL = re.compile(r"\s+et\s+al\b\.?", re.IGNORECASE)
_CITED = re.compile(r"\b(?:do|does|did|has|have|according\s+to)\s+", re.IGNORECASE)
_JOIN = re.compile(r"\s*(?:,\s*(?:and|or)\s|,|&|\s(?:and|or)(?:\s+by)?\s|\s(?:together\s+)?with\s)\s*", re.IGNORECASE)
_INITIALS = r"(?:[^\W\d_]\s?\.\s?-?)+|[A-Z](?=\s)"
_WORD = r"[^\W\d_](?:[^\W\d_]|['’`\-\u2010](?=[^\W\d_]{2}))+"
_PART = re.compile(rf"(?:{_INITIALS}|{_WORD})(?!\w|-)")
_GIVEN = re.compile(rf"\s*,\s*(?P<given>(?:(?:{_INITIALS}|(?-i:[A-Z]){_WORD})(?!\w|-)\s*){{1,3}})")
_PERSONAL = re.compile(r"(?:Mc|Mac|De|Di|Le|O['’]|Al-|D['’])?[^\W\d_a-z][^\W\d_A-Z]+(?:[-\u2010'’`][^\W\d_]+)*")
_PARTICLES = frozenset("de der den van von la le di da del dos du bin ibn al el ter ten af zu".split())
_NEVER = frozenset(
    "a an the and or but of on in at to for from with by about that which who whom whose what when where how why is"
    " are was"
    " were be been did do does has have had this these those their its it they he she i we you my our your all any"
    " each every"
    " some more most other others using use via than as if so not no since after before until till during over under"
    " within"
    " show shows showed appear appears appeared list lists listed new paper papers work works publish published"
    " write written"
    " wrote author authored authors co-author co-authored coauthored contribute contributed propose proposed"
    " introduce there here please"
    " first also together both recently monday tuesday wednesday thursday friday saturday sunday may".split()
)
_NO_PERSON = re.compile(
    r"\b(?:google|deepmind|microsoft|meta|openai|alibaba|tencent|bytedance|kuaishou|huawei|amazon|apple|nvidia|ibm"
    r"|baidu|jd"
    r"|meituan|xiaohongshu|shopee|pinterest|linkedin|spotify|netflix|yandex|airbnb|instacart|walmart|ebay|etsy|uber"
    r"|adobe"
    r"|salesforce|bloomberg|naver|rakuten|anthropic|mistral|cohere|snap|snapchat|tiktok|twitter|facebook|youtube"
    r"|samsung"
    r"|universit\w*|institut\w*|colleges?|schools?|academy|labs?|laborator\w*|research|groups?|teams?|inc|corp"
    r"|department"
    r"|cent(?:er|re)|hospital|company|foundation|systems?|models?|networks?|learning|retrieval|search|recommend\w*"
    r"|language"
    r"|generation|graphs?|knowledge|data|attention|neural|deep|diffusion|european|american|chinese|union|north"
    r"|south)\b",
    re.IGNORECASE,
)
_MOST_PARTS = 5

_Name = tuple[str, bool, int]
"""A name, whether the library knows it, and where it ends."""


@dataclass(frozen=True, slots=True)
class PeopleReading:
    """A restriction to authors read from `question[start:end]`.

    Attributes:
        names: In order; as typed, but for typing errors.
        alternatives: Joined by "or": any of them; else all of them together.
        known: Whether each is an author in the library.
        typed: The names as typed.
    """

    start: int
    end: int
    names: tuple[str, ...]
    alternatives: bool
    known: tuple[bool, ...]
    typed: tuple[str, ...] = ()


class PeopleReader:
    """Reads people of a library."""

    def __init__(
        self,
        is_author: Callable[[str], bool],
        is_word: Callable[[str], bool],
        corrected: Callable[[str], str | None] = lambda name: None,
    ) -> None:
        """Make a reader.

        Args:
            is_author: Whether somebody of a name wrote a paper.
            is_word: Whether a word is an ordinary one.
            corrected: The author whom a misspelt name means, None where that cannot be told.
        """
        self._is_author = is_author
        self._is_word = is_word
        self._corrected = corrected

    def read(self, question: str) -> PeopleReading | None:
        """Find the authors that a question asks for; the first place that names any counts."""
        for places in (self._asked, self._cited, self._subject, self._owner, self._mentioned):
            for reading in places(question):
                return self._mended(reading)
        return None

    def at(self, question: str, begin: int) -> PeopleReading | None:
        """The people whose names begin at an offset; None where no name does."""
        return next((self._mended(reading) for reading in self._list(question, begin, begin, asked=True)), None)

    def _mended(self, reading: PeopleReading) -> PeopleReading:
        """The reading with its misspelt names corrected."""
        meant = [
            None if known else self._corrected(name) for name, known in zip(reading.names, reading.known, strict=True)
        ]
        names = tuple(better or name for better, name in zip(meant, reading.names, strict=True))
        known = tuple(known or better is not None for better, known in zip(meant, reading.known, strict=True))
        return replace(reading, names=names, known=known, typed=reading.names)

    def _asked(self, question: str) -> Iterator[PeopleReading]:
        """Read "papers by NAME", "written by NAME": whatever follows and can be a person is one."""
        for match in _ASKED.finditer(question):
            verb = _VERB_WORK.match(match[0]) and _AUXILIARY.search(question, 0, match.start())
            if verb or _NOT_WRITTEN.search(match[0]):
                continue
            by = re.search(
                r"\s(?:(?:(?:co-?)?(?:authored|written)|published)\s+)?by\s+\S*\s*$", match[0], re.IGNORECASE
            )
            start = match.start() + (by.start() + 1 if by else 0)
            yield from self._list(question, start, match.end(), asked=True)

    def _cited(self, question: str) -> Iterator[PeopleReading]:
        """Read "What do NAME et al. report", "according to NAME et al.", also of somebody unknown."""
        for match in _CITED.finditer(question):
            for found in self._list(question, match.start(), match.end(), asked=True):
                if re.search(rf"{_ET_AL.pattern}$", question[: found.end], re.IGNORECASE):
                    after = _AFTER_SUBJECT.match(question, found.end)
                    yield replace(found, end=after.end() if after else found.end)

    def _subject(self, question: str) -> Iterator[PeopleReading]:
        """Read "What did NAME publish", "has NAME written", "is NAME an author"."""
        for match in _SUBJECT.finditer(question):
            for found in self._list(question, match.start(), match.end(), asked=True):
                after = _AFTER_SUBJECT.match(question, found.end)
                if after and (not after["made"] or (all(found.known) and " " in found.names[0])):
                    yield PeopleReading(found.start, after.end(), found.names, found.alternatives, found.known)

    def _owner(self, question: str) -> Iterator[PeopleReading]:
        """Read "NAME's papers", also of somebody unknown, and "NAME papers" where the library knows the name."""
        for match in _AFTER_OWNER.finditer(question):
            parts = [part for part in _PART.finditer(question, 0, match.start())][-_MOST_PARTS:]
            while parts and not re.fullmatch(r"\s*", _between(question, parts, match.start())):
                parts = parts[1:]
            for n in range(len(parts)):
                opens = not question[: parts[n].start()].strip()
                if ":" in match[0] and not opens:
                    continue
                asked = bool(match["own"]) or opens
                name = self._person([part[0] for part in parts[n:]], asked=asked)
                if name and ((name[1] and len(parts) - n > 1) or match["own"]):
                    end = match.end("own") if match["own"] else match.start() + (":" in match[0])
                    yield PeopleReading(parts[n].start(), end, (name[0],), False, (name[1],))
                    break

    def _mentioned(self, question: str) -> Iterator[PeopleReading]:
        """Read "video retrieval from NAME", "papers with NAME (as an author)": only somebody the library knows."""
        for match in _BY.finditer(question):
            for found in self._list(question, match.start(), match.end(), asked=False):
                as_author = _AS_AUTHOR.match(question, found.end)
                sure = as_author or match[0].lower().startswith(("by", "from"))
                if sure or re.search(rf"{_WORK}\s+$", question[: found.start], re.IGNORECASE):
                    end = as_author.end() if as_author else found.end
                    yield PeopleReading(found.start, end, found.names, found.alternatives, found.known)

    def _list(self, question: str, start: int, begin: int, *, asked: bool) -> Iterator[PeopleReading]:
        """The names from `begin` on that "and", "or" and commas join; nothing where there is none."""
        found: list[_Name] = []
        joins = ""
        while name := self._name(question, begin, asked=asked):
            found.append(self._turned(question, name) or name)
            name = found[-1]
            join = _JOIN.match(question, name[2])
            if not join or not self._name(question, join.end(), asked=asked):
                break
            joins += join[0]
            begin = join.end()
        if found:
            alternatives = bool(re.search(r"\bor\b", joins, re.IGNORECASE))
            names, known, ends = zip(*found, strict=True)
            yield PeopleReading(start, ends[-1], names, alternatives, known)

    def _turned(self, question: str, surname: _Name) -> _Name | None:
        """Read "Lin, Jimmy" and "Clarke, C. L. A." as one person, if the library knows the name and no more follow."""
        given = _GIVEN.match(question, surname[2]) if " " not in surname[0] else None
        if given and not _JOIN.match(question, given.end()):
            name = f"{given['given'].strip()} {surname[0]}"
            if self._is_author(name):
                return name, True, given.end()
        return None

    def _name(self, question: str, begin: int, *, asked: bool) -> _Name | None:
        """The longest name at `begin`."""
        parts: list[re.Match[str]] = []
        at = begin
        while len(parts) < _MOST_PARTS and (part := _PART.match(question, at)):
            parts.append(part)
            at = part.end() + len(re.match(r"\s*", question[part.end() :])[0])  # type: ignore[index]
        for size in range(len(parts), 0, -1):
            end = parts[size - 1].end()
            et_al = _ET_AL.match(question, end)
            name = self._person([part[0] for part in parts[:size]], asked=asked or bool(et_al), et_al=bool(et_al))
            ends = size == len(parts) or parts[size][0][0].islower()
            if name and (name[1] or et_al or (ends and _AFTER_STRANGER.match(question, end))):
                return name[0], name[1], et_al.end() if et_al else end
        return None

    def _person(self, parts: list[str], *, asked: bool, et_al: bool = False) -> tuple[str, bool] | None:
        """A name made of these parts, with whether the library knows it; None where it is no name.

        Before "et al." a surname that nobody has here is one as well.
        """
        text = " ".join(part.strip() for part in parts)
        words = [part.lower() for part in parts]
        if any(word in _NEVER for word in words) or words[-1] in _PARTICLES or _NO_PERSON.search(text):
            return None
        capitals = all(part[0].isupper() or part in _PARTICLES for part in parts)
        full = [
            part for part in parts if part.lower() not in _PARTICLES and len(part.rstrip(". ")) > 1 and "." not in part
        ]
        if not full or not (capitals or asked):
            return None
        if len(parts) == 1 and not (capitals and asked and not self._is_word(text.lower())):
            return None
        turned = " ".join([*parts[1:], parts[0]]) if len(parts) > 1 else text  # "Lin Jimmy"
        for name in (text, turned):
            if self._is_author(name):
                return name, True
        if et_al and capitals and len(parts) == 1:
            return text, False
        ordinary = all(self._is_word(part.lower()) for part in full)
        if asked and len(parts) > 1 and not any(self._is_word(part.lower()) for part in full) and self._corrected(text):
            return text, False
        if asked and capitals and len(parts) > 1 and not ordinary and all(_PERSONAL.fullmatch(part) for part in full):
            return text, False
        return None


def _between(question: str, parts: list[re.Match[str]], end: int) -> str:
    """What stands between neighbouring parts and after the last: only spaces, where they are one name."""
    ends = [part.start() for part in parts[1:]] + [end]
    return "".join(question[part.end() : stop] for part, stop in zip(parts, ends, strict=True))
