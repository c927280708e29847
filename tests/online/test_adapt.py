"""An online cell: what it leaves, what a kill leaves, and what is refused in one line."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from posequery import record
from posequery.cell import Cell, Outcome
from posequery.clips import Stream, read_labels, write_labels
from posequery.evaluation.measure import measure
from posequery.jobs import seeds
from posequery.jobs.files import BadInput, read_summed, sha256
from posequery.metrics import joint_errors, mpjpe
from posequery.online import adapt as station
from posequery.online import loop
from posequery.online.adapt import adapt
from posequery.online.profiles import Profile
from posequery.online.settings import Adaptation
from posequery.online.task import SECONDS
from posequery.student import checkpoint
from posequery.student.network import build
from posequery.student.recipe import Recipe

SCRIPT = Path(__file__).parents[2] / "scripts" / "adapt.py"
RECIPE = Recipe(epochs=2, batch_size=4, stdev=0.1)
SETTINGS = Adaptation(window="8 frames", continual_every="4 frames")


@pytest.fixture
def stream(make_stream: Callable[..., Stream], tmp_path: Path) -> Stream:
    random = seeds.generator("frames")
    return make_stream(tmp_path, {"a": list(random.integers(0, 255, (17, 48, 64, 3), np.uint8))})


@pytest.fixture
def options(stream: Stream, tmp_path: Path) -> Callable[..., dict]:
    """What `adapt` takes for a cell of that method at a quarter, with changes."""
    info = checkpoint.CheckpointInfo("densenet_small", 32, "student")
    checkpoint.save(tmp_path / "w.pt", build("densenet_small", "test"), info)
    labels = tmp_path / "labels.h5"
    joints = seeds.generator("labels").uniform(0, 48, (17, 18, 2))
    write_labels(labels, joints, np.ones((17, 18)), stream.path)

    def given(method: str, **changed: object) -> dict:
        cell = Cell(
            setting="online", teacher="network", method=method, rate="1/4", seed=0, stream="S1"
        )
        return {
            "cell": cell,
            "settings": SETTINGS,
            "recipe": RECIPE,
            "words": ["test", method],
            "parameters": {},
            "stream": stream.path,
            "labels": labels,
            "reference": "labels",
            "student": tmp_path / "w.pt",
            "device": "cpu",
            "code": "c",
            "state": tmp_path / "state",
            "output": tmp_path / "cells" / cell.folder,
        } | changed

    return given


def test_what_a_cell_leaves(options: Callable[..., dict], tmp_path: Path) -> None:
    given = options("uniform")
    adapt(**given)
    out = given["output"]
    names = {path.name for path in out.iterdir() if path.suffix != ".sha256"}
    assert names == {"cell.json", "record.h5", "seconds.json", "weights.pt"}
    cell = Outcome.read(out)
    assert (cell.method, cell.k, cell.n, cell.window) == ("uniform", 2, 8, 8)
    assert cell.labelled == 4 and cell.engine is None and cell.unswapped is None
    # Windows end at 8 and 16, and frame 16 tests the last weights.
    assert (cell.trainings, cell.frames_trained, cell.epochs) == (2, 4, 2)
    assert cell.record_sha256 == sha256(out / "record.h5") and cell.lagged_sha256 is None
    assert record.read(out / "record.h5").version.tolist() == [0] * 8 + [1] * 8 + [2]
    seconds = json.loads((out / "seconds.json").read_text())
    assert seconds.keys() == {*SECONDS, "stream"} and seconds["stream"] == 17 / 50
    assert not (tmp_path / "state").exists()


def test_a_cell_says_by_which_engine_it_lived(options: Callable[..., dict]) -> None:
    given = options("uniform", settings=SETTINGS.model_copy(update={"engine": "onnxruntime"}))
    adapt(**given)
    cell = Outcome.read(given["output"])
    assert cell.engine["provider"] == "CPUExecutionProvider"
    assert (cell.trainings, cell.unswapped) == (2, 0)


def test_continual_is_read_at_the_others_lag_as_well(
    options: Callable[..., dict], tmp_path: Path
) -> None:
    given = options("continual")
    adapt(**given)
    cell = Outcome.read(given["output"])
    assert (cell.n, cell.window, cell.trainings) == (4, 8, 4)
    assert cell.lagged_sha256 == sha256(given["output"] / "lagged.h5")


def test_what_is_forgotten_is_measured_from_records_of_their_own(
    options: Callable[..., dict], tmp_path: Path
) -> None:
    plain, asked = options("uniform"), options("uniform", forgetting=True)
    adapt(**plain)
    before = Outcome.read(plain["output"])
    adapt(**asked)
    out, cell = asked["output"], Outcome.read(asked["output"])
    assert cell.after_sha256 == sha256(out / "after.h5")
    assert cell.final_sha256 == sha256(out / "final.h5")
    same = {"after_sha256", "final_sha256"}
    assert cell.model_dump(exclude=same) == before.model_dump(exclude=same)
    after, final = record.read(out / "after.h5"), record.read(out / "final.h5")
    assert (after.update_frames.tolist(), len(final.joints)) == ([0, 8], 17)
    assert after.version.tolist() == [1] * 8 + [2] * 8
    # The last weights were live at frame 16 as well.
    lived = record.read(out / "record.h5")
    assert np.allclose(final.joints[16:], lived.joints[16:], atol=1e-3)

    def measured() -> str:
        tables = {name: tmp_path / f"{name}.csv" for name in ("cells", "breakdown")}
        measure([out], asked["stream"], asked["labels"], code="c", state=tmp_path / "s", **tables)
        (row,) = csv.DictReader(read_summed(tables["cells"], "").splitlines())
        return row["forgetting_px"]

    labels = read_labels(asked["labels"], asked["stream"])[0]
    first = joint_errors(after.joints[:8], labels[:8]), joint_errors(final.joints[:8], labels[:8])
    assert float(measured()) == pytest.approx(mpjpe(first[1]) - mpjpe(first[0]), abs=1e-4)
    (out / "final.h5").unlink()
    with pytest.raises(BadInput, match="final.h5: the cell has no such file"):
        measured()


def test_a_device_takes_its_time(options: Callable[..., dict]) -> None:
    """17 frames at 50 a second, windows of 8: 2 frames in 2 epochs at 50 a second take 4 frames."""
    board = {"title": "b", "source": "s", "network": "densenet_small", "input_size": 32}
    settings = Adaptation(**dict(SETTINGS) | {"clock": "jetson_xavier_nx"})
    profile = Profile(**board, training_samples_per_second=50)
    given = options("uniform", settings=settings, profile=profile)
    adapt(**given)
    cell, rec = Outcome.read(given["output"]), record.read(given["output"] / "record.h5")
    assert rec.version.tolist() == [0] * 12 + [1] * 5
    assert (cell.trainings, cell.passes) == (1, 4)
    slow = profile.model_copy(update={"training_samples_per_second": 20})
    short = settings.model_copy(update={"window": "4 frames"})
    with pytest.raises(BadInput, match=r"needs 0\.1 s for a training of uniform on 1 of 4 frames"):
        adapt(**options("uniform", settings=short, profile=slow))


def test_all_is_trained_on_everything_at_once(options: Callable[..., dict]) -> None:
    late = SETTINGS.model_copy(update={"training_takes": "7 frames"})
    given = options("all", settings=late)
    given["cell"] = given["cell"].model_copy(update={"rate": Fraction(1)})
    given["output"] = given["output"].with_name("all")
    adapt(**given)
    rec = record.read(given["output"] / "record.h5")
    assert rec.update_frames.tolist() == [8, 16]
    assert [picked.tolist() for picked in rec.picked] == [[*range(8)], [*range(8, 16)]]


def test_this_machine_takes_its_time(options: Callable[..., dict]) -> None:
    """Weights are live later than the window's end, however fast the machine is."""
    settings = Adaptation(**dict(SETTINGS) | {"clock": "measured", "overrun": "skipped"})
    given = options("uniform", settings=settings)
    adapt(**given)
    cell, rec = Outcome.read(given["output"]), record.read(given["output"] / "record.h5")
    assert all(live > 8 for live in rec.update_frames)
    assert json.loads((given["output"] / "seconds.json").read_text())["training"] > 0
    assert cell.trainings == len(rec.update_frames)


