"""Strategies compared with each other, without a verdict."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

import pandas as pd

from posequery.evidence.comparisons import REFERENCES
from posequery.evidence.samples import UNTRAINED
from posequery.report.captions import method_name
from posequery.report.cells import of_setting, picked_at, rates, strategies, teachers
from posequery.report.formats import percent, span
from posequery.report.html import charts
from posequery.report.html.evidence import any_sheet, value
from posequery.report.html.parts import Chart, Charts, Part, Section, ink
from posequery.report.html.points import point, points_chart
from posequery.report.html.sources import Row, Sources
from posequery.report.spread import mean
from posequery.report.style import method_style
from posequery.strategies import METHODS


def _level_chart(
    name: str, title: str, cells: pd.DataFrame, order: Sequence[str], level: float
) -> Chart:
    """A point a method: its error and the interval over seeds."""
    points = []
    for method in order:
        here = cells[cells["method"] == method]
        if here["mpjpe_px"].notna().any():
            at = f" {percent(here['rate'].iloc[0])}" if method == "once" else ""
            color = ink(method_style(method, *order))
            points.append(point(f"{method_name(method)}{at}", here["mpjpe_px"], color))
    return points_chart(name, title, points, "error (px)", level)


def _compared(sources: Sources) -> Iterator[Chart]:
    """A chart a setting, teacher and rate: the lowest and the highest rate of each."""
    for setting, unadapted in UNTRAINED.items():
        cells = of_setting(sources.cells, setting)
        level = mean(cells.loc[cells["method"] == unadapted.method, "mpjpe_px"])
        order = [*strategies(cells), "once", "continual", "all", "all_equal_steps"]
        labels = teachers(cells) if setting == "online" else ["ground_truth"]
        for teacher in labels:
            own = cells[cells["teacher"] == teacher]
            found = rates(own[own["method"] != "once"])
            for rate in dict.fromkeys((*found[:1], *found[-1:])):
                shared = own["method"].isin(METHODS)
                here = own[(own["rate"] == rate) | shared]
                k = span(picked_at(own[own["method"].isin(strategies(own))], rate))
                title = f"{setting.capitalize()}, {percent(rate)} (k={k})"
                if setting == "online":
                    title += f", labels of {sources.captions.teacher_name(teacher)}"
                name = f"compared-{setting}-{teacher}-{rate.numerator}of{rate.denominator}"
                yield _level_chart(name, title, here, order, level)


def _differences(sources: Sources, other: str) -> Iterator[Chart]:
    """A chart a setting and teacher, at the lowest and at the highest rate: differences to
    `other`."""

    def place(row: Row) -> tuple[str, str]:
        return row["setting"], row["teacher"]

    own = [row for row in sources.comparisons if row["against"] == other]
    methods = [row["strategy"] for row in own]
    for (setting, teacher), group in groupby(sorted(own, key=place), place):
        rows = list(group)
        found = sorted({Fraction(row["rate"]) for row in rows})
        for rate in dict.fromkeys((found[0], found[-1])):
            title = f"{setting.capitalize()}, {percent(rate)}"
            if setting == "online":
                title += f", labels of {sources.captions.teacher_name(teacher)}"
            points = [_difference(row, methods) for row in rows if Fraction(row["rate"]) == rate]
            name = f"against-{other}-{setting}-{teacher}-{rate.numerator}of{rate.denominator}"
            axis = f"difference to {method_name(other)} (px)"
            yield points_chart(name, title, points, axis, 0.0)


def _difference(row: Row, methods: Sequence[str]) -> charts.Point:
    method, seeds = row["strategy"], row["seeds"]
    return charts.Point(
        method_name(method),
        value(row, "difference_px"),
        value(row, "low_px"),
        value(row, "high_px"),
        ink(method_style(method, *methods)),
        f"{seeds} seed{'s' * (seeds != '1')}",
    )


def section(sources: Sources) -> Section:
    caption = (
        "Error of each strategy at the lowest and at the highest rate, the lowest error first. "
        "Dashed: the unadapted student. Bars: plain 95 % intervals over seeds, which are of each "
        "mean, not of a difference; with one seed there is none, and no rank may be read from the "
        f"order. {sources.given}"
    ).rstrip()
    parts: list[Part] = [Charts("Errors", caption, list(_compared(sources)), beside=True)]
    for other in REFERENCES:
        if made := list(_differences(sources, other)):
            said = (
                f"Each strategy's error less that of {other}, at the lowest and the highest rate, "
                "negative where it is lower. Exploratory: bars are plain 95 % intervals, not "
                f"widened for their number, and there is no verdict. {sources.given}"
            ).rstrip()
            parts.append(Charts(f"Against {other}", said, made, beside=True))
    if rows := sources.comparisons:
        parts.append(any_sheet("All comparisons, at every rate", rows))
    return Section("strategies", "Strategies compared", parts)
