"""Joint sets, and the mapping of each to the student's 18 joints.

The student's joints and links are trt_pose's (tasks/human_pose/human_pose.json).
"""

import re

import numpy as np

from posequery.jobs.files import suggestion

JOINTS = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "neck",
)
"""The student's 18 joints: COCO's 17 and the neck."""

LIMBS = np.arange(5, 17)
"""The 12 joints that Human3.6M and COCO both label; the paper's error is measured on these."""

NECK = 17
LEFT_SHOULDER, RIGHT_SHOULDER = 5, 6

LINKS = (
    (15, 13),
    (13, 11),
    (16, 14),
    (14, 12),
    (11, 12),
    (5, 7),
    (6, 8),
    (7, 9),
    (8, 10),
    (1, 2),
    (0, 1),
    (0, 2),
    (1, 3),
    (2, 4),
    (3, 5),
    (4, 6),
    (17, 0),
    (17, 5),
    (17, 6),
    (17, 11),
    (17, 12),
)
"""The 21 links (from, to), in the order of the part affinity fields."""


def _mirrored(name: str) -> str:
    side, _, rest = name.partition("_")
    return {"left": f"right_{rest}", "right": f"left_{rest}"}.get(side, name)


MIRROR = np.array([JOINTS.index(_mirrored(name)) for name in JOINTS])
"""MIRROR[j] is the joint that j becomes when the image is flipped."""

COCO_JOINTS = 17
"""Number of COCO's joints, which are the student's first ones."""

_SIDES = {"l": "left", "r": "right", "left": "left", "right": "right"}
_PAIRED = "eye ear shoulder elbow wrist hip knee ankle".split()
_OTHER_POINTS = (
    "head forehead face mouth lip lips chin jaw cheek eyebrow neck collar clavicle chest sternum "
    "thorax torso spine belly navel waist pelvis root hand palm finger forefinger thumb index ring "
    "pinky little knuckle foot toe heel sole"
).split()
"""Of a person's body, in datasets that mark more than the student's joints."""
_WHERE = (
    "top bottom upper lower inner outer mid middle center centre base tip big small of the".split()
)


def joint_called(name: str) -> str | None:
    """The student's joint that a dataset's name means; None for another point of a person's body.

    Case, camel case, spaces, dashes and dots are alike; a side may be a letter, and come first or
    last: `left_eye`, `Left Eye`, `LEye`, `l_eye`, `eye.left`. A stated neck, such as PoseTrack's
    `head_bottom`, is another point: the student's is made of the shoulders. Raises ValueError, with
    the nearest joint, for a name that is none of a person's.
    """
    words: list[str] = []
    for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name):
        glued = re.fullmatch(f"(left|right|l|r)({'|'.join(_PAIRED)})", word.lower())
        words += glued.groups() if glued else [word.lower()]
    sides = [_SIDES[word] for word in words if word in _SIDES]
    rest = [word for word in words if word not in _SIDES]
    joint = "_".join(sides + rest)
    if joint in JOINTS[:COCO_JOINTS] and name.isascii() and not re.search(r"\d", name):
        return joint
    known = {*_PAIRED, *_OTHER_POINTS, "nose"}
    understood = name.isascii() and len(sides) <= 1 and known.union(_WHERE).issuperset(rest)
    if not understood or known.isdisjoint(rest):
        near = suggestion(joint, JOINTS[:COCO_JOINTS])
        raise ValueError(f"'{name}' is no joint of a person: {near}")
    return None


HUMAN36M_JOINTS = 32
HUMAN36M = {5: 17, 6: 25, 7: 18, 8: 26, 9: 19, 10: 27, 11: 6, 12: 1, 13: 7, 14: 2, 15: 8, 16: 3}
"""Student's joint -> Human3.6M's joint (of 32); the neck is computed from the shoulders."""

BLAZEPOSE_JOINTS = 33
BLAZEPOSE = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""BlazePose's landmark (of 33) for each of the student's first 17 joints."""

OPENPOSE_BODY_25 = (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11, 1)
"""OpenPose's body part (of BODY_25's 25) for each of the student's joints."""
OPENPOSE_COCO = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10, 1)
"""OpenPose's body part (of its COCO model's 18) for each of the student's joints."""
_OPENPOSE = {25: OPENPOSE_BODY_25, 18: OPENPOSE_COCO}


def from_human36m(pose: np.ndarray) -> np.ndarray:
    """Human3.6M poses (n, 32, 2) to (n, 18, 2) float32 in the same pixels.

    The face has no labels (NaN). The neck is the mean of the shoulders, as in trt_pose and
    OpenPose: Human3.6M's own 'Neck' is a different point.
    """
    if pose.ndim != 3 or pose.shape[1:] != (HUMAN36M_JOINTS, 2):
        raise ValueError(f"expected (n, {HUMAN36M_JOINTS}, 2), got {pose.shape}")
    joints = np.full((len(pose), len(JOINTS), 2), np.nan, np.float32)
    joints[:, list(HUMAN36M)] = pose[:, list(HUMAN36M.values())]
    joints[:, NECK] = joints[:, [LEFT_SHOULDER, RIGHT_SHOULDER]].mean(axis=1)
    return joints


