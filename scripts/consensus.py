"""Find what the calibrated views of a stream agree on, from the labels of one teacher."""

import argparse
import json
from pathlib import Path

from posequery.clips import Stream, read_labels, write_labels
from posequery.jobs.command import parsed_when_whole, run
from posequery.jobs.files import write_summed
from posequery.multiview.cameras import read_qualisys
from posequery.multiview.consensus import of_stream, summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stream", type=Path, required=True, help="the stream's index")
    parser.add_argument("--labels", type=Path, required=True, help="the teacher's labels of it")
    parser.add_argument("--calibration", type=Path, required=True, help="Qualisys, .qca.txt")
    parser.add_argument("--consensus", type=Path, required=True, help="the labels file to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON of the errors to write")
    options = parsed_when_whole(parser)
    stream = Stream(options.stream)
    joints, _ = read_labels(options.labels, options.stream)
    cameras = read_qualisys(options.calibration)
    agreed = of_stream(stream, joints, cameras, options.calibration)
    write_labels(
        options.consensus,
        agreed.joints.reshape(joints.shape),
        agreed.share.reshape(joints.shape[:2]),
        options.stream,
    )
    write_summed(options.summary, json.dumps(summary(agreed, stream), indent=1) + "\n")
    print(
        f"mean reprojection error {agreed.before.mean:.1f} px, {agreed.after.mean:.1f} with "
        f"{agreed.swapped.sum()} swaps of left and right undone"
    )


run(main)
