"""PCK on a stream whose answer is known."""

import numpy as np
import pytest


def test_a_joint_is_correct_up_to_a_fifth_of_the_torso(lived, value, tried):
    assert value("pck_20", lived(np.array([0, 19.9, 20.1, 500]))) == 0.5
    assert value("pck_20", lived(np.full(4, 5.0))) == 1
    # The nearer student is correct more often.
    nearer, farther = (value("pck_20", lived(off + np.arange(9) * 4)) for off in (0, 10))
    assert nearer > farther
    tried("10", "a metric on a stream whose answer is known: PCK", {"right": 3})


def test_a_joint_that_the_student_lacks_is_wrong_and_an_unlabelled_one_counts_nowhere(lived, value):
    found = lived(np.zeros(4))
    for values, joint in ((found.record.joints, 5), (found.reference, 9)):
        values.flags.writeable = True
        values[:, joint] = np.nan
    assert value("pck_20", found) == pytest.approx(10 / 11)
