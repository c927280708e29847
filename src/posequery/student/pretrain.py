"""The student before any study of it: a network trained from the start on a training set."""

import copy
import csv
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from posequery.jobs import resume
from posequery.jobs.files import sha256
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.student import checkpoint, training
from posequery.student.network import build
from posequery.student.recipe import Recipe
from posequery.student.samples import TrainingSet
from posequery.student.upstream import load_backbone


def pretrain(
    network: str,
    input_size: int,
    recipe: Recipe,
    words: Sequence[str | int],
    *,
    of: str,
    training_set: Path,
    validation_set: Path | None,
    backbone: Path | None,
    device: str,
    workers: int,
    code: str,
    state: Path,
    log: Path,
    output: Path,
    best: Path | None,
) -> None:
    """Write the checkpoint of the last epoch (`output`) and of the one with the lowest validation
    loss (`best`), and a CSV of the epochs (`log`), after each.

    network: its name. input_size: side of its square, pixels. of: whose weights they will be,
    `checkpoint.STUDENT` or `TEACHER`. backbone: ImageNet weights to
    start from. words: what random draws are made from. workers: processes that make the batches,
    which change no bit: a training may go on with another number. code: digest of the code. state:
    folder that a killed job resumes from. The validation set decides no weight but `best`, so a
    killed job goes on with a corrected one; each epoch's row says which it was.
    """
    checkpoint.require_device(device)
    student = build(network, *words, "weights")
    if backbone:
        for note in load_backbone(student, backbone):
            tell(f"{backbone}: {note}")
    student.to(device)
    lowest = copy.deepcopy(student) if best else None
    arguments = {
        "network": network,
        "input_size": input_size,
        "recipe": recipe.model_dump(mode="json"),
        "words": list(words),
        "of": of,
        "best": best is not None,
        "code": code,
        "device": device,
    }
    inputs = {"training": training_set, "backbone": backbone}
    with ExitStack() as opened:
        samples = opened.enter_context(closing(TrainingSet(training_set)))
        validation = None
        if validation_set:
            validation = opened.enter_context(closing(TrainingSet(validation_set)))
        images = recipe.epochs * (len(samples) + len(validation or ()))
        with resume.job(state, arguments, inputs) as folder:
            with Progress(images, "images", "train") as progress:
                training.fit(
                    student,
                    samples,
                    recipe,
                    input_size,
                    words,
                    validation=validation,
                    val_set=_name(validation_set) if validation_set else None,
                    best=lowest,
                    workers=workers,
                    state=folder,
                    log=log,
                    progress=progress,
                )
            info = checkpoint.CheckpointInfo(network, input_size, of)
            checkpoint.save(output, student, info)
            if best and lowest:
                checkpoint.save(best, lowest, info)


def outdated(log: Path, validation_set: Path) -> bool:
    """Whether an epoch of a pre-training was validated on another set than this one is now."""
    with open(log, newline="") as file:
        return any(row["val_set"] != _name(validation_set) for row in csv.DictReader(file))


def _name(validation_set: Path) -> str:
    return sha256(validation_set)[:12]
