"""A still image at the network's size: the same picture as by the reader of videos."""

import cv2
import numpy as np
import pytest

from posequery.sources import photo, video


def jpeg(orientation, across=1, down=1):
    """A JPEG of 90 x 60 smooth pixels, and how EXIF and JFIF say that they are shown."""
    coarse = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.float32)
    pixels = cv2.resize(coarse, (90, 60), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    data = cv2.imencode(".jpg", pixels)[1].tobytes()
    density = across.to_bytes(2, "big") + down.to_bytes(2, "big")
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + bytes(6)
    exif = b"Exif\0\0" + tiff
    size = (len(exif) + 2).to_bytes(2, "big")
    return data[:13] + b"\0" + density + data[18:20] + b"\xff\xe1" + size + exif + data[20:]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_a_frame_but_for_rounding(tmp_path, orientation):
    path = tmp_path / "000001.jpg"
    path.write_bytes(jpeg(orientation))
    small, shown = photo.squashed(path, 32)
    frame = next(video.frames(tmp_path, 32))
    assert small.shape == frame.shape and small.dtype == frame.dtype
    assert np.abs(small.astype(int) - frame).max() <= 4
    assert (shown.width, shown.height) == ((90, 60) if orientation < 5 else (60, 90))


def test_its_pixels_are_shown_square(tmp_path):
    path = tmp_path / "000001.jpg"
    path.write_bytes(jpeg(6, across=2))
    small, shown = photo.squashed(path, 32)
    assert (shown.width, shown.height) == (60, 180)
    assert np.abs(small.astype(int) - next(video.frames(tmp_path, 32))).max() <= 4
