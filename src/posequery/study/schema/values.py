"""Values that the config's sections are made of: rates, stretches of a stream, names."""

import difflib
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from posequery import strategies
from posequery.sources.human36m import names as human36m
from posequery.student.network_names import SIDE_UNITS

NAME = "[A-Za-z0-9][A-Za-z0-9_.-]*"
"""What a study may be called."""


class Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


def _rate(value: object) -> Fraction:
    text = str(value).strip()
    try:
        rate = Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{value}' is no rate: write 1%, 0.01 or 1/100") from None
    if not 0 < rate <= 1:
        raise ValueError(f"a rate lies above 0 and at most at 100 %, not at {value}")
    return rate


Rate = Annotated[
    Fraction,
    BeforeValidator(_rate, json_schema_input_type=str),
    PlainSerializer(str, return_type=str),
]


def _duration(value: object) -> str:
    words = str(value).split()
    unit = words[1] if len(words) == 2 else "frames" if len(words) == 1 else ""
    try:
        count = Fraction(words[0]) if words else Fraction(-1)
    except (ValueError, ZeroDivisionError):
        count = Fraction(-1)
    if unit not in ("frames", "s") or count < 0 or (unit == "frames" and count.denominator > 1):
        raise ValueError(f"'{value}' is no stretch of a stream: write '1500 frames' or '30 s'")
    return f"{count} {unit}"


def _window(value: object) -> str:
    text = _duration(value)
    if text.startswith("0 "):
        raise ValueError(f"'{value}' is no stretch of a stream: it has no frame")
    return text


Duration = Annotated[str, BeforeValidator(_duration, json_schema_input_type=str)]
Stretch = Annotated[str, BeforeValidator(_window, json_schema_input_type=str)]
Positive = Annotated[int, Field(ge=1)]


def _one_of(what: str, names: Sequence[str]) -> BeforeValidator:
    """Takes one of `names`; for another it tells the nearest, or all where none is near."""

    def known(name: object) -> str:
        if str(name) not in names:
            near = difflib.get_close_matches(str(name), names, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names)}"
            raise ValueError(f"no {what} is called '{name}': {hint}")
        return str(name)

    return BeforeValidator(known)


StrategyName = Annotated[str, _one_of("strategy", strategies.names())]
NetworkName = Annotated[str, _one_of("network", tuple(SIDE_UNITS))]
Camera = Annotated[str, _one_of("camera", human36m.CAMERAS)]
Subject = Annotated[str, _one_of("subject", human36m.SUBJECTS)]
