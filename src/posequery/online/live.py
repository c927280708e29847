"""The student that predicts, in two slots: new weights are built and checked beside the live ones.

Only what passes the check goes live, between two frames; of what fails, the old weights stay.
"""

import time

import numpy as np
import torch
from torch import nn

from posequery.jobs.files import BadInput, worded
from posequery.jobs.terminal import tell
from posequery.student import engines
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.prediction import forward


class Live:
    """network: what predicts. takes: seconds that the last build and its check took."""

    def __init__(
        self, engine: str, network: nn.Module, info: CheckpointInfo, probe: np.ndarray
    ) -> None:
        """probe: the frames (n, s, s, 3) uint8 RGB on which each build is checked.

        Raises `BadInput` where the engine cannot run here, or fails on the first weights.
        """
        self._engine, self._probe = engines.load(engine), probe
        self._engine.require(engine)
        self._waiting: nn.Module | None = None
        what = f"online.engine={engine}"
        try:
            self._runner = self._engine.start(network, info)
        except BadInput:
            raise
        except Exception as error:  # each runtime has classes of its own
            fix = "Use online.engine: torch, or install this engine's packages again"
            raise BadInput(what, f"cannot start: {worded(error)}", fix) from error
        if fault := self._build(network):
            fix = "Use online.engine: torch, or another version of this engine"
            raise BadInput(what, f"fails on this student: {fault}", fix)
        self.swap()

    network: nn.Module
    takes: float

    def describe(self) -> dict[str, str]:
        """What the engine is: version, provider, precision."""
        return self._runner.describe()

    def prepare(self, network: nn.Module) -> None:
        """Build a network beside the live one, whose weights then wait for `swap`; reported if it
        fails."""
        if fault := self._build(network):
            tell(f"the engine did not take new weights, and the old ones stay live: {fault}")

    def swap(self) -> bool:
        """Let the weights that wait go live; False if there are none, since they failed."""
        if self._waiting is None:
            return False
        self.network, self._waiting = self._waiting, None
        return True

    def _build(self, network: nn.Module) -> str:
        """What is wrong with what was built; if nothing is, it waits."""
        began, self._waiting = time.perf_counter(), None
        try:
            built = self._runner.build(network)
            fault = "" if built is network else self._difference(built, network)
        except Exception as error:  # each runtime has classes of its own
            return worded(error)
        finally:
            self.takes = time.perf_counter() - began
        if not fault:
            self._waiting = built
        return fault

    def _difference(self, built: nn.Module, network: nn.Module) -> str:
        with torch.inference_mode():
            pairs = zip(forward(built, self._probe), forward(network, self._probe), strict=True)
            for one, other in pairs:
                if one.shape != other.shape:
                    return f"its maps are {tuple(one.shape)}, not {tuple(other.shape)}"
                apart = float((one - other).abs().max() / other.abs().max())
                if not apart <= self._engine.tolerance:  # NaN is none
                    return f"its maps differ by {apart:.1g} of the largest value from torch's"
        return ""
