"""A still image as the network sees it."""

import os
from pathlib import Path

import cv2
import numpy as np

from posequery.jobs.files import BadInput
from posequery.sources import jpeg, video
from posequery.sources.geometry import Geometry


def squashed(path: str | os.PathLike[str], size: int) -> tuple[np.ndarray, Geometry]:
    """The whole image, RGB uint8, averaged over areas to (size, size, 3), and how it is shown.

    Raises `BadInput` for an image that is truncated, damaged, or of a kind that OpenCV cannot read.
    """
    # FFmpeg, which reads videos, says what is damaged and how an image is shown. Its JPEG decoder
    # and its scaler round otherwise than OpenCV's, by which other programs find the same joints
    # (docs/engines.md).
    *_, (_, shown) = video.with_geometry(path, photo=True)
    try:
        pixels, _ = jpeg.decoded(Path(path).read_bytes())
    except cv2.error:
        pixels = None
    if pixels is None or pixels.shape[1::-1] != shown.stored:
        raise BadInput(path, "is a photo of a kind that is not read", "Save it as PNG or JPEG")
    upright = shown.upright(pixels[:, :, ::-1])
    return cv2.resize(upright, (size, size), interpolation=cv2.INTER_AREA), shown
