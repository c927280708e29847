"""Unpack a study's archive to results/, if nothing in it is wrong, and make it current."""

from posequery.jobs import interruption  # noqa: F401 (before all else)

# isort: split
import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.study.crate import settings
from posequery.study.unpacking import restore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="a .tar.gz that `snakemake archive` made")
    options = parser.parse_args()
    folder = restore(options.archive, Path("results"))
    print(f"{folder}: restored from {options.archive}; all files agree with their checksums.")
    noted = folder / "environment/left_out.sha256"
    left = noted.read_text(encoding="utf-8") if noted.is_file() else ""  # none in an older archive
    if words := [line.removeprefix("# ") for line in left.splitlines() if line.startswith("# ")]:
        print(f"Not in it, and not made again without the study's data: {'; '.join(words)}.")
    print(f"Its settings: {folder / settings(folder.name)}, a study's file.")


run(main)
