"""Try the student's files, and measure how fast this machine trains and reads it: JSON."""

import argparse
import json
from pathlib import Path

from posequery.jobs.command import run
from posequery.student.network import build
from posequery.student.recipe import Recipe
from posequery.student.speed import measure
from posequery.student.upstream import load_any, load_backbone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", required=True)
    parser.add_argument("--input-size", type=int, required=True, help="side of the square, pixels")
    parser.add_argument("--recipe", type=Recipe.model_validate_json, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--backbone", type=Path)
    options = parser.parse_args()
    if options.checkpoint:
        load_any(options.checkpoint, options.network, options.input_size)
    if options.backbone:
        load_backbone(build(options.network, "rates"), options.backbone)
    recipe = options.recipe
    speed = measure(options.network, options.input_size, recipe, options.device)
    print(json.dumps(speed._asdict()))


run(main)
