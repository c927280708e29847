"""What is forgotten, with its sign, of errors that are known."""

from dataclasses import replace

import numpy as np
import pytest

from posequery.record import Record


def beside(lived, off) -> np.ndarray:
    return lived(np.array(off, float)).record.joints


def with_hindsight(lived, *, after, stretches, final):
    """An evaluation of which the windows that begin at `stretches` are `after` px off by the
    weights trained on them, and all frames `final` px by the last."""
    found = lived(np.full(len(final), 9.0))
    joints = beside(lived, after)
    first = np.array([*stretches], np.int64)
    version = np.repeat(np.arange(len(first)) + 1, [*stretches.values()])
    blank = np.zeros((len(joints), 18))
    looked = Record(joints, blank, joints, version, first, [np.empty(0, int)] * len(first))
    last = beside(lived, final)
    none = np.empty(0, np.int64)
    zeros = np.zeros(len(last), int)
    ended = Record(last, np.zeros((len(last), 18)), last, zeros, none, [])
    return replace(found, after=looked, final=ended)


def test_the_mean_over_windows_of_the_last_error_less_that_just_after_training(lived, value):
    # Windows of 10, 20 and 5 frames, with a gap of 5 that was not trained on. The last counts not.
    found = with_hindsight(
        lived,
        after=[4.0] * 10 + [6.0] * 20 + [1.0] * 5,
        stretches={0: 10, 15: 20, 35: 5},
        final=[10.0] * 10 + [99.0] * 5 + [5.0] * 20 + [50.0] * 5,
    )
    assert value("forgetting_px", found) == pytest.approx(((10 - 4) + (5 - 6)) / 2)


def test_frames_without_a_reference_do_not_count(lived, value):
    found = with_hindsight(
        lived, after=[4.0] * 20 + [1.0] * 10, stretches={0: 20, 20: 10}, final=[7.0] * 30
    )
    reference = found.reference.copy()
    reference[:10] = np.nan
    joints = found.final.joints.copy()
    joints[:10] += 1000
    known = replace(found, reference=reference, final=replace(found.final, joints=joints))
    assert value("forgetting_px", known) == pytest.approx(3)
    nothing = replace(found, reference=np.full_like(reference, np.nan))
    assert np.isnan(value("forgetting_px", nothing))


def test_without_hindsight_or_a_second_training_there_is_none(lived, value):
    assert np.isnan(value("forgetting_px", lived(np.full(20, 3.0))))
    once = with_hindsight(lived, after=[4.0] * 10, stretches={0: 10}, final=[7.0] * 20)
    assert np.isnan(value("forgetting_px", once))
