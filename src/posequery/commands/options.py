"""Values of options that several subcommands take."""

import argparse
import re
from fractions import Fraction

from posequery.jobs import bounds

_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9}|/\d{1,9})?", re.ASCII)
"""Of an exponent, Fraction would make a number of any length."""


def stretch(text: str) -> str:
    """A stretch of a stream, as a study's file has it: '2 s' or '50 frames'."""
    from pydantic import TypeAdapter, ValidationError

    from posequery.settings import Stretch, as_text

    try:
        return as_text(TypeAdapter(Stretch).validate_python(text))
    except ValidationError as error:
        raise argparse.ArgumentTypeError(str(error.errors()[0]["ctx"]["error"])) from None


def frame_rate(text: str) -> Fraction:
    """Frames a second, exactly: 25, 29.97 or 30000/1001."""
    low, high = bounds.FRAME_RATES
    try:
        if _NUMBER.fullmatch(text) and low <= (rate := Fraction(text)) <= high:
            return rate
    except ZeroDivisionError:
        pass
    fault = f"'{text}' is no frame rate: write 25, 29.97 or 30000/1001, "
    fault += bounds.between(low, high)
    raise argparse.ArgumentTypeError(fault)
