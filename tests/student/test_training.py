import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from corruption import corrupted
from torch import nn

from posequery.jobs import resume, seeds
from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.skeletons import LIMBS
from posequery.student import pixels, prediction, targets, training
from posequery.student.network import build
from posequery.student.recipe import Augmentation, Recipe
from posequery.student.samples import Sample

SIDE = 32
SOURCE = np.array([320, 240])
RECIPE = Recipe(epochs=3, batch_size=4, stdev=1.2 / 8)


def spots(count: int, seed: int) -> list[Sample]:
    """Frames with a bright square; its centre is every limb joint, the face has no labels."""
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
    **more: object,
) -> tuple[nn.Module, list[training.Epoch]]:
    network = build("densenet_small", "weights")
    seed = [words, 0]
    return network, training.fit(network, samples, recipe, SIDE, seed, state=state, **more)  # type: ignore[arg-type]


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([value.double().flatten() for value in network.state_dict().values()])


@pytest.fixture(scope="module")
def never_stopped() -> tuple[torch.Tensor, list[training.Epoch]]:
    network, epochs = train(spots(6, 0))
    return weights(network), epochs


def test_it_learns() -> None:
    still = Augmentation(shift=0.1, scale=(0.9, 1.1), angle=0)
    recipe = Recipe(epochs=20, learning_rate=3e-3, batch_size=8, stdev=1.2 / 8, augmentation=still)
    network, epochs = train(spots(32, 1), recipe)
    assert epochs[-1].loss < 0.3 * epochs[0].loss
    frames, joints = spot_frames(20, 2)
    found, peaks, *_ = prediction.predict(network, frames, np.tile(SOURCE, (20, 1)))
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
    state = tmp_path
    save: Callable[..., None] = training._save_state

    def save_and_die(*arguments: object) -> None:
        save(*arguments)
        if len(arguments[3]) == 2:  # type: ignore[arg-type]
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "_save_state", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        train(spots(6, 0), state=state)
    monkeypatch.undo()
    network, epochs = train(spots(6, 0), state=state)
    assert torch.equal(weights(network), never_stopped[0])
    assert [e.loss for e in epochs] == [e.loss for e in never_stopped[1]]


