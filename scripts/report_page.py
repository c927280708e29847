"""Make the page of a study, one HTML file, from its cells, records, labels and verdicts."""

import argparse
import json
from pathlib import Path

from posequery.jobs.command import run
from posequery.report.captions import Captions
from posequery.report.efficiency import Devices
from posequery.report.html.sources import Sources
from posequery.report.html.write import write_page
from posequery.study import runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, required=True, help="cells.csv")
    parser.add_argument("--seconds", type=Path, required=True, help="seconds.csv")
    parser.add_argument("--streams", type=Path, nargs="+", required=True, help="their indices")
    parser.add_argument("--tests", type=Path, help="index of the clips of the offline test")
    parser.add_argument("--labels", type=Path, help="the teacher's labels of the first")
    parser.add_argument("--consensus", type=Path, help="the views' consensus, if there is one")
    parser.add_argument("--seen", type=Path, nargs="*", default=[], help="what labelling has noted")
    parser.add_argument("--evidence", type=Path, required=True, help="folder of the verdicts")
    parser.add_argument("--picture", type=Path, help="before and after, if it may be shown")
    parser.add_argument("--captions", type=Captions.from_json, required=True, help="JSON")
    parser.add_argument("--settings", type=json.loads, required=True, help="JSON, by dotted keys")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the list of runs")
    parser.add_argument("--codes", type=json.loads, required=True, help="JSON, a digest a script")
    parser.add_argument("--devices", type=Devices.from_json, required=True, help="JSON: profiles")
    parser.add_argument("--frames", action="store_true", help="the stream's frames may be shown")
    parser.add_argument("--truth", action="store_true", help="there is ground truth")
    parser.add_argument("--page", type=Path, required=True, help="the HTML file")
    options = vars(parser.parse_args())
    page = options.pop("page")
    options["runs"] = runs.read(options["runs"])
    names = {"cells": "cells_csv", "seconds": "seconds_csv", "captions": "said"}
    write_page(Sources(**{names.get(key, key): value for key, value in options.items()}), page)
    print(f"The page: {page}")


run(main)
