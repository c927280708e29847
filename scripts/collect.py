"""Join what was measured into cells.csv and breakdown.csv, and the cells' clocks: seconds.csv."""

import argparse
from pathlib import Path

from posequery.evaluation.cells import collect
from posequery.jobs.command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measured", nargs="+", type=Path, required=True, help="rows, CSV")
    parser.add_argument("--breakdowns", nargs="+", type=Path, required=True, help="rows, CSV")
    parser.add_argument("--cells", type=Path, required=True, help="the CSV to write")
    parser.add_argument("--breakdown", type=Path, required=True, help="the CSV to write")
    parser.add_argument("--seconds", type=Path, required=True, help="the CSV to write")
    options = parser.parse_args()
    count = collect(**vars(options))
    print(f"{count} cells: {options.cells}")


run(main)
