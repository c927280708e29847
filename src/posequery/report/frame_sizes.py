"""How large the frames are that errors in pixels are averaged over."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from posequery.clips import Stream

ALIKE = 0.01
"""Share by which sides of frames may differ and a pixel still be called the same: Human3.6M's are
1000 and 1002 high."""
SHARE = (
    "a share of the person's size, the median diagonal of the box around the limb joints in a clip"
)


@dataclass(frozen=True)
class FrameSizes:
    """The sizes (width, height) of the clips of streams, in source pixels, each once, ascending."""

    sizes: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, *streams: Stream) -> Self:
        sizes = {(clip.width, clip.height) for stream in streams for clip in stream.clips}
        return cls(tuple(sorted(sizes)))

    @classmethod
    def in_indices(cls, *indices: Path | None) -> Self:
        """Of the indices of streams; none without one. Raises `BadInput`."""
        return cls.of(*(Stream(index) for index in indices if index))

    @property
    def differ(self) -> bool:
        """Whether a pixel is not the same everywhere."""
        sides = list(zip(*self.sizes, strict=True))
        return any(max(side) > (1 + ALIKE) * min(side) for side in sides)

    def said(self, beside: bool = False) -> str:
        """A caption's sentence, where there are several; beside: the share stands there as well."""
        if len(self.sizes) < 2:
            return ""
        first, last = (f"{width} × {height}" for width, height in (self.sizes[0], self.sizes[-1]))
        few = len(self.sizes) == 2
        many = f"two sizes, {first} and" if few else f"{len(self.sizes)} sizes, from {first} to"
        said = f"The frames are of {many} {last} pixels"
        if not self.differ:
            return f"{said}."
        share = "the second block of rows" if beside else "mpjpe_share in cells.csv"
        return (
            f"{said}, so that a mean in pixels counts errors in large frames for more; {share} has "
            f"them as {SHARE}."
        )


ONE_SIZE = FrameSizes()
"""Of frames that are all alike."""
