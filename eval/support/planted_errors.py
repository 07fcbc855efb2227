"""Honest sentences and the errors planted in them: what `eval support` measures the check of written answers on.

An honest sentence is a nugget's text, a person's paraphrase of a span, with the marker of the source that holds it; its
sources are what retrieval finds for the question. Each error changes one thing. The antonyms here are a list of
their own: the check must not be measured with its own words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from eval.support.exchanged_terms import exchanged_measure, exchanged_place, exchanged_roles
from rag.types import Passage

Kind = Literal[
    "figure", "figure_unit", "figure_moved", "measure", "dataset", "role", "paper", "unsupported", "invented", "flip",
    "negation",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""A figure that stands nowhere; the right one with another unit; one of another thing in the same source; a measure for
another ("precision" for "recall"); a figure's data set or domain for another of the same source; who outdoes or does
something to whom, turned round; the marker of another paper's source; a sentence of another paper under this marker; an
invented id, title, address or system; a direction turned round; a negation put in or taken out."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with the sources its writer had.

    Attributes:
        name: Which honest sentence it is or was made of.
        kind: The planted error; None: honest.
        marker: The number of the source that it cites, right or wrong.
        sources: Passages by number.
    """

    name: str
    text: str
    kind: Kind | None
    marker: int
    sources: Mapping[int, Passage]

    @property
    def written(self) -> str:
        """The sentence as a writer would have ended it."""
        return f"{self.text.rstrip('. ')} [{self.marker}]."


_ANTONYMS = """
increases/decreases increase/decrease increased/decreased increasing/decreasing higher/lower high/low more/fewer
larger/smaller large/small improves/degrades improve/degrade improved/degraded improving/degrading
improvement/degradation improvements/degradations better/worse best/worst outperforms/underperforms
outperform/underperform outperformed/underperformed outperforming/underperforming surpasses/trails surpass/trail
surpassing/trailing beats/loses&to beat/lose&to exceeds/falls&below faster/slower fast/slow up/down
reduces/increases reduce/increase reduced/increased reducing/increasing reduction/increase raises/lowers
raise/lower gains/losses gain/loss with/without removes/adds remove/add needs/avoids supports/prevents
enables/prevents boosts/hurts boost/hurt strong/weak strongly/weakly often/rarely always/never all/no most/few
simple/complex positive/negative positively/negatively lightweight/heavyweight similar/different
effective/ineffective reliable/unreliable consistently/inconsistently significantly/insignificantly before/after
under/over least/most longer/shorter long/short enhances/weakens enhance/weaken mitigates/worsens mitigate/worsen
alleviates/aggravates amplifies/dampens broadens/narrows newer/older stronger/weaker minimal/maximal only/also
first/last helps/harms help/harm prefers/avoids prefer/avoid favors/penalises favours/penalises favor/penalise
promoted/demoted promotes/demotes lifts/drops lift/drop limited/unlimited relevant/irrelevant correct/incorrect
accurate/inaccurate success/failure frozen/trainable eliminates/introduces cuts/raises drops/rises falls/rises
fell/rose grows/shrinks beating/losing&to matches/misses superior/inferior cheaper/costlier
"""


def _directions() -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in _ANTONYMS.split():
        one, _, other = pair.replace("&", " ").partition("/")
        found.setdefault(one, other)
        if " " not in other:
            found.setdefault(other, one)
    return found


