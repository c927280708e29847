"""What some strategies need beside joints and peaks (`strategies.EXTRAS`): of each batch the maps
are reduced to it while the network runs, for all maps would not fit anywhere."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from posequery.metrics import joint_errors
from posequery.skeletons import MIRROR
from posequery.student import decoding, pixels
from posequery.student.training import normalised

LEAST = 0.1
"""A lower local maximum of a map is no peak (Liu and Ferrari, 2017, have no such bound: all of a
map's noise would then count)."""


class Extras:
    """Reduces one batch after another of frames that follow each other, by one network.

    network: any of `NETWORKS`, or what `for_inference` makes of it. wanted: of `strategies.EXTRAS`.
    """

    def __init__(self, network: nn.Module, wanted: Collection[str]) -> None:
        self._network, self._wanted = network, wanted
        self._last: torch.Tensor | None = None
        self._features = torch.empty(0)

    @contextmanager
    def watching(self) -> Iterator["Extras"]:
        """While it lasts, the backbone's last map is kept of each batch."""
        if "features" not in self._wanted:
            yield self
            return

        def keep(_: nn.Module, given: tuple[Any, ...]) -> None:
            self._features = given[0]

        first = cast(nn.Module, self._network.after_backbone)
        hook = first.register_forward_pre_hook(keep)
        try:
            yield self
        finally:
            hook.remove()

    def of(
        self, frames: np.ndarray, maps: torch.Tensor, joints: np.ndarray, sizes: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Each that is wanted, of the batch (b, s, s, 3) that the network has just seen.

        maps (b, 18, h, w); joints (b, 18, 2) in source pixels; sizes (b, 2): width and height.
        """
        found = {}
        if "features" in self._wanted:
            found["features"] = self._features.mean((2, 3)).cpu().numpy()
        if "entropy" in self._wanted:
            found["entropy"] = entropy(maps).cpu().numpy()
        if "change" in self._wanted:
            found["change"] = self._change(maps).cpu().numpy()
        if "flipped" in self._wanted:
            found["flipped"] = self._flipped(frames, joints, sizes)
        return found

    def _change(self, maps: torch.Tensor) -> torch.Tensor:
        """Difference (b,) of each frame's maps to the frame before: NaN of the very first."""
        first = torch.full_like(maps[:1], torch.nan) if self._last is None else self._last
        before = torch.cat([first, maps[:-1]])
        self._last = maps[-1:].clone()
        return (maps - before).abs_().sum((2, 3)).mean(1)

    def _flipped(self, frames: np.ndarray, joints: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        mirrored = torch.from_numpy(frames[:, :, ::-1].copy())
        maps, _ = self._network(normalised(mirrored.to(next(self._network.parameters()).device)))
        points = decoding.highest_peaks(maps)[0].cpu().numpy()[:, MIRROR]
        side = maps.shape[-1]
        points[..., 0] = side - 1 - points[..., 0]
        apart: np.ndarray = joint_errors(joints, pixels.to_source(points, side, sizes))
        return apart.mean(axis=1)


def entropy(maps: torch.Tensor) -> torch.Tensor:
    """Entropy (b, j), in nats, of the peaks of maps (b, j, h, w) as shares of their sum.

    A peak is a value above `LEAST` that none of the 5 × 5 around it exceeds. A map with no peak, or
    one, has an entropy of 0.
    """
    highest = functional.max_pool2d(maps, decoding.WINDOW, 1, decoding.WINDOW // 2)
    peaks = torch.where((maps == highest) & (maps > LEAST), maps, 0).flatten(2)
    total = peaks.sum(2, keepdim=True)
    return torch.special.entr(peaks / torch.where(total > 0, total, 1)).sum(2)