def test_a_killed_cell_goes_on_in_another_folder_to_the_same_bytes(
    options: Callable[..., dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = options("random")
    adapt(**given)

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(station.parts, "join", killed)
        adapt(**options("random", output=tmp_path / "elsewhere"))
    with monkeypatch.context() as patch:
        # Played to its end before, it is not played again.
        patch.setattr(loop, "predict_stream", killed)
        adapt(**options("random", output=tmp_path / "third"))
    for name in ("cell.json", "record.h5", "weights.pt"):
        one, other = (folder / name for folder in (given["output"], tmp_path / "third"))
        assert one.read_bytes() == other.read_bytes(), name


def test_a_rate_that_picks_nothing_is_refused(options: Callable[..., dict]) -> None:
    given = options("uniform")
    cell = given["cell"].model_copy(update={"rate": given["cell"].rate / 4})
    with pytest.raises(BadInput, match="online.rates=6.25%: picks nothing of a window of 8 frames"):
        adapt(**given | {"cell": cell})


def test_a_training_that_takes_too_long_to_be_tested(
    options: Callable[..., dict], tmp_path: Path
) -> None:
    late = SETTINGS.model_copy(update={"training_takes": "9 frames", "meanwhile": "missed"})
    given = options("uniform", settings=late) | {"recipe": RECIPE}
    for name in ("cell", "settings", "recipe"):
        given[name] = given[name].model_dump_json()
    for name in ("words", "parameters"):
        given[name] = json.dumps(given[name])
    words = [word for key, value in given.items() for word in (f"--{key}", str(value))]
    done = subprocess.run(
        [sys.executable, SCRIPT, *words],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[1] / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    fault = (
        "window=8 frames: with the 9 frames of its training, is no shorter than the stream of 17"
    )
    assert fault in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "cells").exists()


def test_a_baseline_may_live_on_less_than_a_window(
    options: Callable[..., dict], tmp_path: Path
) -> None:
    long = SETTINGS.model_copy(update={"window": "20 frames"})
    given = options("baseline", settings=long)
    adapt(**given)
    assert Outcome.read(given["output"]).trainings == 0
    with pytest.raises(
        BadInput, match="window=20 frames: is no shorter than the stream of 17 frames"
    ):
        adapt(**options("uniform", settings=long))
