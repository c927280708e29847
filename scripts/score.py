"""Score a pool once: what strategies need to know of the pre-trained student on each frame."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.offline.scores import score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True, help="index of the pool")
    parser.add_argument("--student", type=Path, required=True, help="the pre-trained checkpoint")
    parser.add_argument("--needs", nargs="*", required=True, help="of the network's extras")
    parser.add_argument("--device", required=True)
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--state", type=Path, required=True, help="folder to resume from")
    parser.add_argument("--output", type=Path, required=True)
    score(**vars(parser.parse_args()))


run(main)
