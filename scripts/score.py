"""Score a pool once: the pre-trained student's error and map peaks on each frame."""

import argparse
from pathlib import Path

import numpy as np

from posequery.clips import Stream
from posequery.jobs.command import run
from posequery.jobs.progress import Progress
from posequery.jobs.resume import finished, job_folder, job_key
from posequery.offline import scores
from posequery.student import checkpoint
from posequery.student.prediction import predict_stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True, help="index of the pool")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--device", required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder to go on from")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    pool = Stream(arguments.pool)
    network, _ = checkpoint.load(arguments.checkpoint, arguments.device, pool.size)
    inputs = [arguments.pool, arguments.checkpoint]
    state = job_folder(arguments.state, job_key(vars(arguments), inputs))

    def read(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        reading = predict_stream(network, pool, start, stop)
        return reading.joints, reading.peaks

    with Progress(len(pool), "frames", "score") as progress:
        errors, peaks = scores.score(pool, read, state, progress)
    scores.write_scores(arguments.output, errors, peaks)
    finished(state)


run(main)
