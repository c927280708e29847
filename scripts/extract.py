"""Write the clip of one video: frames at the network's size, labels in source pixels."""

import argparse
from fractions import Fraction

from posequery.jobs.command import parsed_when_whole, run
from posequery.sources.extraction import extract


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", required=True)
    parser.add_argument(
        "--annotation", help="Human3.6M's CDF or mmpose's NPZ; without it no joint is labelled"
    )
    parser.add_argument("--stem", help="the sequence's name in Human3.6M, to find it in the NPZ")
    parser.add_argument(
        "--expected", type=int, help="refuse an annotation of other than so many frames"
    )
    parser.add_argument(
        "--fps", type=Fraction, help="frames a second of a video that does not state it"
    )
    parser.add_argument("--slug", required=True)
    parser.add_argument("--subject", required=True)
    parser.add_argument("--action", required=True)
    parser.add_argument("--subaction", type=int, required=True)
    parser.add_argument("--camera", required=True)
    parser.add_argument("--size", type=int, required=True, help="side of the square, pixels")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", required=True)
    options = vars(parsed_when_whole(parser))
    extract(options.pop("video"), options.pop("annotation"), **options)


run(main)
