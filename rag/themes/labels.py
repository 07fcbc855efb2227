"""Names of themes: phrases that set a theme's papers apart, as a researcher would write them.

The weight of a word in a theme is a class-based TF-IDF (c-TF-IDF; Grootendorst, "BERTopic", 2022, section 3.3): the
share of the theme's papers that use it, times the logarithm of how rare it is in the other themes, times its idf in the
library. A name is the phrase of the theme's titles whose words weigh most together.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rag.text.readable import readable
from rag.themes.words import ABSTRACT_BREAKS, OPENERS, TITLE_BREAKS, closes
from rag.types import Paper

LONGEST = 4
"""Words of a phrase."""
TITLE, ABSTRACT = 1.0, 0.4
"""What a word counts in a paper whose title, or only whose abstract, holds it."""
ASKED = 0.2
"""What a word of the topic itself weighs: it tells no theme apart, but completes a phrase."""
LONE = 0.25
"""What a word weighs that only one of a theme's papers uses, in shares of its full weight."""
RARE = 3.0
"""Least idf of a word that names a theme alone."""
BRIEFNESS = 0.6
"""A phrase's weight is the sum of its words' over their number to this power."""
WHOLE, WHOLE_WORD = 0.34, 0.5
"""Least share of a phrase's, or a single word's, occurrences after which no other word of a phrase follows."""
NEARLY = 0.4
"""Weight, in shares of a single word's, from which a longer phrase is the better name."""
SHARED = 0.5
"""What a phrase is worth that only one paper of a theme uses, in shares of one that all use."""
ENOUGH = 0.6
"""Share of a theme's papers that one phrase has to hold to name it alone."""
SECOND = 0.3
"""Least weight of a second phrase over the papers that lack the first, in shares of the first's weight."""

WORD = re.compile(r"[^\W_]+(?:[-–’'][^\W_]+)*[+#]*")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?![\w-])")
"""A word that is capitalised in the middle of a sentence."""
_LOWER = re.compile(r"(?<![^\W_])[a-z]+")

