"""Every figure, with numbers and names of any length: no word leaves the page or meets another."""

import dataclasses
import warnings
from fractions import Fraction
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest

from posequery.report.by_rate import draw_by_rate
from posequery.report.curves import Curve
from posequery.report.over_time import Panel, Timeline, draw_over_time
from posequery.timing import Timing

TOPS = (0.4, 999, 1000, 10_000, 123_456)
NAMES = {
    "short": "uniform",
    "long": "a strategy of a rather long name that somebody has thought of one day",
    "endless": "a_strategy_whose_name_has_no_space_at_all_" * 4,
    "strange": r"a_$\frac$ & 100 % ½",
}
CASES = [(top, "short") for top in TOPS] + [(1000, name) for name in NAMES] + [(123_456, "endless")]


def words(figure):
    """The words that are drawn, and where: ticks beyond the ends of their axis are not."""
    beyond = []
    for axis in (
        part for axes in figure.findobj(mpl.axes.Axes) for part in (axes.xaxis, axes.yaxis)
    ):
        low, high = sorted(axis.get_view_interval())
        far = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
        beyond += [label for tick in far for label in (tick.label1, tick.label2)]
        beyond += [] if axis.get_visible() else axis.get_majorticklabels()
    return [
        (text, text.get_window_extent())
        for text in figure.findobj(mpl.text.Text)
        if text.get_text().strip() and text.get_visible() and text not in beyond
    ]


def require_clear(figure):
    """All words are inside the page, and none meets another; the legend's lines meet no word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as a layout that matplotlib gives up
        figure.draw_without_rendering()
    found = words(figure)
    for text, box in found:
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width, text.get_text()
        assert box.y0 >= 0 and box.y1 <= figure.bbox.height, text.get_text()
    for (one, here), (other, there) in combinations(found, 2):
        meet = here.shrunk(0.98, 0.9).overlaps(there.shrunk(0.98, 0.9))
        assert not meet, (one.get_text(), other.get_text())
    for axes in figure.axes:
        assert axes.get_window_extent().width > 0.3 * figure.bbox.width
    return len(found)


def over_time(top, name, panels=2, clips=4):
    labels = [f"{name} {percent} %" for percent in (40, 20, 10)]
    curves = tuple(
        Curve(label, "uniform", np.linspace(0, top, 400), np.array([50])) for label in labels
    )
    starts = np.sort(np.random.default_rng(clips).permutation(399)[: clips - 1] + 1)
    timeline = Timeline((name[:24],) * clips, np.append(0, starts), Timing.even(400, 30.0))
    panel = Panel(f"Against the teacher ({name})", curves)
    return draw_over_time([panel] * panels, timeline, f"{name}, a long reading of the paper; " * 9)


@pytest.mark.parametrize(("top", "name"), CASES)
def test_errors_over_time(top, name, tried):
    figure = over_time(top, NAMES[name])
    require_clear(figure)
    ticks = [text.get_text() for text, _ in words(figure)]
    assert "error (px)" in ticks
    tried("4", "errors up to 123,456 px and names of any length", {"every word on the page": 1})


@pytest.mark.parametrize(("clips", "panels"), [(1, 1), (2, 3), (12, 2), (40, 1), (60, 2)])
def test_clips_of_any_number_and_length(clips, panels):
    require_clear(over_time(1000, NAMES["long"], panels, clips))


@pytest.mark.parametrize(("top", "name"), CASES)
def test_errors_by_rate(top, name, a_cell, frame, captions, tried):
    captions = dataclasses.replace(captions, study=NAMES[name], source=NAMES["long"])
    rows = [a_cell("offline", "none", "none", 0, top)]
    rows += [
        a_cell("offline", "t", NAMES[name], p, top / p, seed=s) for p in (1, 2) for s in (0, 1)
    ]
    require_clear(draw_by_rate(frame(rows), captions))
    tried("4", "errors up to 123,456 px and names of any length", {"every word on the page": 1})


def test_rates_that_lie_close_and_large_pools(a_cell, frame, captions):
    rows = [
        a_cell("offline", "t", "uniform", p, 20.0, k=15_597 * p, n=1_559_752, rate=Fraction(p, 100))
        for p in (1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75)
    ]
    require_clear(draw_by_rate(frame(rows), captions))
