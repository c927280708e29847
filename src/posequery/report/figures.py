"""The paper's Figures 2(a) and 2(b), and Table 1 as a figure, from a study's cells and records."""

from pathlib import Path

import numpy as np
import pandas as pd

from posequery.clips import Stream
from posequery.report.by_rate import draw_by_rate
from posequery.report.captions import Captions, first_of, method_name
from posequery.report.cells import (
    ANY_RATE,
    drawn,
    lowest_rate,
    of_setting,
    on_stream,
    read_cells,
    teachers,
)
from posequery.report.curves import Around, Curve, method_curve, teacher_curve
from posequery.report.formats import escape_markdown
from posequery.report.frame_sizes import ONE_SIZE, FrameSizes
from posequery.report.over_time import OverTime, Panel, Timeline, draw_over_time
from posequery.report.page import render, write_all

ROLLING = 5.0
"""Seconds that the rolling mean of a curve reaches over, in a stream long enough."""
SMOOTHED = 20
"""The stream is at least this many times as long as the rolling mean reaches."""


def _curves(
    cells: pd.DataFrame, folder: Path, truth: np.ndarray, around: Around
) -> dict[tuple[str, str], Curve]:
    """Of each teacher and method, a strategy's at the lowest rate; `once` may have its own."""
    wanted = [*ANY_RATE, "once", *drawn(cells)]
    lowest = (cells["rate"] == lowest_rate(cells)) | cells["method"].isin((*ANY_RATE, "once"))
    names = {method: method_name(method) for method in wanted} | {"baseline": "unadapted student"}
    shown = cells[lowest & cells["method"].isin(wanted)]
    return {
        (teacher, method): method_curve(names[method], folder, seeds, truth, around)
        for (teacher, method), seeds in shown.groupby(["teacher", "method"])
    }


def figures_2(
    cells: pd.DataFrame, folder: Path, stream: Stream, labels: Path | None, captions: Captions
) -> list[OverTime]:
    """Figures 2(a) and 2(b) of one stream. cells: the online ones. folder: the one that `cells.csv`
    lies in.

    labels: the teacher's, of the whole stream; None without one. Raises BadInput.
    """
    timing = stream.timing
    window = max(1, min(timing.frames_in(f"{ROLLING} s"), len(stream) // SMOOTHED))
    around = timing.around(window)
    truth = stream.joints(np.arange(len(stream)))
    shown = on_stream(cells, stream.path)
    curves = _curves(shown, folder, truth, around)
    reference = [curves[at] for at in curves if at[1] == "baseline"]
    if labels is not None:
        itself = f"{captions.teacher} itself"
        reference.insert(0, teacher_curve(itself, labels, stream, truth, around))
    names = tuple(f"{clip.action} {clip.subaction}" for clip in stream.clips)
    timeline = Timeline(names, stream.starts, timing)
    found = []
    for part, methods in (
        ("a", drawn(cells)),
        ("b", ["continual", "once", "uniform"]),
    ):
        panels: list[Panel] = []
        for teacher in teachers(cells):
            own = [curves[teacher, method] for method in methods if (teacher, method) in curves]
            # Ground truth has a panel in any case.
            if own or not panels:
                title = f"Trained on: {captions.teacher_name(teacher)}"
                panels.append(Panel(title, (*reference, *own)))
        caption = captions.figure_2(
            shown, timing.lasting(window), part, labels is not None, FrameSizes.of(stream)
        )
        caption = f"{caption} {first_of(cells, stream.path.stem)}".rstrip()
        label = f"Figure 2({part})"
        found.append(OverTime(f"figure2{part}", label, caption, tuple(panels), timeline))
    return found


def write_figures(
    cells_csv: Path,
    stream_index: Path,
    labels: Path | None,
    captions: Captions,
    folder: Path,
    tests: FrameSizes = ONE_SIZE,
) -> list[Path]:
    """Draw figure2a, figure2b and error_by_rate into `folder`, each as PNG, PDF, SVG and caption.

    The records lie where `cells.csv` says. labels: the teacher's, of the whole stream; None where
    the study has no teacher but ground truth. tests: the frames that offline cells are measured on.
    Nothing is written before all is drawn. Returns the files. Raises BadInput.
    """
    cells = read_cells(cells_csv)
    online, offline = of_setting(cells, "online"), of_setting(cells, "offline")
    files: dict[str, bytes] = {}
    for shown in figures_2(online, cells_csv.parent, Stream(stream_index), labels, captions):
        figure = draw_over_time(shown.panels, shown.timeline, shown.caption)
        text = f"**{shown.label}.** {escape_markdown(shown.caption)}"
        files |= render(figure, shown.name, text)
    text = f"**Error by rate.** {escape_markdown(captions.by_rate(offline, tests))}"
    files |= render(draw_by_rate(offline, captions, tests), "error_by_rate", text)
    return write_all(files, folder)
