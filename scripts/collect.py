"""Gather the cells' summaries into cells.csv and their clocks into seconds.csv."""

import argparse
from pathlib import Path

from posequery.evaluation.cells import collect
from posequery.jobs.command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folders", nargs="+", type=Path, required=True, help="cell folders")
    parser.add_argument("--cells", type=Path, required=True, help="the CSV to write")
    parser.add_argument("--seconds", type=Path, required=True, help="the CSV to write")
    options = parser.parse_args()
    count = collect(options.folders, options.cells, options.seconds)
    print(f"{count} cells: {options.cells}")


run(main)
