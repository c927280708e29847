"""Batches of augmented samples, made in this process or by worker processes that run ahead."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import DataLoader

from posequery.jobs import seeds
from posequery.jobs.files import BadInput
from posequery.skeletons import MIRROR
from posequery.student import augmentation
from posequery.student.network import STRIDE
from posequery.student.recipe import Recipe
from posequery.student.samples import Sample


class Batch(NamedTuple):
    """Inputs and targets for the network: b images of side s, at most p people in each."""

    images: torch.Tensor
    """(b, s, s, 3) uint8 RGB."""
    people: torch.Tensor
    """(b, p, 18, 2) float32, in cells of the maps; NaN where a joint has no label."""
    joint_weights: torch.Tensor
    """(b, 18) float32: 0 for joints that the sample's source never labels."""
    region: torch.Tensor
    """(b, s / 4, s / 4) float32: 0 in cells whose content is unknown."""

    def to(self, device: torch.device) -> "Batch":
        """The batch on `device`; from pinned memory the copy overlaps with the device's work."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


class BatchRequest(NamedTuple):
    """A batch that is yet to be made."""

    epoch: int
    indices: np.ndarray
    """(b,) sample indices."""


@dataclass(frozen=True)
class BatchMaker:
    """Makes batches of samples; `maker[request]` is the same in every process."""

    samples: Sequence[Sample]
    recipe: Recipe
    input_size: int
    words: Sequence[str | int]
    """Each image's draws are seeded by these, the epoch and its index."""

    def __getitem__(self, request: BatchRequest) -> Batch:
        generators = [seeds.generator(*self.words, request.epoch, int(i)) for i in request.indices]
        samples = [self.samples[index] for index in request.indices]
        side, count = self.input_size // STRIDE, len(samples)
        draws = augmentation.draw(self.recipe.augmentation, generators)
        sizes = np.array([sample.image.shape[1::-1] for sample in samples])
        images = np.empty((count, self.input_size, self.input_size, 3), np.uint8)
        most = max(1, *(len(sample.people) for sample in samples))
        people = np.full((count, most, len(MIRROR), 2), np.nan, np.float32)
        unlabelled = np.stack([sample.unlabelled for sample in samples])
        unlabelled[draws.flipped] = unlabelled[draws.flipped][:, MIRROR]
        for place, sample in enumerate(samples):
            image = augmentation.warp_image(
                sample.image, draws.crops[place], self.input_size, self.recipe.resampling
            )
            images[place] = augmentation.jitter(image, draws.colours[place])
            people[place, : len(sample.people)] = sample.people
        people = augmentation.warp_people(people, draws, side, sizes)
        region = np.ones((count, side, side), bool)
        if self.recipe.mask_unlabelled:
            boxes = [sample.boxes for sample in samples]
            region = augmentation.known_regions(boxes, draws, side, sizes)
        weights, known = (~unlabelled).astype(np.float32), region.astype(np.float32)
        return Batch(*map(torch.from_numpy, (images, people, weights, known)))


def load(
    maker: BatchMaker, requests: Iterable[BatchRequest], workers: int, pin_memory: bool = False
) -> Iterator[Batch]:
    """The requested batches in order, made here or by `workers` processes, each two ahead.

    The processes are forked at the first batch and end with the iterator. Raises whatever making a
    batch raises, such as `BadInput` for a broken image.
    """
    if not workers:
        for request in requests:
            yield maker[request]
        return
    loader: DataLoader[Batch | BadInput] = DataLoader(
        _ErrorsReturned(maker),  # type: ignore[arg-type]
        sampler=requests,
        batch_size=None,
        num_workers=workers,
        pin_memory=pin_memory,
        multiprocessing_context="fork",
    )
    batches = iter(loader)
    while True:
        try:
            made = next(batches)
        except StopIteration:
            return
        except RuntimeError as error:
            # This is all that torch reports when a worker was killed, usually for lack of memory.
            fault = f"one of them ended unexpectedly ({error})"
            raise BadInput(f"workers={workers}", fault, "Use fewer and run again") from error
        if isinstance(made, BadInput):
            raise made
        yield made


class _ErrorsReturned:
    """Returns a `BadInput` instead of raising it: torch would replace one raised in a worker."""

    def __init__(self, maker: BatchMaker) -> None:
        self._maker = maker

    def __getitem__(self, request: BatchRequest) -> Batch | BadInput:
        try:
            return self._maker[request]
        except BadInput as error:
            return error
