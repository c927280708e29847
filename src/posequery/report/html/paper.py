"""The sections of a study with ground truth: the paper's tables and figures, and what they cost."""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

import pandas as pd

from posequery.evidence import published
from posequery.evidence.samples import UNTRAINED
from posequery.report.captions import first_of, method_name
from posequery.report.cells import (
    ANY_RATE,
    KEYS,
    of_setting,
    picked_at,
    rates,
    strategies,
    teachers,
)
from posequery.report.curves import read_record
from posequery.report.efficiency import efficiency, efficiency_offline
from posequery.report.figures import figures_2
from posequery.report.formats import NONE, PIXELS, percent, span
from posequery.report.html import charts
from posequery.report.html.evidence import any_sheet, value
from posequery.report.html.parts import (
    Chart,
    Charts,
    Key,
    Part,
    Section,
    Words,
    ink,
    interval,
    sheet,
    sheets,
)
from posequery.report.html.sources import Row, Sources
from posequery.report.html.timeline import Picks, over_time, picked
from posequery.report.over_time import Timeline
from posequery.report.spread import mean, sd
from posequery.report.style import method_style
from posequery.report.tables import table_1, table_2


def seeds_of(cells: pd.DataFrame) -> int:
    """The number of seeds of every cell that has several; 0 where they differ, or there is none."""
    counts = cells.groupby(["method", "teacher", "rate"])["mpjpe_px"].count()
    several = set(counts[counts > 1])
    return several.pop() if len(several) == 1 else 0


def tables(sources: Sources) -> Section:
    cells, said = sources.cells, sources.captions
    tests, stream = sources.frame_sizes("offline"), sources.frame_sizes("online")
    parts: list[Part] = []
    for setting, table in (
        ("offline", table_1(sources.rows, said, tests)),
        ("online", table_2(sources.rows, said, teacher=sources.teacher, frames=stream)),
        ("online", table_2(sources.rows, said, first_window=False, frames=stream)),
    ):
        count = seeds_of(of_setting(cells, setting))
        small = f" Below a mean: its plain 95 % interval over {count} seeds." if count else ""
        parts += [Words([f"{table.label}. {table.caption}{small}"]), *sheets(table, count)]
    parts += _other_measures(cells)
    return Section("tables", "The paper's tables, beside the published numbers", parts)


def _other_measures(cells: pd.DataFrame) -> list[Part]:
    """Every measure of the cells that the tables leave out, a row a method, teacher and rate."""
    shown = ("mpjpe_px", "mpjpe_px_without_first_window", "mpjpe_px_equal_lag")
    names = [
        name
        for name in cells
        if name not in shown
        and not name.startswith("mpjpe_share")
        and pd.api.types.is_float_dtype(cells[name])
        and cells[name].notna().any()
    ]
    rows = [
        {
            "setting": setting,
            "labels": teacher,
            "method": method_name(method),
            "rate": percent(rate),
        }
        | {name: "" if math.isnan(number := mean(here[name])) else str(number) for name in names}
        for (setting, teacher, method, rate), here in cells.groupby(
            ["setting", "teacher", "method", "rate"], sort=False
        )
    ]
    if not names or not rows:
        return []
    return [any_sheet("Other measures: columns of cells.csv, means over seeds", rows)]


def _ends(found: pd.Series) -> tuple[float, float, float, str]:
    """Mean, and the ends of its interval, also as text."""
    value = mean(found)
    low, high = interval(value, sd(found), found.count())
    return value, low, high, NONE if math.isnan(low) else f"{low:.2f} to {high:.2f}"


def _rate_row(method: str, rate: Fraction, k: str, errors: pd.Series) -> charts.Row:
    value, low, high, said = _ends(errors)
    return {
        "id": method,
        "method": method_name(method),
        "rate": float(rate),
        "at": percent(rate),
        "k": k,
        "e": value,
        "low": low,
        "high": high,
        "interval": said,
    }


def _rate_chart(name: str, title: str, cells: pd.DataFrame) -> Chart:
    """cells: methods, rates and mpjpe_px; k where it is known."""
    run = set(cells["method"])
    methods = [method for method in [*strategies(cells), "all"] if method in run]
    looks = {m: method_style(m, *methods) for m in methods}
    rows = [
        _rate_row(method, rate, span(here["k"]) if "k" in here else NONE, here["mpjpe_px"])
        for (method, rate), here in cells[cells["method"].isin(methods)].groupby(
            ["method", "rate"], sort=True
        )
    ]
    level = mean(cells.loc[cells["method"] == "none", "mpjpe_px"])
    ticks = sorted({row["rate"] for row in rows} | {1.0})
    label = (
        f"{title}: error in pixels by sampling rate, for {', '.join(map(method_name, methods))}."
    )
    spec = charts.by_rate(
        rows, {m: (ink(look), look.marker) for m, look in looks.items()}, level, ticks, label
    )
    body = [[row["method"], row["at"], row["k"], PIXELS(row["e"]), row["interval"]] for row in rows]
    if not math.isnan(level):
        body.append([method_name("none"), percent(Fraction(0)), "0", PIXELS(level), NONE])
    heads = ["method", "rate", "k", "error (px)", "95 % interval"]
    return Chart(name, title, label, spec, sheet(title, heads, body))


