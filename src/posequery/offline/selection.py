"""Which frames of a pool a strategy picks, and the file that holds them."""

import csv
import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from posequery import strategies
from posequery.clips import Stream
from posequery.jobs import sealed, seeds
from posequery.jobs.files import REMAKE, BadInput, read_summed, sha256, unreadable, write_summed
from posequery.offline.settings import require_picks

COLUMNS = ("frame", "clip", "clip_frame", "score", "decided_by")
"""Of a selection: the frame's number in the pool, its clip and its number in it, what the strategy
ordered it by (empty: nothing), and the number of the map that decided (empty: none)."""


def window(
    path: str | Path, pool: Stream, rate: Fraction, needs: tuple[str, ...]
) -> strategies.Window:
    """The whole pool as one window, with those of its scores that a strategy needs."""
    with sealed.opened(path, "file of scores", REMAKE) as file:
        if file.attrs["index_sha256"] != sha256(pool.path):
            raise BadInput(path, f"holds scores of a pool other than {pool.path}", REMAKE)
        # The pool's labels are its truth: a student's disagreement with them is its error.
        names = {name: "error" if name == "disagreement" else name for name in needs}
        scores = {name: file[dataset][:] for name, dataset in names.items()}
    for values in scores.values():
        if len(values) != len(pool):
            fault = f"scores {len(values)} frames, not the {len(pool)} of {pool.path}"
            raise BadInput(path, fault, REMAKE)
    return strategies.Window(len(pool), rate, **scores)


def select(
    path: str | Path,
    pool: Stream,
    method: str,
    rate: Fraction,
    parameters: Mapping[str, object],
    words: list[str | int],
    by_clip: bool = False,
) -> strategies.Selection:
    """Pick frames of the pool by a strategy, or none or all of them; `path` holds the scores.

    parameters: the strategy's own.

    With `by_clip` the strategy picks its share of each clip on its own, none of a clip that is too
    short for one frame, and each clip has random draws of its own. Raises `BadInput` if the rate
    picks nothing of the pool.
    """
    if method in ("none", "all", "all_equal_steps"):
        return strategies.Selection(np.arange(0 if method == "none" else len(pool)))
    strategy = strategies.load(method)
    own = strategies.parameters(method, parameters)
    here = window(path, pool, rate, strategy.needs)
    parts = _clips(here, pool) if by_clip else [(0, here, [])]
    require_picks(rate, [part.size for _, part, _ in parts], by_clip)
    picked = []
    for start, part, more in parts:
        if part.k:
            found = strategies.select(strategy, part, seeds.generator(*words, *more), own)
            picked.append((start + found.indices, found.score, found.decided_by))
    return strategies.Selection(*map(np.concatenate, zip(*picked, strict=True)))


def _clips(
    pooled: strategies.Window, pool: Stream
) -> list[tuple[int, strategies.Window, list[str]]]:
    """Each clip's first frame, its part of the pool's window, and the word that seeds its draws."""
    parts = []
    for clip, start in zip(pool.clips, pool.starts.tolist(), strict=True):
        here = slice(start, start + clip.frames)
        scores = {name: values[here] for name, values in pooled.given.items()}
        part = strategies.Window(clip.frames, pooled.rate, **scores)
        parts.append((start, part, [clip.slug]))
    return parts


def write_selection(path: str | Path, pool: Stream, picked: strategies.Selection, of: str) -> None:
    """Write a selection as CSV, with `COLUMNS`; `of` is what `cell.draw` says."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for index, score, decided in zip(picked.indices, picked.score, picked.decided_by, strict=True):
        clip, frame = pool.locate(int(index))
        shown = "" if np.isnan(score) else f"{score:.6g}"
        rows.writerow([index, pool.clips[clip].slug, frame, shown, decided if decided >= 0 else ""])
    write_summed(path, text.getvalue(), of)


def read_selection(path: str | Path, pool: Stream, of: str) -> np.ndarray:
    """Frames (k,) of the pool in a selection file.

    Raises `BadInput` if it is not of this pool, or of another draw than `of`.
    """
    try:
        reader = csv.DictReader(io.StringIO(read_summed(path, REMAKE, of), newline=""))
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
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise BadInput(path, f"not a selection from this pool ({error})", REMAKE) from error
    return indices
