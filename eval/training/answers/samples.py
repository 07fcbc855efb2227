"""Training samples: questions with an abstract and what each of its sentences is worth as an answer.

Three kinds of source: questions written for arXiv abstracts (`data/`), open sets of sentence selection, and abstracts
whose sentences carry a role, asked with templates. On top of them, negatives without an answer: the abstract with its
answering sentences removed or replaced, a neighbouring paper's abstract, the question with another system's name.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

CONTRADICTS = 0.15
"""Target of a sentence that contradicts a false premise: no answer, but what a refusal may quote."""
OKAY = 0.4
"""Target of a sentence that helps without being the answer."""

OPEN_SETS: Mapping[str, int] = {
    "sel_bioasq_1b_7b": 5000,
    "sel_pubmedqa_train": 900,
    "sel_evidence_inference2_train": 900,
    "sel_covidqa": 1861,
    "sel_scidqa": 1800,
    "sel_scitldr_oracle_train_dev": 700,
    "sel_medquad_aspect": 1500,
    "sel_selqa_dev": 1125,
}
"""Open sets without share-alike, and the most rows that are used of each."""
ROLES = "cls_csabstruct_train_dev"
REMOVED_OPEN = 0.12
"""Share of an open set's answered rows that come once more with their answer removed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question against one abstract.

    Attributes:
        targets: Worth of each sentence, 0 to 1.
        ranks: Weight of each sentence in the listwise target (best answer first); all 0: none answers.
        weight: Of the sample in the loss.
        source: Where it comes from.
    """

    question: str
    title: str
    sentences: tuple[str, ...]
    targets: tuple[float, ...]
    ranks: tuple[float, ...]
    weight: float = 1.0
    source: str = ""

    @property
    def answered(self) -> bool:
        """Whether a sentence answers."""
        return max(self.targets, default=0.0) > 0.9


@dataclass(frozen=True, slots=True)
class Written:
    """A question written for an abstract.

    Attributes:
        answers: Indices of sentences that answer, best first; none: the abstract does not answer.
        okay: Indices of sentences that help (or, without answers, contradict the premise).
        kind: Aspect asked for, or `absent` or `premise`.
        newest: Whether it stands in the last file of questions.
    """

    paper: str
    question: str
    answers: tuple[int, ...]
    okay: tuple[int, ...]
    kind: str
    voice: str
    newest: bool = True


@dataclass(frozen=True, slots=True)
class Abstract:
    """A paper's title and the sentences of its abstract."""

    paper: str
    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """Written questions, their abstracts and each paper's nearest neighbours."""

    questions: tuple[Written, ...]
    abstracts: Mapping[str, Abstract]
    neighbours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def read_collection(folder: Path) -> Collection:
    """Read the written questions (`questions*.jsonl.gz`, `compounds.jsonl.gz`) and their abstracts (`abstracts*`)."""
    abstracts = {
        row["paper"]: Abstract(row["paper"], row["title"], tuple(row["sentences"]))
        for file in sorted(folder.glob("abstracts*.jsonl.gz"))
        for row in read_rows(file)
    }
    files = sorted(folder.glob("questions*.jsonl.gz"))
    questions = tuple(
        Written(row["paper"], row["q"], tuple(row["a"]), tuple(row["ok"]), row["kind"], row["voice"], file == files[-1])
        for file in files
        for row in read_rows(file)
    )
    compounds = folder / "compounds.jsonl.gz"
    asked = [one for row in read_rows(compounds) for one in compound_questions(row)] if compounds.exists() else []
    return Collection((*questions, *asked), abstracts)


def compound_questions(row: Mapping[str, Any]) -> Iterator[Written]:
    """A question that asks several things, as its parts: in the words of the question, and asked by themselves.

    The whole is one more where several parts are told: its sentences answer one thing each.

    Args:
        row: `paper`, `q`, `voice` and `parts`, each with its `span` of the question, the same asked `alone`, the
            sentences that answer (`a`, best first) and that help (`ok`), and its `kind`.
    """
    paper, voice, parts = row["paper"], row["voice"], row["parts"]
    for part in parts:
        kind = part["kind"] if part["a"] or part["kind"] == "premise" else "absent"
        for text in dict.fromkeys((part["span"], part["alone"])):
            yield Written(paper, text, tuple(part["a"]), tuple(part["ok"]), kind, voice)
    told = [part["a"][0] for part in parts if part["a"]]
    if len(told) > 1:
        helping = {n for part in parts for n in (*part["a"][1:], *part["ok"])}
        yield Written(paper, row["q"], tuple(dict.fromkeys(told)), tuple(helping.difference(told)), "two", voice)


def part(paper: str) -> str:
    """`test`, `validation` or `train`, by the hash of a paper's id: whole papers are held out (10%, 5%, 85%)."""
    bucket = int(hashlib.sha256(paper.encode()).hexdigest(), 16) % 20
    return "test" if bucket < 2 else "validation" if bucket == 2 else "train"


