"""What a span of text names, which papers that is, and how strongly: the one answer to "which paper is X?"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.papers.claims import Claim
from rag.papers.entities import Entities, Naming
from rag.query.lexicon.typos import is_english
from rag.query.lexicon.vocabulary import Vocabulary
from rag.query.rules import load_rules
from rag.text.folding import fold, plain, unmarked
from rag.text.names import is_name

FEW = 3
"""A name that more papers are called by, or introduce, means none of them."""
MANY = 60
"""Papers looked at for one name; one that as many hold is an everyday one."""
_LONG = 12
"""Letters from which on words that stand in a title are meant for one, however they are written."""
_TITLE = range(2, 13)
"""Words of a name of several that is looked for in a question."""
_SURE = 4
"""Words from which on they are a title, however they are written."""
_SHORTEST, _OTHER, _TWICE = 5, 7, 9
"""Letters from which a name is nearly another's; from which it is with another letter, and with two slips."""
_DIGITS = re.compile(r"\d")
_WITHIN_A_WORD, _BETWEEN_WORDS = r"[-\u2010\u2011./_'\u2019\s]?", r"[\W_]{0,3}"
"""What may stand between two letters of a name of one word, and of a title."""
_TOKEN = re.compile(r"[^\W_](?:[\w.+@²³-]*[\w+²³])?")
_STRANGER = re.compile(r"(?<![\w/.@-])[A-Za-z][\w-]*(?:[A-Z]|\d)[\w-]*(?<!-)")


@dataclass(frozen=True, slots=True)
class Named:
    """A span of text with the papers that claim it as a name, the strongest claims first, at most `MANY`."""

    text: str
    namings: tuple[Naming, ...]

    def papers(self, *claims: Claim) -> list[str]:
        """Ids of the papers with one of some claims."""
        return [one.paper_id for one in self.namings if one.claim in claims]

    @property
    def owners(self) -> list[str]:
        """The papers that are called so, or else those that introduce it."""
        return self.papers(Claim.CALLED) or self.papers(Claim.INTRODUCED)

    @property
    def is_coined(self) -> bool:
        """Whether a paper introduces it as a proper name, spelt alike, and no other paper has the word."""
        surfaces = [one.surface for one in self.namings]
        return self.text[:1].isupper() and surfaces == [self.text] and bool(self.owners)


def resolve(entities: Entities, text: str) -> Named:
    """What a span names, whatever it is: a system, a title, a part of one, an acronym."""
    return Named(text, tuple(entities.namings(text, MANY)))


def owned(names: Sequence[Named]) -> tuple[str, ...]:
    """The papers that names mean, one each; a name that several papers have means none of them."""
    owners = (name.owners if is_name(name.text) or name.is_coined else name.papers(Claim.CALLED) for name in names)
    return tuple(dict.fromkeys(papers[0] for papers in owners if len(papers) == 1))


def held_alone(names: Sequence[Named]) -> tuple[str, ...]:
    """The papers that alone hold one of some names, whatever they claim of it: a system that one re-runs, say."""
    return tuple(
        dict.fromkeys(name.namings[0].paper_id for name in names if len(name.namings) == 1 and is_name(name.text))
    )


def titled(entities: Entities, text: str) -> tuple[list[str], bool]:
    """The few papers that a span means where it can only mean papers, and whether it stands in a few titles at least.

    Words inside a title may name what it builds on, or mimic a title that is better known.
    """
    named = resolve(entities, text)
    by_few = is_name(text) or len(named.namings) <= FEW
    meant = named.papers(Claim.CALLED, Claim.PART) or (named.papers(Claim.INTRODUCED) if by_few else [])
    within = len(fold(text)) >= _LONG and 0 < len(entities.titled(text, FEW + 1)) <= FEW
    return meant if len(meant) <= FEW else [], within


def called(names: Sequence[Named]) -> tuple[str, ...]:
    """The papers that are called by a name, spelt as it is, and that share it with no other paper."""
    found: list[str] = []
    for name in names:
        papers = {one.paper_id: one.surface for one in name.namings if one.claim == Claim.CALLED}
        if len(papers) == 1 and name.text in papers.values():
            found += papers
    return tuple(dict.fromkeys(found))


