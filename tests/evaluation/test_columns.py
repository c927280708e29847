"""Every measured column passes one suite; what the columns come to is in `test_measure.py`."""

import warnings
from dataclasses import fields, replace

import numpy as np
import pytest

from posequery.cell import Outcome
from posequery.evaluation import columns as registry
from posequery.evaluation.columns import RESERVED, Column, Evaluation, Played, columns
from posequery.jobs import seeds
from posequery.jobs.files import BadInput
from posequery.record import Record
from posequery.timing import Timing

EVERY = columns()


def record(frames: int, missed: int = 0) -> Record:
    """Random poses, the first frames missed."""
    random = seeds.generator("record", frames)
    joints, parsed = random.uniform(0, 100, (2, frames, 18, 2)).astype(np.float32)
    peaks = random.uniform(0, 1, (frames, 18)).astype(np.float32)
    version = (np.arange(frames) // 5).astype(np.int32)
    for values in (joints, parsed, peaks):
        values[:missed] = np.nan
    version[:missed] = -1
    updates = np.arange(5, frames, 5)
    picked = [np.array([live - 4, live - 2]) for live in updates]
    return Record(joints, peaks, parsed, version, updates, picked)


def evaluation(
    frames: int = 72, *, setting: str = "online", missed: int = 0, labelled: bool = True
) -> Evaluation:
    """Of clips of 24 seconds and windows of 5, with all that a column may look at."""
    online = setting == "online"
    cell = Outcome(
        setting=setting,
        teacher="t",
        method="continual",
        rate="1",
        seed=0,
        stream="S1" if online else "none",
        k=4,
        n=4,
        trainings=2,
        frames_trained=8,
        epochs=2,
        record_sha256="a",
        weights_sha256="b",
        window=5 if online else None,
        refused=1 if online else None,
        unswapped=1 if online else None,
    )
    reference = seeds.generator("reference").uniform(0, 100, (frames, 18, 2)).astype(np.float32)
    reference[(missed and slice(None, missed)) or slice(0)] = np.nan
    if not labelled:
        reference[:] = np.nan
    lagged, baseline = (record(frames), record(frames)) if online else (None, None)
    clip = np.arange(frames) // 24
    played = Played.of(reference, clip, clip % 2, Timing.even(frames, 1.0))
    taught = reference + 1 if online else None
    own = record(frames, missed)
    if not online:
        return Evaluation(cell, own, lagged, reference, played, taught, baseline)
    windows = np.arange(frames) // 5
    every, final, after = (record(frames) for _ in range(3))
    every.joints[:] = reference + 1
    after = replace(
        after,
        joints=reference + 2,
        version=(windows + 1).astype(np.int32),
        update_frames=np.arange(0, frames, 5),
    )
    return Evaluation(
        *(cell, own, lagged, reference, played, taught, baseline),
        every=every,
        after=after,
        final=final,
    )


CASES = {
    "labelled": evaluation(),
    "offline": evaluation(setting="offline"),
    "without a label": evaluation(labelled=False),
    "some missed": evaluation(missed=7),
    "all missed": evaluation(missed=72),
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
def test_a_column_is_a_number_of_some_case(column: Column) -> None:
    """So that the tests beside this one do not compare NaN with NaN."""
    assert np.isfinite(column.of(evaluation(missed=4)))


@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_a_column_says_the_same_twice_and_leaves_what_it_looked_at(column: Column) -> None:
    looked_at = evaluation(missed=2)
    first, second = column.of(looked_at), column.of(looked_at)
    assert first == second


@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_missed_frames_count_nowhere(column: Column) -> None:
    """Whatever stands in the record where a frame was missed."""
    blank, strange = evaluation(missed=4), evaluation(missed=4)
    for part in (strange.record, strange.lagged, strange.baseline, strange.every, strange.final):
        for values in (part.joints, part.peaks, part.parsed):
            values.flags.writeable = True
            values[:4] = 1e6
    one, other = column.of(blank), column.of(strange)
    assert one == other


@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_a_column_says_what_it_is(column: Column) -> None:
    assert column.of.__doc__ and column.name.isidentifier()
    assert column.name not in RESERVED


def test_no_column_can_write_into_what_it_looks_at() -> None:
    looked_at = evaluation()
    for part in (looked_at.record, looked_at.baseline, looked_at.played, looked_at):
        for field in fields(part):
            if isinstance(values := getattr(part, field.name), np.ndarray) and values.size:
                with pytest.raises(ValueError, match="read-only"):
                    values[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        looked_at.errors[0] = 0


def test_those_of_errors_come_first() -> None:
    assert [column.name for column in EVERY][:5] == [
        "mpjpe_px",
        "mpjpe_px_without_first_window",
        "mpjpe_px_equal_lag",
        "mpjpe_px_parsed",
        "found_share",
    ]


@pytest.mark.parametrize(
    ("bound", "fault"),
    [
        ((), r"columns/errors: binds COLUMNS to no tuple of Column, or an empty one"),
        (None, "binds COLUMNS to no tuple"),
        ([1], "binds COLUMNS to no tuple"),
        ((EVERY[0], EVERY[0]), "a column 'mpjpe_px', as the columns of errors do already"),
        ((EVERY[-1],), r"stability: names a column 'recovered_share', as the columns of errors"),
        ((Column("k", EVERY[0].of),), "names a column 'k', as a cell's own counts do already"),
    ],
)
def test_a_file_that_binds_no_columns_or_taken_names_is_refused_at_once(
    bound: object, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.errors, "COLUMNS", bound)
    with pytest.raises(BadInput, match=fault):
        columns()
