"""Errors over a stream's time: the drawing of Figures 2(a) and 2(b)."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posequery.report.curves import Curve
from posequery.report.plotting import (
    LEFT,
    LOOK,
    RIGHT,
    WIDTH,
    draw_curves,
    draw_starts,
    footnote,
    handle,
    legend,
    legend_height,
    name_sequences,
    names_height,
    put_footnote,
    say_empty,
    styles,
    time_axis,
)

_NAMED = 40
"""Sequences whose names find room above the panels."""
_ROOF = 1.15
"""Height of the axes over the highest error: a panel's title stands above its curves."""
_HEIGHT, _GAP = 1.8, 0.14  # inches of a panel, and between two
_AXIS = 0.4  # inches of the time axis' words


@dataclass(frozen=True)
class Panel:
    """One set of axes: curves and what they have in common."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Timeline:
    """The stream that all panels show.

    sequences: their names. starts: (sequences,) first frame of each. frames: of the whole stream.
    """

    sequences: tuple[str, ...]
    starts: np.ndarray
    frames: int
    fps: float


def _place(figure: Figure, count: int, head: float) -> list[Axes]:
    """Panels one above another, first on top, with common axes."""
    total = figure.get_figheight()
    placed: list[Axes] = []
    for place in range(count):
        bottom = total - head - _HEIGHT * (place + 1) - _GAP * place
        box = (LEFT / WIDTH, bottom / total, 1 - (LEFT + RIGHT) / WIDTH, _HEIGHT / total)
        above = placed[0] if placed else None
        placed.append(figure.add_axes(box, sharex=above, sharey=above))
    return placed


def _title(axes: Axes, title: str) -> None:
    axes.text(
        0.006,
        0.975,
        title,
        transform=axes.transAxes,
        va="top",
        fontweight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
        zorder=6,
    )


def draw_over_time(
    panels: Sequence[Panel], timeline: Timeline, names: dict[str, str], note: str
) -> Figure:
    """Error (source pixels) over stream time, panels with common axes, note at the foot.

    names: the printed name of every curve's method. A panel without curves says so.
    """
    with mpl.rc_context(LOOK):
        text, note_height = footnote(note)
        curves = {curve.method: curve for panel in panels for curve in panel.curves}
        named = len(timeline.sequences) <= _NAMED
        head = names_height(timeline.sequences) if named else 0.1
        words = [names[method] for method in curves]
        foot = note_height + legend_height(words) + _AXIS
        total = head + foot + _HEIGHT * len(panels) + _GAP * (len(panels) - 1)
        figure = Figure(figsize=(WIDTH, total))
        placed = _place(figure, len(panels), head)
        if named:
            name_sequences(placed[0], timeline.sequences, timeline.starts, timeline.frames)
        for axes, panel in zip(placed, panels, strict=True):
            draw_starts(axes, timeline.starts, timeline.fps)
            draw_curves(axes, panel.curves, timeline.fps)
            _title(axes, panel.title)
            axes.set_ylabel("error (px)")
            axes.tick_params(labelbottom=axes is placed[-1])
            if not panel.curves:
                say_empty(axes)
        time_axis(placed[-1], timeline.frames / timeline.fps)
        placed[-1].set_xlabel("stream time (min:s)", labelpad=2)
        errors = [curve.error for panel in panels for curve in panel.curves]
        highest = [np.nanmax(error) for error in errors if np.isfinite(error).any()]
        placed[0].set_ylim(0, _ROOF * max(highest, default=1.0))

        looks = styles(list(curves))
        handles = [handle(looks[m], bool(len(curve.updates))) for m, curve in curves.items()]
        legend(figure, handles, words, note_height)
        put_footnote(figure, text)
        return figure
