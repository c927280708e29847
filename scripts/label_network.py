"""Label a stream by a network, from the source videos."""

import argparse

from posequery.clips import Stream, write_labels
from posequery.jobs.command import run
from posequery.teachers.network import label_stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stream", required=True, help="the index of the stream")
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    joints, peaks = label_stream(options.checkpoint, Stream(options.stream), options.device)
    write_labels(options.output, joints, peaks, options.stream)


run(main)
