"""A common suite for every strategy, then each one's own rule, by hand and by brute force."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.linalg import norm
from pydantic import ValidationError

from posequery import strategies
from posequery.jobs import seeds
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.strategies import Selection, Strategy, TooFewFrames, Window, largest, load, select

EVERY = strategies.names()
RATES = [Fraction(p, 100) for p in (1, 5, 10, 20, 29, 40, 100)]


def draws(seed: int = 0) -> np.random.Generator:
    return seeds.generator("draws", seed)


POSITIONAL = {"uniform", "stratified", "heatmap_change"}
"""Strategies that go by where a frame stands in the window."""
CLUSTERED = {"k_means", "typiclust"}
"""Strategies of which scikit-learn draws something, by the order of the frames."""


def window(size: int, rate: Fraction, seed: int = 0, **changed: object) -> Window:
    random = seeds.generator("window", seed)
    given = {
        "error": random.uniform(1, 50, size),
        "peaks": random.uniform(0, 1, (size, len(JOINTS))),
        "features": random.normal(size=(size, 5)).astype(np.float32),
        "entropy": random.uniform(0, 1, (size, len(JOINTS))),
        "change": random.uniform(0, 9, size),
        "flipped": random.uniform(0, 9, size),
        "disagreement": random.uniform(0, 50, size),
    }
    return Window(size, rate, **(given | changed))


@pytest.mark.parametrize("name", EVERY)
@settings(deadline=None, derandomize=True, max_examples=40)
@given(size=st.integers(1, 400), rate=st.fractions(Fraction(1, 400), Fraction(1)))
def test_exactly_k_frames_in_order_without_repeats(name: str, size: int, rate: Fraction) -> None:
    here = window(size, rate)
    if here.k == 0:
        with pytest.raises(TooFewFrames, match=f"picks none of {size} frames"):
            select(load(name), here, seeds.generator("x"))
        return
    picked = select(load(name), here, seeds.generator("x"))
    assert len(picked.indices) == len(picked.score) == len(picked.decided_by)
    assert len(picked.indices) == size * rate.numerator // rate.denominator
    assert (np.diff(picked.indices) > 0).all()
    assert 0 <= picked.indices[0] and picked.indices[-1] < size


def tied(size: int = 200, rate: Fraction = Fraction(1, 5)) -> Window:
    """A window of frames that are all alike."""
    fields = window(size, rate).given
    return Window(size, rate, **{name: np.ones_like(values) for name, values in fields.items()})


@pytest.mark.parametrize("name", EVERY)
def test_the_same_seed_gives_the_same_frames(name: str) -> None:
    first, second = (select(load(name), tied(), seeds.generator("a")).indices for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", sorted({*EVERY} - {"uniform"}))
def test_ties_are_broken_at_random_and_not_by_position(name: str) -> None:
    drawn = [select(load(name), tied(), seeds.generator(seed)).indices for seed in range(30)]
    counts = np.bincount(np.concatenate(drawn), minlength=200)
    # 30 draws of 40 from 200: each frame 6 times on average; a rule by position gives 30 and 0.
    assert counts.max() < 20 and (counts > 0).mean() > 0.95


@pytest.mark.parametrize("name", sorted({*EVERY} - POSITIONAL - CLUSTERED - {"random"}))
def test_strategies_do_not_depend_on_the_order_of_the_frames(name: str) -> None:
    here = window(150, Fraction(1, 10))
    order = seeds.generator("order").permutation(150)
    moved = Window(150, here.rate, **{key: rows[order] for key, rows in here.given.items()})
    straight = select(load(name), here, seeds.generator("a"))
    shuffled = select(load(name), moved, seeds.generator("a"))
    if np.isnan(straight.score).all():
        assert set(order[shuffled.indices]) == set(straight.indices)
    else:  # of frames with one score, any may be picked
        assert sorted(shuffled.score) == pytest.approx(sorted(straight.score))


@pytest.mark.parametrize("name", sorted({*EVERY} - {"uniform", "random", "stratified"}))
def test_frames_without_a_score_come_last(name: str) -> None:
    here = window(20, Fraction(1, 2))
    for values in here.given.values():
        values[3:14] = np.nan
    without = range(3, 13) if name == "heatmap_change" else range(3, 14)  # 13 has one to frame 14
    picked = select(load(name), here, seeds.generator("a")).indices
    assert set(picked) >= set(range(20)) - set(without)
    for values in here.given.values():
        values[:3] = np.nan
    picks = [select(load(name), here, seeds.generator(seed)) for seed in range(40)]
    scored = range(13 if name == "heatmap_change" else 14, 20)
    for picked in picks:
        assert set(scored) < set(picked.indices) and len(picked.indices) == 10
    # The others are drawn at random too, not taken from the front.
    assert {*np.concatenate([picked.indices for picked in picks])} == set(range(20))


@pytest.mark.parametrize("rate", RATES)
def test_uniform_is_the_papers_formula(rate: Fraction) -> None:
    # {floor(j / p) : j = 0 ... floor(N p) - 1}, in exact arithmetic
    picked = select(load("uniform"), Window(1500, rate), seeds.generator("a")).indices
    assert picked.tolist() == [int(j / rate) for j in range(int(1500 * rate))]


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 300), st.integers(1, 10**30), st.integers(0, 10**30))
def test_uniform_is_exact_at_any_rate(size: int, numerator: int, more: int) -> None:
    rate = Fraction(numerator, numerator + more)
    if size * rate < 1:
        return
    picked = select(load("uniform"), Window(size, rate), seeds.generator("a")).indices
    assert picked.tolist() == [int(j / rate) for j in range(int(size * rate))]


def test_rates_are_exact() -> None:
    # In binary floating point, floor(1500 * 0.29) is 434.
    assert Window(1500, Fraction("0.29")).k == 435


def test_random_draws_every_frame_equally_often() -> None:
    here = Window(50, Fraction(1, 5))
    drawn = [select(load("random"), here, seeds.generator(seed)).indices for seed in range(500)]
    counts = np.bincount(np.concatenate(drawn), minlength=50)
    assert abs(counts - 100).max() < 45  # five standard deviations of a binomial (500, 1/5)


def test_error_takes_the_largest() -> None:
    error = np.array([3.0, 9.0, 1.0, 7.0, 8.0])
    picked = select(load("error"), Window(5, Fraction(2, 5), error=error), seeds.generator("a"))
    assert picked.indices.tolist() == [1, 4]
    assert picked.score.tolist() == [9.0, 8.0]
    assert picked.decided_by.tolist() == [-1, -1]


def test_least_confidence_takes_the_lowest_peak_and_reports_its_map() -> None:
    peaks = np.full((4, 18), 0.9)
    peaks[0, 0], peaks[1, 7], peaks[2, 2] = 0.3, 0.2, 0.5  # nose, left elbow, right eye

    def pick(over: str) -> tuple[list[int], list[int]]:
        here = Window(4, Fraction(1, 2), peaks=peaks)
        own = strategies.parameters("least_confidence", {"over": over})
        picked = select(load("least_confidence"), here, seeds.generator("a"), own)
        return picked.indices.tolist(), picked.decided_by.tolist()

    assert pick("lowest") == ([0, 1], [0, 7])
    peaks[0, 5] = 0.85
    assert pick("lowest_limb") == ([0, 1], [5, 7])
    peaks[2] = 0.1
    assert pick("mean")[0] == [1, 2]


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, np.nan]), min_size=1, max_size=12), st.data())
def test_largest_against_brute_force(values: list[float], data: st.DataObject) -> None:
    score = np.array(values)
    ranked = sorted(values, key=lambda value: np.inf if np.isnan(value) else -value)
    k = data.draw(st.integers(1, len(values)))
    picked = largest(score, k, seeds.generator("a"))
    assert len(set(picked)) == k
    assert sorted(score[picked], key=str) == pytest.approx(sorted(ranked[:k], key=str), nan_ok=True)


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([0], "1 frames are picked, not 2 of 10"),
        ([0, 1, 2], "3 frames are picked, not 2 of 10"),
        ([3, 10], "frame 10 is picked, of 10 from 0 on"),
        ([-1, 3], "do not ascend from 0 or more"),
        ([4, 3], "do not ascend from 0 or more"),
        ([3, 3], "frame 3 is picked twice"),
        ([0.0, 1.0], "numbers of another type"),
        ([], "numbers of another type"),
    ],
)
def test_a_strategy_that_picks_anything_else_is_refused(
    frames: list[int], fault: str, tried
) -> None:
    wrong = Strategy("wrong", lambda window, random, own: Selection(np.array(frames)))
    with pytest.raises(BadInput, match=rf"test_strategies\.py: .*{fault}.* Correct this strategy"):
        select(wrong, Window(10, Fraction(1, 5)), seeds.generator("a"))
    tried("10", "a strategy that picks other than k frames, once each", {"refused": 1})


def fails(error: BaseException) -> Callable:
    def pick(*given: object) -> Selection:
        raise error

    return pick


@pytest.mark.parametrize(
    ("pick", "fault"),
    [
        (lambda *given: None, "a NoneType is returned, not a Selection"),
        (lambda *given: np.arange(2), "a ndarray is returned, not a Selection"),
        (
            lambda *given: Selection(np.arange(2), decided_by=np.array([0, 18])),
            "a map that is none of 18",
        ),
        (fails(ValueError("first\nsecond")), r"fails \(ValueError: first second\)"),
        (fails(ZeroDivisionError()), r"fails \(ZeroDivisionError: \)"),
        (fails(SystemExit(0)), r"fails \(SystemExit: 0\)"),
    ],
)
def test_a_strategy_that_fails_is_named(pick: Callable, fault: str) -> None:
    wrong = Strategy("wrong", pick)
    with pytest.raises(BadInput, match=rf"test_strategies\.py: .*{fault}.* Correct this strategy"):
        select(wrong, Window(10, Fraction(1, 5)), seeds.generator("a"))


def test_a_need_that_is_no_field_is_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'features'"):
        Strategy("wrong", lambda window, random, own: Selection(np.arange(1)), needs=("feature",))


def test_the_name_in_the_papers_tables_is_accepted_too() -> None:
    assert strategies.canonical("uncertainty") == "least_confidence"
    assert strategies.canonical("uniform") == "uniform"
    with pytest.raises(ValueError, match="no strategy is called 'unifrom': did you mean 'uniform'"):
        strategies.canonical("unifrom")


@pytest.mark.parametrize("name", EVERY)
def test_an_unknown_parameter_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="temperature"):
        strategies.parameters(name, {"temperature": 1})


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="no strategy is called 'entropy'"):
        load("entropy")


@pytest.mark.parametrize("name", EVERY)
def test_a_missing_input_is_reported(name: str) -> None:
    strategy = load(name)
    if strategy.needs:
        with pytest.raises(ValueError, match=f"needs {', '.join(strategy.needs)}"):
            select(strategy, Window(10, Fraction(1, 2)), seeds.generator("a"))
    assert strategy.label


SCORES = st.sampled_from([0.0, 0.25, 0.5, 1.0, np.nan])


@settings(deadline=None, derandomize=True)
@given(st.lists(SCORES, min_size=1, max_size=12), st.data())
def test_stratified_takes_the_least_confident_of_each_part(
    lowest: list[float], data: st.DataObject
) -> None:
    size = len(lowest)
    k = data.draw(st.integers(1, size))
    peaks = np.ones((size, len(JOINTS)))
    peaks[:, 4] = lowest
    picked = select(load("stratified"), Window(size, Fraction(k, size), peaks=peaks), draws())
    for part, frame in enumerate(picked.indices):
        frames = [i for i in range(size) if part * size // k <= i < (part + 1) * size // k]
        assert frame in frames
        known = [lowest[i] for i in frames if not np.isnan(lowest[i])]
        assert lowest[frame] == min(known) if known else np.isnan(lowest[frame])


@settings(deadline=None, derandomize=True)
@given(st.lists(SCORES, min_size=1, max_size=12), st.data())
def test_heatmap_change_counts_an_end_twice(change: list[float], data: st.DataObject) -> None:
    size = len(change)
    k = data.draw(st.integers(1, size))
    here = Window(size, Fraction(k, size), change=np.array(change))
    score = []
    for i in range(size):
        sides = [change[i] if i else np.nan, change[i + 1] if i + 1 < size else np.nan]
        known = [side for side in sides if not np.isnan(side)]
        score.append(sum(known) * 2 / len(known) if known else np.nan)
    picked = select(load("heatmap_change"), here, draws())
    assert np.array_equal(picked.score, np.array(score)[picked.indices], equal_nan=True)
    best = sorted((-np.inf if np.isnan(one) else one for one in score), reverse=True)[:k]
    found = np.sort(np.nan_to_num(picked.score, nan=-np.inf))[::-1]
    assert found.tolist() == best


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 9), st.integers(0, 50), st.data())
def test_density_weighted_against_brute_force(size: int, seed: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, size))
    here = window(size, Fraction(k, size), seed)
    f = here.features.astype(np.float64)
    if size > 2:
        f[0], f[1] = 0, f[2]
    cosine = [[a @ b / (norm(a) * norm(b)) if a.any() and b.any() else 0 for b in f] for a in f]
    score = (1 - here.peaks.min(axis=1)) * np.mean(cosine, axis=1)
    here = Window(size, here.rate, peaks=here.peaks, features=f.astype(np.float32))
    picked = select(load("density_weighted"), here, draws())
    np.testing.assert_allclose(picked.score, score[picked.indices], atol=1e-6)
    np.testing.assert_allclose(np.sort(picked.score), np.sort(score)[size - k :], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "field", "score"),
    [
        ("top_confidence", "peaks", lambda values: values.mean(axis=1)),
        ("multi_peak_entropy", "entropy", lambda values: values.sum(axis=1)),
        ("flip_consistency", "flipped", lambda values: values),
        ("disagreement", "disagreement", lambda values: values),
    ],
)
@settings(deadline=None, derandomize=True)
@given(size=st.integers(1, 12), data=st.data())
def test_ranked_by_its_field(
    name: str, field: str, score: Callable[..., np.ndarray], size: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, size))
    shape = (size, len(JOINTS)) if field in ("peaks", "entropy") else (size,)
    values = data.draw(arrays(np.float64, shape, elements=SCORES))
    picked = select(load(name), Window(size, Fraction(k, size), **{field: values}), draws())
    ranked = np.nan_to_num(score(values), nan=-np.inf)
    assert sorted(ranked[picked.indices]) == sorted(ranked)[size - k :]
    assert np.array_equal(picked.score, score(values)[picked.indices], equal_nan=True)


@pytest.mark.parametrize("name", EVERY)
def test_all_frames_without_a_score_are_drawn_at_random(name: str) -> None:
    given = window(40, Fraction(1)).given
    here = Window(40, Fraction(1, 8), **{key: rows * np.nan for key, rows in given.items()})
    picked = [select(load(name), here, draws(seed)) for seed in range(60)]
    assert all(len(one.indices) == 5 and np.isnan(one.score).all() for one in picked)
    if name != "uniform":
        assert len(set(np.concatenate([one.indices for one in picked]).tolist())) > 35


@pytest.mark.parametrize(
    ("field", "values"),
    [("features", np.zeros(4)), ("change", np.zeros((4, 2))), ("entropy", np.zeros((4, 17)))],
)
def test_a_field_of_another_shape_is_refused(field: str, values: np.ndarray) -> None:
    with pytest.raises(ValueError, match=f"{field}: "):
        Window(4, Fraction(1, 2), **{field: values})
