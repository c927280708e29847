"""People as OpenPose's body models give them: names of the parts, and random poses."""

from fractions import Fraction

import numpy as np

from posequery.sources.clock import Clock
from posequery.sources.video import VideoInfo

_FEET = "LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel"
NAMES = {
    "BODY_25": f"""Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee
RAnkle LHip LKnee LAnkle REye LEye REar LEar {_FEET}""".split(),
    "BODY_25B": f"""Nose LEye REye LEar REar LShoulder RShoulder LElbow RElbow LWrist RWrist LHip
RHip LKnee RKnee LAnkle RAnkle UpperNeck HeadTop {_FEET}""".split(),
    "COCO": """Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip
LKnee LAnkle REye LEye REar LEar""".split(),
}
"""From doc/02_output.md and src/openpose/pose/poseParameters.cpp."""


def video_info(width, height, frames, stored=None, turns=0, mirrored=False):
    """What a video of these pixels as shown says of itself."""
    how = {"stored": stored or (width, height), "turns": turns, "mirrored": mirrored}
    clock = Clock(Fraction(50), None, even=True)
    return VideoInfo(width, height, Fraction(50), frames, clock=clock, **how)


def _turn(axis, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    one, other = [place for place in range(3) if place != axis]
    turn = np.eye(3)
    turn[[one, other], [one, other]] = cos
    turn[one, other], turn[other, one] = -sin, sin
    return turn


def pose(generator, facing):
    """A random person's parts by name, (3,) in metres: right, down, away from the camera.

    facing: 0 towards the camera, pi / 2 to its side. The person may bend and sit; arms, legs and
    head are anywhere that a body allows, roughly.
    """
    spread, between = generator.normal, generator.uniform
    torso = _turn(0, between(-0.1, 0.9)) @ _turn(2, spread(0, 0.15)) @ _turn(1, spread(0, 0.3))
    head = torso @ _turn(0, between(-0.4, 0.5)) @ _turn(1, between(-0.9, 0.9))
    head = head @ _turn(2, spread(0, 0.2))
    parts = {"MidHip": np.zeros(3)}
    for side, sign in (("L", 1), ("R", -1)):
        shoulder = torso @ [sign * 0.17, -0.48, spread(0, 0.02)]
        arm = _turn(2, -sign * abs(spread(0, 0.8))) @ _turn(0, between(-2.2, 0.6))
        forearm = arm @ _turn(0, -between(0, 2.2)) @ _turn(2, spread(0, 0.4))
        elbow = shoulder + torso @ arm @ [0, 0.29, 0]
        parts |= {f"{side}Shoulder": shoulder, f"{side}Elbow": elbow}
        parts[f"{side}Wrist"] = elbow + torso @ forearm @ [0, 0.26, 0]
        hip = np.array([sign * 0.09, 0, 0])
        thigh = _turn(0, -generator.choice([abs(spread(0, 0.4)), 1.5]))
        thigh = thigh @ _turn(2, -sign * abs(spread(0, 0.2)))
        shank = thigh @ _turn(0, between(0, 1.4))
        knee = hip + thigh @ [0, 0.42, 0]
        ankle = knee + shank @ [0, 0.42, 0]
        parts |= {f"{side}Hip": hip, f"{side}Knee": knee, f"{side}Ankle": ankle}
        parts[f"{side}Heel"] = ankle + shank @ [0, 0.06, 0.04]
        parts[f"{side}BigToe"] = ankle + shank @ [0.02 * sign, 0.07, -0.16]
        parts[f"{side}SmallToe"] = ankle + shank @ [0.07 * sign, 0.07, -0.14]
    parts["Neck"] = (parts["LShoulder"] + parts["RShoulder"]) / 2
    base = parts["Neck"] + torso @ [0, -0.06, 0]
    parts |= {"UpperNeck": base + head @ [0, -0.03, 0], "HeadTop": base + head @ [0, -0.27, 0]}
    parts["Nose"] = base + head @ [0, -0.12, -0.11]
    for side, sign in (("L", 1), ("R", -1)):
        parts[f"{side}Eye"] = base + head @ [sign * 0.032, -0.155, -0.085]
        parts[f"{side}Ear"] = base + head @ [sign * 0.075, -0.14, 0]
    view = _turn(0, between(-0.4, 0.4)) @ _turn(1, facing)
    return {name: view @ part for name, part in parts.items()}


def seen_by(generator, model, parts, noise=0.015, lost=0.1):
    """The parts of a body model (25 or 18, 3) of a `pose` 4 m before a camera of 1920 x 1080.

    noise: of each part, in metres. lost: the share that OpenPose does not find.
    """
    found = np.zeros((len(NAMES[model]), 3))
    for row, name in zip(found, NAMES[model], strict=True):
        place = parts[name][:2] + generator.normal(0, noise, 2)
        row[:] = *(1000 * place / (parts[name][2] + 4) + [960, 540]), 0.8
    found[generator.random(len(found)) < lost] = 0
    return found


def crowd(generator, model, count=24, facing=0.0, within=0.7, noise=0.015, still=False):
    """The parts of people (count, k, 3) who face a direction within some angle, all radians.

    still: one person, who keeps the pose.
    """
    angles = facing + generator.uniform(-within, within, count)
    poses = [pose(generator, angle) for angle in angles[: 1 if still else None]]
    poses = poses * count if still else poses
    return np.stack([seen_by(generator, model, one, noise) for one in poses])
