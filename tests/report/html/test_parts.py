"""Intervals by hand, and tables as they stand on the page."""

import math

import pytest
from scipy import stats

from posequery.report.html.paper import seeds_of, tables
from posequery.report.html.parts import interval, sheet, sheets
from posequery.report.tables import table_1


def test_an_interval_is_students():
    low, high = interval(10.0, 2.0, 4)
    expected = stats.t.interval(0.95, 3, loc=10.0, scale=1.0)
    assert (low, high) == pytest.approx(expected)
    assert all(map(math.isnan, interval(10.0, math.nan, 1)))


def test_below_a_mean_stands_its_interval(frame, captions, cells):
    made = frame(cells)
    offline = made[made["setting"] == "offline"]
    assert seeds_of(offline) == 2
    ours, published = sheets(table_1(made, captions), 2)
    row = ours.rows[0]
    assert row[1] == ("30.00", "")
    low, high = interval(20.5, math.sqrt(0.5), 2)
    assert row[2] == ("20.50 ± 0.71", f"{low:.2f} to {high:.2f}")
    assert all(below == "" for row in published.rows for _, below in row)


def test_seeds_that_differ_give_no_interval(frame, cells, a_cell):
    more = [*cells, a_cell("offline", "ground_truth", "uniform", 1, 22.0, seed=2)]
    made = frame(more)
    assert seeds_of(made[made["setting"] == "offline"]) == 0


def test_groups_span_their_columns():
    table = sheet("c", ["a", "b"], [["1", "2"]])
    assert table.groups == []
    grouped = type(table)("c", [("", "a"), ("g", "b"), ("g", "c")], [], ["left"] * 3)
    assert grouped.groups == [("", 1), ("g", 2)]


def test_a_column_that_nobody_here_knows_is_shown(sources, a_cell):
    row = a_cell("offline", "none", "none", 0, 30.0, mpjpe_px_parsed=12.5)
    (table,) = [part for part in tables(sources([row])).parts if getattr(part, "folded", False)]
    assert ("", "mpjpe px parsed") in table.heads
    assert "12.50" in [text for text, _ in table.rows[0]]
