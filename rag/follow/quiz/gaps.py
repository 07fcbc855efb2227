"""Gaps: a sentence of a paper with a name taken out, and what else might stand there; figures are in `amounts`.

What is taken out stands in the paper, so that it is right; what else is offered is of the same kind, stands in other
papers and nowhere in this one, so that it is wrong. A gap that its own sentence, the paper's title or the form of what
is offered gives away is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.cards.mentions import data_names
from rag.papers.claims import Claim, claims
from rag.text.folding import fold
from rag.text.names import is_kind
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Paper
from rag.types.card import Card

GAP = "____"
"""What stands in the place of what was taken out."""
OTHERS = 3
"""Wrong options beside the right one."""
_ARTICLE = re.compile(rf"\b([Aa])n?\s(?=[+~]?{GAP})")
_WITHIN = re.compile(rf"{GAP}\s+[A-Z\d]|(?<=[\w,] )[A-Z]\w*\s+{GAP}")
"""A gap that is only a part of a longer name."""
ADDRESS = re.compile(r"https?:|www\.|\.(?:com|org|io|ai)\b")
WORD = re.compile(r"[^\W_]+")
_DATA = re.compile(r"bench|data|corpus|bank|QA$|set$|eval", re.IGNORECASE)
"""In a name that tells of data or a benchmark: it is offered among its like."""
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONG = 3
"""Letters from which a part of a name tells something."""
LEAST_WORDS = 10
"""Words about a gap: fewer say nothing."""
MOSTLY = 0.3
"""Share of the abstracts with a name that speak of it as data, from which it is taken for data only."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A sentence with something taken out.

    Attributes:
        start: Of the sentence in `paper.text`, the quote.
        end: Of it.
        shown: Its readable form with the gap.
        taken: What was taken out.
        others: What might stand there as well, from other papers, each with its paper's id; the best first.
    """

    start: int
    end: int
    shown: str
    taken: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A paper with what is known of it.

    Attributes:
        card: What it says of itself; None where that is not known yet.
        name: The made-up name of what it calls its own and no other paper speaks of; empty where there is none.
        names: All made-up names that it calls its own.
    """

    paper: Paper
    card: Card | None
    name: str = ""
    names: tuple[str, ...] = ()


def name_gaps(asked: Known, near: Sequence[Known]) -> list[Gap]:
    """Gaps of the data that the paper's card names."""
    paper, card = asked.paper, asked.card
    if card is None:
        return []
    said = readable(paper.lead)
    others = [
        (readable(span.text), one.paper.paper_id)
        for one in near
        for span in (one.card.data if one.card else ())
        if _is_data(name := readable(span.text)) and not _tells(name, said) and not _stands(name, said)
    ]
    told = [text for one in near for _, _, text in abstract_sentences(one.paper)]
    found = []
    for start, end, text in abstract_sentences(paper):
        for span in card.data:
            name = readable(span.text)
            if not (start <= span.start < end and _is_data(name) and _can_be_gap(name, text, paper)):
                continue
            beside = [(other, source) for other, source in others if not _together(name, other, told)]
            fitting = _apart(beside, name)
            if len(fitting) >= OTHERS:
                found.append(Gap(start, end, opened(_whole(name).sub(GAP, text)), name, fitting))
    return found


def system_gaps(asked: Known, near: Sequence[Known]) -> list[Gap]:
    """Gaps of the name that the paper calls its own."""
    paper, name = asked.paper, asked.name
    if not name:
        return []
    said = readable(paper.lead)
    of_data = bool(_DATA.search(name))
    others = [
        (one.name, one.paper.paper_id)
        for one in near
        if one.name and bool(_DATA.search(one.name)) == of_data and not _tells(one.name, said)
    ]
    found = []
    whole = _whole(name)
    for start, end, text in abstract_sentences(paper):
        shown = opened(whole.sub(GAP, text))
        if GAP not in shown or not _is_told(shown) or _says_little(asked.card, start, end, shown):
            continue
        fitting = tuple((other, source) for other, source in _apart(others, name) if not gives_away(other, shown))
        if len(fitting) >= OTHERS and not gives_away(name, shown) and name.casefold() not in shown.casefold():
            found.append(Gap(start, end, shown, name, fitting))
    return found


def opened(shown: str) -> str:
    """A sentence in which no article before a gap says with what sound it begins."""
    return _ARTICLE.sub(r"\1(n) ", shown)


def masked(text: str, names: Iterable[str]) -> str:
    """A text in which names are gaps."""
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", GAP, text, flags=re.IGNORECASE)
    return text


def abstract_sentences(paper: Paper) -> list[tuple[int, int, str]]:
    """Start and end in `paper.text` of each sentence of the abstract, and its readable form."""
    at = paper.abstract_start
    return [(at + a, at + b, readable(paper.abstract[a:b])) for a, b in sentences(paper.abstract)]


