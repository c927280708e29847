"""Write the joints that a student's weights find in each frame of a video to a CSV file."""

import argparse
from fractions import Fraction
from pathlib import Path

from posequery.jobs.command import run
from posequery.prediction import write_joints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path, help="a video, or a folder of its frames")
    parser.add_argument("--weights", type=Path, required=True, help="a cell's weights.pt")
    parser.add_argument("--csv", type=Path, required=True, help="the file to write")
    parser.add_argument("--fps", type=Fraction, help="frames a second of what has no clock")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    count = write_joints(options.weights, options.video, options.csv, options.fps, options.device)
    print(f"{options.csv}: {count} frames")


run(main)
