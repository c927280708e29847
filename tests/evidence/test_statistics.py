"""Estimates, tests and intervals, by hand and beside statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_ind, ttost_paired

from posequery.evidence.statistics import (
    Estimate,
    Term,
    beyond,
    contrast,
    detectable,
    equivalent,
    greater,
    holm,
    interval,
    less,
    not_inferior,
    prediction_interval,
)

A, B = np.array([1.0, 2.0, 3.0]), np.array([4.0, 6.0, 8.0])


def difference(a, b, paired=False):
    return contrast([Term(1.0, a), Term(-1.0, b)], paired)


def two_sided(found):
    return 2 * min(less(found), greater(found))


def test_two_methods_of_one_student_by_hand():
    found = difference(A, B)
    # Variances 1 and 4 of three each: 1/3 + 4/3.
    assert found.value == -4
    assert found.se**2 == pytest.approx(5 / 3)
    assert found.df == pytest.approx((25 / 9) / (1 / 18 + 16 / 18))


def test_paired_by_hand():
    found = difference(A, B, paired=True)
    # Differences -3, -4, -5.
    assert (found.value, found.se**2, found.df) == (-4, pytest.approx(1 / 3), 2)
    low, high = interval(found)
    assert (low, high) == pytest.approx((-4 - 4.30265 / 3**0.5, -4 + 4.30265 / 3**0.5), abs=1e-5)


def test_what_no_draw_enters_adds_no_error():
    found = contrast([Term(1.0, A), Term(-1.0, np.array([7.0]), fixed=True)], paired=False)
    assert (found.value, found.se**2, found.df) == (-5, pytest.approx(1 / 3), 2)
    oracle = DescrStatsW(A).ttest_mean(7.0)
    assert two_sided(found) == pytest.approx(oracle[1])


def test_one_more_run_by_hand():
    reach = 4.302653 * (4 / 3) ** 0.5
    assert prediction_interval(A) == pytest.approx((2 - reach, 2 + reach), abs=1e-5)
    assert np.isnan(prediction_interval(A[:1])).all()


@pytest.mark.parametrize("pair", [(A, B[:1]), (A[:1], B), (A * 0 + 0.1, B * 0 + 0.3)])
def test_without_a_spread_there_is_no_p(pair, tried):
    found = difference(*pair)
    values = [less(found), greater(found), equivalent(found, 9.0), *interval(found)]
    assert np.isnan(values).all() and np.isnan(detectable(found))
    tried("Statistics", "one seed, or seeds that do not differ", {"no p": 1})


@given(st.integers(1, 500_000), st.integers(1, 500_000), st.integers(2, 11), st.booleans())
def test_equal_draws_of_any_size_have_no_spread(first, second, count, paired):
    """Rounding is no spread, also where the difference is 0."""
    a, b = np.full(count, first / 10_000), np.full(count, second / 10_000)
    for terms in (
        [Term(1.0, a), Term(-1.0, a)],
        [Term(1.0, a), Term(-0.5, a), Term(-0.5, b)],
        [Term(1 / 3, a), Term(1 / 3, b), Term(-2 / 3, a)],
    ):
        assert np.isnan(equivalent(contrast(terms, paired), 0.5))


@pytest.mark.parametrize("margin", [0, 0.0, -1.0, float("nan")])
def test_no_margin_is_refused(margin, tried):
    for test in (equivalent, not_inferior, beyond):
        with pytest.raises(ValueError, match="a margin must be above 0"):
            test(difference(A, B), margin)
    tried("Bad input", "a margin of zero", {"refused": 3})


pairs = [
    (rng.normal(0, 1, n), rng.normal(rng.normal(), 3, m))
    for rng in [np.random.default_rng(7)]
    for n, m in [(2, 2), (3, 3), (3, 5), (5, 5), (8, 4), (10, 10)]
]


@pytest.mark.parametrize(("a", "b"), pairs)
def test_independent_draws_equal_statsmodels(a, b):
    found = difference(a, b)
    both = CompareMeans(DescrStatsW(a), DescrStatsW(b))
    t, p, df = both.ttest_ind(usevar="unequal")
    assert (found.t(), two_sided(found), found.df) == pytest.approx((t, p, df))
    assert interval(found) == pytest.approx(both.tconfint_diff(usevar="unequal"))
    for margin in (0.5, 4.0):
        oracle = ttost_ind(a, b, -margin, margin, usevar="unequal")
        assert equivalent(found, margin) == pytest.approx(oracle[0])
        assert not_inferior(found, margin) == pytest.approx(oracle[2][1])


@pytest.mark.parametrize(("a", "b"), [pair for pair in pairs if len(pair[0]) == len(pair[1])])
def test_paired_draws_equal_statsmodels(a, b):
    found = difference(a, b, paired=True)
    oracle = DescrStatsW(a - b)
    assert two_sided(found) == pytest.approx(oracle.ttest_mean()[1])
    assert interval(found) == pytest.approx(oracle.tconfint_mean())
    assert equivalent(found, 2.0) == pytest.approx(ttost_paired(a, b, -2.0, 2.0)[0])


def test_weights_make_any_sum_of_means():
    """Half a method against two halves is the difference of two, when those are the same."""
    whole = difference(A, B)
    half = contrast([Term(0.5, A), Term(-0.5, B)], paired=False)
    assert half.value == whole.value / 2 and half.se == pytest.approx(whole.se / 2)
    assert half.df == pytest.approx(whole.df)
    three = contrast([Term(1.0, A), Term(-0.5, B), Term(-0.5, B[::-1])], paired=False)
    assert three.se**2 == pytest.approx(1 / 3 + 4 / 3 / 2)


def test_beyond_a_margin_is_a_test_of_both_sides():
    found = Estimate(np.array(3.0), np.array(1.0), np.array(4.0))
    assert beyond(found, 1.0) == pytest.approx(2 * stats.t.sf(2.0, 4))
    assert beyond(Estimate(np.array(0.0), found.se, found.df), 1.0) == 1.0


def test_holm_equals_statsmodels():
    rng = np.random.default_rng(3)
    families = rng.uniform(0, 1, (30, 12)) ** 4  # statsmodels collects garbage each time
    families[:9, 3] = families[:9, 4]
    oracle = np.array([multipletests(p, method="holm")[1] for p in families])
    np.testing.assert_allclose(holm(families), oracle)


def test_holm_counts_what_was_not_run():
    found = holm(np.array([0.01, np.nan, 0.04, np.nan]))
    assert found[[0, 2]] == pytest.approx([0.04, 0.12])
    assert np.isnan(found[[1, 3]]).all()


@pytest.mark.parametrize("n", [2, 3, 5, 10, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_detectable_differences_equal_statsmodels(n, alpha):
    sd = 1.7
    draws = np.arange(n) - np.arange(n).mean()
    draws *= sd / draws.std(ddof=1)
    effect = detectable(contrast([Term(1.0, draws)], paired=True), alpha) / sd
    assert TTestPower().power(effect, n, alpha) == pytest.approx(0.8, abs=1e-3)
    effect = detectable(difference(draws, draws + 1), alpha) / sd
    assert TTestIndPower().power(effect, n, alpha) == pytest.approx(0.8, abs=1e-3)


numbers = st.floats(-100, 100).map(lambda value: round(value, 3))
some = st.lists(numbers, min_size=2, max_size=6).map(np.array)
ps = st.lists(st.floats(0, 1), min_size=1, max_size=10).map(np.array)


@given(some, some, numbers)
def test_a_shift_of_both_changes_nothing_but_rounding(a, b, by):
    one, other = difference(a, b), difference(a + by, b + by)
    assert other.value == pytest.approx(one.value, abs=1e-9)
    if not (np.isnan(one.se) or np.isnan(other.se)):
        assert other.se == pytest.approx(one.se, abs=1e-9)


@given(some, some)
def test_whoever_is_named_first_is_of_no_matter(a, b):
    one, other = difference(a, b), difference(b, a)
    assert less(one) == pytest.approx(greater(other), nan_ok=True)
    assert equivalent(one, 5.0) == pytest.approx(equivalent(other, 5.0), nan_ok=True)


@given(some, some, st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_wider_margin_is_easier(a, b, margin, more):
    found = difference(a, b)
    if not np.isnan(found.se):
        assert equivalent(found, margin + more) <= equivalent(found, margin)
        assert beyond(found, margin + more) >= beyond(found, margin)
        assert equivalent(found, margin) >= not_inferior(found, margin)


@given(ps, st.randoms())
def test_holm_is_a_rule_of_sets(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    found = holm(p)
    assert (found >= p).all() and (found <= 1).all()
    np.testing.assert_array_equal(holm(p[order]), found[order])
    assert (np.diff(found[np.argsort(p)]) >= 0).all()


@given(st.integers(0, 1000))
def test_many_studies_at_once_are_as_one_by_one(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 1, (4, 3)), rng.normal(0, 2, (4, 5))
    together = difference(a, b)
    for i in range(4):
        alone = difference(a[i], b[i])
        assert together.value[i] == alone.value and together.df[i] == pytest.approx(alone.df)
        assert equivalent(together, 1.0)[i] == pytest.approx(equivalent(alone, 1.0))
