"""Opens a video, a file or a folder of images, for decoding, and says what cannot be one."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from posequery.jobs import bounds
from posequery.jobs.files import COPY_AGAIN, BadInput
from posequery.sources.access import refuse_live, require_readable
from posequery.sources.image_folder import images

DECLARING = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""FFmpeg's names for containers that state a length, so that a missing end is detected."""

_HOLDING = (
    *("mov", "matroska", "avi", "asf", "asf_o", "flv", "live_flv", "kux", "mpeg", "mpegts"),
    *("mxf", "gxf", "dv", "ogg", "nut", "nuv", "rm", "swf", "wtv", "ty", "ivf", "amv", "dhav"),
    *("cine", "r3d", "ser", "yuv4mpegpipe", "gif", "apng", "mpjpeg", "mjpeg", "mjpeg_2000", "m4v"),
    *("h261", "h263", "h264", "hevc", "vvc", "evc", "obu", "av1", "mpegvideo", "vc1", "vc1test"),
    *("cavsvideo", "avs2", "avs3", "dirac", "dnxhd", "image2"),
    *(name for name in sorted(av.formats_available) if name.endswith("_pipe")),  # images
    *("wav", "aiff", "mp3", "flac", "aac"),  # which are said to have no video
)
"""FFmpeg's names for what holds its frames itself. Others, such as playlists, name further files
that FFmpeg would open, on other machines too, and that nobody gave."""
_IN_ITSELF = {"format_whitelist": ",".join(_HOLDING), "pattern_type": "none"}
"""An image whose name holds a '%' or a '*' is no pattern of others' names."""
_REMUX = "Copy it again, or rewrite it (ffmpeg -i IN -map 0:v:0 -c copy OUT.mp4)"
_NO_TIMESTAMPS = 0x80  # AVFMT_NOTIMESTAMPS
_PHOTO_BRANDS = ("heic", "heix", "mif1", "avif")
"""What an mp4-like file that is a photo calls itself (ISO/IEC 23008-12, annex B)."""
_STILL = Disposition.attached_pic | Disposition.timed_thumbnails
_FRONT = 64 << 20  # bytes of a photo in which a video is looked for


