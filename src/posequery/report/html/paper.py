"""The sections of a study with ground truth: the paper's tables and figures."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from posequery.report.captions import first_of, method_name
from posequery.report.cells import ANY_RATE, of_setting, strategies, teachers
from posequery.report.curves import read_record
from posequery.report.figures import figures_2
from posequery.report.formats import percent
from posequery.report.html.evidence import any_sheet
from posequery.report.html.parts import (
    Charts,
    Part,
    Section,
    Words,
    sheets,
)
from posequery.report.html.rates import by_rate
from posequery.report.html.sources import Sources
from posequery.report.html.timeline import Picks, over_time, picked
from posequery.report.over_time import Timeline
from posequery.report.spread import mean
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
        over = f"over {count} seeds{said.given}"
        small = f" Below a mean: its plain 95 % interval {over}." if count else ""
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


def _picked(sources: Sources, timeline: Timeline, windows: np.ndarray) -> Charts | None:
    made = []
    for number, teacher in enumerate(teachers(sources.recorded), 1):
        title = f"Labels of {sources.captions.teacher_name(teacher)}"
        found = list(_picks(sources, teacher))
        made.append(picked(f"picked-{number}", title, found, timeline, windows))
    shown = [chart for chart in made if chart]
    caption = (
        "Each tick is a frame that was picked from its window and trained on, of the lowest seed; "
        "grey lines: a window begins. Hovering names the frame, and when the weights that it "
        "changed went live. A method that picks too many frames to tell apart is left out. "
        f"{first_of(of_setting(sources.rows, 'online'), sources.stream_index.stem)}"
    ).rstrip()
    if sources.settings.get("online.meanwhile") == "missed":
        caption += " Windows are the clock's: each student that misses frames begins its own later."
    return Charts("Frames picked", caption, shown) if shown else None


def figures(sources: Sources) -> Section:
    parts: list[Part] = []
    if len(of_setting(sources.cells, "offline")):
        parts.append(by_rate(sources))
    online = of_setting(sources.rows, "online")
    if len(online):
        windows = sources.stream.timing.starts(sources.settings["online.window"])
        shown = figures_2(online, sources.folder, sources.stream, sources.labels, sources.captions)
        parts += [over_time(figure, windows) for figure in shown]
        found = _picked(sources, shown[0].timeline, windows)
        parts += [found] if found else []
    return Section("figures", "Figures", parts)


def sections(sources: Sources) -> list[Section]:
    return [tables(sources), figures(sources)]
