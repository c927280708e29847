"""The network of a checkpoint, whoever wrote it."""

import os

from torch import nn

from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell
from posequery.student import checkpoint, upstream
from posequery.student.network_names import SIDE_UNITS

_FIX = "Use a checkpoint that posequery wrote (weights.pt, pretrained.pt) or one of trt_pose's"


def load_student(
    path: str | os.PathLike[str], input_size: int | None, device: str
) -> tuple[nn.Module, int]:
    """The network of a checkpoint, in eval mode on `device`, and the side of its input in pixels.

    path: a checkpoint of posequery's, which states its size, or one that trt_pose published, which
    does not: `input_size` is needed with that. A network that trt_pose published is known by the
    shapes of its weights. Raises `BadInput` for any other file, and for a size that the checkpoint
    contradicts or the network cannot take.
    """
    checkpoint.require_device(device)
    if checkpoint.is_own(checkpoint.read(path, _FIX)):
        network, info = checkpoint.load(path, device)
        if input_size not in (None, info.input_size):
            fault = f"was trained at {info.input_size} pixels, not {input_size}"
            raise BadInput(path, fault, "Leave out --input-size")
        return network, info.input_size
    name = upstream.network_in(path)
    unit = SIDE_UNITS[name]
    if input_size is None or input_size < unit or input_size % unit:
        fault = f"holds bare weights of {name}, which do not state the size of its input"
        if input_size is not None:
            fault = f"holds {name}, whose input cannot be of {input_size} pixels"
        fix = "Give it, as --input-size 224 for a file named ..._224x224_...: a multiple of"
        raise BadInput(path, fault, f"{fix} {unit}")
    network, notes = upstream.load_any(path, name, input_size)
    for note in notes:
        tell(f"{path}: {note}")
    return network.to(device), input_size
