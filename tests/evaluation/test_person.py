"""The person's size by hand, and the error as a share of it."""

import dataclasses
import warnings

import numpy as np
import pytest

from posequery.cell import Outcome
from posequery.evaluation.columns import Evaluation, Played, columns
from posequery.evaluation.person import person_sizes, torso_lengths
from posequery.record import Record
from posequery.timing import Timing

NAN = float("nan")
SHARE = next(column for column in columns() if column.name == "mpjpe_share")


def poses(*corners: tuple[float, float]) -> np.ndarray:
    """A pose (n, 18, 2) for each width and height: a shoulder at (5, 5), an ankle so far from it,
    the other limb joints between them, and a nose and a neck far off."""
    joints = np.full((len(corners), 18, 2), 5.0)
    for pose, corner in zip(joints, corners, strict=True):
        pose[5:17] += np.linspace(0, 1, 12)[:, None] * corner
        pose[[0, 17]] = 900
    return joints


def test_the_size_is_the_median_diagonal_of_each_clip() -> None:
    found = person_sizes(poses((3, 4), (30, 40), (6, 8), (0, 7), (0, 9)), np.array([0, 0, 0, 1, 1]))
    assert found.tolist() == [10, 10, 10, 8, 8]


def test_frames_without_two_joints_apart_say_nothing() -> None:
    joints = poses((3, 4), (6, 8), (60, 80), (60, 80), (60, 80))
    joints[2, 5:16] = NAN  # one ankle alone
    joints[3] = NAN
    joints[4, :, 1] = NAN  # halves of joints
    assert person_sizes(joints, np.zeros(5, int)).tolist() == [7.5] * 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(person_sizes(joints[2:], np.array([0, 0, 1]))).all()
        assert np.isnan(person_sizes(poses((0, 0), (0, 0)), np.array([0, 1]))).all()
        assert person_sizes(joints[:0], np.empty(0, int)).shape == (0,)


def evaluation(truth: np.ndarray, off: np.ndarray, clips: np.ndarray) -> Evaluation:
    """A student that is `off` (n,) source pixels to the right."""
    cell = Outcome(
        setting="offline", teacher="t", method="uniform", rate="1", seed=0, stream="none", k=1, n=1,
        trainings=1, frames_trained=1, epochs=1, record_sha256="a", weights_sha256="b",
    )  # fmt: skip
    joints = truth + np.array([1, 0]) * off[:, None, None]
    n = len(truth)
    record = Record(joints, np.zeros((n, 18)), joints, np.zeros(n, int), np.empty(0, int), [])
    return Evaluation(cell, record, None, truth, Played.of(truth, clips, clips, Timing.even(n, 5)))


@pytest.mark.parametrize("zoom", [0.25, 1, 3.7])
def test_the_same_error_in_a_larger_video_is_the_same_share(zoom: float, tried) -> None:
    truth = poses((3, 4), (6, 8), (30, 40), (60, 80))
    truth[2:] *= zoom
    off, clips = np.array([1.0, 2, 10 * zoom, 20 * zoom]), np.array([0, 0, 1, 1])
    found = evaluation(truth, off, clips)
    # Clip sizes 7.5 and 75 * zoom: 1, 2, 1 and 2 of 7.5.
    assert SHARE.of(found) == pytest.approx(1.5 / 7.5)
    assert columns()[0].of(found) == pytest.approx((3 + 30 * zoom) / 4)
    tried("4", "errors of videos of different sizes", {"same share of the person's size": 1})


def test_a_clip_without_a_size_counts_nowhere() -> None:
    truth = poses((3, 4), (0, 0))
    found = evaluation(truth, np.array([1.0, 100.0]), np.array([0, 1]))
    assert SHARE.of(found) == pytest.approx(1 / 5)
    played = dataclasses.replace(found.played, person=np.full(2, NAN))
    unknown = dataclasses.replace(found, played=played)
    assert np.isnan(SHARE.of(unknown))


def test_the_torso_is_the_median_of_each_clip_between_the_middles() -> None:
    joints = poses((0, 0), (0, 0), (0, 0), (0, 0))
    joints[:, 5:7], joints[:, 11:13] = [[0, 0], [20, 0]], [[4, 24], [16, 24]]
    joints[1, 11:13] += [0, 16]
    joints[2, 5] = NAN
    clips = np.array([0, 0, 1, 1])
    assert torso_lengths(joints, clips).tolist() == [32, 32, 24, 24]
    joints[3, 11] = NAN
    assert np.isnan(torso_lengths(joints, clips)[2:]).all()
    assert torso_lengths(joints[:0], clips[:0]).shape == (0,)
