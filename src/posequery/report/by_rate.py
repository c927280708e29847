"""Table 1 as lines: error by sampling rate, this study's beside the published."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import NullLocator

from posequery.evidence import published
from posequery.report.captions import Captions, method_name
from posequery.report.cells import drawn, picked_at, rate_ends, rates
from posequery.report.formats import percent, span
from posequery.report.frame_sizes import ONE_SIZE, FrameSizes
from posequery.report.page import finish, new_page, say_empty
from posequery.report.style import BLACK, LOOK, STYLES, WIDTH, method_style

_WIDTH, _HEIGHT = 2.9, 2.3
"""Inches of a panel."""
_LETTER = 0.065
"""Inches that a letter of a rate is wide, with some air."""
_STAR: Any = STYLES["all"].dots | {"linestyle": "", "markersize": 7}


def published_errors() -> pd.DataFrame:
    """The paper's Table 1, its columns those of cells."""
    numbers = pd.DataFrame(published.NUMBERS).rename(columns={"value": "mpjpe_px"})
    return numbers[(numbers["quantity"] == "mpjpe_px") & (numbers["setting"] == "offline")]


def _draw_lines(axes: Axes, lines: pd.DataFrame, methods: Sequence[str]) -> None:
    looks = {method: method_style(method, *methods) for method in methods}
    several = lines.duplicated(["method", "rate"]).any()
    # Methods are set a little apart, so that error bars can be read; without, they are not.
    apart = {m: 1 + 0.03 * several * (at - (len(methods) - 1) / 2) for at, m in enumerate(methods)}
    sns.lineplot(
        lines.assign(x=lines["rate"].astype(float) * lines["method"].map(apart)),
        x="x",
        y="mpjpe_px",
        hue="method",
        hue_order=methods,
        palette={method: look.color for method, look in looks.items()},
        style="method",
        style_order=methods,
        dashes=False,
        markers={method: look.marker for method, look in looks.items()},
        markersize=5,
        markeredgecolor=BLACK,
        markeredgewidth=0.4,
        linewidth=WIDTH,
        errorbar="sd",
        err_style="bars",
        err_kws={"elinewidth": 0.8},
        legend=False,
        ax=axes,
    )


def _draw(axes: Axes, cells: pd.DataFrame, methods: Sequence[str]) -> None:
    lines = cells[cells["method"].isin(methods)]
    if len(lines):
        _draw_lines(axes, lines, methods)
    means = cells.groupby("method")["mpjpe_px"].mean()
    if "none" in means:
        axes.axhline(means["none"], **STYLES["none"].line)
    if "all" in means:
        axes.plot([1], [means["all"]], **_STAR)


def _axes(axes: Axes, title: str, heads: Mapping[Fraction, str], more: str = "") -> Text:
    """Returns the title. Rates stand upright where they would meet, and are then as small as need
    be."""
    rates = np.array([float(rate) for rate in heads])
    left, right = rates.min() * 0.8, 1.3
    axes.set_xscale("log")
    axes.set(xlabel=f"sampling rate (log){more}", ylabel="MPJPE (px)", xlim=(left, right))
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    letters = max(len(line) for head in heads.values() for line in head.splitlines())
    apart = np.diff(np.log(rates)).min(initial=np.inf) / np.log(right / left) * _WIDTH
    if apart > _LETTER * letters:
        axes.set_xticks(rates, heads.values())
    else:
        names = [head.replace("\n", ", ") for head in heads.values()]
        axes.set_xticks(rates, names, rotation=90, fontsize=min(7, 0.8 * 72 * apart))
    axes.xaxis.set_minor_locator(NullLocator())
    return axes.set_title(title, loc="left", fontweight="bold", parse_math=False)


def draw_by_rate(
    cells: pd.DataFrame, captions: Captions, frames: FrameSizes = ONE_SIZE, truth: bool = True
) -> Figure:
    """MPJPE (source pixels) by rate; where it is of the truth, and not of a teacher's labels, the
    paper's on the right, with axes of its own.

    cells: the offline ones. frames: of the test.
    Dotted: the unadapted student (0 %). Star: all of the pool. Bars: sample standard deviation.
    """
    methods = drawn(cells, beside_paper=truth)
    with mpl.rc_context(LOOK):
        figure, panels = new_page(1, 1 + truth)
        ours = panels[0, 0]
        _draw(ours, cells, methods)
        at = rate_ends(cells, truth)
        whole = [Fraction(1)] * ("all" in at or not rates(cells))
        k = {rate: picked_at(cells, rate) for rate in [*rates(cells), *whole]}
        heads = {rate: percent(rate) + (f"\n{span(k[rate])}" if len(k[rate]) else "") for rate in k}
        more = ", and k frames below" if len(cells) else ""
        titles = [_axes(ours, captions.heading, heads, more)]
        if not len(cells):
            say_empty(ours)

        if truth:
            paper, theirs = published_errors(), panels[0, 1]
            _draw(theirs, paper, published.STRATEGIES)
            heads = {rate: percent(rate) for rate in [*rates(paper), Fraction(1)]}
            titles.append(_axes(theirs, f"Published: {published.DATA}, the paper's Table 1", heads))

        handles = {
            method_name(method): method_style(method, *methods).handle(True) for method in methods
        }
        if "none" in at:
            handles |= {"unadapted (0 %)": STYLES["none"].handle(False)}
        if "all" in at:
            handles |= {"all (100 %)": Line2D([], [], **_STAR)}
        note = captions.by_rate(cells, frames, truth)
        finish(figure, panels, titles, handles, note, _HEIGHT)
        return figure
