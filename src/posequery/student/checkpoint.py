"""Files of weights, with what is needed to use them."""

import os
import pickle
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from posequery.files import BadInput, whole
from posequery.skeletons import JOINTS
from posequery.student.network import NETWORKS, build

_REMAKE = "Give a checkpoint that posequery's training wrote"


class CheckpointInfo(NamedTuple):
    """What a checkpoint says about its weights."""

    network: str
    """Name in `network.NETWORKS`."""
    input_size: int
    """Side of the square that the network was trained on, in pixels."""


def save(path: str | os.PathLike[str], network: nn.Module, info: CheckpointInfo) -> None:
    """Write the weights of `network` to `path`, whole or not at all."""
    weights = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
    content = {**info._asdict(), "joints": list(JOINTS), "weights": weights}
    with whole(path) as temporary:
        torch.save(content, temporary)


def load(
    path: str | os.PathLike[str], device: str = "cpu", input_size: int | None = None
) -> tuple[nn.Module, CheckpointInfo]:
    """The network of a checkpoint, in eval mode, and what the checkpoint says about it.

    Raises `BadInput` for a file that is missing, truncated or holds anything but tensors and plain
    data (nothing in it is ever executed), of an unknown network or of other joints, or trained for
    another `input_size` than the one given; and for a device that this machine does not have.
    """
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise BadInput(f"device={device}", "there is no CUDA device here", "Take device=cpu")
    if not Path(path).is_file():
        raise BadInput(path, "there is no such checkpoint", _REMAKE)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        fault = "holds more than weights, so that reading it could run code"
        raise BadInput(path, fault, _REMAKE) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise BadInput(path, "is truncated or no checkpoint", _REMAKE) from error
    if not isinstance(content, dict):
        raise BadInput(path, "is a torch file, but not of posequery", _REMAKE)
    try:
        info = CheckpointInfo(content["network"], content["input_size"])
        joints, weights = content["joints"], content["weights"]
    except KeyError as error:
        raise BadInput(path, "is a torch file, but not of posequery", _REMAKE) from error
    if info.network not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise BadInput(path, f"is of the unknown network {info.network!r}", f"Known: {known}")
    if joints != list(JOINTS):
        fix = f"Train one on the {len(JOINTS)} joints of posequery.skeletons"
        raise BadInput(path, f"is of {len(joints)} joints, not the student's", fix)
    network = build(info.network)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise BadInput(path, f"its weights are not those of {info.network}", _REMAKE) from error
    if input_size not in (None, info.input_size):
        fault = f"was trained on {info.input_size} pixels, the clips have {input_size}"
        raise BadInput(path, fault, f"Set student.input_size to {info.input_size}")
    return network.eval().to(device), info
