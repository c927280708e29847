"""The record of a stream while it grows: one part file a stretch, joined at the end.

So memory does not grow with the stream, and a killed job loses at most one stretch.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from posequery.arrays import shape
from posequery.jobs import sealed
from posequery.jobs.files import sha256, whole
from posequery.skeletons import JOINTS

PER_FRAME = ("joints", "peaks", "parsed", "version")
PER_UPDATE = ("frame", "count")
PER_PICK = ("picked", "score", "decided_by")


@dataclass(frozen=True)
class Update:
    """A training: the first frame its weights are live at, and the stream frames trained on."""

    frame: int
    picked: np.ndarray
    score: np.ndarray
    decided_by: np.ndarray

    def __post_init__(self) -> None:
        (count,) = shape("picked", self.picked, "k", kinds="iu")
        shape("score", self.score, count, kinds="fiu")
        shape("decided_by", self.decided_by, count, kinds="iu")


def named(folder: Path, kind: str, start: int) -> Path:
    """The file of a part; those of a kind sort by their start."""
    return folder / f"{kind}-{start:09d}.npz"


def start_of(part: Path) -> int:
    return int(part.stem.split("-")[1])


def write_part(
    path: Path,
    joints: np.ndarray,
    peaks: np.ndarray,
    parsed: np.ndarray,
    version: int,
    update: Update | None,
    extras: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> None:
    """Write some frames: joints and parsed (n, 18, 2) in source pixels, peaks (n, 18).

    extras: what a strategy needs beside them (n, ...), by name; `join` leaves it out. Raises
    ValueError for other shapes.
    """
    count, _, _ = shape("joints", joints, "n", len(JOINTS), 2)
    shape("peaks", peaks, count, len(JOINTS))
    shape("parsed", parsed, count, len(JOINTS), 2)
    none = np.empty(0)
    values = {
        "joints": joints,
        "peaks": peaks,
        "parsed": parsed,
        "version": np.full(len(joints), version, np.int32),
        "frame": np.array([update.frame] if update else [], np.int64),
        "count": np.array([len(update.picked)] if update else [], np.int64),
        "picked": (update.picked if update else none).astype(np.int64),
        "score": (update.score if update else none).astype(np.float32),
        "decided_by": (update.decided_by if update else none).astype(np.int64),
        **extras,
    }
    with whole(path) as temporary:
        np.savez(temporary, allow_pickle=False, **values)


def write_missed(path: Path, count: int) -> None:
    """Write `count` frames that nobody saw: all is NaN, and the version -1."""
    nothing = np.full((count, len(JOINTS), 2), np.nan, np.float32)
    write_part(path, nothing, nothing[..., 0], nothing, -1, None)


def read_part(path: Path, extras: Iterable[str] = ()) -> dict[str, np.ndarray]:
    """The arrays that `write_part` wrote, by name; raises whatever NumPy does if it is damaged."""
    with np.load(path, allow_pickle=False) as values:
        return {name: values[name] for name in (*PER_FRAME, *PER_UPDATE, *PER_PICK, *extras)}


def total(paths: Iterable[Path], others: str = "") -> str:
    """A sum over parts, by name and content, in any order; `others` is the sum over other ones."""
    found = int(others or "0", 16)
    for path in paths:
        found ^= int(hashlib.sha256(f"{path.name} {sha256(path)}".encode()).hexdigest(), 16)
    return f"{found:064x}"


def join(parts: list[Path], path: Path, fps: float) -> None:
    """Make the record file (`posequery.record`) of the parts in their order."""
    with sealed.created(path) as file:
        for part in parts:
            for name, rows in read_part(part).items():
                place = name if name in PER_FRAME else f"updates/{name}"
                if place not in file:
                    shape = (None, *rows.shape[1:])
                    file.create_dataset(place, data=rows, maxshape=shape, chunks=True)
                    continue
                dataset = file[place]
                dataset.resize(len(dataset) + len(rows), axis=0)
                dataset[len(dataset) - len(rows) :] = rows
        file.attrs["fps"] = fps
