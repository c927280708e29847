"""Draw the student before and after adaptation on the stream's own frames: picture and film."""

import argparse
from pathlib import Path

from posequery.jobs.command import parsed_when_whole, run
from posequery.report.before_after import write_before_after
from posequery.report.captions import Captions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--stream", type=Path, required=True, help="the stream's index")
    parser.add_argument("--labels", type=Path, required=True, help="the teacher's labels of it")
    parser.add_argument("--window", required=True, help="'1500 frames' or '30 s'")
    parser.add_argument("--captions", type=Captions.from_json, required=True, help="JSON")
    parser.add_argument("--folder", type=Path, required=True, help="where the files go")
    options = parsed_when_whole(parser)
    files = write_before_after(
        options.cells,
        options.stream,
        options.labels,
        options.window,
        options.captions,
        options.folder,
    )
    print(f"{len(files)} files: {options.folder}")


run(main)
