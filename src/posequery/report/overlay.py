"""Skeletons drawn into images."""

from dataclasses import dataclass

import cv2
import numpy as np

from posequery.skeletons import LINKS

_SHIFT = 4  # OpenCV draws at 1/16 of a pixel
_FAR = 30_000  # pixels: beyond it OpenCV's numbers overflow
_DARK = 130
"""A colour less bright than this, of 255, has a light rim in place of a dark one."""
_BRIGHTNESS = (0.299, 0.587, 0.114)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Overlay:
    """A skeleton over a stream: what it is called, its RGB colour, joints (n, 18, 2), and the
    width of its lines in pixels."""

    name: str
    colour: Colour
    joints: np.ndarray
    width: int = 3


def rim(colour: Colour) -> Colour:
    """What sets a line of that colour off from any background."""
    return (0, 0, 0) if np.dot(colour, _BRIGHTNESS) > _DARK else (255, 255, 255)


def draw_skeleton(image: np.ndarray, joints: np.ndarray, colour: Colour, width: int) -> None:
    """Draw joints (18, 2), in the pixels of the RGB `image`, into it; NaN joints are left out."""
    known = np.isfinite(joints).all(axis=1)
    points = np.clip(np.where(known[:, None], joints, 0), -_FAR, _FAR)
    places = np.rint(points * 2**_SHIFT).astype(int).tolist()
    for paint, more in ((rim(colour), 2), (colour, 0)):
        for start, end in LINKS:
            if known[start] and known[end]:
                ends = (places[start], places[end])
                cv2.line(image, *ends, paint, width + more, cv2.LINE_AA, _SHIFT)
        for joint in np.flatnonzero(known):
            radius = (2 * width + more) * 2 ** (_SHIFT - 1)
            cv2.circle(image, places[joint], radius, paint, cv2.FILLED, cv2.LINE_AA, _SHIFT)
