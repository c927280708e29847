"""Table 1 as lines: error by sampling rate, this study's beside the published."""

from collections.abc import Sequence
from fractions import Fraction

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from posequery.evaluation.cells import CellRow
from posequery.report import published
from posequery.report.captions import NONE, Captions, method_name, percent
from posequery.report.plotting import (
    LEFT,
    LOOK,
    RIGHT,
    WIDTH,
    draw_line,
    footnote,
    handle,
    legend,
    legend_height,
    put_footnote,
    say_empty,
    styles,
)
from posequery.report.rows import Spread, pick, published_error, rates, span, spread, strategies

MOST = 6
"""Strategies that one panel can keep apart."""
_HEIGHT, _GAP, _HEAD = 2.3, 0.6, 0.25  # inches: panels, between them, above them
_AXIS = 0.52

Points = dict[str, dict[Fraction, Spread]]


def _measured(cells: Sequence[CellRow], methods: Sequence[str]) -> Points:
    points: Points = {}
    for method in methods:
        here = [cell for cell in cells if cell.method == method]
        for rate in sorted({cell.rate for cell in here}):
            found = spread(cell.mpjpe_px for cell in pick(here, "offline", method, rate=rate))
            if found:
                points.setdefault(method, {})[rate] = found
    return points


def _printed(methods: Sequence[str]) -> Points:
    rates_of_paper = [Fraction(percent, 100) for percent in (0, 1, 5, 10, 20, 40, 100)]
    points: Points = {}
    for method in methods:
        for rate in rates_of_paper:
            value = published_error("offline", "", method, rate)
            if value is not None:
                points.setdefault(method, {})[rate] = Spread(value, None, 1)
    return points


def _draw(axes: Axes, points: Points, methods: Sequence[str]) -> None:
    looks = styles(methods)
    for place, method in enumerate(methods):
        line = points.get(method, {})
        found = list(line.values())
        spreads = [each.sd or 0.0 for each in found]
        # Methods are set a little apart, so that error bars can be read; without, they are not.
        apart = 1 + (0.03 * (place - (len(methods) - 1) / 2) if any(spreads) else 0)
        x, y = [float(rate) * apart for rate in line], [each.mean for each in found]
        draw_line(axes, looks[method], x, y, marker=looks[method].marker, markersize=4, zorder=3)
        if any(spreads):
            axes.errorbar(x, y, spreads, fmt="none", ecolor=looks[method].color, elinewidth=0.8)
    for value in points.get("none", {}).values():
        axes.axhline(value.mean, color="black", linestyle=":", linewidth=1.2)
    for rate, value in points.get("all", {}).items():
        axes.plot([float(rate)], [value.mean], "*", color="black", markersize=7, zorder=5)


def _axes(figure: Figure, side: int, foot: float, title: str) -> Axes:
    width = (WIDTH - LEFT - RIGHT - _GAP) / 2
    total = figure.get_figheight()
    left = LEFT + side * (width + _GAP)
    axes = figure.add_axes((left / WIDTH, foot / total, width / WIDTH, _HEIGHT / total))
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set_xscale("log")
    axes.set_ylabel("MPJPE (px)")
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    return axes


def _ticks(axes: Axes, places: Sequence[Fraction], cells: Sequence[CellRow]) -> None:
    picked = [span(cell.k for cell in cells if cell.rate == rate) for rate in places]
    heads = [
        percent(rate) if k == NONE else f"{percent(rate)}\n{k}"
        for rate, k in zip(places, picked, strict=True)
    ]
    axes.set_xlabel("sampling rate (log), and k frames below" if cells else "sampling rate (log)")
    axes.set_xticks([float(rate) for rate in places], heads)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(float(places[0]) * 0.8, 1.3)


def draw_by_rate(cells: Sequence[CellRow], captions: Captions, note: str) -> Figure:
    """MPJPE (source pixels) by rate, this study left and the paper right, each with its own axes.

    cells: the offline ones.
    Dotted: the unadapted student (0 %). Star: all of the pool. Bars: sample standard deviation.
    """
    methods = strategies(cells, "offline")[:MOST]
    ends = ("none", "all")
    with mpl.rc_context(LOOK):
        text, note_height = footnote(note)
        names = [*map(method_name, methods), "unadapted (0 %)", "all (100 %)"]
        foot = note_height + legend_height(names) + _AXIS
        figure = Figure(figsize=(WIDTH, _HEAD + _HEIGHT + foot))

        ours = _axes(figure, 0, foot, captions.heading)
        _draw(ours, _measured(cells, (*methods, *ends)), methods)
        _ticks(ours, [*rates(cells, "offline"), Fraction(1)], cells)
        if not cells:
            say_empty(ours)

        theirs = _axes(figure, 1, foot, f"Published: {published.DATA}, the paper's Table 1")
        points = _printed((*published.STRATEGIES, *ends))
        _draw(theirs, points, published.STRATEGIES)
        _ticks(theirs, [*points["uniform"], Fraction(1)], ())

        looks = styles(methods)
        handles = [handle(looks[method], True) for method in methods]
        handles.append(Line2D([], [], color="black", linestyle=":", linewidth=1.2))
        handles.append(Line2D([], [], color="black", linestyle="", marker="*", markersize=7))
        legend(figure, handles, names, note_height)
        put_footnote(figure, text)
        return figure
