"""What of a study may leave the machine that it was made on, and what stays out of an archive.

Frames of real people never leave it: their videos' licences and the people themselves may forbid
it. Nor do weights that somebody else gave, or that were trained on what somebody else gave.
"""

from pathlib import Path, PurePosixPath
from typing import Literal

from posequery.settings import Section
from posequery.study.schema import Study

KEPT = (
    "breakdown.csv",
    "cells",
    "cells.csv",
    "clips",
    "evidence",
    "figures",
    "labels",
    "measures",
    "only",
    "report.html",
    "runs.json",
    "scores",
    "seconds.csv",
    "selections",
    "student",
    "study.yaml",
    "tables",
    "teachers",
)
"""What an archive holds of a study's folder, where it is there. The data and training sets are
made or brought again; logs and the states of unfinished jobs mean nothing elsewhere."""

LEFT_OUT = "environment/left_out.sha256"
"""In an archive, and so in a study that was restored from one: what it does not hold."""

PICTURES = "pictures"
NO_PICTURES = """# Left out

The pictures and the film of real people that belong here are in no archive. To make them again, put
the videos where the study names them, delete this folder and run the study.
"""


class Sharing(Section):
    """What of a study an archive holds."""

    frames: Literal["held", "blank", "absent"]
    """Its clips: as they are, with zeros in place of the frames, or not at all."""
    adapted: bool
    """The weights of its cells."""
    student: bool
    """Those of the pre-trained student."""
    page: bool
    """The page, which may show a person."""

    def holds(self, name: str) -> bool:
        """Whether an archive holds the file of that name below the study's folder."""
        path = PurePosixPath(name.removesuffix(".sha256"))
        parts = {str(part) for part in (path, *path.parents)}
        weights = path.suffix == ".pt"
        return not (
            parts.isdisjoint(KEPT)
            or PICTURES in path.parts
            or (path.name == "report.html" and not self.page)
            or (path.parts[0] == "cells" and weights and not self.adapted)
            or (path.parts[0] == "student" and weights and not self.student)
            or (path.parts[0] == "clips" and path.suffix == ".h5" and self.frames == "absent")
        )

    def left_out(self) -> list[str]:
        """What it leaves out and cannot be made again without the data, in words."""
        said = {
            "the clips' frames": self.frames == "blank",
            "the clips, with their frames and ground truth": self.frames == "absent",
            "pictures of people": self.frames != "held",
            "the cells' weights": not self.adapted,
            "the student's weights": not self.student,
            "the page, which shows a person": not self.page,
        }
        return [what for what, left in said.items() if left]


def sharing(study: Study) -> Sharing:
    """What of a study may leave the machine.

    Of rendered people all may. Of a dataset's real people (with ground truth, which is licensed as
    well) no clip may, of one's own videos none with a frame.
    """
    source, student = study.source, study.student
    given = bool(student.checkpoint or student.backbone or student.coco)
    return Sharing(
        frames="held" if source.rendered else "absent" if source.has_truth else "blank",
        adapted=source.rendered and not given,
        student=not given,
        page=source.rendered or not study.report.frames,
    )


def lacks_student(study: Study, results: Path) -> bool:
    """Whether a study was restored from an archive that left its pre-trained student out.

    results: the study's folder. What was made of that student is there, so that it is missed only
    where some of it is to be made again.
    """
    return (results / LEFT_OUT).is_file() and not sharing(study).student
