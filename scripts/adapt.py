"""Play a stream to the student and adapt it online; record every frame and every training."""

import argparse
import json
from fractions import Fraction
from pathlib import Path

import numpy as np

from posequery import strategies
from posequery.clips import Stream, frames_in, read_labels
from posequery.evaluation import summary
from posequery.jobs.command import run
from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.jobs.resume import finished, job_folder, job_key
from posequery.online import loop, record
from posequery.online.policies import policy
from posequery.student import checkpoint
from posequery.student.recipe import Recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stream", type=Path, required=True, help="index of the stream")
    parser.add_argument("--labels", type=Path, help="the teacher's; absent: the stream's own")
    parser.add_argument("--reference", choices=("truth", "labels"), required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--recipe", type=Recipe.model_validate_json, required=True)
    parser.add_argument("--cell", type=json.loads, required=True, help="JSON: what the cell is")
    parser.add_argument("--window", required=True, help="'1500 frames' or '30 s'")
    parser.add_argument("--continual-every", required=True, help="'128 frames' or '2.56 s'")
    parser.add_argument("--training-takes", required=True, help="'382 frames' or '7.6 s'")
    parser.add_argument("--meanwhile", choices=("watched", "missed"), required=True)
    parser.add_argument("--weights", choices=("continue", "reset"), required=True)
    parser.add_argument("--error-by", choices=("ground_truth", "teacher"), required=True)
    parser.add_argument(
        "--parameters", type=json.loads, required=True, help="JSON: the strategy's own"
    )
    parser.add_argument("--words", type=json.loads, required=True, help="JSON, seeds the draws")
    parser.add_argument("--code", required=True, help="digest of the code, part of the state's key")
    parser.add_argument("--device", required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder to go on from")
    parser.add_argument("--output", type=Path, required=True, help="the cell's folder")
    arguments = parser.parse_args()

    stream = Stream(arguments.stream)
    network, info = checkpoint.load(arguments.checkpoint, arguments.device, stream.size)
    truth = stream.joints(np.arange(len(stream)))
    labels = truth
    if arguments.labels:
        labels, _ = read_labels(arguments.labels, arguments.stream)
    inputs = [arguments.stream, arguments.checkpoint, *filter(None, [arguments.labels])]
    state = job_folder(arguments.state, job_key(vars(arguments), inputs))
    window = frames_in(arguments.window, stream.fps)
    every = frames_in(arguments.continual_every, stream.fps)
    takes = frames_in(arguments.training_takes, stream.fps)
    method, rate = arguments.cell["method"], Fraction(arguments.cell["rate"])
    task = loop.Task(
        stream=stream,
        labels=labels,
        reference=labels if arguments.reference == "labels" else truth,
        policy=policy(method, rate, window, every, arguments.parameters),
        recipe=arguments.recipe,
        words=arguments.words,
        reset=arguments.weights == "reset",
        error_by_labels=arguments.error_by == "teacher",
        takes=takes,
        missed=arguments.meanwhile == "missed",
    )
    stretch = task.policy.stretch
    if method != "baseline" and len(stream) <= stretch + takes:
        fault = f"has {len(stream)} frames, no more than a window"
        fault += f" and the {takes} of its training" if takes else ""
        fix = "Take a shorter online.window"
        raise BadInput(arguments.stream, f"{fault}: nothing would be trained", fix)
    try:
        with Progress(len(stream), "frames", "adapt") as progress:
            tally = loop.run(task, network, info, state, progress)
    except strategies.TooFewFrames as error:
        fault = f"{method} at a rate of {rate} {error}"
        raise BadInput(arguments.stream, fault, "Take a higher rate or a longer window") from None
    arguments.output.mkdir(parents=True, exist_ok=True)
    record.join(sorted(state.glob("part-*.npz")), arguments.output / "record.h5", stream.fps)
    if lagged := sorted(state.glob("lagged-*.npz")):
        record.join(lagged, arguments.output / "lagged.h5", stream.fps)
    checkpoint.save(arguments.output / "weights.pt", network, info)
    summary.write_online(
        arguments.output,
        arguments.cell,
        stream,
        task.reference,
        window=window,
        stretch=stretch,
        trainings=tally.trainings,
        frames_trained=tally.frames_trained,
        epochs=task.recipe.epochs,
        seconds=tally.seconds,
    )
    finished(state)


run(main)
