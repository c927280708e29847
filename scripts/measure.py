"""Measure cells against the labels: their rows of cells.csv and of breakdown.csv."""

import argparse
from pathlib import Path

from posequery.evaluation.measure import measure
from posequery.jobs.command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folders", nargs="+", type=Path, required=True, help="cell folders")
    parser.add_argument("--index", type=Path, required=True, help="of the stream tested on")
    parser.add_argument("--labels", type=Path, help="the reference; absent: the stream's own")
    parser.add_argument(
        "--taught", nargs="*", type=Path, default=[], help="the teachers' labels, called after them"
    )
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--state", type=Path, required=True, help="folder of what is measured")
    parser.add_argument("--cells", type=Path, required=True, help="the CSV to write")
    parser.add_argument("--breakdown", type=Path, required=True, help="the CSV to write")
    measure(**vars(parser.parse_args()))


run(main)
