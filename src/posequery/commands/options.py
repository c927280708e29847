"""Values of options that several subcommands take."""

import argparse
from fractions import Fraction


def frame_rate(text: str) -> Fraction:
    """Frames a second, exactly: 25, 29.97 or 30000/1001."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        fault = f"'{text}' is no frame rate: write 25, 29.97 or 30000/1001"
        raise argparse.ArgumentTypeError(fault) from None
