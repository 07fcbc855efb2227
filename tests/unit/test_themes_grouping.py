"""Themes as clusters: what belongs together, how many there are, and who belongs to none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rag.themes.clusters import FEWEST_PAPERS, MOST, Vectors, group, own_distances, silhouette


def bundle(*sizes: int, spread: float = 0.05, d: int = 16) -> Vectors:
    """Unit vectors around as many directions as there are sizes, all near one common direction."""
    rng = np.random.default_rng(7)
    common = np.eye(d)[0] * 2
    rows = [
        common + np.eye(d)[n + 1] + spread * rng.normal(size=d) for n, size in enumerate(sizes) for _ in range(size)
    ]
    vectors = np.asarray(rows)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("sizes", [(4, 3), (5, 4, 3), (4, 4, 3, 3)])
def test_bundles_are_told_apart_though_all_share_a_direction(sizes: tuple[int, ...]) -> None:
    themes, loose = group(bundle(*sizes))
    ends = np.cumsum((0, *sizes))
    assert sorted(themes) == [list(range(a, b)) for a, b in pairwise(ends)]
    assert loose == []


def test_what_all_papers_share_does_not_make_them_alike() -> None:
    vectors = bundle(3, 3)
    assert float(vectors[0] @ vectors[3]) > 0.7
    distances = own_distances(vectors)
    assert distances[0, 3] > 1, "what is left of the two bundles points in opposite directions"
    assert distances[0, 1] < 0.2
    assert np.array_equal(distances, distances.T)


def test_a_paper_that_resembles_none_belongs_to_no_theme() -> None:
    themes, loose = group(bundle(4, 4, 1))
    assert sorted(themes) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert loose == [8]


def test_few_papers_are_one_theme() -> None:
    for n in range(1, FEWEST_PAPERS):
        assert group(bundle(*[1] * n)) == ([list(range(n))], [])


def test_there_are_never_more_themes_than_a_reader_takes_in() -> None:
    themes, _ = group(bundle(*[3] * 12, d=20))
    assert len(themes) <= MOST


def test_equal_papers_are_grouped_without_a_division_by_zero() -> None:
    same = np.tile(bundle(1), (6, 1))
    themes, loose = group(same)
    assert sorted(i for theme in themes for i in theme) + loose == list(range(6))


def test_the_silhouette_is_rousseeuws() -> None:
    # Two pairs on a line, 0, 1 and 4, 5: within 1; to the other pair 4.5 and 3.5, so widths 1 - 1/4.5 and 1 - 1/3.5.
    points = np.array([0.0, 1.0, 4.0, 5.0])
    distances = np.abs(points[:, None] - points)
    expected = ((1 - 1 / 4.5) + (1 - 1 / 3.5)) / 2
    assert silhouette(distances, np.array([1, 1, 2, 2], dtype=np.int32)) == pytest.approx(expected)
    alone = silhouette(distances, np.array([1, 1, 1, 2], dtype=np.int32))
    assert alone < expected, "a cluster of one counts 0"
