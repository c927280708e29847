"""Curves over stream time, whatever the names, the notes and the gaps."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest

from posequery.report.curves import Curve
from posequery.report.over_time import Panel, Timeline, draw_over_time
from posequery.report.style import STYLES
from posequery.timing import Timing

NO_UPDATES = np.empty(0, np.int64)
TIMELINE = Timeline(("Walking 1", "Sitting 1"), np.array([0, 20]), Timing.even(40, 5.0))


def texts(figure):
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


def lines_of(axes, color):
    return [line for line in axes.lines if line.get_color() == color]


def test_a_panel_shows_starts_updates_and_names():
    curves = (
        Curve("unadapted student", "baseline", np.full(40, 25.0), NO_UPDATES),
        Curve("uniform", "uniform", np.linspace(20, 10, 40), np.array([10, 20, 40])),
    )
    figure = draw_over_time([Panel("Labels: x", curves)], TIMELINE, "rendered stand-in")
    (axes,) = figure.axes
    assert [line.get_xdata()[0] for line in lines_of(axes, "0.82")] == [0.0, 4.0]
    blue, dots = lines_of(axes, "#0072B2")
    assert blue.get_xdata() == pytest.approx(np.arange(40) / 5)
    assert blue.get_ydata() == pytest.approx(curves[1].error)
    # An update after the last frame has nowhere to stand.
    assert dots.get_xdata().tolist() == [2.0, 4.0]
    assert dots.get_ydata() == pytest.approx(curves[1].error[[10, 20]])
    assert (blue.get_linestyle(), dots.get_linestyle(), dots.get_marker()) == ("-", "None", "o")
    dotted, _ = lines_of(axes, STYLES["baseline"].color)
    assert dotted.is_dashed()
    for text in ("Walking 1", "Labels: x", "rendered stand-in", "stream time (min:s)", "uniform"):
        assert text in texts(figure)
    assert axes.get_ylim() == pytest.approx((0, 25 * 1.15))


def test_the_axis_is_the_time_that_frames_are_shown_at():
    """10 a second for 2 s, then 20."""
    shown = np.concatenate([np.arange(20) / 10, 2 + np.arange(20) / 20])
    timeline = Timeline(("a", "b"), np.array([0, 30]), Timing(shown, 1 / 20))
    curve = Curve("uniform", "uniform", np.linspace(20, 10, 40), np.array([10, 30]))
    (axes,) = draw_over_time([Panel("x", (curve,))], timeline, "").axes
    blue, dots = lines_of(axes, "#0072B2")
    assert blue.get_xdata() == pytest.approx(shown)
    assert dots.get_xdata().tolist() == pytest.approx([1.0, 2.5])
    assert [line.get_xdata()[0] for line in lines_of(axes, "0.82")] == pytest.approx([0.0, 2.5])
    assert axes.get_xlim() == pytest.approx((0, 3))


def test_a_gap_in_a_curve_is_not_bridged():
    error = np.full(40, 9.0)
    error[[0, 10, 11, 30]] = np.nan
    curve = Curve("uniform", "uniform", error, NO_UPDATES)
    figure = draw_over_time([Panel("x", (curve,))], TIMELINE, "")
    drawn = lines_of(figure.axes[0], "#0072B2")[0].get_ydata()
    assert np.flatnonzero(np.isnan(drawn)).tolist() == [0, 10, 11, 30]


def test_a_long_curve_is_thinned():
    curve = Curve("uniform", "uniform", np.arange(9000.0), np.array([4500]))
    timeline = Timeline(("a",), np.array([0]), Timing.even(9000, 50.0))
    figure = draw_over_time([Panel("x", (curve,))], timeline, "")
    blue, dots = lines_of(figure.axes[0], "#0072B2")
    assert blue.get_ydata() == pytest.approx(np.arange(0, 9000, 3))
    assert dots.get_ydata() == pytest.approx([4500])


def test_without_curves_a_panel_says_so():
    figure = draw_over_time([Panel("x", ())], TIMELINE, "")
    assert "This run has none of these cells." in texts(figure)
    unseen = Curve("uniform", "uniform", np.full(40, np.nan), np.array([10]))
    figure = draw_over_time([Panel("x", (unseen,))], TIMELINE, "")
    assert figure.axes[0].get_ylim()[0] == 0


def page(names, labels, note="a long reading of the paper; " * 25, panels=2):
    """A figure of that many panels, drawn."""
    starts = np.arange(len(names)) * 30
    timeline = Timeline(tuple(names), starts, Timing.even(30 * len(names), 5.0))
    curves = tuple(
        Curve(label, label, np.full(len(timeline.timing), 9.0), np.array([10])) for label in labels
    )
    figure = draw_over_time([Panel("x", curves)] * panels, timeline, note)
    figure.draw_without_rendering()
    return figure


LONG = [f"last label repeated, least_confidence_{number} 20 %" for number in range(9)]
FILE = r"a_$\frac$_name_of_some_length_as_files"


@pytest.mark.parametrize("names", [["cam01", "cam02"], ["WalkTogether 1"] * 30, [FILE] * 3])
@pytest.mark.parametrize("labels", [["uniform"], LONG])
def test_no_word_leaves_the_page_or_meets_another(names, labels):
    figure = page(names, labels)
    box = figure.get_tightbbox()  # inches
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= figure.get_figwidth()
    assert box.y1 <= figure.get_figheight()
    (legend,) = figure.legends
    first, last = figure.axes
    (top,) = first.child_axes
    parts = [
        legend.get_window_extent(),
        top.get_tightbbox(),
        first.get_window_extent(),
        last.get_window_extent(),
        last.xaxis.get_label().get_window_extent(),
        figure._supxlabel.get_window_extent(),
    ]
    for above, below in pairwise(parts):
        assert above.y0 >= below.y1 - 1  # of a hundredth of an inch
    for one, other in pairwise(legend.get_texts()):
        assert not one.get_window_extent().overlaps(other.get_window_extent())


@pytest.mark.parametrize("panels", [1, 2, 3])
def test_panels_keep_their_height_whatever_stands_around_them(panels):
    plain = page(["a", "b"], ["uniform"], "", panels)
    full = page([FILE, FILE], LONG, panels=panels)
    assert full.get_figheight() > plain.get_figheight() + 1
    for figure in (plain, full):
        heights = [axes.get_window_extent().height / figure.dpi for axes in figure.axes]
        assert heights == pytest.approx([1.8] * panels, abs=0.02)


def test_many_sequences_have_no_names():
    figure = page(["WalkTogether 1"] * 41, ["uniform"])
    assert "WalkTogether 1" not in texts(figure)
