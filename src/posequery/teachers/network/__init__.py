"""A larger network, trained in the workflow, as a teacher; it stands where OpenPose stands."""

from typing import TYPE_CHECKING

from posequery.student.settings import Network
from posequery.teachers import Files, Labels, Teacher

if TYPE_CHECKING:
    from posequery.clips import Stream


def _label(stream: "Stream", files: Files, settings: Network, device: str) -> Labels:  # noqa: ARG001
    from posequery.teachers.network.labelling import label_stream

    return Labels(*label_stream(files["checkpoint"], stream, device))


TEACHER = Teacher(
    "teacher network",
    _label,
    needs=("rendered",),  # it learns from rendered people alone
    key="teacher_network",
    settings=Network,
    torch=True,
    files=lambda slugs: {"checkpoint": "teachers/network.pt"},
)
