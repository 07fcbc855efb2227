"""Which sentences of a paper are quoted: by how likely each answers, one for each thing asked, within so many words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.answer.draft import Told

MARGIN = 2.5
"""Log-odds by which a sentence may be less likely to answer than the best one, and still be quoted beside it."""
BESIDE = 5.0
"""The same for another item of an enumeration that the best sentence is an item of, and for the sentence that answers
what is asked of a described paper."""
BESIDE_WORDS = 45
"""Words of these up to which they are quoted, whatever else is."""
AGAIN = -1.5
"""Log-odds from which on what was quoted is quoted again where it answers best. What is not answered at all was refused
before."""
ASKED = -2.0
"""Log-odds from which a sentence is shown for one of several things that are asked."""


def untold(odds: NDArray[np.floating], said: NDArray[np.bool_]) -> tuple[NDArray[np.floating], Told | None]:
    """Leave out what the answer before quotes, unless that answers best: else it is no answer to another question.

    Args:
        odds: Log-odds that each sentence answers, at least one.
        said: Which of them were quoted.

    Returns:
        The odds, -inf for what is not to be quoted, and None; or with the one sentence to quote, and why it is
        (`Told`): what was quoted is what is asked for, or nothing else comes near it (none, where all was quoted). What
        is asked for and new sentences that are likely to answer as well are quoted together.
    """
    best = int(np.argmax(odds))
    fresh = np.where(said, -np.inf, odds)
    if not said[best]:
        return fresh, None
    if odds[best] < AGAIN:
        return np.where(np.arange(len(odds)) == int(np.argmax(fresh)), fresh, -np.inf), "besides"
    kept = fresh.copy()
    kept[best] = odds[best]
    if fresh.max() >= odds[best] - MARGIN:
        return kept, "partly"
    return np.where(np.arange(len(odds)) == best, kept, -np.inf), "again"


def for_each(asked: Sequence[NDArray[np.floating]]) -> list[int]:
    """The sentence that answers each of several things, another one for each, as far as there are others.

    What has most to lose chooses first. A sentence that answers two of them is enough where no other is nearly as
    likely to answer one, and none is taken for what no sentence answers.

    Args:
        asked: Log-odds of the sentences for each thing, [sentences] each; what has -inf is not taken.

    Returns:
        Positions, in the order in which they were chosen.
    """
    chosen: list[int] = []
    left = list(asked)
    while left:
        free = [np.where(np.isin(np.arange(len(odds)), chosen), -np.inf, odds) for odds in left]
        n = max(range(len(left)), key=lambda n: _lead(free[n]))
        best = int(np.argmax(free[n]))
        if free[n][best] >= max(ASKED, left[n].max() - MARGIN):
            chosen.append(best)
        del left[n]
    return chosen


def with_asked(
    taken: Sequence[int], odds: NDArray[np.floating], lengths: Sequence[int], asked: NDArray[np.floating]
) -> list[int]:
    """What is quoted with the sentence that answers what is asked of a paper, where others say what describes it.

    Args:
        taken: Positions of what is quoted, ascending.
        odds: Log-odds that each sentence answers the whole question; what has -inf is not taken.
        lengths: Words of each.
        asked: Log-odds that each answers what is asked by itself.

    Returns:
        Positions, ascending.
    """
    near = (odds > -np.inf) & (odds >= odds.max() - BESIDE)
    best = int(np.argmax(np.where(near, asked, -np.inf)))
    told = near[best] and asked[best] >= 0 and lengths[best] <= BESIDE_WORDS
    return sorted({*taken, best}) if told else list(taken)


def with_siblings(
    taken: Sequence[int], odds: NDArray[np.floating], lengths: Sequence[int], groups: Sequence[Sequence[int]]
) -> list[int]:
    """What is quoted with the other items of the enumeration that the best sentence is an item of.

    "What are the two challenges?" is answered by both, of which one that the question is nearer to may be far ahead.

    Args:
        taken: Positions of what is quoted, ascending.
        odds: Log-odds that each sentence answers.
        lengths: Words of each.
        groups: Positions of the sentences that enumerate (`rag.text.enumerated`).

    Returns:
        Positions, ascending; no items are added that are much less likely to answer, or longer than a reader looks at.
    """
    best = max(taken, key=lambda place: odds[place], default=-1)
    items = {place for group in groups if best in group for place in group} - set(taken)
    likely = [place for place in items if odds[place] >= odds[best] - BESIDE]
    return sorted([*taken, *likely] if sum(lengths[place] for place in likely) <= BESIDE_WORDS else taken)


def _lead(odds: NDArray[np.floating]) -> float:
    """By how much the best of some odds is better than the next; 0 where nothing is left."""
    highest = np.sort(odds)[::-1]
    if highest[0] == -np.inf:
        return 0.0
    return float(highest[0] - highest[1]) if len(highest) > 1 else np.inf


def pack(odds: NDArray[np.floating], lengths: Sequence[int], budget: int, first: Sequence[int] = ()) -> list[int]:
    """Choose the sentences that answer and fit a budget together.

    Args:
        odds: Log-odds that each answers, at least one; what has -inf is not taken.
        lengths: Words of each.
        budget: Words that may be taken; the first sentence is taken however long it is.
        first: Sentences that come before the best one, while they fit.

    Returns:
        Positions, ascending.
    """
    best = int(np.argmax(odds))
    if odds[best] == -np.inf:
        return []
    near = [i for i in np.argsort(-odds, kind="stable").tolist() if odds[i] >= odds[best] - MARGIN]
    taken: list[int] = []
    words = 0
    for i in dict.fromkeys((*first, *near)):
        if not taken or words + lengths[i] <= budget:
            taken.append(i)
            words += lengths[i]
    return sorted(taken)