def test_the_best_epochs_weights_survive_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when the best epoch was before the kill and no later one is as good."""
    recipe = Recipe(epochs=6, batch_size=2, stdev=1.2 / 8)
    given = {"validation": spots(5, 9), "log": tmp_path / "epochs.csv"}
    state = tmp_path
    save: Callable[..., None] = training._save_state
    each: list[torch.Tensor] = []

    def save_and_record(*arguments: object) -> None:
        save(*arguments)
        each.append(weights(arguments[1]))  # type: ignore[arg-type]

    def save_and_die(*arguments: object) -> None:
        save(*arguments)
        if len(arguments[3]) == dying_after:  # type: ignore[arg-type]
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "_save_state", save_and_record)
    whole, best = train(
        spots(6, 0), recipe, best=(kept := build("densenet_small", "other")), **given
    )
    lowest = int(np.argmin([epoch.val_loss for epoch in best]))
    assert lowest < len(best) - 2, "choose another seed: the best epoch must come before the kill"
    assert torch.equal(weights(kept), each[lowest])
    dying_after = lowest + 2
    monkeypatch.setattr(training, "_save_state", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        train(spots(6, 0), recipe, state, best=build("densenet_small", "other"), **given)
    monkeypatch.undo()
    kept_before = torch.load(next(state.glob("epoch-*.pt")))["epochs"]
    again = build("densenet_small", "other")
    resumed, epochs = train(spots(6, 0), recipe, state, best=again, **given)
    assert torch.equal(weights(again), each[lowest])
    assert torch.equal(weights(resumed), weights(whole))
    assert [e.val_loss for e in epochs] == [e.val_loss for e in best]
    assert [tuple(epoch) for epoch in epochs[:dying_after]] == kept_before, "training started over"
    with open(given["log"], newline="") as file:  # type: ignore[call-overload]
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert [float(row["val_loss"]) for row in rows] == [e.val_loss for e in best]
    assert {float(row["learning_rate"]) for row in rows} == {1e-3}


def test_validation_changes_nothing(
    never_stopped: tuple[torch.Tensor, list[training.Epoch]],
) -> None:
    """Its loss is for plain images with running statistics; training is as without validation."""
    progress = Progress(None, "images", "train")
    network, epochs = train(spots(6, 0), validation=spots(5, 9), progress=progress)
    assert torch.equal(weights(network), never_stopped[0])
    assert progress.done == 3 * (6 + 5)
    network.eval()
    losses = []
    for sample in spots(5, 9):
        with torch.no_grad():
            found = network(training.normalised(torch.from_numpy(sample.image[None])))
        cells = torch.from_numpy((sample.people[None] + 0.5) / 4 - 0.5)
        labelled = torch.from_numpy(~sample.unlabelled)[None].float()
        losses.append(targets.loss(found, cells, labelled, torch.ones(1, 8, 8), 1.2).item())
    assert epochs[-1].val_loss == pytest.approx(np.mean(losses), rel=1e-4)


def test_workers_do_not_change_a_bit(
    never_stopped: tuple[torch.Tensor, list[training.Epoch]],
) -> None:
    network, _ = train(spots(6, 0), validation=spots(5, 9), workers=2)
    assert torch.equal(weights(network), never_stopped[0])


def test_bfloat16_trains_like_float32_except_for_rounding() -> None:
    recipe = Recipe(epochs=6, batch_size=8, stdev=1.2 / 8)
    full, expected = train(spots(16, 1), recipe)
    lower, found = train(spots(16, 1), recipe.model_copy(update={"precision": "bfloat16"}))
    assert all(value.dtype == torch.float32 for value in lower.parameters())
    assert torch.isfinite(weights(lower)).all()
    assert not torch.equal(weights(lower), weights(full))
    assert found[-1].loss < 0.7 * found[0].loss
    assert [e.loss for e in found] == pytest.approx([e.loss for e in expected], rel=0.05)


def test_a_gpu_without_bfloat16_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "an older GPU")
    with pytest.raises(BadInput, match=r"precision=bfloat16: an older GPU does not .* float32"):
        training._require_precision("bfloat16")
    training._require_precision("float32")


@pytest.mark.parametrize(
    "fault", ["cut off", "no optimiser", "another network", "flipped bit", "missing", "no note"]
)
def test_a_broken_state_makes_training_start_over(
    fault: str,
    tmp_path: Path,
    never_stopped: tuple[torch.Tensor, list[training.Epoch]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the initial weights, whatever the broken state has already replaced."""
    train(spots(6, 0), state=tmp_path)
    (state,) = tmp_path.glob("epoch-*.pt")
    if fault in ("no optimiser", "another network"):
        other = build("densenet_wide" if fault == "another network" else "densenet_small", "other")
        torch.save({"network": other.state_dict(), "epochs": [(1.0, 6, 1.0, 1e-3)]}, state)
        resume.keep(tmp_path, state.name, [state])
    if fault == "cut off":
        state.write_bytes(state.read_bytes()[:1000])
    if fault == "flipped bit":
        content = bytearray(state.read_bytes())
        bias = torch.load(state, weights_only=True)["network"]["head.bias"].numpy().tobytes()
        content[content.index(bias) + 2] ^= 1
        state.write_bytes(content)
    if fault in ("missing", "no note"):
        (state if fault == "missing" else tmp_path / resume.KEPT).unlink()
    capsys.readouterr()
    network, epochs = train(spots(6, 0), state=tmp_path)
    assert len(epochs) == 3 and torch.equal(weights(network), never_stopped[0])
    assert ("the job starts over" in capsys.readouterr().err) == (fault != "no note")


