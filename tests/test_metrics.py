import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posequery.metrics import frame_errors, joint_errors, mpjpe
from posequery.skeletons import LIMBS

NAN = np.nan


def poses(frames):
    return np.zeros((frames, 18, 2), np.float32)


def test_joint_errors_are_distances():
    predicted, reference = poses(2), poses(2)
    predicted[0, 5] = (3, 4)
    reference[0, 5] = (0, 0)
    predicted[1, 16] = (100, 7)
    reference[1, 16] = (105, 19)
    errors = joint_errors(predicted, reference)
    assert errors.shape == (2, 18)
    assert errors.dtype == np.float32
    assert errors[0, 5] == 5
    assert errors[1, 16] == 13
    assert errors.sum() == 18


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("place", [(0, 7, 0), (0, 7, 1)])
def test_a_joint_missing_on_one_side_has_no_error(side, place):
    pair = [poses(1), poses(1)]
    pair[side][place] = NAN
    errors = joint_errors(*pair)
    assert np.flatnonzero(np.isnan(errors[0])).tolist() == [7]


def test_poses_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        joint_errors(poses(2), poses(1))


def test_mpjpe_is_the_mean_over_labelled_pairs_of_limb_joints():
    errors = np.full((2, 18), 1000, np.float32)  # the face and the neck do not count
    errors[:, LIMBS] = NAN
    errors[0, 5], errors[0, 6], errors[0, 7] = 1, 2, 3
    errors[1, 16] = 10
    # The mean over pairs, (1 + 2 + 3 + 10) / 4, not the mean of the frame means, (2 + 10) / 2.
    assert mpjpe(errors) == 4
    assert frame_errors(errors).tolist() == [2, 10]
    assert mpjpe(errors, np.array([5, 6])) == 1.5


def test_without_labels_there_is_no_number():
    errors = np.full((2, 18), NAN, np.float32)
    errors[1, 9] = 4
    assert np.isnan(mpjpe(errors[:1]))
    assert np.isnan(mpjpe(errors[:0]))
    assert np.isnan(frame_errors(errors)[0])
    assert frame_errors(errors)[1] == 4
    assert frame_errors(errors[:0]).shape == (0,)


def test_an_infinite_error_is_not_mistaken_for_a_missing_label():
    errors = np.ones((1, 18), np.float32)
    errors[0, 9] = np.inf
    assert np.isinf(mpjpe(errors))
    assert np.isinf(frame_errors(errors)[0])


@given(
    hnp.arrays(np.float32, (4, 18, 2), elements=st.integers(-2000, 2000)),
    hnp.arrays(np.float32, (4, 18, 2), elements=st.integers(-2000, 2000)),
    st.integers(-500, 500),
)
def test_properties_of_a_distance(one, other, shift):
    errors = joint_errors(one, other)
    assert (errors >= 0).all()
    assert not joint_errors(one, one).any()
    np.testing.assert_array_equal(errors, joint_errors(other, one))
    np.testing.assert_array_equal(errors, joint_errors(one + shift, other + shift))
    brute = np.mean([np.sqrt(((one[f, j] - other[f, j]) ** 2).sum()) for f in range(4)
                     for j in range(5, 17)])  # fmt: skip
    assert mpjpe(errors) == pytest.approx(brute, rel=1e-5)
    assert mpjpe(errors) == pytest.approx(frame_errors(errors).mean(), rel=1e-5)
