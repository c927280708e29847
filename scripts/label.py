"""Label a stream by one teacher."""

import argparse
import json
from fractions import Fraction
from pathlib import Path

from posequery import teachers
from posequery.clips import Stream, write_labels
from posequery.jobs.command import parsed_when_whole, run
from posequery.jobs.files import write_summed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", choices=teachers.names(), required=True)
    parser.add_argument("--stream", type=Path, required=True, help="the stream's index")
    parser.add_argument(
        "--files", type=json.loads, required=True, help="JSON: what the teacher reads beside it"
    )
    parser.add_argument("--settings", required=True, help="JSON: the teacher's own")
    parser.add_argument("--device", required=True)
    parser.add_argument(
        "--least", type=Fraction, required=True, help="the share of frames that it must label"
    )
    parser.add_argument("--output", type=Path, required=True, help="the labels file to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON to write: its error")
    options = parsed_when_whole(parser)
    teacher = teachers.load(options.teacher)
    settings = teacher.settings.model_validate_json(options.settings)
    stream = Stream(options.stream)
    stream.require_clips()
    assert teacher.label is not None, f"the clips bring the labels of {options.teacher}"
    labels = teacher.label(stream, options.files, settings, options.device)
    teachers.require_labels(labels, stream, teacher.title, options.least, options.output)
    write_labels(options.output, labels.joints, labels.confidence, options.stream)
    write_summed(options.summary, json.dumps(teachers.summary(labels, stream), indent=1) + "\n")


run(main)
