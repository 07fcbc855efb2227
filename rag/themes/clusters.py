"""Papers → themes: hierarchical clustering of their vectors.

What all papers of a topic share is taken out first (the mean of their vectors), else the nearest two papers form a
cluster and all others join it one by one. Then average linkage over cosine distance; the number of clusters is the one
with the best mean silhouette (Rousseeuw 1987, "Silhouettes", eq. 3). docs/adr/0008-themes.md has the comparison.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 6
"""Themes of a topic."""
FEWEST_PAPERS = 4
"""Papers below which one theme holds them all."""
AS_GOOD = 0.02
"""Silhouettes closer than this to the best are as good: then the number nearest to the square root of the papers'."""

Vectors = NDArray[np.float32]


def group(vectors: Vectors) -> tuple[list[list[int]], list[int]]:
    """Group papers into themes.

    Args:
        vectors: One row a paper [papers, d], normalised; best paper first.

    Returns:
        Themes of at least two papers (one where there are few papers), and the papers in none. Positions ascend.
    """
    n = len(vectors)
    if n < FEWEST_PAPERS:
        return [list(range(n))], []
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distances = own_distances(vectors)
    tree = linkage(squareform(distances, checks=False), method="average")
    cuts = {k: fcluster(tree, k, "maxclust") for k in range(2, min(MOST, n // 2) + 1)}
    quality = {k: silhouette(distances, labels) for k, labels in cuts.items()}
    good = [k for k in cuts if quality[k] >= max(quality.values()) - AS_GOOD]
    labels = cuts[min(good, key=lambda k: (abs(k - n**0.5), k))]
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    themes = [members for members in groups if len(members) > 1]
    return themes, sorted(members[0] for members in groups if len(members) == 1)


def own_distances(vectors: Vectors) -> NDArray[np.float64]:
    """Cosine distances [papers, papers] of what sets the papers apart, 0…2, rounded so that ties are ties."""
    own = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-9)
    distances = np.round(np.clip(1 - own @ own.T, 0, 2), 6)
    np.fill_diagonal(distances, 0)
    return np.asarray((distances + distances.T) / 2)


def silhouette(distances: NDArray[np.float64], labels: NDArray[np.int32]) -> float:
    """Mean silhouette of a clustering, -1…1; a cluster of one counts 0.

    Args:
        distances: [n, n], symmetric.
        labels: The cluster of each of the n items.
    """
    widths = []
    clusters = np.unique(labels)
    for i, label in enumerate(labels):
        size = int((labels == label).sum())
        if size == 1 or len(clusters) == 1:
            widths.append(0.0)
            continue
        within = float(distances[i][labels == label].sum()) / (size - 1)
        beyond = min(float(distances[i][labels == other].mean()) for other in clusters if other != label)
        widths.append((beyond - within) / max(within, beyond, 1e-9))
    return float(np.mean(widths))
