"""Pick frames of a pool by a strategy at a rate (or 'none' or 'all' of them)."""

import argparse
import json
from fractions import Fraction
from pathlib import Path

from posequery.cell import draw
from posequery.clips import Stream
from posequery.jobs.command import run
from posequery.offline import selection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True, help="index of the pool")
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--method", required=True)
    parser.add_argument("--rate", type=Fraction, required=True, help="exact, as 1/100")
    parser.add_argument("--seed", type=int, required=True, help="which of the study's, as a name")
    parser.add_argument(
        "--parameters", type=json.loads, required=True, help="JSON: the strategy's own"
    )
    parser.add_argument("--select-from", choices=("pool", "clip"), required=True)
    parser.add_argument("--words", type=json.loads, required=True, help="JSON, seeds the draws")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    pool = Stream(arguments.pool)
    picked = selection.select(
        arguments.scores,
        pool,
        arguments.method,
        arguments.rate,
        arguments.parameters,
        arguments.words,
        by_clip=arguments.select_from == "clip",
    )
    of = draw(arguments.method, arguments.rate, arguments.seed)
    selection.write_selection(arguments.output, pool, picked, of)


run(main)
