"""Which of OpenPose's body models a video's people are of: the JSON files name no joint.

75 numbers are BODY_25 or BODY_25B, 54 are COCO. In BODY_25 and COCO, OpenPose's neck is trained on
the shoulders' mean, and BODY_25's middle of the hip on the hips'. BODY_25B has neither, but its
eyes, ears, throat and top of the head lie around the nose, in places that BODY_25 gives to neck and
arms. What a model's parts should show is measured in widths of its shoulders, as the median over
the people whose shoulders are wide: in a side view every part of the trunk is near every other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posequery.jobs.files import BadInput
from posequery.skeletons import from_openpose, from_openpose_body_25b

WIDE = (0.12, 0.6)
"""Widths of shoulders that decide, as shares of the diagonal of the box around all parts that were
found: from the front of a standing person about 0.2, of a head and shoulders 0.6."""
LEAST = 5
"""People with wide shoulders who are needed for a median."""


@dataclass(frozen=True)
class Body:
    """A body model: how its parts become the student's joints, and how they are recognised.

    marks: the mean of the first parts is near the mean of the second ones: within the third value,
    in widths of the shoulders, and with another model's parts beyond the fourth. The first decides;
    what few show of the others decides nothing.
    """

    read: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    parts: int
    shoulders: tuple[int, int]
    marks: tuple[tuple[tuple[int, ...], tuple[int, ...], float, float], ...]


_NECK = ((1,), (2, 5), 0.2, 0.3)
_HIP = ((8,), (9, 12), 0.2, 0.3)
_EYES = ((1, 2), (0,), 0.4, 0.5)
_EARS = ((3, 4), (0,), 0.6, 0.8)
_HEAD = ((17, 18), (0,), 0.6, 0.8)
BODIES = {
    "BODY_25": Body(from_openpose, 25, (2, 5), (_NECK, _HIP)),
    "BODY_25B": Body(from_openpose_body_25b, 25, (5, 6), (_EYES, _EARS, _HEAD)),
    "COCO": Body(from_openpose, 18, (2, 5), (_NECK,)),
}
_STATE = "Set openpose.body to the --model_pose that OpenPose was run with"


def body_of(parts: np.ndarray, stated: str | None, place: Path) -> str:
    """The body model of a video's people (m, 25 or 18, 3), in pixels; `stated`, where one is.

    Raises `BadInput` where the model stays open and none is stated, where the people are of none,
    and where they are of another than the one that is stated.
    """
    count = 3 * parts.shape[1]
    able = [name for name, body in BODIES.items() if 3 * body.parts == count]
    if stated and stated not in able:
        fault = f"holds bodies of {count} numbers, but {stated} has {3 * BODIES[stated].parts}"
        raise BadInput(place, fault, f"{_STATE}: {' or '.join(able)}")
    shown = {name: _shows(parts, BODIES[name]) for name in able} if len(parts) else {}
    # BODY_25B's marks are wide ones, and count where BODY_25's are missing for certain.
    found = next((name for name in able if shown.get(name) is not False), able[0])
    sure = shown.get(found) is True
    if sure and stated and stated != found:
        fault = f"holds people of {found}, by where their parts are, but {stated} is stated"
        raise BadInput(place, fault, f"Set openpose.body: {found}, or leave it out")
    if stated or sure or not len(parts):
        return stated or found
    if set(shown.values()) != {False}:
        fault = (
            "holds too few people seen from the front or back, with shoulders and hips, to tell if"
        )
        raise BadInput(place, f"{fault} their {count} numbers are {' or '.join(able)}", _STATE)
    fault = f"holds people of {count} numbers, but not with their parts where {_either(able)} them"
    raise BadInput(place, fault, f"{_STATE}, if it was one of these; no other model is read")


def _either(names: list[str]) -> str:
    return f"{names[0]} has" if len(names) == 1 else f"{' or '.join(names)} have"


def _shows(parts: np.ndarray, body: Body) -> bool | None:
    """Whether people have a model's parts where they should be; None if too few people can tell."""
    places = np.where(parts[:, :, 2:] > 0, parts[:, :, :2], np.nan)
    width = np.hypot(*(places[:, body.shoulders[1]] - places[:, body.shoulders[0]]).T)
    box = np.fmax.reduce(places, axis=1) - np.fmin.reduce(places, axis=1)
    with np.errstate(invalid="ignore"):  # nobody, or all in one place
        share = width / np.hypot(*box.T)
    wide = (share > WIDE[0]) & (share < WIDE[1])
    answers = []
    for one, other, near, far in body.marks:
        gap = places[:, list(one)].mean(axis=1) - places[:, list(other)].mean(axis=1)
        off = np.hypot(*gap[wide].T) / width[wide]
        off = off[np.isfinite(off)]
        median = np.median(off) if len(off) >= LEAST else np.nan
        answers.append(True if median <= near else False if median >= far else None)
    return False if False in answers else True if all(answers) else None