def test_no_damage_to_a_state_changes_a_training(
    tmp_path: Path,
    never_stopped: tuple[torch.Tensor, list[training.Epoch]],
    monkeypatch: pytest.MonkeyPatch,
    tried: Callable[..., None],
) -> None:
    """Bytes of what a kill after two epochs left are flipped, cut off and zeroed, at random."""
    save: Callable[..., None] = training._save_state

    def save_and_die(*arguments: object) -> None:
        save(*arguments)
        if len(arguments[3]) == 2:  # type: ignore[arg-type]
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training, "_save_state", save_and_die)
        train(spots(6, 0), state=tmp_path)
    left = {path: path.read_bytes() for path in tmp_path.iterdir()}
    random, done = seeds.generator("damage"), 0
    for path in sorted(left) * 8:
        content = corrupted(left[path], random)
        path.unlink() if content is None else path.write_bytes(content)
        network, _ = train(spots(6, 0), state=tmp_path)
        done += torch.equal(weights(network), never_stopped[0])
        for old in tmp_path.iterdir():
            old.unlink()
        for one, content in left.items():
            one.write_bytes(content)
    assert done == 16
    tried("5", "a damaged state of a training", {"same result": done})


def test_joints_without_a_label_are_not_trained_towards_zero() -> None:
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


def test_no_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no sample to train"):
        train(spots(0, 0))
    with pytest.raises(ValueError, match="no sample to validate"):
        train(spots(1, 0), validation=[])
    with pytest.raises(ValueError, match="there is no best epoch"):
        train(spots(1, 0), best=build("densenet_small", "other"))


def test_a_diverging_loss_is_reported() -> None:
    beyond = {"learning_rate": 1e15}  # of what a study may ask for
    with pytest.raises(BadInput, match="the loss of epoch"):
        train(spots(4, 0), Recipe(epochs=40, stdev=0.1).model_copy(update=beyond))
    frozen = Recipe(epochs=1, stdev=0.1).model_copy(update=beyond)
    with pytest.raises(BadInput, match="the validation loss"):
        train(spots(4, 0), frozen, validation=spots(1, 0))


def test_predicting_in_batches_equals_predicting_one_by_one() -> None:
    network = build("densenet_small", "weights")
    frames, _ = spot_frames(prediction.BATCH + 3, 0)
    sizes = np.tile(SOURCE, (len(frames), 1))
    joints, peaks, *_ = prediction.predict(network, frames, sizes)
    for index in (0, len(frames) - 1):
        one = slice(index, index + 1)
        alone = prediction.predict(network, frames[one], sizes[one])
        np.testing.assert_allclose(alone[0], joints[one], atol=0.5)
        np.testing.assert_allclose(alone[1], peaks[one], atol=1e-4)
    none = prediction.predict(network, frames[:0], sizes[:0])
    assert (none[0].shape, none[1].shape) == ((0, 18, 2), (0, 18))


def test_progress_counts_images() -> None:
    progress = Progress(18, "images", "train")
    network = build("densenet_small", "weights")
    training.fit(network, spots(6, 0), RECIPE, SIDE, ["words"], progress=progress)
    assert progress.done == 18


def test_training_ends_after_so_many_steps(tmp_path: Path) -> None:
    """10 frames in batches of 4 are 3 steps an epoch: 4 steps are an epoch and a batch."""
    samples = spots(10, 0)
    full, _ = train(samples, RECIPE.model_copy(update={"epochs": 1}))
    network, epochs = train(samples, steps=4)
    assert [epoch.images for epoch in epochs] == [10, 4]
    assert not torch.equal(weights(full), weights(network))
    assert torch.equal(weights(full), weights(train(samples, steps=3)[0]))
    whole = weights(train(samples)[0])
    assert torch.equal(whole, weights(train(samples, steps=9)[0]))
    assert torch.equal(whole, weights(train(samples, steps=99)[0]))
    # One that was killed after its first epoch goes on to the same step.
    with resume.job(tmp_path / "state", {}, {}) as folder:
        train(samples, steps=3, state=folder)
        again, epochs = train(samples, steps=4, state=folder)
    assert [epoch.images for epoch in epochs] == [10, 4]
    assert torch.equal(weights(network), weights(again))
