"""Fabricated cells and a fabricated stream: round numbers that no study gave."""

from collections.abc import Callable
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index, write_labels
from posequery.evaluation.cells import CellRow, SecondsRow, write_table
from posequery.jobs.files import whole
from posequery.report.captions import Captions

FRAMES = 40
"""Of the fabricated stream: two sequences of 20 at 5 a second."""


def _cell(setting: str, teacher: str, method: str, percent: int, px: float, **other) -> CellRow:
    """A row with counts that fit: pool 1000, window 10."""
    n = 1000 if setting == "offline" else 10
    k = n * percent // 100
    trained = 0 if method in ("none", "baseline") else 1 if setting == "offline" else 3
    late = None if setting == "offline" else px - 1
    values = {
        "k": k,
        "n": n,
        "seed": 0,
        "mpjpe_px_without_first_window": late,
        "mpjpe_px_equal_lag": None,
        "mpjpe_px_parsed": None,
        "found_share": None,
        "trainings": trained,
        "frames_trained": trained * k,
        "passes": trained * k * 10,
        "frames": FRAMES,
        "folder": "",
    }
    marks = (setting, teacher, method, Fraction(percent, 100))
    row = dict(zip(("setting", "teacher", "method", "rate"), marks, strict=True))
    return CellRow(**(row | {"mpjpe_px": px} | values | other))


@pytest.fixture
def a_cell() -> Callable[..., CellRow]:
    return _cell


@pytest.fixture
def captions() -> Captions:
    readings = {
        "common": ("errors_over & 100 % | limbs",),
        "offline": ("first videos",),
        "online": ("window of 10 frames",),
    }
    return Captions("fabricated", "rendered stand-in", "teacher network", readings)


@pytest.fixture
def write_cells(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Write rows as cell folders, online ones with a record, and collect them."""

    def write(rows: list[CellRow], frames: int = FRAMES) -> tuple[Path, Path]:
        values, seconds = [], []
        for row in sorted(rows, key=lambda row: (row.setting, row.teacher, row.method, row.rate)):
            folder = tmp_path / f"cells/{row.setting}/{row.teacher}/{row.method}"
            folder = folder / f"{row.rate}".replace("/", "of") / f"seed{row.seed}"
            folder.mkdir(parents=True)
            place = folder.relative_to(tmp_path).as_posix()
            values.append((replace(row, folder=place).__dict__).values())
            online = row.setting == "online"
            spent = [row.k / 2, 1.0, *([0.25, 8.0] if online else [None, None])]
            seconds.append([row.setting, row.teacher, row.method, row.rate, row.seed, *spent])
            if online:
                _record(folder / "record.h5", row, frames)
        files = tmp_path / "cells.csv", tmp_path / "seconds.csv"
        write_table(files[0], [field.name for field in fields(CellRow)], values)
        write_table(files[1], [field.name for field in fields(SecondsRow)], seconds)
        return files

    return write


def _record(path: Path, row: CellRow, frames: int) -> None:
    updates = np.arange(1, row.trainings + 1) * 10
    with h5py.File(path, "w") as file:
        file["joints"] = np.full((frames, 18, 2), (10 + row.mpjpe_px, 10), np.float32)
        file["peaks"] = np.zeros((frames, 18), np.float32)
        file["parsed"] = np.full((frames, 18, 2), np.nan, np.float32)
        file["version"] = np.zeros(frames, np.int32)
        file["updates/frame"] = updates
        file["updates/count"] = np.zeros(len(updates), np.int64)
        file["updates/picked"] = np.zeros(0, np.int64)
        file.attrs["fps"] = 5.0


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
