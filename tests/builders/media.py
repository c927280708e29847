"""Writes small real files: H.264 videos whose frames show their numbers, and CDF files."""

from fractions import Fraction

import av
import cdflib
import numpy as np

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