def _by_rate(sources: Sources) -> Charts:
    offline = of_setting(sources.cells, "offline")
    numbers = pd.DataFrame(published.NUMBERS).rename(columns={"value": "mpjpe_px"})
    paper = numbers[(numbers["quantity"] == "mpjpe_px") & (numbers["setting"] == "offline")]
    made = [
        _rate_chart("by-rate", sources.captions.heading, offline),
        _rate_chart("by-rate-published", f"Published: {published.DATA}, Table 1", paper),
    ]
    methods = strategies(offline)
    keys = [
        Key(method_name(m), ink(method_style(m, *methods)), (), method_style(m, *methods).marker)
        for m in methods
    ]
    keys += [Key(method_name("none"), ink(method_style("none")), (1, 1.5))]
    keys += [Key(method_name("all"), ink(method_style("all")), (), "*", line=False)]
    caption = sources.captions.by_rate(offline, sources.frame_sizes("offline"))
    caption = caption.replace("bars: sample standard deviation over seeds", "bars: 95 % intervals")
    return Charts("Error by rate", caption, made, keys, beside=True)


def _picks(sources: Sources, teacher: str) -> Iterator[Picks]:
    """Of each method that picks, of the first seed; the lowest rate first."""
    cells = sources.recorded
    own = cells[(cells["teacher"] == teacher) & ~cells["method"].isin(ANY_RATE)]
    own = own[own["seed"] == own["seed"].min()]
    order = ["once", *strategies(own)]
    for cell in sorted(own.itertuples(), key=lambda c: (c.rate, order.index(c.method))):
        read = read_record(sources.folder / cell.folder / "record.h5", len(sources.stream))
        name = f"{method_name(cell.method)} {percent(cell.rate)}"
        yield Picks(name, cell.method, read.picked, read.update_frames)


def _picked(sources: Sources, timeline: Timeline, window: str) -> Charts | None:
    made = []
    for number, teacher in enumerate(teachers(sources.recorded), 1):
        title = f"Labels of {sources.captions.teacher_name(teacher)}"
        found = list(_picks(sources, teacher))
        made.append(picked(f"picked-{number}", title, found, timeline, window))
    shown = [chart for chart in made if chart]
    caption = (
        "Each tick is a frame that was picked from its window and trained on, of the lowest seed; "
        "grey lines: a window begins. Hovering names the frame, and when the weights that it "
        "changed went live. A method that picks too many frames to tell apart is left out. "
        f"{first_of(of_setting(sources.rows, 'online'), sources.stream_index.stem)}"
    ).rstrip()
    return Charts("Frames picked", caption, shown) if shown else None


def figures(sources: Sources) -> Section:
    parts: list[Part] = []
    if len(of_setting(sources.cells, "offline")):
        parts.append(_by_rate(sources))
    online = of_setting(sources.rows, "online")
    if len(online):
        window = sources.settings["online.window"]
        shown = figures_2(online, sources.folder, sources.stream, sources.labels, sources.captions)
        parts += [over_time(figure, window) for figure in shown]
        found = _picked(sources, shown[0].timeline, window)
        parts += [found] if found else []
    return Section("figures", "Figures", parts)


def _point(name: str, values: pd.Series, color: str) -> charts.Point:
    """Of the numbers of each seed."""
    value, low, high, _ = _ends(values)
    count = int(values.count())
    return charts.Point(name, value, low, high, color, f"{count} seed{'s' * (count != 1)}")


