"""Authors read from a question: whoever of the library is named in it, wherever that stands, and whom it asks for.

A full name that the table of authors holds is one in any sentence. Where the grammar asks for an author
(rules/authors.yaml), a surname is read too, a misspelt name, and somebody unknown: "papers by Jane Nobody" is to be
answered with "none", while "by Google DeepMind" or "by using graphs" restrict nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from rag.papers.entities import Entities
from rag.query.lexicon.typos import author_meant, is_english
from rag.query.rules import load_rules
from rag.text.folding import fold
from rag.text.names import name_matches, name_words

_INITIALS = r"(?:[^\W\d_]\s?\.\s?-?)+|[A-Z](?=\s)"
_WORD = r"[^\W\d_](?:[^\W\d_]|['’`\-\u2010](?=[^\W\d_]{2}))+"
_PART = re.compile(rf"(?:{_INITIALS}|{_WORD})(?!\w|-)")
_PERSONAL = re.compile(r"(?:Mc|Mac|De|Di|Le|O['’]|Al-|D['’])?[^\W\d_a-z][^\W\d_A-Z]+(?:[-\u2010'’`][^\W\d_]+)*")
_MOST_PARTS = 5

_Parts = list[re.Match[str]]


@dataclass(frozen=True, slots=True)
class PeopleReading:
    """A restriction to authors read from `question[start:end]`.

    Attributes:
        names: In order; as typed, but for typing errors.
        alternatives: Joined by "or": any of them; else all of them together.
        known: Whether each is an author in the library.
        typed: The names as typed.
        asked: Whether the question says that they wrote; else it only names them.
    """

    start: int
    end: int
    names: tuple[str, ...]
    alternatives: bool
    known: tuple[bool, ...]
    typed: tuple[str, ...] = ()
    asked: bool = True


@dataclass(frozen=True, slots=True)
class _Name:
    """A name: where it ends, whether the library knows it, and a person is sure to be meant; whom it misspells."""

    text: str
    end: int
    known: bool
    sure: bool = False
    meant: str | None = None


class People:
    """The names in a question, and the places where it asks for some."""

    def __init__(self, entities: Entities, is_word: Callable[[str], bool], question: str) -> None:
        """Make one.

        Args:
            entities: Knows the library's authors.
            is_word: Whether a word is an ordinary one.
            question: As typed.
        """
        self._text = question
        self._entities = entities
        self._is_word = is_word
        self._rules = load_rules("authors")
        self._never, self._small = self._rules.words["never"], self._rules.words["particles"]

    def read(self) -> PeopleReading | None:
        """Find the authors that a question asks for or names; the first place that names any counts."""
        places = (self.after_by, self.subjects, self.owners, self.anywhere)
        return next((reading for place in places for reading in place()), None)

    def after_by(self) -> Iterator[PeopleReading]:
        """Read "papers by NAME", "written by NAME": whatever follows and can be a person is one."""
        for match in self._rules["by"].all(self._text):
            verb = match[0].lower().startswith("work") and self._rules["helped"].find(self._text, 0, match.start())
            start = match.start("by") if match["by"] else match.start()
            found = None if verb or self._rules["caused"](match[0]) else self.people(start, match.end())
            if found:
                yield found

    def subjects(self) -> Iterator[PeopleReading]:
        """Read "What did NAME publish", "is NAME an author", "what do NAME et al. report"."""
        for match in self._rules["subject"].all(self._text):
            found = self.people(match.start(), match.end())
            after = found and self._rules["did"].at(self._text, found.end)
            if found and (after or re.search(r"\bal\.?$", self._text[: found.end])):
                yield replace(found, end=after.end() if after else found.end)

    def owners(self) -> Iterator[PeopleReading]:
        """Read "NAME's papers"."""
        for match in self._rules["owned"].all(self._text):
            for part in [part for part in self._parts if part.end() <= match.start()][-_MOST_PARTS:]:
                found = self.people(part.start(), part.start())
                if found and found.end == match.start():
                    yield replace(found, end=match.end("own"))
                    break

    def anywhere(self) -> Iterator[PeopleReading]:
        """Read full names of the library's authors wherever they stand."""
        for begin, name in sorted(self._known.items()):
            found = self.people(begin, begin) if name.sure else None
            if found:
                lead = self._rules["lead"].find(self._text, 0, begin)
                tail = self._rules["tail"].at(self._text, found.end)
                start, end = lead.start() if lead else begin, tail.end() if tail else found.end
                yield replace(found, start=start, end=end, asked=bool(tail or (lead and lead["sure"])))

    def people(self, start: int, begin: int) -> PeopleReading | None:
        """The names from `begin` on that "and", "or" and commas join; what was read of them begins at `start`."""
        found: list[_Name] = []
        joins = ""
        while name := self._name(begin):
            found.append(name)
            join = self._rules["join"].at(self._text, name.end)
            if not join:
                break
            begin, joins = join.end(), joins + join[0]
        if not found:
            return None
        names, known = tuple(name.meant or name.text for name in found), tuple(bool(n.known or n.meant) for n in found)
        either = bool(re.search(r"\bor\b", joins, re.IGNORECASE))
        return PeopleReading(start, found[-1].end, names, either, known, tuple(name.text for name in found))

    @cached_property
    def _parts(self) -> _Parts:
        """What can be part of a name: words and initials."""
        return list(_PART.finditer(self._text))

    def _run(self, n: int) -> _Parts:
        """The parts from one on that only blanks keep apart."""
        run = self._parts[n : n + 1]
        for part in self._parts[n + 1 : n + _MOST_PARTS]:
            if self._text[run[-1].end() : part.start()].strip():
                break
            run.append(part)
        return run

    @cached_property
    def _known(self) -> dict[int, _Name]:
        """The full names of authors by where they begin, the longest at each place: also "Lin Jimmy", "Lin, Jimmy"."""
        spans = [(parts, text, name_words(text)) for parts, text in self._spans()]
        held = self._entities.authors_between((words[0], words[-1]) for _, _, words in spans if len(words[-1]) > 1)
        found: dict[int, _Name] = {}
        done = 0
        for parts, text, words in sorted(spans, key=lambda span: (span[0][0].start(), -span[0][-1].end())):
            begin, end = parts[0].start(), parts[-1].end()
            is_one = any(name_matches(words, name) for name in held.get((words[0], words[-1]), ()))
            if begin >= done and is_one and not self._rules["no_person"](text):
                found[begin], done = _Name(text, end, True, self._is_sure(parts)), end
        return found

    def _spans(self) -> Iterator[tuple[_Parts, str]]:
        """The parts of all spans that may be a full name, with its text in the order of a name."""
        for n, part in enumerate(self._parts):
            run = self._run(n)
            for size in range(2, len(run) + 1):
                if run[size - 1][0] not in self._small:
                    yield run[:size], self._text[part.start() : run[size - 1].end()].strip()
            after = self._run(n + 1)
            comma = bool(after) and self._text[part.end() : after[0].start()].strip() == ","
            given = after[: _MOST_PARTS - 1] if comma else run[1:2]
            for size in range(1, len(given) + 1):
                text = self._text[given[0].start() : given[size - 1].end()].strip()
                yield [part, *given[:size]], f"{text} {part[0]}"

    def _is_sure(self, parts: _Parts) -> bool:
        """Whether a known name is a person's in any sentence: by its capitals, or because its words are no others'."""
        full = [part[0] for part in parts if not self._is_small(part[0])]
        if not full or all(self._is_word(part.lower()) for part in full):
            return False
        never = [part for part in parts if part[0].lower() in self._never]
        if any(part[0].islower() or not self._text[: part.start()].strip() for part in never):
            return False
        return len(full) > 1 or (full[0][0].isupper() and parts[0][0] not in full)

    def _is_small(self, part: str) -> bool:
        """Whether a part is an initial or a particle."""
        return len(part.rstrip(". ")) == 1 or "." in part or part.lower() in self._small

    def _name(self, begin: int) -> _Name | None:
        """The longest name at an offset where an author is asked for."""
        n = next((n for n, part in enumerate(self._parts) if part.start() == begin), len(self._parts))
        run = self._run(n)
        for size in range(len(run), 0, -1):
            known = self._known.get(begin)
            end = known.end if known else run[size - 1].end()
            et_al = self._rules["et_al"].at(self._text, end)
            name = known or self._person([part[0].strip() for part in run[:size]], bool(et_al))
            ends = size == len(run) or run[size][0][0].islower()
            if name and (name.known or et_al or (ends and self._rules["after_stranger"].find(self._text, end))):
                behind = et_al or self._rules["suffix"].at(self._text, end)
                return replace(name, end=behind.end() if behind else end)
        return None

    def _person(self, parts: list[str], et_al: bool) -> _Name | None:
        """A surname, or the name of somebody unknown, made of these parts; None where it is no name."""
        text = " ".join(parts)
        if self._never.intersection(text.lower().split()) or parts[-1] in self._small or self._rules["no_person"](text):
            return None
        full = [part for part in parts if not self._is_small(part)]
        capitals = all(part[0].isupper() or part in self._small for part in parts)
        ordinary = [self._is_word(part.lower()) for part in full]
        if len(full) == 1 and not any(ordinary):
            known = self._entities.is_author(name_words(text)) if capitals else self._is_surname(text)
            return _Name(text, 0, known) if known or (capitals and et_al and len(parts) == 1) else None
        if len(full) < 2 or all(ordinary):
            return None
        meant = author_meant(self._entities, text)
        unknown = capitals and all(_PERSONAL.fullmatch(part) for part in full)
        return _Name(text, 0, False, meant=meant) if unknown or (meant and not any(ordinary)) else None

    def _is_surname(self, word: str) -> bool:
        """Whether a word in small letters is some author's last name and nothing else."""
        return bool(self._entities.before(fold(word))) and not (is_english(word) or self._entities.held([word]))
