"""Make the paper's figures from cells.csv, the records that it names, and the teacher's labels."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.report.captions import Captions
from posequery.report.figures import write_figures
from posequery.report.frame_sizes import FrameSizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--stream", type=Path, required=True, help="index of the stream's clips")
    parser.add_argument("--tests", type=Path, help="index of the clips of the offline test")
    parser.add_argument("--labels", type=Path, help="the teacher's labels of the stream")
    parser.add_argument("--captions", type=Captions.from_json, required=True, help="JSON")
    parser.add_argument("--folder", type=Path, required=True, help="where the figures go")
    options = parser.parse_args()
    files = write_figures(
        options.cells,
        options.stream,
        options.labels,
        options.captions,
        options.folder,
        FrameSizes.in_indices(options.tests),
    )
    print(f"{len(files)} files: {options.folder}")


run(main)
