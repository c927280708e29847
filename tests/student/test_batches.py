import os
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from edited import edited

from posequery import training_sets
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS, MIRROR
from posequery.student.augmentation import STILL
from posequery.student.batches import Batch, BatchMaker, BatchRequest, load
from posequery.student.recipe import Augmentation, Recipe
from posequery.student.samples import Sample, TrainingSet
from posequery.training_sets import Image

REQUESTS = [
    BatchRequest(0, np.array([3, 0, 2])),
    BatchRequest(0, np.array([1])),
    BatchRequest(1, np.array([2, 3])),
]
FREE = Recipe(augmentation=Augmentation(flip=True))


@pytest.fixture
def training_set(tmp_path: Path) -> Path:
    """Four images of noise with 0, 1, 2 and 3 people, and a box in the second."""
    generator = np.random.default_rng(0)
    path = tmp_path / "set.h5"
    box = np.array([[10, 0, 20, 40]], np.float32)
    images = [generator.integers(0, 256, (40, 56, 3), np.uint8) for _ in range(4)]
    people = generator.uniform(0, 40, (6, 18, 2))
    starts = [0, 0, 1, 3, 6]
    training_sets.write(
        path,
        [
            Image(
                cv2.imencode(".jpg", image)[1].ravel(),
                people[starts[row] : starts[row + 1]],
                box[: row == 1],
            )
            for row, image in enumerate(images)
        ],
    )
    return path


def maker(samples: object, recipe: Recipe = FREE) -> BatchMaker:
    return BatchMaker(samples, recipe, 32, ["words"])  # type: ignore[arg-type]


def assert_same(one: list[Batch], other: list[Batch]) -> None:
    for mine, yours in zip(one, other, strict=True):
        for a, b in zip(mine, yours, strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("read_before", [False, True])
def test_workers_change_nothing(training_set: Path, read_before: bool) -> None:
    here = list(load(maker(TrainingSet(training_set)), REQUESTS, 0))
    samples = TrainingSet(training_set)
    if read_before:
        _ = samples[0]
    assert_same(list(load(maker(samples), iter(REQUESTS), 2)), here)
    # The parent's own file still works.
    assert_same(list(load(maker(samples), REQUESTS, 0)), here)


def test_a_broken_image_is_reported_from_a_worker_too(training_set: Path) -> None:
    with edited(training_set) as file:
        file["packed"][file["packed_start"][1]] ^= 1
    made = load(maker(TrainingSet(training_set)), REQUESTS, 2)
    assert len(next(made).images) == 3
    with pytest.raises(BadInput, match=r"set.h5: image 1 is broken"):
        next(made)


def test_a_batch_holds_what_each_image_has(training_set: Path) -> None:
    batch = maker(TrainingSet(training_set), Recipe(augmentation=STILL))[
        BatchRequest(0, np.arange(4))
    ]
    assert batch.images.shape == (4, 32, 32, 3)
    assert batch.images.dtype == torch.uint8
    assert torch.isfinite(batch.people).all(dim=(2, 3)).sum(dim=1).tolist() == [0, 1, 2, 3]
    assert batch.joint_weights.shape == (4, 18)
    # The box spans pixels 10 to 30 of 56, a cell is 7 wide; cells with centres in it are masked.
    assert batch.region[1, 0].tolist() == [1, 0, 0, 0, 1, 1, 1, 1]
    assert (batch.region[[0, 2, 3]] == 1).all()
    source = TrainingSet(training_set)[2].people
    grid = (source + 0.5) * 8 / [56, 40] - 0.5
    torch.testing.assert_close(batch.people[2, :2], torch.from_numpy(grid.astype(np.float32)))


def test_without_a_mask_all_cells_are_trained(training_set: Path) -> None:
    """As in trt_pose's 'A' experiments: unlabelled people and what is outside the image too."""
    everything = BatchRequest(0, np.arange(4))
    masked = maker(TrainingSet(training_set))[everything]
    free = Recipe(mask_unlabelled=False, augmentation=FREE.augmentation)
    unmasked = maker(TrainingSet(training_set), free)[everything]
    assert (masked.region == 0).any()
    assert (unmasked.region == 1).all()
    assert torch.equal(masked.images, unmasked.images)


def test_a_recipes_resampling_is_used(training_set: Path) -> None:
    samples, request = TrainingSet(training_set), BatchRequest(0, np.arange(4))
    smooth = maker(samples, Recipe())[request]
    nearest = maker(samples, Recipe(resampling="nearest"))[request]
    assert (smooth.images != nearest.images).float().mean() > 0.3
    assert torch.equal(smooth.region, nearest.region)


def test_a_flipped_images_unlabelled_joints_change_sides() -> None:
    unlabelled = np.arange(18) == JOINTS.index("left_wrist")
    image = np.zeros((32, 32, 3), np.uint8)
    one = Sample(image, np.zeros((1, 18, 2)), unlabelled, np.empty((0, 4)))
    mirrored = maker([one] * 20)[BatchRequest(0, np.arange(20))].joint_weights == 0
    sides = {tuple(row) for row in mirrored.tolist()}
    assert sides == {tuple(unlabelled.tolist()), tuple(unlabelled[MIRROR].tolist())}


class _Killed(TrainingSet):
    """A training set whose reader is killed, as if memory had run out."""

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def test_a_killed_worker_is_reported(training_set: Path) -> None:
    with pytest.raises(BadInput, match=r"workers=1: one of them ended unexpectedly .* Use fewer"):
        list(load(maker(_Killed(training_set)), REQUESTS, 1))
