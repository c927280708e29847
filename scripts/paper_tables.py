"""Make the paper's tables from cells.csv and seconds.csv."""

import argparse
from pathlib import Path

from posequery.clips import Stream
from posequery.jobs.command import run
from posequery.report.captions import Captions
from posequery.report.efficiency import Devices
from posequery.report.frame_sizes import FrameSizes
from posequery.report.tables import write_tables
from posequery.report.teacher import read_teacher_error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--seconds", type=Path, required=True, help="seconds.csv")
    parser.add_argument(
        "--teacher",
        type=Path,
        nargs="*",
        default=[],
        help="JSON of each stream: the teacher's mpjpe_px, found_share",
    )
    parser.add_argument("--tests", type=Path, help="index of the clips of the offline test")
    parser.add_argument("--streams", type=Path, nargs="*", default=[], help="their indices")
    parser.add_argument("--devices", type=Devices.from_json, help="JSON: profiles, what is asked")
    parser.add_argument("--captions", type=Captions.from_json, required=True, help="JSON")
    parser.add_argument("--folder", type=Path, required=True, help="where the tables go")
    options = parser.parse_args()
    teacher = read_teacher_error(*options.teacher) if options.teacher else None
    asked = None
    if options.devices and options.streams:
        first = options.streams[0]
        asked = (options.devices, Stream(first).timing, first.stem)
    files = write_tables(
        options.cells,
        options.seconds,
        options.captions,
        options.folder,
        teacher,
        FrameSizes.in_indices(options.tests),
        FrameSizes.in_indices(*options.streams),
        asked,
    )
    print(f"{len(files)} files: {options.folder}")


run(main)
