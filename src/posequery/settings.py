"""The building blocks of a study's settings: sections, rates, stretches of a stream, names.

Each room defines its own section (`student.recipe`, `online.settings`, ...); `study.schema`
combines them. A job gets a section as the JSON of its validated object.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from posequery.jobs.files import unknown


class Section(BaseModel):
    """A section of the settings: strict, immutable, documented by the text under each key."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


def _rate(value: object) -> Fraction:
    text = str(value).strip()
    try:
        rate = Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{value}' is not a rate: write 1%, 0.01 or 1/100") from None
    if not 0 < rate <= 1:
        raise ValueError(f"a rate must be above 0 and at most 100 %, not {value}")
    return rate


Rate = Annotated[
    Fraction,
    BeforeValidator(_rate),
    PlainSerializer(str),
]
"""The share of frames that are picked, as an exact fraction."""


def _duration(value: object) -> str:
    words = str(value).split()
    unit = words[1] if len(words) == 2 else "frames" if len(words) == 1 else ""
    try:
        count = Fraction(words[0]) if words else Fraction(-1)
    except (ValueError, ZeroDivisionError):
        count = Fraction(-1)
    if unit not in ("frames", "s") or count < 0 or (unit == "frames" and count.denominator > 1):
        raise ValueError(f"'{value}' is not a stretch of a stream: write '1500 frames' or '30 s'")
    return f"{count} {unit}"


def _stretch(value: object) -> str:
    text = _duration(value)
    if text.startswith("0 "):
        raise ValueError(f"'{value}' is not a stretch of a stream: it has no frames")
    return text


Duration = Annotated[str, BeforeValidator(_duration)]
"""Frames or seconds of a stream, possibly none: '0 frames', '7.6 s'."""
Stretch = Annotated[str, BeforeValidator(_stretch)]
"""Frames or seconds of a stream, at least one frame: '1500 frames', '30 s'."""
Positive = Annotated[int, Field(ge=1)]
File = Annotated[Path, "file"]
"""A file that must be there; a plain `Path` may be a folder as well."""
Folder = Annotated[Path, "folder"]
Program = Annotated[Path, "program"]
"""A file that must be there and may be run."""


def one_of(what: str, names: Sequence[str]) -> BeforeValidator:
    """Accepts one of `names`; the error suggests the nearest one, or lists all if none is near."""

    def known(name: object) -> str:
        if str(name) not in names:
            raise ValueError(unknown(what, str(name), names))
        return str(name)

    return BeforeValidator(known)
