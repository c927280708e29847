"""Videos as RGB frames: every frame once, in presentation order, as shown, intact or reported.

A video is a file, or a folder of its frames as JPEGs `<name>000001.jpg`, `<name>000002.jpg` ...
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import starmap
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from posequery.jobs.files import COPY_AGAIN, BadInput
from posequery.sources import clock, jpeg
from posequery.sources.clock import Clock
from posequery.sources.containers import (
    declared_end,
    has_clock,
    header_rate,
    opened,
    packets,
)
from posequery.sources.geometry import Geometry, Picture, geometry, placed
from posequery.sources.image_folder import ALL_AGAIN, image, images

_ENCODE_AGAIN = "Copy it again, or re-encode it (ffmpeg -i IN -c:v libx264 -crf 12 OUT.mp4)"
_LOST = "Copy it again; several .ts files in one are read after ffmpeg -i IN -c copy OUT.mp4"

SLACK = 0.01
"""Share of its length that an intact video may lack at its end, if that exceeds two frames."""


@dataclass(frozen=True)
class VideoInfo(Geometry):
    """How a video is shown, its frames per second, and how many it holds by its container."""

    fps: Fraction
    """Exact where the frames keep it, else their mean."""
    frames: int
    clock: Clock = field(kw_only=True, repr=False, compare=False)


def info(path: str | os.PathLike[str], fps: Fraction | None = None) -> VideoInfo:
    """What the file's header, its time stamps and its first frame state; decodes no more.

    Where the header does not list every frame (mp4 and avi do), the whole file is read. fps: the
    frames a second that somebody states of it, needed where it has no clock: a folder of images,
    and a bare stream whose own header says nothing. Raises `BadInput` for a file that is not a
    video, for a folder that lacks an image, and for a rate that is unknown or contradicted.
    """
    _, shown = next(with_geometry(path))
    with opened(path, threads=1) as (container, stream):
        try:
            if has_clock(container):
                when, count = clock.of_stamps(path, container, stream, fps)
            elif Path(path).is_dir():
                when, count = clock.without_stamps(path, None, fps), images(path)[1]
            else:
                when = clock.without_stamps(path, header_rate(stream), fps)
                count = sum(bool(packet.size) for packet in packets(path, container, stream))
        except av.FFmpegError as error:
            raise BadInput(path, f"is cut off ({error.strerror})", COPY_AGAIN) from error
    return VideoInfo(
        shown.width,
        shown.height,
        when.rate,
        count,
        stored=shown.stored,
        turns=shown.turns,
        mirrored=shown.mirrored,
        clock=when,
    )


def frames(
    path: str | os.PathLike[str], size: int | None = None, threads: int = 1
) -> Iterator[np.ndarray]:
    """Yield RGB frames, uint8, in presentation order; frame i of the file is item i.

    Frames are as a player shows them: upright, and of square pixels (see `geometry`). With `size`,
    the whole frame is squashed to (size, size, 3) by area averaging, so that with the shown
    frame's width W, x_source = (x_net + 0.5) * W / size - 0.5; otherwise frames are (H, W, 3).
    Decoding uses `threads` threads (0: one per core), whose number does not change a single bit.
    Raises `BadInput` for a file that is missing, empty, truncated, damaged, rotated by other than
    quarter turns, or not a video, and, once the last existing frame has been taken, for a missing
    end.
    """
    return starmap(Picture(size), with_geometry(path, threads))


def with_geometry(
    path: str | os.PathLike[str], threads: int = 1, photo: bool = False
) -> Iterator[tuple[VideoFrame, Geometry]]:
    """Like `frames`, but yields the decoder's own frames, as stored, and beside each how it is
    shown, which is the same of all. photo: whether it may be a still image, then the only frame."""
    pictures = photo or Path(path).is_dir()
    again = "Copy it again, or save it as PNG or JPEG" if photo else _ENCODE_AGAIN
    with opened(path, threads, photo) as (container, stream):
        count, exif = 0, 1
        end: float | None = None
        shown: Geometry | None = None
        first: tuple[object, ...] = ()
        photos = stream.codec_context.name == "mjpeg"
        try:
            for number, packet in enumerate(_intact(path, container, stream)):
                if photos and packet.size:
                    header = jpeg.header(bytes(packet))
                    exif = header.orientation if header else 1
                    if pictures and not (header and header.complete):
                        raise _damaged(path, number, "is truncated or not a JPEG", again)
                for frame in packet.decode():
                    if frame.is_corrupt:
                        raise _damaged(path, count, f"frame {count} is damaged", again)
                    # The matrix is read of one frame: a frame of which it was stays in memory
                    # until Python collects circles.
                    size, turned = (frame.width, frame.height), (frame.rotation, exif)
                    # The decoder sets its stream's values to those of each frame.
                    now = size, turned, stream.codec_context.sample_aspect_ratio
                    if shown is None:
                        first, how = now, placed(path, frame, exif)
                        shown = geometry(path, size, stream.sample_aspect_ratio, *how)
                    if now != first:
                        what = "frame size" if size != shown.stored else "shape as shown"
                        # Of pixels, the decoder knows some frames ahead.
                        where = "at" if (size, turned) != first[:2] else "soon after"
                        fault = f"changes its {what} {where} frame {count}"
                        raise _damaged(path, count, fault, "Split it there")
                    yield frame, shown
                    count += 1
                    end = None
                    if frame.time is not None and frame.time_base is not None:
                        end = frame.time + float(frame.duration * frame.time_base)
        except av.FFmpegError as error:
            fault = f"is truncated or damaged after frame {count} ({error.strerror})"
            raise _damaged(path, count, fault, again) from error
        if not count:
            raise BadInput(path, "holds no frame", COPY_AGAIN)
        if end is not None:
            _require_end(path, container, stream, end)


def _intact(
    path: str | os.PathLike[str], container: InputContainer, stream: VideoStream
) -> "Iterator[Packet[VideoStream]]":
    """A video's packets; raises `BadInput` for one that is cut off.

    Where .ts files are joined, the last packet of each, or the one before, seems cut off, since
    their packets are counted from the start again: these are left to the decoder.
    """
    may_jump = clock.may_jump(container)
    held: list[Packet[VideoStream]] = []
    for number, packet in enumerate(packets(path, container, stream)):
        if held and clock.apart(held[-1], packet):
            yield from held
            held = []
        if held or packet.is_corrupt:
            held.append(packet)
            if len(held) > 2 or not may_jump or not packet.size:
                fault = f"is cut off in frame {number + 1 - len(held)} or soon after"
                raise BadInput(path, fault, _LOST if may_jump else COPY_AGAIN)
        else:
            yield packet


def require_end(path: str | os.PathLike[str]) -> None:
    """Raise `BadInput` if a video's end is missing; reads its last seconds, decodes nothing.

    What lies before them is not checked.
    """
    if Path(path).is_dir():
        last = image(path, images(path)[1] - 1)
        header = jpeg.header(last.read_bytes())
        if header is None or not header.complete:
            raise BadInput(last, "is truncated or not a JPEG", COPY_AGAIN)
        return
    with opened(path, threads=1) as (container, stream):
        declared = declared_end(container, stream)
        if declared is None or stream.time_base is None:
            return
        end = 0.0
        try:
            container.seek(int(declared / stream.time_base), stream=stream)
            for packet in packets(path, container, stream):
                if packet.is_corrupt:
                    raise BadInput(path, "is cut off near its end", COPY_AGAIN)
                if packet.pts is not None:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * stream.time_base))
        except av.FFmpegError as error:
            raise BadInput(path, f"is cut off ({error.strerror})", COPY_AGAIN) from error
        _require_end(path, container, stream, end)


def _require_end(
    path: str | os.PathLike[str], container: InputContainer, stream: VideoStream, end: float
) -> None:
    declared = declared_end(container, stream)
    fps = stream.average_rate or stream.guessed_rate
    if declared and fps and declared - end > max(2 / float(fps), SLACK * declared):
        fault = f"is cut off: it should end after {declared:.2f} s but ends after {end:.2f} s"
        raise BadInput(path, fault, COPY_AGAIN)


def _damaged(path: str | os.PathLike[str], number: int, fault: str, fix: str) -> BadInput:
    """The error for frame `number`; it names the image if `path` is a folder of images."""
    if not Path(path).is_dir():
        return BadInput(path, fault, fix)
    return BadInput(image(path, number), fault, ALL_AGAIN)
