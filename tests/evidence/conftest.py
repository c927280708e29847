"""Fabricated cells of the paper's whole grid: round numbers that no study gave."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from posequery.evidence.claims import CLAIMS, Point, cells, online
from posequery.evidence.samples import is_fixed

ONCE = online("once", Fraction(1, 100))
KEYS = ["setting", "teacher", "method", "rate", "seed", "stream"]


def _points() -> list[Point]:
    found = [*cells(), ONCE]
    found += [point for claim in CLAIMS for part in claim.parts for point in part.weights]
    return list(dict.fromkeys(found))


def _table(
    errors: Mapping[Point, float],
    seeds: Sequence[int] = range(5),
    streams: Sequence[str] = ("S1",),
    spread: float = 0.1,
    per_seed: bool = False,
    teacher: str = "network",
) -> pd.DataFrame:
    """Rows of ``cells.csv``: errors of points, else 20 px, ± spread over seeds.

    streams: each is a pixel harder than the one before.
    """
    rng = np.random.default_rng(5)
    rows = []
    for point in _points():
        if point.measure != "mpjpe_px":
            continue
        lag = [p for p in errors if p.method == point.method == "continual"]
        lag = [p for p in lag if p.teacher == point.teacher and p.measure != "mpjpe_px"]
        for seed in seeds:
            for place, stream in enumerate(streams):
                offline = point.setting == "offline"
                if offline and place:
                    continue
                fixed = is_fixed(point, per_seed)
                if fixed and seed != min(seeds):
                    continue
                off = (0 if fixed else rng.normal(0, spread)) + (0 if offline else place)
                own = teacher if point.teacher == "openpose" else point.teacher
                trainings = {"continual": 485, "baseline": 0, "none": 0}.get(point.method, 41)
                row = {
                    "setting": point.setting,
                    "teacher": own,
                    "method": point.method,
                    "rate": point.rate,
                    "seed": seed,
                    "stream": "none" if offline else stream,
                    "mpjpe_px": errors.get(point, 20.0) + off,
                    "mpjpe_px_equal_lag": (errors[lag[0]] if lag else 20.0) + off
                    if point.method == "continual"
                    else np.nan,
                    "trainings": trainings,
                    "passes": trainings * 10 * (128 if point.method == "continual" else 15),
                }
                rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture
def table() -> Callable[..., pd.DataFrame]:
    return _table


@pytest.fixture
def seconds() -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The rows of ``seconds.csv`` beside those of ``cells.csv``: a stream of 1,242 s."""

    def make(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[KEYS].assign(stream_s=np.where(rows["setting"] == "online", 1242.0, np.nan))

    return make
