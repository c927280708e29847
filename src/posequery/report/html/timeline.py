"""Charts over a stream's time: errors, and which frames were picked."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posequery.report.curves import Curve
from posequery.report.formats import NONE
from posequery.report.html import charts
from posequery.report.html.parts import Chart, Charts, Key, Sheet, ink, sheet
from posequery.report.over_time import OverTime, Panel, Timeline
from posequery.report.style import Style, method_style, styles
from posequery.timing import Timing

_POINTS = 400
"""Of a curve, at most: a page is small, and hovering finds one."""
_UPDATES = 120
"""Trainings of a curve that have a dot."""
MOST_PICKS = 2500
"""Ticks of a chart; a rate with more of them is left out."""


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _window(starts: np.ndarray, frame: int) -> int:
    """The number of a frame's window, from 1."""
    return int(np.searchsorted(starts, frame, side="right"))


def _sequence(timeline: Timeline, frame: int) -> str:
    return timeline.sequences[int(np.searchsorted(timeline.starts, frame, side="right")) - 1]


def _rows(
    ids: Mapping[str, Curve], timeline: Timeline, windows: np.ndarray
) -> Iterator[charts.Row]:
    shown, frames = timeline.timing.shown, len(timeline.timing)
    for frame in range(0, frames, math.ceil(frames / _POINTS)):
        yield {
            "t": float(shown[frame]),
            "clock": clock(shown[frame]),
            "frame": frame,
            "window": _window(windows, frame),
            "sequence": _sequence(timeline, frame),
            **{at: float(curve.error[frame]) for at, curve in ids.items()},
        }


def _updates(curve: Curve, at: str, timing: Timing) -> Iterator[charts.Row]:
    live = curve.updates[curve.updates < len(curve.error)]
    for frame in live[:: math.ceil(max(1, len(live)) / _UPDATES)]:
        yield {"id": at, "t": float(timing.shown[frame]), "e": float(curve.error[frame])}


def _sheet(panel: Panel, timeline: Timeline, windows: np.ndarray) -> Sheet:
    """Each curve's mean over each window."""
    ends = np.append(windows[1:], len(timeline.timing))
    rows = []
    for number, (start, end) in enumerate(zip(windows, ends, strict=True), 1):
        errors = [curve.error[start:end] for curve in panel.curves]
        known = [error[np.isfinite(error)] for error in errors]
        means = [f"{error.mean():.1f}" if len(error) else NONE for error in known]
        rows.append([str(number), clock(timeline.timing.shown[start]), *means])
    heads = ["window", "from", *(curve.label for curve in panel.curves)]
    return sheet(f"{panel.title}: mean error of each window, pixels", heads, rows, 0)


def _chart(
    figure: OverTime, at: int, looks: dict[str, Style], windows: np.ndarray, highest: float
) -> Chart:
    panel, timeline = figure.panels[at], figure.timeline
    timing = timeline.timing
    ids = {f"s{number}": curve for number, curve in enumerate(panel.curves)}
    rows = list(_rows(ids, timeline, windows))
    updates = [row for at, curve in ids.items() for row in _updates(curve, at, timing)]
    starts = [{"t": float(timing.shown[frame])} for frame in timeline.starts]
    names = ", ".join(curve.label for curve in panel.curves) or "nothing"
    label = (
        f"{figure.label}, {panel.title}: error in pixels over {clock(timing.seconds)} minutes of "
        f"stream time, lines of {names}. The table below has the numbers."
    )
    drawn = {
        at: (curve.label, ink(looks[curve.label]), [2 * d for d in looks[curve.label].dashes])
        for at, curve in ids.items()
    }
    spec = charts.over_time(rows, drawn, starts, updates, timing.seconds, highest, label)
    name = f"{figure.name}-{at + 1}"
    return Chart(name, panel.title, label, spec, _sheet(panel, timeline, windows))


def over_time(figure: OverTime, windows: np.ndarray) -> Charts:
    """A figure over time, a chart a panel. windows: their first frames (w,)."""
    curves = {curve.label: curve for panel in figure.panels for curve in panel.curves}
    looks = styles({label: (curve.method, curve.rate) for label, curve in curves.items()})
    found = [np.nanmax(c.error) for c in curves.values() if np.isfinite(c.error).any()]
    highest = 1.02 * max(map(float, found), default=1.0)
    made = [_chart(figure, at, looks, windows, highest) for at in range(len(figure.panels))]
    keys = [
        Key(name, ink(look), look.dashes, "o" if len(curves[name].updates) else "")
        for name, look in looks.items()
    ]
    return Charts(figure.label, figure.caption, made, keys)


@dataclass(frozen=True)
class Picks:
    """The frames that a method picked for each of its trainings.

    name: printed, with the rate. updates: (u,) from which frame each training's weights are live.
    """

    name: str
    method: str
    picked: Sequence[np.ndarray]
    updates: np.ndarray

    @property
    def count(self) -> int:
        return sum(map(len, self.picked))


def _pick_rows(
    picks: Picks, at: str, timeline: Timeline, windows: np.ndarray
) -> Iterator[charts.Row]:
    timing = timeline.timing
    for live, frames in zip(picks.updates, picks.picked, strict=False):
        known = live < len(timing)
        until = clock(timing.shown[live]) if known else "never: the stream had ended"
        for frame in frames:
            yield {
                "id": at,
                "name": picks.name,
                "t": float(timing.shown[frame]),
                "frame": int(frame),
                "sequence": _sequence(timeline, frame),
                "window": _window(windows, frame),
                "live": until,
            }


def _pick_sheet(title: str, found: Sequence[Picks], windows: np.ndarray) -> Sheet:
    """How many frames each picked of each window."""
    counts = []
    for picks in found:
        frames = np.concatenate([np.empty(0, np.int64), *picks.picked])
        held = np.searchsorted(windows, frames, side="right") - 1
        counts.append(np.bincount(held, minlength=len(windows)))
    rows = [
        [str(number + 1), *(str(count[number]) for count in counts)]
        for number in range(len(windows))
    ]
    return sheet(f"{title}: frames of each window", ["window", *(p.name for p in found)], rows, 0)


def picked(
    name: str, title: str, found: Sequence[Picks], timeline: Timeline, windows: np.ndarray
) -> Chart | None:
    """Which frames were picked; None where nothing was, or too much to be told apart. windows: the
    first frames (w,) of those that they were picked from."""
    shown = [picks for picks in found if 0 < picks.count <= MOST_PICKS]
    if not shown:
        return None
    timing = timeline.timing
    methods = [picks.method for picks in shown]
    looks = {
        f"p{number}": (picks.name, ink(method_style(picks.method, *methods)))
        for number, picks in enumerate(shown)
    }
    rows = [
        row
        for at, picks in zip(looks, shown, strict=True)
        for row in _pick_rows(picks, at, timeline, windows)
    ]
    starts = [{"t": float(timing.shown[frame])} for frame in windows]
    label = (
        f"{title}: a tick for each frame picked, a row for each of "
        f"{', '.join(picks.name for picks in shown)}; lines where windows begin."
    )
    spec = charts.picks(rows, looks, starts, timing.seconds, label)
    return Chart(name, title, label, spec, _pick_sheet(title, shown, windows))
