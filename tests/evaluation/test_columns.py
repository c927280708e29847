"""Every measured column passes one suite; what the columns come to is in `test_measure.py`."""

import warnings
from dataclasses import fields

import numpy as np
import pytest

from posequery.cell import Outcome
from posequery.evaluation import columns as registry
from posequery.evaluation.columns import Column, Evaluation, columns
from posequery.evaluation.measure import COUNTED, TRAINED
from posequery.jobs import seeds
from posequery.record import Record

EVERY = columns()


def record(frames: int, missed: int = 0) -> Record:
    """Random poses, the first frames missed."""
    random = seeds.generator("record", frames)
    joints, parsed = random.uniform(0, 100, (2, frames, 18, 2)).astype(np.float32)
    peaks = random.uniform(0, 1, (frames, 18)).astype(np.float32)
    version = np.zeros(frames, np.int32)
    for values in (joints, parsed, peaks):
        values[:missed] = np.nan
    version[:missed] = -1
    return Record(joints, peaks, parsed, version, np.empty(0, np.int64), [])


def evaluation(
    frames: int = 12, *, setting: str = "online", missed: int = 0, labelled: bool = True, **more
) -> Evaluation:
    online = setting == "online"
    cell = Outcome(
        setting=setting,
        teacher="t",
        method="continual",
        rate="1",
        seed=0,
        k=4,
        n=4,
        trainings=2,
        frames_trained=8,
        epochs=2,
        record_sha256="a",
        window=5 if online else None,
    )
    reference = seeds.generator("reference").uniform(0, 100, (frames, 18, 2)).astype(np.float32)
    reference[(missed and slice(None, missed)) or slice(0)] = np.nan
    if not labelled:
        reference[:] = np.nan
    lagged = record(frames) if online else None
    return Evaluation(cell, record(frames, missed), lagged, reference)


CASES = {
    "labelled": evaluation(),
    "offline": evaluation(setting="offline"),
    "without a label": evaluation(labelled=False),
    "some missed": evaluation(missed=7),
    "all missed": evaluation(missed=12),
    "shorter than a window": evaluation(3),
    "empty": evaluation(0),
    "empty offline": evaluation(0, setting="offline"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_a_column_is_one_number_or_nan(column: Column, case: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as 'mean of empty slice'
        value = column.of(CASES[case])
    assert isinstance(value, int | float) and not np.isinf(value)


@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_a_column_says_the_same_twice_and_leaves_what_it_looked_at(column: Column) -> None:
    looked_at = evaluation(missed=2)
    for part in (looked_at.record, looked_at.lagged, looked_at):
        for field in fields(part):
            if isinstance(values := getattr(part, field.name), np.ndarray):
                values.flags.writeable = False
    looked_at.errors.flags.writeable = False
    first, second = column.of(looked_at), column.of(looked_at)
    assert first == second or (np.isnan(first) and np.isnan(second))


@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_missed_frames_count_nowhere(column: Column) -> None:
    """Whatever stands in the record where a frame was missed."""
    blank, strange = evaluation(missed=4), evaluation(missed=4)
    for part in (strange.record, strange.lagged):
        for values in (part.joints, part.peaks, part.parsed):
            values[:4] = 1e6
    one, other = column.of(blank), column.of(strange)
    assert one == other or (np.isnan(one) and np.isnan(other))


@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_a_column_says_what_it_is(column: Column) -> None:
    assert column.of.__doc__ and column.name.isidentifier()
    assert column.name not in (*COUNTED, *TRAINED, "frames", "folder")


def test_those_of_errors_come_first() -> None:
    assert [column.name for column in EVERY][:5] == [
        "mpjpe_px",
        "mpjpe_px_without_first_window",
        "mpjpe_px_equal_lag",
        "mpjpe_px_parsed",
        "found_share",
    ]


def test_a_name_that_is_there_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = (*registry.errors.COLUMNS, registry.errors.COLUMNS[0])
    monkeypatch.setattr(registry.errors, "COLUMNS", twice)
    with pytest.raises(ValueError, match="two columns are called 'mpjpe_px'"):
        columns()
