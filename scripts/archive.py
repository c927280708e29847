"""Pack a study into one file."""

from posequery.jobs import interruption  # noqa: F401 (before all else)

# isort: split
import argparse
import json
from pathlib import Path

from posequery.jobs.command import run
from posequery.study import changes, runs
from posequery.study.archive import pack
from posequery.study.sharing import Sharing

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="the .tar.gz to write")
    parser.add_argument("--results", type=Path, required=True, help="the study's folder")
    parser.add_argument("--settings", type=json.loads, required=True, help="the whole config, JSON")
    parser.add_argument(
        "--sharing",
        type=Sharing.model_validate_json,
        required=True,
        help="JSON: what of it may leave this place",
    )
    options = parser.parse_args()
    runs.end(options.results)  # packing is the last that it does
    # What this run has made so far has no sum yet, and what is to be packed must not be missing.
    changes.note(options.results, needed=options.sharing.holds)
    count = pack(
        options.results,
        options.archive,
        settings=options.settings,
        sharing=options.sharing,
        checkout=ROOT,
    )
    print(f"{options.archive}: {count} files")


run(main)