def of_part(collection: Collection, name: str) -> tuple[Written, ...]:
    """The questions of one part."""
    return tuple(question for question in collection.questions if part(question.paper) == name)


def written_sample(written: Written, abstract: Abstract) -> Sample:
    """A written question against its own abstract."""
    targets, ranks = [0.0] * len(abstract.sentences), [0.0] * len(abstract.sentences)
    for index in written.okay:
        if written.answers:
            targets[index], ranks[index] = OKAY, 0.2
        elif written.kind == "premise":
            targets[index] = CONTRADICTS
    for place, index in enumerate(written.answers):
        targets[index], ranks[index] = 1.0, (1.0, 0.6, 0.4)[min(place, 2)]
    return Sample(
        written.question, abstract.title, abstract.sentences, tuple(targets), tuple(ranks), source=written.kind
    )


# Names ----------------------------------------------------------------------------------------------------------------

_NAME = re.compile(r"\b(?=\w*[a-z\d]*[A-Z])(?:[A-Za-z]\w*[A-Z]\w*|[A-Z]{2,}\w*)(?:-[A-Z\d]\w*)*\b")
_COMMON = frozenset(
    "LLM LLMs AI RAG NLP GPT QA IR API CNN RNN GNN GNNs CTR SOTA USA UK US EU ML DL RL GPU GPUs CPU ASR OCR VLM MLLM "
    "MLLMs BERT LoRA KG KGs ID IDs SQL HTML PDF JSON arXiv OpenAI ChatGPT YouTube TikTok LLaMA BM25 MRI CT 3D 2D "
    "ECG EEG EHR LSTM ImageNet GitHub".split()
)


def own_name(title: str) -> str | None:
    """The system that a title introduces: the name before its colon, or its one word in mixed capitals."""
    head, colon, _ = title.partition(":")
    if colon and len(head.split()) <= 2 and any(character.isupper() for character in head[1:]):
        return head.strip()
    names = [name for name in _NAME.findall(title) if name not in _COMMON]
    return names[0] if len(names) == 1 else None


# In-domain samples ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Negatives:
    """How often an answered in-domain question is shown once more without its answer, per epoch.

    Attributes:
        removed: Its answering sentences are removed, or one from a neighbouring abstract stands in their place.
        neighbour: Against a neighbouring paper's abstract (questions that name what they ask about only).
        renamed: With a neighbour's system name instead of its own.
        history: With an earlier question about the same paper before it (no negative: the answer stays).
    """

    removed: float = 0.3
    neighbour: float = 0.15
    renamed: float = 0.5
    history: float = 0.08


def written_samples(
    collection: Collection, questions: Sequence[Written], specific: frozenset[int], negatives: Negatives, seed: str
) -> list[Sample]:
    """One epoch of in-domain samples.

    Args:
        collection: Where the abstracts stand.
        questions: Those to use.
        specific: Indices (in `questions`) of the questions that point to their paper: their own abstract is among the
            nearest of all to them.
        negatives: Shares of the added samples.
        seed: Of the draws; another epoch, another seed.
    """
    draw = random.Random(seed)
    by_paper: dict[str, list[Written]] = defaultdict(list)
    for written in questions:
        by_paper[written.paper].append(written)
    samples: list[Sample] = []
    for index, written in enumerate(questions):
        abstract = collection.abstracts[written.paper]
        sample = written_sample(written, abstract)
        others = [other for other in by_paper[written.paper] if other is not written]
        if others and draw.random() < negatives.history:
            sample = replace(sample, question=f"{draw.choice(others).question} {written.question}")
        samples.append(_thinned(sample, draw))
        near = [collection.abstracts[name] for name in collection.neighbours.get(written.paper, ())]
        if written.answers and draw.random() < negatives.removed:
            samples += _without_answer(sample, near, draw)
        if index in specific and near and draw.random() < negatives.neighbour:
            samples.append(unanswered(written.question, draw.choice(near), "neighbour"))
        renamed = _renamed(written.question, abstract, near, draw) if written.answers else None
        if renamed and draw.random() < negatives.renamed:
            samples.append(unanswered(renamed, abstract, "renamed"))
    return samples


def unanswered(question: str, abstract: Abstract, source: str) -> Sample:
    """A question against an abstract that does not answer it."""
    zeros = (0.0,) * len(abstract.sentences)
    return Sample(question, abstract.title, abstract.sentences, zeros, zeros, source=source)


def _thinned(sample: Sample, draw: random.Random, share: float = 0.3) -> Sample:
    """In some samples one sentence that isn't marked is left out, so that gaps tell nothing."""
    idle = [index for index, target in enumerate(sample.targets) if target == 0]
    if len(idle) < 3 or draw.random() >= share:
        return sample
    return _kept(sample, sorted(set(range(len(sample.targets))) - {draw.choice(idle)}))


def _kept(sample: Sample, indices: Sequence[int]) -> Sample:
    return replace(
        sample,
        sentences=tuple(sample.sentences[index] for index in indices),
        targets=tuple(sample.targets[index] for index in indices),
        ranks=tuple(sample.ranks[index] for index in indices),
    )


