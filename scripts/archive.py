"""Pack a study into one file, or check one; or check a copy of a study, and make it current."""

from posequery.jobs import interruption  # noqa: F401 (before all else)

# isort: split
import argparse
import json
from pathlib import Path

from posequery.jobs.command import run
from posequery.study import changes, copies, runs
from posequery.study.archive import pack
from posequery.study.loading import SUFFIXES
from posequery.study.sharing import Sharing
from posequery.study.unpacking import verify

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "archive", type=Path, help="the .tar.gz to write or check, or a study's folder or file"
    )
    parser.add_argument("--results", type=Path, help="the study's folder; without it, check")
    parser.add_argument("--settings", type=json.loads, default={}, help="the whole config, JSON")
    parser.add_argument(
        "--sharing", type=Sharing.model_validate_json, help="JSON: what of it may leave this place"
    )
    options = parser.parse_args()
    if options.archive.suffix in SUFFIXES:
        # Its name is enough: the file need not have been copied with the results.
        options.archive = Path(f"results/{options.archive.stem}")
    if options.archive.is_dir():
        count = copies.restore(options.archive)
        print(f"{options.archive}: {count} files agree with their checksums, and are current")
    elif options.results is None:
        print(f"{options.archive}: {verify(options.archive)} files agree with their checksums")
    else:
        runs.end(options.results)  # packing is the last that it does
        changes.note(options.results)  # what this run has made so far has no sum yet
        count = pack(
            options.results,
            options.archive,
            settings=options.settings,
            sharing=options.sharing,
            checkout=ROOT,
        )
        print(f"{options.archive}: {count} files")


run(main)