_DIRECTIONS = _directions()
_DIRECTION = re.compile(rf"\b(?:{'|'.join(sorted(_DIRECTIONS, key=len, reverse=True))})\b", re.IGNORECASE)
_BEING = re.compile(
    r"\b(is|are|was|were|can|could|does|do|did|has|have|had|will|may|should|must)\b(?! not)", re.IGNORECASE
)
_DENIED = re.compile(r"\b(?:do not|does not|did not|not|never|cannot|can't|no|without|neither|nor)\s+", re.IGNORECASE)
_VERBS = frozenset(
    "add address adapt adjust align allow amplify analyse analyze apply assign attach attain average avoid "
    "balance beat bind boost bridge broaden buffer build call capture cause cite combine compare compute "
    "constrain construct contain convert corrupt cost cover create cut decompose decouple degrade delay depend "
    "design detect direct drive ease eliminate employ enable encode enhance ensure evaluate exceed exhibit "
    "explain exploit expand express extend extract favor favour feed find follow fuse gain generalise "
    "generalize generate give guide handle help hurt identify improve include incorporate increase inject "
    "integrate introduce join keep lead learn let leverage limit link lose lower maintain map mask match mean "
    "merge mitigate model need occur offer outperform pair partition perform predict prefer preserve prevent "
    "process produce promote propose protect provide prune raise rank reach rebuild receive recover rectify "
    "reduce refine reflect reject rely remain remove rephrase replace replicate represent require respect "
    "restructure retrieve return reveal reward rewrite rival route run save scale search select separate serve "
    "shape share show speed split store study suffer support surpass target teach test track train transfer "
    "turn use validate weigh win work yield".split()
)
_FIGURE = re.compile(r"(?<![\w.,@-])\d[\d,]*(?:\.\d+)?(?![\d]*[-\w]*[A-Z])")
_MEASURED = re.compile(
    rf"(?P<number>{_FIGURE.pattern})(?:(?P<unit>\s?(?:%|x\b|million\b|billion\b|[kKMB]\b|ms\b|hours?\b))|(?P<counted>(?=\s[a-z]{{3,}})))"
)
_UNITS = ("%", "x", " million", " ms")
_COUNTED = {
    "two": "three", "three": "five", "four": "six", "five": "seven", "six": "four", "seven": "nine", "eight": "twelve",
    "nine": "six", "ten": "eight", "half": "a quarter", "twice": "three times", "double": "triple",
}  # fmt: skip
_COUNT = re.compile(rf"\b(?:{'|'.join(_COUNTED)})\b", re.IGNORECASE)
_SYLLABLES = "nor vel qua tri zen lum dax mer pho kel tar vis".split()
_TOPICS = "Latent Sparse Neural Adaptive Causal Semantic Temporal Contrastive Hierarchical Unified".split()
_THINGS = "Retrieval Ranking Alignment Distillation Recommendation Tokenization Reasoning Grounding Indexing".split()


def plant(kind: Kind, honest: Sentence, others: Sequence[Sentence], rng: random.Random) -> Sentence | None:
    """Plant one error.

    Args:
        kind: Which.
        honest: The sentence.
        others: All honest sentences, of which some are about other papers.
        rng: Decides where and what.

    Returns:
        The sentence with its error; None where it gives no place for one.
    """
    if kind == "paper":
        return _wrong_paper(honest, rng)
    if kind == "unsupported":
        papers = {passage.paper_id for passage in honest.sources.values()}
        foreign = [other for other in others if other.sources[other.marker].paper_id not in papers]
        return replace(honest, text=rng.choice(foreign).text, kind=kind) if foreign else None
    source = f"{honest.sources[honest.marker].title}. {honest.sources[honest.marker].text}"
    makers: Mapping[str, Callable[[Sentence, random.Random], str | None]] = {
        "figure": _wrong_figure,
        "figure_unit": _wrong_unit,
        "figure_moved": _moved_figure,
        "measure": lambda one, chance: exchanged_measure(one.text, source, chance),
        "dataset": lambda one, chance: exchanged_place(one.text, one.sources[one.marker].text, chance),
        "role": lambda one, chance: exchanged_roles(one.text, chance),
        "invented": _invention,
        "flip": _flipped,
        "negation": _negated,
    }
    text = makers[kind](honest, rng)
    return replace(honest, text=text, kind=kind) if text else None


def _wrong_paper(honest: Sentence, rng: random.Random) -> Sentence | None:
    right = honest.sources[honest.marker].paper_id
    wrong = [n for n, passage in honest.sources.items() if passage.paper_id != right]
    return replace(honest, marker=rng.choice(wrong), kind="paper") if wrong else None


def _wrong_figure(honest: Sentence, rng: random.Random) -> str | None:
    places = [*_FIGURE.finditer(honest.text), *_COUNT.finditer(honest.text)]
    if not places:
        return None
    place = rng.choice(places)
    held = set(re.findall(r"\d+", honest.sources[honest.marker].text + honest.sources[honest.marker].title))
    if place.group().lower() in _COUNTED:
        new = _COUNTED[place.group().lower()]
        return None if re.search(rf"\b{new}\b", honest.sources[honest.marker].text) else _put(honest.text, place, new)
    for _ in range(20):
        new = "".join(str(rng.randint(1, 9)) if c.isdigit() and rng.random() < 0.7 else c for c in place.group())
        if new != place.group() and not set(re.findall(r"\d+", new)) <= held:
            return _put(honest.text, place, new)
    return None


