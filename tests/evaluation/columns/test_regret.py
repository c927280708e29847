"""Regret and the share of the gain, with their signs, on streams whose answer is known."""

import numpy as np
import pytest

NAN = float("nan")
NEVER, EVERY = np.full(45, 20.0), np.repeat([20.0, 10, 10, 10, 10], 10)[:45]


def test_the_sum_over_windows_of_what_is_worse_than_all(lived, value):
    # Four windows and half of one: the mean of each counts once.
    off = np.repeat([20.0, 18, 14, 8, 11], 10)[:45]
    off[40:] = [11, 11, 11, 11, 16]
    found = lived(off, NEVER, every=EVERY)
    assert value("regret_px", found) == pytest.approx(0 + 8 + 4 - 2 + 2)
    assert value("gain_share", found) == pytest.approx((2 + 6 + 12 + 8) / 40)


def test_the_ends_of_the_scale(lived, value):
    for off, regret, gain in (
        (EVERY, 0, 1),
        (NEVER, 40, 0),
        (NEVER + 5, 65, -25 / 40),
        (EVERY - 2, -10, 50 / 40),
    ):
        found = lived(off, NEVER, every=EVERY)
        assert value("regret_px", found) == pytest.approx(regret)
        assert value("gain_share", found) == pytest.approx(gain)


def test_without_all_there_is_neither(lived, value):
    for found in (lived(EVERY, NEVER), lived(EVERY), lived(EVERY, NEVER, every=EVERY, window=None)):
        assert np.isnan(value("regret_px", found)) and np.isnan(value("gain_share", found))
    alone = lived(NEVER, every=EVERY)
    assert value("regret_px", alone) == pytest.approx(40)
    assert np.isnan(value("gain_share", alone))


def test_no_share_of_a_gain_that_there_is_not(lived, value):
    for every in (NEVER, NEVER + 1):
        found = lived(EVERY, NEVER, every=every)
        assert np.isnan(value("gain_share", found))
        assert value("regret_px", found) < 0


def test_frames_that_were_missed_count_for_nobody(lived, value):
    off, every = np.full(20, 9.0), np.full(20, 7.0)
    off[12:], every[12:] = NAN, 1000
    assert value("regret_px", lived(off, np.full(20, 9.0), every=every)) == pytest.approx(4)
    whole = lived(np.where(np.arange(20) < 10, 9.0, NAN), every=every)
    assert value("regret_px", whole) == pytest.approx(2)


def test_against_the_definition_frame_by_frame(lived, value):
    random = np.random.default_rng(0)
    for _ in range(20):
        off, before, every = random.uniform(1, 30, (3, 37))
        regret, gains = 0.0, [0.0, 0.0]
        for start in range(0, 37, 10):
            own, never, bound = (sum(e[start : start + 10]) for e in (off, before, every))
            count = min(10, 37 - start)
            regret += (own - bound) / count
            gains[0] += (never - own) / count
            gains[1] += (never - bound) / count
        found = lived(off, before, every=every)
        assert value("regret_px", found) == pytest.approx(regret)
        share = value("gain_share", found)
        assert share == pytest.approx(gains[0] / gains[1]) if gains[1] > 0 else np.isnan(share)
