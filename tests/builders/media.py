"""Writes small real files: H.264 videos whose frames show their numbers, and CDF files."""

from fractions import Fraction

import av
import cdflib
import numpy as np

from posequery.sources import video

BITS = 8


def write_video(path, frames, rate=50, options=None, pixels="yuv420p", container_options=None):
    """Write frames, RGB (H, W, 3) uint8, to an H.264 file and return its path."""
    with av.open(f"file:{path}", "w", format="mp4", options=container_options or {}) as container:
        frames = iter(frames)
        first = next(frames)
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = pixels
        # With B-frames, decoding order differs from presentation order.
        stream.options = {"preset": "veryfast", "bf": "3", "threads": "1", **(options or {})}
        for array in (first, *frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(array, format="rgb24")))
        container.mux(stream.encode())
    return path


def decoded(path):
    """The decoder's own frames of a video, as stored."""
    return (frame for frame, _ in video.with_geometry(path))


def movie(
    path,
    frames,
    container="mp4",
    codec="libx264",
    rate=30,
    pts=None,
    unit=Fraction(1, 1000),
    matrix=None,
    aspect=None,
    **options,
):
    """Write frames, RGB (H, W, 3) uint8, in any of FFmpeg's containers; returns its path.

    pts: when each frame is shown, in ticks of `unit` seconds. matrix: a, b, c, d of the display
    matrix. aspect: of a pixel, as the codec states it.
    """
    frames = list(frames)
    with av.open(f"file:{path}", "w", format=container) as file:
        stream = file.add_stream(codec, rate=Fraction(rate))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        x264 = {"preset": "veryfast", "bf": "2", "g": "20", "threads": "1"}
        stream.options = (x264 if codec == "libx264" else {}) | options
        stream.codec_context.thread_count = 1
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if matrix:
            a, b, c, d = (round(value * (1 << 16)) for value in matrix)
            stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        if pts:
            stream.codec_context.time_base = unit
        for number, array in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(array, format="rgb24")
            if pts:
                frame.pts, frame.time_base = pts[number], unit
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def numbered(number, width=64, height=48):
    """A grey frame whose eight vertical stripes, white or black, are the bits of `number`."""
    columns = np.arange(width) * BITS // width
    row = np.where(number >> columns & 1, 235, 20).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def number(frame):
    """The number that `numbered` painted, read back from a frame of any size."""
    stripes = np.array_split(frame[:, :, 1].mean(axis=0), BITS)
    return sum(int(np.median(stripe) > 128) << bit for bit, stripe in enumerate(stripes))


def write_cdf(path, pose, name="Pose", compression=6):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cdflib.cdfwrite.CDF(path, delete=True)
    writer.write_var(
        {
            "Variable": name,
            "Data_Type": 45,  # CDF_DOUBLE
            "Num_Elements": 1,
            "Rec_Vary": True,
            "Dim_Sizes": list(pose.shape[1:]),
            "Compress": compression,
        },
        var_data=pose.astype(np.float64),
    )
    writer.close()
    return path


def with_cover_first(path, frames, picture):
    """An MP4 whose first stream is a cover picture, as a JPEG's bytes, and whose second a video."""
    with av.open(f"file:{path}", "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=30)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        cover = file.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 16
        cover.pix_fmt, cover.disposition = "yuvj420p", av.stream.Disposition.attached_pic
        packet = av.Packet(picture)
        packet.stream, packet.pts, packet.dts, packet.time_base = cover, 0, 0, Fraction(1)
        file.mux(packet)
        for array in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(array, format="rgb24")))
        file.mux(stream.encode())
    content = path.read_bytes()
    track, about = (content.index(name, content.index(b"moov")) - 4 for name in (b"trak", b"udta"))
    end = about + int.from_bytes(content[about : about + 4], "big")
    moved = content[about:end] + content[track:about]
    path.write_bytes(content[:track] + moved + content[end:])
    return path


def without_timing(h264):
    """A bare baseline H.264 stream whose parameters say nothing of time (ITU-T H.264, 7.3.2)."""
    mark = b"\0\0\0\1\x67"
    first, *rest = h264.split(mark)
    return first + b"".join(mark + _without_vui(part) for part in rest)


def _without_vui(part):
    end = part.index(b"\0\0\0\1")
    bits = "".join(f"{byte:08b}" for byte in part[:end].replace(b"\0\0\3", b"\0\0"))
    place = 24

    def golomb():
        nonlocal place
        zeros = bits.index("1", place) - place
        start, place = place + zeros, place + 2 * zeros + 1
        return int(bits[start:place], 2) - 1

    golomb(), golomb()
    if golomb() == 0:
        golomb()
    golomb()
    place += 1
    golomb(), golomb()
    place += 3 if bits[place] == "1" else 4  # frame_mbs_only, direct_8x8, cropping
    if bits[place - 1] == "1":
        golomb(), golomb(), golomb(), golomb()
    kept = f"{bits[:place]}01"
    kept += "0" * (-len(kept) % 8)
    data = bytes(int(kept[at : at + 8], 2) for at in range(0, len(kept), 8))
    return data + part[end:]
