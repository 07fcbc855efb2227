"""Companies and other institutions whose papers are asked for: known by their names in titles and abstracts alone.

Reports name authors and not where they work. That such papers are asked for is learnt; the name is what is left of the
question once the words that only ask are taken away, and is spelt as the library's texts spell it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from rag.papers.shelf import Shelf
from rag.query.lexicon.typos import is_english
from rag.query.lexicon.vocabulary import Vocabulary
from rag.query.rules import load_rules
from rag.text.folding import fold
from rag.text.readable import readable

_WORD = re.compile(r"[^\W_][\w.&+-]*\w|\w")
_MOST_WORDS = 4


class Institution(NamedTuple):
    """Whose papers are asked for.

    Attributes:
        name: As texts spell it.
        rest: The question without the name and what leads to it.
        led: Whether the words around it say that papers are its own: "from X", "X papers".
    """

    name: str
    rest: str
    led: bool

    @property
    def alone(self) -> bool:
        """Whether nothing is said of what the papers are to be about."""
        asked = load_rules("institutions").words["asks"]
        return not any(word[0].lower() not in asked for word in _WORD.finditer(self.rest))


def read_institution(search: str, vocabulary: Vocabulary) -> Institution | None:
    """The name in a question for the papers of an institution.

    Args:
        search: The question without the words that became filters.
        vocabulary: The library's words.

    Returns:
        None where there is no name, or more than one.
    """
    rules = load_rules("institutions")
    asked = rules.words["asks"]
    words = list(_WORD.finditer(search))
    named = [n for n, word in enumerate(words) if word[0].lower() not in asked and _is_name(word[0], n, vocabulary)]
    if not named:
        return None
    led = [n for n in named if rules["of"].find(search, 0, words[n].start())]
    first = last = (led or named)[0]
    while last + 1 in named and last + 1 - first < _MOST_WORDS and search[words[last].end()] == " ":
        last += 1
    if any(not first <= n <= last for n in named):  # of two names neither alone is meant
        return None
    start, end = words[first].start(), words[last].end()
    lead, tail = rules["of"].find(search, 0, start), rules["people"].at(search, end)
    made = rules["made"].at(search, end)
    rest = f"{search[: lead.start() if lead else start]} {search[tail.end() if tail else end :]}"
    name = _spelt(search[start:end].removesuffix("'s"), vocabulary)
    return Institution(name, " ".join(rest.split()), bool(led or tail or made))


def mentioned_by(name: str, papers: Collection[str], shelf: Shelf) -> frozenset[str]:
    """Those of some papers in whose title or abstract a name stands, spelt so where it has a capital."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", 0 if name != name.lower() else re.IGNORECASE)
    return frozenset(one.paper_id for one in shelf.papers(papers).values() if pattern.search(readable(one.lead)))


def _is_name(word: str, place: int, vocabulary: Vocabulary) -> bool:
    """Whether a word is written as a name, by the reader or else by the library."""
    entry = vocabulary.entries.get(fold(word))
    held = entry is not None and not entry.surface.islower()
    written = word[0].isupper() and (place > 0 or not is_english(word))
    return any(map(str.isalpha, word)) and (written or held)


def _spelt(name: str, vocabulary: Vocabulary) -> str:
    """A name as the library's texts spell it, where it was typed in small letters."""
    parts = [entry.surface if (entry := vocabulary.entries.get(fold(part))) else part for part in name.split()]
    return " ".join(parts) if name.islower() else name
