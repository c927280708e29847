"""Bounds on sizes and numbers, for every reader: what goes beyond is refused before it is used."""

IMAGE_PIXELS = 100_000_000
"""Pixels of an image or a video frame, 300 MB in RGB: 8K video has 33 million, COCO 0.4 million."""

FRAME_RATES = (0.001, 1000)
"""Frames a second, the least and the most: a picture a quarter of an hour, or high speed."""