def from_coco(keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """COCO keypoints (p, 17, 3) of x, y, v to joints (p, 18, 2) float32 and visibility (p, 18).

    A joint with v = 0 is NaN. The neck is the shoulders' mean rounded to whole pixels; its v is 0
    if either shoulder's is 0, else 1 if either's is 1, else 2 (trt_pose, preprocess_coco_person).
    """
    if keypoints.ndim != 3 or keypoints.shape[1:] != (COCO_JOINTS, 3):
        raise ValueError(f"expected (p, {COCO_JOINTS}, 3), got {keypoints.shape}")
    joints = np.full((len(keypoints), len(JOINTS), 2), np.nan, np.float32)
    visibility = np.zeros((len(keypoints), len(JOINTS)), np.int64)
    visibility[:, :COCO_JOINTS] = keypoints[:, :, 2]
    shoulders = [LEFT_SHOULDER, RIGHT_SHOULDER]
    visibility[:, NECK] = visibility[:, shoulders].min(axis=1)
    joints[:, :COCO_JOINTS] = keypoints[:, :, :2]
    # np.rint rounds halves to even, as Python's round does upstream.
    joints[:, NECK] = np.rint(keypoints[:, shoulders, :2].mean(axis=1))
    joints[visibility == 0] = np.nan
    return joints, visibility


def from_blazepose(landmarks: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """BlazePose landmarks (n, 33, 2) and confidence (n, 33) to (n, 18, 2) float32 and (n, 18).

    The neck is the mean of the shoulders, with the lower of their confidences.
    """
    if landmarks.ndim != 3 or landmarks.shape[1:] != (BLAZEPOSE_JOINTS, 2):
        raise ValueError(f"expected (n, {BLAZEPOSE_JOINTS}, 2), got {landmarks.shape}")
    shoulders = [LEFT_SHOULDER, RIGHT_SHOULDER]
    joints = landmarks[:, list(BLAZEPOSE)].astype(np.float32)
    joint_confidence = confidence[:, list(BLAZEPOSE)].astype(np.float32)
    neck = joints[:, shoulders].mean(axis=1, keepdims=True)
    neck_confidence = joint_confidence[:, shoulders].min(axis=1, keepdims=True)
    return np.concatenate([joints, neck], axis=1), np.concatenate(
        [joint_confidence, neck_confidence], axis=1
    )


def from_openpose(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """OpenPose's body parts (n, 25 or 18, 3) of x, y, confidence to (n, 18, 2) float32 and (n, 18).

    25 parts are BODY_25's, 18 its COCO model's (src/openpose/pose/poseParameters.cpp). A part that
    OpenPose did not find has confidence 0 and is NaN here. The neck is OpenPose's own, which is
    trained on the mean of the shoulders.
    """
    order = _OPENPOSE.get(parts.shape[1]) if parts.ndim == 3 and parts.shape[2] == 3 else None
    if order is None:
        raise ValueError(f"expected (n, 25, 3) or (n, 18, 3), got {parts.shape}")
    return _found(parts[:, list(order)])


def _found(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parts (n, k, 3) of x, y, confidence as joints (n, k, 2), NaN where not found, and (n, k)."""
    taken = parts.astype(np.float32)
    joints, confidence = taken[:, :, :2].copy(), taken[:, :, 2].copy()
    joints[confidence == 0] = np.nan
    return joints, confidence


OPENPOSE_BODY_25B_PARTS = 25
"""Number of BODY_25B's parts: COCO's 17 in COCO's order, the upper neck, the top of the head, and
the feet (src/openpose/pose/poseParameters.cpp)."""


def from_openpose_body_25b(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """OpenPose's body parts (n, 25, 3) by its model BODY_25B, as `from_openpose` gives others'.

    The model has no neck between the shoulders: its upper neck is a point of the throat. The
    student's is their mean, with the lower of their confidences.
    """
    if parts.ndim != 3 or parts.shape[1:] != (OPENPOSE_BODY_25B_PARTS, 3):
        raise ValueError(f"expected (n, {OPENPOSE_BODY_25B_PARTS}, 3), got {parts.shape}")
    shoulders = parts[:, [LEFT_SHOULDER, RIGHT_SHOULDER]]
    neck = shoulders.mean(axis=1, keepdims=True)
    neck[:, :, 2] = shoulders[:, :, 2].min(axis=1, keepdims=True)
    return _found(np.concatenate([parts[:, :COCO_JOINTS], neck], axis=1))
