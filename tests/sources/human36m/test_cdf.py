import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.sources.human36m import cdf
from posequery.sources.human36m.cdf import annotation

# Student's joint -> Human3.6M's: left and right shoulder, right wrist, left ankle.
SAMPLES = {5: 17, 6: 25, 10: 27, 15: 8}


def test_positions_in_the_student_s_joints(tmp_path, write_cdf, pose):
    joints = annotation(write_cdf(tmp_path / "Eating 2.54138969.cdf", pose))
    assert joints.shape == (7, 18, 2)
    assert joints.dtype == np.float32
    for ours, theirs in SAMPLES.items():
        for frame in range(7):
            # The pose fixture counts: frame · 64 + 2 · joint for x, one more for y.
            x = frame * 64 + 2 * theirs + 0.25
            assert joints[frame, ours].tolist() == [x, x + 1]
    assert np.isnan(joints[:, :5]).all()
    assert joints[0, 17].tolist() == [2 * (17 + 25) / 2 + 0.25, 2 * (17 + 25) / 2 + 1.25]


def refused(path, fault):
    with pytest.raises(BadInput, match=fault) as caught:
        annotation(path)
    assert str(path) in str(caught.value)


def test_missing(tmp_path):
    refused(tmp_path / "none.cdf", "no such annotation")


def test_not_a_cdf(tmp_path):
    path = tmp_path / "a.cdf"
    path.write_text("not a CDF\n" * 50)
    refused(path, "not a CDF")
    path.write_bytes(b"")
    refused(path, "not a CDF")


def test_records_that_lead_in_a_circle(tmp_path, write_cdf, pose, monkeypatch):
    """A reader that never comes back, as cdflib's does not for some single flipped bits."""
    path = write_cdf(tmp_path / "a.cdf", pose)

    class Endless:
        def __init__(self, path):
            while True:
                pass

    monkeypatch.setattr(cdf, "PATIENCE", 0.2)
    monkeypatch.setattr(cdf.cdflib, "CDF", Endless)
    refused(path, "reading it did not end within 0.2 s")


@pytest.mark.parametrize("compression", [0, 6])
def test_a_truncated_file_never_gives_other_positions(tmp_path, write_cdf, pose, compression):
    whole = write_cdf(tmp_path / "whole.cdf", pose, compression=compression)
    content, expected = whole.read_bytes(), annotation(whole)
    path = tmp_path / "cut.cdf"
    given = []
    for length in range(0, len(content), 53):
        path.write_bytes(content[:length])
        try:
            given.append(annotation(path))
        except BadInput:
            continue
    assert len(given) <= 1  # the last bytes are not the positions'
    for joints in given:
        np.testing.assert_array_equal(joints, expected)


def test_without_pose(tmp_path, write_cdf, pose):
    refused(write_cdf(tmp_path / "a.cdf", pose, name="Angles"), "no variable 'Pose'.*Angles")


def test_three_d_positions_are_named(tmp_path, write_cdf):
    refused(write_cdf(tmp_path / "a.cdf", np.zeros((1, 4, 96))), "3-D positions")


@pytest.mark.parametrize("shape", [(1, 4, 34), (1, 4, 62), (2, 4, 64), (1, 4), (4, 64)])
def test_another_shape(tmp_path, write_cdf, shape):
    refused(write_cdf(tmp_path / "a.cdf", np.zeros(shape)), "'Pose' has")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308, -1e30, 1.1e6])
def test_a_keypoint_that_is_not_finite_or_out_of_all_bounds(
    tmp_path, write_cdf, pose, value, tried
):
    pose[0, 3, 2 * 17] = value
    refused(write_cdf(tmp_path / "a.cdf", pose), "1 values.*frame 3, joint 17")
    tried("12", "a joint of Human3.6M's beyond all bounds", {"refused": 1})


def test_the_smallest_whole_number_has_no_absolute_value(tmp_path, write_cdf, pose):
    pose = pose.astype(np.int64)
    pose[0, 3, 2 * 17] = -(2**63)
    refused(write_cdf(tmp_path / "a.cdf", pose), "1 values.*frame 3, joint 17")


def test_a_file_that_may_not_be_read_is_not_called_broken(
    tmp_path, write_cdf, pose, no_permission, tried
):
    path = write_cdf(tmp_path / "a.cdf", pose)
    with no_permission(path):
        refused(path, "may not be read: permission denied")
    tried("9", "Human3.6M's annotations that may not be read", {"refused as such": 1})
