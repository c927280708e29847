"""When the frames of a stream are shown, and how far '1500 frames' or '30 s' of it reach."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from posequery.arrays import shape
from posequery.jobs.files import BadInput

_EXACT = 6
"""Decimals of a frame that count: what is finer is the rounding of time stamps in binary."""
FPS_TOLERANCE = 0.01
"""Share by which a video's frame rate may differ from its stream's, where it is to be one rate."""


@dataclass(frozen=True, eq=False)
class Timing:
    """When each frame of a stream is shown.

    shown (n,): seconds from the first, rising. usual: seconds that the last frame is shown for.
    Raises ValueError for what is not that.
    """

    shown: np.ndarray
    usual: float

    def __post_init__(self) -> None:
        shape("shown", self.shown, "n")
        ends = (*self.shown[[0, -1]], self.usual) if len(self.shown) else (0, 0)
        if ends[0] != 0 or not np.isfinite(ends).all() or not (np.diff(self.shown) > 0).all():
            raise ValueError("shown: times that do not rise from 0")
        if not 0 < self.usual < np.inf:
            raise ValueError(f"usual: {self.usual} seconds")

    @classmethod
    def even(cls, frames: int, fps: float) -> "Timing":
        """Of frames at one rate; raises ValueError for a rate that is not above 0."""
        if not 0 < fps < np.inf:
            raise ValueError(f"fps: {fps} frames a second")
        return cls(np.arange(frames) / fps, 1 / fps)

    @classmethod
    def joined(cls, clips: Iterable[tuple[np.ndarray, float]]) -> "Timing":
        """Of clips that play one after another: each one's times (n,) from 0, and its mean rate.

        A clip begins where the one before ends: its last frame is shown for a frame's usual time.
        Of no frame at all that is a second.
        """
        pieces, start, usual = [np.empty(0)], 0.0, 1.0
        for inside, fps in clips:
            if len(inside):
                usual = 1 / fps
                pieces.append(start + inside)
                start += inside[-1] + usual
        return cls(np.concatenate(pieces), usual)

    def __len__(self) -> int:
        return len(self.shown)

    @property
    def seconds(self) -> float:
        """How long the whole stream lasts, to a microsecond."""
        return round(self._at(len(self)), 6)

    @property
    def steady(self) -> bool:
        """Whether all frames are shown for equally long, so far as time stamps can say."""
        each = self.seconds / max(1, len(self))
        return bool((np.abs(self.shown - np.arange(len(self)) * each) <= each).all())

    def frames_in(self, stretch: str) -> int:
        """Frames of a stretch ('1500 frames', '30 s'), by the mean rate where it is in seconds.

        At least one, unless the stretch is 0.
        """
        fps = len(self) / self.seconds if len(self) else 1 / self.usual
        return Timing.even(len(self), fps).after(0, stretch)

    def lasting(self, frames: int) -> str:
        """How long so many frames last on average; they are not counted where that varies."""
        seconds = frames * self.seconds / len(self) if len(self) else frames * self.usual
        if not self.steady:
            return f"{seconds:.2g} s"
        many = "1 frame" if frames == 1 else f"{frames} frames"
        return f"{many} ({seconds:.3g} s)" if seconds < 100 else f"{many} ({seconds:.0f} s)"

    def after(self, frame: int, stretch: str) -> int:
        """The frame at which a stretch ends that begins with `frame`: the first after it.

        Of '30 s', the one whose time is nearest to 30 s after that of `frame`. At least one frame
        is between them, unless the stretch is 0. Past the stream's end, time goes on by `usual`.
        Raises ValueError for what is no stretch, and for a frame before the first.
        """
        text, unit = stretch.split()
        amount = Fraction(text)
        counted = unit == "frames" and amount.denominator == 1
        if frame < 0 or amount < 0 or not (counted or unit == "s"):
            raise ValueError(f"'{stretch}' from frame {frame}")
        if not amount:
            return frame
        if unit == "frames":
            return frame + int(amount)
        reach = self._frame_at(self._at(frame) + float(amount)) - frame
        return frame + max(1, round(round(reach, _EXACT)))

    def between(self, frame: int, later: int) -> Fraction:
        """Seconds from when a frame is shown until another is, to a microsecond."""
        return Fraction(str(round(self._at(later) - self._at(frame), 6)))

    def starts(self, stretch: str) -> np.ndarray:
        """The first frames (w,) of the stretches that the stream is cut into; the last is partial
        where the stream ends within it."""
        found, frame = [], 0
        while frame < len(self):
            found.append(frame)
            frame = self.after(frame, stretch)
        return np.array(found, np.int64)

    def around(self, frames: int) -> tuple[np.ndarray, np.ndarray]:
        """For each frame the first (n,) of those around it, and the first (n,) after those.

        They are those of the time that so many `frames` take at the mean rate, centred on each and
        cut at the stream's ends. An even number reaches one frame further back than forth.
        """
        each = self.seconds / max(1, len(self))
        back, forth = frames // 2 * each, (frames + 1) // 2 * each
        finest = each * 10**-3
        low = np.searchsorted(self.shown, self.shown - back - finest)
        return low, np.searchsorted(self.shown, self.shown + forth - finest)

    def _at(self, frame: int) -> float:
        if frame < len(self):
            return float(self.shown[frame])
        return self._last + (frame - len(self) + 1) * self.usual

    def _frame_at(self, seconds: float) -> float:
        """The frame that is shown then; a fraction says how near the next one is."""
        if not len(self) or seconds >= self._last:
            return len(self) - 1 + (seconds - self._last) / self.usual
        frame = int(np.searchsorted(self.shown, seconds, side="right")) - 1
        since, until = self.shown[frame : frame + 2]
        return frame + float((seconds - since) / (until - since))

    @property
    def _last(self) -> float:
        return float(self.shown[-1]) if len(self) else -self.usual


def require_one_rate(rates: Mapping[str, float]) -> None:
    """Raise `BadInput` if videos that follow each other in a stream differ in frame rate.

    rates: frames a second of each, by its path. They may differ by `FPS_TOLERANCE` from the first.
    A study needs this that counts a stretch of its stream in frames, since as many frames would
    last longer in one video than in another. Stretches in seconds are seconds at any rate.
    """
    first = next(iter(rates), None)
    for video, rate in rates.items():
        if first is not None and abs(rate - rates[first]) > FPS_TOLERANCE * rates[first]:
            fault = f"has {rate:.6g} frames a second, but {first}, before it, {rates[first]:.6g}"
            fix = "Put them in two studies, or give every stretch under online: in seconds"
            raise BadInput(video, fault, fix)
