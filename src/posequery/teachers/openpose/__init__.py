"""OpenPose as a teacher: of all people that it sees in a frame, one labels it."""

from typing import TYPE_CHECKING

from posequery.teachers import Files, Findings, Labels, Teacher
from posequery.teachers.openpose.settings import OpenPose

if TYPE_CHECKING:
    from posequery.clips import Stream
    from posequery.sources.kinds import Source
    from posequery.teachers import Videos


def _label(stream: "Stream", files: Files, settings: OpenPose, device: str) -> Labels:  # noqa: ARG001
    from posequery.teachers.openpose.labelling import label_stream

    return label_stream(stream, files["detections"], settings.person)


def _inspect(settings: OpenPose, source: "Source", stream: "Videos") -> Findings:
    from posequery.teachers.openpose.json_files import inspect

    return inspect(settings, source, stream)


def _refuse(settings: OpenPose, source: "Source") -> None:
    if settings.person == "labelled" and not source.has_truth:
        raise ValueError(f"openpose.person: 'labelled' needs labels, which '{source.kind}' has not")


TEACHER = Teacher(
    "OpenPose",
    _label,
    key="openpose",
    settings=OpenPose,
    required=True,
    watches=False,  # it has seen them when its detections were made
    files=lambda slugs: {"detections": [f"labels/openpose/{slug}.h5" for slug in slugs]},
    refuse=_refuse,
    readings=lambda settings: [f"OpenPose's {settings.person} person labels a frame"],
    inspect=_inspect,
)