@contextmanager
def opened(
    path: str | os.PathLike[str], threads: int, photo: bool = False
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A video's container and its video stream: the default one, and never a cover picture.

    photo: whether it may be a still image. Raises `BadInput` for a path that is no video, or may
    not be read.
    """
    source, format_name, options = _source(path)
    try:
        # The prefix keeps a colon in the path from being read as a protocol.
        container = av.open(
            f"file:{source}", format=format_name, options=options, metadata_errors="replace"
        )
    except av.ArgumentError as error:  # what FFmpeg answers beside its white list
        fault = "is a playlist, of another kind that is not read, or damaged"
        fix = "Give the video itself, or make one of it (ffmpeg -i IN OUT.mp4)"
        raise BadInput(path, fault, fix) from error
    except (av.FFmpegError, OSError) as error:
        fault = f"is truncated or not a video ({error.strerror})"
        raise BadInput(path, fault, COPY_AGAIN) from error
    with container:
        _refuse_photo(path, container, photo)
        stream = _video_stream(path, container)
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        stream.codec_context.options = {
            # Without this, a damaged frame is silently filled from its neighbours.
            "err_detect": "explode",
            "max_pixels": str(bounds.IMAGE_PIXELS),
        }
        yield container, stream


def _source(path: str | os.PathLike[str]) -> tuple[str, str | None, dict[str, str]]:
    """What FFmpeg opens: a name, a format where it is known, and the format's options."""
    refuse_live(path)
    require_readable(path)
    file = Path(path)
    if file.is_dir():
        # The prefix may be empty: 000001.jpg.
        name = f"{file}/{images(file)[0]}".replace("%", "%%")
        return f"{name}%06d.jpg", "image2", {"pattern_type": "sequence", "start_number": "1"}
    if not file.is_file():
        fault = "is no regular file" if file.exists() else "there is no such video"
        raise BadInput(path, fault, "Check the path")
    if not file.stat().st_size:
        raise BadInput(path, "is empty (0 bytes)", COPY_AGAIN)
    return str(file), None, _IN_ITSELF


def is_photo(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a still image; raises `BadInput` for a path that is no video either."""
    if Path(path).is_dir():
        return False
    with opened(path, threads=1, photo=True) as (container, _):
        return _is_still(container)


def _is_still(container: InputContainer) -> bool:
    name = container.format.name
    return name == "image2" or name.endswith("_pipe")


def _refuse_photo(path: str | os.PathLike[str], container: InputContainer, photo: bool) -> None:
    stills = _is_still(container)
    if Path(path).is_dir():
        return
    if stills and _is_animated_webp(path):
        fix = "Make a video or a GIF of it, with a program that reads it"
        raise BadInput(path, "is an animated WebP, which is not read", fix)
    if photo and stills:
        return
    if not stills and container.metadata.get("major_brand", "") not in _PHOTO_BRANDS:
        return
    if photo:
        raise BadInput(path, "is a photo of a kind that is not read", "Save it as PNG or JPEG")
    with open(path, "rb") as file:
        moving = stills and b"ftyp" in file.read(_FRONT)
    if moving:
        fault, fix = "is a photo with a short video inside", "Save that video as a file of its own"
    else:
        fault, fix = "is a photo", "Give a video, or a folder of its frames"
    raise BadInput(path, fault, fix)


def _is_animated_webp(path: str | os.PathLike[str]) -> bool:
    """By the flags of its extended header (RFC 9649, 2.7)."""
    with open(path, "rb") as file:
        head = file.read(21)
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and bool(head[20:] and head[20] & 2)


def _video_stream(path: str | os.PathLike[str], container: InputContainer) -> VideoStream:
    moving = [one for one in container.streams.video if not one.disposition & _STILL]
    if not moving:
        fault = "has no video stream"
        raise BadInput(path, fault, "Give a video, or copy it again")
    by_default = (one for one in moving if one.disposition & Disposition.default)
    stream = next(by_default, moving[0])
    codec: object = stream.codec_context
    if codec is None:
        fault = "is compressed in a way that is not known, or damaged at its beginning"
        raise BadInput(path, fault, "Re-encode it (ffmpeg -i IN OUT.mp4), or copy it again")
    if stream.width * stream.height > bounds.IMAGE_PIXELS:
        fault = f"states frames of {stream.width} x {stream.height} pixels"
        raise BadInput(path, fault, f"Take one of at most {bounds.IMAGE_PIXELS:,} pixels a frame")
    return stream


def packets(
    path: str | os.PathLike[str], container: InputContainer, stream: VideoStream
) -> "Iterator[Packet[VideoStream]]":
    """The packets of one stream; raises `BadInput` where the file ends up in another's."""
    try:
        yield from container.demux(stream)
    except IndexError as error:  # PyAV knows no stream that begins in the middle of a .ts file
        fault = "holds another stream from its middle on, or is damaged there"
        raise BadInput(path, fault, _REMUX) from error


def has_clock(container: InputContainer) -> bool:
    """Whether its frames have time stamps: bare streams (.h264, .mjpeg) and images have none."""
    bare = container.format.flags & _NO_TIMESTAMPS
    return not bare and container.format.name != "image2"


def declared_end(container: InputContainer, stream: VideoStream) -> float | None:
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


def header_rate(stream: VideoStream) -> Fraction | None:
    """The frame rate that a bare stream's own header states, if it does."""
    # MPEG-4's gives the ticks of a second, of which FFmpeg makes a rate by the first frames.
    ticks = stream.codec_context.name == "mpeg4"
    rate = stream.guessed_rate if ticks else stream.codec_context.framerate
    return Fraction(rate) if rate else None
