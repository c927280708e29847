"""From a pose to a body in space: joints by two-bone inverse kinematics, solid parts around them.

World: metres, z up. A body's own axes are (right, front, up), as the columns of a rotation.
Sides are numbered 0 (left) and 1 (right). A leading axis n runs over frames or over people.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from posequery.sources.rendered.bodies import PARTS, SEGMENTS, Body

Array = NDArray[np.float64]
SIDES = ("left", "right")
SIGNS = np.array([-1.0, 1.0])

# Points that move rigidly with the skull: (right, front, up) from the nape, in multiples of the
# segment "skull"; the left one comes first where there are two.
_ON_SKULL = {
    "head": (0, 0.25, 0.85), "top": (0, 0.15, 2.05), "crown": (0, 0.25, 1.15),
    "chin": (0, 0.5, 0.35), "nose": (0, 1.4, 0.8), "bridge": (0, 1.2, 0.85),
    "hair": (0, -0.3, 0.95), "hair_end": (0, -0.3, -0.65), "brim": (0, 0.55, 1.45),
    "brim_end": (0, 1.45, 1.4),
    "left_eye": (-0.36, 1.17, 1.05), "right_eye": (0.36, 1.17, 1.05),
    "left_ear": (-0.9, 0.2, 0.87), "right_ear": (0.9, 0.2, 0.87),
}  # fmt: skip
_PAIRS = (
    "shoulder", "elbow", "wrist", "hand", "thumb", "hip", "knee", "ankle", "heel", "ball", "toe",
)  # fmt: skip
POINTS = (
    "pelvis", "belt", "throat", "nape", "bust", "waist", *_ON_SKULL,
    *(f"{side}_{joint}" for joint in _PAIRS for side in SIDES),
)  # fmt: skip

_SOLIDS = {
    "head": ("crown", "chin", 0.98, 0.72, "skull", "face", 1.1),
    "nose": ("bridge", "nose", 0.13, 0.17, "skull", "skull_up", 1.0),
    "hair": ("hair", "hair_end", 1.0, 0.8, "hair", "face", 0.8),
    "brim": ("brim", "brim_end", 1.4, 1.2, "brim", "skull_up", 0.3),
    "neck": ("nape", "throat", 0.05, 0.062, "girth", "chest", 1.0),
    "shoulders": ("left_shoulder", "right_shoulder", 0.06, 0.06, "girth", "chest", 1.0),
    "chest": ("bust", "belt", 0.158, 0.138, "belly", "chest", 0.66),
    "pelvis": ("belt", "pelvis", 0.138, 0.152, "belly", "hips", 0.72),
}
for _part, _start, _end, _first, _last in (
    ("upper_arm", "shoulder", "elbow", 0.054, 0.043),
    ("forearm", "elbow", "wrist", 0.043, 0.031),
    ("hand", "wrist", "hand", 0.032, 0.026),
    ("thigh", "hip", "knee", 0.087, 0.058),
    ("shin", "knee", "ankle", 0.058, 0.04),
    ("foot", "heel", "toe", 0.045, 0.045),
):
    for _side in SIDES:
        _SOLIDS[f"{_side}_{_part}"] = (
            f"{_side}_{_start}", f"{_side}_{_end}", _first, _last, "girth", "foot",
            0.75 if _part == "foot" else 1.0,
        )  # fmt: skip
_ROWS = [_SOLIDS[part] for part in PARTS]
_START = [POINTS.index(row[0]) for row in _ROWS]
_END = [POINTS.index(row[1]) for row in _ROWS]
_RADII = np.array([row[2:4] for row in _ROWS])
_MEASURE = [("skull", "hair", "brim", "girth", "belly").index(row[4]) for row in _ROWS]
_FRONT = [("face", "skull_up", "chest", "hips", "foot").index(row[5]) for row in _ROWS]
FLAT = np.array([row[6] for row in _ROWS])
_LIMBS = [number for number, part in enumerate(PARTS) if part[part.find("_") + 1 :] in
          ("upper_arm", "forearm", "hand", "thigh", "shin")]  # fmt: skip
_HINGE = [2 * PARTS[number].endswith(("thigh", "shin")) + PARTS[number].startswith("right")
          for number in _LIMBS]  # fmt: skip
_FEET = [PARTS.index(f"{side}_foot") for side in SIDES]


@dataclass
class Pose:
    """What a motion sets, for n frames. Angles are in radians; `yaw` 0 faces +y, left is positive.

    place (n, 2) metres; height (n,) of the hips above the ankles' rest height, in leg lengths;
    lean (n, 2) forward and to the right; twist (n,) of the chest to the left;
    head (n, 3) yaw to the left, pitch down, tilt to the right;
    wrists (n, 2, 3) from the shoulder, in arm lengths along (outward, front, up) of the chest;
    elbows (n, 2) how far the elbows stick out (0 down, 1.5 sideways);
    ankles (n, 2, 3) from the ground below the hip, in leg lengths along (outward, front, up);
    knees (n, 2) how far the knees point outward; toes (n, 2) pitch downward.
    """

    place: Array
    height: Array
    yaw: Array
    lean: Array
    twist: Array
    head: Array
    wrists: Array
    elbows: Array
    ankles: Array
    knees: Array
    toes: Array

    @staticmethod
    def stack(poses: list["Pose"]) -> "Pose":
        """Concatenate poses along n."""
        return Pose(*(np.concatenate([getattr(p, f.name) for p in poses]) for f in fields(Pose)))


@dataclass
class PosedBodies:
    """`points` (n, len(POINTS), 3), and the parts around them in the order of PARTS: rounded cones
    from `start` to `end` (n, P, 3) with `radii` (n, P, 2), flattened to FLAT (P,) of their depth
    along `front` (n, P, 3). In world metres."""

    points: Array
    start: Array
    end: Array
    radii: Array
    front: Array

    def point(self, name: str) -> Array:
        """Positions (n, 3) of the point `name`."""
        return self.points[:, POINTS.index(name)]

    @staticmethod
    def gather(groups: list["PosedBodies"], row: int) -> "PosedBodies":
        """Row `row` of each of `groups`, as people of one scene."""
        names = [field.name for field in fields(PosedBodies)]
        return PosedBodies(*(np.stack([getattr(f, name)[row] for f in groups]) for name in names))


def unit(vector: Array) -> Array:
    """`vector` (..., 3) scaled to length 1."""
    return vector / np.sqrt(np.maximum((vector * vector).sum(-1, keepdims=True), 1e-18))


def cross(one: Array, two: Array) -> Array:
    """Cross product along the last axis; numpy's own spends most of its time on other cases."""
    out = np.empty(np.broadcast_shapes(one.shape, two.shape))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        out[..., i] = one[..., j] * two[..., k] - one[..., k] * two[..., j]
    return out


