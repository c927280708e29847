"""Whether adaptation harms, and how soon the student is well again after what it sees changes."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from posequery.evaluation.columns import Column, Evaluation
from posequery.metrics import frame_errors, joint_errors, mpjpe

NEAR = 5.0
"""Seconds that an error is averaged over before it is compared with that before a change."""
STAYS = 10.0
"""Seconds for which it has to stay low."""
WELL = 1.1
"""How much of the error before a change is as good as before."""


def _harm_rate(evaluation: Evaluation) -> float:
    """A share of 1, online alone: of the windows in which adapted weights were live, those whose
    mean error is above the unadapted student's on the same frames. Windows have as many frames as
    the cell's first one."""
    window, baseline = evaluation.cell.window, evaluation.baseline
    if window is None or baseline is None:
        return np.nan
    before = joint_errors(baseline.joints, evaluation.reference)
    worse = []
    for start in range(0, len(before), window):
        part = slice(start, start + window)
        if (evaluation.record.version[part] > 0).any():
            here = mpjpe(evaluation.errors[part]), mpjpe(before[part])
            worse += [here[0] > here[1]] if np.isfinite(here).all() else []
    return float(np.mean(worse)) if worse else np.nan


def recoveries(
    errors: np.ndarray, clip: np.ndarray, shown: np.ndarray, end: float
) -> list[tuple[float, bool]]:
    """For each new clip, how many seconds until the student is well again, and whether it was.

    errors: (n,) of each frame, NaN where there is none. clip: (n,) its clip's number. shown: (n,)
    when it is shown, in seconds; end: when the last one has been. It is well from the first moment
    on from which for `STAYS` seconds every mean over `NEAR` seconds is at most `WELL` times the one
    just before the clip began. Who is not well before the next clip is given the clip's length. A
    clip before which nobody knows the error is left out, and one shorter than `STAYS` seconds.
    """
    starts = np.flatnonzero(np.diff(clip)) + 1
    known = np.isfinite(errors)
    sums = np.concatenate([[0], np.cumsum(np.where(known, errors, 0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    small = 1e-3 * end / max(1, len(shown))  # what time stamps are off by

    def mean(first: np.ndarray, stop: np.ndarray) -> np.ndarray:
        count = counts[stop] - counts[first]
        total = sums[stop] - sums[first]
        return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)

    found = []
    ends = np.append(starts, len(errors))[1:]
    for start, stop in zip(starts, ends, strict=True):
        until = shown[stop] if stop < len(shown) else end
        back = np.searchsorted(shown, shown[start] - NEAR - small)
        (before,) = mean(np.array([back]), np.array([start]))
        if np.isnan(before) or shown[start] + STAYS > until + small:
            continue
        frames = np.arange(start, stop)
        frames = frames[shown[frames] + NEAR <= until + small]
        bad = ~(mean(frames, np.searchsorted(shown, shown[frames] + NEAR - small)) <= WELL * before)
        lasts = shown[frames] + STAYS - NEAR + small
        # Bad means up to each frame, and up to the last one that its `STAYS` seconds hold.
        passed = np.concatenate([[0], np.cumsum(bad)])
        well = passed[np.searchsorted(shown[frames], lasts, side="right")] == passed[:-1]
        well &= shown[frames] + STAYS <= until + small
        at = shown[frames[well.argmax()]] if well.any() else until
        found.append((float(at - shown[start]), bool(well.any())))
    return found


def median_time(times: Sequence[tuple[float, bool]]) -> float:
    """The median of seconds of which some are only known to be longer (False): Kaplan-Meier's.

    NaN where fewer than half are over before they are lost sight of.
    """
    left = 1.0
    for number, (seconds, over) in enumerate(sorted(times, key=lambda one: (one[0], not one[1]))):
        left *= 1 - over / (len(times) - number)
        if left <= 0.5 + 1e-9:
            return seconds
    return np.nan


# Two columns are of them. An evaluation is compared by its identity.
@lru_cache(maxsize=1)
def _recoveries(evaluation: Evaluation) -> list[tuple[float, bool]]:
    if evaluation.cell.window is None:
        return []
    played = evaluation.played
    errors = frame_errors(evaluation.errors)
    return recoveries(errors, played.clip, played.timing.shown, played.timing.seconds)


def _time_to_recover(evaluation: Evaluation) -> float:
    """Seconds, online alone: how long after a new sequence the error is at most 1.1 of that just
    before it, means over 5 s, and stays so for 10 s. The median over sequences, of which those that
    end before count as longer; none where that is half of them or more, or none lasts 10 s."""
    return median_time(_recoveries(evaluation))


def _recovered_share(evaluation: Evaluation) -> float:
    """A share of 1, online alone: of the sequences after the first that last 10 s at least, those
    in which the student recovered (`time_to_recover_s`) before they ended."""
    found = _recoveries(evaluation)
    return float(np.mean([over for _, over in found])) if found else np.nan


COLUMNS = (
    Column("harm_rate", _harm_rate),
    Column("time_to_recover_s", _time_to_recover),
    Column("recovered_share", _recovered_share),
)
