"""The settings of the source: where the frames come from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from posequery.settings import Positive, Section, one_of
from posequery.sources.human36m import names as human36m

Camera = Annotated[str, one_of("camera", human36m.CAMERAS)]
Subject = Annotated[str, one_of("subject", human36m.SUBJECTS)]


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
    def _apart(self) -> "Source":
        both = sorted({*self.pool_subjects} & {*self.test_subjects})
        if both:
            raise ValueError(f"{' and '.join(both)}: in pool_subjects and in test_subjects")
        return self
