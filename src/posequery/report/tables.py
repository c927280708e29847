"""The paper's Tables 1 and 2, made from a study's cells, and all tables written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from posequery.evidence import published
from posequery.jobs.files import write_text
from posequery.report.captions import Captions, method_name
from posequery.report.cells import (
    ANY_RATE,
    of_setting,
    picked_at,
    rate_ends,
    rates,
    read_cells,
    read_seconds,
    repeated,
    strategies,
    teachers,
)
from posequery.report.comparison import comparison
from posequery.report.efficiency import Devices, efficiency, efficiency_offline, real_time
from posequery.report.formats import (
    COUNT,
    FORMATS,
    PIXELS,
    SIZE,
    SIZES,
    Block,
    Format,
    Table,
    percent,
    span,
)
from posequery.report.frame_sizes import ONE_SIZE, FrameSizes
from posequery.report.spread import counts, pivot
from posequery.report.teacher import TeacherError
from posequery.timing import Timing

Heads = Mapping[Fraction, str]
"""What stands above the errors of each rate."""


def _head(rate: Fraction, k: Collection[int]) -> str:
    """'20 % (k=300)'; without k where none is known."""
    return f"{percent(rate)} (k={span(k)})" if len(k) else percent(rate)


def _heads(k: Mapping[Fraction, Collection[int]]) -> Heads:
    """A run of baseline or continual alone has no rate, and its numbers need a column still."""
    return {rate: _head(rate, k[rate]) for rate in k} or {Fraction(1): "any rate"}


def _names(methods: Sequence[str], of_paper: Sequence[str], teacher: str = "") -> list[str]:
    """Printed names of a table's rows; 'teacher' is the teacher itself."""
    names = {method: method_name(method) for method in methods} | {"teacher": f"{teacher} itself"}
    known = (*of_paper, "teacher")
    return [names[m] if m in known else f"{names[m]} (added)" for m in methods]


def _block(
    title: str,
    first: Mapping[tuple[str, str], Any],
    errors: pd.DataFrame,
    groups: Mapping[str, str],
    heads: Heads,
    number: Format = PIXELS,
) -> Block:
    """`errors` (teacher, rate, part) under their heads, after the columns `first` (head, part)."""
    errors.columns = [(groups[teacher], heads[rate], part) for teacher, rate, part in errors]
    left = {("", *column): values for column, values in first.items()}
    return Block(title, pd.concat([pd.DataFrame(left, index=errors.index), errors], axis=1), number)


def _published(
    setting: str, methods: Sequence[str], groups: Mapping[str, str], heads: Heads
) -> pd.DataFrame:
    """The paper's numbers, as `pivot` gives this study's."""
    errors = {
        (teacher, rate, "value"): [published.mpjpe(setting, teacher, m, rate) for m in methods]
        for teacher in groups
        for rate in heads
    }
    return pd.DataFrame(errors, index=list(methods))


def table_1(
    cells: pd.DataFrame,
    captions: Captions,
    frames: FrameSizes = ONE_SIZE,
    beside_paper: bool = True,
) -> Table:
    """Offline: strategies by rate; the unadapted student and all of the pool in every row.

    frames: of the test. beside_paper: strategies that were not run have a row as well.
    """
    offline = of_setting(cells, "offline").assign(teacher="")
    own, at = strategies(offline, beside_paper), rate_ends(offline, beside_paper)
    columns = [Fraction(0)] * ("none" in at) + rates(offline) + [Fraction(1)] * ("all" in at)
    control = [name for name in ("all_equal_steps",) if name in set(offline["method"])]
    methods = [*own, *control]
    group = {"": ""}
    ours = _heads({rate: picked_at(offline, rate) for rate in columns})
    theirs = _heads(dict.fromkeys(columns, ()))
    everywhere = repeated(offline, ["none", "all"], "method", own)
    first = {("strategy", "value"): _names(methods, published.STRATEGIES)}

    def measured(title: str, column: str, number: Format = PIXELS) -> Block:
        errors = pivot(everywhere, column, methods, group, ours)
        return _block(title, first, errors, group, ours, number)

    return Table(
        name="table1",
        label="Table 1",
        caption=captions.table_1(offline, frames),
        ours=measured(captions.heading, "mpjpe_px"),
        beside=measured(_in_sizes(captions), "mpjpe_share", SIZES) if frames.differ else None,
        published=_block(
            f"Published: {published.DATA}, the paper's Table 1",
            {("strategy", "value"): _names(published.STRATEGIES, published.STRATEGIES)},
            _published("offline", published.STRATEGIES, group, theirs),
            group,
            theirs,
        ),
    )


def labels_needed(cells: pd.DataFrame, captions: Captions, frames: FrameSizes = ONE_SIZE) -> Table:
    """Table 1 of videos whose labels are a teacher's, with nothing published beside it."""
    return replace(
        table_1(cells, captions, frames, beside_paper=False),
        name="labels_needed",
        label="How many frames to label",
        caption=captions.table_1(of_setting(cells, "offline"), frames, truth=False),
        published=None,
    )


def _in_sizes(captions: Captions) -> str:
    return f"{captions.heading}: errors as shares {SIZE}"


