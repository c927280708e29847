"""What the training cost: tables made from ``seconds.csv``, which differs from run to run."""

from collections.abc import Sequence
from fractions import Fraction

from posequery.evaluation.cells import CellRow, SecondsRow
from posequery.report import published
from posequery.report.captions import NONE, Captions, method_name
from posequery.report.rows import (
    ANY_RATE,
    Spread,
    other_teacher,
    printed,
    printed_rate,
    span,
    spread,
    strategies,
)
from posequery.report.typeset import Number, Table


def _clock(seconds: Sequence[SecondsRow], cells: Sequence[CellRow]) -> list[SecondsRow]:
    def key(row: CellRow | SecondsRow) -> tuple[object, ...]:
        return row.setting, row.teacher, row.method, row.rate, row.seed

    wanted = {key(cell) for cell in cells}
    return [row for row in seconds if key(row) in wanted]


def _published_seconds(setting: str, method: str | None, rate: Fraction | None) -> str:
    number = published.find("training_s", setting, method=method, rate=rate)
    return NONE if number is None else f"{number.value:.0f}"


def _share(shares: Sequence[float]) -> str:
    """'6.2 %', plain as a fraction."""
    found = spread(shares)
    if found is None:
        return NONE
    sd = None if found.sd is None else 100 * found.sd
    percents = Spread(100 * found.mean, sd, found.seeds).printed(1)
    return Number(f"{percents} %", found.printed().plain)


_CLOCK_CAPTION = (
    "Seconds are wall-clock, of the machine this study ran on, and differ from run to run; the "
    "published ones are of the paper's devices and data."
)


def efficiency(
    cells: Sequence[CellRow], seconds: Sequence[SecondsRow], captions: Captions
) -> Table:
    """Online, a row per method, labels and rate: what it trained and how long that took."""
    online = [cell for cell in cells if cell.setting == "online"]
    rows = []
    for name in ("baseline", "once", "continual", *strategies(online, "online")):
        for teacher in ("none", "ground_truth", other_teacher(online)):
            run = [cell for cell in online if (cell.method, cell.teacher) == (name, teacher)]
            for rate in sorted({cell.rate for cell in run}):
                here = [cell for cell in run if cell.rate == rate]
                clock = _clock(seconds, here)
                shares = [
                    row.training_s / row.stream_s
                    for row in clock
                    if row.training_s is not None and row.stream_s
                ]
                rows.append(
                    (
                        method_name(name),
                        NONE if teacher == "none" else captions.teacher_name(teacher),
                        NONE if name in ANY_RATE else printed_rate(rate),
                        span(cell.k for cell in here),
                        span(cell.trainings for cell in here),
                        span(cell.frames_trained for cell in here),
                        printed((row.training_s for row in clock), 2),
                        _share(shares),
                        _published_seconds("online", name, None if name in ANY_RATE else rate),
                    )
                )
    stream = printed((row.stream_s for row in _clock(seconds, online)[:1]), 0)
    paper = published.find("stream_s", "online", method=None)
    caption = (
        f"{captions.heading}. Online efficiency: the share of real time is training seconds over "
        f"the stream's {stream} s, above 100 % training cannot keep up (published: of about "
        f"{paper.value if paper else 0:.0f} s). {_CLOCK_CAPTION} {captions.reading('online')}"
    )
    heads = (
        "method",
        "labels",
        "rate",
        "k",
        "trainings",
        "frames trained on",
        "training s",
        "share of real time",
        "published training s",
    )
    return Table(
        "efficiency",
        "Efficiency, online",
        caption.strip(),
        tuple(("", head) for head in heads),
        tuple(rows),
        captions.heading,
    )


def efficiency_offline(
    cells: Sequence[CellRow], seconds: Sequence[SecondsRow], captions: Captions
) -> Table:
    """Offline, a row per rate, over all strategies: the paper's Section 4.4 counts by rate too."""
    trained = [cell for cell in cells if cell.setting == "offline" and cell.method != "none"]
    rows = []
    for rate in sorted({cell.rate for cell in trained}):
        here = [cell for cell in trained if cell.rate == rate]
        rows.append(
            (
                printed_rate(rate),
                span(cell.k for cell in here),
                span(cell.frames_trained for cell in here),
                str(len(here)),
                printed((row.training_s for row in _clock(seconds, here)), 2),
                _published_seconds("offline", None, rate),
            )
        )
    caption = (
        f"{captions.heading}. Offline efficiency: training seconds of one cell, mean ± sample "
        f"standard deviation over the cells of that rate. {_CLOCK_CAPTION} "
        f"{captions.reading('offline')}"
    )
    heads = ("rate", "k", "frames trained on", "cells", "training s", "published training s")
    return Table(
        "efficiency_offline",
        "Efficiency, offline",
        caption.strip(),
        tuple(("", head) for head in heads),
        tuple(rows),
        captions.heading,
    )
