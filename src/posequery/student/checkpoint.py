"""Checkpoints: files of weights, with what is needed to use them."""

import hashlib
import os
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from posequery.jobs import cards
from posequery.jobs.files import BadInput, whole
from posequery.skeletons import JOINTS
from posequery.student.network import NETWORKS, build
from posequery.student.network_names import takes

STUDENT, TEACHER = "student", "teacher_network"
"""Of what the checkpoints are that no cell's job writes: networks as pre-trained."""

_USE_OWN = "Use a checkpoint written by posequery's training"


class CheckpointInfo(NamedTuple):
    """What a checkpoint says about its weights."""

    network: str
    """Name in `network.NETWORKS`."""
    input_size: int
    """Side of the square input that the network was trained at, in pixels."""
    of: str
    """Whose weights these are: `STUDENT`, `TEACHER`, or a cell's folder."""


def save(path: str | os.PathLike[str], network: nn.Module, info: CheckpointInfo) -> None:
    """Write `network`'s weights to `path`, completely or not at all; equal weights, equal bytes."""
    weights = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
    content = {**info._asdict(), "joints": list(JOINTS), "weights": weights}
    content["sha256"] = _sum(info, weights)
    # Through a handle: given a path, torch would write the temporary name into the file.
    with whole(path) as temporary, open(temporary, "wb") as file:
        torch.save(content, file)


def load(
    path: str | os.PathLike[str],
    device: str = "cpu",
    input_size: int | None = None,
    of: str | None = None,
) -> tuple[nn.Module, CheckpointInfo]:
    """The network of a checkpoint, in eval mode, and what the checkpoint says about it.

    Raises `BadInput` for a file that `read` or `fitted` refuses, for an unknown network or other
    joints, for an input that the network cannot take, for weights that its sum does not fit, for an
    `input_size` other than the one given, for weights that are not `of` whom they should be, and
    for a device that this machine does not have.
    """
    require_device(device)
    content = read(path, _USE_OWN)
    if not is_own(content):
        raise BadInput(path, "is a torch file, but not one written by posequery", _USE_OWN)
    if not isinstance(content.get("of"), str):
        fault = "does not say whose weights it holds, as of an older version"
        raise BadInput(path, fault, "Run its study again, which makes it again")
    info = CheckpointInfo(content["network"], content["input_size"], content["of"])
    if info.network not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise BadInput(path, f"holds the unknown network {info.network!r}", f"Known: {known}")
    if not takes(info.network, info.input_size):
        fault = f"states an input of {info.input_size} pixels, which {info.network} cannot take"
        raise BadInput(path, fault, _USE_OWN)
    if content["joints"] != list(JOINTS):
        fix = f"Train a network on the {len(JOINTS)} joints of posequery.skeletons"
        raise BadInput(path, f"has {len(content['joints'])} joints, not the student's", fix)
    network = build(info.network)
    weights = state_dict(path, content["weights"], _USE_OWN)
    weights = fitted(path, weights, network, info.network, _USE_OWN)
    if content.get("sha256") != _sum(info, weights):
        older = "" if "sha256" in content else ", or rather missing: an older version wrote none"
        raise BadInput(path, f"is not as it was written (its sum differs{older})", _USE_OWN)
    network.load_state_dict(weights, assign=True)
    if of not in (None, info.of):
        fix = "Put back the file that was there, or delete it and run the study again"
        raise BadInput(path, f"holds the weights of {info.of}, not of {of}", fix)
    if input_size not in (None, info.input_size):
        fault = f"was trained at {info.input_size} pixels, but the clips have {input_size}"
        raise BadInput(path, fault, f"Set student.input_size to {info.input_size}")
    return network.eval().to(device), info


