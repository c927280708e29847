"""The frame nearest to the centre of each of k clusters (k-means, on the features).

Where fewer than k clusters have frames, as of frames that are all alike, the rest are picked as
`k_center` does, farthest from those picked. Above `LARGE`, the clusters come from mini-batches,
which are the same kind of clusters at a fraction of the cost.
"""

import warnings

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window
from posequery.strategies.k_center import BLOCK, by_features, farthest_first

LARGE = 10_000_000
"""Frames times clusters above which k-means uses mini-batches: 50,000 frames of which 200 are
picked."""


def clusters(
    features: np.ndarray, k: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each row's cluster (n,) and the clusters' centres (k, d), of features (n, d), all finite."""
    # Here and not above: it takes a second, and Snakemake's start imports every strategy.
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    seed = int(random.integers(2**31))
    if len(features) * k > LARGE:
        batch = max(BLOCK, 2 * k)
        model = MiniBatchKMeans(
            k, init="random", n_init=1, batch_size=batch, max_iter=3, random_state=seed
        )
    else:
        model = KMeans(k, n_init=1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of equal rows, which are refilled
        labels = model.fit_predict(features)
    return labels, model.cluster_centers_


def one_of_each(
    labels: np.ndarray,
    score: np.ndarray,
    features: np.ndarray,
    k: int,
    random: np.random.Generator,
) -> np.ndarray:
    """The row with the largest score (n,) of each cluster, then the farthest rows, up to k."""
    order = random.permutation(len(labels))
    order = order[np.lexsort((-score[order], labels[order]))]
    _, firsts = np.unique(labels[order], return_index=True)
    best = order[firsts]
    return np.concatenate([best, farthest_first(features, k - len(best), random, picked=best)])


def _medoids(features: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    labels, centres = clusters(features, k, random)
    off = np.empty(len(features))
    for start in range(0, len(features), BLOCK):
        rows = slice(start, start + BLOCK)
        apart = features[rows] - centres[labels[rows]]
        off[rows] = np.einsum("ij,ij->i", apart, apart)
    return one_of_each(labels, -off, features, k, random)


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.features is not None
    return Selection(by_features(window.features, window.k, random, _medoids))


STRATEGY = Strategy("k-means", _pick, needs=("features",))
