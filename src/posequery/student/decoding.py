"""From confidence maps to joints: the highest refined peak of each map, which always exists.

This is the primary way to decode the student's output: every cell of the study is measured on the
same joints, so a network is never rewarded for finding fewer.
"""

import torch

WINDOW = 5
"""Side of the window over which a peak is refined, in map cells (trt_pose's default)."""


def refine(maps: torch.Tensor, peaks: torch.Tensor, window: int = WINDOW) -> torch.Tensor:
    """Peaks (b, j, 2) of maps (b, j, h, w), moved to the value-weighted centroid around each.

    Peaks are whole cells (row, column); the result is (x, y) in cells, where (0, 0) is the centre
    of the first cell. Beyond the border, values are mirrored but coordinates are not (trt_pose,
    refine_peaks.cpp). Negative values count as zero; upstream uses them as weights and may leave
    the window or divide by zero. Where nothing around the peak is positive, the peak itself is
    returned, so the result is always finite. Raises ValueError for other shapes, for maps that are
    smaller than half a window or not finite around a peak, and for a peak outside.
    """
    if maps.ndim != 4 or peaks.shape != (*maps.shape[:2], 2) or peaks.is_floating_point():
        fault = f"{peaks.dtype} {tuple(peaks.shape)} peaks of maps {tuple(maps.shape)}"
        raise ValueError(f"{fault}: whole cells (b, j, 2) of (b, j, h, w) are needed")
    height, width = maps.shape[-2:]
    if window < 1 or window % 2 == 0 or min(height, width) <= window // 2:
        raise ValueError(f"a window of {window} cells in maps of {height} x {width}")
    if ((peaks < 0) | (peaks >= torch.tensor([height, width], device=peaks.device))).any():
        raise ValueError(f"a peak lies outside of its map of {height} x {width} cells")
    reach = torch.arange(window, device=maps.device) - window // 2
    rows, columns = peaks[..., 0, None] + reach, peaks[..., 1, None] + reach
    inside = _mirrored(rows, height)[..., :, None] * width + _mirrored(columns, width)[..., None, :]
    values = maps.flatten(2).gather(2, inside.flatten(2)).clamp_(min=0).view(inside.shape)
    total = values.sum((-2, -1))
    if not total.isfinite().all():
        raise ValueError("the maps are not finite")
    y = (values.sum(-1) * rows).sum(-1) / total
    x = (values.sum(-2) * columns).sum(-1) / total
    centroid = torch.stack([x, y], -1)
    return torch.where(total[..., None] > 0, centroid, peaks.flip(-1).to(centroid.dtype))


def _mirrored(index: torch.Tensor, size: int) -> torch.Tensor:
    index = index.abs()
    return torch.where(index < size, index, 2 * size - index - 2)


def highest_peaks(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The highest peak of each of maps (b, j, h, w): x, y (b, j, 2) in cells, and values (b, j).

    Raises ValueError as `refine` does, and for a peak that is not finite.
    """
    if maps.ndim != 4:
        raise ValueError(f"maps of the shape {tuple(maps.shape)}, not (b, j, h, w)")
    values, places = maps.flatten(2).max(dim=2)
    if not values.isfinite().all():
        raise ValueError("the maps are not finite")
    width = maps.shape[-1]
    peaks = torch.stack([places // width, places % width], dim=-1)
    return refine(maps, peaks), values
