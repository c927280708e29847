"""Training the network on labelled images, and reading joints from frames with it."""

import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import torch
from torch import nn

from posequery import seeds
from posequery.files import whole
from posequery.progress import Progress
from posequery.skeletons import MIRROR
from posequery.student import augmentation, decoding, pixels, targets
from posequery.student.adam import Adam
from posequery.student.augmentation import Augmentation
from posequery.student.network import STRIDE
from posequery.student.samples import Sample

MEAN = 255 * torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
SPREAD = 255 * torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
"""ImageNet's, as upstream."""

PREDICTION_BATCH = 32


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults are those of the paper's fine-tuning, and trt_pose's."""

    epochs: int = 10
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    batch_size: int = 64
    batch_norm: Literal["train", "eval"] = "train"
    """Whether batch normalisation uses the batch's statistics or the running ones."""
    stdev: float = 0.025
    """Spread of a peak, as a share of the map's height."""
    augmentation: Augmentation = field(default_factory=Augmentation)

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> "Recipe":
        """A recipe from plain data, such as JSON's; `augmentation` is a mapping too."""
        bounds = dict(mapping.get("augmentation", {}))
        if "scale" in bounds:
            bounds["scale"] = tuple(bounds["scale"])
        return cls(**{**mapping, "augmentation": Augmentation(**bounds)})


class Epoch(NamedTuple):
    """What an epoch came to."""

    loss: float
    """Mean over the images."""
    images: int
    seconds: float
    """Wall-clock; the only figure here that differs between two runs."""


