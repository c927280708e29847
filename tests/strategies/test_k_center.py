"""Farthest first against brute force: ties, equal frames, frames without features, many frames."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posequery.jobs import seeds
from posequery.skeletons import JOINTS
from posequery.strategies import Window, k_center, load, select
from posequery.strategies.k_center import farthest_first

WHOLE = st.integers(-3, 3).map(float)
"""Features of which float32 has every square and every sum exactly."""


@pytest.mark.parametrize("name", ["k_center", "k_means", "typiclust", "confidence_diversity"])
@pytest.mark.parametrize("size", [1e17, 1e19, 1e30, 1e200])
def test_features_of_which_no_distance_can_be_told_come_last(name, size):
    random = seeds.generator("huge")
    features = random.normal(size=(12, 4))
    features[3:9] *= size
    window = Window(12, Fraction(1, 4), features=features, peaks=random.uniform(size=(12, 18)))
    picked = select(load(name), window, random).indices
    assert len(picked) == 3
    if size > 1e18 and name != "confidence_diversity":  # which first leaves out half
        assert not set(picked) & set(range(3, 9))


def is_farthest_first(features: np.ndarray, order: list[int], before: list[int]) -> bool:
    """Whether rows are picked in an order that the definition allows, ties in any way."""
    exact = features.astype(np.float64)
    picked = [*before]
    for row in order:
        if picked:
            distance = [min(((one - exact[i]) ** 2).sum() for i in picked) for one in exact]
            left = [one for i, one in enumerate(distance) if i not in picked]
            if row in picked or distance[row] < max(left) - 1e-4:
                return False
        else:
            off = ((exact - exact.mean(axis=0)) ** 2).sum(axis=1)
            if off[row] > off.min() + 1e-4:
                return False
        picked.append(row)
    return True


@pytest.mark.parametrize("share", [1, 3, 400])
@settings(deadline=None, derandomize=True, max_examples=60)
@given(data=st.data())
def test_farthest_first_against_brute_force(share: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 9))
    features = data.draw(arrays(np.float32, (size, 2), elements=WHOLE))
    before = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    k = data.draw(st.integers(0, size - len(before)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(k_center, "SHARE", share)
        patch.setattr(k_center, "BLOCK", 4)
        patch.setattr(k_center, "AT_ONCE", 3)
        given_rows = np.array(before) if before else None
        found = farthest_first(features, k, seeds.generator("a"), given_rows).tolist()
    assert len(found) == k and is_farthest_first(features, found, before)


def test_many_frames_at_once_are_the_same_as_one_at_a_time(monkeypatch) -> None:
    random = seeds.generator("many")
    centres = random.normal(size=(30, 8))
    features = (centres[random.integers(0, 30, 3000)] + random.normal(size=(3000, 8)) / 4).astype(
        np.float32
    )
    monkeypatch.setattr(k_center, "SHARE", 20)
    several = farthest_first(features, 200, seeds.generator("a"))
    monkeypatch.setattr(k_center, "SHARE", 3001)
    assert several.tolist() == farthest_first(features, 200, seeds.generator("a")).tolist()
    assert is_farthest_first(features, several[:40].tolist(), [])


@settings(deadline=None, derandomize=True, max_examples=60)
@given(data=st.data())
def test_confidence_then_diversity_against_brute_force(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 9))
    k = data.draw(st.integers(1, size))
    features = data.draw(arrays(np.float32, (size, 2), elements=WHOLE))
    confidence = np.array(data.draw(st.permutations(range(size))), np.float64)
    peaks = np.repeat(confidence[:, None], len(JOINTS), axis=1)
    here = Window(size, Fraction(k, size), peaks=peaks, features=features)
    picked = select(load("confidence_diversity"), here, seeds.generator("a")).indices
    sure = np.flatnonzero(confidence >= size - 2 * k)
    assert set(picked) <= set(sure)
    # Of the confident ones, they are what some farthest-first order picks.
    places = np.flatnonzero(np.isin(sure, picked)).tolist()
    assert any_order(features[sure], places)


def any_order(features: np.ndarray, places: list[int]) -> bool:
    """Whether some order of these rows is farthest first."""

    def goes_on(before: list[int]) -> bool:
        if len(before) == len(places):
            return True
        return any(
            is_farthest_first(features, [row], before) and goes_on([*before, row])
            for row in places
            if row not in before
        )

    return goes_on([])


def test_frames_without_features_come_last() -> None:
    features = np.arange(12, dtype=np.float32).reshape(6, 2)
    features[1, 0], features[4, 1] = np.nan, np.inf
    for count, certain in ((3, 0), (5, 4)):
        here = Window(6, Fraction(count, 6), features=features)
        picked = select(load("k_center"), here, seeds.generator("a")).indices
        assert len({*picked} & {0, 2, 3, 5}) == (certain or count)
