"""Bounds on sizes and numbers, for every reader: what goes beyond is refused before it is used.

Each is far above what the field's data hold and far below what a computer fails at, so that a
damaged or hostile file ends with one line, and not with a full memory or a number that overflows.
"""

from fractions import Fraction

IMAGE_PIXELS = 100_000_000
"""Pixels of an image or a video frame, 300 MB in RGB: 8K video has 33 million, COCO 0.4 million."""

COORDINATE = 1e6
"""Source pixels from the origin, either way: float32 still tells sixteenths of a pixel there."""

INTEGER = 2**53
"""Ids and counts, either way: float64, and so much of what reads JSON, is exact up to here, and
int64 goes on to 2**63."""

COUNT = 100_000_000
"""Frames, seconds, images or epochs that a study's settings ask for: Human3.6M has 3.6 million
frames, a month of video at 30 a second 78 million."""

SEQUENCE = 100_000
"""Frames of one rendered sequence; Human3.6M's longest has 6,343."""

PROCESSES = 1024
"""Processes of one job."""

STUDY_BYTES = 256 << 10
"""A study's file, whose YAML is read by slow code: those that ship have at most 4 kB."""

STUDY_VALUES = 10_000
"""Keys and values of a study, each alias written out."""

TEXT_BYTES = 64 << 20
"""A small text file that is read whole, such as a study, a table or a frame's JSON: the largest
that the workflow writes, `cells.csv` of a full study, has about 1 MB."""

NAME_BYTES = 4096
"""A file's path in a list of them, as Linux bounds it; mmpose's have about 220."""

ARCHIVE_BYTES = 1 << 30
"""What any archive may unpack to."""

ARCHIVE_RATIO = 100
"""How many times its own size one may unpack to beyond that; ours unpack to 2 to 10 times."""

ARCHIVE_FILES = 500_000
"""Files of an archive: their list, at `TEXT_BYTES`, holds as many."""

ANNOTATION_BYTES = 4 << 30
"""A dataset's annotations in one JSON that is read whole: COCO's largest has 0.45 GB."""

FRAME_RATES = (Fraction(1, 1000), Fraction(1000))
"""Frames a second, the least and the most: a picture a quarter of an hour, or high speed. Exact, as
a rate is: the float 0.001 is above a thousandth."""


def between(least: Fraction, most: Fraction) -> str:
    """'from 0.001 to 1000', for a message."""
    return f"from {float(least):g} to {float(most):g}"
