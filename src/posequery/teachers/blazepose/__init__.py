"""BlazePose as a teacher, by the two networks in the mediapipe wheel."""

from pathlib import Path
from typing import TYPE_CHECKING

from posequery.settings import Section
from posequery.teachers import Files, Labels, Teacher

if TYPE_CHECKING:
    from posequery.clips import Stream


def _label(stream: "Stream", files: Files, settings: Section, device: str) -> Labels:  # noqa: ARG001
    from posequery.teachers.blazepose.labelling import BlazePose, label_stream, load_network

    package = Path(files["package"])
    detector = load_network(package / "pose_detection.tflite")
    landmarks = load_network(package / "pose_landmark_full.tflite")
    return label_stream(BlazePose(detector, landmarks), stream)


TEACHER = Teacher(
    "BlazePose",
    _label,
    needs=("filmed",),
    files=lambda slugs: {"package": "data/mediapipe"},
)
