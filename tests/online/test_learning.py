"""The measured clock: what a training takes of a machine's time decides when its weights go live.

The machine's clock is scripted, so that an ideal clock with the same times is the expectation.
"""

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from playing import play
from torch import nn

from posequery.clips import Stream
from posequery.jobs import seeds
from posequery.online import learning, live, parts
from posequery.online.policies import policy
from posequery.online.task import Task
from posequery.student import engines
from posequery.student.network import build
from posequery.student.recipe import Recipe

RECIPE = Recipe(epochs=4, batch_size=4, stdev=0.1)


@pytest.fixture
def stream(make_stream: Callable[..., Stream], tmp_path: Path) -> Stream:
    """40 frames, 50 a second."""
    random = seeds.generator("frames")
    return make_stream(tmp_path, {"a": list(random.integers(0, 255, (40, 48, 64, 3), np.uint8))})


class Machine:
    """A clock that moves only where a test says so: each epoch takes so many frames' time, and a
    training that is done once more a hundred times that."""

    def __init__(self, frames: float) -> None:
        self.now, self.epoch = 0.0, frames / 50
        self.trained: list[object] = []

    def perf_counter(self) -> float:
        return self.now

    def fit(self, *given: object, in_time: Callable[[int], bool] | None) -> list:
        again, each = given[4] in self.trained, self.epoch
        self.trained.append(given[4])

        def asked(done: int) -> bool:
            self.now += each * (100 if again else 1)
            return in_time is None or in_time(done)

        return real_fit(*given, in_time=asked)


real_fit = learning.fit


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Machine]:
    def made(frames: float) -> Machine:
        found = Machine(frames)
        monkeypatch.setattr(learning, "time", found)
        monkeypatch.setattr(learning, "fit", found.fit)
        return found

    return made


def task(stream: Stream, method: str = "uniform", **changed: object) -> Task:
    truth = seeds.generator("labels").uniform(0, 48, (len(stream), 18, 2))
    own = policy(method, Fraction(1, 4), window="8 frames", continual_every="5 frames")
    given = {"labels": truth, "reference": truth, "policy": own, "recipe": RECIPE, "words": ["t"]}
    return Task(stream, **(given | changed))


def require_same(one: tuple, other: tuple) -> None:
    (tally, network, rec), (expected, weights, known) = one, other
    assert rec.version.tolist() == known.version.tolist()
    assert rec.update_frames.tolist() == known.update_frames.tolist()
    assert all(map(np.array_equal, rec.picked, known.picked))
    for name in ("trainings", "frames_trained", "passes"):
        assert getattr(tally, name) == getattr(expected, name), name
    # The parts that frames are predicted in may differ, and with them their last bits.
    assert np.allclose(rec.joints, known.joints, atol=1e-3, equal_nan=True)
    pairs = zip(network.state_dict().values(), weights.state_dict().values(), strict=True)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in pairs)


@pytest.mark.parametrize(
    ("each", "changed"),
    [
        (0.75, {"overrun": "skipped"}),
        (0.75, {"overrun": "queued", "method": "continual"}),
        (3, {"overrun": "skipped"}),
        (3, {"overrun": "queued"}),
        (3, {"overrun": "stopped"}),  # 2 of 4 epochs fit into a window
        (1, {"missed": True}),
        (1, {"overrun": "skipped", "method": "once"}),
        (1, {"overrun": "skipped", "reset": True}),
        (1, {"overrun": "stopped", "method": "baseline"}),
    ],
)
def test_weights_go_live_when_the_training_was_over(
    stream: Stream, tmp_path: Path, machine: Callable, each: float, changed: dict
) -> None:
    ideal = play(task(stream, takes=f"{4 * each:.0f} frames", **changed), tmp_path / "ideal")
    machine(each)
    require_same(play(task(stream, measured=True, **changed), tmp_path / "measured"), ideal)
    assert (ideal[0].trainings > 0) == (changed.get("method") != "baseline")


class Slow:
    """An engine of which each build takes so many frames' time of a machine's clock."""

    def __init__(self, machine: Machine, frames: float) -> None:
        self.machine, self.takes = machine, frames / 50

    def build(self, network: nn.Module) -> nn.Module:
        self.machine.now += self.takes
        return network

    def describe(self) -> dict[str, str]:
        return {}


@pytest.mark.parametrize(
    ("builds", "overrun", "expected", "passes"),
    [
        (3, "skipped", [15, 23, 31, 39], 4 * 2 * 4),  # 4 epochs of a frame each, and 3
        (6.5, "stopped", [16, 24, 32], 3 * 2 * 1),  # within a window, 1 epoch and the build
    ],
)
def test_an_engines_build_is_charged(
    stream: Stream,
    tmp_path: Path,
    machine: Callable,
    monkeypatch: pytest.MonkeyPatch,
    builds: float,
    overrun: str,
    expected: list[int],
    passes: int,
) -> None:
    clock = machine(1)
    monkeypatch.setattr(live, "time", clock)
    slow = engines.Engine(lambda network, info: Slow(clock, builds))
    monkeypatch.setattr(live.engines, "load", lambda name: slow)
    what = task(stream, measured=True, overrun=overrun, engine="slow")
    tally, _, rec = play(what, tmp_path / "own")
    assert rec.update_frames.tolist() == expected
    assert (tally.unswapped, tally.passes) == (0, passes)


def test_no_epoch_in_time_is_no_training(stream: Stream, tmp_path: Path, machine: Callable) -> None:
    machine(9)
    tally, network, rec = play(task(stream, measured=True, overrun="stopped"), tmp_path / "own")
    assert (tally.trainings, tally.passes, len(rec.update_frames)) == (0, 0, 0)
    first = build("densenet_small", "test").state_dict().values()
    assert all(map(torch.equal, network.state_dict().values(), first))


def test_a_training_that_outlives_the_stream_never_goes_live(
    stream: Stream, tmp_path: Path, machine: Callable
) -> None:
    machine(30)
    tally, _, rec = play(task(stream, measured=True, overrun="skipped"), tmp_path / "own")
    assert (tally.trainings, rec.version.tolist()) == (0, [0] * 40)
    assert tally.seconds["training"] == pytest.approx(4 * 30 / 50)


@pytest.mark.parametrize(
    ("each", "changed"),
    [
        (0.75, {"overrun": "skipped"}),
        (3, {"overrun": "stopped"}),
        (1, {"missed": True}),
    ],
)
@pytest.mark.parametrize("kills", [(1,), (2,), (3,), (1, 4), (2, 5, 7)])
def test_a_kill_keeps_the_seconds_that_were_measured(
    stream: Stream,
    tmp_path: Path,
    machine: Callable,
    monkeypatch: pytest.MonkeyPatch,
    each: float,
    changed: dict,
    kills: tuple[int, ...],
) -> None:
    machine(each)
    whole = play(task(stream, measured=True, **changed), tmp_path / "whole")

    class Killed(Exception):
        pass

    again, calls, real = machine(each), iter(range(100)), parts.write_part

    def sometimes(*arguments: object) -> None:
        if next(calls) in kills:
            raise Killed
        real(*arguments)

    monkeypatch.setattr(parts, "write_part", sometimes)
    found = None
    while found is None:
        with suppress(Killed):
            found = play(task(stream, measured=True, **changed), tmp_path / "killed")
    require_same(found, whole)
    assert found[0].seconds["training"] == pytest.approx(whole[0].seconds["training"])
    assert found[0].labelled == whole[0].labelled
    assert len(again.trained) > whole[0].trainings
