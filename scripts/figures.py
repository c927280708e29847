"""Make the paper's figures from cells.csv, the records that it names, and the teacher's labels."""

import argparse
from pathlib import Path

from posequery.command import run
from posequery.paper.captions import read_captions
from posequery.paper.figures import write_figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--stream", type=Path, required=True, help="index of the stream's clips")
    parser.add_argument("--labels", type=Path, help="the teacher's labels of the stream")
    parser.add_argument("--captions", required=True, help="JSON: study, source, teacher, readings")
    parser.add_argument("--rolling-seconds", type=float, default=5.0, help="of the rolling mean")
    parser.add_argument("--folder", type=Path, required=True, help="where the figures go")
    options = parser.parse_args()
    files = write_figures(
        options.cells,
        options.stream,
        options.labels,
        read_captions(options.captions),
        options.rolling_seconds,
        options.folder,
    )
    print(f"{len(files)} files: {options.folder}")


if __name__ == "__main__":
    run(main)
