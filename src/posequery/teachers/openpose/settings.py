"""The settings of the teacher `openpose`: where its labels come from and how they are read."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from posequery.settings import Folder, Program, Section


def _pixels(value: object) -> str:
    words = str(value).lower().split("x")
    if len(words) != 2 or not all(word.isdigit() and int(word) > 1 for word in words):
        raise ValueError(f"'{value}' is not a size: write WIDTHxHEIGHT, such as 656x368")
    return "x".join(words)


def _net_resolution(value: object) -> str:
    if not re.fullmatch(r"-1x\d+|\d+x-1|\d+x\d+", str(value)):
        raise ValueError(f"'{value}' is not one of OpenPose's: write -1x368 or WIDTHxHEIGHT")
    return str(value)


class OpenPose(Section):
    """The teacher `openpose`: the JSON files that OpenPose wrote, or the program to run."""

    labels: Folder | None = None
    """The folder that contains the JSON files: for a video `V` of a subject `S` in `S/V` or
    `S`, and without subjects in `V` or in the folder itself."""
    program: Program | None = None
    """OpenPose's own program (`openpose.bin`), to run instead of reading `labels`."""
    models: Folder | None = None
    """The folder that contains the program's models."""
    model: Literal["BODY_25", "BODY_25B", "COCO"] = "BODY_25"
    """The body model that the program uses."""
    body: Literal["BODY_25", "BODY_25B", "COCO"] | None = None
    """The body model of `labels`, which the JSON files do not name. Needed only where it is not
    found by where the parts lie, as where nobody ever faces the camera."""
    geometry: Literal["shown", "turned", "stored"] | None = None
    """The frame that OpenPose saw. `shown`: as players show it. `turned`: as OpenCV reads it,
    turned but neither mirrored nor stretched. `stored`: the file's own pixels. Needed for a video
    that is to be mirrored, turned by half or stretched to square pixels, and for a quarter turn
    where the joints fit both ways; without these, all three are the same."""
    net_resolution: Annotated[str, BeforeValidator(_net_resolution)] = "-1x368"
    """The program's network size in pixels, width x height; -1 follows the frame's shape."""
    keypoint_scale: Annotated[int, Field(ge=0, le=4)] = 0
    """For `labels`: the `--keypoint_scale` that OpenPose was run with. 0: pixels of the video, 1:
    of its network's input, 2: of its output, 3: shares from 0 to 1, 4: from -1 to 1."""
    scale_size: Annotated[str, BeforeValidator(_pixels)] | None = None
    """For `labels` with keypoint_scale 1 or 2: width x height of that input or output, in
    pixels."""
    missing: Literal["refuse", "unlabelled"] = "refuse"
    """Frames that have no JSON file are an error, or frames without a label. (A frame in which
    nobody was found has a file.)"""
    person: Literal["tracked", "labelled", "strongest"] = "tracked"
    """Which of several people is taken: the one nearest to the last frame's, the one nearest to the
    ground truth, or the one that OpenPose is most confident of. The first two take nobody who is
    farther than a fifth of the frame's diagonal; after a second without a person, `tracked` begins
    again with the most confident one."""

    @property
    def pixels(self) -> tuple[int, int] | None:
        """`scale_size` as numbers."""
        width, _, height = (self.scale_size or "").partition("x")
        return (int(width), int(height)) if width else None

    @property
    def stated_body(self) -> str | None:
        """The body model, where it is known beforehand."""
        return self.model if self.program else self.body

    @model_validator(mode="after")
    def _one_origin(self) -> "OpenPose":
        if bool(self.labels) == bool(self.program):
            raise ValueError("give either labels (the folder of JSON files) or program")
        if bool(self.program) != bool(self.models):
            raise ValueError("give program and models together")
        if self.program and (self.keypoint_scale or self.scale_size):
            raise ValueError("keypoint_scale and scale_size are for labels; the program writes 0")
        if self.program and self.body:
            raise ValueError("body is for labels; the program's is model")
        if (self.keypoint_scale in (1, 2)) != bool(self.scale_size):
            raise ValueError("scale_size is needed for keypoint_scale 1 and 2, and only for these")
        return self