Key = tuple[str, ...]
Terms = Callable[[str], Collection[str]]
Weigh = Callable[[Collection[str]], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class _Read:
    """A paper's stems with what they count, and its phrases by where they stand."""

    stems: Mapping[str, float]
    title: frozenset[Key]
    abstract: frozenset[Key]


@dataclass
class Lexicon:
    """The ways in which stems and phrases are written."""

    terms: Terms
    stems: dict[str, str] = field(default_factory=dict)
    written: defaultdict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    ended: Counter[Key] = field(default_factory=Counter)
    capital: set[str] = field(default_factory=set)
    lower: set[str] = field(default_factory=set)

    def read(self, paper: Paper) -> _Read:
        """Take in a paper."""
        title, abstract = readable(paper.title), readable(paper.abstract)
        self.note_case(abstract)
        in_title = frozenset(self.phrases(title, TITLE_BREAKS))
        in_abstract = frozenset(self.phrases(abstract, ABSTRACT_BREAKS))
        stems = {key[0]: ABSTRACT for key in in_abstract if len(key) == 1}
        stems |= {stem: ABSTRACT for key in in_abstract for stem in key}
        stems |= {stem: TITLE for key in in_title for stem in key}
        return _Read(stems, in_title, in_abstract)

    def note_case(self, text: str) -> None:
        """Note which words of a text are written small, and which are capitalised within a sentence."""
        self.capital.update(_CAPITAL.findall(text))
        self.lower.update(_LOWER.findall(text))

    def phrases(self, text: str, breaks: Collection[str]) -> Iterator[Key]:
        """The phrases of a text that may be a name, as stems; how they are written is noted."""
        return (key for key, _ in self.spelled(text, breaks))

    def spelled(self, text: str, breaks: Collection[str]) -> Iterator[tuple[Key, str]]:
        """The same, each with the words that it is there."""
        for run in _runs(text, breaks):
            stems = [self.stem(word) for word in run]
            ends = [n for n, word in enumerate(run, start=1) if closes(word)]
            for start, word in enumerate(run):
                if word.lower() in OPENERS:
                    continue
                for end in (n for n in ends if start < n <= start + LONGEST):
                    key = tuple(stems[start:end])
                    if len(set(key)) == len(key):
                        words = " ".join(run[start:end])
                        self.written[key][words] += 1
                        self.ended[key] += end == len(run)
                        yield key, words

    def stem(self, word: str) -> str:
        """One stem a word, so that ``re-ranking`` and ``Reranking`` are one."""
        if word not in self.stems:
            parts = sorted(self.terms(re.sub("[-–]", "", word)))
            self.stems[word] = parts[0] if parts else word.lower()
        return self.stems[word]

    def spell(self, key: Key) -> str:
        """A phrase in its most frequent spelling, its ordinary words in lower case."""
        spellings: Counter[str] = Counter()
        for surface, count in self.written[key].items():
            spellings[" ".join(map(self._cased, surface.split()))] += count
        return min(spellings, key=lambda text: (-spellings[text], text))

    def whole(self, key: Key) -> bool:
        """Whether a phrase is no mere beginning of longer ones: "gender" of "gender bias"."""
        return self.ended[key] >= (WHOLE_WORD if len(key) == 1 else WHOLE) * self.written[key].total()

    def _cased(self, word: str) -> str:
        return re.sub(r"[^\W_]+", lambda part: self._lowered(part[0]), word)

    def _lowered(self, word: str) -> str:
        proper = word in self.capital and word.lower() not in self.lower
        return word.lower() if word[1:].islower() and not proper else word


def name_themes(
    themes: Sequence[Sequence[Paper]], others: Sequence[Paper], topic: str, terms: Terms, weigh: Weigh
) -> list[str]:
    """Name groups of papers that share a topic.

    Args:
        themes: The papers of each, at least one.
        others: Papers near the topic that are in no theme: what they share does not set a theme apart.
        topic: What the papers have in common: its words alone name no theme.
        terms: Text to index terms.
        weigh: Index terms to their idf in the library.

    Returns:
        One name a theme; empty where its titles hold no phrase.
    """
    lexicon = Lexicon(terms)
    read = [[lexicon.read(paper) for paper in papers] for papers in themes]
    outside = [lexicon.read(paper) for paper in others]
    idf = weigh({stem for papers in [*read, outside] for paper in papers for stem in paper.stems})
    asked = {lexicon.stem(word) for word in WORD.findall(topic)}
    titled = {key for papers in [*read, outside] for paper in papers for key in paper.title}
    names: list[str] = []
    for n, papers in enumerate(read):
        rest = [paper for m, group in enumerate(read) if m != n for paper in group]
        words = _word_weights(papers, rest, outside, asked, idf)
        names.append(_name(papers, _phrase_weights(papers, titled, words, asked, idf, lexicon.whole), lexicon, names))
    return names


def _shares(papers: Sequence[_Read]) -> Mapping[str, float]:
    """What each stem counts in the mean of papers; those that none of them has are left out."""
    sums: defaultdict[str, float] = defaultdict(float)
    for paper in papers:
        for stem, counts in paper.stems.items():
            sums[stem] += counts
    return {stem: total / len(papers) for stem, total in sums.items()}


def _word_weights(
    papers: Sequence[_Read],
    rest: Sequence[_Read],
    outside: Sequence[_Read],
    asked: Collection[str],
    idf: Mapping[str, float],
) -> dict[str, float]:
    weights = {}
    own, others, near = _shares(papers), _shares(rest), _shares(outside)
    users = Counter(stem for paper in papers for stem in paper.stems)
    for stem, inside in sorted(own.items()):
        rarity = math.log(1 + inside / (others.get(stem, 0.0) + near.get(stem, 0.0) / 2 + 0.05))
        lone = LONE if len(papers) > 1 == users[stem] else 1.0
        weights[stem] = ASKED if stem in asked else lone * inside * rarity * math.sqrt(idf.get(stem, 0.0))
    return weights


def _phrase_weights(
    papers: Sequence[_Read],
    titled: Collection[Key],
    words: Mapping[str, float],
    asked: Collection[str],
    idf: Mapping[str, float],
    whole: Callable[[Key], bool],
) -> dict[Key, float]:
    held = Counter(key for paper in papers for key in paper.title | paper.abstract)
    in_title = {key for paper in papers for key in paper.title}
    weights = {}
    for key, count in held.items():
        if not (key in in_title or (count > 1 and key in titled)) or set(key) <= set(asked) or not whole(key):
            continue
        if len(key) == 1 and (idf.get(key[0], 0.0) < RARE or (count == 1 < len(papers))):
            continue
        support = SHARED + (1 - SHARED) * (count - 1) / max(len(papers) - 1, 1)
        weights[key] = support * sum(words[stem] for stem in key) / len(key) ** BRIEFNESS
    return weights


def _name(papers: Sequence[_Read], weights: Mapping[Key, float], lexicon: Lexicon, taken: Collection[str]) -> str:
    """The heaviest phrase, with a second one where the first says nothing about too many of the papers."""
    used = {name.lower() for name in taken}
    ranked = [
        key for key in sorted(weights, key=lambda key: (-weights[key], key)) if lexicon.spell(key).lower() not in used
    ]
    if not ranked:
        return ""
    first = _phrase(ranked, papers, weights)
    name = lexicon.spell(first)
    without = [paper for paper in papers if not _about(paper, first)]
    if len(without) > (1 - ENOUGH) * len(papers):
        fresh = [key for key in ranked if not set(key) & set(first)]
        gain = {key: weights[key] * sum(_about(paper, key) for paper in without) / len(without) for key in fresh}
        fresh.sort(key=lambda key: (-gain[key], key))
        second = _phrase(fresh, papers, gain) if fresh else first
        if gain.get(second, 0.0) >= SECOND * weights[first]:
            name = f"{name} and {lexicon.spell(second)}"
    return name[:1].upper() + name[1:]


def _phrase(ranked: Sequence[Key], papers: Sequence[_Read], weights: Mapping[Key, float]) -> Key:
    """The first phrase; where that is one word, a longer one around it or nearly as heavy, since one says little."""
    first = ranked[0]
    if len(first) > 1:
        return first
    around = [key for key in ranked if len(key) in (2, 3) and first[0] in (key[0], key[-1])]
    held = {key: sum(key in paper.title | paper.abstract for paper in papers) for key in around}
    heavy = [key for key in ranked if len(key) > 1 and weights[key] >= NEARLY * weights[first]]
    return min(around, key=lambda key: (-held[key] * weights[key], key), default=(heavy or [first])[0])


def _about(paper: _Read, key: Key) -> bool:
    """Whether a paper holds most words of a phrase."""
    return sum(stem in paper.stems for stem in key) > len(key) / 2


def _runs(text: str, breaks: Collection[str]) -> Iterator[list[str]]:
    """Runs of words between which nothing but white space stands, cut at words that belong to no name."""
    run: list[str] = []
    last = 0
    for match in WORD.finditer(text):
        between, last = text[last : match.start()], match.end()
        stops = match[0].lower() in breaks or match[0].isdigit() or len(match[0]) < 2
        if run and (between.strip() or stops):
            yield run
            run = []
        if not stops:
            run.append(match[0])
    if run:
        yield run
