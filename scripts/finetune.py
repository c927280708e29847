"""Fine-tune the student on a selection from the pool, and measure it on the test stream."""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from posequery.clips import Stream
from posequery.evaluation import summary
from posequery.jobs.command import run
from posequery.jobs.progress import Progress
from posequery.jobs.resume import finished, job_folder, job_key
from posequery.offline import selection
from posequery.student import checkpoint
from posequery.student.prediction import predict_stream
from posequery.student.recipe import Recipe
from posequery.student.samples import StreamFrames
from posequery.student.training import fit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True, help="index of the pool")
    parser.add_argument("--test", type=Path, required=True, help="index of the test stream")
    parser.add_argument("--selection", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--recipe", type=Recipe.model_validate_json, required=True)
    parser.add_argument("--cell", type=json.loads, required=True, help="JSON: what the cell is")
    parser.add_argument("--words", type=json.loads, required=True, help="JSON, seeds the draws")
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--device", required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder to go on from")
    parser.add_argument("--output", type=Path, required=True, help="the cell's folder")
    arguments = parser.parse_args()

    pool, test = Stream(arguments.pool), Stream(arguments.test)
    network, info = checkpoint.load(arguments.checkpoint, arguments.device, pool.size)
    picked = selection.read_selection(arguments.selection, pool)
    inputs = [arguments.pool, arguments.selection, arguments.checkpoint]
    key = job_key(vars(arguments), inputs)
    state = job_folder(arguments.state, key)
    recipe = arguments.recipe
    epochs = []
    if len(picked):
        samples = StreamFrames(pool, picked, pool.joints(picked))
        with Progress(recipe.epochs * len(picked), "images", "fine-tune") as progress:
            epochs = fit(
                network,
                samples,
                recipe,
                info.input_size,
                arguments.words,
                state=state / "training.pt",
                progress=progress,
            )
    truth = test.joints(np.arange(len(test)))
    began = time.perf_counter()
    with Progress(len(test), "frames", "test") as progress:
        reading = predict_stream(network, test, reference=truth, progress=progress)
    seconds = time.perf_counter() - began
    checkpoint.save(arguments.output / "weights.pt", network, info)
    summary.write_offline(
        arguments.output,
        arguments.cell,
        test,
        reading.joints,
        reading.parsed,
        truth,
        pool_frames=len(pool),
        picked=len(picked),
        epochs=recipe.epochs,
        training_s=sum(epoch.seconds for epoch in epochs),
        inference_s=seconds,
    )
    finished(state)


run(main)
