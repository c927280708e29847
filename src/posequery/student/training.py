"""Training a network on labelled images."""

import copy
import csv
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import nn

from posequery.jobs import resume, seeds
from posequery.jobs.files import BadInput, whole
from posequery.jobs.progress import Progress
from posequery.student import checkpoint, targets
from posequery.student.adam import Adam
from posequery.student.augmentation import STILL
from posequery.student.batches import Batch, BatchMaker, BatchRequest, load
from posequery.student.recipe import Recipe
from posequery.student.samples import Sample

MEAN = 255 * torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = 255 * torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
"""ImageNet's mean and standard deviation, as upstream."""


class Epoch(NamedTuple):
    """The outcome of an epoch."""

    loss: float
    """Mean over the images."""
    images: int
    seconds: float
    """Wall-clock time of the training alone; the only value here that differs between two runs."""
    learning_rate: float
    """The learning rate of its first batch."""
    val_loss: float | None = None
    """Mean over the images of the validation set, if there is one."""
    val_set: str | None = None
    """Which validation set: it may be corrected while a training rests."""


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Treat denormal numbers as zero: on a CPU they are many times slower."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@flushed_denormals()
def fit(
    network: nn.Module,
    samples: Sequence[Sample],
    recipe: Recipe,
    input_size: int,
    words: Sequence[str | int],
    *,
    validation: Sequence[Sample] | None = None,
    val_set: str | None = None,
    best: nn.Module | None = None,
    workers: int = 0,
    steps: int | None = None,
    state: Path | None = None,
    log: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    in_time: Callable[[int], bool] | None = None,
) -> list[Epoch]:
    """Train `network` in place on `samples` with a fresh Adam; it keeps the last epoch's weights.

    After each epoch, the loss on `validation` is measured in eval mode and without augmentation;
    `best`, a network of the same kind, ends with the weights of the first epoch with the lowest.
    Losses are compared within one `val_set`, which names the validation set.

    Each epoch's order and each image's augmentation are seeded by (words, epoch, index), so neither
    `workers`, the number of processes that make the batches, nor resuming changes a single bit (on
    one CPU thread). `state` is the folder of exactly this training (`jobs.resume` ensures that):
    each epoch is kept there, so a kill loses at most one epoch; training resumes from the last, and
    starts over if it is damaged. `steps`: training ends after so many batches, within an epoch if
    need be; the schedule stays that of all epochs. `in_time` is asked after each epoch, with how
    many are done, whether that one still counts: if not, its weights are dropped and training ends.
    `log` is a CSV file of the epochs so far. `progress` advances by images of both sets.

    Raises ValueError if either set has no samples, and for a `best` without validation; `BadInput`
    for a precision that the device does not support, and if a loss is not finite.
    """
    if not len(samples) or (validation is not None and not len(validation)):
        raise ValueError(f"there is no sample to {'validate' if len(samples) else 'train'} on")
    if best is not None and validation is None:
        raise ValueError("without a validation set there is no best epoch")
    cv2.setNumThreads(1)  # OpenCV's threads cost more than they gain on images of this size
    device = next(network.parameters()).device
    if device.type == "cuda":
        _require_precision(recipe.precision)
        # Tensor cores need channels-last weights; on a CPU these gain nothing (measured).
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = Adam(network.parameters())
    counts = copy.deepcopy(network.state_dict()) if in_time is not None else {}
    epochs = _restore_state(state, network, optimiser, best)
    _write_log(log, epochs)
    if progress is not None and epochs:
        progress.advance(len(epochs) * (len(samples) + len(validation or ())))
    maker = BatchMaker(samples, recipe, input_size, words)
    batches = math.ceil(len(samples) / recipe.batch_size)
    requests = _shuffled(len(samples), recipe, words, len(epochs))
    # The same workers serve all epochs: they prepare the next one while this one is validated.
    made = load(maker, requests, workers, pin_memory=device.type == "cuda")
    every = recipe.epochs * batches
    last = every if steps is None else min(steps, every)
    for epoch in range(len(epochs), math.ceil(last / batches)):
        started = time.perf_counter()
        _set_mode(network, recipe.batch_norm)
        total, seen = 0.0, 0
        these = min(batches, last - epoch * batches)
        for number, batch in enumerate(islice(made, these), start=epoch * batches):
            learning_rate = recipe.learning_rate_at(number, batches)
            value = step(network, optimiser, batch.to(device), recipe, learning_rate)
            if not math.isfinite(value):
                raise _diverged(f"the loss of epoch {epoch + 1} is {value}", recipe)
            total += value * len(batch.images)
            seen += len(batch.images)
            if progress is not None:
                progress.advance(len(batch.images))
        seconds = time.perf_counter() - started
        if in_time is not None:
            if not in_time(epoch + 1):
                network.load_state_dict(counts)
                break
            counts = copy.deepcopy(network.state_dict())
        val_loss = None
        if validation is not None:
            val_loss = _validate(network, replace(maker, samples=validation), workers, progress)
            same = (each for each in epochs if each.val_set == val_set)
            before = [each.val_loss for each in same if each.val_loss is not None]
            if best is not None and val_loss < min(before, default=math.inf):
                best.load_state_dict(network.state_dict())
        learning_rate = recipe.learning_rate_at(epoch * batches, batches)
        epochs.append(Epoch(total / seen, seen, seconds, learning_rate, val_loss, val_set))
        _save_state(state, network, optimiser, epochs, best)
        _write_log(log, epochs)
    return epochs


