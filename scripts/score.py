"""Score a pool once: the pre-trained student's error and map peaks on each frame."""

import argparse
from pathlib import Path

import numpy as np

from posequery import query
from posequery.clips import Stream
from posequery.command import run
from posequery.metrics import frame_errors, joint_errors
from posequery.progress import Progress
from posequery.student import checkpoint
from posequery.student.reading import read_stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True, help="index of the pool")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    pool = Stream(arguments.pool)
    network, _ = checkpoint.load(arguments.checkpoint, arguments.device, pool.size)
    with Progress(len(pool), "frames", "score") as progress:
        reading = read_stream(network, pool, progress=progress)
    truth = pool.joints(np.arange(len(pool)))
    errors = frame_errors(joint_errors(reading.joints, truth))
    query.write_scores(arguments.output, errors, reading.peaks)


run(main)
