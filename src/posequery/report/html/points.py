"""Charts of points below one another, each with its interval."""

import math
from collections.abc import Sequence

import pandas as pd

from posequery.report.formats import NONE, PIXELS
from posequery.report.html import charts
from posequery.report.html.parts import Chart, interval, sheet
from posequery.report.spread import mean, sd


def ends(found: pd.Series) -> tuple[float, float, float, str]:
    """The mean over seeds, and the ends of its plain 95 % interval, also as text."""
    value = mean(found)
    low, high = interval(value, sd(found), found.count())
    return value, low, high, NONE if math.isnan(low) else f"{low:.2f} to {high:.2f}"


def point(name: str, values: pd.Series, color: str) -> charts.Point:
    """Of the numbers of each seed."""
    value, low, high, _ = ends(values)
    count = int(values.count())
    return charts.Point(name, value, low, high, color, f"{count} seed{'s' * (count != 1)}")


def points_chart(
    name: str,
    title: str,
    points: Sequence[charts.Point],
    axis: str,
    level: float = math.nan,
    zero: bool = False,
) -> Chart:
    """Points, the lowest first, and their table. level, zero: see `charts.intervals`."""
    ordered = sorted(points, key=lambda point: point.value)
    label = f"{title}: {axis}, the lowest first: {', '.join(point.name for point in ordered)}."
    spec = charts.intervals(ordered, axis, label, level, zero)
    body = [[point.name, PIXELS(point.value), point.interval, point.note] for point in ordered]
    heads = ["method", axis, "plain 95 % interval", "of"]
    return Chart(name, title, label, spec, sheet(title, heads, body))
