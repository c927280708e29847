"""The files of the offline query: what the student said of a pool, and which frames were picked."""

import csv
import io
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np

from posequery import seeds, strategies
from posequery.clips import Stream
from posequery.files import BadInput, whole, write_text

COLUMNS = ("frame", "clip", "clip_frame", "score", "decided_by")
"""Of a selection: the frame's number in the pool, its clip and its number in it, what the strategy
ordered it by (empty: nothing), and the number of the map that decided (empty: none)."""

_REMAKE = "Delete it and make it again"


def write_scores(path: str | Path, error: np.ndarray, peaks: np.ndarray) -> None:
    """Write a network's errors (n,) in source pixels and peaks (n, 18) on a pool."""
    with whole(path) as temporary, h5py.File(temporary, "w") as file:
        file["error"] = error.astype(np.float32)
        file["peaks"] = peaks.astype(np.float32)


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
) -> strategies.Selection:
    """Pick frames of the pool by a strategy, or 'none' or 'all' of them; `path` holds the scores.

    Raises `BadInput` if the rate picks nothing.
    """
    if method in ("none", "all"):
        return strategies.Selection(np.arange(len(pool) if method == "all" else 0))
    strategy = strategies.load(method)
    try:
        here = window(path, pool, rate, confidence, strategy.needs)
        return strategies.select(strategy, here, seeds.generator(*words))
    except strategies.TooFewFrames as error:
        fault = f"{method} at a rate of {rate} {error}"
        raise BadInput(pool.path, fault, "Take a higher rate or a larger pool") from None


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
