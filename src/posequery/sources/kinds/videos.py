"""Videos of one's own, played one after another."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, model_validator

from posequery.jobs import bounds
from posequery.jobs.files import BadInput
from posequery.settings import FileOrFolder, exact, shown
from posequery.sources.access import refuse_live
from posequery.sources.kinds import ClipSource, Unlabelled

LONGEST = 80
"""Letters of a video's name that its clip's name repeats: it becomes a part of others."""


def _frames_a_second(value: object) -> Fraction | None:
    if value is None:
        return None
    try:
        rate = exact(shown(value))
    except ValueError:
        text = f"'{shown(value)}' is no frame rate: write 25, 29.97 or 30000/1001"
        raise ValueError(text) from None
    low, high = bounds.FRAME_RATES
    if not low <= rate <= high:
        told = bounds.between(low, high)
        raise ValueError(f"no video shows {shown(value)} frames a second: {told}")
    return rate


def _recorded(value: object) -> object:
    """Refuse a live stream, in a list or in place of one."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | int | Path):
            try:
                refuse_live(str(one))
            except BadInput as fault:
                raise ValueError(f"{fault.path} {fault.fault}. {fault.fix}") from None
    return value


class Videos(Unlabelled):
    """Your own videos."""

    title = "own videos"

    kind: Literal["videos"] = "videos"
    videos: Annotated[list[FileOrFolder], BeforeValidator(_recorded)] = []
    """Their paths, in the order in which they are played. `videos: [...]` at the top of a study's
    file is short for it."""
    fps: Annotated[
        Fraction | None,
        BeforeValidator(_frames_a_second),
        PlainSerializer(lambda rate: rate and str(rate)),
    ] = None
    """Frames a second of videos that do not state it: folders of images, and bare streams such as
    `.mjpeg`. Others have a clock, and are refused where it says otherwise."""

    @model_validator(mode="after")
    def _some(self) -> "Videos":
        if not self.videos:
            raise ValueError("videos: name your videos here, or another kind of source")
        return self

    @property
    def frame_rate(self) -> Fraction | None:
        return self.fps

    def clips(self, out: str, offline: bool) -> list[ClipSource]:  # noqa: ARG002
        found = []
        for number, path in enumerate(self.videos, start=1):
            stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem)[:LONGEST].strip("-") or "video"
            slug = f"{number:02d}-{stem}"
            own = (slug, "person", stem, 1, "own", str(path), None, self.plays(offline))
            found.append(ClipSource(*own, fps=self.fps))
        return found

    def place(self) -> str:
        return "your own videos"


SOURCE = Videos
