"""The teacher's own error against ground truth, as the job that labelled has written it."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from posequery.jobs.files import REMAKE, BadInput, read_summed


@dataclass(frozen=True)
class TeacherError:
    """mpjpe_px: of the limb joints that it found, in source pixels. found_share: the share that
    those are of the labelled ones. None where none is labelled."""

    mpjpe_px: float | None
    found_share: float | None


def read_teacher_error(*paths: Path) -> TeacherError:
    """The mean over streams, from a JSON file of each with these keys among others. Raises
    BadInput."""
    found = [_read(path) for path in paths]
    errors = [one.mpjpe_px for one in found if one.mpjpe_px is not None]
    shares = [one.found_share for one in found if one.found_share is not None]
    return TeacherError(fmean(errors) if errors else None, fmean(shares) if shares else None)


def _read(path: Path) -> TeacherError:
    try:
        values = json.loads(read_summed(path, REMAKE))
        return TeacherError(values["mpjpe_px"], values["found_share"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        fault = f"does not say how well the teacher labels ({error!r})"
        raise BadInput(path, fault, REMAKE) from None
