"""Write a student's weights as an ONNX file, which other programs run without posequery.

docs/engines.md has the lines that find joints with it.
"""

import argparse
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("weights", type=Path, help="a cell's weights.pt, or a student's")
    parser.add_argument("--onnx", type=Path, required=True, help="the file to write")


def call(options: argparse.Namespace) -> None:
    """Write it, and say so."""
    from posequery.student import export

    export.write(options.weights, options.onnx)
    print(options.onnx)
