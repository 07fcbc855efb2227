"""The subjects that papers are tagged with, and where their labels stand in a text.

A vocabulary in the manner of SKOS in one table, ``subjects.tsv``: a preferred label, the broader subject, the category
of arXiv that it stands for, and other labels. A subject's tag is its label in small letters with hyphens:
``sequential-recommendation``. Of a subject that is made of others, papers often name the parts alone ("LLMs …
for recommendation"): such labels stand in the table with a plus, ``LLM + recommendation``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.text.folding import plain

FILE = Path(__file__).with_name("subjects.tsv")
_WORD = re.compile(r"[^\W_]+")
_SHORT_FORM = re.compile(r"(?=.*[A-Z].*[A-Z])[\dA-Za-z]{2,8}")
"""An acronym, which is matched as it is written: ``SAM`` is no ``Sam``."""
_LEAST_STEM = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """What a paper can be about.

    Attributes:
        tag: What it is called in filters, JSON and the library.
        label: What it is called to a reader.
        broader: The tag of the subject that it is a part of; empty at the top.
        arxiv: arXiv's category of the same meaning; empty where there is none.
        others: Other labels.
        parts: Words that name it together, wherever they stand.
    """

    tag: str
    label: str
    broader: str
    arxiv: str
    others: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The preferred label and the others."""
        return self.label, *self.others


def tag_of(label: str) -> str:
    """A label as a tag: ``"LLM as a Judge"`` → ``"llm-as-a-judge"``."""
    return "-".join(_WORD.findall(plain(label)))


@dataclass(frozen=True, slots=True)
class Match:
    """A label in a text: the number of its subject, and whether it is the preferred one."""

    subject: int
    preferred: bool
    words: int


class Vocabulary:
    """Subjects, in the order of their table."""

    def __init__(self, subjects: tuple[Subject, ...]) -> None:
        self.subjects = subjects
        self.numbers = {subject.tag: n for n, subject in enumerate(subjects)}

    def __getitem__(self, tag: str) -> Subject:
        """The subject of a tag.

        Raises:
            KeyError: there is none.
        """
        return self.subjects[self.numbers[tag]]

    def above(self, tag: str) -> Iterator[str]:
        """The tags of the broader subjects, the nearest first; nothing for a tag of another vocabulary."""
        while tag in self.numbers and (tag := self[tag].broader):
            yield tag

    def names(self) -> Iterator[tuple[str, str]]:
        """What a subject may be asked for by, in small letters, with its tag."""
        for subject in self.subjects:
            for name in dict.fromkeys((subject.tag, *subject.labels, *filter(None, [subject.arxiv]))):
                yield plain(name), subject.tag

    @cached_property
    def parents(self) -> NDArray[np.intp]:
        """The number of each subject's broader one; -1 at the top."""
        return np.array([self.numbers.get(subject.broader, -1) for subject in self.subjects], dtype=np.intp)

    @cached_property
    def fingerprint(self) -> str:
        """Stands for the content, 12 hex digits."""
        return hashlib.sha256(repr(self.subjects).encode()).hexdigest()[:12]

    @cached_property
    def _labels(self) -> dict[tuple[str, ...], list[Match]]:
        labels: dict[tuple[str, ...], list[Match]] = {}
        for n, subject in enumerate(self.subjects):
            for label in subject.labels:
                key = (label,) if _SHORT_FORM.fullmatch(label) else _stems(label)
                found = Match(n, label == subject.label, len(key))
                if found.subject not in [match.subject for match in labels.setdefault(key, [])]:
                    labels[key].append(found)
        return labels

    @cached_property
    def _parts(self) -> list[tuple[int, tuple[str, ...]]]:
        return [
            (n, tuple(f" {' '.join(_stems(part))} " for part in parts))
            for n, subject in enumerate(self.subjects)
            for parts in subject.parts
        ]

    @cached_property
    def _longest(self) -> dict[str, int]:
        """Words of the longest label that begins with a stem."""
        longest: dict[str, int] = {}
        for first, *rest in self._labels:
            longest[first] = max(longest.get(first, 0), len(rest) + 1)
        return longest

    def matches(self, text: str) -> list[Match]:
        """The labels that stand in a readable text, in order; of two that overlap the longer one."""
        written = _WORD.findall(text)
        stems = [_stem(word) for word in written]
        found: list[Match] = []
        at = 0
        while at < len(written):
            for size in range(min(self._longest.get(stems[at], 0), len(written) - at), 0, -1):
                if here := self._labels.get(tuple(stems[at : at + size])):
                    found += here
                    at += size
                    break
            else:
                found += self._labels.get((_singular(written[at]),), ()) if written[at] != stems[at] else ()
                at += 1
        return found

    def composed(self, title: str, abstract: str) -> tuple[set[int], set[int]]:
        """The subjects that are named in parts: those whose parts all stand in the title, and those of which one does.

        The other parts stand in the abstract.
        """
        head, rest = (f" {' '.join(_stems(text))} " for text in (title, abstract))
        whole, begun = set(), set()
        for subject, parts in self._parts:
            titled = [part in head for part in parts]
            if all(titled):
                whole.add(subject)
            elif any(titled) and all(there or part in rest for there, part in zip(titled, parts, strict=True)):
                begun.add(subject)
        return whole, begun


@lru_cache(1 << 15)
def _stem(word: str) -> str:
    """A word in small letters without the ending of its plural, and with one spelling for two."""
    word = plain(word)
    if len(word) > _LEAST_STEM:
        word = re.sub(r"(?<=[^s])s$", "", re.sub(r"ies$", "y", word))
        word = word.replace("isation", "ization").replace("behaviour", "behavior").replace("modelling", "modeling")
        word = re.sub(r"is(ed?|ing)$", r"iz\1", word) if word.endswith(("alise", "alised", "alising")) else word
    return word


def _singular(acronym: str) -> str:
    """An acronym without the ending of its plural: ``LLMs`` → ``LLM``."""
    return acronym[:-1] if acronym.endswith("s") and acronym[:-1].isupper() else acronym


def _stems(label: str) -> tuple[str, ...]:
    return tuple(_stem(word) for word in _WORD.findall(label))


@cache
def load_subjects() -> Vocabulary:
    """The shipped vocabulary, read once."""
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return Vocabulary(tuple(_subject(*row) for row in rows))


def _subject(label: str, broader: str, arxiv: str, others: str) -> Subject:
    names = [name for name in others.split("; ") if name]
    parts = tuple(tuple(name.split(" + ")) for name in names if " + " in name)
    return Subject(
        tag_of(label), label, tag_of(broader), arxiv, tuple(name for name in names if " + " not in name), parts
    )
