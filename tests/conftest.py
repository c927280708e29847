"""One thread, no network, the same examples every time."""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # before numpy and torch are first imported
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import media
import numpy as np
import pytest
from hypothesis import settings

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs.files import whole

settings.register_profile("fixed", deadline=None, derandomize=True, database=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def write_video():
    """Writes frames, RGB (H, W, 3) uint8, as a real H.264 file, and returns its path."""
    return media.write_video


def _make_stream(folder, videos, cameras=None, rate=50, size=32):
    """A stream with a real video and a clip for each name of `videos` (name: frames)."""
    paths = []
    for number, (name, frames) in enumerate(videos.items()):
        source = media.write_video(folder / f"{name}.mp4", frames, rate)
        height, width = frames[0].shape[:2]
        camera = cameras[number] if cameras else name
        info = ClipInfo(
            name, "person", "any", 1, camera, len(frames), rate, width, height, size, str(source)
        )
        with whole(folder / f"{name}.h5") as temporary, ClipWriter(temporary) as writer:
            for _ in frames:
                writer.append(np.zeros((size, size, 3), np.uint8))
            writer.close(info, None)
        paths.append(folder / f"{name}.h5")
    write_index(folder / "stream.json", paths)
    return Stream(folder / "stream.json")


@pytest.fixture(scope="session")
def make_stream():
    return _make_stream
