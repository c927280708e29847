"""The pre-training script, run in this process."""

import csv
import json
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from posequery import training_sets
from posequery.student import checkpoint, training
from posequery.student.pretrain import outdated
from posequery.training_sets import Image

SCRIPT = Path(__file__).parents[2] / "scripts" / "pretrain.py"
RECIPE = {"epochs": 3, "batch_size": 4, "stdev": 0.1, "schedule": [2]}


def write(path: Path, count: int) -> Path:
    generator = np.random.default_rng(count)
    images = [generator.integers(0, 256, (40, 40, 3), np.uint8) for _ in range(count)]
    people = generator.uniform(0, 40, (count, 1, 18, 2))
    jpegs = [cv2.imencode(".jpg", image)[1].ravel() for image in images]
    none = np.empty((0, 4))
    training_sets.write(path, [Image(*of, none) for of in zip(jpegs, people, strict=True)])
    return path


@pytest.fixture
def pretrain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    sets = [write(tmp_path / "train.h5", 6), write(tmp_path / "val.h5", 3)]

    def run(*more: str) -> None:
        options = {
            "--of": "student",
            "--training-set": sets[0],
            "--network": "densenet_small",
            "--input-size": 32,
            "--recipe": json.dumps(RECIPE),
            "--words": json.dumps(["test"]),
            "--device": "cpu",
            "--code": "c",
            "--state": tmp_path / "state",
            "--log": tmp_path / "epochs.csv",
            "--output": tmp_path / "last.pt",
        }
        words = [str(word) for pair in options.items() for word in pair]
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *words, *more])
        runpy.run_path(str(SCRIPT), run_name="__main__")

    return run


def test_the_last_and_the_best_epoch_and_a_log(
    tmp_path: Path, pretrain: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    each: list[dict[str, torch.Tensor]] = []
    save = training._save_state

    def save_and_record(state, network, *others) -> None:
        save(state, network, *others)
        each.append({key: value.clone() for key, value in network.state_dict().items()})

    monkeypatch.setattr(training, "_save_state", save_and_record)
    sets = ["--validation-set", str(tmp_path / "val.h5"), "--best", str(tmp_path / "best.pt")]
    pretrain(*sets)
    with open(tmp_path / "epochs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["learning_rate"]) for row in rows] == pytest.approx([1e-3, 1e-3, 1e-4])
    assert [row["images"] for row in rows] == ["6", "6", "6"]
    lowest = int(np.argmin([float(row["val_loss"]) for row in rows]))
    for file_name, epoch in (("last.pt", -1), ("best.pt", lowest)):
        network, info = checkpoint.load(tmp_path / file_name)
        assert info == checkpoint.CheckpointInfo("densenet_small", 32, "student")
        for key, value in network.state_dict().items():
            assert torch.equal(value, each[epoch][key])
    assert not (tmp_path / "state").exists()


@contextmanager
def killed_after_two_epochs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    save = training._save_state

    def save_and_die(*arguments) -> None:
        save(*arguments)
        if len(arguments[3]) == 2:
            raise RuntimeError("killed")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):
        patch.setattr(training, "_save_state", save_and_die)
        yield


def test_another_number_of_workers_resumes_from_the_same_state(
    tmp_path: Path, pretrain: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_after_two_epochs(monkeypatch):
        pretrain()
    before = (tmp_path / "epochs.csv").read_text().splitlines()
    pretrain("--workers", "2")
    after = (tmp_path / "epochs.csv").read_text().splitlines()
    # Even the seconds are equal: the first epoch was not trained again.
    assert (len(before), len(after)) == (2, 4)
    assert after[:2] == before


def test_a_corrected_validation_set_starts_no_training_over(
    tmp_path: Path, pretrain: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tried
) -> None:
    """The weights are the same; each row says which set it was validated on, and so does `best`."""
    val = tmp_path / "val.h5"
    sets = ["--validation-set", str(val), "--best", str(tmp_path / "best.pt")]
    pretrain(*sets)
    whole = (tmp_path / "last.pt").read_bytes()
    assert not outdated(tmp_path / "epochs.csv", val)
    with killed_after_two_epochs(monkeypatch):
        pretrain(*sets)
    before = (tmp_path / "epochs.csv").read_text().splitlines()
    write(val, 4)
    pretrain(*sets)
    after = (tmp_path / "epochs.csv").read_text().splitlines()
    assert after[:2] == before  # to the seconds: the first epoch was not trained again
    assert (tmp_path / "last.pt").read_bytes() == whole
    with open(tmp_path / "epochs.csv", newline="") as file:
        names = [row["val_set"] for row in csv.DictReader(file)]
    assert names[0] == names[1] != names[2]
    (last, _), (best, _) = (checkpoint.load(tmp_path / name) for name in ("last.pt", "best.pt"))
    for key, value in last.state_dict().items():
        assert torch.equal(value, best.state_dict()[key])  # the only epoch on the set as it is now
    assert outdated(tmp_path / "epochs.csv", val)
    tried("8", "a validation set corrected while a killed training rests", {"goes on, said": 1})


def test_a_best_epoch_needs_a_validation_set(
    tmp_path: Path, pretrain: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        pretrain("--best", str(tmp_path / "best.pt"))
    assert "--best needs a --validation-set" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()