@contextmanager
def _flushed_denormals() -> Iterator[None]:
    """Numbers too small to matter count as zero: on a CPU they are many times slower."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@_flushed_denormals()
def fit(
    network: nn.Module,
    samples: Sequence[Sample],
    recipe: Recipe,
    input_size: int,
    words: Sequence[str | int],
    *,
    state: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> list[Epoch]:
    """Train `network` in place on `samples`, with a fresh Adam; the last epoch's weights stay.

    Each epoch's order and each image's augmentation are drawn from (words, epoch, index), so that
    a resumed training ends at the bits of one never stopped (on one CPU thread). `state` is this
    very training's file (`posequery.state` sees to that): written after each epoch, gone on from if
    it is there, started over if it is broken. `progress` is advanced by images. Raises ValueError
    for no samples, and FloatingPointError if the loss is no longer finite.
    """
    if not len(samples):
        raise ValueError("there is no sample to train on")
    cv2.setNumThreads(1)  # its pool costs more than it gives on images of this size
    device = next(network.parameters()).device
    optimiser = Adam(network.parameters())
    batches = math.ceil(len(samples) / recipe.batch_size)
    epochs = _restore(state, network, optimiser)
    if progress is not None and epochs:
        progress.advance(len(epochs) * len(samples))
    for epoch in range(len(epochs), recipe.epochs):
        started = time.perf_counter()
        _set_mode(network, recipe.batch_norm)
        order = seeds.generator(*words, epoch, "order").permutation(len(samples))
        total = 0.0
        for number in range(batches):
            chosen = order[number * recipe.batch_size : (number + 1) * recipe.batch_size]
            generators = [seeds.generator(*words, epoch, int(index)) for index in chosen]
            several = [samples[index] for index in chosen]
            batch = _Batch.of(several, recipe.augmentation, generators, input_size).to(device)
            loss = batch.loss(network, recipe.stdev * input_size / STRIDE)
            loss.backward()
            done = (epoch * batches + number) / (recipe.epochs * batches)
            optimiser.step(recipe.learning_rate * _share(recipe.schedule, done))
            total += loss.item() * len(chosen)
            if progress is not None:
                progress.advance(len(chosen))
        if not math.isfinite(total):
            raise FloatingPointError(f"the loss of epoch {epoch + 1} is {total}")
        seconds = time.perf_counter() - started
        epochs.append(Epoch(total / len(samples), len(samples), seconds))
        _keep(state, network, optimiser, epochs)
    return epochs


@_flushed_denormals()
def predict(
    network: nn.Module, frames: np.ndarray, source_sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Joints (n, 18, 2) in source pixels and their peaks' values (n, 18) of frames.

    frames (n, s, s, 3) uint8 RGB at the network's size; source_sizes (n, 2) width and height.
    Leaves the network in eval mode.
    """
    network.eval()
    device = next(network.parameters()).device
    points, values = [np.empty((0, len(MIRROR), 2))], [np.empty((0, len(MIRROR)))]
    side = frames.shape[1] // STRIDE
    with torch.inference_mode():
        for start in range(0, len(frames), PREDICTION_BATCH):
            batch = torch.from_numpy(frames[start : start + PREDICTION_BATCH]).to(device)
            found = decoding.highest_peaks(network(normalised(batch))[0])
            points.append(found[0].cpu().numpy())
            values.append(found[1].cpu().numpy())
    joints = pixels.to_source(np.concatenate(points), side, source_sizes)
    return joints, np.concatenate(values).astype(np.float32)


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Images (b, s, s, 3) uint8 RGB as the network's input (b, 3, s, s) float32.

    They stay channels-last in memory, and so does all that the network makes of them: 15 % faster
    than contiguous (measured, one CPU thread).
    """
    images = images.permute(0, 3, 1, 2).float()
    return images.sub_(MEAN.to(images.device)).div_(SPREAD.to(images.device))


class _Batch(NamedTuple):
    images: torch.Tensor
    people: torch.Tensor
    joint_weights: torch.Tensor
    region: torch.Tensor

    @classmethod
    def of(
        cls,
        samples: Sequence[Sample],
        bounds: Augmentation,
        generators: Iterable[np.random.Generator],
        input_size: int,
    ) -> "_Batch":
        side, count = input_size // STRIDE, len(samples)
        draws = augmentation.draw(bounds, generators)
        sizes = np.array([sample.image.shape[1::-1] for sample in samples])
        images = np.empty((count, input_size, input_size, 3), np.uint8)
        most = max(1, *(len(sample.people) for sample in samples))
        people = np.full((count, most, len(MIRROR), 2), np.nan, np.float32)
        unlabelled = np.stack([sample.unlabelled for sample in samples])
        unlabelled[draws.flipped] = unlabelled[draws.flipped][:, MIRROR]
        for place, sample in enumerate(samples):
            image = augmentation.warp_image(sample.image, draws.crops[place], input_size)
            images[place] = augmentation.jitter(image, draws.colours[place])
            people[place, : len(sample.people)] = sample.people
        people = augmentation.warp_people(people, draws, side, sizes)
        region = augmentation.known_regions([s.boxes for s in samples], draws, side, sizes)
        weights, known = (~unlabelled).astype(np.float32), region.astype(np.float32)
        return cls(*map(torch.from_numpy, (images, people, weights, known)))

    def to(self, device: torch.device) -> "_Batch":
        return _Batch(*(tensor.to(device) for tensor in self))

    def loss(self, network: nn.Module, sigma: float) -> torch.Tensor:
        predicted = network(normalised(self.images))
        return targets.loss(predicted, self.people, self.joint_weights, self.region, sigma)


def _set_mode(network: nn.Module, batch_norm: str) -> None:
    network.train()
    if batch_norm == "eval":
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def _share(schedule: str, done: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * done)) if schedule == "cosine" else 1.0


def _keep(
    state: str | os.PathLike[str] | None,
    network: nn.Module,
    optimiser: Adam,
    epochs: list[Epoch],
) -> None:
    if state is None:
        return
    content = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "epochs": [tuple(epoch) for epoch in epochs],
    }
    with whole(state) as temporary:
        torch.save(content, temporary)


def _restore(
    state: str | os.PathLike[str] | None,
    network: nn.Module,
    optimiser: Adam,
) -> list[Epoch]:
    if state is None or not Path(state).is_file():
        return []
    first = {key: value.clone() for key, value in network.state_dict().items()}
    try:
        content = torch.load(state, weights_only=True)
        epochs = [Epoch(*epoch) for epoch in content["epochs"]]
        network.load_state_dict(content["network"])
        optimiser.load_state_dict(content["optimiser"])
    except Exception:  # whatever is wrong with a half-way state, starting over mends it
        network.load_state_dict(first)
        return []
    return epochs
