"""Table 1 as lines, from fabricated cells and by hand."""

import dataclasses

import matplotlib as mpl
import numpy as np
import pytest

from posequery.report.by_rate import draw_by_rate
from posequery.report.style import STYLES


def texts(figure):
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


def blue(axes):
    return next(line for line in axes.lines if line.get_color() == "#0072B2")


@pytest.fixture
def cells(a_cell, frame):
    """Two seeds, at 20 and 22 px, and at 18 and 20."""
    ends = [a_cell("offline", "none", "none", 0, 30.0)]
    ends += [a_cell("offline", "ground_truth", "all", 100, 16.0)]
    rows = [
        a_cell("offline", "ground_truth", method, percent, px + seed, seed=seed)
        for method in ("uniform", "random")
        for percent, px in ((1, 20.0), (10, 18.0))
        for seed in (0, 2)
    ]
    return frame(ends + rows)


def test_lines_show_the_mean_the_spread_and_the_published(cells, captions):
    ours, theirs = draw_by_rate(cells, captions).axes
    assert blue(ours).get_ydata() == pytest.approx([21.0, 19.0])
    bars = [bar for container in ours.containers for bar in container.lines[2]]
    heights = [part[1, 1] - part[0, 1] for bar in bars for part in bar.get_segments()]
    # The sample standard deviation of 20 and 22 is the root of 2, to each side.
    assert heights == pytest.approx([2 * 2**0.5] * 4)
    assert blue(theirs).get_xdata() == pytest.approx([0.01, 0.05, 0.1, 0.2, 0.4])
    assert blue(theirs).get_ydata() == pytest.approx([11.92, 10.49, 10.56, 9.92, 11.52])
    assert [label.get_text() for label in ours.get_xticklabels()] == [
        "1 %\n10",
        "10 %\n100",
        "100 %\n1000",
    ]
    for axes, untrained, every in ((ours, 30.0, 16.0), (theirs, 16.33, 10.14)):
        grey = STYLES["none"].color
        dotted = next(line for line in axes.lines if line.get_color() == grey)
        star = next(line for line in axes.lines if line.get_marker() == "*")
        assert np.unique(dotted.get_ydata()).tolist() == [untrained]
        assert (star.get_xdata().tolist(), star.get_ydata().tolist()) == ([1], [every])


def test_methods_stand_apart_where_they_have_bars(cells, captions):
    ours = draw_by_rate(cells, captions).axes[0]
    one = draw_by_rate(cells[cells["seed"] == 0], captions).axes[0]
    assert blue(ours).get_xdata() == pytest.approx(np.array([0.01, 0.1]) * 0.955)
    assert blue(one).get_xdata() == pytest.approx([0.01, 0.1])
    segments = [bar.get_segments() for drawn in one.containers for bar in drawn.lines[2]]
    assert not any(np.size(part) for bar in segments for part in bar)


def test_strategies_that_a_figure_has_no_room_for_are_named(a_cell, frame, captions):
    """The paper's four and two more by name are drawn; on the page all are."""
    methods = ("uniform", "k_center", "typiclust", "disagreement", "heatmap_change")
    cells = frame([a_cell("offline", "ground_truth", method, 1, 20.0) for method in methods])
    figure = draw_by_rate(cells, captions)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "disagreement" in labels and "k-center" not in labels
    said = "Not drawn, and in the tables: k-center, TypiClust."
    assert said in captions.by_rate(cells) and "Not drawn" not in captions.by_rate(cells, page=True)
    online = frame([a_cell("online", "ground_truth", method, 1, 20.0) for method in methods])
    assert said in captions.figure_2(online, "5 s", "a", teacher=False)
    assert "Not drawn" not in captions.figure_2(online, "5 s", "b", teacher=False)
    assert "Not drawn" not in captions.by_rate(cells[cells["method"] != "k_center"][:2])


def test_a_run_without_such_cells_says_so(frame, captions):
    figure = draw_by_rate(frame([]), captions)
    assert "This run has none of these cells." in texts(figure)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["100 %"]
    assert "k frames below" not in figure.axes[0].get_xlabel()


def test_no_word_leaves_the_page(a_cell, frame, captions):
    readings = captions.readings | {"common": ("a long reading of the paper",) * 25}
    captions = dataclasses.replace(captions, readings=readings)
    methods = ("uniform", "a_strategy_of_a_rather_long_name", "and_yet_another_of_them")
    rows = [a_cell("offline", "ground_truth", method, 1, 20.0) for method in methods]
    figure = draw_by_rate(frame(rows), captions)
    figure.draw_without_rendering()
    box = figure.get_tightbbox()  # inches
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= figure.get_figwidth()
    assert box.y1 <= figure.get_figheight()
    for axes in figure.axes:
        assert axes.get_window_extent().height / figure.dpi == pytest.approx(2.3, abs=0.02)
