"""Videos as RGB frames: every frame once, in presentation order, intact or reported.

A video is a file, or a folder of its frames as JPEGs `<name>000001.jpg`, `<name>000002.jpg` ...
"""

import os
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from posequery.jobs.files import BadInput

_COPY_AGAIN = "Copy or download it again"
_ENCODE_AGAIN = "Copy it again, or re-encode it (ffmpeg -i IN -c:v libx264 -crf 12 OUT.mp4)"
_EVERY_IMAGE = "Extract every frame of the video into it again"
_NUMBERED = re.compile(r"([^.].*|)(\d{6})\.jpg")
_END_OF_JPEG = b"\xff\xd9"
_TAIL = 1024  # bytes: some cameras pad after the end marker

IMAGE_FPS = 50
"""Frames per second of a folder of images, which does not state it: that of Human3.6M's cameras."""

DECLARING = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""FFmpeg's names for containers that state a length, so that a missing end is detected."""
SLACK = 0.01
"""Share of its length that an intact video may lack at its end, if that exceeds two frames."""


@dataclass(frozen=True)
class VideoInfo:
    """Size in pixels when upright, frames per second, and the declared number of frames."""

    width: int
    height: int
    fps: Fraction
    frames: int
    """0 if the container does not state it."""


def info(path: str | os.PathLike[str]) -> VideoInfo:
    """What the file states about itself, and its first frame about the display rotation.

    For a folder, `frames` is the number of images, and `fps` is IMAGE_FPS. Raises `BadInput` for a
    file that is not a video, and for a folder that lacks an image.
    """
    with _opened(path, threads=1) as (_, stream):
        fps = stream.average_rate or stream.guessed_rate
        if not fps:
            raise BadInput(path, "states no frame rate", _ENCODE_AGAIN)
        width, height, count = stream.width, stream.height, stream.frames
    if Path(path).is_dir():
        count = images(path)[1]
    turns = _quarter_turns(path, next(decoded(path)))
    if turns % 2:
        width, height = height, width
    return VideoInfo(width, height, Fraction(fps), count)


class Picture(threading.local):
    """Converts decoded frames of one video to upright RGB; each thread has its own scaler."""

    def __init__(self, path: str | os.PathLike[str], size: int | None) -> None:
        self._path, self._size = path, size
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        """The frame as yielded by `frames`."""
        size = self._size
        scaled = size is not None and (frame.width, frame.height) != (size, size)
        rgb = self._reformatter.reformat(
            frame,
            width=size,
            height=size,
            # swscale halves the chroma width when scaling to rgb24, and leaves garbage in the last
            # columns when it converts to gbrp unscaled (FFmpeg 8, widths not multiples of 16).
            format="gbrp" if scaled else "rgb24",
            interpolation=Interpolation.AREA,
            src_color_range=frame.color_range,
            threads=1,
        )
        turns = _quarter_turns(self._path, frame)
        upright = np.rot90(rgb.to_ndarray(), turns) if turns else rgb.to_ndarray()
        return np.ascontiguousarray(upright)


def frames(
    path: str | os.PathLike[str], size: int | None = None, threads: int = 1
) -> Iterator[np.ndarray]:
    """Yield RGB frames, uint8, in presentation order; frame i of the file is item i.

    With `size`, the whole frame is squashed to (size, size, 3) by area averaging, so that
    x_source = (x_net + 0.5) * W / size - 0.5; otherwise frames are (H, W, 3). Decoding uses
    `threads` threads (0: one per core), whose number does not change a single bit. Frames are
    upright: a phone's frames are rotated as its metadata states. Raises `BadInput` for a file that
    is missing, empty, truncated, damaged, rotated by other than quarter turns, or not a video, and,
    once the last existing frame has been taken, for a missing end.
    """
    return map(Picture(path, size), decoded(path, threads))


def _quarter_turns(path: str | os.PathLike[str], frame: VideoFrame) -> int:
    """Number of counter-clockwise quarter turns that make a frame upright."""
    if frame.rotation % 90:
        fault = f"has a display rotation of {frame.rotation} degrees"
        raise BadInput(path, fault, "Re-encode it upright (ffmpeg -i IN OUT.mp4)")
    return frame.rotation // 90


def decoded(path: str | os.PathLike[str], threads: int = 1) -> Iterator[VideoFrame]:
    """Like `frames`, but yields the decoder's own frames, neither converted nor rotated."""
    folder = Path(path).is_dir()
    with _opened(path, threads) as (container, stream):
        count = 0
        end: float | None = None
        size: tuple[int, int] | None = None
        try:
            for number, packet in enumerate(container.demux(stream)):
                if packet.is_corrupt:
                    raise BadInput(path, f"is cut off in frame {count} or soon after", _COPY_AGAIN)
                if folder and packet.size and _END_OF_JPEG not in bytes(packet)[-_TAIL:]:
                    raise _damaged(path, number, "is truncated or not a JPEG")
                for frame in packet.decode():
                    if frame.is_corrupt:
                        raise _damaged(path, count, f"frame {count} is damaged")
                    # The decoder sets its stream's size to that of each frame.
                    size = size or (frame.width, frame.height)
                    if (frame.width, frame.height) != size:
                        fault = f"changes its frame size at frame {count}"
                        raise _damaged(path, count, fault, "Split it there")
                    yield frame
                    count += 1
                    end = None
                    if frame.time is not None and frame.time_base is not None:
                        end = frame.time + float(frame.duration * frame.time_base)
        except av.FFmpegError as error:
            fault = f"is truncated or damaged after frame {count} ({error.strerror})"
            raise _damaged(path, count, fault) from error
        if not count:
            raise BadInput(path, "holds no frame", _COPY_AGAIN)
        if end is not None:
            _require_end(path, container, stream, end)


