"""Train a network from the start on a training set; a killed training goes on from its state."""

import argparse
import csv
import json
from pathlib import Path

from posequery.command import run
from posequery.files import whole
from posequery.progress import Progress
from posequery.state import finished, job_folder, job_key
from posequery.student import checkpoint, training
from posequery.student.network import NETWORKS, build
from posequery.student.samples import TrainingSet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training-set", required=True)
    parser.add_argument("--network", required=True, choices=sorted(NETWORKS))
    parser.add_argument("--input-size", type=int, required=True, help="side of the square, pixels")
    parser.add_argument("--recipe", type=json.loads, required=True, help="JSON")
    parser.add_argument("--words", type=json.loads, required=True, help="what draws are made from")
    parser.add_argument("--code", default="", help="digest of the code, part of the state's key")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--state", type=Path, required=True, help="folder that a kill leaves")
    parser.add_argument("--log", required=True, help="CSV of the epochs")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()

    samples, recipe = TrainingSet(options.training_set), training.Recipe.of(options.recipe)
    network = build(options.network, *options.words, "weights").to(options.device)
    state = job_folder(options.state, job_key(vars(options), [options.training_set]))
    with Progress(recipe.epochs * len(samples), "images", "train") as progress:
        epochs = training.fit(
            network,
            samples,
            recipe,
            options.input_size,
            options.words,
            state=state / "epoch.pt",
            progress=progress,
        )
    with whole(options.log) as temporary, open(temporary, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["epoch", "loss", "images", "seconds", "images_per_second"])
        for number, epoch in enumerate(epochs, start=1):
            table.writerow([number, *epoch, epoch.images / epoch.seconds])
    info = checkpoint.CheckpointInfo(options.network, options.input_size)
    checkpoint.save(options.output, network, info)
    finished(state)


if __name__ == "__main__":
    run(main)
