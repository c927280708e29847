"""OpenPose as a teacher: of all people that it sees in a frame, one labels it."""

from typing import TYPE_CHECKING

from posequery.jobs.files import BadInput
from posequery.teachers import Files, Labels, Teacher
from posequery.teachers.openpose.settings import OpenPose

if TYPE_CHECKING:
    from posequery.clips import Stream
    from posequery.sources.kinds import Source
    from posequery.teachers import Look


def _label(stream: "Stream", files: Files, settings: OpenPose, device: str) -> Labels:  # noqa: ARG001
    from posequery.teachers.openpose.labelling import label_stream

    return label_stream(stream, files["detections"], settings.person)


def _look(settings: OpenPose, source: "Source", stream: "Look") -> tuple[list[str], list[BadInput]]:
    from posequery.teachers.openpose.json_files import look

    return look(settings, source, stream) if settings.labels else ([], [])


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
    look=_look,
)
