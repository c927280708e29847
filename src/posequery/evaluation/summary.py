"""What a cell leaves behind, beside its weights: its errors summed up, and its seconds."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np

from posequery.clips import Stream
from posequery.jobs.files import whole, write_text
from posequery.metrics import found_error, joint_errors, mpjpe
from posequery.skeletons import JOINTS, LIMBS


def breakdown(errors: np.ndarray, stream: Stream) -> dict[str, object]:
    """MPJPE in source pixels of errors (n, 18) of a stream: in all, by action, subject, joint.

    An entry without any labelled joint is None.
    """
    owner = stream.clip_numbers(np.arange(len(stream)))

    def by(key: str) -> dict[str, float | None]:
        names = np.array([getattr(clip, key) for clip in stream.clips])[owner]
        return {str(name): _px(mpjpe(errors[names == name])) for name in np.unique(names)}

    return {
        "mpjpe_px": _px(mpjpe(errors)),
        "frames": len(errors),
        "by_action": by("action"),
        "by_subject": by("subject"),
        "by_joint": {JOINTS[j]: _px(mpjpe(errors, np.array([j]))) for j in LIMBS},
    }


def second_reading(parsed: np.ndarray, reference: np.ndarray) -> dict[str, float | None]:
    """`metrics.found_error` of poses (n, 18, 2) in source pixels, as a summary has it."""
    error, share = found_error(parsed, reference)
    return {"mpjpe_px_parsed": _px(error), "found_share": _px(share)}


def write_offline(
    folder: Path,
    cell: dict[str, object],
    test: Stream,
    joints: np.ndarray,
    parsed: np.ndarray,
    truth: np.ndarray,
    *,
    pool_frames: int,
    picked: int,
    epochs: int,
    training_s: float,
    inference_s: float,
) -> None:
    """Write errors.h5, seconds.json and summary.json of an offline cell into its folder.

    joints, parsed (the second reading) and truth are (n, 18, 2) in source pixels; errors.h5 holds
    the first two and error (n, 18), that of joints, on the test stream.
    """
    errors = joint_errors(joints, truth)
    with whole(folder / "errors.h5") as temporary, h5py.File(temporary, "w") as file:
        file["joints"], file["parsed"], file["error"] = joints, parsed, errors
    _write(folder / "seconds.json", {"training": training_s, "inference": inference_s})
    counts = {
        "k": picked,
        "n": pool_frames,
        "trainings": int(picked > 0),
        "frames_trained": picked,
        "passes": picked * epochs,
        "mpjpe_px_without_first_window": None,
        "mpjpe_px_equal_lag": None,
    }
    found = second_reading(parsed, truth)
    _write(folder / "summary.json", cell | counts | found | breakdown(errors, test))


def write_online(
    folder: Path,
    cell: dict[str, object],
    stream: Stream,
    reference: np.ndarray,
    *,
    window: int,
    stretch: int,
    trainings: int,
    frames_trained: int,
    epochs: int,
    seconds: dict[str, float],
) -> None:
    """Write seconds.json and summary.json of an online cell whose record.h5 is in its folder.

    reference (n, 18, 2) is what errors are measured against, in source pixels.
    `window` and `stretch` are numbers of frames: what is left out as the first window, and what one
    training looks at. Frames that the record says were missed count nowhere.
    """
    with h5py.File(folder / "record.h5", "r") as file:
        errors, seen = file["error"][:], file["version"][:] >= 0
        found = second_reading(file["parsed"][:], np.where(seen[:, None, None], reference, np.nan))
    equal_lag = None
    if (folder / "lagged.h5").is_file():
        with h5py.File(folder / "lagged.h5", "r") as file:
            ahead = file["error"][:]
        equal_lag = _px(mpjpe(ahead[seen[: len(ahead)]]))
    counts = {
        "k": int(stretch * Fraction(str(cell["rate"]))),
        "n": stretch,
        "trainings": trainings,
        "frames_trained": frames_trained,
        "passes": frames_trained * epochs,
        "mpjpe_px_without_first_window": _px(mpjpe(errors[window:])),
        "mpjpe_px_equal_lag": equal_lag,
    }
    _write(folder / "seconds.json", seconds | {"stream": len(stream) / stream.fps})
    broken_down = breakdown(errors, stream) | {"frames": int(seen.sum())}
    _write(folder / "summary.json", cell | counts | found | broken_down)


def _write(path: Path, values: Mapping[str, object]) -> None:
    write_text(path, json.dumps(values, indent=1) + "\n")


def _px(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
