"""The network of a checkpoint, whoever wrote it, or of an ONNX file."""

import os
from pathlib import Path

from torch import nn

from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell
from posequery.student import checkpoint, runners, upstream
from posequery.student.network_names import SIDE_UNITS, takes

_FIX = "Use a checkpoint that posequery wrote (weights.pt, pretrained.pt) or one of trt_pose's"


def load_student(
    path: str | os.PathLike[str], input_size: int | None, device: str
) -> tuple[nn.Module, int]:
    """The network of a checkpoint, in eval mode on `device`, and the side of its input in pixels.

    path: a checkpoint of posequery's or an ONNX file that it exported (by its name's end), which
    state their size, or a checkpoint that trt_pose published, which does not: `input_size` is
    needed with that. A network that trt_pose published is known by the
    shapes of its weights. Raises `BadInput` for any other file, and for a size that the checkpoint
    contradicts or the network cannot take.
    """
    checkpoint.require_device(device)
    if Path(path).suffix == ".onnx":
        return _of_size(path, input_size, *runners.exported(path, device))
    if checkpoint.is_own(checkpoint.read(path, _FIX)):
        network, info = checkpoint.load(path, device)
        return _of_size(path, input_size, network, info.input_size)
    name = upstream.network_in(path)
    if input_size is None or not takes(name, input_size):
        fault = f"holds bare weights of {name}, which do not state the size of its input"
        if input_size is not None:
            fault = f"holds {name}, whose input cannot be of {input_size} pixels"
        fix = "Give it, as --input-size 224 for a file named ..._224x224_...: a multiple of"
        raise BadInput(path, fault, f"{fix} {SIDE_UNITS[name]}")
    network, notes = upstream.load_any(path, name, input_size)
    for note in notes:
        tell(f"{path}: {note}")
    return network.to(device), input_size


def _of_size(
    path: str | os.PathLike[str], wanted: int | None, network: nn.Module, size: int
) -> tuple[nn.Module, int]:
    if wanted not in (None, size):
        fault = f"was trained at {size} pixels, not {wanted}"
        raise BadInput(path, fault, "Leave out --input-size")
    return network, size