def _with_added(
    online: pd.DataFrame, first_window: bool, teacher: TeacherError | None
) -> pd.DataFrame:
    """The online cells and, as methods of their own, 'equal_lag' and 'teacher'."""
    rows = [online]
    if first_window:
        continual = online[online["method"] == "continual"]
        lag = {name: continual[f"{name}_equal_lag"] for name in ("mpjpe_px", "mpjpe_share")}
        rows.append(continual.assign(method="equal_lag", **lag))
    if teacher is not None:
        itself = {"method": "teacher", "teacher": teachers(online)[1]}
        rows.append(pd.DataFrame([itself | {"mpjpe_px": teacher.mpjpe_px}], dtype=object))
    return pd.concat(rows)


def _table_2_ours(
    online: pd.DataFrame,
    captions: Captions,
    first_window: bool,
    teacher: TeacherError | None,
    sizes: bool = False,
) -> Block:
    """sizes: errors are shares of the person's size, not pixels."""
    groups = {name: captions.teacher_name(name) for name in teachers(online)}
    heads = _heads({rate: picked_at(online, rate) for rate in rates(online)})
    cells = _with_added(online, first_window, teacher)
    order = ["baseline", "continual", "equal_lag", "all", "once", *strategies(online), "teacher"]
    missing = {"equal_lag", "all", "teacher"} - set(cells["method"])
    methods = [method for method in order if method not in missing]
    everywhere = repeated(cells, ["baseline"], "teacher", [*groups])
    everywhere = repeated(everywhere, [*ANY_RATE, "equal_lag", "teacher"], "rate", [*heads])
    column = "mpjpe_share" if sizes else "mpjpe_px"
    column += "" if first_window else "_without_first_window"
    trainings = counts(cells.groupby("method")["trainings"]).reindex(methods)
    first = {
        ("method", "value"): _names(methods, published.ONLINE_METHODS, captions.teacher),
        ("# train", "value"): trainings["value"],
        ("# train", "to"): trainings["to"],
    }
    errors = pivot(everywhere, column, methods, groups, heads)
    title, number = (_in_sizes(captions), SIZES) if sizes else (captions.heading, PIXELS)
    return _block(title, first, errors, groups, heads, number)


def _table_2_published(online: pd.DataFrame, teacher: bool) -> Block:
    """teacher: OpenPose's own error stands below."""
    groups = dict(zip(teachers(online), ("ground truth", "OpenPose"), strict=True))
    heads = _heads({rate: [int(published.WINDOW * rate)] for rate in rates(online)})
    methods = [*published.ONLINE_METHODS, *(["teacher"] if teacher else [])]
    trainings = [published.value("trainings", "online", method=method) for method in methods]
    first = {
        ("method", "value"): _names(methods, methods, "OpenPose"),
        ("# train", "value"): trainings,
    }
    title = f"Published: {published.DATA}, the paper's Table 2, windows of {published.WINDOW}"
    return _block(title, first, _published("online", methods, groups, heads), groups, heads)


def table_2(
    cells: pd.DataFrame,
    captions: Captions,
    first_window: bool = True,
    teacher: TeacherError | None = None,
    frames: FrameSizes = ONE_SIZE,
) -> Table:
    """Online: methods by teacher and rate; `first_window` False leaves its frames out.

    With `teacher` its own error stands below, over the whole stream. frames: of the stream.
    """
    online = of_setting(cells, "online")
    shown = online, captions, first_window, teacher
    return Table(
        name="table2" if first_window else "table2_without_first_window",
        label="Table 2" if first_window else "Table 2 without the first window",
        caption=captions.table_2(online, first_window, teacher, frames),
        ours=_table_2_ours(*shown),
        beside=_table_2_ours(*shown, sizes=True) if frames.differ else None,
        published=_table_2_published(online, teacher is not None),
        formats={"# train": COUNT},
    )


def write_tables(
    cells_csv: Path,
    seconds_csv: Path,
    captions: Captions,
    folder: Path,
    teacher: TeacherError | None = None,
    tests: FrameSizes = ONE_SIZE,
    stream: FrameSizes = ONE_SIZE,
    devices: tuple[Devices, Timing, str] | None = None,
) -> list[Path]:
    """Write every table into `folder` as CSV, Markdown and LaTeX, and ``compared.csv``.

    teacher: the one that is not ground truth, if the study has one. tests, stream: the frames that
    the offline cells, and the online ones, are measured on. devices: what is asked of declared
    ones, and the timing and the name of the first stream.
    Only the efficiency tables read ``seconds.csv``: all other files agree from run to run.
    Nothing is written before every text is made. Returns the files. Raises BadInput.
    """
    cells, seconds = read_cells(cells_csv), read_seconds(seconds_csv, cells_csv)
    several = of_setting(cells, "online")["stream"].nunique() > 1
    shown = devices[2] if devices and several else ""
    tables = [
        table_1(cells, captions, tests),
        table_2(cells, captions, teacher=teacher, frames=stream),
        table_2(cells, captions, first_window=False, frames=stream),
        efficiency(cells, seconds, captions),
        efficiency_offline(cells, seconds, captions),
        *([real_time(devices[0], devices[1], captions, shown)] if devices else []),
    ]
    texts = {
        folder / f"{table.name}.{ending}": make(table)
        for table in tables
        for ending, make in FORMATS.items()
    }
    compared = comparison(cells)
    texts[folder / "compared.csv"] = compared.to_csv(index=False, lineterminator="\n")
    for path, text in texts.items():
        write_text(path, text)
    return list(texts)
