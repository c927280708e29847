"""Write the training set of COCO keypoint annotations and their images."""

import argparse

from posequery.jobs.command import run
from posequery.sources.coco import prepare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", required=True, help="a person_keypoints_*.json")
    parser.add_argument("--images", required=True, help="the folder of JPEGs")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    prepare(options.annotations, options.images, options.output)


run(main)
