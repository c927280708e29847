"""Settings that name Human3.6M's subjects, cameras and sequences."""

from typing import Annotated, Literal

from pydantic import field_validator

from posequery.settings import Section, one_of
from posequery.sources.human36m import names

Camera = Annotated[str, one_of("camera", names.CAMERAS)]
Subject = Annotated[str, one_of("subject", names.SUBJECTS)]

_FIRST = {
    "subaction": "subaction 1",
    "file_name": "the first by file name",
    "stem": "the first by stem",
}


class Sequences(Section):
    """Which of Human3.6M's sequences are played, themselves or rendered under their names."""

    first_video: Literal["subaction", "file_name", "stem"] = "subaction"
    """An action's first video: its subaction 1 (Human3.6M's own count), or the one whose file name,
    or whose stem without camera and ending, sorts first."""
    exclude: list[str] = list(names.EXCLUDED)
    """Sequences to leave out, as `S9 Greeting` (before every camera) or
    `S11 Directions.54138969` (before one). The first three have annotations that are shifted
    against the picture, the last one's published video is broken. A list of your own takes this
    one's place, so repeat what should stay out."""

    @field_validator("exclude")
    @classmethod
    def _in_the_table(cls, words: list[str]) -> list[str]:
        for word in words:
            names.exclusion(word)
        return words

    @property
    def tested_on(self) -> str:
        """What captions say of the test's videos."""
        return f"tested on each action's first video ({_FIRST[self.first_video]})"
