"""Fabricated cells and a fabricated stream: round numbers that no study gave."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index, write_labels
from posequery.evaluation.cells import of_cells
from posequery.jobs import sealed
from posequery.jobs.files import whole, write_summed
from posequery.report.captions import Captions
from posequery.report.cells import read_cells

FRAMES = 40
"""Of the fabricated stream: two sequences of 20 at 5 a second."""
CELLS = (
    "setting teacher method rate k n seed stream mpjpe_px mpjpe_px_without_first_window "
    "mpjpe_px_equal_lag mpjpe_px_parsed found_share mpjpe_share mpjpe_share_without_first_window "
    "mpjpe_share_equal_lag trainings frames_trained passes frames folder"
).split()
SECONDS = (
    "setting teacher method rate seed stream training_s inference_s selection_s stream_s".split()
)

Row = dict[str, Any]


def _cell(setting: str, teacher: str, method: str, percent: int, px: float, **other: Any) -> Row:
    """A row with counts that fit: pool 1000, window 10."""
    n = 1000 if setting == "offline" else 10
    k = n * percent // 100
    trained = 0 if method in ("none", "baseline") else 1 if setting == "offline" else 3
    row = {
        "setting": setting,
        "teacher": teacher,
        "method": method,
        "rate": Fraction(percent, 100),
        "k": k,
        "n": n,
        "seed": 0,
        "stream": "none" if setting == "offline" else "stream",
        "mpjpe_px": px,
        "mpjpe_px_without_first_window": None if setting == "offline" else px - 1,
        "mpjpe_share": px / 200,
        "trainings": trained,
        "frames_trained": trained * k,
        "passes": trained * k * 10,
        "frames": FRAMES,
    } | other
    rate = str(row["rate"]).replace("/", "of")
    played = f"online/{row['stream']}" if setting == "online" else setting
    return row | {"folder": f"cells/{played}/{teacher}/{method}/{rate}/seed{row['seed']}"}


@pytest.fixture
def a_cell() -> Callable[..., Row]:
    return _cell


def _write_csv(path: Path, columns: list[str], rows: list[Row], of: str = "") -> None:
    write_summed(path, pd.DataFrame(rows, columns=columns).to_csv(index=False), of)


@pytest.fixture
def frame(tmp_path: Path) -> Callable[[list[Row]], pd.DataFrame]:
    """Rows as they are read from ``cells.csv``."""

    def make(rows: list[Row]) -> pd.DataFrame:
        _write_csv(tmp_path / "frame.csv", CELLS, rows)
        return read_cells(tmp_path / "frame.csv")

    return make


@pytest.fixture
def captions() -> Captions:
    readings = {
        "common": ("errors_over & 100 % | limbs",),
        "offline": ("first videos",),
        "online": ("window of 10 frames",),
    }
    return Captions("fabricated", "rendered stand-in", True, "teacher network", False, readings)


@pytest.fixture
def write_cells(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Write rows as ``cells.csv`` and ``seconds.csv``, and the record of each online one."""

    def write(rows: list[Row], frames: int = FRAMES) -> tuple[Path, Path]:
        seconds = []
        for row in rows:
            spent = {"training_s": row["k"] / 2, "inference_s": 1.0}
            if row["setting"] == "online":
                spent |= {"selection_s": 0.25, "stream_s": 8.0}
                # `mpjpe_px` to the right of the joints of `stream`.
                joints = np.full((frames, 18, 2), (10 + row["mpjpe_px"], 10))
                updates = np.arange(1, row["trainings"] + 1) * 10
                none = [np.empty(0)] * len(updates)
                _write_record(tmp_path / row["folder"] / "record.h5", joints, updates, none)
            seconds.append(row | spent)
        files = tmp_path / "cells.csv", tmp_path / "seconds.csv"
        _write_csv(files[0], CELLS, rows)
        _write_csv(files[1], SECONDS, seconds, of_cells(files[0]))
        return files

    return write


