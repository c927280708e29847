"""What no honest file goes beyond: sizes and numbers that are refused before anything is made of
them.

Each bound is far above anything that the field's data hold and far below what a computer fails at,
so that a damaged or hostile file ends with one line, and not with a full memory or a silent overflow.
"""

IMAGE_PIXELS = 100_000_000
"""Pixels of an image or a video frame: 300 MB in RGB. 8K video has 33 million, COCO's images 0.4."""

COORDINATE = 1e6
"""Source pixels, either way from the origin: a hundred frames away. Float32 still tells sixteenths
of a pixel apart there, and squares and sums stay finite."""

INTEGER = 2**53
"""Ids and counts, either way: beyond it float64, and so JSON as other programs read it, merges whole
numbers; int64, which NumPy and HDF5 hold, goes to 2**63."""

TEXT_BYTES = 64 << 20
"""A small text file that is read whole: a study, a table, one frame's JSON. The largest that the
workflow writes, the `cells.csv` of a full study, has about 1 MB."""

ANNOTATION_BYTES = 4 << 30
"""A dataset's annotations in one JSON, read whole: COCO's largest has 0.45 GB."""
