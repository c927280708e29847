"""Published weights: trt_pose's networks and torchvision's backbones.

Both come as a bare state dict. Older spellings of the same weights are accepted and reported.
"""

import os
import re
from functools import cache

import torch
from torch import nn

from posequery.jobs.files import BadInput
from posequery.student import checkpoint
from posequery.student.network import NETWORKS, build
from posequery.student.network.trt_pose import TrtPose

_FIX = "Use a checkpoint of posequery, or the bare state dict that trt_pose's train.py saves"
_FIX_BACKBONE = "Use the file of ImageNet weights that torchvision publishes for this backbone"

_OLD_LAYER = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")
_UNUSED = re.compile(r"(^|\.)(classifier|fc)\.(weight|bias)$")
_OUTPUT = re.compile(r"^1\.(cmap|paf)_conv\.(1\.)?(weight|bias)$")
_COUNTER = ".num_batches_tracked"

Path = str | os.PathLike[str]
Weights = dict[str, torch.Tensor]


def load_any(path: Path, name: str, input_size: int) -> tuple[nn.Module, list[str]]:
    """The network called `name`, in eval mode, from posequery's checkpoint or a published file.

    A published file does not state the `input_size` it was trained at: the given one is trusted.
    The second result lists what was fixed in the file, one line each. Raises `BadInput` as `load`
    and `checkpoint.load` do, for a checkpoint of another network, and for weights that give maps
    that are not finite.
    """
    if checkpoint.is_own(checkpoint.read(path, _FIX)):
        network, info = checkpoint.load(path, input_size=input_size)
        if info.network != name:
            raise _of_another(path, info.network, name)
        return network, []
    network = build(name)
    weights, notes = load(path, name)
    network.load_state_dict(weights, assign=True)
    with torch.inference_mode():
        maps = network.eval()(torch.zeros(1, 3, input_size, input_size))
    if not all(part.isfinite().all() for part in maps):
        raise BadInput(path, "gives maps that are not finite", _FIX)
    return network, notes


def load(path: Path, name: str) -> tuple[Weights, list[str]]:
    """A published file's state dict, which `build(name)` loads strictly, and what was fixed in it.

    Accepted and reported, one line each: DataParallel's prefix, torchvision's older spelling of
    dense layers, a missing `num_batches_tracked`, a missing classifier (which is never run).
    Raises `BadInput` for a file that `checkpoint.read` refuses, for another network, for another
    number of maps, or for a number that is not finite.
    """
    network = build(name)
    weights, notes = _fixed(path, network, _FIX)
    _refuse_another(path, weights, network)
    expected = network.state_dict()
    for key in filter(_OUTPUT.match, expected):
        found, wanted = weights.get(key, expected[key]).shape, expected[key].shape
        if len(found) == len(wanted) and found[0] != wanted[0]:
            what = "maps" if ".cmap" in key else "field channels"
            fault = f"has {found[0]} {what}, not {wanted[0]}"
            raise BadInput(path, fault, f"Use a file of {name} for the student's joints")
    return checkpoint.fitted(path, weights, network, name, _FIX), notes


def network_in(path: Path) -> str:
    """The name of the network whose weights a published file holds, known by their shapes.

    Raises `BadInput` for a file that `checkpoint.read` refuses, and for weights of anything else.
    """
    weights, _ = _respelt(path, _FIX)
    found = _kinds().get(_signature(weights))
    if found not in NETWORKS:
        raise BadInput(path, f"holds {found or 'another network than those of trt_pose'}", _FIX)
    return found


def load_backbone(network: nn.Module, path: Path) -> list[str]:
    """Load torchvision's published ImageNet weights into the backbone of a trt_pose network.

    Returns what was fixed in the file, and raises `BadInput`, as `load` does; the network is then
    unchanged.
    """
    if not isinstance(network, TrtPose):
        raise BadInput(path, "is for a backbone, but this network has none", "Leave it out")
    weights, notes = _fixed(path, network.backbone, _FIX_BACKBONE)
    _refuse_another(path, weights, network.backbone)
    name = "the backbone"
    weights = checkpoint.fitted(path, weights, network.backbone, name, _FIX_BACKBONE)
    network.backbone.load_state_dict(weights)
    return notes


def _fixed(path: Path, network: nn.Module, fix: str) -> tuple[Weights, list[str]]:
    """The file's state dict in today's spelling, and what was changed for that."""
    weights, notes = _respelt(path, fix)
    expected = network.state_dict()
    absent = expected.keys() - weights.keys()
    counters = sorted(key for key in absent if key.endswith(_COUNTER))
    unused = sorted(filter(_UNUSED.search, absent))
    if counters:
        notes.append(f"{len(counters)} x num_batches_tracked is missing: unused, so set to 0")
    if unused:
        notes.append(f"{', '.join(unused)} is missing: unused, so set to 0")
    for key in counters + unused:
        weights[key] = torch.zeros(expected[key].shape, dtype=expected[key].dtype)
    return weights, notes


def _respelt(path: Path, fix: str) -> tuple[Weights, list[str]]:
    """A file's state dict with today's names, and which of them were others."""
    given = checkpoint.state_dict(path, checkpoint.read(path, fix), fix)
    notes = []
    if all(key.startswith("module.") for key in given):
        given = {key.removeprefix("module."): value for key, value in given.items()}
        notes.append("DataParallel's prefix 'module.' is removed")
    weights = {_OLD_LAYER.sub(r"\1\2", key): value for key, value in given.items()}
    if len(weights) < len(given):
        raise BadInput(path, "has weights twice, in an older and in today's spelling", fix)
    if renamed := len(weights.keys() - given.keys()):
        notes.append(f"{renamed} keys are in torchvision's older spelling (norm.1 for norm1)")
    return weights, notes


def _refuse_another(path: Path, weights: Weights, network: nn.Module) -> None:
    found, expected = _signature(weights), _signature(network.state_dict())
    if found != expected and found in _kinds():
        raise _of_another(path, _kinds()[found], _kinds()[expected])


def _of_another(path: Path, found: str, wanted: str) -> BadInput:
    fix = f"Use a file of {wanted}, or set the network to the one in this file"
    return BadInput(path, f"holds {found}, not {wanted}", fix)


def _signature(weights: Weights) -> frozenset[tuple[str, torch.Size]]:
    """What identifies a network: the shapes of all weights in use, whatever the number of maps."""
    return frozenset(
        (key, value.shape[1:] if _OUTPUT.match(key) else value.shape)
        for key, value in weights.items()
        if not key.endswith(_COUNTER) and not _UNUSED.search(key)
    )


@cache
def _kinds() -> dict[frozenset[tuple[str, torch.Size]], str]:
    """Every network and every backbone by its signature."""
    kinds = {}
    for name in NETWORKS:
        network = build(name)
        kinds[_signature(network.state_dict())] = name
        if isinstance(network, TrtPose):
            backbone = f"the backbone {name.partition('_')[0]} alone"
            kinds[_signature(network.backbone.state_dict())] = backbone
    return kinds
