"""The building blocks of a study's settings: sections, rates, stretches of a stream, names.

Each room defines its own section (`student.recipe`, `online.settings`, ...); `study.schema`
combines them. A job gets a section as the JSON of its validated object.
"""

import math
import os
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from posequery.jobs import bounds
from posequery.jobs.files import unknown


class Section(BaseModel):
    """A section of the settings: strict, immutable, documented by the text under each key."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _true_is_no_number(cls, values: Any) -> Any:
        """pydantic would take it for 1."""
        if not isinstance(values, dict):
            return values
        fields = cls.model_fields
        numeric = {key for key in values.keys() & fields.keys() if _is_number(fields[key])}
        return values | {key: _without_bools(values[key]) for key in numeric}

    @field_validator("*", mode="after")
    @classmethod
    def _bounded(cls, value: Any) -> Any:
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, int | float) and abs(part) > bounds.INTEGER:
                raise ValueError("a number is beyond 2**53")
        return value


def _types(annotation: Any) -> Iterator[Any]:
    """The types that a type is made of."""
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _is_number(field: FieldInfo) -> bool:
    types = set(_types(field.annotation))
    return bool(types & {int, float}) and bool not in types


def _without_bools(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_bools(part) for part in value]
    return str(value).lower() if isinstance(value, bool) else value


def _possible(path: object) -> object:
    """Refuse text that no file can have for its path."""
    try:
        possible = not isinstance(path, str) or (path.strip() and b"\0" not in os.fsencode(path))
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise ValueError(f"{shown(path)!r} is the path of no file")
    return path


def exact(value: object) -> Fraction:
    """The number that a text states, exactly; raises ValueError for none, and one beyond reason."""
    text = str(value).strip()
    # A power of ten is written out in memory.
    if len(text) > 40 or re.search(r"e[+-]?0*[1-9]\d\d", text, re.IGNORECASE):
        raise ValueError("a number of so many digits is not meant")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ValueError("it divides by 0") from None


def shown(value: object, most: int = 60) -> str:
    """A value as a message quotes it: cut to a short piece."""
    try:
        text = str(value)
    except ValueError:  # of an integer of over 4,300 digits Python makes no text
        text = "a huge number"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _rate(value: object) -> Fraction:
    text = shown(value).strip()
    try:
        rate = exact(text[:-1]) / 100 if text.endswith("%") else exact(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a rate: write 1%, 0.01 or 1/100") from None
    if not 0 < rate <= 1:
        raise ValueError(f"a rate must be above 0 and at most 100 %, not {text}")
    return rate


def as_percent(rate: Fraction) -> str:
    """A rate as a study's file has it: '5%', or '1/3' where it is no decimal of a percentage."""
    text = f"{float(rate * 100):.10g}"
    return f"{text}%" if Fraction(text) == rate * 100 else str(rate)


def counted(count: int, unit: str) -> str:
    """'1 frame', '2 frames'."""
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


Rate = Annotated[
    Fraction,
    BeforeValidator(_rate),
    PlainSerializer(str),
]
"""The share of frames that are picked, as an exact fraction."""


def _duration(value: object) -> str:
    words = shown(value).split()
    unit = {"frame": "frames"}.get(words[1], words[1]) if len(words) == 2 else ""
    try:
        count = exact(words[0]) if words else Fraction(-1)
    except ValueError:
        count = Fraction(-1)
    if len(words) == 1 and count == 0:
        unit = "frames"
    elif len(words) == 1 and count > 0:
        raise ValueError(f"'{words[0]}' has no unit: write '{words[0]} frames' or '{words[0]} s'")
    whole = unit == "s" or (unit == "frames" and count.denominator == 1)
    if not whole or not 0 <= count <= bounds.COUNT:
        fault = f"'{shown(value)}' is not a stretch of a stream: write '1500 frames' or '30 s'"
        raise ValueError(fault)
    return f"{count} {unit}"


def _stretch(value: object) -> str:
    text = _duration(value)
    if text.startswith("0 "):
        raise ValueError(f"'{value}' is not a stretch of a stream: it has no frames")
    return text


def as_text(stretch: str) -> str:
    """A stretch as a user writes it: '1 frame', '2.5 s'."""
    count, unit = stretch.split()
    amount = f"{float(Fraction(count)):.10g}"
    exactly = amount if Fraction(amount) == Fraction(count) else count
    return f"{exactly} {'frame' if (exactly, unit) == ('1', 'frames') else unit}"


FITS = "fits"
RateThatFits = Annotated[
    Fraction | str,
    BeforeValidator(lambda value: FITS if value == FITS else _rate(value)),
    PlainSerializer(str),
]
"""A rate, or the largest that a device keeps up with."""
Duration = Annotated[str, BeforeValidator(_duration)]
"""Frames or seconds of a stream, possibly none: '0 frames', '7.6 s'."""
Stretch = Annotated[str, BeforeValidator(_stretch)]
"""Frames or seconds of a stream, at least one frame: '1500 frames', '30 s'."""
Positive = Annotated[int, Field(ge=1, le=bounds.COUNT)]
Side = Annotated[int, Field(ge=1, le=math.isqrt(bounds.IMAGE_PIXELS))]
"""Of a square image, in pixels."""
FileOrFolder = Annotated[Path, BeforeValidator(_possible)]
"""What must be there."""
File = Annotated[FileOrFolder, "file"]
Folder = Annotated[FileOrFolder, "folder"]
Program = Annotated[FileOrFolder, "program"]
"""A file that must be there and may be run."""


def one_of(what: str, names: Sequence[str]) -> BeforeValidator:
    """Accepts one of `names`; the error suggests the nearest one, or lists all if none is near."""

    def known(name: object) -> str:
        text = shown(name)
        if text not in names:
            raise ValueError(unknown(what, text, names))
        return text

    return BeforeValidator(known)
