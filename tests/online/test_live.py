"""New weights go live only as an engine gives them; an engine that fails leaves the old ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from playing import INFO, RECIPE, SIZE, play, same, task
from pythons import broken
from torch import nn

from posequery.clips import Stream
from posequery.jobs.files import BadInput
from posequery.online import live as slots
from posequery.online.live import Live
from posequery.student import engines
from posequery.student.network import build
from posequery.student.prediction import predict_stream
from posequery.student.samples import StreamFrames
from posequery.student.training import fit

PROBE = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)


class Copied(nn.Module):
    """A network's copy, all of whose maps are changed."""

    def __init__(self, network: nn.Module, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.network, self.change = build("densenet_small", "copy"), change
        self.network.load_state_dict(network.state_dict())

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps, fields = self.network.eval()(images)
        return self.change(maps), fields


class Scripted:
    """An engine whose builds go as a script says: what a map becomes, or an error."""

    def __init__(self, *script: object) -> None:
        self.script = [*script]
        self.described = {"version": "1", "provider": "fake", "precision": "float32"}

    def build(self, network: nn.Module) -> nn.Module:
        step = self.script.pop(0) if self.script else lambda maps: maps
        if isinstance(step, Exception):
            raise step
        return Copied(network, step)

    def describe(self) -> dict[str, str]:
        return self.described


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scripted]:
    def made(*script: object) -> Scripted:
        runner = Scripted(*script)
        engine = engines.Engine(lambda network, info: runner, tolerance=1e-4)
        monkeypatch.setattr(slots.engines, "load", lambda name: engine)
        return runner

    return made


def right(maps: torch.Tensor) -> torch.Tensor:
    return maps


def wrong(maps: torch.Tensor) -> torch.Tensor:
    return maps * 1.001


def undefined(maps: torch.Tensor) -> torch.Tensor:
    return maps * float("nan")


def smaller(maps: torch.Tensor) -> torch.Tensor:
    return maps[..., 1:]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (wrong, "differ by 0.001 of"),
        (undefined, "differ by nan of"),
        (smaller, r"its maps are \(2, 18, 8, 7\), not \(2, 18, 8, 8\)"),
        (OSError("no memory"), "OSError: no memory"),
    ],
)
def test_what_fails_leaves_the_old_weights_live(
    step: object, fault: str, scripted: Callable[..., Scripted], capfd: pytest.CaptureFixture[str]
) -> None:
    scripted(right, step, right)
    one, other = build("densenet_small", "one"), build("densenet_small", "other")
    live = Live("fake", one, INFO, PROBE)
    before = live.network
    live.prepare(other)
    assert not live.swap() and live.network is before
    with pytest.raises(BadInput, match=rf"{fault}.* Use online\.engine: torch"):
        scripted(step)
        Live("fake", one, INFO, PROBE)
    assert "the old ones stay live" in capfd.readouterr().err


@pytest.mark.parametrize("error", [ImportError, RuntimeError])
def test_an_engine_that_cannot_start_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """A runtime that is installed and lacks a library of its own was a traceback."""
    broken(monkeypatch, "onnxruntime", error("libcudart.so.12:\nno such file"))
    fault = rf"cannot start: {error.__name__}: libcudart\.so\.12: no such file\. Use online\.engi"
    with pytest.raises(BadInput, match=rf"online\.engine=onnxruntime: {fault}"):
        Live("onnxruntime", build("densenet_small", "one"), INFO, PROBE)


def test_an_error_of_many_lines_is_one(
    scripted: Callable[..., Scripted], capfd: pytest.CaptureFixture[str]
) -> None:
    scripted(right, RuntimeError("no memory\n  in node 3\n"))
    live = Live("fake", build("densenet_small", "one"), INFO, PROBE)
    live.prepare(build("densenet_small", "other"))
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].endswith(": RuntimeError: no memory in node 3")


def test_weights_that_wait_are_not_live_before_the_swap(scripted: Callable[..., Scripted]) -> None:
    scripted()
    one, other = build("densenet_small", "one"), build("densenet_small", "other")
    live = Live("fake", one, INFO, PROBE)
    before = live.network
    live.prepare(other)
    assert live.network is before
    assert live.swap() and same(live.network.network, other) and same(before.network, one)
    assert not live.swap() and same(live.network.network, other)


def test_a_loop_goes_on_with_the_old_weights(
    stream: Stream, tmp_path: Path, scripted: Callable[..., Scripted]
) -> None:
    # The second build is that of the first training.
    scripted(right, wrong)
    tally, network, rec = play(task(stream, "uniform", engine="fake"), tmp_path)
    assert (tally.trainings, tally.unswapped) == (2, 1)
    assert rec.version.tolist() == [0] * 16 + [1] * 7
    assert rec.update_frames.tolist() == [16]
    by_hand = build("densenet_small", "test")
    old = predict_stream(by_hand, stream, 0, 16).joints
    assert np.abs(rec.joints[:16] - old).max() < 1e-3
    picked = np.array([8, 12])
    samples = StreamFrames(stream, picked, stream.joints(picked))
    fit(by_hand, samples, RECIPE, SIZE, ["test", "uniform", "window", 8])
    assert same(network, by_hand)


@pytest.mark.parametrize("method", ["uniform", "least_confidence"])
def test_by_onnxruntime_poses_and_picks_are_torchs(
    stream: Stream, tmp_path: Path, method: str
) -> None:
    _, network, rec = play(task(stream, method), tmp_path / "torch")
    tally, other, found = play(task(stream, method, engine="onnxruntime"), tmp_path / "onnx")
    assert (tally.trainings, tally.unswapped) == (2, 0)
    assert tally.engine["provider"] == "CPUExecutionProvider"
    assert [picked.tolist() for picked in found.picked] == [one.tolist() for one in rec.picked]
    assert same(network, other)
    assert found.version.tolist() == rec.version.tolist()
    assert np.abs(found.joints - rec.joints).max() < 1e-3
    assert np.abs(found.peaks - rec.peaks).max() < 1e-5
