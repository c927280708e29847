"""Harm and recovery on streams whose answer is known."""

from itertools import permutations

import numpy as np
import pytest

from posequery.evaluation.columns.stability import median_time, recoveries

NAN = float("nan")


def test_harm_is_the_share_of_adapted_windows_that_are_worse(lived, value, tried):
    before = np.full(45, 10.0)
    off = np.repeat([10.0, 12, 8, 11, 9], 10)[:45]
    found = lived(off, before, updates={10: [0], 20: [11], 30: [21], 40: [31]})
    # The first window is before any training; of the others the second and the fourth are worse.
    assert value("harm_rate", found) == 2 / 4
    worse, better, same = (
        value("harm_rate", lived(before + more, before, updates={10: [0]})) for more in (1, -1, 0)
    )
    assert (worse, better, same) == (1, 0, 0)
    tried("10", "a metric on a stream whose answer is known: harm rate", {"right": 4})


def test_harm_needs_the_unadapted_student_and_an_adapted_one(lived, value):
    assert np.isnan(value("harm_rate", lived(np.zeros(30), updates={10: [0]})))
    assert np.isnan(value("harm_rate", lived(np.zeros(30), np.zeros(30))))


def test_harm_compares_the_same_frames(lived, value):
    off, before = np.full(20, 9.0), np.full(20, 10.0)
    off[12:] = NAN  # missed, where the unadapted student was very good
    before[12:] = 0
    assert value("harm_rate", lived(off, before, updates={10: [0]})) == 0


def times(errors, *starts, fps=1.0):
    clip = np.searchsorted(starts, np.arange(len(errors)), side="right")
    return recoveries(
        np.array(errors, float), clip, np.arange(len(errors)) / fps, len(errors) / fps
    )


def test_recovery_begins_when_every_mean_of_five_seconds_stays_low():
    calm = [10] * 20
    assert times(calm + [10] * 30, 20) == [(0, True)]
    assert times(calm + [11] * 30, 20) == [(0, True)]
    assert times(calm + [12] * 30, 20) == [(30, False)]
    assert times(calm + [30] * 8 + [10] * 22, 20) == [(8, True)]
    # A relapse within ten seconds counts: the means that hold it begin up to four seconds before.
    assert times(calm + [30] * 4 + [10] * 7 + [30] + [10] * 18, 20) == [(12, True)]
    # Lower errors than before are well at once.
    assert times(calm + [5] * 30, 20) == [(0, True)]


def test_a_sequence_that_ends_first_is_known_to_take_longer_only():
    calm = [10] * 20
    assert times(calm + [10] * 10 + [30] * 20 + [10] * 5, 20, 30, 50) == [
        (0, True),
        (20, False),
    ]
    assert times(calm + [30, 10, 10, 10, 10, 10, 10, 10, 10, 10] + [10] * 20, 20, 30)[0] == (
        10,
        False,
    )


def test_recovery_counts_seconds_not_frames():
    calm, after = [10] * 100, [30] * 40 + [10] * 110
    # A fifth of a second of 30 in five of 10 is 10.8 in the mean, which is well.
    assert times(calm + after, 100, fps=5.0) == [(pytest.approx(7.8), True)]


def test_recovery_where_the_error_is_unknown():
    calm = [10] * 20
    assert times([NAN] * 20 + [10] * 30, 20) == []
    assert times(calm + [NAN] * 30, 20) == [(30, False)]
    assert times([*calm, NAN, *[10] * 29], 20) == [(0, True)]
    assert times([], 0) == []


def test_recovery_equals_the_definition_word_by_word():
    """Every mean of five seconds within ten, frame by frame, on random errors."""
    random = np.random.default_rng(0)
    for _ in range(60):
        errors = random.choice([8.0, 10, 12, 20], 120, p=[0.3, 0.5, 0.1, 0.1])
        errors[random.random(120) < 0.1] = NAN
        start = 40 + int(random.integers(20))
        expected = (120.0 - start, False)
        for at in range(start, 120 - 10 + 1):
            means = [np.nanmean(errors[u : u + 5]) for u in range(at, at + 6)]
            if max(means) <= 1.1 * np.nanmean(errors[start - 5 : start]):
                expected = (at - start, True)
                break
        assert times(errors, start) == [expected]


def test_the_median_of_times_of_which_some_are_cut_short():
    assert median_time([(4, True), (2, True), (9, True)]) == 4
    assert median_time([(4, True), (2, True), (9, False)]) == 4
    assert np.isnan(median_time([(4, False), (2, True), (9, False)]))
    assert np.isnan(median_time([]))
    # Kaplan-Meier by hand: 3/4 after 1; of the two left beyond 2 one is over at 3: 3/8.
    known = [(1, True), (2, False), (3, True), (4, True)]
    assert {median_time(order) for order in permutations(known)} == {3}


def test_the_columns_of_recovery(lived, value, tried):
    clip = np.repeat([0, 1, 2, 3], 30)
    off = np.full(120, 10.0)
    off[30:34], off[60:72], off[90:] = 30, 30, 30
    found = lived(off, clip=clip)
    assert value("time_to_recover_s", found) == 12
    assert value("recovered_share", found) == pytest.approx(2 / 3)
    never = lived(np.repeat([10.0, 20, 40, 80], 30), clip=clip)
    assert np.isnan(value("time_to_recover_s", never))
    assert value("recovered_share", never) == 0
    assert np.isnan(value("recovered_share", lived(off)))
    tried("10", "a metric on a stream whose answer is known: time to recover", {"right": 4})


def test_both_columns_of_recovery_are_of_one_search(lived, value, monkeypatch):
    asked = []

    def counted(*given):
        asked.append(given)
        return recoveries(*given)

    monkeypatch.setattr("posequery.evaluation.columns.stability.recoveries", counted)
    for off in (np.full(45, 10.0), np.full(45, 20.0)):
        found = lived(off, updates={10: [0]})
        for name in ("time_to_recover_s", "recovered_share"):
            value(name, found)
    assert len(asked) == 2
