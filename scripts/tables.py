"""Make the paper's tables from cells.csv and seconds.csv."""

import argparse
import json
from pathlib import Path

from posequery.clips import Stream
from posequery.jobs.command import run
from posequery.report.captions import Captions
from posequery.report.tables import teacher_itself, write_tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--seconds", type=Path, required=True, help="seconds.csv")
    parser.add_argument("--stream", type=Path, required=True, help="index of the stream")
    parser.add_argument("--labels", type=Path, help="the teacher's, if it is not ground truth")
    parser.add_argument(
        "--captions", type=json.loads, required=True, help="JSON: study, source, teacher, readings"
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the tables go")
    options = parser.parse_args()
    captions = Captions(**options.captions)
    labels = options.labels
    teacher = teacher_itself(labels, Stream(options.stream)) if labels else None
    files = write_tables(options.cells, options.seconds, captions, options.folder, teacher)
    print(f"{len(files)} files: {options.folder}")


run(main)
