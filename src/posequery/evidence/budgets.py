"""The paper's claims of cost: arithmetic with counts, the stream's length and its board's speed."""

import math
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from posequery.evidence import published
from posequery.evidence.claims import (
    BUDGETS,
    FITS,
    LOW,
    TOO_SLOW,
    TRAININGS,
    TRUTH,
    Budget,
    Point,
    continual,
    online,
)
from posequery.evidence.samples import Cells

UNIFORM, CONTINUAL = online("uniform", LOW), continual(TRUTH)


class Reckoned(NamedTuple):
    """right: None where it was not run, for a reason that `sentence` states."""

    right: bool | None
    sentence: str


def board_speeds() -> tuple[float, float]:
    """Training samples a second of the paper's board: of continual distillation, and of uniform.

    Both are from its printed counts and times, which it rounds.
    """

    def speed(method: str, frames: float, **marks: object) -> float:
        trainings = published.value("trainings", "online", method=method)
        seconds = published.value("training_s", "online", method=method, **marks)
        return trainings * frames * published.EPOCHS / seconds

    few = float(published.WINDOW * LOW)
    return speed("continual", published.BATCH), speed("uniform", few, rate=LOW)


def budgets(cells: Cells, seconds: pd.DataFrame, stand_in: bool) -> list[tuple[Budget, Reckoned]]:
    """seconds: the rows of ``seconds.csv``, for the stream's length alone."""
    online_rows = seconds[seconds["setting"] == "online"]
    stream_s = float(online_rows["stream_s"].mean())

    def fits(point: Point, claimed: bool) -> Callable[[], Reckoned]:
        return lambda: _on_the_board(cells, point, stream_s, claimed)

    found = {TRAININGS: lambda: _fewer(cells), FITS: fits(UNIFORM, True)}
    found[TOO_SLOW] = fits(CONTINUAL, False)
    if stand_in:
        away = Reckoned(None, "the paper's board trains another student than the stand-in's")
        found |= {FITS: lambda: away, TOO_SLOW: lambda: away}
    return [(budget, found[budget]()) for budget in BUDGETS]


def _fewer(cells: Cells) -> Reckoned:
    few, many = (cells.of(point) for point in (UNIFORM, CONTINUAL))
    if few is None or many is None:
        return Reckoned(None, "uniform at 1 % and continual distillation were not both run")
    ours = few["trainings"].mean(), many["trainings"].mean()
    return Reckoned(ours[0] < ours[1], f"{ours[0]:g} trainings against {ours[1]:g}")


def _on_the_board(cells: Cells, point: Point, stream_s: float, fits: bool) -> Reckoned:
    """fits: what is claimed. The board's slower speed is taken to fit, its faster one not to."""
    rows = cells.of(point)
    if rows is None:
        return Reckoned(None, f"{point.method} was not run with ground truth")
    if math.isnan(stream_s):
        return Reckoned(None, "the stream's length is not known")
    speed = (min if fits else max)(board_speeds())
    passes = rows["passes"].mean()
    taken = passes / speed
    right = (taken <= stream_s) if fits else (taken > stream_s)
    return Reckoned(
        bool(right),
        f"{passes:,.0f} training samples at {speed:.1f} a second take {taken:,.0f} s, and the "
        f"stream lasts {stream_s:,.0f} s",
    )
