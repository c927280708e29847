"""TensorRT through NVIDIA's torch2trt (0.5): the paper's engine, built again for each new weights.

Written against its interface and never run: it needs CUDA. TensorRT computes float32 products in
TF32 where the GPU can, with 10 bits, hence the tolerance.
"""

from typing import TYPE_CHECKING

from posequery.jobs.files import BadInput
from posequery.student.engines import Engine, Runner

if TYPE_CHECKING:
    from torch import nn

    from posequery.student.checkpoint import CheckpointInfo


def _start(network: "nn.Module", info: "CheckpointInfo") -> Runner:
    from posequery.student.runners import Torch2Trt

    if next(network.parameters()).device.type != "cuda":
        raise BadInput("online.engine=torch2trt", "needs a GPU", "Set device: cuda")
    return Torch2Trt(network, info)


ENGINE = Engine(
    _start,
    tolerance=1e-2,
    packages=("tensorrt", "torch2trt"),
    install="Install NVIDIA's TensorRT 8 or 10 and torch2trt from its repository",
)
