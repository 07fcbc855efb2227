"""Why a paper is recommended: a sentence of its abstract, the kept paper that it is like, and what both are about.

The ranking is made without it and stays as it is (Prism, 2511.16543: rank first, explain apart). What both are about is
a phrase that the sentence and the kept paper's title hold, so that whoever reads the sentence sees that it is so; where
there is none, no reason is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rag.cards.abstract import own_name
from rag.follow.profile import Interest, Profile
from rag.follow.promotion import honest
from rag.follow.quiz.gaps import abstract_sentences
from rag.follow.recommendation import Recommendation
from rag.follow.space import Vectors, space_of
from rag.index.library import Library
from rag.models import embed_texts
from rag.models.sentence_roles import ROLES, load_roles
from rag.text.readable import readable
from rag.themes.labels import Lexicon
from rag.themes.words import ABSTRACT_BREAKS, TITLE_BREAKS
from rag.types import SEPARATOR, Paper

ALIKE = 0.6
"""Least cosine similarity of a paper to the kept one that it is said to resemble."""
NEAR = 0.5
"""Least such similarity of the sentence to that paper, and to its title and abstract what it says besides."""
TELLING, ALONE, RARER = 0.27, 0.38, 0.57
"""Least idf of the words of a phrase, together, in shares of that of a word that nothing in the library holds: of a
phrase that tells two papers from the rest of their field, of a single word, and of one in a sentence that tells no more
than what is known of the field."""
TYPED = 0.4
"""Least cosine similarity of a sentence to what was typed: questions and passages lie further apart."""
TRIED = 4
"""Sentences that are compared, the most telling."""
_OWN = [ROLES.index("objective"), ROLES.index("method")]
_TOLD = [*_OWN, ROLES.index("result")]
_CAMEL = re.compile(r"[a-z][A-Z]")
"""In a name that is an ordinary word in no spelling."""

Weigh = Callable[[Collection[str]], Mapping[str, float]]
Terms = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a paper is recommended.

    Attributes:
        start: Where the sentence begins in the paper's stored text; ``paper.text[start:end]`` is it, verbatim.
        end: Where it ends.
        kept_id: The kept paper that it resembles; None where it is a sentence that the reader typed.
        interest: Key of the interest.
        both_on: What both are about, as the sentence has it; empty where the reader typed.
    """

    paper_id: str
    start: int
    end: int
    kept_id: str | None
    interest: str
    both_on: str = ""


def reasons(
    library: Library, profile: Profile, recommendations: Sequence[Recommendation]
) -> Mapping[str, Reason | None]:
    """Explain recommendations, by paper; None where no sentence bears the reason."""
    interests = {one.key: one for one in profile.interests}
    shown = [one for one in recommendations if one.interest in interests]
    of = {one.interest: _compared(profile, interests[one.interest]) for one in shown}
    papers = library.shelf.papers([one.paper_id for one in shown])
    kept = library.shelf.papers([one for ids in of.values() for one in ids])
    found: dict[str, Reason | None] = {one.paper_id: None for one in recommendations}
    with library.indexes() as indexes:
        terms, weigh = indexes.lexical.analyze, indexes.lexical.idf
        for one in shown:
            if paper := papers.get(one.paper_id):
                against = _against(profile, interests[one.interest], kept)
                found[one.paper_id] = _reason(library, profile, paper, against, terms, weigh)
    return found


@dataclass(frozen=True, slots=True)
class _Against:
    """What a paper is compared with: the newest kept papers of an interest, or what was typed.

    Attributes:
        kept: Ids of the papers; none where it was typed.
        texts: One a paper, or what was typed; `titles` likewise.
        vectors: Theirs, in the same order [n, d].
    """

    interest: Interest
    kept: Sequence[str]
    texts: Sequence[str]
    titles: Sequence[str]
    vectors: Vectors


def _against(profile: Profile, interest: Interest, papers: Mapping[str, Paper]) -> _Against:
    """What papers of an interest are compared with; kept papers that were removed since are left out."""
    vectors = profile.tastes[interest.key].papers
    if interest.sentence:
        return _Against(interest, (), [interest.sentence], [interest.sentence], vectors)
    ids = _compared(profile, interest)
    rows = [n for n, one in enumerate(ids) if one in papers]
    those = [papers[ids[n]] for n in rows]
    texts = [readable(f"{one.title}{SEPARATOR}{one.abstract}") for one in those]
    return _Against(interest, [ids[n] for n in rows], texts, [readable(one.title) for one in those], vectors[rows])


def _compared(profile: Profile, interest: Interest) -> tuple[str, ...]:
    """The papers of an interest whose vectors the profile holds, in their order."""
    return interest.papers[-len(profile.tastes[interest.key].papers) :] if interest.papers else ()


