"""Unpack a study's archive to results/, if nothing in it is wrong, and make it current."""

from posequery.jobs import interruption  # noqa: F401 (before all else)

# isort: split
import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.study.unpacking import restore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="a .tar.gz that `snakemake archive` made")
    options = parser.parse_args()
    folder = restore(options.archive, Path("results"))
    print(f"{folder}: restored from {options.archive}; all files agree with their checksums.")


run(main)
