"""Clusters: the frame that stands for each against brute force, and fewer clusters than frames."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posequery.jobs import seeds
from posequery.strategies import Window, k_means, load, select
from posequery.strategies.k_means import clusters, one_of_each
from posequery.strategies.typiclust import crowding

FEATURES = st.integers(1, 9).flatmap(
    lambda size: arrays(np.float32, (size, 2), elements=st.integers(-3, 3).map(float))
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(features=FEATURES, data=st.data())
@pytest.mark.parametrize("name", ["k_means", "typiclust"])
def test_each_cluster_gives_its_best_frame(
    name: str, features: np.ndarray, data: st.DataObject
) -> None:
    size = len(features)
    k = data.draw(st.integers(1, size))
    here = Window(size, Fraction(k, size), features=features)
    picked = select(load(name), here, seeds.generator("a")).indices
    labels, centres = clusters(features, k, seeds.generator("a"))
    if name == "k_means":
        off = np.linalg.norm(features - centres[labels], axis=1)
    else:
        apart = np.linalg.norm(features[:, None] - features[None], axis=2)
        off = [np.sort(np.delete(row, i)).sum() for i, row in enumerate(apart)]
    for label in set(labels.tolist()):
        members = np.flatnonzero(labels == label)
        best = min(off[i] for i in members)
        assert any(off[i] <= best + 1e-5 for i in members if i in picked)
    # Where all frames are unlike, every cluster has one, and no other frame is picked.
    if len(np.unique(features, axis=0)) >= k:
        assert np.unique(labels[picked]).size == k


def test_typicality_is_that_of_the_20_nearest() -> None:
    features = seeds.generator("near").normal(size=(60, 4)).astype(np.float32)
    apart = np.linalg.norm(features[:, None] - features[None], axis=2)
    nearest = np.sort(apart, axis=1)[:, 1:21]
    np.testing.assert_allclose(crowding(features), nearest.mean(axis=1), rtol=1e-5)
    assert crowding(features[:1]).tolist() == [0]


def test_clusters_without_frames_are_refilled_by_the_farthest() -> None:
    features = np.array([[0], [1], [9], [4]], np.float32)
    labels, score = np.array([0, 0, 0, 2]), np.array([1.0, 2.0, 0.0, 0.0])
    found = one_of_each(labels, score, features, 3, seeds.generator("a"))
    assert found.tolist() == [1, 3, 2]


def test_mini_batches_give_as_many_frames(monkeypatch) -> None:
    random = seeds.generator("many")
    centres = 20 * random.normal(size=(10, 4))
    features = (centres[np.arange(400) % 10] + random.normal(size=(400, 4))).astype(np.float32)
    monkeypatch.setattr(k_means, "LARGE", 0)
    for name in ("k_means", "typiclust"):
        here = Window(400, Fraction(1, 10), features=features)
        first, again = (select(load(name), here, seeds.generator("a")).indices for _ in range(2))
        assert len(first) == 40 and first.tolist() == again.tolist()
        assert set(first % 10) == set(range(10))
