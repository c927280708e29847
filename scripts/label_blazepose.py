"""Label a whole stream with BlazePose, from its source videos at full size."""

import argparse
from pathlib import Path

from posequery.clips import Stream, write_labels
from posequery.jobs.command import run
from posequery.teachers.blazepose.labelling import BlazePose, label_stream, load_network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stream", type=Path, required=True, help="the stream's index")
    parser.add_argument("--detector", type=Path, required=True, help="pose_detection.tflite")
    parser.add_argument("--landmarks", type=Path, required=True, help="pose_landmark_full.tflite")
    parser.add_argument("--output", type=Path, required=True, help="the labels file to write")
    options = parser.parse_args()
    teacher = BlazePose(load_network(options.detector), load_network(options.landmarks))
    joints, confidence = label_stream(teacher, Stream(options.stream))
    write_labels(options.output, joints, confidence, options.stream)


run(main)
