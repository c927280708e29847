"""Split the clips of a stream in time into a pool and a test, labelled by a teacher."""

import argparse
from fractions import Fraction
from pathlib import Path

from posequery.jobs.command import run
from posequery.offline.split import split


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True, help="of the stream")
    parser.add_argument("--labels", type=Path, required=True, help="the teacher's, of the stream")
    parser.add_argument("--share", type=Fraction, required=True, help="of the pool, of each clip")
    parser.add_argument("--gap", required=True, help="between pool and test: '1 s', '10 frames'")
    parser.add_argument("--pool", type=Path, required=True, help="the folder of the pool's clips")
    parser.add_argument("--test", type=Path, required=True, help="the folder of the test's clips")
    split(**vars(parser.parse_args()))


run(main)
