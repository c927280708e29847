"""torch itself: the network as it is."""

from typing import TYPE_CHECKING

from posequery.student.engines import Engine, Runner

if TYPE_CHECKING:
    from torch import nn

    from posequery.student.checkpoint import CheckpointInfo


class _Torch:
    def build(self, network: "nn.Module") -> "nn.Module":
        return network

    def describe(self) -> dict[str, str]:
        import torch

        return {"version": torch.__version__, "provider": "torch", "precision": "float32"}


def _start(network: "nn.Module", info: "CheckpointInfo") -> Runner:  # noqa: ARG001
    return _Torch()


ENGINE = Engine(_start, features=True)
