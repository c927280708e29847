"""BlazePose as a teacher: it tracks one person through a video, frame by frame.

Bazarevsky et al., BlazePose (2020). The two networks ship in the mediapipe wheel; neither MediaPipe
itself nor torch is needed.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from posequery.clips import Stream
from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.skeletons import BLAZEPOSE_JOINTS, from_blazepose
from posequery.sources.playback import play
from posequery.teachers import FAR, Labels
from posequery.teachers.blazepose import detector, landmarks

Network = Callable[[np.ndarray], dict[str, np.ndarray]]
"""From the single input to the outputs by name."""


def load_network(path: str | os.PathLike[str]) -> Network:
    """A LiteRT network on one thread.

    Raises `BadInput` if `path` is not one, or LiteRT is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        fault = f"needs the package ai-edge-litert ({error})"
        fix = (
            "Run .venv/bin/pip install -r envs/workstation.lock, or, for an environment of your "
            "own, pip install -e '.[lab]' in the checkout"
        )
        raise BadInput(path, fault, fix) from error
    fix = "Fetch it again"
    if not Path(path).is_file():
        raise BadInput(path, "there is no such network", fix)
    try:
        interpreter = Interpreter(model_path=os.fspath(path), num_threads=1)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise BadInput(path, f"not a LiteRT network ({error})", fix) from error
    entry = interpreter.get_input_details()[0]["index"]
    exits = {row["name"]: row["index"] for row in interpreter.get_output_details()}

    def network(values: np.ndarray) -> dict[str, np.ndarray]:
        interpreter.set_tensor(entry, values)
        interpreter.invoke()
        return {name: interpreter.get_tensor(index) for name, index in exits.items()}

    return network


class BlazePose:
    """Tracks one person: the detector finds whom only where the last frame's region yields no pose.

    Of several people that it finds, the nearest to the person's last place is taken, but none who
    is `FAR` away; at a video's start, and a second after the person was lost, the one of whom it is
    most confident. Once a second it looks, too, how many people there are.

    detections: how often the first network, the detector, ran. looks: how often it looked for the
    number of people. crowded: how often there were several.
    """

    def __init__(self, detect: Network, landmark: Network) -> None:
        self._detect, self._landmark = detect, landmark
        self._anchors = detector.anchors()
        self.detections = self.looks = self.crowded = 0
        self.restart(math.inf)

    def restart(self, second: float) -> None:
        """Forget the person: the next frame belongs to another video, of `second` frames each."""
        self._second = max(1, second)
        self._region: detector.Region | None = None
        self._last: detector.Region | None = None
        self._lost = 0
        self._until_look = 0.0

    def __call__(self, frame: np.ndarray) -> landmarks.Pose | None:
        """The pose in an RGB frame (h, w, 3) uint8; None if the person is not in it."""
        people = None
        pose = self._pose_in(frame, self._region)
        if pose is None:
            people = self._people(frame)
            pose = self._pose_in(frame, self._same(people, frame))
        self._region = None if pose is None else pose.next_region
        self._last = self._region or self._last
        self._lost = 0 if pose else self._lost + 1
        if self._until_look < 1:
            self.looks += 1
            self.crowded += len(self._people(frame) if people is None else people) > 1
            self._until_look += self._second
        self._until_look -= 1
        return pose

    def _people(self, frame: np.ndarray) -> list[detector.Region]:
        """The regions of all people in a frame, the most confident first."""
        self.detections += 1
        outputs = self._detect(detector.detector_input(frame))
        found = detector.people(
            outputs["Identity"][0], outputs["Identity_1"].ravel(), self._anchors
        )
        height, width = frame.shape[:2]
        return [detector.region_in_frame(points, width, height) for points in found]

    def _same(self, people: Sequence[detector.Region], frame: np.ndarray) -> detector.Region | None:
        """Which of people is the one that was tracked; anybody if none was for a second."""
        last = self._last
        if last is None or self._lost >= self._second:
            return people[0] if people else None
        far = FAR * math.hypot(*frame.shape[:2])
        away = [math.hypot(one.x - last.x, one.y - last.y) for one in people]
        near = min(away, default=math.inf)
        return people[away.index(near)] if near <= far else None

    def _pose_in(self, frame: np.ndarray, region: detector.Region | None) -> landmarks.Pose | None:
        if region is None or not region.side > 0:
            return None
        return landmarks.read_pose(self._landmark(landmarks.landmarks_input(frame, region)), region)


def label_frames(
    teacher: BlazePose, frames: Iterable[np.ndarray], fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Joints (n, 18, 2) float32 in source pixels and confidence (n, 18) for a video's RGB frames.

    Confidence is BlazePose's visibility. A frame without a pose has NaN joints and confidence 0.
    """
    teacher.restart(fps)
    points, visibility = [], []
    for frame in frames:
        pose = teacher(frame)
        points.append(np.full((BLAZEPOSE_JOINTS, 2), np.nan) if pose is None else pose.landmarks)
        visibility.append(np.zeros(BLAZEPOSE_JOINTS) if pose is None else pose.visibility)
    return from_blazepose(
        np.reshape(points, (-1, BLAZEPOSE_JOINTS, 2)),
        np.reshape(visibility, (-1, BLAZEPOSE_JOINTS)),
    )


def label_stream(teacher: BlazePose, stream: Stream) -> Labels:
    """Labels for a whole stream, each clip's from its source video at full size.

    Joints and confidence are as by `label_frames`; the notes say in how many looks, one a second,
    there were several people. Raises `BadInput` for a video that is missing, broken, or shorter
    than its clip.
    """
    with Progress(len(stream), "frames", "label with BlazePose") as progress:
        labels = [
            label_frames(teacher, _counted(play(clip), progress), clip.fps) for clip in stream.clips
        ]
    joints, confidence = (np.concatenate(parts) for parts in zip(*labels, strict=True))
    looks, crowded = teacher.looks, teacher.crowded
    if crowded:
        seen = f"in {crowded} of {looks} looks, one a second"
        tell(f"BlazePose sees more than one person {seen}; it keeps to the one it began with")
    return Labels(joints, confidence, {"looks": looks, "looks_with_several_people": crowded})


def _counted(frames: Iterable[np.ndarray], progress: Progress) -> Iterator[np.ndarray]:
    for frame in frames:
        yield frame
        progress.advance(1)
