"""A stream of five frames and a cell that was tested on it, in round numbers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from posequery.cell import KEY, Cell, Outcome
from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.evaluation.columns import Evaluation, Played, columns
from posequery.jobs import sealed
from posequery.jobs.files import sha256, whole, write_summed
from posequery.record import Record
from posequery.timing import Timing

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


def changed_key(changed: dict[str, object]) -> dict[str, object]:
    return {name: changed[name] for name in KEY if name in changed}


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
        which |= {"stream": "none" if changed.get("setting") == "offline" else "S1"}
        folder = tmp_path / "cells" / Cell(**{"seed": seed} | which | changed_key(changed)).folder
        digests = {
            "record_sha256": written(folder / "record.h5", off, version),
            "weights_sha256": "w",
        }
        if lagged:
            ahead = folder / "lagged.h5"
            digests["lagged_sha256"] = written(ahead, lagged, [0] * len(lagged))
        outcome = Outcome(**{"seed": seed} | which | COUNTS | digests | changed)
        outcome.write(folder)
        write_summed(folder / "seconds.json", SECONDS, outcome.folder)
        return folder

    return write


@pytest.fixture
def value() -> Callable[..., float]:
    """What a column says of an online cell that `lived` made."""

    def found(name: str, evaluation: Evaluation) -> float:
        return next(column for column in columns() if column.name == name).of(evaluation)

    return found


@pytest.fixture
def lived() -> Callable[..., Evaluation]:
    """An online cell of windows of 10 frames at 1 a second. A person of a torso of 100 px stands
    still; the student is `off` (n,) px beside it, the unadapted one `before`, and one that was
    trained on everything `every` (n,) px."""

    def make(
        off: np.ndarray,
        before: np.ndarray | None = None,
        *,
        every: np.ndarray | None = None,
        clip: np.ndarray | None = None,
        updates: dict[int, list[int]] = {},  # noqa: B006 (nobody changes it)
        fps: float = 1.0,
        taught: np.ndarray | None = None,
        **changed: object,
    ) -> Evaluation:
        count = len(off)
        truth = np.zeros((count, 18, 2))
        truth[:, 11:13, 1] = 100

        def record(beside: np.ndarray) -> Record:
            joints = truth + np.array([1, 0]) * np.asarray(beside, float)[:, None, None]
            version = np.searchsorted([*updates], np.arange(count), side="right")
            version[np.isnan(joints).all(axis=(1, 2))] = -1
            lived = np.array([*updates], np.int64), [np.array(f, int) for f in updates.values()]
            return Record(joints, np.zeros((count, 18)), joints, version, *lived)

        own = record(off)
        truth[own.version < 0] = np.nan
        clip = np.zeros(count, int) if clip is None else clip
        which = {"setting": "online", "teacher": "t", "method": "uniform", "rate": "1/2", "seed": 0}
        which |= {"stream": "S1"}
        digests = {"record_sha256": "r", "weights_sha256": "w"}
        cell = Outcome(**which | COUNTS | digests | {"window": 10} | changed)
        played = Played.of(truth, clip, np.zeros(count, int), Timing.even(count, fps))
        others = (None if beside is None else record(beside) for beside in (before, every))
        return Evaluation(cell, own, None, truth, played, taught, *others)

    return make
