"""This study's change beside the published one, by hand."""

import pandas as pd
import pytest

from posequery.report.comparison import comparison, finding


@pytest.mark.parametrize(
    ("changes", "published", "word"),
    [
        ([-5.0], -4.0, "undecided"),
        ([], -4.0, "undecided"),
        ([-5.0, -5.2, -4.8], -4.0, "same direction"),
        ([5.0, 5.2, 4.8], -4.0, "opposite"),
        ([5.0, 5.2, 4.8], 0.15, "same direction"),
        ([5.0, 5.2, 4.8], 0.0, "undecided"),
        # 95 % interval of [-1, -3]: -2 ± 12.7.
        ([-1.0, -3.0], -4.0, "undecided"),
    ],
)
def test_finding(changes, published, word):
    assert finding(pd.Series(changes, dtype=float), published) == word


def test_a_line_a_cell_beside_the_published(a_cell, frame):
    cells = [("none", "none", 0, 30.0), ("ground_truth", "all", 100, 17.0)]
    cells += [("ground_truth", "uniform", 1, 20.126), ("ground_truth", "herding", 1, 21.0)]
    twice = frame(
        [
            a_cell("offline", teacher, method, percent, px + seed / 10, seed=seed)
            for teacher, method, percent, px in cells
            for seed in (0, 1)
        ]
    )
    rows = comparison(twice, stand_in=True).set_index("method")
    assert rows.index.tolist() == ["none", "all", "uniform", "herding"]
    uniform = rows.loc["uniform"]
    assert uniform["mpjpe_px"] == pytest.approx(20.176)
    assert uniform["sd_px"] == pytest.approx(0.0707, abs=1e-4)
    assert (str(uniform["rate"]), uniform["seeds"], uniform["k"]) == ("1/100", 2, 10)
    assert (uniform["published_px"], uniform["published_in"]) == (11.92, "Table 1")
    assert uniform["finding"] == "same direction, in the stand-in"
    assert rows.loc["none", "published_px"] == 16.33
    assert pd.isna(rows.loc["none", "finding"])
    assert rows.loc["herding", ["published_px", "published_in", "finding"]].isna().all()
    assert comparison(twice, stand_in=False).set_index("method").loc["uniform", "finding"] == (
        "same direction"
    )


def test_without_the_unadapted_student_nothing_is_decided(a_cell, frame):
    cells = [
        a_cell("online", "network", "uniform", 20, px, seed=seed)
        for seed, px in enumerate((15.0, 15.1))
    ]
    (row,) = comparison(frame(cells), stand_in=False).to_dict("records")
    assert (row["table"], row["published_px"], row["finding"]) == ("Table 2", 11.52, "undecided")
    assert row["mpjpe_px_without_first_window"] == pytest.approx(14.05)
