"""Play a stream to the student and adapt it online; record every frame and every training."""

import argparse
import json
from pathlib import Path

from posequery.cell import Cell
from posequery.jobs.command import run
from posequery.online.adapt import adapt
from posequery.online.profiles import Profile
from posequery.online.settings import Adaptation
from posequery.student.recipe import Recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", type=Cell.model_validate_json, required=True)
    parser.add_argument("--settings", type=Adaptation.model_validate_json, required=True)
    parser.add_argument(
        "--profile", type=Profile.model_validate_json, help="JSON: the device that the clock is of"
    )
    parser.add_argument("--recipe", type=Recipe.model_validate_json, required=True)
    parser.add_argument("--words", type=json.loads, required=True, help="JSON, seeds the draws")
    parser.add_argument("--forgetting", action="store_true", help="measure what is forgotten")
    parser.add_argument(
        "--parameters", type=json.loads, required=True, help="JSON: the strategy's own"
    )
    parser.add_argument("--stream", type=Path, required=True, help="index of the stream")
    parser.add_argument("--labels", type=Path, help="the teacher's; absent: the stream's own")
    parser.add_argument("--reference", choices=("truth", "labels"), required=True)
    parser.add_argument("--student", type=Path, required=True, help="the pre-trained checkpoint")
    parser.add_argument("--device", required=True)
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--state", type=Path, required=True, help="folder to resume from")
    parser.add_argument("--output", type=Path, required=True, help="the cell's folder")
    adapt(**vars(parser.parse_args()))


run(main)