def _write_record(
    path: Path, joints: np.ndarray, updates: np.ndarray, picked: Sequence[np.ndarray]
) -> None:
    with sealed.created(path) as file:
        file["joints"] = joints.astype(np.float32)
        file["peaks"] = np.zeros(joints.shape[:2], np.float32)
        file["parsed"] = np.full(joints.shape, np.nan, np.float32)
        file["version"] = np.searchsorted(updates, np.arange(len(joints)), "right").astype(np.int32)
        file["updates/frame"] = updates
        file["updates/count"] = np.array([len(frames) for frames in picked], np.int64)
        file["updates/picked"] = np.concatenate([np.empty(0), *picked]).astype(np.int64)
        file.attrs["fps"] = 5.0


@pytest.fixture
def write_record() -> Callable[..., None]:
    return _write_record


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    """All joints at (10, 10); its labels file is 3 px beside that in x, 4 px in y."""
    clips = []
    for name in ("Walking", "Sitting"):
        path = tmp_path / f"clips/{name}.h5"
        info = ClipInfo(name, "S1", name, 1, "1", 20, 5.0, 64, 64, 8, f"{name}.mp4")
        with whole(path) as temporary, ClipWriter(temporary) as writer:
            for _ in range(20):
                writer.append(np.zeros((8, 8, 3), np.uint8))
            writer.close(info, np.full((20, 18, 2), 10, np.float32))
        clips.append(path)
    index = tmp_path / "clips/stream.json"
    write_index(index, clips)
    return Stream(index)


@pytest.fixture
def labels(tmp_path: Path, stream: Stream) -> Path:
    joints = np.full((FRAMES, 18, 2), (13, 14), np.float32)
    path = tmp_path / "labels/network.h5"
    write_labels(path, joints, np.ones((FRAMES, 18), np.float32), stream.path)
    return path


# A stream of real video: two cameras, 20 frames each, windows of 10.


@pytest.fixture
def video_stream(tmp_path, make_stream):
    frames = [np.full((128, 96, 3), 70, np.uint8)] * 20
    (tmp_path / "clips").mkdir()
    return make_stream(tmp_path / "clips", {"cam1": frames, "cam2": frames}, rate=5)


@pytest.fixture
def taught(video_stream):
    """The teacher's labels: a body that moves one pixel a frame to the right."""
    body = np.stack([30 + 2 * np.arange(18), 20 + 5 * np.arange(18)], axis=1)
    return body[None] + np.arange(FRAMES)[:, None, None] * np.array([1.0, 0.0])


@pytest.fixture
def label_files(tmp_path, video_stream, taught):
    """The teacher's labels file, and that of a consensus 3 pixels below it."""
    paths = tmp_path / "teacher.h5", tmp_path / "consensus.h5"
    for path, off in zip(paths, (0, 3), strict=True):
        write_labels(path, taught + np.array([0, off]), np.ones((FRAMES, 18)), video_stream.path)
    return paths


@pytest.fixture
def video_cells(a_cell, write_cells, taught, tmp_path):
    """Baseline 20 px off; uniform 20 px in the first window, then 4 px (20 %) or 8 px (10 %)."""
    rows = [
        a_cell("online", "none", "baseline", 0, 20.0),
        a_cell("online", "blazepose", "uniform", 10, 11.0),
        a_cell("online", "blazepose", "uniform", 20, 8.0),
    ]
    cells_csv, _ = write_cells(rows)
    for row, after in zip(rows, (20, 8, 4), strict=True):
        off = np.where(np.arange(FRAMES) < 10, 20, after)[:, None, None]
        k = row["k"]
        updates = np.arange(1, 4) * 10 if k else np.empty(0, int)
        picked = [start - 10 + 10 * np.arange(k) // k for start in updates]
        path = tmp_path / row["folder"] / "record.h5"
        _write_record(path, taught + off * np.array([0, 1]), updates, picked)
    return cells_csv


@pytest.fixture
def split_rows(a_cell):
    """Offline cells of videos that are split in time, with a teacher's labels for the truth."""
    return [
        a_cell("offline", "none", "none", 0, 30.0),
        a_cell("offline", "blazepose", "uniform", 1, 20.0),
        a_cell("offline", "blazepose", "uniform", 20, 12.0),
        a_cell("offline", "blazepose", "all", 100, 10.0),
    ]


@pytest.fixture
def mine(captions):
    """Captions of videos of one's own."""
    return replace(captions, study="mine", source="own videos", stand_in=False, teacher="BlazePose")