def _turns(*steps: tuple[int, Array]) -> Array:
    """Rotations (steps, n, 3, 3) about the axes by the angles (n,) of `steps`."""
    axis = np.array([step[0] for step in steps])
    angle = np.stack([step[1] for step in steps])
    step, one, two = np.arange(len(steps)), (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((len(steps), angle.shape[1], 3, 3))
    sine = np.sin(angle)
    matrix[step, :, axis, axis] = 1
    matrix[step, :, one, one] = matrix[step, :, two, two] = np.cos(angle)
    matrix[step, :, two, one] = sine
    matrix[step, :, one, two] = -sine
    return matrix


def _bend(
    start: Array, way: Array, first: Array, second: Array, pole: Array
) -> tuple[Array, Array, Array]:
    """Middle joint, end and hinge axis (n, 4, 3) of two-bone chains from `start` along `way`.

    They bend towards `pole`; a reach that is too long is cut to what the bones allow."""
    far = np.sqrt((way * way).sum(-1, keepdims=True))
    way = way / np.maximum(far, 1e-9)
    far = np.clip(far, abs(first - second) + 0.02, 0.995 * (first + second))
    along = (first**2 - second**2 + far**2) / (2 * far)
    out = unit(pole - (pole * way).sum(-1, keepdims=True) * way)
    middle = start + way * along + out * np.sqrt(np.maximum(first**2 - along**2, 0))
    return middle, start + way * far, cross(way, out)


def pose_bodies(bodies: list[Body], pose: Pose) -> PosedBodies:
    """`bodies` in the n rows of `pose`: one body for all rows, or one for each."""
    count = len(pose.yaw)
    sizes = np.stack([body.lengths for body in bodies]).T[..., None]
    size = dict(zip(SEGMENTS, np.broadcast_to(sizes, (len(sizes), count, 1)), strict=True))
    heading, bow, lean, tilt, twist, *neck = _turns(
        (2, pose.yaw), (0, -0.35 * pose.lean[:, 0]), (0, -0.65 * pose.lean[:, 0]),
        (1, pose.lean[:, 1]), (2, pose.twist), (2, pose.head[:, 0]), (0, -pose.head[:, 1]),
        (1, pose.head[:, 2]),
    )  # fmt: skip
    hips = heading @ bow
    chest = hips @ lean @ tilt @ twist
    skull = chest @ neck[0] @ neck[1] @ neck[2]
    at: dict[str, Array] = {}
    at["pelvis"] = np.concatenate(
        [pose.place, pose.height[:, None] * (size["thigh"] + size["shin"]) + size["ankle"]], axis=1
    )
    at["waist"] = at["pelvis"] + hips[:, :, 2] * size["loin"]
    at["belt"] = at["pelvis"] + hips[:, :, 2] * 0.45 * size["loin"]
    at["throat"] = at["waist"] + chest[:, :, 2] * size["back"]
    at["nape"] = at["throat"] + chest[:, :, 2] * 0.8 * size["neck"]
    belly = np.array([[body.belly] for body in bodies]) * size["shoulder"] / 0.18
    at["bust"] = at["throat"] - chest[:, :, 2] * 0.158 * belly
    offsets = np.array(list(_ON_SKULL.values())) * size["skull"][:, None]
    on_skull = at["nape"][:, None] + offsets @ skull.transpose(0, 2, 1)
    at |= zip(_ON_SKULL, on_skull.transpose(1, 0, 2), strict=True)

    # Arms and legs are four chains of the same kind: left and right arm, left and right leg.
    local = np.empty((count, 4, 3))  # where each chain starts
    local[:, :2] = (1, 0, 0) * size["shoulder"][:, None] + (0, 0, -0.25) * size["neck"][:, None]
    local[:, 2:] = (1, 0, 0) * size["hip"][:, None]
    ways = np.concatenate([pose.wrists, pose.ankles], axis=1)
    ways[:, :2] *= (size["upper_arm"] + size["forearm"])[:, None]
    ways[:, 2:] *= (size["thigh"] + size["shin"])[:, None]
    poles = np.empty((count, 4, 3))
    poles[:, :2, 0], poles[:, :2, 2] = np.sin(pose.elbows), -np.cos(pose.elbows)
    poles[:, :2, 1] = -0.35
    poles[:, 2:, 0], poles[:, 2:, 1:] = pose.knees, (0.8, 0.6)
    for array in (local, ways, poles):
        array[:, :, 0] *= (-1, 1, -1, 1)
    upper, lower = chest.transpose(0, 2, 1), heading.transpose(0, 2, 1)
    start = np.concatenate(
        [at["throat"][:, None] + local[:, :2] @ upper,
         at["pelvis"][:, None] + local[:, 2:] @ hips.transpose(0, 2, 1)], axis=1
    )  # fmt: skip
    way = np.concatenate([ways[:, :2] @ upper, ways[:, 2:] @ lower], axis=1)
    way[:, 2:, 2] += size["ankle"] - start[:, 2:, 2]
    pole = np.concatenate([poles[:, :2] @ upper, poles[:, 2:] @ lower], axis=1)
    first, second = (
        np.stack([size[arm], size[arm], size[leg], size[leg]], axis=1)
        for arm, leg in (("upper_arm", "thigh"), ("forearm", "shin"))
    )
    middle, end, hinge = _bend(start, way, first, second, pole)

    hand = unit(end[:, :2] - middle[:, :2]) * size["hand"][:, None]
    thumb = 0.6 * hand - 0.35 * SIGNS[:, None] * size["hand"][:, None] * hinge[:, :2]
    turns = _turns((2, np.full(count, 0.2)), (2, np.full(count, -0.2)), (0, -pose.toes[:, 0]),
                   (0, -pose.toes[:, 1]))  # fmt: skip
    feet = (heading @ turns[:2] @ turns[2:]).transpose(1, 0, 2, 3)  # (n, 2, 3, 3)
    long, high = size["foot"][:, None], size["ankle"][:, None]
    fore, top = feet[..., 1], feet[..., 2]
    pairs = {
        "shoulder": start[:, :2], "elbow": middle[:, :2], "wrist": end[:, :2],
        "hand": end[:, :2] + hand, "thumb": end[:, :2] + thumb, "hip": start[:, 2:],
        "knee": middle[:, 2:], "ankle": end[:, 2:],
        "heel": end[:, 2:] - 0.15 * long * fore - 0.45 * high * top,
        "ball": end[:, 2:] + 0.6 * long * fore - 0.55 * high * top,
        "toe": end[:, 2:] + 0.85 * long * fore - 0.6 * high * top,
    }  # fmt: skip
    single = [at[name] for name in POINTS[: 6 + len(_ON_SKULL)]]
    points = np.concatenate([np.stack(single, axis=1), *(pairs[name] for name in _PAIRS)], axis=1)

    begin, finish = points[:, _START], points[:, _END]
    front = np.stack(
        [skull[:, :, 1], skull[:, :, 2], chest[:, :, 1], hips[:, :, 1], hips[:, :, 1]], axis=1
    )[:, _FRONT]
    front[:, _LIMBS] = cross(hinge[:, _HINGE], unit((finish - begin)[:, _LIMBS]))
    front[:, _FEET] = top
    girth = np.array([[body.girth] for body in bodies]) * size["thigh"] / 0.42
    hair, brim = (np.array([[getattr(b, name)] for b in bodies]) for name in ("hair", "brim"))
    measures = np.concatenate(
        [size["skull"], hair * size["skull"], brim * size["skull"], girth, belly], axis=1
    )
    radii = _RADII * measures[:, _MEASURE, None]
    return PosedBodies(points, begin, finish, radii, front)
