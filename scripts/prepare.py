"""Write the training set of COCO keypoint annotations and their images."""

import argparse

from posequery.jobs.command import run
from posequery.jobs.files import require_sums
from posequery.sources.coco import prepare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", required=True, help="a person_keypoints_*.json")
    parser.add_argument("--images", required=True, help="the folder of JPEGs")
    parser.add_argument("--output", required=True)
    parser.add_argument(
        "--evaluated", action="store_true", help="images without people must be sound as well"
    )
    parser.add_argument(
        "--summed", nargs="*", default=[], help="what is held against the sum beside it"
    )
    options = vars(parser.parse_args())
    require_sums(options.pop("summed"))
    prepare(**options)


run(main)
