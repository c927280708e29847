"""Measure how fast this machine trains and reads the student; JSON on standard output."""

import argparse
import json

from posequery.command import run
from posequery.student.rates import measure
from posequery.student.recipe import Recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", required=True)
    parser.add_argument("--input-size", type=int, required=True, help="side of the square, pixels")
    parser.add_argument("--recipe", type=json.loads, required=True, help="JSON")
    parser.add_argument("--device", required=True)
    options = parser.parse_args()
    recipe = Recipe.of(options.recipe)
    rates = measure(options.network, options.input_size, recipe, options.device)
    print(json.dumps(rates._asdict()))


run(main)
