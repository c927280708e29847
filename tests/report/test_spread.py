from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from posequery.report.spread import counts, mean, over_seeds, pivot, sd, spread

CELLS = pd.DataFrame(
    {
        "method": ["a", "a", "a", "b"],
        "teacher": ["t", "t", "t", "t"],
        "rate": [Fraction(1, 5), Fraction(1, 5), Fraction(1), Fraction(1, 5)],
        "seed": [0, 1, 0, 0],
        "px": [1.0, 3.0, 5.0, np.nan],
        "k": [2, 3, 4, 5],
    }
)


def test_mean_and_deviation_by_hand():
    assert (mean(CELLS["px"]), sd(CELLS["px"])) == (3, 2)
    assert (mean(CELLS["px"][:1]), mean(CELLS["px"][2:])) == (1, 5)
    for one in (CELLS["px"][:1], CELLS["px"][3:], CELLS["px"][:0]):
        assert np.isnan(sd(one))
    assert np.isnan(mean(CELLS["px"][3:]))
    assert np.isnan(mean(CELLS["px"][:0]))


def test_a_spread_over_seeds():
    found = spread(CELLS.groupby(["method", "rate"])["px"])
    assert found.loc[("a", Fraction(1, 5))].tolist() == [2, pytest.approx(2**0.5)]
    assert found["value"][("a", Fraction(1))] == 5
    assert np.isnan(found.loc[("b", Fraction(1, 5))]).all()


def test_streams_are_averaged_within_a_seed_and_are_no_replicates():
    """Seeds 0 and 1 on two streams, the second 10 px harder: 6 and 8, and not four numbers."""
    two = CELLS[:2]
    both = pd.concat([two, two.assign(px=two["px"] + 10)])
    found = over_seeds(both, ["method", "rate"], "px").loc[("a", Fraction(1, 5))]
    assert found.tolist() == [7, pytest.approx(2**0.5)]
    one = over_seeds(both[both["seed"] == 0], ["method"], "px").loc["a"]
    assert one["value"] == 6 and np.isnan(one["sd"])


def test_counts_that_differ_say_so():
    found = counts(CELLS.groupby("method")["k"])
    assert found["value"].tolist() == [2, 5]
    assert found["to"]["a"] == 4
    assert np.isnan(found["to"]["b"])


def test_a_pivot_has_the_rows_and_columns_asked_for():
    rates = [Fraction(1), Fraction(1, 5)]
    found = pivot(CELLS, "px", ["c", "a"], ["u", "t"], rates)
    assert found.index.tolist() == ["c", "a"]
    assert found.columns.tolist() == [
        (teacher, rate, part) for teacher in "ut" for rate in rates for part in ("value", "sd")
    ]
    assert found.loc["a", ("t", Fraction(1), "value")] == 5
    assert found.loc["a", ("t", Fraction(1, 5), "sd")] == pytest.approx(2**0.5)
    assert found.loc["c"].isna().all()
    assert found.xs("u", level=0, axis=1).isna().all(axis=None)


def test_a_pivot_of_no_cells_is_of_nothing():
    found = pivot(CELLS[:0], "px", ["a"], ["t"], [Fraction(1)])
    assert found.shape == (1, 2)
    assert found.isna().all(axis=None)
