"""Train a network from the start on a training set; a killed training goes on from its state."""

import argparse
import copy
import json
from pathlib import Path

from posequery.jobs.command import run
from posequery.jobs.progress import Progress
from posequery.jobs.resume import finished, job_folder, job_key
from posequery.jobs.terminal import tell
from posequery.student import checkpoint, training
from posequery.student.network import NETWORKS, build
from posequery.student.recipe import Recipe
from posequery.student.samples import TrainingSet
from posequery.student.upstream import load_backbone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training-set", required=True)
    parser.add_argument("--validation-set", help="its loss is measured after each epoch")
    parser.add_argument("--backbone", help="ImageNet weights, in torchvision's file format")
    parser.add_argument("--network", required=True, choices=sorted(NETWORKS))
    parser.add_argument("--input-size", type=int, required=True, help="side of the square, pixels")
    parser.add_argument("--recipe", type=Recipe.model_validate_json, required=True)
    parser.add_argument("--words", type=json.loads, required=True, help="what draws are made from")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches")
    parser.add_argument("--code", default="", help="digest of the code, part of the state's key")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--state", type=Path, required=True, help="folder that a kill leaves")
    parser.add_argument("--log", required=True, help="CSV of the epochs, written after each")
    parser.add_argument("--best", help="checkpoint of the epoch with the lowest validation loss")
    parser.add_argument("--output", required=True, help="checkpoint of the last epoch")
    options = parser.parse_args()
    if options.best and not options.validation_set:
        parser.error("--best needs a --validation-set")

    checkpoint.require_device(options.device)
    samples, recipe = TrainingSet(options.training_set), options.recipe
    sets, validation = [options.training_set], None
    if options.validation_set:
        sets.append(options.validation_set)
        validation = TrainingSet(options.validation_set)
    network = build(options.network, *options.words, "weights")
    if options.backbone:
        sets.append(options.backbone)
        for note in load_backbone(network, options.backbone):
            tell(f"{options.backbone}: {note}")
    network.to(options.device)
    best = copy.deepcopy(network) if options.best else None
    # The number of workers changes no bit, so that a training may go on with another.
    told = {key: value for key, value in vars(options).items() if key != "workers"}
    state = job_folder(options.state, job_key(told, sets))
    images = recipe.epochs * (len(samples) + len(validation or ()))
    with Progress(images, "images", "train") as progress:
        training.fit(
            network,
            samples,
            recipe,
            options.input_size,
            options.words,
            validation=validation,
            best=best,
            workers=options.workers,
            state=state / "epoch.pt",
            log=options.log,
            progress=progress,
        )
    info = checkpoint.CheckpointInfo(options.network, options.input_size)
    checkpoint.save(options.output, network, info)
    if best is not None:
        checkpoint.save(options.best, best, info)
    finished(state)


run(main)
