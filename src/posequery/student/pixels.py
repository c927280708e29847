"""The only place that converts between source pixels and network grids.

The whole frame is squashed to a square grid of `side` cells: the network's input (side 96) or its
maps (side 24). The centre of the top-left pixel or cell is (0, 0) in both systems, hence
x_source = (x_grid + 1/2) * width / side - 1/2.
"""

import numpy as np


def to_source(points: np.ndarray, side: int, sizes: np.ndarray) -> np.ndarray:
    """Points (n, ..., 2) from a grid to source pixels, float32; sizes (n, 2): width and height.

    Raises ValueError, as `to_grid` does, for other shapes and for a size that is not above 0.
    """
    scale = _per_point(sizes, points, side) / side
    return ((points + 0.5) * scale - 0.5).astype(np.float32)


def to_grid(points: np.ndarray, side: int, sizes: np.ndarray) -> np.ndarray:
    """Points (n, ..., 2) from source pixels to a grid, float32; sizes (n, 2): width and height."""
    scale = side / _per_point(sizes, points, side)
    return ((points + 0.5) * scale - 0.5).astype(np.float32)


def _per_point(sizes: np.ndarray, points: np.ndarray, side: int) -> np.ndarray:
    sizes = np.asarray(sizes, np.float64)
    fits = points.ndim >= 2 and points.shape[-1] == 2 and sizes.shape == (len(points), 2)
    if not fits or side < 1 or not (sizes > 0).all():
        fault = f"points {points.shape} of a grid of {side}, sizes {sizes.shape}"
        raise ValueError(f"{fault}: (n, ..., 2) and (n, 2), above 0, are needed")
    return sizes.reshape(len(sizes), *[1] * (points.ndim - 2), 2)
