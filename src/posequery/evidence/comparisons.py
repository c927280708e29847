"""Strategies compared with each other: exploratory, with intervals and no verdict."""

from fractions import Fraction
from typing import Any

import pandas as pd

from posequery.evidence.claims import ALL, TRUTH, Point
from posequery.evidence.samples import (
    UNTRAINED,
    Cells,
    of_other_subjects,
    of_these_streams,
    subjects_in,
)
from posequery.evidence.statistics import detectable, interval
from posequery.strategies import METHODS

REFERENCES = ("uniform", "random")
COLUMNS = (
    "setting teacher rate strategy against seeds subjects difference_px low_px high_px "
    "low_px_other_subjects high_px_other_subjects detectable_px given"
).split()


def comparisons(rows: pd.DataFrame, per_seed: bool) -> pd.DataFrame:
    """Each strategy against uniform, random, the unadapted student and, offline, all of the data.

    rows: of ``cells.csv``. Differences in pixels, negative where the strategy is better, with
    plain 95 % intervals that are not widened for their number; NaN of one seed. detectable_px: by
    a plain two-sided test at 5 % with a chance of 80 %. given: 'one student', or 'a student per
    seed'. Sorted as cells are.
    """
    known = Cells(rows, per_seed)
    picked = rows[~rows["method"].isin(METHODS)]
    keys = picked[["setting", "teacher", "rate", "method"]].drop_duplicates()
    found = []
    for setting, teacher, rate, method in keys.sort_values([*keys.columns]).itertuples(index=False):
        point = Point(setting, teacher, method, rate)
        for name, other in _others(point).items():
            if numbers := _compared(point, other, known):
                where = (setting, teacher, rate, method, name)
                found.append(dict(zip(COLUMNS, where, strict=False)) | numbers)
    return pd.DataFrame(found, columns=COLUMNS).astype({"subjects": "Int64"})


def _others(point: Point) -> dict[str, Point]:
    untrained = UNTRAINED[point.setting]
    found = {
        name: Point(point.setting, point.teacher, name, point.rate)
        for name in REFERENCES
        # Between the two references one comparison is enough.
        if name != point.method and (point.method, name) != REFERENCES
    }
    found[untrained.method] = untrained
    if point.setting == "offline":
        found[ALL.method] = ALL
        control = Point("offline", TRUTH, "all_equal_steps", Fraction(1))
        found[control.method] = control
    return found


def _compared(point: Point, other: Point, known: Cells) -> dict[str, Any] | None:
    """The numbers of a row; None where one of the two was not run."""
    weights = {point: 1.0, other: -1.0}
    samples = known.samples(weights)
    if samples is None:
        return None
    found = of_these_streams(weights, samples, known.per_seed)
    low, high = interval(found)
    others_low, others_high = interval(of_other_subjects(weights, samples))
    return {
        "seeds": min(len(one) for at, one in samples.items() if not known.fixed(at)),
        "subjects": subjects_in(samples),
        "difference_px": round(float(found.value), 4),
        "low_px": round(float(low), 4),
        "high_px": round(float(high), 4),
        "low_px_other_subjects": round(float(others_low), 4),
        "high_px_other_subjects": round(float(others_high), 4),
        "detectable_px": round(detectable(found), 4),
        "given": "a student per seed" if known.per_seed else "one student",
    }
