"""Verdicts on fabricated cells: what each says, and that nothing is said without a number."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from posequery.evidence.claims import (
    ALL,
    BASELINE,
    BUDGETS,
    CLAIMS,
    NONE,
    TEACHER,
    cells,
    continual,
    offline,
    online,
)
from posequery.evidence.verdicts import COLUMNS, Design, as_markdown, verdicts

REAL, STAND_IN = Design(False, False, 0.05), Design(True, False, 0.05)
LOW, HIGH = Fraction(1, 100), Fraction(1, 5)
PRINTED = {point: point.printed for point in cells()}


@pytest.fixture
def judged(seconds):
    def judge(rows, study=REAL):
        return verdicts(rows, seconds(rows), study).set_index("claim")

    return judge


def test_a_row_for_each_claim_before_and_after_any_run(table, judged):
    found = judged(table({}))
    names = [claim.name for claim in (*CLAIMS, *BUDGETS)]
    assert found.index.tolist()[: len(names)] == names and found.index.is_unique
    assert [found.index.name, *found.columns] == COLUMNS
    assert (found["kind"] == "cell").sum() == len(cells()) == 41
    assert found["sentence"].str.endswith(".").all() and not found["place"].isna().any()
    nothing = table({}).iloc[:1].assign(method="another")
    found = judged(nothing)
    assert found.index.tolist()[: len(names)] == names and set(found["verdict"]) == {"not run"}


def test_the_papers_own_numbers_as_truth(table, judged):
    errors = PRINTED | {continual("ground_truth", "mpjpe_px_equal_lag"): 12.0}
    found = judged(table(errors | {online("once", LOW): 12.5}, spread=0.01))
    words = found["verdict"][[claim.name for claim in CLAIMS]]
    wrong = {
        "uniform_random_alike_offline",  # 11.52 against 9.81 at 40 %
        "uniform_random_alike_online",  # 12.22 against 11.42
        "error_best_at_20",  # 8.90 against 8.91
        "teacher_rates_alike_error",
        "teacher_rates_alike_least_confidence",
    }
    assert {*words[words == "contradicted"].index} == wrong
    # 12.22 against 11.52, where the margin is 0.68.
    assert {*words[words == "undecided"].index} == {"teacher_rates_alike_uniform"}
    best = found.loc["error_best_at_20"]
    assert -0.2 < best["published_px"] < 0 and "of equivalence" in best["sentence"]


def test_numbers_of_a_verdict_by_hand(table, judged):
    rows = table({NONE: 30.0, ALL: 20.0}, seeds=range(3))
    of_all = rows["method"] == "all"
    rows.loc[of_all, "mpjpe_px"] = [19.0, 20.0, 21.0]
    found = judged(rows[rows["method"].isin(["all", "none"])]).loc["all_beats_none"]
    # -10 ± 1/√3, two degrees of freedom.
    assert (found["estimate_px"], found["seeds"]) == (-10, 3) and pd.isna(found["subjects"])
    assert [found["low_px"], found["high_px"]] == pytest.approx([-12.4841, -7.5159], abs=1e-4)
    t = 10 * 3**0.5
    assert found["p"] == pytest.approx(1 - t / (t**2 + 2) ** 0.5, rel=1e-3)
    assert found["p_adjusted"] == pytest.approx(found["p"] * 36, rel=1e-3)
    assert found["margin_px"] == 1.5 and found["published_px"] == pytest.approx(-6.19)
    assert found["verdict"] == "undecided"
    assert found["detectable_px"] > found["high_px"] - found["low_px"]


def test_no_better_by_the_margin_contradicts_beats(table, judged):
    found = judged(table({BASELINE: 20.0}, spread=0.05))
    row = found.loc["repeated_beats_once"]
    assert row["verdict"] == "contradicted" and row["counter_p_adjusted"] <= 0.05
    assert "of equivalence within ±1.00 px" in row["sentence"]
    assert found.loc["uniform_random_alike_online", "verdict"] == "supported"


def test_the_significant_opposite_contradicts(table, judged):
    row = judged(table({ALL: 25.0})).loc["all_beats_none"]
    assert row["verdict"] == "contradicted" and "of a difference" in row["sentence"]


def test_one_seed_decides_nothing_and_has_no_p(table, judged, tried):
    found = judged(table(PRINTED, seeds=[0]))
    tests = found.loc[[claim.name for claim in CLAIMS]]
    assert set(tests["verdict"]) == {"undecided"}
    numbers = ["p", "p_adjusted", "counter_p", "counter_p_adjusted", "low_px", "detectable_px"]
    assert tests[numbers].isna().all(axis=None) and tests["estimate_px"].notna().all()
    assert tests["sentence"].str.contains("one seed has no replicate").all()
    assert set(found["verdict"][found["kind"] == "cell"]) == {"undecided"}
    tried("Verdicts", "one seed", {"undecided, without a p": len(tests)})


def test_seeds_that_do_not_differ_decide_nothing(table, judged):
    rows = table({}, spread=0.0)
    tests = judged(rows).loc[[claim.name for claim in CLAIMS]]
    assert set(tests["verdict"]) == {"undecided"} and tests["p"].isna().all()


def test_what_was_not_run_has_no_number(table, judged, tried):
    rows = table(PRINTED)
    gone = rows[(rows["method"] != "error") | (rows["setting"] == "offline")]
    found = judged(gone)
    missing = ["error_best_at_20", "uniform_best_at_1", "truth_beats_teacher"]
    missing += ["error_uncertainty_do_not_beat_baseline", "teacher_rates_alike_error"]
    rest = found.loc[missing]
    assert set(rest["verdict"]) == {"not run"}
    assert rest.drop(columns=["kind", "says", "place", "verdict", "sentence"]).isna().all(axis=None)
    assert "error at 20 % with ground truth" in rest.loc["error_best_at_20", "sentence"]
    assert "not run" not in set(found["verdict"][["all_beats_none", "repeated_beats_once"]])
    # The family is as large as before.
    p = found.loc["all_beats_none"]
    assert p["p_adjusted"] > 20 * p["p"]
    found = judged(rows[rows["method"] != "baseline"])
    assert "the unadapted student was not run" in found.loc["repeated_beats_once", "sentence"]
    tried("Bad input", "a claim whose cells were not run", {"not run": len(missing) + 1})


@pytest.mark.parametrize("margin", [0.0, -0.1])
def test_a_margin_of_zero_is_refused(table, judged, margin):
    with pytest.raises(ValueError, match="a margin must be above 0"):
        judged(table({}), Design(False, False, margin))


def test_of_the_stand_in_nothing_is_said_about_the_paper(table, judged):
    found = judged(table(PRINTED, spread=0.01), STAND_IN)
    assert set(found["verdict"]) <= {
        "same direction, in the stand-in",
        "opposite, in the stand-in",
        "undecided, in the stand-in",
        "not run",
    }
    assert not (found["kind"] == "cell").any()
    board = found.loc[["uniform_fits_in_real_time", "continual_does_not_fit"]]
    assert set(board["verdict"]) == {"not run"}
    assert board["sentence"].str.contains("another student").all()


def test_one_student_is_said_to_be_given(table, judged):
    for study in (REAL, STAND_IN):
        found = judged(table(PRINTED), study)
        numbers = found["estimate_px"].notna()
        assert found["sentence"][numbers].str.endswith("given one student.").all()
        assert "given one pre-trained student" in as_markdown(found.reset_index(), study)
    own = Design(False, True, 0.05)
    found = judged(table(PRINTED, per_seed=True), own)
    assert not found["sentence"].str.contains("given").any()
    assert "given" not in as_markdown(found.reset_index(), own)


def test_a_student_per_seed_is_paired(table, judged):
    """What all methods of a seed share cancels out, so that the verdict is the same."""
    rows = table(PRINTED, per_seed=True)
    shift = rows["seed"].map(dict(enumerate(np.random.default_rng(0).normal(0, 5, 5))))
    off = rows.assign(
        mpjpe_px=rows["mpjpe_px"] + shift, mpjpe_px_equal_lag=rows["mpjpe_px_equal_lag"] + shift
    )
    names = [claim.name for claim in CLAIMS if claim.kind in ("beats", "best")]
    one, other = (judged(r, Design(False, True, 0.05)).loc[names] for r in (rows, off))
    np.testing.assert_allclose(one["p"], other["p"], rtol=1e-2)
    alone = judged(off).loc[names]
    assert (alone["p"] >= other["p"]).all()


def test_cameras_of_one_subject_are_no_further_subjects(table, judged):
    """They film one motion: within a subject they are averaged, and its number stands for one."""
    cameras = ["S1_1", "S1_2", "S5_1", "S5_2"]
    found = judged(table(PRINTED, streams=cameras)).loc["repeated_beats_once"]
    assert (found["seeds"], found["subjects"]) == (5, 2)
    rows = table(PRINTED, streams=cameras)
    rows["stream"] = rows["stream"].str.partition("_")[0]
    keys = ["setting", "teacher", "method", "rate", "seed", "stream"]
    means = rows.groupby(keys, sort=False, as_index=False).mean(numeric_only=True)
    by_hand = judged(means).loc["repeated_beats_once"]
    for name in ("estimate_px", "p", "low_px_other_subjects", "high_px_other_subjects"):
        assert found[name] == pytest.approx(by_hand[name], rel=1e-3), name
    alone = judged(table(PRINTED, streams=cameras[:2])).loc["repeated_beats_once"]
    assert math.isnan(alone["low_px_other_subjects"]) and "other subjects" not in alone["sentence"]


def test_streams_are_averaged_within_a_seed(table, judged):
    found = judged(table(PRINTED, streams=["S1", "S2", "S3"]))
    row = found.loc["repeated_beats_once"]
    assert (row["seeds"], row["subjects"]) == (5, 3)
    assert "5 seeds, streams of 3 subjects" in row["sentence"]
    assert "; of other subjects " in row["sentence"]
    assert row["low_px_other_subjects"] < row["estimate_px"] < row["high_px_other_subjects"]
    assert math.isnan(found.loc["all_beats_none", "low_px_other_subjects"])
    # A stream that is a hundred pixels harder for all is so within every seed.
    harder = table(PRINTED, streams=["S1", "S2", "S3"])
    harder.loc[harder["stream"] == "S3", ["mpjpe_px", "mpjpe_px_equal_lag"]] += 100
    again = judged(harder).loc["repeated_beats_once"]
    assert again["p"] == pytest.approx(row["p"], rel=1e-3)


def test_a_stream_that_one_method_lacks_counts_for_none(table, judged):
    rows = table(PRINTED, streams=["S1", "S2"])
    lacks = rows[(rows["method"] != "once") | (rows["stream"] == "S1")]
    assert judged(lacks).loc["repeated_beats_once", "subjects"] == 1
    none = rows[(rows["method"] != "once") | (rows["stream"] == "S1")]
    none = none.assign(stream=np.where(none["method"] == "once", "S9", none["stream"]))
    row = judged(none).loc["repeated_beats_once"]
    assert row["verdict"] == "not run" and "no seed or stream in common" in row["sentence"]


def test_budgets_are_arithmetic(table, judged):
    found = judged(table(PRINTED))
    budgets = found.loc[[budget.name for budget in BUDGETS]]
    assert set(budgets["verdict"]) == {"supported"} and budgets["p"].isna().all()
    assert "41 trainings against 485" in budgets.loc["fewer_trainings", "sentence"]
    # 41 × 15 × 10 at 19.4 a second; 485 × 128 × 10 at 20.6.
    assert "take 317 s" in budgets.loc["uniform_fits_in_real_time", "sentence"]
    assert "take 30,099 s" in budgets.loc["continual_does_not_fit", "sentence"]
    rows = table(PRINTED)
    rows.loc[rows["method"] == "uniform", "passes"] = 100_000
    assert judged(rows).loc["uniform_fits_in_real_time", "verdict"] == "contradicted"
    found = judged(rows[rows["method"] != "continual"])
    assert set(found.loc[["fewer_trainings", "continual_does_not_fit"], "verdict"]) == {"not run"}


def test_without_the_streams_length_no_board_keeps_up_or_fails(table):
    rows = table(PRINTED)
    seconds = rows.assign(stream_s=np.nan)
    found = verdicts(rows, seconds, REAL).set_index("claim")
    board = found.loc[["uniform_fits_in_real_time", "continual_does_not_fit"]]
    assert set(board["verdict"]) == {"not run"}
    assert board["sentence"].str.contains("length is not known").all()


def test_printed_cells_are_looked_for_where_one_more_run_would_be(table, judged):
    errors = PRINTED | {offline("uniform", LOW): 15.0}
    found = judged(table(errors, spread=0.2))
    cell = found.loc["cell_offline_uniform_1/100_ground_truth"]
    assert cell["verdict"] == "outside" and cell["high_px"] < 16.5 and math.isnan(cell["p"])
    cell = found.loc["cell_online_random_1/5_openpose"]
    assert cell["verdict"] == "inside" and "given one student" in cell["sentence"]
    fixed = found.loc["cell_online_baseline_0_none"]
    assert fixed["verdict"] == "undecided" and "no draw enters it" in fixed["sentence"]


def test_two_teachers_beside_ground_truth_are_refused(table, judged):
    rows = table({})
    more = rows[rows["teacher"] == "network"].assign(teacher="openpose")
    with pytest.raises(ValueError, match="one teacher beside ground truth"):
        judged(pd.concat([rows, more], ignore_index=True))


def test_openpose_stands_for_any_teacher(table, judged):
    errors = PRINTED | {continual(TEACHER): 9.0}
    one, other = (judged(table(errors, teacher=name)) for name in ("network", "blazepose"))
    pd.testing.assert_frame_equal(one, other)
    assert one.loc["few_trainings_lose_with_teacher", "estimate_px"] == pytest.approx(-3.2, abs=0.3)
