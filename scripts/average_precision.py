"""Measure a network's average precision on COCO keypoints."""

import argparse
import json
from pathlib import Path

from posequery.jobs.command import run
from posequery.jobs.files import write_text
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.sources.coco import evaluation
from posequery.student import checkpoint
from posequery.student.average_precision import average_precision
from posequery.student.pretrain import outdated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", type=Path, required=True, help="person_keypoints_*.json")
    parser.add_argument("--images", type=Path, required=True, help="the folder of its images")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--epochs", type=Path, help="the pre-training's log")
    parser.add_argument("--validated", type=Path, help="the training set of its validation, as now")
    parser.add_argument("--output", type=Path, required=True, help="the JSON to write")
    options = parser.parse_args()
    network, info = checkpoint.load(options.checkpoint, options.device)
    truth, images = evaluation(options.annotations, options.images)
    with Progress(len(truth["images"]), "images", "parse") as progress:
        figures = average_precision(network, info.input_size, truth, images, progress)
    if options.epochs and options.validated and outdated(options.epochs, options.validated):
        tell(
            f"{options.epochs}: these losses, and best.pt, are of the validation set before it was "
            "corrected; "
            "the study uses neither, and --forcerun pretrain trains again"
        )
    write_text(options.output, json.dumps(figures, indent=1) + "\n")


run(main)
