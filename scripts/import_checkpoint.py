"""Make posequery's checkpoint from one of posequery's or from weights that trt_pose published."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.jobs.terminal import tell
from posequery.student import checkpoint, upstream
from posequery.student.network import NETWORKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--network", required=True, choices=sorted(NETWORKS))
    parser.add_argument("--input-size", type=int, required=True, help="side of the square, pixels")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    network, notes = upstream.load_any(options.checkpoint, options.network, options.input_size)
    for note in notes:
        tell(f"{options.checkpoint}: {note}")
    info = checkpoint.CheckpointInfo(options.network, options.input_size, checkpoint.STUDENT)
    checkpoint.save(options.output, network, info)


run(main)
