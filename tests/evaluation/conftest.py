"""A stream of five frames and a cell that was tested on it, in round numbers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from posequery.cell import Outcome
from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs import sealed
from posequery.jobs.files import sha256, whole, write_summed

COUNTS = {"k": 1, "n": 2, "window": 2, "trainings": 1, "frames_trained": 1, "epochs": 10}
SECONDS = '{"training": 3.5, "inference": 1.25, "selection": 0.5, "stream": 180.0}'


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    """Two frames of S9 walking, then three of S11 sitting; every joint but one knee at (10, 10)."""
    paths = []
    for name, subject, action, count in (("a", "S9", "Walking", 2), ("b", "S11", "Sitting", 3)):
        path = tmp_path / f"{name}.h5"
        info = ClipInfo(name, subject, action, 1, "c", count, 5.0, 64, 64, 32, "v.mp4")
        truth = np.full((count, 18, 2), 10, np.float32)
        if name == "b":
            truth[2, 13] = np.nan
        with whole(path) as temporary, ClipWriter(temporary) as writer:
            for _ in range(count):
                writer.append(np.zeros((32, 32, 3), np.uint8))
            writer.close(info, truth)
        paths.append(path)
    write_index(tmp_path / "index.json", paths)
    return Stream(tmp_path / "index.json")


def written(path: Path, off: list[float], version: list[int]) -> str:
    """A record whose joints lie `off` px beside the truth frame by frame, the nose far off; its
    digest. The parser finds all in the last frame, 4 px off, in the first the wrists, 3 and 5."""
    count = len(off)
    joints = np.tile(np.array([[10, 10]], np.float32), (count, 18, 1))
    joints[..., 0] += np.array(off)[:, None]
    joints[:, 0] += 1000
    parsed = np.full((count, 18, 2), np.nan, np.float32)
    parsed[0, [9, 10]] = [[10, 13], [15, 10]]
    parsed[-1] = [10, 14]
    with sealed.created(path) as file:
        file["joints"], file["parsed"] = joints, parsed
        file["peaks"] = np.zeros((count, 18), np.float32)
        file["version"] = np.array(version)
        for name in ("frame", "count", "picked"):
            file[f"updates/{name}"] = np.empty(0, int)
    return sha256(path)


@pytest.fixture
def cell(tmp_path: Path) -> Callable[..., Path]:
    """Writes the folder of an online cell, with changes to what its job counted."""

    def write(
        seed: int = 0,
        *,
        off: list[float] = [1, 2, 3, 4, 5],  # noqa: B006 (nobody changes it)
        version: list[int] = [0] * 5,
        lagged: list[float] | None = None,
        **changed: object,
    ) -> Path:
        which = {"setting": "online", "teacher": "t", "method": "uniform", "rate": "1/2"}
        folder = tmp_path / f"cells/online/t/uniform/50pct/seed{seed}"
        digests = {
            "record_sha256": written(folder / "record.h5", off, version),
            "weights_sha256": "w",
        }
        if lagged:
            ahead = folder / "lagged.h5"
            digests["lagged_sha256"] = written(ahead, lagged, [0] * len(lagged))
        outcome = Outcome(seed=seed, **which | COUNTS | digests | changed)
        outcome.write(folder)
        write_summed(folder / "seconds.json", SECONDS, outcome.folder)
        return folder

    return write
