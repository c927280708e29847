"""A stream to live on."""

import numpy as np
import pytest
from playing import SIZE

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs import seeds
from posequery.jobs.files import whole


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    """23 frames: clips of 10 and 13."""
    folder = tmp_path_factory.mktemp("stream")
    random = seeds.generator("frames")
    for name, count in (("a", 10), ("b", 13)):
        info = ClipInfo(name, "S1", "Walking", 1, "c", count, 5.0, 64, 48, SIZE, "v.mp4")
        with whole(folder / f"{name}.h5") as path, ClipWriter(path) as writer:
            for _ in range(count):
                writer.append(random.integers(0, 255, (SIZE, SIZE, 3)).astype(np.uint8))
            writer.close(info, random.uniform(0, 48, (count, 18, 2)).astype(np.float32))
    write_index(folder / "stream.json", [folder / "a.h5", folder / "b.h5"])
    return Stream(folder / "stream.json")
