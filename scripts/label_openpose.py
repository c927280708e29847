"""Label a stream with OpenPose: of everybody whom it saw, one person a frame."""

import argparse
import json
from pathlib import Path

from posequery.clips import Stream, write_labels
from posequery.jobs.command import run
from posequery.jobs.files import write_text
from posequery.teachers.openpose.labelling import RULES, label_stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stream", type=Path, required=True, help="the stream's index")
    parser.add_argument(
        "--detections", type=Path, nargs="+", required=True, help="of each clip, in their order"
    )
    parser.add_argument("--person", choices=RULES, required=True, help="who labels a frame")
    parser.add_argument("--output", type=Path, required=True, help="the labels file to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON to write: its error")
    options = parser.parse_args()
    stream = Stream(options.stream)
    joints, confidence, summary = label_stream(stream, options.detections, options.person)
    write_labels(options.output, joints, confidence, options.stream)
    write_text(options.summary, json.dumps(summary, indent=1) + "\n")


run(main)
