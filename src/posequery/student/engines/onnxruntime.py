"""onnxruntime, on an export of the network that is made once and patched with new weights.

On the CPU its own kernels compute; on CUDA TensorRT, by onnxruntime's provider (never run yet).
"""

from typing import TYPE_CHECKING

from posequery.student.engines import Engine, Runner

if TYPE_CHECKING:
    from torch import nn

    from posequery.student.checkpoint import CheckpointInfo


def _start(network: "nn.Module", info: "CheckpointInfo") -> Runner:
    from posequery.student.runners import OnnxRuntime

    return OnnxRuntime(network, info)


ENGINE = Engine(
    _start,
    tolerance=1e-4,
    packages=("onnx", "onnxscript", "onnxruntime"),
    install="Install them: .venv/bin/pip install -r envs/engines.lock",
)
