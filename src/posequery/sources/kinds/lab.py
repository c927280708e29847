"""One person before four calibrated cameras, out of the package pose2sim."""

from fractions import Fraction
from typing import Literal

from posequery.sources.kinds import ClipSource, Unlabelled

FRAMES, FPS = 100, 60.0
"""Of each camera's video, in the package of the pinned digest."""
CAMERAS = ("cam01", "cam02", "cam03", "cam04")


class Lab(Unlabelled):
    """Real videos of a person in a motion-capture laboratory, fetched."""

    title = "one person before four cameras of a motion-capture laboratory"
    makes = "fetches"
    whole = "the lab's four cameras are compared as a whole"
    calibration = "calibration/Calib.qca.txt"

    kind: Literal["lab"] = "lab"

    @property
    def frame_rate(self) -> Fraction:
        return Fraction(FPS)

    def clips(self, out: str, offline: bool) -> list[ClipSource]:
        package = f"{out}/data/pose2sim"
        return [
            ClipSource(
                slug=camera,
                subject="person",
                action="lab",
                subaction=1,
                camera=camera,
                video=f"{package}/videos/{camera}.mp4",
                annotation=None,
                streams=self.plays(offline),
                package=package,
                known=(FRAMES, FPS),
            )
            for camera in CAMERAS
        ]


SOURCE = Lab
