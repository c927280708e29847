"""Charts of the page, as Vega-Lite specs. None names anything outside itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

from posequery.report.formats import NONE

Row = Mapping[str, Any]
CLOCK = "format(floor(datum.value / 60), 'd') + ':' + format(round(datum.value) % 60, '02d')"
PERCENT = "format(100 * datum.value, '.3~g') + ' %'"
HEIGHT = 260
"""Pixels of a chart."""
_LINE = "#8a8a8a"
_MARKS = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    ">": "triangle-right",
    "<": "triangle-left",
    "v": "triangle-down",
    "P": "cross",
    "X": "M-1,-1L1,1M1,-1L-1,1",
    "h": "M-1,-.5L0,-1L1,-.5L1,.5L0,1L-1,.5Z",
    "p": "M0,-1L.95,-.31L.59,.81L-.59,.81L-.95,-.31Z",
    "*": "M0,-1.3L.38,-.42L1.24,-.4L.62,.16L.82,1.05L0,.55L-.82,1.05L-.62,.16L-1.24,-.4L-.38,-.42Z",
}


def shape(marker: str) -> str:
    """Vega's name or path of one of matplotlib's markers."""
    return _MARKS.get(marker, "circle")


def _data(rows: Sequence[Row]) -> Any:
    return alt.Data(values=[{key: _value(row[key]) for key in row} for row in rows])


def _value(value: Any) -> Any:
    """A number with three digits after the point at most; none where it is not finite."""
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


def _colors(ids: Sequence[str], colors: Sequence[str]) -> Any:
    scale = alt.Scale(domain=[*ids], range=[*colors])
    return alt.Color("id:N", scale=scale, legend=None)


def spec(chart: Any, description: str, height: int = HEIGHT) -> dict[str, Any]:
    """The chart as plain data, as wide as its place, without the address of a schema."""
    look = {
        "font": "system-ui, sans-serif",
        "axis": {
            "labelFontSize": 12,
            "labelPadding": 5,
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "titlePadding": 8,
        },
        "view": {"stroke": None},
    }
    made = chart.properties(
        width="container",
        height=height,
        description=description,
        background="transparent",
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
    ).to_dict(validate=False)
    del made["$schema"]
    return made | {"config": look}


def _errors(title: str = "error (px)", zero: bool = False) -> Any:
    axis = alt.Axis(grid=True, gridColor="#e6e6e6", domain=False, ticks=False)
    return alt.Y("e:Q", title=title, axis=axis, scale=alt.Scale(zero=zero, nice=True))


def by_rate(
    rows: Sequence[Row],
    looks: Mapping[str, tuple[str, str]],
    level: float,
    rates: Sequence[float],
    label: str,
) -> dict[str, Any]:
    """Error by sampling rate.

    rows: id, method, rate, k, e, low, high, seeds. looks: colour and marker by id. level: of the
    unadapted student, NaN where it is not known.
    """
    axis = alt.Axis(values=[*rates], labelExpr=PERCENT, grid=False, labelOverlap=False)
    scale = alt.Scale(type="log", domain=[0.8 * min(rates), 1.25], nice=False)
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("rate:Q", title="sampling rate (log)", axis=axis, scale=scale),
        color=_colors([*looks], [color for color, _ in looks.values()]),
    )
    marks = alt.Scale(domain=[*looks], range=[shape(mark) for _, mark in looks.values()])
    tooltip = [
        alt.Tooltip("method:N", title="method"),
        alt.Tooltip("at:N", title="rate"),
        alt.Tooltip("k:N", title="frames picked"),
        alt.Tooltip("e:Q", title="error (px)", format=".2f"),
        alt.Tooltip("interval:N", title="plain 95 % interval"),
    ]
    layers = [
        base.mark_rule(strokeWidth=1.4).encode(y="low:Q", y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=_errors()),
        base.mark_point(filled=True, size=75, opacity=1, stroke="#222", strokeWidth=0.6).encode(
            y=_errors(), shape=alt.Shape("id:N", scale=marks, legend=None), tooltip=tooltip
        ),
    ]
    if math.isfinite(level):
        flat = alt.Chart(_data([{"e": level}]))
        line = flat.mark_rule(color=_LINE, strokeDash=[2, 3], strokeWidth=1.6)
        layers.insert(0, line.encode(y=_errors(), tooltip=alt.Tooltip("e:Q", title="unadapted")))
    return spec(alt.layer(*layers), label)


def _time(seconds: float) -> Any:
    return alt.X(
        "t:Q",
        title="stream time (min:s)",
        scale=alt.Scale(domain=[0, seconds], nice=False),
        axis=alt.Axis(labelExpr=CLOCK, grid=False, tickCount=8),
    )


def over_time(
    rows: Sequence[Row],
    looks: Mapping[str, tuple[str, str, Sequence[float]]],
    starts: Sequence[Row],
    updates: Sequence[Row],
    seconds: float,
    highest: float,
    label: str,
) -> dict[str, Any]:
    """Error over stream time; hovering names every line's error, the window and the sequence.

    rows: t, clock, frame, window, sequence, and each line's error under its id. looks: name, colour
    and dashes by id. starts: t of each sequence. updates: id, t and e of each training.
    """
    x = _time(seconds)
    axis = alt.Axis(grid=True, gridColor="#e6e6e6", domain=False, ticks=False, tickCount=5)
    y = alt.Y("e:Q", title="error (px)", scale=alt.Scale(domain=[0, highest]), axis=axis)
    colors = _colors([*looks], [color for _, color, _ in looks.values()])
    drawn = [[*dashes] or [1, 0] for *_, dashes in looks.values()]
    dashes = alt.StrokeDash("id:N", scale=alt.Scale(domain=[*looks], range=drawn), legend=None)
    # Not the nearest point: of those, Vega-Lite's tooltips lose the texts.
    near = alt.selection_point(
        name="near", fields=["t"], on="pointerover", clear="pointerout", empty=False
    )
    base = alt.Chart().encode(x=x)
    lines = base.transform_fold([*looks], as_=["id", "e"]).mark_line(strokeWidth=1.8, clip=True)
    tooltip = [
        alt.Tooltip("clock:N", title="time"),
        alt.Tooltip("frame:Q", title="frame"),
        alt.Tooltip("sequence:N", title="sequence"),
        alt.Tooltip("window:Q", title="window"),
        *(alt.Tooltip(f"{at}:Q", title=look[0], format=".1f") for at, look in looks.items()),
    ]
    seen = alt.condition(near, alt.value(0.2), alt.value(0))
    hover = (
        base.mark_rule(color="#333", strokeWidth=5)
        .encode(opacity=seen, tooltip=tooltip)
        .add_params(near)
    )
    live = alt.Chart(_data(updates)).mark_point(
        filled=True, opacity=1, stroke="#222", strokeWidth=0.4, clip=True
    )
    layers = [
        alt.Chart(_data(starts)).mark_rule(color="#dcdcdc").encode(x=x),
        lines.encode(y=y, color=colors, strokeDash=dashes),
        live.encode(x=x, y=y, color=colors, size=alt.value(26 if len(updates) < 200 else 9)),
        hover,
    ]
    return spec(alt.layer(*layers, data=_data(rows)), label)


def picks(
    rows: Sequence[Row],
    looks: Mapping[str, tuple[str, str]],
    windows: Sequence[Row],
    seconds: float,
    label: str,
) -> dict[str, Any]:
    """A tick for each frame picked, a line a method and rate.

    rows: id, name, t, frame, sequence, window, live. looks: name and
    colour by id. windows: t of each window's first frame.
    """
    x = _time(seconds)
    y = alt.Y(
        "name:N",
        title=None,
        sort=[name for name, _ in looks.values()],
        axis=alt.Axis(labelLimit=175, domain=False, ticks=False),
    )
    tooltip = [
        alt.Tooltip("name:N", title="picked by"),
        alt.Tooltip("frame:Q", title="frame"),
        alt.Tooltip("sequence:N", title="sequence"),
        alt.Tooltip("window:Q", title="window"),
        alt.Tooltip("live:N", title="weights live from"),
    ]
    ticks = alt.Chart(_data(rows)).mark_tick(thickness=1.2, size=16, opacity=0.85)
    layers = [
        alt.Chart(_data(windows)).mark_rule(color="#dcdcdc").encode(x=x),
        ticks.encode(
            x=x,
            y=y,
            color=_colors([*looks], [color for _, color in looks.values()]),
            tooltip=tooltip,
        ),
    ]
    return spec(alt.layer(*layers), label, 60 + 26 * len(looks))


@dataclass(frozen=True)
class Point:
    """A number with the ends of its interval (NaN without one), and what it is of."""

    name: str
    value: float
    low: float
    high: float
    color: str
    note: str

    @property
    def interval(self) -> str:
        return NONE if math.isnan(self.low) else f"{self.low:.2f} to {self.high:.2f}"


def intervals(
    points: Sequence[Point], title: str, label: str, level: float = math.nan, zero: bool = False
) -> dict[str, Any]:
    """Points below one another, with their intervals. level: where a line stands to compare.
    zero: the axis begins there."""
    rows = [asdict(point) | {"interval": point.interval} for point in points]
    names = [point.name for point in points]
    lines = alt.Axis(labelLimit=250, domain=False, ticks=False, grid=True, gridColor="#eee")
    y = alt.Y("name:N", title=None, sort=names, axis=lines)
    x: dict[str, Any] = {
        "title": title,
        "scale": alt.Scale(zero=zero, nice=True, padding=alt.Undefined if zero else 8),
        # On a narrow page the title is wider than the axis: it reaches to the left.
        "axis": alt.Axis(grid=False, titleAnchor="end"),
    }
    base = alt.Chart(_data(rows)).encode(y=y, color=alt.Color("color:N", scale=None, legend=None))
    tooltip = [
        alt.Tooltip("name:N", title="method"),
        alt.Tooltip("value:Q", title=title, format=".2f"),
        alt.Tooltip("interval:N", title="plain 95 % interval"),
        alt.Tooltip("note:N", title="of"),
    ]
    dots = base.mark_point(filled=True, size=80, opacity=1, stroke="#222", strokeWidth=0.6)
    layers = [
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", **x), x2="high:Q"),
        dots.encode(x=alt.X("value:Q", **x), tooltip=tooltip),
    ]
    if math.isfinite(level):
        flat = alt.Chart(_data([{"value": level}])).mark_rule(color=_LINE, strokeDash=[3, 3])
        layers.insert(0, flat.encode(x=alt.X("value:Q", **x)))
    return spec(alt.layer(*layers), label, 46 + 24 * len(points))
