"""Estimates of a difference of errors, their tests and intervals, with scipy alone.

Every function takes arrays of any leading shape, so that thousands of studies can be judged at
once; an estimate without a replicate, or whose replicates do not differ, has NaN for its standard
error, and NaN for every p after it: nothing is tested without a spread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, stats

ALPHA = 0.05
"""Of every verdict, after Holm over the family; plain intervals are of 1 - ALPHA."""
POWER = 0.8


@dataclass(frozen=True)
class Term:
    """One method of a contrast.

    weight: of its mean. draws: (..., replicates), pixels. fixed: no draw enters it, so that its
    mean has no error; the unadapted student, where all seeds share it.
    """

    weight: float
    draws: np.ndarray
    fixed: bool = False


@dataclass(frozen=True)
class Estimate:
    """A weighted sum of means in pixels, its standard error and degrees of freedom: (...)."""

    value: np.ndarray
    se: np.ndarray
    df: np.ndarray

    def t(self, at: float | np.ndarray = 0.0) -> np.ndarray:
        """How many standard errors the value lies above `at`."""
        return (self.value - at) / self.se


def contrast(terms: Sequence[Term], paired: bool) -> Estimate:
    """The weighted sum of the terms' means.

    paired: replicate i of all terms belongs together (one student, or one subject), and the
    sum's own spread counts. Otherwise draws are independent across terms, and each has a spread
    of its own: Welch, with Satterthwaite's degrees of freedom.
    """
    value = sum(term.weight * term.draws.mean(-1) for term in terms)
    if paired:
        sums = [np.asarray(sum(term.weight * term.draws for term in terms))]
    else:
        sums = [term.weight * term.draws for term in terms if not term.fixed]
    variances = [_variance_of_mean(draws) for draws in sums]
    total = np.asarray(sum(variances))
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / sum(
            variance**2 / (draws.shape[-1] - 1)
            for variance, draws in zip(variances, sums, strict=True)
            if draws.shape[-1] > 1
        )
    # Equal draws leave a variance of rounding errors: those of the draws, not of their difference.
    size = sum(np.abs(term.weight * term.draws).max(-1) for term in terms)
    spread = total > (1e-9 * size) ** 2
    return Estimate(
        np.asarray(value), np.where(spread, np.sqrt(total), np.nan), np.where(spread, df, np.nan)
    )


def _variance_of_mean(draws: np.ndarray) -> np.ndarray:
    count = draws.shape[-1]
    if count < 2:
        return np.full(draws.shape[:-1], np.nan)
    return draws.var(-1, ddof=1) / count


# One-sided unless it says otherwise; each returns p, (...).


def less(found: Estimate, than: float | np.ndarray = 0.0) -> np.ndarray:
    return stats.t.cdf(found.t(than), found.df)


def greater(found: Estimate, than: float | np.ndarray = 0.0) -> np.ndarray:
    return stats.t.sf(found.t(than), found.df)


def equivalent(found: Estimate, margin: float | np.ndarray) -> np.ndarray:
    """Two one-sided tests: within ± margin."""
    return np.maximum(less(found, margin), greater(found, -_positive(margin)))


def not_inferior(found: Estimate, margin: float | np.ndarray) -> np.ndarray:
    """Worse (greater) by less than the margin."""
    return less(found, _positive(margin))


def beyond(found: Estimate, margin: float | np.ndarray) -> np.ndarray:
    """Outside ± margin, two-sided."""
    nearer = np.minimum(greater(found, _positive(margin)), less(found, -margin))
    return np.minimum(1.0, 2 * nearer)


def _positive(margin: float | np.ndarray) -> float | np.ndarray:
    if not np.all(np.asarray(margin) > 0):
        raise ValueError("a margin must be above 0: nothing is alike within no margin")
    return margin


def interval(found: Estimate, level: float = 1 - ALPHA) -> tuple[np.ndarray, np.ndarray]:
    """Of this estimate alone, not widened for the others of a family."""
    reach = stats.t.ppf((1 + level) / 2, found.df) * found.se
    return found.value - reach, found.value + reach


def prediction_interval(draws: np.ndarray, level: float = 1 - ALPHA) -> tuple[float, float]:
    """Where one more run is expected; draws: (runs,). NaN of fewer than two, or of equal ones."""
    found = contrast([Term(1.0, draws)], paired=True)
    one_more = Estimate(found.value, found.se * np.sqrt(len(draws) + 1), found.df)
    low, high = interval(one_more, level)
    return float(low), float(high)


def holm(p: np.ndarray) -> np.ndarray:
    """Adjusted p of families, which are the last axis.

    One that is NaN was not computed: it counts as a member that rejects nothing.
    """
    known = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(known, axis=-1, kind="stable")
    steps = np.arange(p.shape[-1], 0, -1) * np.take_along_axis(known, order, -1)
    adjusted = np.minimum(1.0, np.maximum.accumulate(steps, axis=-1))
    found = np.empty_like(known)
    np.put_along_axis(found, order, adjusted, -1)
    return np.where(np.isnan(p), np.nan, found)


def detectable(found: Estimate, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest true difference that a two-sided test at `alpha` finds with this power.

    Of one estimate, from its standard error and degrees of freedom; NaN where it has none.
    """
    if np.isnan(found.se):
        return float("nan")
    return float(found.se) * _noncentrality(round(float(found.df), 6), alpha, power)


@cache
def _noncentrality(df: float, alpha: float, power: float) -> float:
    critical = stats.t.isf(alpha / 2, df)
    # scipy's noncentral t fails far out, where few degrees of freedom lead: so it is integrated
    # over the spread's own distribution.
    spread = critical * np.sqrt(stats.chi2.ppf((np.arange(4000) + 0.5) / 4000, df) / df)

    def missing(shift: float) -> float:
        found = stats.norm.cdf(shift - spread) + stats.norm.cdf(-shift - spread)
        return float(found.mean()) - power

    return float(_root(missing, 10 * critical + 10))


def _root(function: Callable[[float], float], highest: float) -> float:
    return optimize.brentq(function, 0.0, highest)