def _sum(info: CheckpointInfo, weights: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of what a checkpoint holds, however torch lays it out in the file."""
    digest = hashlib.sha256(repr(tuple(info)).encode())
    for key, value in weights.items():
        digest.update(f"{key} {_described(value)}".encode())
        digest.update(value.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def require_device(device: str) -> None:
    """Take a free card, for CUDA; raise `BadInput` for a device that this machine does not have,
    and for a word other than cpu and cuda."""
    if device == "cpu":
        return
    if device != "cuda":
        raise BadInput(f"device={device}", "is no device", "Use device=cpu or device=cuda")
    cards.take()
    if not torch.cuda.is_available():
        raise BadInput(f"device={device}", "there is no CUDA device here", "Use device=cpu")


def is_own(content: object) -> bool:
    """Whether the content returned by `read` has the parts that `save` writes."""
    parts = {"network": str, "input_size": int, "joints": list, "weights": dict}
    return isinstance(content, dict) and all(
        isinstance(content.get(key), kind) for key, kind in parts.items()
    )


def read(path: str | os.PathLike[str], fix: str) -> Any:
    """The content of a torch file, in either of torch's formats, on the CPU.

    Raises `BadInput`, with `fix`, for a file that is missing, damaged, compressed, or holds
    anything but tensors and plain data; nothing in it is ever executed.
    """
    if not Path(path).is_file():
        raise BadInput(path, "there is no such checkpoint", fix)
    try:
        fault = _fault_of_zip(path)
        if not fault:
            with warnings.catch_warnings(action="ignore"):  # the error's line says what matters
                return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        fault = "holds more than weights, so reading it could run code"
        if "Unsupported operand" in str(error):  # it is not a pickle at all
            fault = "is truncated or not a checkpoint"
        raise BadInput(path, fault, fix) from error
    except Exception as error:  # torch has no error class of its own for a broken file
        raise BadInput(path, "is truncated or not a checkpoint", fix) from error
    raise BadInput(path, fault, fix)


def _fault_of_zip(path: str | os.PathLike[str]) -> str:
    """What is wrong with a zip file and would escape torch's own reader."""
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        # A compressed entry may unpack to any size; torch's files are never compressed.
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            return "is compressed, which a checkpoint never is"
        damaged = archive.testzip()
    return f"is damaged: {damaged} does not match its checksum" if damaged else ""


def state_dict(path: str | os.PathLike[str], content: object, fix: str) -> dict[str, torch.Tensor]:
    """A file's `content` if it is nothing but named dense tensors; else raises `BadInput`."""
    if not isinstance(content, Mapping) or not content:
        raise BadInput(path, "is a torch file, but holds no named weights", fix)
    for key, value in content.items():
        dense = isinstance(value, torch.Tensor) and value.layout == torch.strided
        if not isinstance(key, str) or not dense or value.is_nested or value.device.type != "cpu":
            raise BadInput(path, f"its entry {key!r} is not a named dense tensor", fix)
    return dict(content)


def fitted(
    path: str | os.PathLike[str],
    weights: Mapping[str, torch.Tensor],
    network: nn.Module,
    name: str,
    fix: str,
) -> dict[str, torch.Tensor]:
    """Copies of `weights` that `network`, called `name`, loads strictly.

    Raises `BadInput`, with `fix`, where keys, shapes or types differ from the network's, a number
    is not finite, or a running variance is negative.
    """
    expected, mismatch = network.state_dict(), f"its weights do not fit {name}: "
    for key in [*expected, *weights]:
        if key not in weights:
            raise BadInput(path, f"{mismatch}{key} is missing", fix)
        if key not in expected:
            raise BadInput(path, f"{mismatch}{key!r} is unexpected", fix)
        one, other = weights[key], expected[key]
        if one.shape != other.shape or one.dtype != other.dtype:
            fault = f"{key} is {_described(one)}, not {_described(other)}"
            raise BadInput(path, mismatch + fault, fix)
    for key, value in weights.items():
        if not value.isfinite().all():
            raise BadInput(path, f"{key} holds a number that is not finite", fix)
        if key.endswith("running_var") and (value < 0).any():
            raise BadInput(path, f"{key} holds a negative variance", fix)
    # Copies, since two tensors of a file may share memory.
    return {key: weights[key].clone(memory_format=torch.contiguous_format) for key in expected}


def _described(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
