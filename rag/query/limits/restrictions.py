"""What a question restricts, held against a library: its constraints → filters, papers left out, and notes on both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from rag.index import LexicalIndex
from rag.papers.shelf import Shelf
from rag.query.lexicon.entities import Named, names_in, owned
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.typos import similar_authors
from rag.query.limits.authors import People, PeopleReading
from rag.query.limits.constraints import Constraints, read_constraints
from rag.text.grammar import plural
from rag.text.names import name_matches, name_words
from rag.text.readable import readable
from rag.types import Filters, Note

_SEPARATORS = re.compile(r"(?:\s|(?<=[^\W\d_]{2})[-\u2010\u2011/](?=[^\W\d_]{2}))+")
"""Between words, and between the parts of a joined one; a name with a figure stays whole."""
_SEVERAL = re.compile(r"\s+(?:and|or)\s+")
_MOST_OFFERED = 3
"""Authors offered instead of one that is unknown."""


class Restrictions:
    """Reads restrictions against a library; safe to share between threads."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def read(self, text: str) -> Constraints:
        """Days, authors and ids that a text names, and what it does not want."""
        state = self._known.state()
        vocabulary = state.speller.vocabulary
        people = partial(People, self._known.entities, vocabulary.is_ordinary)
        found = read_constraints(text, state.first, state.last, people, lambda: self._wants_several(text))
        if found.people and not found.people.asked:  # "how does Search-R1 differ from what Jimmy Lin does?"
            named = owned(names_in(text, self._known.entities, vocabulary))
            theirs = self._known.shelf.select(Filters(author=self._author(found.people))) or frozenset()
            if named and theirs.isdisjoint(named):
                return replace(found, people=None)
        return found

    def _wants_several(self, text: str) -> bool:
        return self._known.intents.read(text).shape(restricted=True) in ("list", "topic")

    def replacements(self, found: Constraints) -> list[tuple[int, int, str]]:
        """Edits that take the constraints out of a text; a paper that is only compared with leaves its title."""
        cut = [(start, end, " ") for start, end in found.spans]
        related = [one for one in found.identifiers if not one.restricts]
        titles = self._known.shelf.papers([one.paper_id for one in related])
        return cut + [
            (one.start, one.end, readable(titles[one.paper_id].title)) for one in related if one.paper_id in titles
        ]

    def filters(self, found: Constraints, given: Filters, of: str = "") -> tuple[Filters, list[Note]]:
        """Fill what is not given explicitly from the question, or from the words `of` a side of what it compares."""
        read, parts, notes = given, [], list[Note]()
        if found.dates and not (given.date_from or given.date_to):
            begin, end = found.period
            read = replace(read, date_from=begin, date_to=end)
            since, until = f" from {begin}" if begin else "", f" to {end}" if end else ""
            seen = f" (the newest is of {self._known.state().last})" if any(one.relative for one in found.dates) else ""
            parts.append(f"reports{since}{until}{seen}")
        if found.people and not given.author:
            author = self._author(found.people)
            read = replace(read, author=author)
            parts.append(f"papers by {author}")
            notes += _spelling(found.people)
        if found.field and not given.has:
            read = replace(read, has=found.field)
            parts.append(f"papers whose abstract names {found.field}")
        if not parts:
            return read, notes
        source = f"the question, of “{of}”" if of else "the question"
        return read, [*notes, Note(code="filter_read", text=f"Read from {source}: {', '.join(parts)}.")]

    def similar(self, filters: Filters) -> tuple[str, ...]:
        """Authors whom the filters may mean where they name somebody that nobody is, as their papers write them."""
        shelf, entities = self._known.shelf, self._known.entities
        unknown = [name for name in _SEVERAL.split(filters.author or "") if name and not shelf.is_author(name)]
        found: list[str] = []
        for name in (other for one in unknown for other in similar_authors(entities, one)):
            papers = shelf.papers(sorted(shelf.select(Filters(author=name)) or ())[:1]).values()
            words = name_words(name)
            found += [author for paper in papers for author in paper.authors if name_matches(words, name_words(author))]
        return tuple(dict.fromkeys(map(readable, found)))[:_MOST_OFFERED]

    def left_out(self, found: Constraints) -> tuple[Mapping[str, frozenset[str]], list[Note]]:
        """The papers that a question does not want, by what sorts they are ("by X"), and a note on each."""
        sorts: dict[str, frozenset[str]] = {}
        for one in found.not_about:
            sorts[f'that mention "{one.subject}"'] = self.mentioning(one.subject)
        for people in found.not_by:
            author = self._author(people)
            sorts[f"by {author}"] = self._known.shelf.select(Filters(author=author)) or frozenset()
        notes = [note for people in found.not_by for note in _spelling(people)] + [
            Note(code="left_out", text=f"Left out: {plural(len(ids), 'paper')} {sort}.") for sort, ids in sorts.items()
        ]
        return sorts, notes

    def outside(self, names: Sequence[Named], filters: Filters, left_out: Mapping[str, frozenset[str]]) -> list[Note]:
        """A note on each name that means one paper which may not answer, and what leaves it out.

        Args:
            names: What a question names.
            filters: In force.
            left_out: The papers that it does not want, by what sorts they are.
        """
        notes = []
        for name in names:
            for paper in self._known.shelf.papers(owned([name])).values():
                why = [said for said, allowed in self._allowed(filters) if paper.paper_id not in allowed]
                why += [f"all but papers {sort}" for sort, ids in left_out.items() if paper.paper_id in ids]
                day = "" if paper.undated else f" ({paper.date})"
                if why:
                    text = f"“{name.text}”{day} is outside of what was asked for: {', '.join(why)}."
                    notes.append(Note(code="outside", text=text))
        return notes

    def _allowed(self, filters: Filters) -> Iterator[tuple[str, frozenset[str]]]:
        """What is restricted, in words, with the papers that each restriction allows by itself."""
        groups = filters.groups()
        for group, said in groups.items():
            alone = filters
            for other in groups.keys() - {group}:
                alone = alone.without(other)
            yield said, self._known.shelf.select(alone) or frozenset()

    def mentioning(self, phrase: str) -> frozenset[str]:
        """The papers that hold every word of a phrase."""
        with self._known.library.indexes() as indexes:
            return mentioning(phrase, indexes.lexical, self._known.shelf)

    def _author(self, people: PeopleReading) -> str:
        """The names as `Filters.author`: of people named together who never wrote together, either is meant."""
        names = [" ".join(name.split()) for name in people.names]
        together = " and ".join(names)
        if people.alternatives:
            return " or ".join(names)
        if len(names) > 1 and all(people.known) and not self._known.shelf.select(Filters(author=together)):
            return " or ".join(names)
        return together


def _spelling(people: PeopleReading) -> list[Note]:
    return [
        Note(code="spelling", text=f'Searched for the author "{meant}" instead of "{typed}".')
        for typed, meant in zip(people.typed, people.names, strict=True)
        if typed != meant
    ]


def mentioning(phrase: str, lexical: LexicalIndex, shelf: Shelf) -> frozenset[str]:
    """Ids of the papers that hold every word of a phrase; none where the phrase has no word that is indexed.

    The parts of a joined word are wanted together: "retrieval-augmented" is not retrieval or augmented.
    """
    terms = [word for word in _SEPARATORS.split(phrase) if lexical.analyze(word)]
    hits = ([hit for hit, _ in lexical.query(word, lexical.count())] for word in terms)
    found = [frozenset(row.paper_id for row in shelf.chunk_rows(one).values()) for one in hits]
    return frozenset.intersection(*found) if found else frozenset()
