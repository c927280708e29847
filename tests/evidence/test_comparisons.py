"""The exploratory comparisons, by hand."""

from fractions import Fraction

import pytest

from posequery.evidence.claims import offline, online
from posequery.evidence.comparisons import COLUMNS, comparisons

LOW = Fraction(1, 100)


@pytest.fixture
def compared(table):
    def compare(errors, **more):
        per_seed = more.get("per_seed", False)
        rows = comparisons(table(errors, **more), per_seed)
        return rows.set_index(["setting", "teacher", "rate", "strategy", "against"])

    return compare


def test_each_strategy_against_uniform_and_random_once(compared):
    found = compared({offline("error", LOW): 23.0, online("random", LOW): 19.0})
    assert [*found.index.names, *found.columns] == COLUMNS and found.index.is_unique
    at = ("offline", "ground_truth", LOW)
    assert found.loc[(*at, "error", "uniform"), "difference_px"] == pytest.approx(3, abs=0.2)
    assert found.loc[at].index.tolist() == [
        *(("error", name) for name in ("uniform", "random", "none", "all")),
        *(("least_confidence", name) for name in ("uniform", "random", "none", "all")),
        *(("random", name) for name in ("uniform", "none", "all")),
        *(("uniform", name) for name in ("none", "all")),
    ]
    row = found.loc[("online", "ground_truth", LOW, "random", "baseline")]
    assert row["high_px"] < 0 and row["seeds"] == 5 and row["given"] == "one student"
    assert not {"verdict", "p"} & {*found.columns}


def test_one_seed_has_a_difference_and_no_interval(compared):
    found = compared({}, seeds=[0])
    assert found["difference_px"].notna().all()
    assert found[["low_px", "high_px", "detectable_px"]].isna().all(axis=None)


def test_streams_and_students(compared):
    found = compared({}, streams=["S1", "S2"], per_seed=True)
    assert set(found.loc["online", "subjects"]) == {2} and set(found["given"]) == {
        "a student per seed"
    }
    assert found.loc["offline", "subjects"].isna().all()
    assert found.loc["online", "low_px_other_subjects"].notna().all()
    assert found.loc["offline", "low_px_other_subjects"].isna().all()


def test_what_was_not_run_has_no_row(table):
    rows = table({})
    found = comparisons(rows[~rows["method"].isin(["uniform", "none"])], per_seed=False)
    assert set(found["against"]) == {"random", "baseline", "all"}
    only = rows[rows["method"] == "continual"]
    assert comparisons(only, per_seed=False).columns.tolist() == COLUMNS
