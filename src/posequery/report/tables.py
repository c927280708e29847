"""The paper's Tables 1 and 2, made from a study's cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from posequery.clips import Stream, read_labels
from posequery.evaluation.cells import CellRow, read_cells, read_seconds
from posequery.jobs.files import write_text
from posequery.metrics import found_error
from posequery.report import published
from posequery.report.captions import NONE, Captions, method_name, percent
from posequery.report.comparison import comparison
from posequery.report.efficiency import efficiency, efficiency_offline
from posequery.report.rows import (
    ANY_RATE,
    other_teacher,
    pick,
    printed,
    published_error,
    rates,
    seeds_sentence,
    span,
    strategies,
)
from posequery.report.typeset import FORMATS, Columns, Row, Table

_UNTRAINED, _ALL = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Teacher:
    """A teacher's own error against ground truth: of the limb joints that it found, in source
    pixels, and the share that those are of the labelled ones. None where none is labelled."""

    mpjpe_px: float | None
    found_share: float | None


def teacher_itself(labels: Path, stream: Stream) -> Teacher:
    """Of the labels of a whole stream. Raises BadInput for labels of another."""
    joints, _ = read_labels(labels, stream.path)
    error, share = found_error(joints, stream.joints(np.arange(len(stream))))
    return Teacher(None if np.isnan(error) else error, None if np.isnan(share) else share)


def _head(rate: Fraction, k: str) -> str:
    return percent(rate) if k == NONE else f"{percent(rate)} (k={k})"


def _row_name(method: str, rows_of_paper: Sequence[str]) -> str:
    name = method_name(method)
    return name if method in rows_of_paper else f"{name} (added)"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def table_1(cells: Sequence[CellRow], captions: Captions) -> Table:
    """Offline: strategies by rate; the unadapted student and all of the pool in every row."""
    offline = [cell for cell in cells if cell.setting == "offline"]
    columns = [_UNTRAINED, *rates(offline, "offline"), _ALL]
    shared = {_UNTRAINED: "none", _ALL: "all"}

    def ours(strategy: str, rate: Fraction) -> str:
        here = pick(offline, "offline", shared.get(rate, strategy), rate=rate)
        return printed(cell.mpjpe_px for cell in here)

    def theirs(strategy: str, rate: Fraction) -> str:
        return _number(published_error("offline", "none", shared.get(rate, strategy), rate))

    def heads(of_paper: bool) -> Columns:
        here = [] if of_paper else offline
        k = {rate: span(cell.k for cell in here if cell.rate == rate) for rate in columns}
        return (("", "strategy"), *(("", _head(rate, k[rate])) for rate in columns))

    pool = span(cell.n for cell in offline)
    caption = (
        f"{captions.heading}. Offline: MPJPE in pixels of the source frames, by query strategy and "
        f"sampling rate; k is the number of frames picked from the pool's {pool}, 0 % the "
        f"unadapted student. {seeds_sentence(offline)} {captions.beside} "
        f"{captions.reading('offline')}"
    )
    return Table(
        name="table1",
        label="Table 1",
        caption=caption.strip(),
        title=captions.heading,
        columns=heads(of_paper=False),
        rows=tuple(
            (_row_name(name, published.STRATEGIES), *(ours(name, rate) for rate in columns))
            for name in strategies(offline, "offline")
        ),
        beside_title=f"Published: {published.DATA}, the paper's Table 1",
        beside_columns=heads(of_paper=True),
        beside=tuple(
            (method_name(name), *(theirs(name, rate) for rate in columns))
            for name in published.STRATEGIES
        ),
    )


def table_2(
    cells: Sequence[CellRow],
    captions: Captions,
    first_window: bool = True,
    teacher: Teacher | None = None,
) -> Table:
    """Online: methods by teacher and rate; `first_window` False leaves its frames out.

    With `teacher` its own error stands below, over the whole stream.
    """
    online = [cell for cell in cells if cell.setting == "online"]
    picked = [cell for cell in online if cell.method not in ANY_RATE]
    # A run of baseline or continual alone knows no rate, and its numbers need a column still.
    columns: list[Fraction | None] = [*rates(online, "online")] or [None]
    teachers = ("ground_truth", other_teacher(online))
    places = [(teacher, rate) for teacher in teachers for rate in columns]

    def ours(method: str, teacher: str, rate: Fraction | None) -> str:
        here = pick(online, "online", method, teacher, rate)
        if first_window:
            return printed(cell.mpjpe_px for cell in here)
        return printed(cell.mpjpe_px_without_first_window for cell in here)

    def our_row(method: str) -> Row:
        trainings = span(cell.trainings for cell in pick(online, "online", method))
        name = _row_name(method, published.ONLINE_METHODS)
        return (name, trainings, *(ours(method, *place) for place in places))

    def their_row(method: str) -> Row:
        trainings = published.find("trainings", "online", method=method)
        errors = (published_error("online", teacher, method, rate) for teacher, rate in places)
        count = NONE if trainings is None else f"{trainings.value:.0f}"
        return (method_name(method), count, *map(_number, errors))

    def our_head(rate: Fraction | None) -> str:
        k = span(cell.k for cell in picked if cell.rate == rate)
        return "any rate" if rate is None else _head(rate, k)

    def their_head(rate: Fraction | None) -> str:
        # The paper prints no k: this is its window and its floor(N p).
        return "any rate" if rate is None else _head(rate, str(int(published.WINDOW * rate)))

    def heads(names: Sequence[str], at: Sequence[str]) -> Columns:
        return (("", "method"), ("", "# train"), *((name, head) for name in names for head in at))

    def equal_lag(teacher: str) -> str:
        here = pick(online, "online", "continual", teacher)
        return printed(cell.mpjpe_px_equal_lag for cell in here)

    theirs = f"Published: {published.DATA}, the paper's Table 2, windows of {published.WINDOW}"
    every = span(cell.n for cell in online if cell.method == "continual")
    window = span(cell.n for cell in picked)
    counted = "mean over all frames" if first_window else "mean without the first window"
    rows = [our_row(method) for method in ("baseline", "continual", "once")]
    lag = ""
    if every != NONE:
        lag = f" Continual trains on all of every {every} frames, and so looks {every} ahead"
        lag += f" where the others look {window}" if window != NONE else ""
        lag += "; equal lag: its weights frozen at each window's start." if first_window else "."
    if every != NONE and first_window:
        again = (equal_lag(teacher) for teacher, _ in places)
        rows.insert(2, ("continual, equal lag (added)", rows[1][1], *again))
    beside = [*map(their_row, published.ONLINE_METHODS)]
    itself = ""
    more: list[Row] = []
    if teacher is not None:
        name = f"{captions.teacher} itself"
        wide, narrow = len(columns), (NONE,) * (len(columns) + 1)
        more = [(name, *narrow, *[printed([teacher.mpjpe_px])] * wide)]
        paper = published.find("mpjpe_px", "online", method="teacher", teacher=published.TEACHER)
        beside.append(
            ("OpenPose itself", *narrow, *[_number(paper.value if paper else None)] * wide)
        )
        share = "none" if teacher.found_share is None else f"{100 * teacher.found_share:.1f} %"
        itself = f" {name}: over the joints that it finds, {share} of the labelled ones."
    silent = "" if first_window else " The paper does not say whether it counts that window."
    caption = (
        f"{captions.heading}. Online: MPJPE in pixels of the source frames, {counted}, by method, "
        f"labels and sampling rate; k is the number of frames picked from each window's {window}, "
        f"# train the number of trainings.{lag}{itself}{silent} {seeds_sentence(online)} "
        f"{captions.beside} {captions.reading('online')}"
    )
    return Table(
        name="table2" if first_window else "table2_without_first_window",
        label="Table 2" if first_window else "Table 2 without the first window",
        caption=caption.strip(),
        title=captions.heading,
        columns=heads(
            [captions.teacher_name(name) for name in teachers], [*map(our_head, columns)]
        ),
        rows=(*rows, *map(our_row, strategies(online, "online")), *more),
        beside_title=theirs,
        beside_columns=heads(["ground truth", "OpenPose"], [*map(their_head, columns)]),
        beside=tuple(beside),
    )


def write_tables(
    cells_csv: Path,
    seconds_csv: Path,
    captions: Captions,
    folder: Path,
    teacher: Teacher | None = None,
) -> list[Path]:
    """Write every table into `folder` as CSV, Markdown and LaTeX, and ``compared.csv``.

    teacher: the one that is not ground truth, if the study has one.
    Only the efficiency tables read ``seconds.csv``: all other files agree from run to run.
    Nothing is written before every text is made. Returns the files. Raises BadInput.
    """
    cells, seconds = read_cells(cells_csv), read_seconds(seconds_csv)
    tables = [
        table_1(cells, captions),
        table_2(cells, captions, teacher=teacher),
        table_2(cells, captions, first_window=False),
        efficiency(cells, seconds, captions),
        efficiency_offline(cells, seconds, captions),
    ]
    texts = {
        folder / f"{table.name}.{ending}": make(table)
        for table in tables
        for ending, make in FORMATS.items()
    }
    texts[folder / "compared.csv"] = comparison(cells, captions)
    for path, text in texts.items():
        write_text(path, text)
    return list(texts)