# --- names ----------------------------------------------------------------------------------------------------------


def _can_be_gap(name: str, text: str, paper: Paper) -> bool:
    """Whether neither title nor sentence says what is taken out."""
    shown, times = _whole(name).subn(GAP, text)
    rest = f"{readable(paper.title)} {shown}"
    return (
        times == 1
        and not _tells(name, rest)
        and not gives_away(name, rest)
        and _is_told(shown)
        and name.casefold() not in rest.casefold()
    )


def _whole(name: str) -> re.Pattern[str]:
    """A name where it stands by itself: neither in another word nor in a compound."""
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")


def _tells(name: str, text: str) -> bool:
    """Whether a text holds a telling word of a name."""
    heard = {word.casefold() for word in WORD.findall(text)}
    return any(word.casefold() in heard for word in WORD.findall(name) if _is_telling(word))


def _is_telling(word: str) -> bool:
    return len(word) >= _LONG or any(map(str.isdigit, word))


def _is_data(name: str) -> bool:
    """Whether papers speak of a name as data, and hardly as anything else (`rag.cards.mentions`)."""
    as_data, in_all = data_names().get(name, (0, 0))
    return in_all > 0 and as_data / in_all >= MOSTLY


def _apart(others: Iterable[tuple[str, str]], name: str) -> tuple[tuple[str, str], ...]:
    """Names that share no telling word with the right one, nor with each other."""
    kept: list[tuple[str, str]] = []
    for other, source in others:
        if not any(_tells(other, known) or _tells(known, other) for known in (name, *(text for text, _ in kept))):
            kept.append((other, source))
    return tuple(kept)


def coined(paper: Paper) -> list[str]:
    """The made-up names that a paper calls its own, the surest first: one word each, with a capital inside."""
    found = sorted(
        (-claim, n, name)
        for n, (claim, name) in enumerate(claims(paper.title, paper.abstract).values())
        if claim in (Claim.CALLED, Claim.INTRODUCED) and _is_made_up(name)
    )
    return [name for _, _, name in found if not any(name in other for _, _, other in found if other != name)]


def _says_little(card: Card | None, start: int, end: int, shown: str) -> bool:
    """Whether a sentence is the paper's result without a figure: that something does well is said of everything."""
    span = card.result if card else None
    return span is not None and start <= span.start < end and not any(map(str.isdigit, shown))


def _is_made_up(name: str) -> bool:
    """Whether a word is a name that somebody made up: "AdaToken-3D", and neither "LLM-based" nor "Multi-Modal"."""
    inner = [part for part in name.split("-") if any(char.isupper() or char.isdigit() for char in part[1:])]
    return len(name.split()) == 1 and bool(inner) and not is_kind(name)


def _is_told(shown: str) -> bool:
    """Whether a sentence with a gap says enough about it, and no long form or address of it."""
    return (
        len(WORD.findall(shown)) >= LEAST_WORDS
        and f"({GAP}" not in shown
        and f"{GAP} (" not in shown
        and not _WITHIN.search(shown)
        and not ADDRESS.search(shown)
    )


def _together(name: str, other: str, told: Iterable[str]) -> bool:
    """Whether a sentence names two data sets: one may be a part of the other, or go with it as a rule."""
    return any(name in text and other in text for text in told)


def _stands(name: str, text: str) -> bool:
    """Whether a text holds a name in another form: "NQ" for "Natural Questions", "VideoMME" for "Video-MME"."""
    initials = "".join(word[0] for word in WORD.findall(text)).casefold()
    short = "".join(word[0] for word in name.split()) if " " in name else ""
    return (
        fold(name) in fold(text)
        or (name.isupper() and name.isalpha() and name.casefold() in initials)
        or (bool(short) and short in WORD.findall(text))
    )


def gives_away(name: str, shown: str) -> bool:
    """Whether a sentence gives a coined name away: words that its parts begin, or whose first letters spell it."""
    words = [word.casefold() for word in WORD.findall(shown)]
    parts = [part.casefold() for part in _PART.findall(name) if len(part) >= _LONG]
    stems = [part[:5] for part in parts]
    if any(word.startswith(stem) for stem in stems for word in words):
        return True
    initials = "".join(word[0] for word in words)
    capitals = "".join(char for char in name if char.isupper() or char.isdigit()).casefold()
    spelt = "".join(char for char in shown if char.isupper()).casefold()
    if len(capitals) >= _LONG and (capitals in initials or capitals in spelt):
        return True
    if any(word.isupper() and len(word) >= _LONG and word in name for word in WORD.findall(shown)):
        return True
    short = [part.casefold() for part in _PART.findall(name) if part.isupper() and len(part) > 1]
    return any(part in spelt or part[:2] in initials for part in short)
