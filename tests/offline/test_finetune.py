"""An offline cell: what it leaves, and that a killed one goes on."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from posequery import record
from posequery.cell import Cell, Outcome
from posequery.clips import Stream
from posequery.jobs import seeds
from posequery.jobs.files import BadInput, sha256
from posequery.offline import finetune as station
from posequery.offline.finetune import finetune
from posequery.offline.selection import write_selection
from posequery.strategies import Selection
from posequery.student import checkpoint, training
from posequery.student.network import build
from posequery.student.prediction import predict_stream
from posequery.student.recipe import Recipe


@pytest.fixture
def options(make_stream: Callable[..., Stream], tmp_path: Path) -> Callable[..., dict]:
    """What `finetune` takes for a cell that picked these frames of a pool of 10."""
    random = seeds.generator("frames")
    streams = []
    for name, count in (("pool", 10), ("test", 6)):
        (tmp_path / name).mkdir()
        frames = list(random.integers(0, 255, (count, 48, 64, 3), np.uint8))
        joints = random.uniform(0, 48, (count, 18, 2)).astype(np.float32)
        streams.append(make_stream(tmp_path / name, {"a": frames}, joints=joints))
    info = checkpoint.CheckpointInfo("densenet_small", 32, "student")
    checkpoint.save(tmp_path / "w.pt", build("densenet_small", "test"), info)

    def given(*picked: int, **changed: object) -> dict:
        selection = tmp_path / "selection.csv"
        method = "uniform" if picked else "none"
        found = Selection(np.array(picked, int))
        write_selection(selection, streams[0], found, f"{method}/20pct/seed0")
        cell = Cell(
            setting="offline", teacher="none", method=method, rate="1/5", seed=0, stream="none"
        )
        return {
            "cell": cell,
            "recipe": Recipe(epochs=2, batch_size=4, stdev=0.1),
            "words": ["test"],
            "pool": streams[0].path,
            "test": streams[1].path,
            "selection": selection,
            "student": tmp_path / "w.pt",
            "device": "cpu",
            "code": "c",
            "state": tmp_path / "state",
            "output": tmp_path / "cells" / cell.folder,
        } | changed

    return given


def test_the_selection_of_another_cell_is_refused(options, tried) -> None:
    given = options(0, 5)
    cell = given["cell"]
    for changed in ({"method": "random"}, {"rate": Fraction(1, 10)}, {"seed": 1}):
        other = cell.model_copy(update=changed)
        with pytest.raises(BadInput, match=r"is of uniform/20pct/seed0, not of"):
            finetune(**given | {"cell": other})
    tried("5", "two files of one name exchanged with their sums", {"refused": 3})


def test_what_a_cell_leaves(options: Callable[..., dict], tmp_path: Path) -> None:
    given = options(0, 5)
    finetune(**given)
    out = given["output"]
    names = {path.name for path in out.iterdir() if path.suffix != ".sha256"}
    assert names == {"cell.json", "record.h5", "seconds.json", "weights.pt"}
    cell = Outcome.read(out)
    assert (cell.k, cell.n, cell.window) == (2, 10, None)
    assert (cell.trainings, cell.frames_trained, cell.labelled, cell.epochs) == (1, 2, 2, 2)
    assert cell.record_sha256 == sha256(out / "record.h5")
    network, _ = checkpoint.load(out / "weights.pt")
    test, found = Stream(given["test"]), record.read(out / "record.h5")
    said = predict_stream(network, test, reference=test.joints(np.arange(6)))
    for name in ("joints", "peaks", "parsed"):
        assert np.array_equal(getattr(found, name), getattr(said, name), equal_nan=True), name
    assert found.version.tolist() == [0] * 6 and found.picked == []
    assert json.loads((out / "seconds.json").read_text()).keys() == {"training", "inference"}
    assert not (tmp_path / "state").exists()


def test_progress_is_of_the_frames_that_were_picked(options: Callable[..., dict], capsys) -> None:
    """Of shares of clips the sum is less than the pool's; a fifth of 10 frames would be 2."""
    finetune(**options(7))
    assert "fine-tune: 2/2 images in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("method", "labelled"), [("k_center", 2), ("error", 10), ("disagreement", 10)]
)
def test_a_strategy_that_compares_with_the_labels_has_all_of_them_counted(
    options: Callable[..., dict], method: str, labelled: int
) -> None:
    given = options(0, 5)
    pool, cell = Stream(given["pool"]), given["cell"].model_copy(update={"method": method})
    write_selection(given["selection"], pool, Selection(np.array([0, 5])), f"{method}/20pct/seed0")
    output = given["output"].parents[2] / f"{method}/20pct/seed0"
    finetune(**given | {"cell": cell, "output": output})
    assert Outcome.read(output).labelled == labelled


def test_without_a_picked_frame_nothing_is_trained(
    options: Callable[..., dict], tmp_path: Path
) -> None:
    given = options()
    finetune(**given)
    cell = Outcome.read(given["output"])
    assert (cell.k, cell.trainings, cell.frames_trained) == (0, 0, 0)
    one, other = (
        torch.load(path, weights_only=True)["weights"]
        for path in (given["student"], given["output"] / "weights.pt")
    )
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_frame_in_which_the_teacher_saw_nobody_is_labelled_and_not_trained_on(
    options: Callable[..., dict], make_stream: Callable[..., Stream], tmp_path: Path
) -> None:
    given = options(0, 5)
    frames, joints = list(np.zeros((10, 48, 64, 3), np.uint8)), np.full((10, 18, 2), 20, np.float32)
    for name, unseen, trained in (("one", [5], 1), ("both", [0, 5], 0)):
        joints[unseen] = np.nan
        (tmp_path / name).mkdir()
        pool = make_stream(tmp_path / name, {"a": frames}, joints=joints)
        write_selection(
            given["selection"], pool, Selection(np.array([0, 5])), "uniform/20pct/seed0"
        )
        finetune(**given | {"pool": pool.path})
        cell = Outcome.read(given["output"])
        assert (cell.k, cell.labelled) == (2, 2)
        assert (cell.frames_trained, cell.trainings, cell.passes) == (trained, trained, 2 * trained)


def test_a_killed_cell_is_not_trained_again(
    options: Callable[..., dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = options(0, 5)
    finetune(**given)

    def killed(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(station, "predict_stream", killed)
        finetune(**options(0, 5, output=tmp_path / "again"))
    with monkeypatch.context() as patch:
        patch.setattr(training, "step", killed)
        finetune(**options(0, 5, output=tmp_path / "again"))
    for name in ("cell.json", "record.h5", "weights.pt"):
        one, other = (folder / name for folder in (given["output"], tmp_path / "again"))
        assert one.read_bytes() == other.read_bytes(), name


def test_the_control_takes_as_many_steps_as_a_rate(options: Callable[..., dict]) -> None:
    """Half of a pool of 10 is 2 batches of 4 and fewer, twice: 4 steps, of all an epoch and one."""
    given = options(*range(10), steps_of=Fraction(1, 2))
    finetune(**given)
    cell = Outcome.read(given["output"])
    assert (cell.frames_trained, cell.trainings, cell.passes) == (10, 1, 10 + 4)
    given = options(*range(10))
    finetune(**given)
    assert Outcome.read(given["output"]).passes == 2 * 10
