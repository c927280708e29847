"""How fast this machine trains and reads a network: what a study's hours are estimated from."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from posequery.student import training
from posequery.student.adam import Adam
from posequery.student.augmentation import STILL
from posequery.student.batches import BatchMaker, Wanted
from posequery.student.checkpoint import require_device
from posequery.student.inference import for_inference
from posequery.student.network import build
from posequery.student.prediction import BATCH, predict
from posequery.student.recipe import Recipe
from posequery.student.samples import Sample

ON_CPU = 2
"""Images of a batch on a CPU, where a larger one is no faster an image."""
SECONDS = 2.0
"""That each measurement takes at least, after a first call that does not count."""


class Speed(NamedTuple):
    """Images a second, without the making of batches; and the size of the weights, in bytes."""

    training: float
    inference: float
    weights: int


def measure(name: str, input_size: int, recipe: Recipe, device: str) -> Speed:
    """The speed of a network at `input_size` on `device`, on one CPU thread as a job has it.

    Raises `BadInput` for a device that is not there.
    """
    require_device(device)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        network = build(name, "rates").to(device)
        count = ON_CPU if device == "cpu" else recipe.batch_size
        image = np.zeros((input_size, input_size, 3), np.uint8)
        people = np.full((1, 18, 2), input_size / 2, np.float32)
        sample = Sample(image, people, np.zeros(18, bool), np.empty((0, 4), np.float32))
        still = recipe.model_copy(update={"augmentation": STILL})
        maker = BatchMaker([sample], still, input_size, ["rates"])
        batch = maker[Wanted(0, np.zeros(count, np.int64))].to(torch.device(device))
        optimiser = Adam(network.train().parameters())
        trained = _a_second(lambda: training.step(network, optimiser, batch, recipe, 1e-3))
        many = ON_CPU if device == "cpu" else BATCH
        frames, sizes = np.tile(image, (many, 1, 1, 1)), np.tile([1000, 1002], (many, 1))
        fast = for_inference(network)
        read = _a_second(lambda: predict(fast, frames, sizes))
    finally:
        torch.set_num_threads(threads)
    weights = sum(value.numel() * value.element_size() for value in network.state_dict().values())
    return Speed(count * trained, many * read, weights)


def _a_second(work: Callable[[], object]) -> float:
    """How often a second `work` is done; each call must wait for its own result."""
    work()
    times, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        work()
        times += 1
    return times / (time.perf_counter() - start)