def _without_answer(sample: Sample, near: Sequence[Abstract], draw: random.Random) -> list[Sample]:
    """The sample without its marked sentences, or with a neighbour's for each of them; none if little stays."""
    kept = [index for index, target in enumerate(sample.targets) if target == 0]
    if len(kept) < 2:
        return []
    if near and draw.random() < 0.5:
        sentences = list(sample.sentences)
        for index in set(range(len(sentences))) - set(kept):
            place = index / len(sentences)
            other = draw.choice(near).sentences
            sentences[index] = other[int(place * len(other))]
        zeros = (0.0,) * len(sentences)
        return [replace(sample, sentences=tuple(sentences), targets=zeros, ranks=zeros, weight=0.8, source="replaced")]
    return [replace(_kept(sample, kept), weight=0.8, source="removed")]


def _renamed(question: str, abstract: Abstract, near: Sequence[Abstract], draw: random.Random) -> str | None:
    """The question about a neighbour's system instead of this paper's, where it names this paper's."""
    name = own_name(abstract.title)
    names = [other for other in (own_name(paper.title) for paper in near) if other and other != name]
    if not name or not names:
        return None
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    return pattern.sub(draw.choice(names).replace("\\", ""), question) if pattern.search(question) else None


# Open sets ------------------------------------------------------------------------------------------------------------


def open_samples(folder: Path, seed: int, removed: bool = True, most: Mapping[str, int] = OPEN_SETS) -> list[Sample]:
    """Samples of the open sets, in drawn order; files that are missing raise."""
    draw = random.Random(seed)
    samples: list[Sample] = []
    for name, limit in most.items():
        rows = list(read_rows(folder / f"{name}.jsonl.gz"))
        draw.shuffle(rows)
        for row in rows[:limit]:
            samples += _open_row(row, removed, draw)
    samples += role_samples(folder / f"{ROLES}.jsonl.gz", draw)
    draw.shuffle(samples)
    return samples


def _open_row(row: Mapping[str, Any], removed: bool, draw: random.Random) -> list[Sample]:
    order = list(range(len(row["sentences"])))[:24]
    if row["source"] in ("pubmedqa", "bioasq"):
        draw.shuffle(order)  # the place of the answer is an artefact there
    targets = tuple(float(row["labels"][index]) for index in order)
    if len(order) < 2 or all(targets):
        return []
    sentences = tuple(" ".join(row["sentences"][index].split()) for index in order)
    sample = Sample(row["question"], row["title"], sentences, targets, targets, source=row["source"])
    if removed and any(targets) and draw.random() < REMOVED_OPEN:
        return [sample, *(replace(less, weight=0.6) for less in _without_answer(sample, (), draw))]
    return [sample]


ROLE_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "background": (
        "Why is this needed?", "what problem does the paper address", "What is the motivation?", "background?",
        "Which gap in earlier work do they see?", "why was this research done", "what was missing before this",
        "What makes this hard?", "Tell me the context of the work", "why should anyone care",
        "what's wrong with existing methods", "What challenge is it about?",
    ),
    "objective": (
        "What is the goal of the paper?", "what do the authors want to find out", "What is the aim?",
        "purpose of the study", "What do they propose?", "what's this paper about", "Which question do they ask?",
        "summarise the contribution", "tl;dr", "What is new here?", "what is it in one sentence", "their objective?",
    ),
    "method": (
        "How does it work?", "what method do they use", "Which approach is taken?", "how did they do it",
        "Explain the technique.", "how was the study carried out", "What is the method?", "what are the steps",
        "How is it built?", "explain how they went about it", "and how exactly?", "describe the design",
    ),
    "result": (
        "What are the results?", "what did they find", "How well does it do?", "did it work", "What is the outcome?",
        "main finding?", "what came out of it", "How large was the improvement?", "and, is it any better?",
        "What do the experiments show?", "conclusions of the paper", "what does the evaluation say",
    ),
}  # fmt: skip
"""Templates asked of abstracts whose sentences carry a role."""


def role_samples(path: Path, draw: random.Random) -> list[Sample]:
    """Abstracts with a role on each sentence, asked for two roles each; a role that is not there is not answered."""
    abstracts: list[list[dict[str, Any]]] = []
    for row in read_rows(path):
        if row["pos"] == 0 or not abstracts:
            abstracts.append([])
        abstracts[-1].append(row)
    samples = []
    for rows in abstracts:
        if not 3 <= len(rows) <= 20:
            continue
        present = Counter(row["label"] for row in rows)
        for role in draw.sample(sorted(ROLE_QUESTIONS), 2):
            if not present[role] and draw.random() < 0.5:
                continue
            targets = tuple(float(row["label"] == role) for row in rows)
            sentences = tuple(row["text"] for row in rows)
            samples.append(
                Sample(draw.choice(ROLE_QUESTIONS[role]), "", sentences, targets, targets, 0.6, "csabstruct")
            )
    return samples
