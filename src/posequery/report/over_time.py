"""Errors over a stream's time: the drawing of Figures 2(a) and 2(b)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MultipleLocator

from posequery.report.curves import Curve
from posequery.report.page import PAGE, finish, new_page, say_empty
from posequery.report.style import LOOK, Style, styles
from posequery.timing import Timing

_NAMED = 40
"""Sequences whose names find room above the panels."""
_LETTER, _ROW = 0.05, 0.11
"""Inches that a letter of such a name is wide, and that a name is high, with some air."""
_ROOF = 1.15
"""Height of the axes over the highest error: a panel's title stands above its curves."""
_HEIGHT = 1.8
"""Inches of a panel."""
_POINTS = 3000
"""Points a curve is drawn with at most: more than a page resolves."""
_MANY = 100
"""Updates whose dots are drawn small."""


@dataclass(frozen=True)
class Panel:
    """One set of axes: curves and what they have in common."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Timeline:
    """The stream that all panels show.

    sequences: their names. starts: (sequences,) first frame of each. timing: of the whole stream.
    """

    sequences: tuple[str, ...]
    starts: np.ndarray
    timing: Timing


@dataclass(frozen=True)
class OverTime:
    """A figure of errors over time. name: the stem of its files. label: what it is called."""

    name: str
    label: str
    caption: str
    panels: tuple[Panel, ...]
    timeline: Timeline


def _draw_curve(axes: Axes, curve: Curve, style: Style, shown: np.ndarray) -> None:
    """A curve over stream time, a dot on it where new weights go live."""
    at = np.arange(0, len(curve.error), math.ceil(len(curve.error) / _POINTS))
    axes.plot(shown[at], curve.error[at], zorder=3, **style.line)
    live = curve.updates[curve.updates < len(curve.error)]
    size = 3.6 if len(live) < _MANY else 2.2
    axes.plot(shown[live], curve.error[live], linestyle="", markersize=size, zorder=4, **style.dots)


def _title(axes: Axes, title: str) -> Text:
    return axes.text(
        0.006,
        0.975,
        title,
        transform=axes.transAxes,
        va="top",
        fontweight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
        zorder=6,
        parse_math=False,
    )


def _name_sequences(axes: Axes, timeline: Timeline) -> None:
    """Each sequence's name above its stretch, upright where it is longer than that.

    A name without room beside the one before it is left out.
    """
    starts, length = timeline.timing.shown[timeline.starts], timeline.timing.seconds
    ends = np.append(starts[1:], length)
    middles = (starts + ends) / 2
    inches = PAGE * (ends - starts) / length
    lying = all(_LETTER * (len(n) + 2) < i for n, i in zip(timeline.sequences, inches, strict=True))
    kept: list[int] = []
    for at, middle in enumerate(middles):
        if not kept or PAGE * (middle - middles[kept[-1]]) > _ROW * length:
            kept.append(at)
    top = axes.secondary_xaxis("top")
    names = [timeline.sequences[at] for at in kept]
    top.set_xticks(middles[kept], names, rotation=0 if lying else 90, fontsize=5, color="0.35")
    top.tick_params(length=0, pad=2)
    top.spines["top"].set_visible(False)
    for label in top.get_xticklabels():
        label.set_parse_math(False)  # a file's name may hold $


def _clock(seconds: float, _: int) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _time_axis(axes: Axes, seconds: float) -> None:
    """Stream time as minutes and seconds, with at most ten round steps."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
    step = next((step for step in steps if seconds / step <= 10), steps[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(_clock))
    axes.set_xlim(0, seconds)
    axes.set_xlabel("stream time (min:s)")


def draw_over_time(panels: Sequence[Panel], timeline: Timeline, note: str) -> Figure:
    """Error (source pixels) over stream time, panels with common axes, note at the foot.

    A panel without curves says so.
    """
    curves = {curve.label: curve for panel in panels for curve in panel.curves}
    looks = styles({label: (curve.method, curve.rate) for label, curve in curves.items()})
    shown = timeline.timing.shown
    with mpl.rc_context(LOOK):
        figure, placed = new_page(len(panels), 1, sharex=True, sharey=True)
        titles = []
        for axes, panel in zip(placed[:, 0], panels, strict=True):
            for start in timeline.starts:
                axes.axvline(shown[start], color="0.82", linewidth=0.7, zorder=1)
            for curve in panel.curves:
                _draw_curve(axes, curve, looks[curve.label], shown)
            if not panel.curves:
                say_empty(axes)
            titles.append(_title(axes, panel.title))
            axes.set_ylabel("error (px)")
        errors = [curve.error for panel in panels for curve in panel.curves]
        highest = [np.nanmax(error) for error in errors if np.isfinite(error).any()]
        placed[0, 0].set_ylim(0, _ROOF * max(highest, default=1.0))
        if len(timeline.sequences) <= _NAMED:
            _name_sequences(placed[0, 0], timeline)
        _time_axis(placed[-1, 0], timeline.timing.seconds)
        handles = {name: looks[name].handle(len(curves[name].updates) > 0) for name in curves}
        finish(figure, placed, titles, handles, note, _HEIGHT)
        return figure
