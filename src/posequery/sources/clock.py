"""When a video's frames are shown: their time stamps, and the rate that these keep.

A container's time stamps decide, never its header alone: a rate that the header states is taken,
exactly, where the stamps keep it. Where they don't, the rate is the stamps' mean, and each frame
keeps its own time.
"""

import os
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from posequery.jobs import bounds
from posequery.jobs.files import BadInput
from posequery.sources.containers import packets

AGREEING = 0.01
"""Share by which a rate that a study states may differ from that of a video's time stamps."""
PAUSE = 10
"""Seconds that, in a container whose clock may jump (.ts), separate two recordings (ffmpeg's
`-dts_delta_threshold`); between them the time goes on by one frame."""
MISSING = np.iinfo(np.int64).min
"""Stands for a time stamp that a frame does not have."""

_TS_DISCONT = 0x200  # AVFMT_TS_DISCONT
_AT_ITS_RATE = "Re-encode it at its true rate (ffmpeg -i IN -fps_mode cfr -r RATE OUT.mp4)"
_STATED = "--fps (source.fps in a study)"


@dataclass(frozen=True)
class Clock:
    """When a video's frames are shown.

    rate: frames a second. unit: seconds of a tick of the frames' time stamps, None where there are
    none. even: whether the file spaces its frames at exactly that rate. seams: how often the time
    stamps start again in its middle, as those of joined .ts files do.
    """

    rate: Fraction
    unit: Fraction | None
    even: bool
    seams: int = 0

    def times(
        self, path: str | os.PathLike[str], stamps: np.ndarray
    ) -> tuple[np.ndarray, Fraction]:
        """When decoded frames are shown (n,), in seconds from the first, and their rate.

        stamps: (n,) int64, one of each frame in the order of showing, or MISSING. Raises `BadInput`
        for those that are missing or do not rise, unless the file spaces its frames evenly.
        """
        evenly = np.arange(len(stamps)) / float(self.rate)
        if self.unit is None or len(stamps) < 2:
            return evenly, self.rate
        if self.seams:
            stamps, _ = _continued(stamps, self.unit)
        fault = _fault(stamps)
        if fault and not self.even:
            raise BadInput(path, fault, _AT_ITS_RATE)
        if fault or _keeps(stamps, self.unit, self.rate):
            return evenly, self.rate
        rate, even = _settled(stamps, self.unit, [])
        if even:
            return np.arange(len(stamps)) / float(rate), rate
        return (stamps - stamps[0]) * float(self.unit), rate


def of_stamps(
    path: str | os.PathLike[str],
    container: InputContainer,
    stream: VideoStream,
    stated: Fraction | None,
) -> tuple[Clock, int]:
    """The clock of a container that has one, and how many frames it holds; decodes nothing.

    Where the header lists every frame and spaces them evenly (most mp4 and avi), it alone is read,
    else all packets are. stated: frames a second by the study. Raises `BadInput` for what `checked`
    does, for a rate other than that `stated`, and for time stamps that are missing or repeat.
    """
    unit = stream.time_base or Fraction(1, av.time_base)
    rates = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    headers = [Fraction(rate) for rate in rates if rate]
    stamps, seams = _listed(stream), 0
    rate, even = _settled(stamps, unit, headers)
    if not even:
        stamps = _read(path, container, stream)
        if may_jump(container):
            stamps, seams = _continued(stamps, unit)
        if fault := _fault(stamps):
            raise BadInput(path, fault, _AT_ITS_RATE)
        rate, even = _settled(stamps, unit, headers)
    rate = checked(path, rate)
    if stated and abs(stated - rate) > AGREEING * rate:
        fault = f"shows {float(rate):.5g} frames a second, where {_STATED} says {float(stated):g}"
        raise BadInput(path, fault, f"Correct {_STATED}, or leave it out: the file has a clock")
    return Clock(rate, unit, even, seams), len(stamps)


def without_stamps(
    path: str | os.PathLike[str], header: Fraction | None, stated: Fraction | None
) -> Clock:
    """The clock of what has no time stamps, by the rate of its `header`, or that `stated`.

    Raises `BadInput` where neither is known, or the two differ, or for what `checked` does.
    """
    if not header and not stated:
        fault = "has no clock: nothing in it says how many frames a second it shows"
        raise BadInput(path, fault, f"state it: {_STATED}")
    if header and stated and abs(stated - header) > AGREEING * header:
        fault = f"states {float(header):.5g} frames a second, and {_STATED} {float(stated):g}"
        fix = f"Correct {_STATED}, or give it that clock (ffmpeg -r {stated} -i IN -c copy OUT.mp4)"
        raise BadInput(path, fault, fix)
    return Clock(checked(path, header or stated or Fraction(0)), None, even=True)


