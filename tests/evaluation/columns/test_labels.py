"""The cost of labels, and the blind baseline, on a stream whose answer is known."""

import numpy as np


def test_frames_labelled_are_those_picked(lived, value, tried):
    found = lived(np.zeros(30), updates={10: [0, 5], 20: [11, 12, 13]})
    assert value("frames_labelled", found) == 5
    offline = lived(np.zeros(3), setting="offline", stream="none", window=None, k=7)
    assert value("frames_labelled", offline) == 7
    assert value("frames_labelled", lived(np.zeros(3), method="baseline", k=0)) == 0
    tried("10", "a metric on a stream whose answer is known: frames labelled", {"right": 3})


def test_the_blind_baseline_is_the_last_label_that_the_weights_know(lived, value, tried):
    """A person who walks by a pixel a frame: an old label is off by its age."""
    taught = np.zeros((30, 18, 2))
    taught[..., 0] = np.arange(30)[:, None]
    found = lived(np.zeros(30), updates={10: [0, 9], 20: [15]}, taught=taught)
    found.reference.flags.writeable = True
    found.reference[:] = taught
    ages = [*(np.arange(10, 20) - 9), *(np.arange(20, 30) - 15)]
    assert value("mpjpe_px_blind", found) == np.mean(ages)
    assert np.isnan(value("mpjpe_px_blind", lived(np.zeros(30), taught=taught)))
    assert np.isnan(value("mpjpe_px_blind", lived(np.zeros(30), updates={10: [0]})))
    tried("10", "a metric on a stream whose answer is known: blind baseline", {"right": 3})
