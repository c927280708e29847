"""Fine-tune the student on a selection from the pool; record what it says of the test stream."""

import argparse
import json
from fractions import Fraction
from pathlib import Path

from posequery.cell import Cell
from posequery.jobs.command import run
from posequery.offline.finetune import finetune
from posequery.student.recipe import Recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", type=Cell.model_validate_json, required=True)
    parser.add_argument("--recipe", type=Recipe.model_validate_json, required=True)
    parser.add_argument("--words", type=json.loads, required=True, help="JSON, seeds the draws")
    parser.add_argument(
        "--steps-of", type=Fraction, help="a rate: train for as many gradient steps as it takes"
    )
    parser.add_argument("--pool", type=Path, required=True, help="index of the pool")
    parser.add_argument("--test", type=Path, required=True, help="index of the test stream")
    parser.add_argument("--selection", type=Path, required=True, help="frames of the pool, CSV")
    parser.add_argument("--student", type=Path, required=True, help="the pre-trained checkpoint")
    parser.add_argument("--device", required=True)
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--state", type=Path, required=True, help="folder to resume from")
    parser.add_argument("--output", type=Path, required=True, help="the cell's folder")
    finetune(**vars(parser.parse_args()))


run(main)