class _Sentence(NamedTuple):
    """A sentence of a paper: its place in the stored text, and how it reads."""

    start: int
    end: int
    text: str


class _Shared(NamedTuple):
    """A phrase that a sentence shares with a kept paper's title; the greater one is the better reason.

    Attributes:
        titled: Whether the paper's own title holds it.
        told: Whether the sentence says more than what is known of the field.
        weight: Idf of its words, together, in shares of the greatest.
        own: Chance that the sentence says what the paper sets out to do, or how.
        sentence: Number of the sentence; `kept`: of the kept paper.
        phrase: As the sentence has it.
    """

    titled: bool
    told: bool
    weight: float
    own: float
    sentence: int
    kept: int
    phrase: str


def _reason(
    library: Library, profile: Profile, paper: Paper, against: _Against, terms: Terms, weigh: Weigh
) -> Reason | None:
    """The sentence that tells most of what the paper shares with one of those; None where none tells enough."""
    space = space_of(library)
    if paper.paper_id not in space.row or not against.texts:  # removed since the profile was made
        return None
    left = honest(paper, profile.said)
    spans = [_Sentence(*one) for one in abstract_sentences(paper) if paper.text[one[0] : one[1]] in left]
    spans = [one for one in spans if "http" not in one.text]
    if not spans:
        return None
    if not against.kept:
        return _typed(library, paper, spans, against, terms, weigh)
    alike = space.vectors[space.row[paper.paper_id]] @ against.vectors.T >= ALIKE
    shared = sorted(_shared(paper, spans, against, terms, weigh), key=lambda one: one[:4], reverse=True)
    tried = [one for one in shared if alike[one.kept]][:TRIED]
    said = embed_texts(library.embedding, [spans[one.sentence].text for one in tried]) if tried else ()
    for one, vector in zip(tried, said, strict=True):
        if float(vector @ against.vectors[one.kept]) >= NEAR:
            start, end, _ = spans[one.sentence]
            return Reason(paper.paper_id, start, end, against.kept[one.kept], against.interest.key, one.phrase)
    return None


def _shared(
    paper: Paper, spans: Sequence[_Sentence], against: _Against, terms: Terms, weigh: Weigh
) -> Iterator[_Shared]:
    """The most telling phrase of each sentence with each kept paper's title, where both papers are about it.

    A paper is about what its title holds, and about what it says that it sets out to do, or how; a single word has to
    stand in its title. What holds the name of the paper's own system is nothing that another is about.
    """
    lexicon = Lexicon(terms)
    naming = _naming(paper)
    titled = set(lexicon.phrases(readable(paper.title), TITLE_BREAKS))
    theirs = [set(lexicon.phrases(title, TITLE_BREAKS)) for title in against.titles]
    roles = load_roles().roles([one.text for one in spans])
    for number, one in enumerate(spans):
        held = {key: text for key, text in lexicon.spelled(one.text, ABSTRACT_BREAKS) if not naming.search(text)}
        stems = {key: set(terms(text)) for key, text in held.items()}
        weights = weigh({""}.union(*stems.values()))
        told, own = int(roles[number].argmax()) in _TOLD, float(roles[number, _OWN].sum())
        for kept, keys in enumerate(theirs):
            found = []
            for key in keys & held.keys():
                several = len(stems[key]) > 1
                weight = sum(weights[stem] for stem in sorted(stems[key])) / weights[""]
                least = RARER if not told else TELLING if several else ALONE
                if weight >= least and (key in titled or (several and int(roles[number].argmax()) in _OWN)):
                    found.append(_Shared(key in titled, told, round(weight, 6), own, number, kept, held[key]))
            if found:
                yield max(found)


def _naming(paper: Paper) -> re.Pattern[str]:
    """What names the paper's own, as words of a phrase: "SPARSE" is not in "sparse retrieval", "iterqr" is IterQR."""
    name = own_name(paper.title)
    flags = re.IGNORECASE if _CAMEL.search(name) else re.NOFLAG
    return re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])" if name else r"(?!)", flags)


def _typed(
    library: Library, paper: Paper, spans: Sequence[_Sentence], against: _Against, terms: Terms, weigh: Weigh
) -> Reason | None:
    """The sentence that is nearest to what the reader typed, of those that share most of its words."""
    asked = set(terms(against.texts[0]))
    held = [set(terms(one.text)) & asked for one in spans]
    weights = weigh(set().union(*held))
    telling = sorted(range(len(spans)), key=lambda n: -sum(weights[stem] for stem in sorted(held[n])))[:TRIED]
    said = embed_texts(library.embedding, [spans[n].text for n in telling])
    likeness = said @ against.vectors[0]
    best = int(likeness.argmax())
    if likeness[best] < TYPED:
        return None
    start, end, _ = spans[telling[best]]
    return Reason(paper.paper_id, start, end, None, against.interest.key)
