"""How fast this machine trains and runs a network, from which a study's hours are estimated."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from posequery.student import training
from posequery.student.adam import Adam
from posequery.student.augmentation import STILL
from posequery.student.batches import BatchMaker, BatchRequest
from posequery.student.checkpoint import require_device
from posequery.student.inference import for_inference
from posequery.student.network import build
from posequery.student.prediction import BATCH, predict
from posequery.student.recipe import Recipe
from posequery.student.samples import Sample

CPU_BATCH = 2
"""Images per batch on a CPU, where larger batches are no faster per image."""
SECONDS = 2.0
"""Minimum length of each measurement, after a first call that does not count."""


class Speed(NamedTuple):
    """Images per second, without making the batches, and the size of the weights in bytes."""

    training: float
    inference: float
    weights: int


def measure(name: str, input_size: int, recipe: Recipe, device: str) -> Speed:
    """The speed of a network at `input_size` on `device`, with one CPU thread like a job.

    Raises `BadInput` for a device that does not exist.
    """
    require_device(device)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        network = build(name, "rates").to(device)
        count = CPU_BATCH if device == "cpu" else recipe.batch_size
        image = np.zeros((input_size, input_size, 3), np.uint8)
        people = np.full((1, 18, 2), input_size / 2, np.float32)
        sample = Sample(image, people, np.zeros(18, bool), np.empty((0, 4), np.float32))
        still = recipe.model_copy(update={"augmentation": STILL})
        maker = BatchMaker([sample], still, input_size, ["rates"])
        batch = maker[BatchRequest(0, np.zeros(count, np.int64))].to(torch.device(device))
        optimiser = Adam(network.train().parameters())
        trained = _per_second(lambda: training.step(network, optimiser, batch, recipe, 1e-3))
        many = CPU_BATCH if device == "cpu" else BATCH
        frames, sizes = np.tile(image, (many, 1, 1, 1)), np.tile([1000, 1002], (many, 1))
        fast = for_inference(network)
        predicted = _per_second(lambda: predict(fast, frames, sizes))
    finally:
        torch.set_num_threads(threads)
    weights = sum(value.numel() * value.element_size() for value in network.state_dict().values())
    return Speed(count * trained, many * predicted, weights)


def _per_second(work: Callable[[], object]) -> float:
    """How many times per second `work` runs; each call must wait for its own result."""
    work()
    times, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        work()
        times += 1
    return times / (time.perf_counter() - start)
