"""Train a network from the start on a training set; a killed one resumes from its state."""

import argparse
import json
from pathlib import Path

from posequery.jobs.command import run
from posequery.student.checkpoint import STUDENT, TEACHER
from posequery.student.network import NETWORKS
from posequery.student.pretrain import pretrain
from posequery.student.recipe import Recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", required=True, choices=sorted(NETWORKS))
    parser.add_argument("--input-size", type=int, required=True, help="side of the square, pixels")
    parser.add_argument("--recipe", type=Recipe.model_validate_json, required=True)
    parser.add_argument("--words", type=json.loads, required=True, help="JSON, seeds the draws")
    parser.add_argument("--of", choices=(STUDENT, TEACHER), required=True, help="whose weights")
    parser.add_argument("--training-set", type=Path, required=True)
    parser.add_argument("--validation-set", type=Path, help="its loss is measured after each epoch")
    parser.add_argument(
        "--backbone", type=Path, help="ImageNet weights, in torchvision's file format"
    )
    parser.add_argument("--device", required=True)
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches")
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--state", type=Path, required=True, help="folder to resume from")
    parser.add_argument(
        "--log", type=Path, required=True, help="CSV of the epochs, written after each"
    )
    parser.add_argument(
        "--best", type=Path, help="checkpoint of the epoch with the lowest validation loss"
    )
    parser.add_argument("--output", type=Path, required=True, help="checkpoint of the last epoch")
    options = parser.parse_args()
    if options.best and not options.validation_set:
        parser.error("--best needs a --validation-set")
    pretrain(**vars(options))


run(main)
