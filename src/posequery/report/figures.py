"""The paper's Figures 2(a) and 2(b), and Table 1 as a figure, from a study's cells and records."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from posequery.clips import Stream
from posequery.evaluation.cells import CellRow, read_cells
from posequery.report.by_rate import MOST, draw_by_rate
from posequery.report.captions import NONE, Captions, method_name, percent
from posequery.report.curves import Curve, method_curve, teacher_curve
from posequery.report.over_time import Panel, Timeline, draw_over_time
from posequery.report.plotting import render, write_all
from posequery.report.rows import (
    ANY_RATE,
    other_teacher,
    pick,
    rates,
    seeds_sentence,
    span,
    strategies,
)
from posequery.report.typeset import escape_markdown

ROLLING = 5.0
"""Seconds that the rolling mean of a curve reaches over, in a stream long enough."""
SMOOTHED = 20
"""At the least as many times as long is the stream."""
_SIGNS = "Grey line: a sequence begins. Dot: new weights go live."


def _panels(
    cells: Sequence[CellRow],
    methods: Sequence[str],
    folder: Path,
    captions: Captions,
    reference: Sequence[Curve],
    stretch: tuple[np.ndarray, int],
) -> list[Panel]:
    """A panel for each teacher with cells, for ground truth in any case."""
    lowest = _lowest(cells)
    panels: list[Panel] = []
    for teacher in ("ground_truth", other_teacher(cells)):
        curves = []
        for method in methods:
            rate = None if method in (*ANY_RATE, "once") or not lowest else lowest[0]
            seeds = pick(cells, "online", method, teacher, rate)
            if seeds:
                curves.append(method_curve(folder, seeds, *stretch))
        if curves or not panels:
            title = f"Trained on: {captions.teacher_name(teacher)}"
            panels.append(Panel(title, (*reference, *curves)))
    return panels


def _lowest(cells: Sequence[CellRow]) -> list[Fraction]:
    """The lowest rate of a strategy; `once` may have one of its own, below."""
    return rates([cell for cell in cells if cell.method != "once"], "online")[:1]


def _ahead(cells: Sequence[CellRow]) -> str:
    """How far each looks ahead, which is what sets continual apart."""
    every = span(cell.n for cell in cells if cell.method == "continual")
    others = span(cell.n for cell in cells if cell.method not in ANY_RATE)
    if NONE in (every, others):
        return ""
    return f" (it looks {every} frames ahead, the others {others})"


def _figures_2(
    cells: Sequence[CellRow],
    folder: Path,
    stream: Stream,
    labels: Path | None,
    captions: Captions,
    window: int,
) -> dict[str, bytes]:
    stretch = (stream.joints(np.arange(len(stream))), window)
    reference = [] if labels is None else [teacher_curve(labels, stream, window)]
    if untrained := pick(cells, "online", "baseline"):
        reference.append(method_curve(folder, untrained, *stretch))
    names = tuple(f"{clip.action} {clip.subaction}" for clip in stream.clips)
    timeline = Timeline(names, stream.starts, len(stream), stream.fps)
    printed = {"teacher": f"{captions.teacher} itself", "baseline": "unadapted student"}

    low = _lowest(cells)
    k = span(cell.k for cell in cells if cell.method not in ANY_RATE and cell.rate in low)
    at = f" at {percent(low[0])} (k={k})" if low else ""
    seeds = len({cell.seed for cell in cells})
    said = seeds_sentence(cells) if seeds < 2 else f"Mean of {seeds} seeds."
    way = f"olling mean over {window} frames ({window / stream.fps:g} s), centred."
    short = f"{captions.heading}: r{way} {_SIGNS} {said} {captions.reading('online')}".strip()
    green = "" if labels is None else f"Green: the {captions.teacher}'s own error. "
    rest = (
        f"R{way} Errors are of the source frames' pixels, always against ground truth; each panel "
        f"names the labels trained on. {green}Dotted black: the unadapted student. {_SIGNS} {said} "
        f"{captions.reading('online')}"
    )
    strategic = strategies(cells, "online")[:MOST]
    files: dict[str, bytes] = {}
    for part, methods, what in (
        ("a", strategic, "the query strategies"),
        ("b", ["continual", "once", "uniform"], f"continual{_ahead(cells)}, once and uniform"),
    ):
        panels = _panels(cells, methods, folder, captions, reference, stretch)
        drawn = {curve.method for panel in panels for curve in panel.curves}
        words = {method: printed.get(method, method_name(method)) for method in drawn}
        figure = draw_over_time(panels, timeline, words, short)
        caption = f"{captions.heading}. Error over stream time, {what}{at}. {rest}".strip()
        text = f"**Figure 2({part}).** {escape_markdown(caption)}"
        files |= render(figure, f"figure2{part}", text)
    return files


def _figure_rates(cells: Sequence[CellRow], captions: Captions) -> dict[str, bytes]:
    base = f"{seeds_sentence(cells)} {captions.beside} {captions.reading('offline')}".strip()
    figure = draw_by_rate(cells, captions, f"{captions.heading}. {base}")
    caption = (
        f"{captions.heading}. Table 1 as lines: MPJPE in pixels of the source frames by sampling "
        "rate (log), the published numbers on their own axes. Dotted: the unadapted student; "
        f"star: all of the pool; bars: sample standard deviation over seeds. {base}"
    )
    return render(figure, "error_by_rate", f"**Error by rate.** {escape_markdown(caption)}")


def write_figures(
    cells_csv: Path,
    stream_index: Path,
    labels: Path | None,
    captions: Captions,
    folder: Path,
) -> list[Path]:
    """Draw figure2a, figure2b and error_by_rate into `folder`, each as PNG, PDF, SVG and caption.

    The records lie where `cells.csv` says. labels: the teacher's, of the whole stream; None where
    the study has no teacher but ground truth.
    Nothing is written before all is drawn. Returns the files. Raises BadInput.
    """
    cells = read_cells(cells_csv)
    online = [cell for cell in cells if cell.setting == "online"]
    offline = [cell for cell in cells if cell.setting == "offline"]
    stream = Stream(stream_index)
    window = max(1, min(round(ROLLING * stream.fps), len(stream) // SMOOTHED))
    files = _figures_2(online, cells_csv.parent, stream, labels, captions, window)
    files |= _figure_rates(offline, captions)
    return write_all(files, folder)