def step(
    network: nn.Module, optimiser: Adam, batch: Batch, recipe: Recipe, learning_rate: float
) -> float:
    """Update the network's weights on one batch, on its own device; returns the loss before."""
    loss = _loss(network, batch, recipe)
    loss.backward()
    optimiser.step(learning_rate)
    return loss.item()


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Images (b, s, s, 3) uint8 RGB as the network's input (b, 3, s, s) float32.

    They stay channels-last in memory, and so do all activations of the network: 15 % faster than
    contiguous (measured, one CPU thread).
    """
    images = images.permute(0, 3, 1, 2).float()
    return images.sub_(MEAN.to(images.device)).div_(STD.to(images.device))


def _loss(network: nn.Module, batch: Batch, recipe: Recipe) -> torch.Tensor:
    lower = recipe.precision == "bfloat16"
    with torch.autocast(batch.images.device.type, torch.bfloat16, enabled=lower):
        maps, fields = network(normalised(batch.images))
    sigma = recipe.stdev * batch.region.shape[-1]
    predicted = maps.float(), fields.float()
    return targets.loss(predicted, batch.people, batch.joint_weights, batch.region, sigma)


def _validate(
    network: nn.Module, maker: BatchMaker, workers: int, progress: Progress | None
) -> float:
    recipe = maker.recipe.model_copy(update={"augmentation": STILL})
    device, count = next(network.parameters()).device, len(maker.samples)
    pieces = np.split(np.arange(count), range(recipe.batch_size, count, recipe.batch_size))
    requests = [BatchRequest(0, indices) for indices in pieces]
    network.eval()
    total = 0.0
    with torch.inference_mode():
        for batch in load(replace(maker, recipe=recipe), requests, workers, device.type == "cuda"):
            total += _loss(network, batch.to(device), recipe).item() * len(batch.images)
            if progress is not None:
                progress.advance(len(batch.images))
    if not math.isfinite(total):
        raise _diverged(f"the validation loss is {total}", recipe)
    return total / count


def _diverged(fault: str, recipe: Recipe) -> BadInput:
    return BadInput(f"learning_rate={recipe.learning_rate}", fault, "Use a lower one")


def _shuffled(
    count: int, recipe: Recipe, words: Sequence[str | int], first: int
) -> Iterator[BatchRequest]:
    for epoch in range(first, recipe.epochs):
        order = seeds.generator(*words, epoch, "order").permutation(count)
        for start in range(0, count, recipe.batch_size):
            yield BatchRequest(epoch, order[start : start + recipe.batch_size])


def _require_precision(precision: str) -> None:
    if precision == "bfloat16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        fault = f"{torch.cuda.get_device_name()} does not support it"
        raise BadInput("precision=bfloat16", fault, "Use float32")


def _set_mode(network: nn.Module, batch_norm: str) -> None:
    network.train()
    if batch_norm == "eval":
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def _write_log(log: str | os.PathLike[str] | None, epochs: list[Epoch]) -> None:
    if log is None:
        return
    with whole(log) as temporary, open(temporary, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["epoch", *Epoch._fields, "images_per_second"])
        for number, epoch in enumerate(epochs, start=1):
            table.writerow([number, *epoch, epoch.images / epoch.seconds])


def _save_state(
    state: Path | None,
    network: nn.Module,
    optimiser: Adam,
    epochs: list[Epoch],
    best: nn.Module | None,
) -> None:
    if state is None:
        return
    content = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "epochs": [tuple(epoch) for epoch in epochs],
        "best": None if best is None else best.state_dict(),
    }
    path = state / f"epoch-{len(epochs):06d}.pt"
    with whole(path) as temporary:
        torch.save(content, temporary)
    resume.keep(state, path.name, [path])


def _restore_state(
    state: Path | None,
    network: nn.Module,
    optimiser: Adam,
    best: nn.Module | None,
) -> list[Epoch]:
    if state is None:
        return []
    first = {key: value.clone() for key, value in network.state_dict().items()}

    def read(name: str) -> list[Epoch]:
        content = checkpoint.read(state / name, "It is not used")
        network.load_state_dict(content["network"])
        if best is not None:
            best.load_state_dict(content["best"])
        optimiser.load_state_dict(content["optimiser"])
        return [Epoch(*epoch) for epoch in content["epochs"]]

    epochs = resume.restored(state, read)
    if epochs is None:
        network.load_state_dict(first)
        return []
    return epochs
