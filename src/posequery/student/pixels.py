"""The only place that converts between source pixels and network grids.

The whole frame is squashed to a square grid of `side` cells: the network's input (side 96) or its
maps (side 24). The centre of the top-left pixel or cell is (0, 0) in both systems, hence
x_source = (x_grid + 1/2) * width / side - 1/2.
"""

import numpy as np


def to_source(points: np.ndarray, side: int, sizes: np.ndarray) -> np.ndarray:
    """Points (n, ..., 2) from a grid to source pixels, float32; sizes (n, 2): width and height."""
    scale = _per_point(sizes, points.ndim) / side
    return ((points + 0.5) * scale - 0.5).astype(np.float32)


def to_grid(points: np.ndarray, side: int, sizes: np.ndarray) -> np.ndarray:
    """Points (n, ..., 2) from source pixels to a grid, float32; sizes (n, 2): width and height."""
    scale = side / _per_point(sizes, points.ndim)
    return ((points + 0.5) * scale - 0.5).astype(np.float32)


def _per_point(sizes: np.ndarray, dimensions: int) -> np.ndarray:
    sizes = np.asarray(sizes, np.float64)
    return sizes.reshape(len(sizes), *[1] * (dimensions - 2), 2)
