"""Values of options that several subcommands take."""

import argparse
import re
from fractions import Fraction

from posequery.jobs import bounds

_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9}|/\d{1,9})?", re.ASCII)
"""Of an exponent, Fraction would make a number of any length."""


def frame_rate(text: str) -> Fraction:
    """Frames a second, exactly: 25, 29.97 or 30000/1001."""
    low, high = bounds.FRAME_RATES
    try:
        if _NUMBER.fullmatch(text) and low <= (rate := Fraction(text)) <= high:
            return rate
    except ZeroDivisionError:
        pass
    between = f"from {float(low):g} to {float(high):g}"
    fault = f"'{text}' is no frame rate: write 25, 29.97 or 30000/1001, {between}"
    raise argparse.ArgumentTypeError(fault)
