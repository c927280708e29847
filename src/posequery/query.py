"""The files of the offline query: what the student said of a pool, and which frames were picked."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np

from posequery import seeds, strategies
from posequery.clips import Stream
from posequery.files import BadInput, whole, write_text
from posequery.metrics import frame_errors, joint_errors
from posequery.progress import Progress
from posequery.terminal import tell

BLOCK = 2048
"""Frames that a kill loses at most while a pool is scored: some minutes of a large network's on a
CPU. A multiple of the frames that are predicted at once, so that blocks change no bit."""
COLUMNS = ("frame", "clip", "clip_frame", "score", "decided_by")
"""Of a selection: the frame's number in the pool, its clip and its number in it, what the strategy
ordered it by (empty: nothing), and the number of the map that decided (empty: none)."""

_REMAKE = "Delete it and make it again"


def write_scores(path: str | Path, error: np.ndarray, peaks: np.ndarray) -> None:
    """Write a network's errors (n,) in source pixels and peaks (n, 18) on a pool."""
    with whole(path) as temporary, h5py.File(temporary, "w") as file:
        file["error"] = error.astype(np.float32)
        file["peaks"] = peaks.astype(np.float32)


def score(
    pool: Stream,
    read: Callable[[int, int], tuple[np.ndarray, np.ndarray]],
    folder: Path,
    progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """A network's errors (n,) in source pixels and peaks (n, 18) on a pool, both float32.

    read: gives the joints (k, 18, 2) and peaks (k, 18) of frames start to stop of the pool. Each
    block of `BLOCK` frames is kept in `folder`, which must be this job's own: a job that was killed
    goes on behind the last, and makes a damaged one again.
    """
    blocks = []
    for start in range(0, len(pool), BLOCK):
        stop = min(start + BLOCK, len(pool))
        block = _kept(folder / f"block-{start:09d}.npz", stop - start)
        if block is None:
            joints, peaks = read(start, stop)
            error = frame_errors(joint_errors(joints, pool.joints(np.arange(start, stop))))
            block = error.astype(np.float32), peaks.astype(np.float32)
            with whole(folder / f"block-{start:09d}.npz") as temporary:
                np.savez(temporary, error=block[0], peaks=block[1], allow_pickle=False)
        if progress is not None:
            progress.advance(stop - start)
        blocks.append(block)
    error, peaks = map(np.concatenate, zip(*blocks, strict=True))
    return error, peaks


def _kept(path: Path, count: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The block that a killed job left, if it did and it is whole."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as values:
            error, peaks = values["error"], values["peaks"]
        if len(error) != count or len(peaks) != count:
            raise ValueError(f"{len(error)} frames of {count}")
    except Exception as error:  # whatever is wrong with it, scoring it again mends it
        tell(f"{path}: what a killed job left is damaged ({error}); it is made again")
        return None
    return error, peaks


def window(
    path: str | Path, pool: Stream, rate: Fraction, confidence: str, needs: tuple[str, ...]
) -> strategies.Window:
    """The whole pool as one window, with those of its scores that a strategy needs."""
    try:
        with h5py.File(path, "r") as file:
            scores = {name: file[name][:] for name in needs}
    except (OSError, KeyError) as error:
        raise BadInput(path, f"not a whole file of scores ({error})", _REMAKE) from error
    for values in scores.values():
        if len(values) != len(pool):
            fault = f"scores {len(values)} frames, not the {len(pool)} of {pool.path}"
            raise BadInput(path, fault, _REMAKE)
    return strategies.Window(len(pool), rate, **scores, confidence=confidence)


def select(
    path: str | Path,
    pool: Stream,
    method: str,
    rate: Fraction,
    confidence: str,
    words: list[str | int],
    by_clip: bool = False,
) -> strategies.Selection:
    """Pick frames of the pool by a strategy, or 'none' or 'all' of them; `path` holds the scores.

    With `by_clip` the strategy picks its share of each clip on its own, none of a clip that is too
    short for one frame, and each clip has random draws of its own. Raises `BadInput` if the rate
    picks nothing of the pool.
    """
    if method in ("none", "all"):
        return strategies.Selection(np.arange(len(pool) if method == "all" else 0))
    strategy = strategies.load(method)
    here = window(path, pool, rate, confidence, strategy.needs)
    parts = _clips(here, pool) if by_clip else [(0, here, [])]
    picked = []
    for start, part, more in parts:
        if part.k:
            found = strategies.select(strategy, part, seeds.generator(*words, *more))
            picked.append((start + found.indices, found.score, found.decided_by))
    if not picked:
        most = max(part.size for _, part, _ in parts)
        where = f"a clip's {most} frames or fewer" if by_clip else f"{most} frames"
        fault = f"{method} at a rate of {rate} picks none of {where}"
        raise BadInput(pool.path, fault, "Take a higher rate or a larger pool")
    return strategies.Selection(*map(np.concatenate, zip(*picked, strict=True)))


def _clips(
    pooled: strategies.Window, pool: Stream
) -> list[tuple[int, strategies.Window, list[str]]]:
    """Each clip's first frame, its part of the pool's window, and the word that seeds its draws."""
    parts = []
    for clip, start in zip(pool.clips, pool.starts.tolist(), strict=True):
        here = slice(start, start + clip.frames)
        error = None if pooled.error is None else pooled.error[here]
        peaks = None if pooled.peaks is None else pooled.peaks[here]
        part = replace(pooled, size=clip.frames, error=error, peaks=peaks)
        parts.append((start, part, [clip.slug]))
    return parts


def write_selection(path: str | Path, pool: Stream, picked: strategies.Selection) -> None:
    """Write a selection as CSV, with `COLUMNS`."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for index, score, decided in zip(picked.indices, picked.score, picked.decided_by, strict=True):
        clip, frame = pool.locate(int(index))
        shown = "" if np.isnan(score) else f"{score:.6g}"
        rows.writerow([index, pool.clips[clip].slug, frame, shown, decided if decided >= 0 else ""])
    write_text(path, text.getvalue())


def read_selection(path: str | Path, pool: Stream) -> np.ndarray:
    """Frames (k,) of the pool in a selection file; raises `BadInput` if it is not of this pool."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise ValueError(f"its columns are {reader.fieldnames}")
        indices = np.array([int(row["frame"]) for row in rows], np.int64)
        for index, row in zip(indices, rows, strict=True):
            clip, frame = pool.locate(int(index))
            if (pool.clips[clip].slug, str(frame)) != (row["clip"], row["clip_frame"]):
                raise ValueError(f"frame {index} is another one in {pool.path}")
        if len(np.unique(indices)) < len(indices):
            raise ValueError("it names a frame twice")
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise BadInput(path, f"not a selection from this pool ({error})", _REMAKE) from error
    return indices
