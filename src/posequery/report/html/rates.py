"""The chart of the offline error by sampling rate, on the page."""

import math
from fractions import Fraction

import pandas as pd

from posequery.evidence import published
from posequery.report.by_rate import published_errors
from posequery.report.captions import method_name
from posequery.report.cells import of_setting, rate_ends, strategies
from posequery.report.formats import NONE, PIXELS, percent, span
from posequery.report.html import charts
from posequery.report.html.parts import Chart, Charts, Key, ink, sheet
from posequery.report.html.points import ends
from posequery.report.html.sources import Sources
from posequery.report.spread import mean
from posequery.report.style import method_style


def _rate_row(method: str, rate: Fraction, k: str, errors: pd.Series) -> charts.Row:
    value, low, high, said = ends(errors)
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


def _rate_chart(name: str, title: str, cells: pd.DataFrame, beside_paper: bool) -> Chart:
    """cells: methods, rates and mpjpe_px; k where it is known. beside_paper: the axis ends at
    100 %, run or not."""
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
    ticks = sorted({row["rate"] for row in rows} | ({1.0} if beside_paper else set()))
    label = (
        f"{title}: error in pixels by sampling rate, for {', '.join(map(method_name, methods))}."
    )
    spec = charts.by_rate(
        rows, {m: (ink(look), look.marker) for m, look in looks.items()}, level, ticks, label
    )
    body = [[row["method"], row["at"], row["k"], PIXELS(row["e"]), row["interval"]] for row in rows]
    if not math.isnan(level):
        body.append([method_name("none"), percent(Fraction(0)), "0", PIXELS(level), NONE])
    heads = ["method", "rate", "k", "error (px)", "plain 95 % interval"]
    return Chart(name, title, label, spec, sheet(title, heads, body))


def by_rate(sources: Sources) -> Charts:
    """This study's and, where there is ground truth, the published ones beside them."""
    offline = of_setting(sources.cells, "offline")
    made = [_rate_chart("by-rate", sources.captions.heading, offline, sources.truth)]
    if sources.truth:
        title = f"Published: {published.DATA}, Table 1"
        made.append(_rate_chart("by-rate-published", title, published_errors(), True))
    methods = strategies(offline, beside_paper=sources.truth)
    keys = [
        Key(method_name(m), ink(method_style(m, *methods)), (), method_style(m, *methods).marker)
        for m in methods
    ]
    at = rate_ends(offline, sources.truth)
    if "none" in at:
        keys.append(Key(method_name("none"), ink(method_style("none")), (1, 1.5)))
    if "all" in at:
        keys.append(Key(method_name("all"), ink(method_style("all")), (), "*", line=False))
    frames = sources.frame_sizes("offline")
    caption = sources.captions.by_rate(offline, frames, sources.truth, page=True)
    return Charts("Error by rate", caption, made, keys, beside=sources.truth)
