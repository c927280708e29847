"""Words written into an image, in the font of the figures."""

from functools import lru_cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.ft2font import FT2Font

_FONT = Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
_SMALLEST = 10
"""Pixels of an em; words that are still too wide are cut."""


@lru_cache(maxsize=256)
def _ink(text: str, size: int) -> tuple[np.ndarray, int]:
    """How much of each pixel (h, w) is covered, 0 to 1, and how many rows lie under the line."""
    font = FT2Font(str(_FONT))
    font.set_size(size, 72)
    font.set_text(text)
    font.draw_glyphs_to_bitmap(antialiased=True)
    return np.asarray(font.get_image()) / 255.0, round(font.get_descent() / 64)


@lru_cache(maxsize=256)
def fitted(text: str, size: int, room: int) -> tuple[str, int]:
    """The words and their size, at most `room` pixels wide: smaller if need be, at last cut."""
    while _ink(text, size)[0].shape[1] > room and size > _SMALLEST:
        size -= 1
    kept = len(text)
    cut = text
    while kept > 1 and _ink(cut, size)[0].shape[1] > room:
        kept -= 1
        cut = f"{text[:kept].rstrip()}…"
    return cut, size


def write(
    image: np.ndarray,
    text: str,
    place: tuple[int, int],
    size: int,
    colour: tuple[int, int, int],
    room: int,
) -> None:
    """Write one line into an RGB image (H, W, 3).

    place: its left end, and the middle of its small letters' height. size: of an em in pixels.
    room: the pixels that it may be wide, see `fitted`.
    """
    if not text.strip():
        return
    text, size = fitted(text, size, room)
    ink, under = _ink(text, size)
    left, bottom = place[0], place[1] + round(0.36 * size) + under
    top = max(0, bottom - ink.shape[0])
    part = image[top:bottom, left : left + ink.shape[1]]
    share = ink[ink.shape[0] - part.shape[0] :, : part.shape[1], None]
    part[:] = np.rint(part + share * (np.array(colour) - part))
