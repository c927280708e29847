from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from posequery.progress import Progress
from posequery.skeletons import LIMBS
from posequery.student import pixels, training
from posequery.student.augmentation import Augmentation
from posequery.student.network import build
from posequery.student.samples import Sample
from posequery.student.training import Recipe

SIDE = 32
SOURCE = np.array([320, 240])
RECIPE = Recipe(epochs=3, batch_size=4, stdev=1.2 / 8)


def spots(count: int, seed: int) -> list[Sample]:
    """Frames with a bright square; every limb joint is its centre, the face has no label."""
    frames, joints = spot_frames(count, seed)
    points = pixels.to_grid(joints, SIDE, np.tile(SOURCE, (count, 1)))[:, None]
    face = np.isnan(joints[:, :, 0])
    return [Sample(*fields, np.empty((0, 4))) for fields in zip(frames, points, face, strict=True)]


def spot_frames(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    corner = generator.integers(2, SIDE - 10, (count, 2))
    frames = generator.integers(0, 40, (count, SIDE, SIDE, 3)).astype(np.uint8)
    for frame, (x, y) in zip(frames, corner, strict=True):
        frame[y : y + 7, x : x + 7] = 250
    joints = np.full((count, 18, 2), np.nan, np.float32)
    joints[:, LIMBS] = ((corner + 3.5) * SOURCE / SIDE - 0.5)[:, None]
    return frames, joints


def train(
    samples: list[Sample],
    recipe: Recipe = RECIPE,
    state: Path | None = None,
    words: str = "words",
) -> tuple[nn.Module, list[training.Epoch]]:
    network = build("densenet_small", "weights")
    return network, training.fit(network, samples, recipe, SIDE, [words, 0], state=state)


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([value.double().flatten() for value in network.state_dict().values()])


@pytest.fixture(scope="module")
def never_stopped() -> tuple[torch.Tensor, list[training.Epoch]]:
    network, epochs = train(spots(6, 0))
    return weights(network), epochs


def test_it_learns_to_see() -> None:
    still = Augmentation(shift=0.1, scale=(0.9, 1.1), angle=0)
    recipe = Recipe(epochs=20, learning_rate=3e-3, batch_size=8, stdev=1.2 / 8, augmentation=still)
    network, epochs = train(spots(32, 1), recipe)
    assert epochs[-1].loss < 0.3 * epochs[0].loss
    frames, joints = spot_frames(20, 2)
    found, peaks = training.predict(network, frames, np.tile(SOURCE, (20, 1)))
    assert found.shape == (20, 18, 2)
    assert found.dtype == peaks.dtype == np.float32
    off = np.linalg.norm(found - joints, axis=-1)[:, LIMBS]
    # One cell is 40 by 30 source pixels.
    assert np.median(off) < 15
    assert np.median(peaks[:, LIMBS]) > 0.5


def test_the_same_words_give_the_same_bits_and_others_do_not(
    never_stopped: tuple[torch.Tensor, list[training.Epoch]],
) -> None:
    again, epochs = train(spots(6, 0))
    assert torch.equal(weights(again), never_stopped[0])
    assert [e.loss for e in epochs] == [e.loss for e in never_stopped[1]]
    other, _ = train(spots(6, 0), words="others")
    assert not torch.equal(weights(other), never_stopped[0])


def test_a_killed_training_ends_where_one_never_killed_does(
    tmp_path: Path,
    never_stopped: tuple[torch.Tensor, list[training.Epoch]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = tmp_path / "epoch.pt"
    keep: Callable[..., None] = training._keep

    def keep_and_die(*arguments: object) -> None:
        keep(*arguments)
        if len(arguments[-1]) == 2:  # type: ignore[arg-type]
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "_keep", keep_and_die)
    with pytest.raises(KeyboardInterrupt):
        train(spots(6, 0), state=state)
    monkeypatch.undo()
    network, epochs = train(spots(6, 0), state=state)
    assert torch.equal(weights(network), never_stopped[0])
    assert [e.loss for e in epochs] == [e.loss for e in never_stopped[1]]


@pytest.mark.parametrize("fault", ["cut off", "no optimiser", "another network"])
def test_a_broken_state_is_started_over(
    fault: str, tmp_path: Path, never_stopped: tuple[torch.Tensor, list[training.Epoch]]
) -> None:
    """From the first weights, whatever the broken state has already put in their place."""
    state = tmp_path / "epoch.pt"
    other = build("densenet_wide" if fault == "another network" else "densenet_small", "other")
    torch.save({"network": other.state_dict(), "epochs": [(1.0, 6, 1.0)]}, state)
    if fault == "cut off":
        state.write_bytes(state.read_bytes()[:1000])
    network, _ = train(spots(6, 0), state=state)
    assert torch.equal(weights(network), never_stopped[0])


def test_joints_without_a_label_are_not_taught_to_vanish() -> None:
    """With the face unlabelled, its maps get no gradient from the head's own bias."""
    network, _ = train(spots(4, 0))
    before = build("densenet_small", "weights").head.bias
    after = network.head.bias
    assert torch.equal(after[:5], before[:5])
    assert (after[LIMBS] != before[LIMBS]).all()


def test_frozen_batch_normalisation_keeps_its_statistics() -> None:
    start = build("densenet_small", "weights").state_dict()
    statistics = [key for key in start if key.endswith("running_mean")]
    frozen, _ = train(spots(4, 0), Recipe(epochs=1, stdev=0.1, batch_norm="eval"))
    moved, _ = train(spots(4, 0), Recipe(epochs=1, stdev=0.1))
    assert all(torch.equal(frozen.state_dict()[key], start[key]) for key in statistics)
    assert all(not torch.equal(moved.state_dict()[key], start[key]) for key in statistics)
    assert not torch.equal(weights(frozen), weights(build("densenet_small", "weights")))


def test_one_frame_is_enough() -> None:
    _, epochs = train(spots(1, 0))
    assert all(np.isfinite(epoch.loss) and epoch.images == 1 for epoch in epochs)


def test_no_frame_is_not() -> None:
    with pytest.raises(ValueError, match="no sample"):
        train(spots(0, 0))


def test_a_loss_that_explodes_is_told() -> None:
    with pytest.raises(FloatingPointError, match="epoch"):
        train(spots(4, 0), Recipe(epochs=40, learning_rate=1e30, stdev=0.1))


def test_the_cosine_ends_near_zero_and_the_constant_does_not() -> None:
    assert training._share("constant", 0.99) == 1
    assert training._share("cosine", 0.0) == 1
    assert training._share("cosine", 0.5) == pytest.approx(0.5)
    assert training._share("cosine", 0.99) < 1e-3


def test_predicting_in_batches_is_predicting_one_by_one() -> None:
    network = build("densenet_small", "weights")
    frames, _ = spot_frames(training.PREDICTION_BATCH + 3, 0)
    sizes = np.tile(SOURCE, (len(frames), 1))
    joints, peaks = training.predict(network, frames, sizes)
    for index in (0, len(frames) - 1):
        one = slice(index, index + 1)
        alone = training.predict(network, frames[one], sizes[one])
        np.testing.assert_allclose(alone[0], joints[one], atol=0.5)
        np.testing.assert_allclose(alone[1], peaks[one], atol=1e-4)
    none = training.predict(network, frames[:0], sizes[:0])
    assert (none[0].shape, none[1].shape) == ((0, 18, 2), (0, 18))


def test_progress_counts_images() -> None:
    progress = Progress(18, "images", "train")
    network = build("densenet_small", "weights")
    training.fit(network, spots(6, 0), RECIPE, SIDE, ["words"], progress=progress)
    assert progress.done == 18


def test_a_recipe_is_read_from_plain_data() -> None:
    recipe = Recipe.of({"epochs": 2, "augmentation": {"scale": [0.8, 1.2], "flip": True}})
    assert recipe == Recipe(epochs=2, augmentation=Augmentation(scale=(0.8, 1.2), flip=True))
    with pytest.raises(TypeError):
        Recipe.of({"epoch": 2})
