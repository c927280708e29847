"""Make the error-over-time figure and the table of a stream of real video."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.report.captions import Captions
from posequery.report.frame_sizes import FrameSizes
from posequery.report.stream_report import write_report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--stream", type=Path, required=True, help="the stream's index")
    parser.add_argument("--labels", type=Path, required=True, help="the teacher's labels of it")
    parser.add_argument("--consensus", type=Path, help="the views' consensus, if there is one")
    parser.add_argument("--tests", type=Path, help="index of the clips of the offline test")
    parser.add_argument("--window", required=True, help="'1500 frames' or '30 s'")
    parser.add_argument("--captions", type=Captions.from_json, required=True, help="JSON")
    parser.add_argument("--figures", type=Path, required=True, help="folder of the figure")
    parser.add_argument("--tables", type=Path, required=True, help="folder of the table")
    options = parser.parse_args()
    files = write_report(
        options.cells,
        options.stream,
        options.labels,
        options.consensus,
        options.window,
        options.captions,
        options.figures,
        options.tables,
        FrameSizes.in_indices(options.tests),
    )
    print(f"{len(files)} files: {options.figures}, {options.tables}")


run(main)
