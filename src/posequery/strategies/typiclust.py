"""The most typical frame of each of k clusters (TypiClust, Hacohen et al., ICML 2022).

A frame is the more typical, the nearer it is to its 20 nearest neighbours in the whole window, on
average by the Euclidean distance of features. The clusters are those of `k_means`.
"""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window
from posequery.strategies.k_center import by_features
from posequery.strategies.k_means import clusters, one_of_each

NEIGHBOURS = 20
"""As in the paper's section 3."""


def crowding(features: np.ndarray) -> np.ndarray:
    """Mean distance (n,) of each row of features (n, d), all finite, to its nearest neighbours."""
    from sklearn.neighbors import NearestNeighbors

    if len(features) == 1:
        return np.zeros(1)
    count = min(NEIGHBOURS, len(features) - 1)
    neighbours = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(features)
    distances, _ = neighbours.kneighbors()
    mean: np.ndarray = distances.mean(axis=1)
    return mean


def _typical(features: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    labels, _ = clusters(features, k, random)
    return one_of_each(labels, -crowding(features), features, k, random)


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.features is not None
    return Selection(by_features(window.features, window.k, random, _typical))


STRATEGY = Strategy("TypiClust", _pick, needs=("features",))
