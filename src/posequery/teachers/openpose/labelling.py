"""OpenPose as a teacher: of all detected people, one labels each frame, by one of `RULES`.

- `labelled`: the person nearest to the clip's own label, by the mean distance over the limb joints
  that both have. A person who has none of these or is `FAR` away is never taken, and nobody is
  taken where the clip has no label. Ties go to the higher mean confidence, then to the first. The
  rule uses the label because the question is how well OpenPose detects the labelled person, not
  which person in the image that is.
- `tracked`: the person nearest to the one taken last, by the mean distance over the joints that
  both have, unless this is `FAR` away: then the frame has no label. Each clip starts with its
  strongest person, and starts again when nobody was taken for a second.
- `strongest`: the person with the highest sum of confidence over the student's joints, the first on
  a tie. This is nearly the person that `--number_people_max 1` keeps: OpenPose's own score also
  counts links and the area (src/openpose/core/keepTopNPeople.cpp), which its files do not contain.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posequery.clips import ClipInfo, Stream
from posequery.jobs.files import REMAKE, BadInput
from posequery.jobs.terminal import tell
from posequery.metrics import frame_errors, joint_errors
from posequery.skeletons import JOINTS, LIMBS
from posequery.teachers import FAR, Labels
from posequery.teachers.openpose.detections import Detections, read_detections, require_frames

_WHO = {
    "labelled": "nearest to the ground truth",
    "tracked": "nearest to the one before",
    "strongest": "seen most surely",
}
RULES = tuple(_WHO)
NOBODY = -1
_ANOTHER = "Another video, or a --keypoint_scale other than openpose.keypoint_scale?"


def label_stream(stream: Stream, paths: Sequence[str | os.PathLike[str]], rule: str) -> Labels:
    """Labels for a whole stream from one detections file per clip, in the clips' order; files for
    clips after the stream's end may follow.

    A joint is NaN where OpenPose found none or nobody was taken; the notes are `counts`. Frames of
    a video after its clip's last frame are dropped. Raises `BadInput` for a file that is broken, or
    for another or a shorter video, for two clips whose detections come from the same JSON files,
    and for a clip in which half of the joints are `FAR` from its own labels; with `labelled`, which
    takes nobody so far away, only if this is so of every clip, and it is said otherwise.
    """
    if len(paths) < len(stream.clips):
        fault = f"has {len(stream.clips)} clips, but {len(paths)} detections files are given"
        raise BadInput(stream.path, fault, "Give one for each clip, in the same order")
    joints = np.full((len(stream), len(JOINTS), 2), np.nan, np.float32)
    confidence = np.zeros((len(stream), len(JOINTS)), np.float32)
    own = stream.joints(np.arange(len(stream)))
    number = np.zeros(len(stream), np.int64)
    read = np.zeros(len(stream), bool)
    taken = np.zeros(len(stream), bool)
    origins: dict[str, str] = {}
    strange: list[BadInput] = []
    near = 0
    for clip, start, path in zip(stream.clips, stream.starts, paths, strict=False):
        found = read_detections(path)
        _check(found, clip, path)
        first = origins.setdefault(found.origin, clip.video)
        if first != clip.video:
            fault = f"comes from the same JSON files as {first}'s ({found.origin})"
            raise BadInput(path, fault, "Keep each subject's files in a folder with its name")
        here = slice(start, start + clip.frames)
        chosen = choose(found, own[here], rule, clip.fps)
        taken[here] = chosen != NOBODY
        joints[here][taken[here]] = found.joints[chosen[taken[here]]]
        confidence[here][taken[here]] = found.confidence[chosen[taken[here]]]
        errors = joint_errors(joints[here], own[here])
        off = errors[:, LIMBS]
        far = FAR * np.hypot(clip.width, clip.height)
        if np.isfinite(off).any() and np.nanmedian(off) > far:
            fault = f"its joints lie {np.nanmedian(off):.0f} px (median) from the labels of "
            strange.append(BadInput(found.origin, f"{fault}{clip.slug}", _ANOTHER))
        else:
            near += np.isfinite(off).any()
        if strange and rule != "labelled":
            raise strange[0]
        if rule == "labelled":
            another = frame_errors(errors) > far
            joints[here][another], confidence[here][another] = np.nan, 0
            taken[here] &= ~another
        number[here] = np.diff(found.start)[: clip.frames]
        read[here] = found.read[: clip.frames]
    if strange and not near:
        raise strange[0]
    if several := int((number > 1).sum()):
        seen = f"in {several} of {len(number)} frames"
        tell(f"OpenPose sees more than one person {seen}; the one labels who is {_WHO[rule]}")
    for one in strange:
        tell(f"{one.path}: {one.fault}; frames with nobody near these have no label")
    return Labels(joints, confidence, counts(number, read, taken))


def _check(found: Detections, clip: ClipInfo, path: str | os.PathLike[str]) -> None:
    # A study may move: the last two folders identify a video, and with it Human3.6M's subject.
    names = [Path(video).parts[::-1][:3] for video in (found.video, clip.video)]
    if any(one != other for one, other in zip(*names, strict=False)):
        fault = f"is for {found.video}, but its clip {clip.slug} is from {clip.video}"
        raise BadInput(path, fault, "Give the detections in the order of the clips")
    if (found.width, found.height) != (clip.width, clip.height):
        fault = f"is for frames of {found.width}x{found.height}, but its clip {clip.slug} has "
        raise BadInput(path, f"{fault}{clip.width}x{clip.height}", REMAKE)
    require_frames(found, clip.frames, clip.slug, path)


def choose(found: Detections, own: np.ndarray, rule: str, fps: float) -> np.ndarray:
    """Which of a clip's people is taken in each of its n frames: numbers (n,), or `NOBODY`.

    own: the clip's labels (n, 18, 2) in source pixels, NaN where there are none.
    """
    people = int(found.start[len(own)])
    owner = np.repeat(np.arange(len(own)), np.diff(found.start)[: len(own)])
    joints, confidence = found.joints[:people], found.confidence[:people]
    strength = confidence.sum(axis=1, dtype=np.float64)
    if rule == "labelled":
        distance = frame_errors(joint_errors(joints, own[owner]))
        return _best(owner, np.isfinite(distance), distance, strength, len(own))
    strongest = _best(owner, strength > 0, np.zeros(people), strength, len(own))
    if rule == "strongest":
        return strongest
    if rule != "tracked":
        raise ValueError(f"there is no rule {rule!r}; the rules are {', '.join(RULES)}")
    chosen = np.full(len(own), NOBODY)
    last = np.full(joints.shape[1:], np.nan, np.float32)
    far = FAR * float(np.hypot(found.width, found.height))
    absent = np.inf
    for frame in range(len(own)):
        if absent >= fps:
            chosen[frame] = strongest[frame]
        else:
            here = slice(found.start[frame], found.start[frame + 1])
            chosen[frame] = _nearest(joints[here], strength[here], last, far, here.start)
        absent += 1
        if chosen[frame] != NOBODY:
            last, absent = joints[chosen[frame]], 0
    return chosen


def _best(
    owner: np.ndarray, eligible: np.ndarray, distance: np.ndarray, strength: np.ndarray, count: int
) -> np.ndarray:
    """For each of `count` frames, the nearest eligible person; ties go to the strongest one."""
    best = np.full(count, NOBODY)
    eligible = np.flatnonzero(eligible)
    # The sort is stable: of people equal in all three, the first stays first.
    order = eligible[np.lexsort((-strength[eligible], distance[eligible], owner[eligible]))]
    frames, places = np.unique(owner[order], return_index=True)
    best[frames] = order[places]
    return best


def _nearest(
    people: np.ndarray, strength: np.ndarray, last: np.ndarray, far: float, first: int
) -> int:
    """Which of people (p, 18, 2), numbered from `first` on, is nearest to `last` (18, 2).

    far: the distance in pixels beyond which it is somebody else.
    """
    distances = joint_errors(people, np.broadcast_to(last, people.shape))
    shared = np.isfinite(distances)
    eligible = np.flatnonzero(shared.any(axis=1))
    mean = distances[eligible].mean(axis=1, where=shared[eligible], dtype=np.float64)
    if not (mean <= far).any():
        return NOBODY
    return first + int(eligible[np.lexsort((-strength[eligible], mean))[0]])


def counts(number: np.ndarray, read: np.ndarray, taken: np.ndarray) -> dict[str, int]:
    """How many of n frames there are of each sort.

    number (n,) of people in each frame; read (n,): the frame has a file; taken (n,): somebody in it
    was taken.
    """
    return {
        "frames": len(number),
        "frames_without_file": int((~read).sum()),
        "frames_without_person": int((read & (number == 0)).sum()),
        "frames_with_several_people": int((number > 1).sum()),
        "frames_without_label": int((~taken).sum()),
    }
