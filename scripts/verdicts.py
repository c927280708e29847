"""Judge the paper's claims by cells.csv, and compare the strategies with each other."""

import argparse
from pathlib import Path

from posequery.evidence.comparisons import comparisons
from posequery.evidence.settings import Evidence
from posequery.evidence.verdicts import Design, as_markdown, verdicts
from posequery.jobs.command import run
from posequery.jobs.files import write_summed
from posequery.report.cells import read_cells, read_seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--seconds", type=Path, required=True, help="seconds.csv")
    parser.add_argument(
        "--settings", type=Evidence.model_validate_json, default=Evidence(), help="JSON"
    )
    parser.add_argument("--stand-in", action="store_true", help="the cells are of rendered people")
    parser.add_argument("--per-seed", action="store_true", help="each seed has its own student")
    parser.add_argument("--folder", type=Path, required=True, help="where the tables go")
    options = parser.parse_args()
    cells = read_cells(options.cells)
    seconds = read_seconds(options.seconds, options.cells)
    design = Design(options.stand_in, options.per_seed, float(options.settings.margin))
    judged = verdicts(cells, seconds, design)
    compared = comparisons(cells, options.per_seed)
    texts = {
        "verdicts.csv": judged.to_csv(index=False, lineterminator="\n"),
        "verdicts.md": as_markdown(judged, design),
        "comparisons.csv": compared.to_csv(index=False, lineterminator="\n"),
    }
    for name, text in texts.items():
        write_summed(options.folder / name, text)
    print(f"{len(judged)} verdicts, {len(compared)} comparisons: {options.folder}")


run(main)
