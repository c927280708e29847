"""Human3.6M's annotation files (NASA CDF) as poses of the student's joints."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cdflib
import numpy as np

from posequery.jobs.bounds import COORDINATE
from posequery.jobs.files import BadInput, unreadable
from posequery.skeletons import HUMAN36M_JOINTS, from_human36m

PATIENCE = 10
"""Seconds of computing that no annotation takes: Human3.6M's longest is read in 0.1."""

_WIDTH = 2 * HUMAN36M_JOINTS
_D2 = "Take the file of the same name from MyPoseFeatures/D2_Positions"
_UNPACK_AGAIN = "Unpack or download it again, or write it again if it is your own"


def annotation(path: str | os.PathLike[str]) -> np.ndarray:
    """The 2-D positions of a sequence before one camera, (n, 18, 2) float32 in source pixels.

    The file's variable `Pose` has the shape (1, n, 64): 32 joints, x before y, in pixels of the
    full image with the lens's distortion. Nothing in the file names the joints: 64 columns are
    Human3.6M's 32. Raises `BadInput` for a file that is missing, broken, without `Pose`, of another
    shape (96 columns are 3-D positions), or with a value that is not finite or out of all bounds.
    """
    pose = _variable(path)
    if pose.ndim != 3 or pose.shape[0] != 1 or not pose.shape[1]:
        raise BadInput(path, f"'Pose' has the shape {pose.shape}, not (1, frames, {_WIDTH})", _D2)
    if pose.shape[2] == 3 * HUMAN36M_JOINTS:
        raise BadInput(path, "'Pose' has 96 columns: these are 3-D positions", _D2)
    if pose.shape[2] != _WIDTH:
        fault = f"'Pose' has {pose.shape[2]} columns, not {_WIDTH} ({HUMAN36M_JOINTS} joints)"
        raise BadInput(path, fault, _D2)
    broken = np.argwhere(~(np.abs(pose[0].astype(np.float64)) <= COORDINATE))
    if len(broken):
        frame, column = broken[0]
        fault = (
            f"{len(broken)} values of 'Pose' are NaN, infinite or beyond {COORDINATE:,.0f} pixels, "
            f"the first at frame {frame}, joint {column // 2}"
        )
        raise BadInput(path, fault, _UNPACK_AGAIN)
    return from_human36m(pose[0].reshape(-1, HUMAN36M_JOINTS, 2))


@contextmanager
def _bounded() -> Iterator[None]:
    """Stops with a TimeoutError what computes for longer than `PATIENCE`.

    A damaged chain of records leads cdflib in a circle. Only the main thread can be stopped, as a
    job's always is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"reading it did not end within {PATIENCE} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _variable(path: str | os.PathLike[str]) -> np.ndarray:
    if not Path(path).is_file():
        raise BadInput(path, "there is no such annotation", "Check the path")
    try:
        with _bounded():
            file = cdflib.CDF(path)
            names = file.cdf_info().zVariables + file.cdf_info().rVariables
            pose = np.asarray(file["Pose"]) if "Pose" in names else None
    except PermissionError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # cdflib's parser fails in as many ways as there are broken bytes
        fault = f"is truncated or not a CDF file ({type(error).__name__}: {error})"
        raise BadInput(path, fault, _UNPACK_AGAIN) from error
    if pose is None:
        raise BadInput(path, f"has no variable 'Pose' (it has: {', '.join(names) or 'none'})", _D2)
    if pose.dtype.kind not in "fiu":
        raise BadInput(path, f"'Pose' holds {pose.dtype}, not numbers", _D2)
    return pose
