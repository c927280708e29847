"""Charts over time: what hovering says, and which frames were picked."""

import numpy as np

from posequery.report.html.timeline import MOST_PICKS, Picks, over_time, picked
from posequery.report.over_time import Timeline
from posequery.report.stream_report import read_adaptation
from posequery.timing import Timing

TIMELINE = Timeline(("one", "two"), np.array([0, 20]), Timing.even(40, 5))
WINDOWS = np.array([0, 10, 20, 30])


def rows(spec, layer):
    return spec["layer"][layer]["data"]["values"]


def test_hovering_names_window_sequence_and_every_error(video_sources):
    made = video_sources
    found = read_adaptation(
        made.cells_csv,
        made.stream_index,
        made.labels,
        made.consensus,
        "10 frames",
        made.captions,
    )
    charts = over_time(found.figure, found.figure.timeline.timing.starts("10 frames"))
    assert [chart.title for chart in charts.charts] == [p.title for p in found.figure.panels]
    values = charts.charts[0].spec["data"]["values"]
    assert values[25]["window"] == 3
    assert (values[25]["sequence"], values[25]["clock"]) == ("cam2", "0:05")
    assert values[0]["s0"] == 20.0
    first = charts.charts[0].sheet.rows
    assert [row[0] for row in first] == [(str(n), "") for n in (1, 2, 3, 4)]


def test_a_pick_says_when_its_weights_went_live():
    picks = Picks("uniform 10 %", "uniform", [np.array([3]), np.array([33])], np.array([10, 40]))
    chart = picked("p", "t", [picks], TIMELINE, WINDOWS)
    first, last = rows(chart.spec, 1)
    assert (first["frame"], first["window"], first["sequence"]) == (3, 1, "one")
    assert first["live"] == "0:02"
    assert (last["window"], last["live"]) == (4, "never: the stream had ended")
    assert [[text for text, _ in row] for row in chart.sheet.rows] == [
        ["1", "1"],
        ["2", "0"],
        ["3", "0"],
        ["4", "1"],
    ]


def test_windows_that_begin_late_hold_what_was_picked_from_them():
    """Of windows of 10 frames that each begin after one that was missed."""
    picks = Picks("u", "uniform", [np.array([8, 9]), np.array([19, 20])], np.array([11, 22]))
    chart = picked("p", "t", [picks], TIMELINE, np.array([0, 11, 22, 33]))
    assert [row[1][0] for row in chart.sheet.rows] == ["2", "2", "0", "0"]
    assert [row["window"] for row in rows(chart.spec, 1)] == [1, 1, 2, 2]


def test_too_many_picks_are_left_out():
    many = Picks("all", "all", [np.zeros(MOST_PICKS + 1, np.int64)], np.array([10]))
    assert picked("p", "t", [many], TIMELINE, WINDOWS) is None
