"""Write the index of a stream from its clips."""

import argparse
from pathlib import Path

from posequery.clips import write_index
from posequery.jobs.command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument(
        "--first-frames", help="end the stream after this much: '1500 frames', '30 s'"
    )
    parser.add_argument(
        "--any-rate", action="store_true", help="clips may differ in their frame rates"
    )
    parser.add_argument("clips", type=Path, nargs="+", help="in the order in which they are played")
    arguments = parser.parse_args()
    write_index(arguments.output, arguments.clips, arguments.first_frames, arguments.any_rate)


run(main)
