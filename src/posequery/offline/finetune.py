"""An offline cell: the student is fine-tuned on a selection from the pool, and reads the test."""

import json
import math
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from posequery import record, strategies
from posequery.cell import Cell, Outcome, draw
from posequery.clips import Stream
from posequery.jobs import resume
from posequery.jobs.files import sha256, write_summed
from posequery.jobs.progress import Progress
from posequery.offline.selection import read_selection
from posequery.student import checkpoint
from posequery.student.prediction import predict_stream
from posequery.student.recipe import Recipe
from posequery.student.samples import StreamFrames
from posequery.student.training import Epoch, fit


def finetune(
    cell: Cell,
    recipe: Recipe,
    words: Sequence[str | int],
    *,
    steps_of: Fraction | None = None,
    pool: Path,
    test: Path,
    selection: Path,
    student: Path,
    device: str,
    code: str,
    state: Path,
    output: Path,
) -> None:
    """Write record.h5 (of the test stream), weights.pt, seconds.json and cell.json into `output`.

    pool, test: indices of streams. selection: of the pool, perhaps of no frame. student: the
    pre-trained one's checkpoint. words: what random draws are made from. code: digest of the code.
    state: folder that a killed job resumes from. steps_of: training ends after as many gradient
    steps as a selection at this rate takes; without it, after all epochs.
    """
    pool_stream, test_stream = Stream(pool), Stream(test)
    network, info = checkpoint.load(student, device, pool_stream.size, checkpoint.STUDENT)
    picked = read_selection(selection, pool_stream, draw(cell.method, cell.rate, cell.seed))
    # Whether the strategy compares the student with the labels, of all frames of the pool.
    known = cell.method in strategies.names()
    compares = known and strategies.load(cell.method).oracle
    arguments = {
        "recipe": recipe.model_dump(mode="json"),
        "words": list(words),
        "steps_of": str(steps_of),
        "code": code,
        "device": device,
    }
    inputs = {"pool": pool, "selection": selection, "student": student}
    with resume.job(state, arguments, inputs) as folder:
        epochs: list[Epoch] = []
        labels = pool_stream.joints(picked)
        # A frame in which a teacher saw nobody teaches nothing.
        seen = np.isfinite(labels).all(axis=2).any(axis=1)
        if seen.any():
            samples = StreamFrames(pool_stream, picked[seen], labels[seen])
            share = int(len(pool_stream) * (steps_of or cell.rate))
            steps = recipe.epochs * math.ceil(share / recipe.batch_size) if steps_of else None
            images = share if steps_of else len(samples)
            with Progress(recipe.epochs * images, "images", "fine-tune") as progress:
                epochs = fit(
                    network,
                    samples,
                    recipe,
                    info.input_size,
                    words,
                    steps=steps,
                    state=folder,
                    progress=progress,
                )
        # Of the people that the second reading finds, the one nearest the truth is kept.
        truth = test_stream.joints(np.arange(len(test_stream)))
        began = time.perf_counter()
        with Progress(len(test_stream), "frames", "test") as progress:
            said = predict_stream(network, test_stream, reference=truth, progress=progress)
        seconds = {
            "training": sum(epoch.seconds for epoch in epochs),
            "inference": time.perf_counter() - began,
        }
        checkpoint.save(output / "weights.pt", network, info._replace(of=cell.folder))
        record.write(output / "record.h5", said.joints, said.peaks, said.parsed)
        write_summed(output / "seconds.json", json.dumps(seconds, indent=1) + "\n", cell.folder)
        Outcome(
            **dict(cell),
            k=len(picked),
            n=len(pool_stream),
            trainings=int(seen.any()),
            frames_trained=int(seen.sum()),
            labelled=len(pool_stream) if compares else len(picked),
            epochs=recipe.epochs,
            passes=sum(epoch.images for epoch in epochs),
            record_sha256=sha256(output / "record.h5"),
            weights_sha256=sha256(output / "weights.pt"),
        ).write(output)
