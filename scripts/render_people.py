"""Render images of people with keypoints, in COCO's own layout."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.jobs.progress import Progress
from posequery.sources.rendered.people import write_people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the folder to make")
    parser.add_argument("--domain", required=True, help="generic, rooms or studio")
    parser.add_argument("--count", type=int, required=True, help="images")
    parser.add_argument("--size", type=int, required=True, help="side of an image, pixels")
    options = parser.parse_args()
    with Progress(options.count, "images", f"{options.domain} people, rendered") as progress:
        write_people(
            options.root,
            options.count,
            size=options.size,
            domain=options.domain,
            advance=progress.advance,
        )


run(main)
