"""Read what OpenPose wrote of one video, or run OpenPose on it: everybody whom it sees."""

import argparse
from fractions import Fraction
from pathlib import Path

from posequery.jobs.command import parsed_when_whole, run
from posequery.jobs.terminal import tell
from posequery.sources import video
from posequery.teachers.openpose.detections import write_detections
from posequery.teachers.openpose.json_files import from_json
from posequery.teachers.openpose.program import detect
from posequery.teachers.openpose.settings import OpenPose


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, required=True, help="or a folder of its images")
    parser.add_argument(
        "--fps", type=Fraction, help="frames a second of a video that does not state it"
    )
    parser.add_argument(
        "--settings", type=OpenPose.model_validate_json, required=True, help="JSON: `openpose:`"
    )
    parser.add_argument("--subject", help="whose folder under the settings' labels holds the files")
    parser.add_argument("--scratch", type=Path, required=True, help="where OpenPose may write")
    parser.add_argument("--output", type=Path, required=True, help="the detections file to write")
    options = parsed_when_whole(parser)
    given = options.settings
    about = video.info(options.video, options.fps)
    if given.program:
        found = detect(options.video, about, given, options.scratch)
    else:
        found = from_json(given.labels, options.video, about, given, options.subject)
    for note in found.notes:
        tell(note)
    write_detections(options.output, found)


run(main)