def _wrong_unit(honest: Sentence, rng: random.Random) -> str | None:
    """Give a figure another unit, or one to what only counts things; the source must not have the new one itself."""
    source = honest.sources[honest.marker].text.replace("\\", "")
    places = [place for place in _MEASURED.finditer(honest.text) if place["unit"] or place["counted"]]
    rng.shuffle(places)
    for place in places:
        new = rng.choice([unit for unit in _UNITS if unit.strip() != (place["unit"] or "").strip()])
        if not re.search(rf"(?<![\d.,]){re.escape(place['number'])}\s?{new.strip()}", source):
            return _put(honest.text, place, place["number"] + new)
    return None


def _moved_figure(honest: Sentence, rng: random.Random) -> str | None:
    """Put another figure of the source, written alike, where one of the sentence's stands."""
    places = list(_FIGURE.finditer(honest.text))
    rng.shuffle(places)
    source = honest.sources[honest.marker].text
    stated = {place.group() for place in places}
    for place in places:
        tail = honest.text[place.end() : place.end() + 1]
        shape = re.compile(rf"(?<![\w.,@-])\d[\d,]*(?:\.\d+)?(?=\\?{re.escape(tail) if tail in '%x' and tail else ''})")
        found = sorted({m.group().rstrip(",") for m in shape.finditer(source)} - stated)
        found = [new for new in found if ("." in new) == ("." in place.group())]
        if found:
            return _put(honest.text, place, rng.choice(found))
    return None


def _invention(honest: Sentence, rng: random.Random) -> str:
    year, month = rng.randint(19, 25), rng.randint(1, 12)
    number = f"{year}{month:02d}.{rng.randint(10000, 19999)}"
    system = "".join(rng.sample(_SYLLABLES, 2)).capitalize() + rng.choice(("Rank", "RAG", "GPT", "Net", "Rec"))
    title = f"{rng.choice(_TOPICS)} {rng.choice(_THINGS)} for {rng.choice(_TOPICS)} {rng.choice(_THINGS)}"
    text = honest.text.rstrip(". ")
    return rng.choice(
        (
            f"{text} (arXiv:{number})",
            f"{text}, as {number} shows",
            f"{text}; the code is at https://github.com/{system.lower()}/{system.lower()}",
            f"{text}, see www.{system.lower()}.org",
            f'{text}, following "{title}"',
            f"{text}, unlike {system}",
            f"{system}: {text[0].lower()}{text[1:]}",
        )
    )


def _flipped(honest: Sentence, rng: random.Random) -> str | None:
    places = list(_DIRECTION.finditer(honest.text))
    if not places:
        return None
    place = rng.choice(places)
    return _put(honest.text, place, _DIRECTIONS[place.group().lower()])


def _negated(honest: Sentence, rng: random.Random) -> str | None:
    text = honest.text
    if denied := _DENIED.search(text):
        return _put(text, denied, "with " if denied.group().lower().startswith("without") else "")
    if being := _BEING.search(text):
        word = being.group().lower()
        return _put(text, being, "cannot" if word == "can" else f"{being.group()} not")
    for place in re.finditer(r"\b[A-Za-z]+\b", text):
        base = _base(place.group().lower())
        if base and not (place.start() and text[place.start() - 1] in "-("):
            return _put(text, place, f"does not {base}")
    return None


def _base(word: str) -> str | None:
    """The base form of a verb in the third person, if it is one of those known."""
    forms = [word[:-1] if word.endswith("s") else "", word[:-2] if word.endswith("es") else ""]
    forms.append(word[:-3] + "y" if word.endswith("ies") else "")
    return next((form for form in forms if form in _VERBS), None)


def _put(text: str, place: re.Match[str], new: str) -> str:
    """Replace a match, with a capital where it had one."""
    new = new[:1].upper() + new[1:] if place.group()[:1].isupper() and new else new
    changed = text[: place.start()] + new + text[place.end() :]
    return changed[:1].upper() + changed[1:] if place.start() == 0 else changed
