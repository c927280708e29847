"""What every engine keeps to: the network's own maps, and what was built goes on as it was."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import pythons
import torch
from torch import nn

from posequery.jobs.files import BadInput
from posequery.student import engines
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.engines import Runner
from posequery.student.network import build
from posequery.student.prediction import forward, predict
from posequery.student.runners import Torch2Trt

SIDE = 32
INFO = CheckpointInfo("densenet_small", SIDE, "student")
FRAMES = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)


def network(word: str) -> nn.Module:
    made = build("densenet_small", word).eval()
    for key, value in made.state_dict().items():
        if key.endswith("running_mean"):  # so that normalisation counts
            value += torch.rand(value.shape, generator=torch.Generator().manual_seed(len(word)))
    return made


class FakeTensorRt(nn.Module):
    """As torch2trt's module: for inputs of the example's shape alone, which must be contiguous."""

    def __init__(self, module: nn.Module, example: torch.Tensor) -> None:
        super().__init__()
        self.module, self.shape = module, example.shape

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        assert image.shape == self.shape and image.is_contiguous()
        maps, fields = self.module(image)
        return (maps.half(), fields.half()) if HALF else (maps, fields)


HALF: list[bool] = []
"""Not empty while it gives half precision."""


@pytest.fixture(params=["torch", "onnxruntime", "torch2trt"])
def start(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[nn.Module], Runner]:
    if request.param != "torch2trt":
        return lambda given: engines.load(request.param).start(given, INFO)

    def converted(module: nn.Module, inputs: list, fp16_mode: bool) -> nn.Module:
        assert not module.training and not fp16_mode
        return FakeTensorRt(module, *inputs)

    monkeypatch.setitem(sys.modules, "torch2trt", SimpleNamespace(torch2trt=converted))
    monkeypatch.setitem(sys.modules, "tensorrt", SimpleNamespace(__version__="10.3"))
    return lambda given: Torch2Trt(given, INFO)


def test_it_gives_the_networks_joints_for_any_number_of_frames(
    start: Callable[[nn.Module], Runner],
) -> None:
    given = network("one")
    built = start(given).build(given)
    sizes = np.full((3, 2), 640)
    for count in (1, 3):
        own = predict(built, FRAMES[:count], sizes[:count])
        expected = predict(given, FRAMES[:count], sizes[:count])
        assert np.abs(own.joints - expected.joints).max() < 1e-3


def test_new_weights_are_taken_and_what_was_built_goes_on(
    start: Callable[[nn.Module], Runner],
) -> None:
    one, other = network("one"), network("another")
    runner = start(one)
    first, second = runner.build(one), runner.build(other)
    with torch.inference_mode():
        for built, given in ((second, other), (first, one)):
            for own, expected in zip(forward(built, FRAMES), forward(given, FRAMES), strict=True):
                assert (own - expected).abs().max() < 1e-5 * expected.abs().max()
        apart = (forward(first, FRAMES)[0] - forward(second, FRAMES)[0]).abs().max()
    assert apart > 1e-2


def test_it_says_what_it_is(start: Callable[[nn.Module], Runner]) -> None:
    given = network("one")
    runner = start(given)
    runner.build(given)
    about = runner.describe()
    assert about.keys() == {"version", "provider", "precision"}
    assert about["precision"].startswith("float32") and all(about.values())


def test_an_engine_of_another_precision_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    converted = SimpleNamespace(torch2trt=lambda module, given, **_: FakeTensorRt(module, *given))
    monkeypatch.setitem(sys.modules, "torch2trt", converted)
    monkeypatch.setattr(f"{__name__}.HALF", [True])
    with pytest.raises(RuntimeError, match="float16"):
        Torch2Trt(network("one"), INFO).build(network("one"))


def test_what_is_not_there_is_said_in_one_line() -> None:
    engine = engines.load("torch2trt")
    with pytest.raises(BadInput, match=r"engine=torch2trt: needs tensorrt and torch2trt, not inst"):
        engine.require("torch2trt")
    with pytest.raises(BadInput, match="needs a GPU"):
        engine.start(network("one"), INFO)


def test_engines_are_loaded_where_a_study_is_planned_without_torch() -> None:
    import subprocess

    code = (
        "import sys; from posequery.student import engines; "
        "[engines.load(name) for name in engines.names()]; "
        "sys.exit(bool({'torch', 'onnx', 'onnxruntime', 'torch2trt'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_another_interpreter_is_asked_for_its_own_packages(tmp_path: Path) -> None:
    """Of a board's own Python it was said that it lacks what the checkout's lacks."""
    engine = engines.load("torch2trt")
    engine.require("torch2trt", pythons.having(tmp_path, "tensorrt", "torch2trt"))
    bare = pythons.bare(tmp_path)
    with pytest.raises(BadInput) as caught:
        engine.require("torch2trt", bare)
    assert caught.value.fault == f"needs tensorrt and torch2trt, not installed in {bare}"
    engines.load("onnxruntime").require("onnxruntime")
    with pytest.raises(BadInput, match="needs onnx and onnxscript and onnxruntime, not installed"):
        engines.load("onnxruntime").require("onnxruntime", bare)


def test_what_it_finds_by_the_users_own_path_no_job_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pythons.having(tmp_path, "tensorrt", "torch2trt")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    with pytest.raises(BadInput, match="needs tensorrt and torch2trt"):
        engines.load("torch2trt").require("torch2trt", pythons.bare(tmp_path))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (None, "No such file or directory"),
        ("exit 3", "exit code 3"),
        ("echo no such option >&2; exit 1", "no such option"),
    ],
)
def test_an_interpreter_that_cannot_be_asked_is_said(
    tmp_path: Path, line: str | None, why: str
) -> None:
    python = tmp_path / "python"
    if line:
        python.write_text(f"#!/bin/sh\n{line}\n")
        python.chmod(0o755)
    fault = rf"python={python}: cannot be asked whether it has tensorrt and torch2trt \({why}\)"
    with pytest.raises(BadInput, match=fault):
        engines.load("torch2trt").require("torch2trt", str(python))
    engines.load("torch").require("torch", str(python))  # which needs nothing of its own
