"""What the pre-trained student says of each frame of a pool: its error and its map peaks."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from posequery.clips import Stream
from posequery.jobs import resume, sealed
from posequery.jobs.files import REMAKE, BadInput, sha256
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.metrics import frame_errors, joint_errors
from posequery.student import checkpoint
from posequery.student.prediction import predict_stream

BLOCK = 2048
"""Frames that a kill loses at most while a pool is scored: some minutes of a large network's on a
CPU. A multiple of the frames that are predicted at once, so that blocks change no bit."""


def write_scores(path: str | Path, error: np.ndarray, peaks: np.ndarray, index: Path) -> None:
    """Write a network's errors (n,) in source pixels and peaks (n, 18) on the pool of `index`."""
    with sealed.created(path) as file:
        file["error"], file["peaks"] = error.astype(np.float32), peaks.astype(np.float32)
        file.attrs["index_sha256"] = sha256(index)


def score(pool: Path, student: Path, output: Path, *, device: str, code: str, state: Path) -> None:
    """Write what the pre-trained student says of each frame of a pool.

    pool: its index. student: its checkpoint. code: digest of the code. state: folder that a killed
    job resumes from.
    """
    stream = Stream(pool)
    network, _ = checkpoint.load(student, device, stream.size)

    def read(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        said = predict_stream(network, stream, start, stop)
        return said.joints, said.peaks

    arguments = {"code": code, "device": device}
    with resume.job(state, arguments, {"pool": pool, "student": student}) as folder:
        with Progress(len(stream), "frames", "score") as progress:
            errors, peaks = in_blocks(stream, read, folder, progress)
        write_scores(output, errors, peaks, pool)


def in_blocks(
    pool: Stream,
    read: Callable[[int, int], tuple[np.ndarray, np.ndarray]],
    folder: Path,
    progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """A network's errors (n,) in source pixels and peaks (n, 18) on a pool, both float32.

    read: gives the joints (k, 18, 2) and peaks (k, 18) of frames start to stop of the pool. Each
    block of `BLOCK` frames is kept in `folder`, which must be this job's own: a job that was killed
    goes on after the last, and makes a damaged one again.
    """
    blocks = []
    for start in range(0, len(pool), BLOCK):
        stop = min(start + BLOCK, len(pool))
        path = folder / f"block-{start:09d}.h5"
        block = _kept(path, start, stop)
        if block is None:
            joints, peaks = read(start, stop)
            error = frame_errors(joint_errors(joints, pool.joints(np.arange(start, stop))))
            block = error.astype(np.float32), peaks.astype(np.float32)
            with sealed.created(path) as file:
                file["error"], file["peaks"] = block
                file.attrs["frames"] = start, stop
        if progress is not None:
            progress.advance(stop - start)
        blocks.append(block)
    error, peaks = map(np.concatenate, zip(*blocks, strict=True))
    return error, peaks


def _kept(path: Path, start: int, stop: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The block of frames start to stop that a killed job left, if it did and its sum is right."""
    if not path.is_file():
        return None
    try:
        with sealed.opened(path, "block of scores", REMAKE) as file:
            if tuple(file.attrs["frames"]) != (start, stop):
                raise ValueError("of other frames")
            return file["error"][:], file["peaks"][:]
    except BadInput as error:
        tell(f"{path}: what a killed job left is damaged ({error.fault}); it is made again")
        return None
