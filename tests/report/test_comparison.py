"""Each cell beside the published one, by hand."""

import pandas as pd
import pytest

from posequery.report.comparison import comparison


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
    rows = comparison(twice).set_index("method")
    assert rows.index.tolist() == ["none", "all", "uniform", "herding"]
    uniform = rows.loc["uniform"]
    assert uniform["mpjpe_px"] == pytest.approx(20.176)
    assert uniform["sd_px"] == pytest.approx(0.0707, abs=1e-4)
    assert (str(uniform["rate"]), uniform["seeds"], uniform["k"]) == ("1/100", 2, 10)
    assert (uniform["published_px"], uniform["published_in"]) == (11.92, "Table 1")
    assert rows.loc["none", "published_px"] == 16.33
    assert rows.loc["herding", ["published_px", "published_in"]].isna().all()


def test_without_the_first_window(a_cell, frame):
    cells = [
        a_cell("online", "network", "uniform", 20, px, seed=seed)
        for seed, px in enumerate((15.0, 15.1))
    ]
    (row,) = comparison(frame(cells)).to_dict("records")
    assert (row["table"], row["published_px"]) == ("Table 2", 11.52)
    assert row["mpjpe_px_without_first_window"] == pytest.approx(14.05)


def test_streams_are_no_further_seeds(a_cell, frame):
    cells = frame(
        [a_cell("online", "network", "uniform", 20, px, seed=px % 2) for px in (10, 11, 20, 21)]
    )
    cells = cells.assign(stream=["S1", "S1", "S5", "S5"])
    (row,) = comparison(cells).to_dict("records")
    assert (row["seeds"], row["mpjpe_px"]) == (2, 15.5)
    assert row["sd_px"] == pytest.approx(pd.Series([15.0, 16.0]).std())
