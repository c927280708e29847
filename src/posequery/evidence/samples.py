"""A study's errors as arrays of seeds by subjects."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from posequery.cell import stream_subject
from posequery.evidence.claims import BASELINE, NONE, TRUTH, Point, Weights
from posequery.evidence.published import TEACHER
from posequery.evidence.statistics import Estimate, Term, contrast

Samples = Mapping[Point, np.ndarray]
"""Errors in pixels by point, each (..., seeds, subjects): of the streams of one subject, which film
the same motion, the mean. Offline there is one column, which is of no subject."""
UNTRAINED = {"offline": NONE, "online": BASELINE}
"""What no draw enters: one number per student and stream."""


class Cells:
    """The rows of ``cells.csv``, to be asked for the errors of points.

    per_seed: each seed has a student of its own, so that methods are paired by seed. Otherwise
    one student is given, draws are independent across methods, and the unadapted student's error
    is fixed.
    """

    def __init__(self, cells: pd.DataFrame, per_seed: bool) -> None:
        self.per_seed = per_seed
        self.rows = cells.assign(subject=cells["stream"].map(stream_subject))
        keys = ["setting", "teacher", "method", "rate"]
        self._groups = dict(list(self.rows.groupby(keys, sort=False)))
        others = sorted({*self.rows["teacher"]} - {"none", TRUTH})
        if len(others) > 1:
            raise ValueError(f"a study has one teacher beside ground truth, not {others}")
        self.teacher = others[0] if others else TEACHER

    def of(self, point: Point) -> pd.DataFrame | None:
        """The rows of a point; None where it was not run."""
        teacher = self.teacher if point.teacher == TEACHER else point.teacher
        return self._groups.get((point.setting, teacher, point.method, point.rate))

    def samples(self, points: Iterable[Point]) -> Samples | None:
        """The errors of points of the subjects, and paired in the seeds, that all of them have.

        None where one was not run, or there is no such subject or seed.
        """
        tables = {}
        for point in points:
            rows = self.of(point)
            if rows is None:
                return None
            table = rows.pivot_table(point.measure, "seed", "subject", "mean")
            tables[point] = table.mean().to_frame().T if self.fixed(point) else table
        subjects = set.intersection(*(set(table.columns) for table in tables.values()))
        tables = {point: table[sorted(subjects)].dropna() for point, table in tables.items()}
        if self.per_seed:
            seeds = set.intersection(*(set(table.index) for table in tables.values()))
            tables = {point: table.loc[sorted(seeds)] for point, table in tables.items()}
        if not all(table.size for table in tables.values()):
            return None
        return {point: table.to_numpy(float) for point, table in tables.items()}

    def fixed(self, point: Point) -> bool:
        return is_fixed(point, self.per_seed)

    def margin(self, setting: str, share: float) -> float:
        """In pixels: a share of the unadapted student's error; NaN where that was not run."""
        if not share > 0:
            raise ValueError("a margin must be above 0: nothing is alike within no margin")
        found = self.samples([UNTRAINED[setting]])
        return float("nan") if found is None else share * float(found[UNTRAINED[setting]].mean())


def is_fixed(point: Point, per_seed: bool) -> bool:
    return not per_seed and replace(point, measure="mpjpe_px") in UNTRAINED.values()


def subjects_in(samples: Samples) -> int | None:
    """Whose streams the samples are of, counted; None offline, where there is no stream."""
    online = any(point.setting == "online" for point in samples)
    return next(iter(samples.values())).shape[-1] if online else None


def of_these_streams(weights: Weights, samples: Samples, per_seed: bool) -> Estimate:
    """What is known of these streams: they are averaged within each seed, a seed a replicate.

    Seeds and streams are crossed, so that a seed's streams are no replicates of each other.
    """
    terms = [
        Term(weight, samples[point].mean(-1), is_fixed(point, per_seed))
        for point, weight in weights.items()
    ]
    return contrast(terms, paired=per_seed)


def of_other_subjects(weights: Weights, samples: Samples) -> Estimate:
    """What is known of other subjects: seeds averaged within each subject, a subject a replicate;
    nothing from one subject, and nothing offline."""
    terms = [Term(weight, samples[point].mean(-2)) for point, weight in weights.items()]
    return contrast(terms, paired=True)
