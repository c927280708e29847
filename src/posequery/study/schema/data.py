"""The sections on data: where frames, people and a teacher's labels come from."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from posequery.sources.human36m import names as human36m
from posequery.study.schema.values import Camera, Positive, Section, Subject


class Source(Section):
    """Where the frames come from."""

    kind: Literal["rendered", "human36m", "lab", "videos"] = "videos"
    """`rendered`: the stand-in for Human3.6M and COCO. `human36m`: Human3.6M itself, as its owners
    ship it. `lab`: real videos of a person in a motion-capture lab, fetched. `videos`: your own,
    named under `videos`."""
    root: Path | None = None
    """human36m: the folder that the archives were unpacked in, which holds `S1`, `S5` and so on
    (layout `mmpose`: `images` and `annotation_body3d`)."""
    layout: Literal["official", "mmpose"] = "official"
    """human36m: videos and CDF files, or the images and annotations that mmpose's
    `preprocess_h36m.py` makes of them (at the full 50 frames/s)."""
    cameras: Annotated[list[Camera], Field(min_length=1)] = ["54138969"]
    """human36m: cameras of the offline pool and test."""
    stream_cameras: Annotated[list[Camera], Field(min_length=1)] = ["54138969"]
    """human36m: cameras of the stream. Of several, a sequence is played once from each."""
    pool_subjects: Annotated[list[Subject], Field(min_length=1)] = list(human36m.POOL_SUBJECTS)
    """human36m: whose sequences make the offline pool. The stream is always S1's."""
    test_subjects: Annotated[list[Subject], Field(min_length=1)] = list(human36m.TEST_SUBJECTS)
    """human36m: whom the offline study tests on, on the first video of each action."""
    first_video: Literal["subaction", "file_name", "stem"] = "subaction"
    """human36m and rendered: an action's first video: its subaction 1 (Human3.6M's own count), or
    the one whose file name, or whose stem without camera and ending, sorts first."""
    exclude: list[str] = list(human36m.EXCLUDED)
    """human36m and rendered: sequences to leave out, as `S9 Greeting` (before every camera) or
    `S11 Directions.54138969` (before one). The first three have annotations that are shifted
    against the picture, the last one's published video is broken. A list of your own takes this
    one's place, so repeat what should stay out."""
    frame_counts: Literal["published", "any"] = "published"
    """human36m: whether a sequence's annotation must have the published number of frames. `any` is
    for a cut of your own."""
    stream_frames: Positive = 28
    """rendered: annotated frames of each of S1's 30 sequences (at 5 a second)."""
    pool_sequences: Annotated[int, Field(ge=1, le=30)] = 6
    """rendered: sequences of each of S5, S6, S7 and S8."""
    pool_frames: Positive = 10
    """rendered: annotated frames of each of those sequences."""
    test_frames: Positive = 12
    """rendered: annotated frames of each sequence of S9 and S11 (subaction 1 of every action)."""

    @field_validator("exclude")
    @classmethod
    def _in_the_table(cls, words: list[str]) -> list[str]:
        for word in words:
            human36m.exclusion(word)
        return words

    @model_validator(mode="after")
    def _apart(self) -> Self:
        both = sorted({*self.pool_subjects} & {*self.test_subjects})
        if both:
            raise ValueError(f"{' and '.join(both)}: in pool_subjects and in test_subjects")
        return self


class Coco(Section):
    """Keypoints in COCO's format, as its owners ship them."""

    annotations: Path
    """A `person_keypoints_*.json`."""
    images: Path
    """The folder of its images."""


def _pixels(value: object) -> str:
    words = str(value).lower().split("x")
    if len(words) != 2 or not all(word.isdigit() and int(word) > 1 for word in words):
        raise ValueError(f"'{value}' is no size: write WIDTHxHEIGHT, as 656x368")
    return "x".join(words)


def _net_resolution(value: object) -> str:
    if not re.fullmatch(r"-1x\d+|\d+x-1|\d+x\d+", str(value)):
        raise ValueError(f"'{value}' is none of OpenPose's: write -1x368, or WIDTHxHEIGHT")
    return str(value)


class OpenPose(Section):
    """The teacher `openpose`: the JSON files that OpenPose wrote, or the program to run."""

    labels: Path | None = None
    """The folder of the JSON files, for a video `V` of a subject `S` in `S/V`, `S` or `V`."""
    program: Path | None = None
    """OpenPose's own program (`openpose.bin`), in place of `labels`."""
    models: Path | None = None
    """The program's folder of models."""
    model: Literal["BODY_25", "COCO"] = "BODY_25"
    """What the program finds. In JSON files both are told apart by themselves."""
    net_resolution: Annotated[str, BeforeValidator(_net_resolution)] = "-1x368"
    """The program's network size in pixels, width x height; -1: by the frame's shape."""
    keypoint_scale: Annotated[int, Field(ge=0, le=4)] = 0
    """labels: what OpenPose was told to write. 0: pixels of the video, 1: of its network's input,
    2: of its output, 3: shares from 0 to 1, 4: from -1 to 1."""
    scale_size: Annotated[str, BeforeValidator(_pixels)] | None = None
    """labels, keypoint_scale 1 and 2: width x height, in pixels, of that input or output."""
    missing: Literal["refuse", "unlabelled"] = "refuse"
    """Frames that have no JSON file: an error, or frames without a label. (A frame in which nobody
    was found has a file.)"""
    person: Literal["tracked", "labelled", "strongest"] = "tracked"
    """Who is taken of several people: the one nearest the last frame's, nearest the ground truth,
    or the one that OpenPose is most confident of."""

    @property
    def pixels(self) -> tuple[int, int] | None:
        """`scale_size` as numbers."""
        width, _, height = (self.scale_size or "").partition("x")
        return (int(width), int(height)) if width else None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.labels) == bool(self.program):
            raise ValueError("give labels (the folder of JSON files) or program, one of the two")
        if bool(self.program) != bool(self.models):
            raise ValueError("program and models go together")
        if self.program and (self.keypoint_scale or self.scale_size):
            raise ValueError("keypoint_scale and scale_size are of labels; the program writes 0")
        if (self.keypoint_scale in (1, 2)) != bool(self.scale_size):
            raise ValueError("scale_size is needed for keypoint_scale 1 and 2, and for them alone")
        return self
