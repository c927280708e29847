"""Motions: what the body does in each of Human3.6M's fifteen actions, and poses of another kind.

A motion is a function of seconds: arms move smoothly between gestures, the body sways, walks, sits.
Every constant was set by eye.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posequery.sources.rendered.anatomy import Pose

Array = NDArray[np.float64]
GESTURES = {
    "rest": (0.14, 0.08, -0.95), "front": (0.05, 0.95, 0.05), "side": (0.92, 0.25, 0.05),
    "up": (0.2, 0.35, 0.88), "cross": (-0.5, 0.75, 0.05), "talk": (0.1, 0.55, -0.4),
    "open": (0.45, 0.5, -0.25), "mouth": (-0.28, 0.36, 0.22), "ear": (-0.06, 0.14, 0.42),
    "plate": (-0.15, 0.5, -0.45), "wave": (0.35, 0.25, 0.75), "hip": (0.12, 0.0, -0.62),
    "folded": (-0.5, 0.35, -0.35), "lap": (-0.05, 0.5, -0.65), "camera": (-0.2, 0.5, 0.3),
    "watch": (-0.35, 0.5, -0.1), "reach": (0.1, 0.8, -0.55), "leash": (0.2, 0.5, -0.75),
    "neck": (0.1, -0.08, 0.45),
}  # fmt: skip
"""Wrists from the shoulder, in arm lengths along (outward, front, up)."""
_ELBOWS = {"hip": 1.3, "camera": 0.9, "neck": 1.5, "wave": 0.9, "folded": 0.6, "mouth": 0.5}
_BULGE = np.array([0.3, 1.0, 0.0, 0.0])  # hands go around the shoulder, not through it

Prop = Literal["chair", "dog", "bag", "device", "companion"]
Legs = Literal["stand", "chair", "floor", "walk", "crouch"]


@dataclass(frozen=True)
class Action:
    """Gestures of the busy and of the other hand, seconds each is held, ways to stand or sit."""

    busy: tuple[str, ...]
    other: tuple[str, ...]
    hold: tuple[float, float]
    legs: tuple[Legs, ...] = ("stand",)
    lean: float = 0.06
    gaze: float = 0.4
    props: tuple[Prop, ...] = ()


ACTIONS = {
    "Directions": Action(("front", "side", "up", "cross", "talk"), ("rest", "hip", "side"),
                         (0.5, 1.3)),
    "Discussion": Action(("talk", "open", "front", "folded"), ("talk", "open", "rest"), (0.5, 1.0)),
    "Eating": Action(("mouth", "plate"), ("plate", "rest"), (0.5, 1.2), ("chair", "stand"), 0.1),
    "Greeting": Action(("wave", "front", "up", "reach"), ("rest", "wave"), (0.4, 1.0), lean=0.2),
    "Phoning": Action(("ear",), ("rest", "talk", "folded", "hip"), (0.8, 2.0),
                      ("stand", "walk", "chair"), props=("device",)),
    "Posing": Action(("hip", "up", "folded", "side", "neck"), ("hip", "neck", "rest", "up"),
                     (0.8, 1.8), ("stand", "stand", "crouch"), 0.12),
    "Purchases": Action(("reach", "front", "plate", "rest"), ("rest", "reach"), (0.5, 1.2),
                        ("stand", "walk"), 0.3, props=("bag",)),
    "Sitting": Action(("lap", "folded", "mouth", "neck"), ("lap", "plate", "rest"), (0.9, 2.2),
                      ("chair",), 0.15),
    "SittingDown": Action(("lap", "reach", "talk", "mouth"), ("lap", "hip"), (0.8, 1.8),
                          ("floor",), 0.2),
    "Smoking": Action(("mouth", "rest", "talk"), ("rest", "folded", "hip"), (0.7, 1.6),
                      ("stand", "chair")),
    "TakingPhoto": Action(("camera",), ("camera",), (0.8, 1.8), ("stand", "crouch"), 0.12, 0.15,
                          ("device",)),
    "Waiting": Action(("folded", "watch", "hip", "rest"), ("folded", "rest", "neck"), (0.9, 2.2)),
    "Walking": Action(("rest",), ("rest",), (1, 2), ("walk",), gaze=0.2),
    "WalkingDog": Action(("leash",), ("rest",), (1, 2), ("walk",), 0.08, 0.3, ("dog",)),
    "WalkingTogether": Action(("rest", "talk"), ("rest",), (1, 2), ("walk",), props=("companion",)),
}  # fmt: skip


def motion(
    action: str, generator: np.random.Generator, seconds: Array
) -> tuple[Pose, tuple[Prop, ...], int]:
    """The pose at each of `seconds` (n,) of one random performance of `action`.

    Returns the pose, the props in the room, and which hand (0 left, 1 right) is the busy one.
    """
    way = ACTIONS[action]
    legs = way.legs[generator.integers(len(way.legs))]
    busy = int(generator.random() < 0.7)
    pose = standing(len(seconds))
    yaw = generator.uniform(-np.pi, np.pi) + generator.normal(0, 0.2) * seconds
    pose.yaw = yaw + 0.35 * _sway(generator, seconds, 1)[:, 0]
    pose.place = generator.uniform(-0.45, 0.45, 2) + 0.06 * _sway(generator, seconds, 2)
    pose.lean = way.lean * (_sway(generator, seconds, 2) * (1, 0.4) + (0.5, 0))
    pose.twist = 0.18 * _sway(generator, seconds, 1)[:, 0]
    pose.head = _between(
        generator, seconds, generator.normal(0, (way.gaze, 0.18, 0.08), (6, 3)), way.hold
    )
    for hand in (0, 1):
        names = way.busy if hand == busy else way.other
        keys = np.array([(*GESTURES[name], _ELBOWS.get(name, 0.25)) for name in names])
        keys = np.concatenate([keys, keys]) + generator.normal(0, 0.06, (2 * len(keys), 4))
        path = _between(generator, seconds, keys, way.hold, _BULGE)
        pose.wrists[:, hand], pose.elbows[:, hand] = path[:, :3], path[:, 3]
    _stance(
        pose,
        legs,
        generator,
        seconds,
        swing=[hand != busy or way.busy == ("rest",) for hand in (0, 1)],
    )
    props = way.props + (("chair",) if legs == "chair" else ())
    return pose, props, busy


def standing(count: int) -> Pose:
    """`count` rows of a person standing upright at the origin, arms hanging, facing +y."""
    pose = Pose(
        place=np.zeros((count, 2)), height=np.full(count, 0.985), yaw=np.zeros(count),
        lean=np.zeros((count, 2)), twist=np.zeros(count), head=np.zeros((count, 3)),
        wrists=np.empty((count, 2, 3)), elbows=np.full((count, 2), 0.25),
        ankles=np.zeros((count, 2, 3)), knees=np.full((count, 2), 0.15), toes=np.zeros((count, 2)),
    )  # fmt: skip
    pose.wrists[:] = GESTURES["rest"]
    pose.ankles[..., 0] = 0.03
    return pose


def _sway(generator: np.random.Generator, seconds: Array, width: int) -> Array:
    """Slow smooth curves (n, width) with an amplitude of about 1."""
    turns = generator.uniform(0.1, 0.5, (2, width)) * seconds[:, None, None]
    return np.sin(2 * np.pi * (turns + generator.random((2, width)))).sum(1) * 0.7


def _between(
    generator: np.random.Generator,
    seconds: Array,
    keys: Array,
    hold: tuple[float, float],
    bulge: Array | float = 0.0,
) -> Array:
    """A path (n, d) that rests at one random row of `keys` (k, d) and glides to the next.

    Longer moves arch towards `bulge` (d,)."""
    count = int((seconds[-1] + 2) / hold[0]) + 2
    starts = np.cumsum(generator.uniform(*hold, count)) - hold[1] - 1
    order = generator.integers(0, len(keys), count)
    number = np.clip(np.searchsorted(starts, seconds, "right") - 1, 1, None)
    share = np.clip((seconds - starts[number]) / min(0.75, hold[0]), 0, 1)[:, None]
    share = share * share * (3 - 2 * share)
    left, reached = keys[order[number - 1]], keys[order[number]]
    gap = np.linalg.norm(reached - left, axis=1, keepdims=True)
    return left + (reached - left) * share + bulge * share * (1 - share) * gap


def _stance(
    pose: Pose, legs: Legs, generator: np.random.Generator, seconds: Array, swing: list[bool]
) -> None:
    """Set hips and legs; `swing` states which arms swing when walking."""
    if legs == "stand":
        pose.ankles[..., 0] += generator.uniform(0, 0.14, 2)
        pose.ankles[..., 1] = generator.uniform(-0.1, 0.1, 2)
        pose.height[:] = 0.985 - 0.015 * np.abs(_sway(generator, seconds, 1)[:, 0])
    elif legs == "chair":
        pose.height[:] = 0.52
        pose.ankles[..., :2] = generator.uniform((-0.02, 0.35), (0.15, 0.62), (2, 2))
        pose.knees[:] = generator.uniform(0, 0.5, 2)
    elif legs == "floor":
        pose.height[:] = 0.1
        crossed = generator.random() < 0.4
        near, far = ((-0.25, 0.28), (-0.12, 0.4)) if crossed else ((0.0, 0.5), (0.12, 0.92))
        pose.ankles[..., :2] = generator.uniform(near, far, (2, 2))
        pose.knees[:] = 2.2 if crossed else generator.uniform(0, 0.5, 2)
        pose.toes[:] = -0.4
    elif legs == "crouch":
        pose.height[:] = generator.uniform(0.5, 0.75)
        pose.ankles[:, 0, 1], pose.ankles[:, 1, 1] = 0.25, -generator.uniform(0.15, 0.4)
        pose.toes[:, 1] = 0.7
        pose.lean[:, 0] += 0.15
    else:
        pace, radius = generator.uniform(0.7, 1.15), generator.uniform(0.6, 0.9)
        spin = generator.choice([-1, 1])
        angle = generator.uniform(-np.pi, np.pi) + spin * seconds * pace / radius
        pose.place = radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        pose.yaw = angle + (0 if spin > 0 else np.pi)
        _gait(pose, generator.random() + pace * 0.85 * seconds, 0.66, 0.1)
        for hand in (0, 1):
            if swing[hand]:
                _swing(pose, hand, 0.35)


def _gait(pose: Pose, cycles: Array, stride: float, lift: float) -> None:
    """Walking legs at `cycles` (n,) steps of the left foot; a foot is down for 0.6 of each."""
    pose.height[:] = 0.93 + 0.012 * np.cos(4 * np.pi * cycles)
    for foot in (0, 1):
        share = (cycles + 0.5 * foot) % 1
        air = np.clip((share - 0.6) / 0.4, 0, 1)
        glide = air * air * (3 - 2 * air)
        pose.ankles[:, foot, 1] = stride * np.where(share < 0.6, 0.5 - share / 0.6, glide - 0.5)
        pose.ankles[:, foot, 2] = lift * np.sin(np.pi * air) + 0.06 * np.clip(share - 0.45, 0, 0.15)
        pose.toes[:, foot] = 0.5 * np.sin(np.pi * np.clip((share - 0.45) / 0.4, 0, 1))


def _swing(pose: Pose, hand: int, size: float) -> None:
    """Swing an arm opposite to the leg on its own side."""
    pose.wrists[:, hand, 1] += size * (-pose.ankles[:, hand, 1] / 0.33)
    pose.wrists[:, hand, 2] += 0.12


def wild_pose(generator: np.random.Generator) -> Pose:
    """One varied pose (n = 1): running, jumping, squatting, kicking, bowing, or loose limbs.

    None comes from the actions above, so that the domain gap to the studio includes the poses.
    """
    pose = standing(1)
    pose.yaw[:] = generator.uniform(-np.pi, np.pi)
    pose.lean[0] = generator.normal((0.1, 0), (0.22, 0.14))
    pose.twist[:] = generator.normal(0, 0.25)
    pose.head[0] = generator.normal(0, (0.45, 0.25, 0.15))
    reach = generator.normal((0.35, 0.35, -0.25), (0.5, 0.5, 0.65), (2, 3))
    reach *= generator.uniform(0.35, 1.0, (2, 1)) / np.linalg.norm(reach, axis=1, keepdims=True)
    hanging = generator.random((2, 1)) < 0.25
    pose.wrists[0] = np.where(hanging, generator.normal(GESTURES["rest"], 0.12), reach)
    pose.elbows[0] = generator.uniform(-0.2, 1.4, 2)
    pose.ankles[0, :, :2] = generator.normal((0.12, 0), (0.12, 0.15), (2, 2)).clip(
        (-0.08, -0.5), 0.5
    )
    pose.height[:] = generator.uniform(0.9, 0.985)
    pose.knees[0] = generator.uniform(0, 0.5, 2)
    kind = generator.choice(
        ["loose", "run", "jump", "squat", "kick", "bow"], p=(0.4, 0.2, 0.1, 0.13, 0.09, 0.08)
    )
    if kind == "run":
        _gait(pose, generator.random(1), generator.uniform(0.6, 1.1), generator.uniform(0.1, 0.4))
        pose.lean[:, 0] += 0.15
    elif kind == "jump":
        lift = generator.uniform(0.1, 0.3)
        pose.height += lift
        pose.ankles[0, :, 2] = lift + generator.uniform(0, 0.3, 2)
        pose.toes[:] = 0.6
    elif kind == "squat":
        pose.height[:] = generator.uniform(0.3, 0.75)
        pose.ankles[0, :, 0] += 0.1
        pose.lean[:, 0] += 0.3
    elif kind == "kick":
        foot = generator.integers(2)
        pose.ankles[0, foot] = generator.uniform((-0.1, -0.5, 0.2), (0.5, 0.8, 0.8))
    elif kind == "bow":
        pose.lean[:, 0] += generator.uniform(0.5, 1.2)
    return pose
