"""Frames that cover the others: k-center, the farthest first (Gonzalez, 1985).

The first is the frame whose features are nearest to the mean of all; each next one is the frame
that is farthest, by Euclidean distance of features, from all that were picked before it.
"""

from collections.abc import Callable

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, having

BLOCK = 4096
"""Frames whose distances are computed at once, so that memory does not grow with the window."""
AT_ONCE = 256
"""Most frames that they are computed to."""
SHARE = 400
"""One in how many frames is a candidate: the distances among all candidates then take no longer
than those of one of them to every frame."""
SAME = 1e-6
"""A squared distance below this share of the squares that it is made of is rounding: it is 0."""


def farthest_first(
    features: np.ndarray, k: int, random: np.random.Generator, picked: np.ndarray | None = None
) -> np.ndarray:
    """Rows (k,) of features (n, d), all finite, in the order in which they are picked.

    picked: rows that are picked already; without any, the first is the one nearest to the mean.
    Ties are broken at random.
    """
    order = random.permutation(len(features))  # the first of equals is then any of them
    distance = np.full(len(order), np.inf, np.float32)
    if picked is None:
        _lower(distance, features, order, features.mean(axis=0, keepdims=True, dtype=np.float64))
        found = [int(distance.argmin())][:k]
        distance[:] = np.inf
        fresh = found.copy()
    else:
        found, fresh = [], np.flatnonzero(np.isin(order, picked)).tolist()
    while len(found) < k:
        _lower(distance, features, order, features[order[fresh]])
        distance[fresh] = -1
        fresh = _candidates(features, order, distance)[: k - len(found)]
        found += fresh
    return order[found]


def _lower(
    distance: np.ndarray, features: np.ndarray, order: np.ndarray, others: np.ndarray
) -> None:
    """Lower the squared distances (n,) to those to other rows (p, d), where they are less."""
    for start in range(0, len(order), BLOCK):
        here, rows = distance[start : start + BLOCK], features[order[start : start + BLOCK]]
        for first in range(0, len(others), AT_ONCE):
            apart = _squared(rows, others[first : first + AT_ONCE])
            np.minimum(here, apart.min(axis=1), out=here)


def _squared(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances (n, p) of rows (n, d) and (p, d), in float32."""
    others = others.astype(np.float32)
    squares = [np.einsum("ij,ij->i", values, values) for values in (rows, others)]
    terms = squares[0][:, None] + squares[1]
    apart = terms - 2 * (rows @ others.T)
    apart[apart < SAME * terms] = 0
    return apart.astype(np.float32, copy=False)


def _candidates(features: np.ndarray, order: np.ndarray, distance: np.ndarray) -> list[int]:
    """The next places in `order` to pick, by the squared distances (n,) to what is picked.

    Distances only fall. Of the places with the largest ones, the farthest is therefore the farthest
    of all, as long as it is no nearer than any other place was to begin with: several are found
    before all distances are lowered again.
    """
    count = min(1 + len(order) // SHARE, AT_ONCE)
    split = np.argpartition(-distance, count - 1)
    places = np.sort(split[:count])
    beyond = distance[split[count:]].max(initial=-1)
    among = _squared(features[order[places]], features[order[places]])
    left, found = distance[places], list[int]()
    while left.max() >= max(beyond, 0):
        best = int(left.argmax())
        found.append(int(places[best]))
        left = np.minimum(left, among[best])
        left[best] = -1
    return found


def by_features(
    features: np.ndarray,
    k: int,
    random: np.random.Generator,
    pick: Callable[[np.ndarray, int, np.random.Generator], np.ndarray],
) -> np.ndarray:
    """Ascending frames (k,), by a function that picks some of features (n, d), all finite.

    Frames come last whose features are not finite, or so large that the sum of all distances is
    not.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        single = features.astype(np.float32, copy=False)
        usable = np.isfinite(4 * len(single) * np.einsum("ij,ij->i", single, single))
    able, others = having(usable, k, random)
    count = k - len(others)
    if not count:
        return np.sort(others)
    rows = pick(features if len(able) == len(features) else features[able], count, random)
    return np.sort(np.concatenate([able[rows], others]))


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.features is not None
    return Selection(by_features(window.features, window.k, random, farthest_first))


STRATEGY = Strategy("k-center", _pick, needs=("features",))