def may_jump(container: InputContainer) -> bool:
    """Whether the time stamps of such a container (.ts, .vob) may start again in its middle."""
    return bool(container.format.flags & _TS_DISCONT)


def apart(before: "Packet[VideoStream]", after: "Packet[VideoStream]") -> bool:
    """Whether another recording begins with the packet `after`: its clock jumps."""
    if before.dts is None or after.dts is None or not after.is_keyframe:
        return False
    return not before.dts < after.dts <= before.dts + PAUSE / after.time_base


def checked(path: str | os.PathLike[str], rate: Fraction) -> Fraction:
    """The rate; raises `BadInput` for one beyond all bounds."""
    if not bounds.FRAME_RATES[0] <= rate <= bounds.FRAME_RATES[1]:
        fault = f"shows {float(rate):.4g} frames a second, which no video does"
        raise BadInput(path, fault, _AT_ITS_RATE)
    return rate


def _listed(stream: VideoStream) -> np.ndarray:
    """The time stamps of decoding of a header that lists every frame, (0,) of another.

    Where they are even, those of showing are, too, a few frames later.
    """
    listed = stream.index_entries
    if not stream.frames or len(listed) != stream.frames:
        return np.empty(0, np.int64)
    return np.fromiter((one.timestamp for one in listed if not one.is_discard), np.int64)


def _read(
    path: str | os.PathLike[str], container: InputContainer, stream: VideoStream
) -> np.ndarray:
    """All frames' time stamps in the order of showing, those of each recording by themselves."""
    jumps = may_jump(container)
    numbered = container.format.name == "avi"  # which has no time stamps of showing
    recordings = [array("q")]
    last: Packet[VideoStream] | None = None
    for packet in packets(path, container, stream):
        if not packet.size or packet.is_discard:
            continue
        if jumps and last and apart(last, packet):
            recordings.append(array("q"))
        last = packet
        known = (None if numbered else packet.pts, packet.dts, MISSING)
        recordings[-1].append(next(stamp for stamp in known if stamp is not None))
    return np.concatenate([np.sort(np.asarray(recording, np.int64)) for recording in recordings])


def _continued(stamps: np.ndarray, unit: Fraction) -> tuple[np.ndarray, int]:
    """Time stamps in which each recording goes on a frame after the one before; how many seams.

    Where some are missing, all stay as they are.
    """
    if (stamps == MISSING).any():
        return stamps, 0
    steps = np.diff(stamps)
    jumps = (steps <= 0) | (steps > PAUSE / unit)
    if not jumps.any() or jumps.all():
        return stamps, 0
    steps[jumps] = int(np.median(steps[~jumps]))
    return np.concatenate([[0], np.cumsum(steps)]), int(jumps.sum())


def _fault(stamps: np.ndarray) -> str:
    """What is wrong with decoded frames' time stamps, if anything is."""
    missing = np.flatnonzero(stamps == MISSING)
    if len(missing):
        return f"has no time stamp at frame {missing[0]}"
    back = np.flatnonzero(np.diff(stamps) <= 0)
    return f"has time stamps that repeat or go back at frame {back[0] + 1}" if len(back) else ""


def _settled(
    stamps: np.ndarray, unit: Fraction, headers: Sequence[Fraction]
) -> tuple[Fraction, bool]:
    """The rate that rising time stamps keep, a header's if they do, and whether they keep it."""
    if len(stamps) < 2:
        return (headers or [Fraction(0)])[0], len(stamps) == 1
    span = int(stamps[-1]) - int(stamps[0])
    if span <= 0:
        return Fraction(0), False
    mean = Fraction(len(stamps) - 1) / (span * unit)
    # Where a tick is a frame, a mean a little lower would hide that one is lost.
    near = [mean.limit_denominator(1001)] if mean * unit <= Fraction(1, 2) else []
    for rate in (*headers, *near):
        if rate and _keeps(stamps, unit, rate):
            return rate, True
    return mean, False


def _keeps(stamps: np.ndarray, unit: Fraction, rate: Fraction) -> bool:
    """Whether time stamps are those of a constant rate, rounded to ticks once, or twice if fine."""
    ticks = 1 / (rate * unit)
    apart = (stamps - stamps[0]) - np.arange(len(stamps)) * float(ticks)
    rounding = 2 if ticks >= 20 else 1 if ticks > 1 else 0
    return bool(np.ptp(apart) < rounding + 1e-6)
