"""A library of a few topics, for readers to keep papers of."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from rag.config import Config
from rag.index.library import Library
from rag.types import Paper
from tests.support.papers import make_paper

TOPICS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sign": (
        ("Recognising Sign Language", "Signs into Sentences", "Reading Signers' Hands", "Sign Language Translation"),
        (
            "Signers use hands and face in {} ways, which makes sign language {} and hard to recognise.",
            "From {} keypoints of both hands we translate {} sign language videos into text.",
            "A {} transformer over pose sequences recognises {} signs of deaf signers.",
            "Glosses are {} predicted from video for {} sign language translation.",
            "The {} word error rate of recognised signs falls to a {} value.",
            "Deaf people judged the {} translated sign language as {} and fluent.",
        ),
    ),
    "crystal": (
        (
            "Generating Crystals",
            "Stable Inorganic Materials",
            "Diffusion over Lattices",
            "Predicting Crystal Structure",
        ),
        (
            "Finding {} inorganic crystals by density functional theory takes {} time.",
            "We generate {} crystal structures by a {} diffusion model over atoms and lattices.",
            "Generated {} materials are relaxed with {} interatomic potentials and checked for stability.",
            "Space group symmetry is {} built into the {} generation of inorganic crystals.",
            "More {} generated crystals lie near the {} convex hull of known materials.",
            "Perovskites and {} metal-organic frameworks are designed for a {} band gap.",
        ),
    ),
    "review": (
        ("Reviewing Code", "Comments on Pull Requests", "Language Models as Code Reviewers", "Defects in Changes"),
        (
            "Code review finds {} defects before a pull request is merged in {} projects.",
            "We fine-tune a {} language model to write {} review comments on code changes.",
            "A {} static analyser points the code reviewer to {} lines of a change.",
            "Developers at a {} company accepted generated code review comments in {} cases.",
            "A {} benchmark of pull requests with {} context measures automated code review.",
            "Security flaws in {} commits are explained in {} code review by the model.",
        ),
    ),
    "weather": (
        ("Forecasting Weather", "Medium-Range Forecasts", "Learnt Models of the Atmosphere", "Nowcasting Rain"),
        (
            "Numerical weather prediction solves {} equations of the atmosphere at {} cost.",
            "We train a {} graph network on reanalysis data for {} global weather forecasts.",
            "Ensembles of a {} diffusion model forecast wind and temperature with {} skill.",
            "Radar images are {} extrapolated to nowcast {} heavy precipitation.",
            "Record-breaking {} heat is still forecast better by {} numerical weather models.",
            "At medium range the {} forecast skill exceeds the {} operational weather system.",
        ),
    ),
}
"""By topic, beginnings of titles, and sentences of abstracts; what fills them sets papers apart."""
FILLS = (
    "simple rich sparse dense early late public private large small rapid careful regular rare common strong weak "
    "plain deep broad"
).split()


def papers_on(topic: str, count: int, month: str = "04") -> list[Paper]:
    """At most twenty papers of a topic, no two alike; their ids begin with the year and a month, and are in order."""
    titles, said = TOPICS[topic]
    place = list(TOPICS).index(topic)
    chosen = list(combinations(range(len(said)), 3))
    return [
        make_paper(
            f"25{month}.{place + 1}{n:04}",
            f"{titles[n % len(titles)]}, Part {n // len(titles) + 1}",
            " ".join(said[i].format(FILLS[n], FILLS[(n + 7) % len(FILLS)]) for i in chosen[n * 7 % len(chosen)]),
            (f"{topic.title()} Author{'abcdefghijklmnopqrst'[n]}",),
            f"2025-{month}-{10 + n % 15}",
        )
        for n in range(count)
    ]


def library_of(folder: Path, *papers: Paper) -> Library:
    """A library of some papers in a folder."""
    library = Library(Config(data_dir=folder))
    library.ingest(papers)
    return library
