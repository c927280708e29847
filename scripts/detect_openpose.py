"""Read what OpenPose wrote of one video, or run OpenPose on it: everybody whom it sees."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.sources import video
from posequery.teachers.openpose.detections import write_detections
from posequery.teachers.openpose.json_files import from_json
from posequery.teachers.openpose.program import detect


def pair(text: str) -> tuple[int, int]:
    width, height = map(int, text.split("x"))
    return width, height


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, required=True, help="or a folder of its images")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--json", type=Path, help="the folder of OpenPose's output")
    source.add_argument("--program", help="openpose.bin")
    parser.add_argument("--subject", help="whose folder under --json holds the files")
    parser.add_argument("--keypoint-scale", type=int, choices=range(5), default=0)
    parser.add_argument("--scale-size", type=pair, help="WxH of keypoint scales 1 and 2, pixels")
    parser.add_argument("--models", type=Path, help="OpenPose's folder models")
    parser.add_argument("--model", choices=("BODY_25", "COCO"), default="BODY_25")
    parser.add_argument("--net-resolution", default="-1x368")
    parser.add_argument("--scratch", type=Path, help="where OpenPose may write for a while")
    parser.add_argument(
        "--missing",
        choices=("refuse", "unlabelled"),
        default="refuse",
        help="what to do with frames without a file",
    )
    parser.add_argument("--output", type=Path, required=True, help="the detections file to write")
    options = parser.parse_args()
    about = video.info(options.video)
    size, frames = (about.width, about.height), about.frames
    if options.program:
        found = detect(
            options.video,
            size,
            frames,
            options.program,
            options.models,
            options.scratch,
            options.model,
            options.net_resolution,
            options.missing,
        )
    else:
        found = from_json(
            options.json,
            options.video,
            size,
            frames,
            options.subject,
            options.keypoint_scale,
            options.scale_size,
            options.missing,
        )
    write_detections(options.output, found)


run(main)