def names_in(text: str, entities: Entities, vocabulary: Vocabulary) -> tuple[Named, ...]:
    """What is named in a text, wherever it stands: whole titles, and words that are no others than names."""
    tokens = list(_TOKEN.finditer(text))
    titles = dict(_titles(text, tokens))
    held = entities.held([*titles.values(), *(token[0] for token in tokens)])
    found: dict[str, Named] = {}
    done = 0
    for (start, end), span in titles.items():
        if span in held and start >= done and len((named := resolve(entities, span)).owners) in range(1, FEW + 1):
            found[span], done = named, end
    for n, token in enumerate(tokens):
        word = token[0]
        entry = vocabulary.entries.get(fold(word))
        written = is_name(word) or (n and word[0].isupper()) or (entry and is_name(entry.surface))
        # "Speeder, how fast?": what opens a question has a capital anyway
        alone = word[0].isupper() and entry is not None and entry.papers == 1 and entry.surface == word
        if word not in found and word in held and (written or alone or not is_english(word)):
            found[word] = resolve(entities, word)
    return tuple(found.values())


def _titles(text: str, tokens: list[re.Match[str]]) -> Iterator[tuple[tuple[int, int], str]]:
    """The spans of several words that may be a title or a name, the longest at each place first."""
    for n in range(len(tokens)):
        for size in reversed(_TITLE):
            if n + size <= len(tokens):
                span = text[tokens[n].start() : tokens[n + size - 1].end()]
                if size >= _SURE or all(
                    token[0][0].isupper() or token[0][0].isdigit() for token in tokens[n : n + size]
                ):
                    yield (tokens[n].start(), tokens[n + size - 1].end()), span


def strangers(text: str, vocabulary: Vocabulary) -> list[str]:
    """The names in a text that stand nowhere in the library, told by their longest part: ``QueryForge`` of a -9B."""
    return [name for name in dict.fromkeys(_STRANGER.findall(text)) if not is_held(name, vocabulary)]


def near_names(name: str, entities: Entities, vocabulary: Vocabulary) -> dict[str, bool]:
    """The systems of single papers whose names are nearly one that stands nowhere, the nearest first.

    They differ in a letter, long ones in two, not in a digit: "Qwen4" is no slip. Of each it is said whether letters
    were only swapped, left out or added; with another letter, a name may be a known system's: LightGCN is not LightGNN.
    """
    key = fold(name)
    if len(key) < _SHORTEST or not key.isascii():
        return {}
    found: dict[str, bool] = {}
    for other, _ in sorted(vocabulary.near(key, 2 if len(key) >= _TWICE else 1), key=lambda near: (near[1], near[0])):
        meant = vocabulary.entries[other].surface
        slipped = not (Counter(key) - Counter(other) and Counter(other) - Counter(key))
        if (
            other != key
            and is_name(meant)
            and _DIGITS.findall(key) == _DIGITS.findall(other)
            and (slipped or len(key) >= _OTHER)
            and owned([resolve(entities, meant)])
        ):
            found[meant] = slipped
    return found


def stands_in(name: str, text: str) -> bool:
    """Whether a text holds a name, in whichever case and with whichever separators: MoleDB is MOLEDB and "Mole-DB".

    "OneRec" does not stand in "OneRec-Think".
    """
    return any(_is_meant(match[0], name) for match in _spelt(name).finditer(unmarked(text)))


@lru_cache
def _spelt(name: str) -> re.Pattern[str]:
    between = _BETWEEN_WORDS if len(name.split()) > 1 else _WITHIN_A_WORD
    letters = between.join(map(re.escape, fold(name)))
    return re.compile(rf"(?<![\w-])(?i:{letters})(?!\w|-[A-Z\d])")


def _is_meant(found: str, name: str) -> bool:
    """Whether letters that spell a name are meant for it: "plum" is a fruit, and "a net" is no ANet."""
    words = found.split()
    if len(words) > 1:
        return plain(found) == plain(name) or all(word[0].isupper() or word[0].isdigit() for word in words)
    parts = re.findall(r"[^\W_]+", found)
    return not found.islower() or not (is_english(fold(found)) or all(map(is_english, parts)))


def asks_of_a_stranger(question: str, vocabulary: Vocabulary) -> bool:
    """Whether a question asks how or what such a name is or does: nothing else in it can be answered."""
    rules = load_rules("names")
    return any(
        rules["asked_of"].find(question, 0, match.start())
        for match in _STRANGER.finditer(question)
        if not (is_held(match[0], vocabulary) or rules["chat_model"](match[0]))
    )


def is_held(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a paper holds a name, told by its longest part."""
    part = max(re.findall(r"[^\W_]+", name), key=len)
    return part in vocabulary or part.rstrip("s") in vocabulary
