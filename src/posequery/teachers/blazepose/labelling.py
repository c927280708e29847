"""BlazePose as a teacher: it tracks one person through a video, frame by frame.

Bazarevsky et al., BlazePose (2020). The two networks ship in the mediapipe wheel; neither MediaPipe
itself nor torch is needed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from posequery.clips import Stream
from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.skeletons import BLAZEPOSE_JOINTS, from_blazepose
from posequery.sources.playback import play
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
        raise BadInput(path, fault, "Install it: pip install 'posequery[lab]'") from error
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
    """Tracks one person: runs the detector only where the last frame's region yields no pose.

    `detections` counts how often the first network, the detector, ran.
    """

    def __init__(self, detect: Network, landmark: Network) -> None:
        self._detect, self._landmark = detect, landmark
        self._anchors = detector.anchors()
        self._region: detector.Region | None = None
        self.detections = 0

    def restart(self) -> None:
        """Forget the person: the next frame belongs to another video."""
        self._region = None

    def __call__(self, frame: np.ndarray) -> landmarks.Pose | None:
        """The pose in an RGB frame (h, w, 3) uint8; None if there is no person in it."""
        pose = self._pose_in(frame, self._region)
        if pose is None:
            pose = self._pose_in(frame, self._find(frame))
        self._region = None if pose is None else pose.next_region
        return pose

    def _find(self, frame: np.ndarray) -> detector.Region | None:
        self.detections += 1
        outputs = self._detect(detector.detector_input(frame))
        points = detector.best_points(
            outputs["Identity"][0], outputs["Identity_1"].ravel(), self._anchors
        )
        height, width = frame.shape[:2]
        return None if points is None else detector.region_in_frame(points, width, height)

    def _pose_in(self, frame: np.ndarray, region: detector.Region | None) -> landmarks.Pose | None:
        if region is None or not region.side > 0:
            return None
        return landmarks.read_pose(self._landmark(landmarks.landmarks_input(frame, region)), region)


def label_frames(teacher: BlazePose, frames: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Joints (n, 18, 2) float32 in source pixels and confidence (n, 18) for a video's RGB frames.

    Confidence is BlazePose's visibility. A frame without a pose has NaN joints and confidence 0.
    """
    teacher.restart()
    points, visibility = [], []
    for frame in frames:
        pose = teacher(frame)
        points.append(np.full((BLAZEPOSE_JOINTS, 2), np.nan) if pose is None else pose.landmarks)
        visibility.append(np.zeros(BLAZEPOSE_JOINTS) if pose is None else pose.visibility)
    return from_blazepose(
        np.reshape(points, (-1, BLAZEPOSE_JOINTS, 2)),
        np.reshape(visibility, (-1, BLAZEPOSE_JOINTS)),
    )


def label_stream(teacher: BlazePose, stream: Stream) -> tuple[np.ndarray, np.ndarray]:
    """Labels for a whole stream, each clip's from its source video at full size.

    Returns joints (n, 18, 2) float32 in source pixels and confidence (n, 18), as `label_frames`.
    A clip in which nobody is ever found is reported on stderr. Raises `BadInput` if nobody is found
    in any clip, and for a video that is missing, broken, or shorter than its clip.
    """
    labels = []
    with Progress(len(stream), "frames", "label with BlazePose") as progress:
        for clip in stream.clips:
            joints, confidence = label_frames(teacher, _counted(play(clip), progress))
            if not confidence.any():
                tell(f"{clip.video}: BlazePose found nobody in it, so it has no labels")
            labels.append((joints, confidence))
    joints, confidence = (np.concatenate(parts) for parts in zip(*labels, strict=True))
    if not confidence.any():
        fault = "BlazePose found nobody in any of its videos"
        raise BadInput(stream.path, fault, "Use videos that show a person")
    return joints, confidence


def _counted(frames: Iterable[np.ndarray], progress: Progress) -> Iterator[np.ndarray]:
    for frame in frames:
        yield frame
        progress.advance(1)
