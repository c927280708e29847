"""Write a student's weights as an ONNX file, which other programs run without posequery."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.student import export


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="a cell's weights.pt, or a student's")
    parser.add_argument("--onnx", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    export.write(options.weights, options.onnx)
    print(options.onnx)


run(main)
