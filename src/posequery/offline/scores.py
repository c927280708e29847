"""What the pre-trained student says of each frame of a pool: error, map peaks, and what else the
study's strategies need."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from posequery.clips import Stream
from posequery.jobs import resume, sealed
from posequery.jobs.files import REMAKE, BadInput, sha256
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.metrics import frame_errors, joint_errors
from posequery.student import checkpoint
from posequery.student.prediction import BATCH, Prediction, predict_stream

BLOCK = 2048
"""Frames that a kill loses at most while a pool is scored: some minutes of a large network's on a
CPU. A multiple of the frames that are predicted at once, so that blocks change no bit."""


def write_scores(
    path: str | Path, error: np.ndarray, peaks: np.ndarray, index: Path, **extras: np.ndarray
) -> None:
    """Write a network's errors (n,) in source pixels and peaks (n, 18) on the pool of `index`.

    extras: those of `strategies.EXTRAS` (n, ...) that strategies need, by name.
    """
    with sealed.created(path) as file:
        for name, values in {"error": error, "peaks": peaks, **extras}.items():
            file[name] = values.astype(np.float32)
        file.attrs["index_sha256"] = sha256(index)


def score(
    pool: Path,
    student: Path,
    output: Path,
    *,
    needs: Sequence[str],
    device: str,
    code: str,
    state: Path,
) -> None:
    """Write what the pre-trained student says of each frame of a pool.

    pool: its index. student: its checkpoint. needs: of `strategies.EXTRAS`. code: digest of the
    code. state: folder that a killed job resumes from.
    """
    stream = Stream(pool)
    stream.require_clips()
    network, _ = checkpoint.load(student, device, stream.size, checkpoint.STUDENT)

    def read(start: int, stop: int) -> Prediction:
        # The batch before, once more: its last maps are what the first ones changed from.
        lead = BATCH if start and "change" in needs else 0
        said = predict_stream(network, stream, start - lead, stop, wanted=needs)
        extras = {name: values[lead:] for name, values in said.extras.items()}
        return Prediction(said.joints[lead:], said.peaks[lead:], said.parsed[lead:], extras)

    arguments = {"code": code, "device": device, "needs": list(needs)}
    with resume.job(state, arguments, {"pool": pool, "student": student}) as folder:
        with Progress(len(stream), "frames", "score") as progress:
            scores = in_blocks(stream, read, folder, needs, progress)
        write_scores(output, index=pool, **scores)


def in_blocks(
    pool: Stream,
    read: Callable[[int, int], Prediction],
    folder: Path,
    needs: Sequence[str],
    progress: Progress,
) -> dict[str, np.ndarray]:
    """By name, all float32: a network's `error` (n,) in source pixels and `peaks` (n, 18) on a
    pool, and those of `strategies.EXTRAS` that are needed.

    read: what the network predicts of frames start to stop of the pool. Each block of `BLOCK`
    frames is kept in `folder`, which must be this job's own: a job that was killed goes on after
    the last, and makes a damaged one again.
    """
    blocks = []
    for start in range(0, len(pool), BLOCK):
        stop = min(start + BLOCK, len(pool))
        path = folder / f"block-{start:09d}.h5"
        block = _kept(path, start, stop, ["error", "peaks", *needs])
        if block is None:
            said = read(start, stop)
            error = frame_errors(joint_errors(said.joints, pool.joints(np.arange(start, stop))))
            found = {"error": error, "peaks": said.peaks, **said.extras}
            block = {name: values.astype(np.float32) for name, values in found.items()}
            with sealed.created(path) as file:
                for name, values in block.items():
                    file[name] = values
                file.attrs["frames"] = start, stop
        progress.advance(stop - start)
        blocks.append(block)
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _kept(path: Path, start: int, stop: int, names: Sequence[str]) -> dict[str, np.ndarray] | None:
    """The block of frames start to stop that a killed job left, if it did and its sum is right."""
    if not path.is_file():
        return None
    try:
        with sealed.opened(path, "block of scores", REMAKE) as file:
            if tuple(file.attrs["frames"]) != (start, stop):
                raise ValueError("of other frames")
            return {name: file[name][:] for name in names}
    except BadInput as error:
        tell(f"{path}: what a killed job left is damaged ({error.fault}); it is made again")
        return None
