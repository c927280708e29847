"""Write the training set of COCO keypoint annotations and their images."""

import argparse

from posequery.jobs.command import parsed_when_whole, run
from posequery.sources.coco import prepare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", required=True, help="a person_keypoints_*.json")
    parser.add_argument("--images", required=True, help="the folder of JPEGs")
    parser.add_argument("--output", required=True)
    parser.add_argument(
        "--evaluated", action="store_true", help="images without people must be sound as well"
    )
    options = vars(parsed_when_whole(parser))
    prepare(**options)


run(main)
