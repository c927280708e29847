"""trt_pose's augmentation: crop quad, colour jitter and an optional flip.

Differences from upstream:

- Pixels are sampled bilinearly unless the recipe says `nearest`, after area averaging by a whole
  factor where the crop shrinks by 2 or more. Upstream's Pillow call uses its default, NEAREST,
  which moves an edge by up to half a pixel and aliases, while the frames that the student is tested
  on are area-averaged.
- Colours are changed by one matrix, in the fixed order brightness, contrast, saturation, hue, with
  hue as a rotation in YIQ. Upstream draws the order and rotates the hue in HSV (the results differ
  by 2 of 256 levels on average, on strong colours; measured).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from posequery.skeletons import MIRROR
from posequery.student.recipe import Augmentation

LUMA = np.array([0.299, 0.587, 0.114])
TO_YIQ = np.array([LUMA, [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
FROM_YIQ = np.linalg.inv(TO_YIQ)


STILL = Augmentation(
    angle=0, scale=(1, 1), shift=0, brightness=0, contrast=0, saturation=0, hue=0, flip=False
)
"""Changes nothing."""


@dataclass(frozen=True)
class Draws:
    """The random draws for each of b images."""

    crops: np.ndarray
    """(b, 2, 3): the affine map from the output's unit square to the image's unit square."""
    flipped: np.ndarray
    """(b,) bool."""
    colours: np.ndarray
    """(b, 4): factors of brightness, contrast and saturation; rotation of the hue in turns."""


def draw(bounds: Augmentation, generators: Iterable[np.random.Generator]) -> Draws:
    """Draw each image's augmentation from a generator of its own.

    The order is trt_pose's: shift in x, shift in y, scale, angle, then colours; the flip is last.
    """
    numbers = np.stack([generator.random(9) for generator in generators])
    signed = 2 * numbers - 1
    low, high = bounds.scale
    scale = (low + (high - low) * numbers[:, 2])[:, None]
    sine, cosine = np.sin(bounds.angle * signed[:, 3]), np.cos(bounds.angle * signed[:, 3])
    flipped = (numbers[:, 8] < 0.5) & bounds.flip
    across = np.stack([cosine, -sine], axis=1) / scale
    down = np.stack([sine, cosine], axis=1) / scale
    across[flipped] *= -1
    # The quad is rotated about its centre, shifted, divided by the scale and moved back.
    offset = 0.5 - bounds.shift * signed[:, :2] / scale - (across + down) / 2
    limits = np.array([bounds.brightness, bounds.contrast, bounds.saturation, bounds.hue])
    colours = np.array([1.0, 1.0, 1.0, 0.0]) + limits * signed[:, 4:8]
    return Draws(np.stack([across, down, offset], axis=2), flipped, colours)


def pixel_maps(crops: np.ndarray, side: int, sizes: np.ndarray) -> np.ndarray:
    """Crops (b, 2, 3) as maps from grids of `side` cells to image pixels; sizes (b, 2): (w, h)."""
    linear, offset = crops[..., :2] / side, crops[..., 2]
    start = (offset + linear.sum(axis=2) / 2) * sizes - 0.5
    return np.concatenate([linear * sizes[..., None], start[..., None]], axis=2)


def warp_image(
    image: np.ndarray, crop: np.ndarray, side: int, resampling: str = "bilinear"
) -> np.ndarray:
    """The crop (2, 3) of an image (h, w, 3) uint8 as (side, side, 3); black outside the image.

    `resampling` is `nearest`, or `bilinear`, after averaging over whole pixels where the crop
    shrinks by 2 or more.
    """
    size = np.array(image.shape[1::-1])
    nearest = resampling == "nearest"
    shrink = int(np.linalg.norm(crop[:, :2] * size[:, None], axis=0).min() / side)
    if shrink > 1 and not nearest:
        image = cv2.resize(image, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
        size = np.array(image.shape[1::-1])
    matrix = pixel_maps(crop[None], side, size[None])[0]
    flags = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    return cv2.warpAffine(image, matrix, (side, side), flags=flags | cv2.WARP_INVERSE_MAP)


def warp_people(people: np.ndarray, draws: Draws, side: int, sizes: np.ndarray) -> np.ndarray:
    """People (b, p, 18, 2) from image pixels to grids of `side` cells; sizes (b, 2): (w, h)."""
    maps = pixel_maps(draws.crops, side, sizes)
    inverse = np.linalg.inv(maps[..., :2])[:, None]
    centred = people - maps[:, None, None, :, 2]
    warped = (centred @ inverse.swapaxes(-1, -2)).astype(np.float32)
    warped[draws.flipped] = warped[draws.flipped][:, :, MIRROR]
    return warped


def known_regions(
    boxes: Sequence[np.ndarray], draws: Draws, side: int, sizes: np.ndarray
) -> np.ndarray:
    """Cells (b, side, side) bool whose centres are in the image and in none of its boxes.

    boxes: for each image (k, 4) of x, y, width, height in pixels; sizes (b, 2): its (w, h).
    """
    maps = pixel_maps(draws.crops, side, sizes)[..., None, None]
    cells = np.arange(side)
    x = maps[:, 0, 0] * cells + maps[:, 0, 1] * cells[:, None] + maps[:, 0, 2]
    y = maps[:, 1, 0] * cells + maps[:, 1, 1] * cells[:, None] + maps[:, 1, 2]
    width, height = sizes[:, 0, None, None], sizes[:, 1, None, None]
    known = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    for image, several in enumerate(boxes):
        for left, top, wide, high in several:
            outside = (x[image] < left) | (x[image] > left + wide)
            known[image] &= outside | (y[image] < top) | (y[image] > top + high)
    return known


def jitter(image: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """An image (h, w, 3) uint8 RGB with changed brightness, contrast, saturation and hue."""
    brightness, contrast, saturation, hue = colours
    sine, cosine = math.sin(2 * math.pi * hue), math.cos(2 * math.pi * hue)
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    matrix = np.empty((3, 4))
    # Saturation and hue leave grey unchanged, so contrast's grey passes through both.
    turned = FROM_YIQ @ turn @ TO_YIQ
    matrix[:, :3] = saturation * turned + (1 - saturation) * LUMA
    matrix[:, :3] *= brightness * contrast
    matrix[:, 3] = brightness * (1 - contrast) * (LUMA @ cv2.mean(image)[:3])
    return cv2.transform(image, matrix)