def require_end(path: str | os.PathLike[str]) -> None:
    """Raise `BadInput` if a video's end is missing; reads its last seconds, decodes nothing.

    What lies before them is not checked.
    """
    if Path(path).is_dir():
        name, count = images(path)
        last = Path(path, f"{name}{count:06d}.jpg")
        if _END_OF_JPEG not in last.read_bytes()[-_TAIL:]:
            raise BadInput(last, "is truncated or not a JPEG", _COPY_AGAIN)
        return
    with _opened(path, threads=1) as (container, stream):
        declared = _declared_end(container, stream)
        if declared is None or stream.time_base is None:
            return
        end = 0.0
        try:
            container.seek(int(declared / stream.time_base), stream=stream)
            for packet in container.demux(stream):
                if packet.is_corrupt:
                    raise BadInput(path, "is cut off near its end", _COPY_AGAIN)
                if packet.pts is not None:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * stream.time_base))
        except av.FFmpegError as error:
            raise BadInput(path, f"is cut off ({error.strerror})", _COPY_AGAIN) from error
        _require_end(path, container, stream, end)


def _require_end(
    path: str | os.PathLike[str], container: InputContainer, stream: VideoStream, end: float
) -> None:
    declared = _declared_end(container, stream)
    fps = stream.average_rate or stream.guessed_rate
    if declared and fps and declared - end > max(2 / float(fps), SLACK * declared):
        fault = f"is cut off: it should end after {declared:.2f} s but ends after {end:.2f} s"
        raise BadInput(path, fault, _COPY_AGAIN)


def _declared_end(container: InputContainer, stream: VideoStream) -> float | None:
    """When the last frame should end (s); None if the file does not state it, or only guesses.

    The number of frames is no substitute: an edit list hides some, as in a video trimmed on a
    phone, and with a varying frame rate it does not give the time.
    """
    if container.format.name not in DECLARING:
        return None
    if stream.duration and stream.time_base:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    # Matroska's own length is that of its longest stream, which may be the sound.
    stated = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if stated:
        hours, minutes, seconds = map(float, stated.groups())
        return 3600 * hours + 60 * minutes + seconds
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def images(folder: str | os.PathLike[str]) -> tuple[str, int]:
    """The prefix of the file names of a video's images, before 000001.jpg etc., and their number.

    Raises `BadInput` for a folder without images, with several videos, or with a missing image.
    """
    numbers: dict[str, set[int]] = defaultdict(set)
    for entry in os.scandir(folder):
        if match := _NUMBERED.fullmatch(entry.name):
            numbers[match[1]].add(int(match[2]))
            if not entry.stat().st_size:
                raise BadInput(entry.path, "is empty (0 bytes)", _COPY_AGAIN)
    if len(numbers) != 1:
        fault = f"holds {'several sets of' if numbers else 'no'} images named <name>000001.jpg"
        raise BadInput(folder, fault, "Give a video, or a folder with the images of one video")
    ((name, found),) = numbers.items()
    if missing := set(range(1, max(found) + 1)) - found:
        lacking = (
            f"{len(missing)} of its {max(found)} images, the first {name}{min(missing):06d}.jpg"
        )
        raise BadInput(folder, f"lacks {lacking}", _EVERY_IMAGE)
    return name, len(found)


def _damaged(
    path: str | os.PathLike[str], number: int, fault: str, fix: str = _ENCODE_AGAIN
) -> BadInput:
    """The error for frame `number`; it names the image if `path` is a folder of images."""
    if not Path(path).is_dir():
        return BadInput(path, fault, fix)
    return BadInput(Path(path, f"{images(path)[0]}{number + 1:06d}.jpg"), fault, _EVERY_IMAGE)


@contextmanager
def _opened(
    path: str | os.PathLike[str], threads: int
) -> Iterator[tuple[InputContainer, VideoStream]]:
    file, options = Path(path), {}
    if file.is_dir():
        name = str(file / images(file)[0]).replace("%", "%%")
        source, format_name = f"{name}%06d.jpg", "image2"
        options = {"framerate": str(IMAGE_FPS), "pattern_type": "sequence", "start_number": "1"}
    elif not file.is_file():
        raise BadInput(path, "there is no such video", "Check the path")
    elif not file.stat().st_size:
        raise BadInput(path, "is empty (0 bytes)", _COPY_AGAIN)
    else:
        source, format_name = str(file), None
    try:
        # The prefix keeps a colon in the path from being read as a protocol.
        container = av.open(f"file:{source}", format=format_name, options=options)
    except (av.FFmpegError, OSError) as error:
        fault = f"is truncated or not a video ({error.strerror})"
        raise BadInput(path, fault, _COPY_AGAIN) from error
    with container:
        if not container.streams.video:
            raise BadInput(path, "has no video stream", "Give a video, or copy it again")
        stream = container.streams.video[0]
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        # Without this, a damaged frame is silently filled from its neighbours.
        stream.codec_context.options = {"err_detect": "explode"}
        yield container, stream