def _points_chart(
    name: str, title: str, points: Sequence[charts.Point], axis: str, level: float = math.nan
) -> Chart:
    """Points, the lowest first, and their table."""
    ordered = sorted(points, key=lambda point: point.value)
    label = f"{title}: {axis}, the lowest first: {', '.join(point.name for point in ordered)}."
    spec = charts.intervals(ordered, axis, label, level)
    body = [[point.name, PIXELS(point.value), point.interval, point.note] for point in ordered]
    heads = ["method", axis, "95 % interval", "of"]
    return Chart(name, title, label, spec, sheet(title, heads, body))


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
            points.append(_point(f"{method_name(method)}{at}", here["mpjpe_px"], color))
    return _points_chart(name, title, points, "error (px)", level)


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
                shared = own["method"].isin(order[-4:])
                here = own[(own["rate"] == rate) | shared]
                k = span(picked_at(own[own["method"].isin(strategies(own))], rate))
                title = f"{setting.capitalize()}, {percent(rate)} (k={k})"
                if setting == "online":
                    title += f", labels of {sources.captions.teacher_name(teacher)}"
                name = f"compared-{setting}-{teacher}-{rate.numerator}of{rate.denominator}"
                yield _level_chart(name, title, here, order, level)


def _against(sources: Sources, other: str) -> Iterator[Chart]:
    """A chart a setting, teacher and rate that was compared: differences to `other`."""

    def place(row: Row) -> tuple[str, str, Fraction]:
        return row["setting"], row["teacher"], Fraction(row["rate"])

    own = [row for row in sources.comparisons if row.get("against") == other]
    methods = [row.get("strategy") or "" for row in own]
    for (setting, teacher, rate), rows in groupby(sorted(own, key=place), place):
        title = f"{setting.capitalize()}, {percent(rate)}"
        if setting == "online":
            title += f", labels of {sources.captions.teacher_name(teacher)}"
        points = [_difference(row, methods) for row in rows]
        name = f"against-{other}-{setting}-{teacher}-{rate.numerator}of{rate.denominator}"
        axis = f"difference to {method_name(other)} (px)"
        yield _points_chart(name, title, points, axis, 0.0)


def _difference(row: Row, methods: Sequence[str]) -> charts.Point:
    method, seeds = row.get("strategy") or "", value(row, "seeds")
    return charts.Point(
        method_name(method),
        value(row, "difference_px", "estimate_px"),
        value(row, "low_px"),
        value(row, "high_px"),
        ink(method_style(method, *methods)),
        NONE if math.isnan(seeds) else f"{seeds:.0f} seeds" if seeds != 1 else "1 seed",
    )


def compared(sources: Sources) -> Section:
    caption = (
        "Error of each strategy at the lowest and at the highest rate, the lowest error first. "
        "Dashed: the unadapted student. Bars: plain 95 % intervals over seeds, which are of each "
        "mean, not of a difference; with one seed there is none, and no rank may be read from the "
        "order."
    )
    parts: list[Part] = [Charts("Errors", caption, list(_compared(sources)), beside=True)]
    for other in ("uniform", "random"):
        if made := list(_against(sources, other)):
            said = (
                f"Each strategy's error less that of {other}, negative where it is lower. "
                "Exploratory: bars are plain 95 % intervals, not widened for their number, and "
                "there is no verdict."
            )
            parts.append(Charts(f"Against {other}", said, made, beside=True))
    if rows := sources.comparisons:
        parts.append(any_sheet("All comparisons as a table", rows))
    return Section("strategies", "Strategies compared", parts)


def _shares(sources: Sources) -> Chart | None:
    """Training seconds as a share of the stream's, a point a method, rate and teacher."""
    online = of_setting(sources.cells, "online").merge(sources.seconds, "left", KEYS)
    online = online[(online["training_s"] > 0) & (online["stream_s"] > 0)]
    points = []
    for (method, teacher, rate), here in online.groupby(["method", "teacher", "rate"]):
        at = "" if method in ANY_RATE else f" {percent(rate)}"
        name = f"{method_name(method)}{at}, {sources.captions.teacher_name(teacher)}"
        color = ink(method_style(method, *strategies(online)))
        points.append(_point(name, 100 * here["training_s"] / here["stream_s"], color))
    axis = "training time, % of the stream's"
    return _points_chart("shares", "Online", points, axis) if points else None


def real_time(sources: Sources) -> Section:
    spent, said = (sources.rows, sources.seconds_rows), sources.captions
    chart = _shares(sources)
    caption = (
        "Training seconds as a share of the stream's, on the machine of this run. At 100 % "
        "training takes as long as the stream lasts, and nothing is left to the student itself."
    )
    parts: list[Part] = [Charts("Share of real time", caption, [chart])] if chart else []
    for table in (efficiency(*spent, said), efficiency_offline(*spent, said)):
        parts += [Words([f"{table.label}. {table.caption}"]), *sheets(table, 0)]
    return Section("real-time", "Real time", parts)


def sections(sources: Sources) -> list[Section]:
    return [tables(sources), figures(sources), compared(sources), real_time(sources)]
