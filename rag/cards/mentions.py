"""Data sets, benchmarks and collections that an abstract names.

What may be one is told by how it is written, a name with its neighbours with capitals; whether it is one by a linear
model over what stands around it (`rag.models.sentence_roles`), with what was counted in other abstracts: how often the
same name stands there as data (``data_names.tsv``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.text.names import is_name
from rag.text.sentences import Span

FILE = Path(__file__).with_name("data_names.tsv")
_WORD = r"[A-Z0-9][\w+.&;-]*[\w+]"
_NAME = re.compile(rf"(?<![\w\\-]){_WORD}(?: {_WORD}){{0,4}}")
_NOUN = (
    r"(?:data[ -]?sets?|benchmarks?|corpus|corpora|collections?|test ?sets?|leaderboards?|archives?|challenge|"
    r"shared task|database)"
)
_NEXT = re.compile(rf"\s{_NOUN}\b", re.IGNORECASE)
_FOLLOWED = re.compile(rf"(?:\s\(?[\w-]+\)?){{0,1}}\s+{_NOUN}\b", re.IGNORECASE)
_LISTED = re.compile(
    rf"\b{_NOUN}\b[^.;]{{0,25}}?"
    r"(?:\(|:|,? (?:including|such as|namely|like|i\.e\.,?|e\.g\.,?)\s?|,\s?|--\s?)[^.;()]{0,140}$",
    re.IGNORECASE,
)
_ON = re.compile(
    r"\b(?:experiments?|evaluat\w+|results?|tested|trained|validated?|performance|improvements?|analys\w+|state-of-the-art|built|"
    r"annotate\w*|ac(?:curacy|ross)|score|AUC)\b[^.;]{0,60}?\b(?:on|using|from|of|for)\b[^.;()]{0,120}$",
    re.IGNORECASE,
)
_DATA = re.compile(rf"\b{_NOUN}\b", re.IGNORECASE)
_KIND = re.compile(
    rf"[^.;]{{0,60}}?\b(?:an?|the(?: first)?|new|novel|large-scale)\b[^.;]{{0,60}}?\b{_NOUN}\b", re.IGNORECASE
)
_MODEL = re.compile(
    r"\s*(?:\([^)]*\)\s*)?(?:-based|models?|frameworks?|methods?|architectures?|modules?|networks?|algorithms?|approach\w*|agents?|"
    r"systems?|loss|strateg\w+|tokens?|embeddings?|encoders?|scores?|metrics?|baselines?|achieves?|outperforms?|is|are)\b",
    re.IGNORECASE,
)
_MODELS = re.compile(r"\b(?:LLMs?|models?|GPT|Llama|Qwen|Claude|Gemini|BERT|backbone)\b", re.IGNORECASE)
_METRIC = re.compile(
    r"(?:N?DCG|Recall|Precision|HR|MRR|MAP|AUC|BLEU|ROUGE|F1|EM|CTR|GMV|BERTScore|WER|ASR|GPU|API)\b.*", re.IGNORECASE
)
_BEHIND = re.compile(r"\b(?:on|over|across|from|using|of|upon|in) (?:the |both |public |standard )*$", re.IGNORECASE)
_MADE = re.compile(
    r"\b(?:introduc|present|releas|construct|creat|build|propos|curat|collect|develop|provid|"
    r"establish|annotat)\w*,? (?:the |a |new )*$",
    re.IGNORECASE,
)
_LIKE_DATA = re.compile(r"bench|data|corpus|bank|QA$|set$", re.IGNORECASE)
_JOINED = re.compile(r"(?:\band|,|\() (?:the )?$|\($")
_NEAR = 240
"""Characters on either side of a name that are looked at."""
SIGNS = 24


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that may be one of data: where it stands first, and its signs anywhere [`SIGNS`]."""

    span: Span
    signs: tuple[float, ...]


def candidates(text: str, start: int, sentences: Sequence[Span], title: str, name: str) -> list[Candidate]:
    """What may be data in an abstract, each name once, in order.

    Args:
        text: As it is stored.
        start: Where the abstract begins.
        sentences: Of the abstract.
        title: Of the paper.
        name: What the title calls the paper's own; empty where it names nothing.
    """
    known = data_names()
    is_data = bool(_DATA.search(title))
    found: dict[str, Candidate] = {}
    for sentence in sentences:
        for span in _names(text, max(sentence[0], start), sentence[1]):
            written = text[slice(*span)]
            counted = known.get(written) or known.get(written.split()[0]) or (0, 0)
            signs = _signs(text, sentence, span, counted, name, is_data)
            before = found.get(written)
            signs = tuple(map(max, before.signs, signs)) if before else signs
            found[written] = Candidate(before.span if before else span, signs)
    return list(found.values())


def _names(text: str, start: int, end: int) -> Iterator[Span]:
    """Names in a sentence; its first word, which has a capital anyway, is none unless it is written as one."""
    for match in _NAME.finditer(text, start, end):
        begin = match.start()
        first, *rest = match[0].split()
        if begin == start and not is_name(first):
            if not rest:
                continue
            begin = match.end() - len(match[0][len(first) :].lstrip())
        written = text[begin : match.end()]
        if len(written) > 1 and not written.replace(".", "").replace(",", "").isdigit():
            yield begin, match.end()


def _signs(
    text: str, sentence: Span, span: Span, counted: tuple[int, int], name: str, is_data: bool
) -> tuple[float, ...]:
    before = text[max(sentence[0], span[0] - _NEAR) : span[0]]
    after, written = text[span[1] : min(sentence[1], span[1] + _NEAR)], text[slice(*span)]
    as_data, in_all = counted
    first = written.split()[0]
    own, kind = bool(name) and written.startswith(name), bool(_KIND.match(after))
    data_before = bool(_DATA.search(before))
    listed, joined = data_before and bool(_LISTED.search(before)), bool(_JOINED.search(before))
    behind, named = bool(_BEHIND.search(before)), is_name(first)
    seen = (
        as_data / in_all if in_all else 0,
        min(as_data, 20) / 20,
        in_all > 0,
        bool(_FOLLOWED.match(after)),
        bool(_DATA.search(written) or _NEXT.match(after)),
        listed,
        bool(_ON.search(before)),
        own,
        kind,
        bool(_MADE.search(before)),
        data_before or bool(_DATA.search(after)),
        named,
        any(map(str.isdigit, written)),
        bool(_MODEL.match(after)),
        not data_before and bool(_MODELS.search(before)),
        bool(_METRIC.fullmatch(written)),
        len(written.split()) / 4,
        behind,
        bool(_LIKE_DATA.search(first)),
        joined,
        own and is_data,
        own and kind,
        behind and named,
        joined and listed,
    )
    return tuple(map(float, seen))


@cache
def data_names() -> dict[str, tuple[int, int]]:
    """Names with the abstracts that speak of them as data, and with those that hold them, of 59,534."""
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {name: (int(as_data), int(in_all)) for name, as_data, in_all in rows}
