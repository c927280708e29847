"""A trained network as an ONNX file, which other programs run without posequery.

The graph is the network itself, unoptimised: each of its weights is an initialiser of the state
dict's own name, so that other weights of the same network can take their place (`patch`). torch's
optimised export folds batch normalisation into convolutions; patched, such a file would be wrong.

A file ends with its own sum (`_sealed`), since most damage to a weight leaves a valid graph, which
finds other joints.
"""

import hashlib
import json
import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import nn

from posequery.jobs.files import BadInput, whole, worded
from posequery.skeletons import JOINTS
from posequery.student import checkpoint
from posequery.student.network_names import SIDE_UNITS, STRIDE, takes
from posequery.student.training import MEAN, STD

if TYPE_CHECKING:
    import onnx
    from google.protobuf.message import Message

INPUT, OUTPUTS = "images", ("maps", "fields")
"""What a file's tensors are called: images (n, 3, s, s) float32, normalised as the metadata say;
maps (n, 18, s/4, s/4) and fields (n, 42, s/4, s/4)."""
PACKAGES = ("onnx", "onnxscript")
"""What an export needs beside torch."""
PINNED = ".venv/bin/pip install -r envs/engines.lock"
INSTALL = f"Install it: {PINNED}"
AGAIN = "Export it again: posequery export"
_SUM = "sha256"
"""The key of a file's sum in its metadata."""

_GIVE = (
    "Give a cell's weights.pt or a pretrained.pt. For trt_pose's weights, run a study that names "
    "them as student.checkpoint, and export its student/pretrained.pt"
)


def write(weights: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Write a checkpoint's network to an ONNX file, whole or not at all.

    Its metadata are texts: `about`. Raises `BadInput` for a checkpoint that cannot be used, for a
    `path` that is the checkpoint's own or does not end in .onnx, and where `PACKAGES` are missing.
    """
    path = Path(path)
    if path.exists() and Path(weights).exists() and path.samefile(weights):
        raise BadInput(path, "is the checkpoint itself", "Name another file with --onnx")
    if path.suffix != ".onnx":
        raise BadInput(path, "does not end in .onnx", "Name a file that does with --onnx")
    if not checkpoint.is_own(checkpoint.read(weights, _GIVE)):
        raise BadInput(weights, "is a torch file, but not one written by posequery", _GIVE)
    network, info = checkpoint.load(weights)
    content = _sealed(graph(network, info).SerializeToString())
    with whole(path) as temporary:
        temporary.write_bytes(content)


def about(info: checkpoint.CheckpointInfo) -> dict[str, str]:
    """A file's metadata: whose weights, of which network; input_size, the side of its square input;
    colours, their order; mean and std (3,) of values of 0 to 255; joints, the maps' names; stride,
    pixels of the input a cell. All but words are JSON."""
    values = {
        "input_size": info.input_size,
        "colours": "RGB",
        "mean": _numbers(MEAN),
        "std": _numbers(STD),
        "joints": list(JOINTS),
        "stride": STRIDE,
    }
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in values.items()}
    return {"made_by": "posequery", "network": info.network, "of": info.of, **texts}


def _sealed(content: bytes) -> bytes:
    """A file with the SHA-256 of all its bytes so far as its last metadata.

    Messages of protobuf may be joined: the end is a model of one text, which adds to the first.
    """
    import onnx

    end = onnx.ModelProto()
    onnx.helper.set_model_props(end, {_SUM: hashlib.sha256(content).hexdigest()})
    return content + end.SerializeToString()


def _numbers(values: torch.Tensor) -> list[float]:
    """The shortest decimals that are these float32 numbers."""
    return [float(str(value)) for value in values.flatten().numpy()]


def graph(network: nn.Module, info: checkpoint.CheckpointInfo) -> "onnx.ModelProto":
    """The network, with the weights that it has, for any number of images at once."""
    try:
        import onnx
        import onnxscript  # noqa: F401  torch would name it in an error of its own
    except Exception as error:  # a broken one raises anything
        fault = f"an export to ONNX needs the packages {' and '.join(PACKAGES)} ({worded(error)})"
        raise BadInput(info.network, fault, INSTALL) from error
    # An interrupt while torch's exporter imports it would be taken for a failure of the export.
    import torch._dynamo

    side = info.input_size
    chatty = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = chatty.level
    chatty.setLevel(logging.ERROR)  # it warns of torchvision's absence
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exported = torch.onnx.export(
                network.eval(),
                (torch.zeros(2, 3, side, side),),  # of 1, the number would be taken for fixed
                dynamo=True,
                optimize=False,
                verbose=False,
                input_names=[INPUT],
                output_names=OUTPUTS,
                dynamic_shapes=({0: torch.export.Dim("n")},),
            )
    finally:
        chatty.setLevel(level)
    model = cast(torch.onnx.ONNXProgram, exported).model_proto
    _forget_origin(model)
    onnx.helper.set_model_props(model, about(info))
    patch(model, network.state_dict())
    return model


def _forget_origin(model: "onnx.ModelProto") -> None:
    """Leave out where in the program each node comes from, which names folders of this machine."""
    inner = model.graph
    model.doc_string = inner.doc_string = ""
    for part in (
        inner,
        *inner.node,
        *inner.initializer,
        *inner.input,
        *inner.output,
        *inner.value_info,
    ):
        del part.metadata_props[:]
        part.doc_string = ""


def patch(model: "onnx.ModelProto", weights: Mapping[str, torch.Tensor]) -> None:
    """Put other weights of the same network into a graph that `graph` made.

    Raises ValueError, before anything is changed, for a weight that is missing or of another shape.
    """
    for entry in model.graph.initializer:
        wanted, given = tuple(entry.dims), weights.get(entry.name)
        if given is None or tuple(given.shape) != wanted:
            have = "missing" if given is None else str(tuple(given.shape))
            raise ValueError(f"the graph's weight {entry.name} is {wanted}, the given one {have}")
    for entry in model.graph.initializer:
        values = weights[entry.name].detach().cpu().numpy()
        entry.ClearField("float_data")
        entry.raw_data = np.ascontiguousarray(values, "<f4").tobytes()


def read(path: str | os.PathLike[str]) -> tuple[bytes, dict[str, Any]]:
    """The bytes of a file that `write` wrote, and its metadata.

    Raises `BadInput` for a file that is missing, is no ONNX file, is not of posequery, keeps
    tensors in other files (which are never read), is not as its sum says, is of another network,
    joints or pixel values than this version's, or whose tensors have other names or shapes than its
    metadata say.
    """
    if not Path(path).is_file():
        raise BadInput(path, "there is no such file", AGAIN)
    try:
        import onnx
    except Exception as error:  # a broken one raises anything
        fault = f"needs the package onnx ({worded(error)})"
        raise BadInput(path, fault, INSTALL) from error
    content = Path(path).read_bytes()
    try:
        model = onnx.load_from_string(content)
        if not model.HasField("graph"):  # as of an empty file
            raise ValueError("no graph")
    except Exception as error:  # protobuf has classes of its own
        raise BadInput(path, "is damaged or not an ONNX file", AGAIN) from error
    said = {entry.key: entry.value for entry in model.metadata_props}
    if said.get("made_by") != "posequery":
        raise BadInput(path, "is an ONNX file, but not one written by posequery", AGAIN)
    for tensor in _tensors(model):
        # Of bytes in memory, onnx and onnxruntime look for such a file in the current folder.
        if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
            fault = f"keeps its {tensor.name[:80]!r} in another file (external data)"
            raise BadInput(path, fault, AGAIN)
    if content != _sealed(content[: -len(_sealed(b""))]):
        fault = "is damaged or edited (its sum differs)"
        if _SUM not in said:
            fault = "has no sum, as of an older version, or was edited"
        raise BadInput(path, fault, AGAIN)
    _require_ours(path, said)
    try:
        onnx.checker.check_model(model)
    except Exception as error:  # onnx has classes of its own
        raise BadInput(path, "is no valid ONNX file", AGAIN) from error
    wanted = shapes(int(said["input_size"]))
    found = {entry.name: _shape(entry) for entry in (*model.graph.input, *model.graph.output)}
    for name in {**wanted, **found}:
        if found.get(name) != wanted.get(name):
            fault = f"its '{name}' is of the shape {found.get(name)}, not {wanted.get(name)}"
            raise BadInput(path, f"{fault}, for each image", AGAIN)
    return content, said


def _tensors(part: "Message") -> Iterator["onnx.TensorProto"]:
    """Every tensor of a model, wherever it is: in sparse ones, attributes, subgraphs, functions."""
    import onnx
    from google.protobuf.message import Message

    if isinstance(part, onnx.TensorProto):
        yield part
        return
    for field, value in part.ListFields():
        if field.message_type:
            for one in [value] if isinstance(value, Message) else value:
                yield from _tensors(one)


def _require_ours(path: str | os.PathLike[str], said: Mapping[str, str]) -> None:
    """Raise `BadInput` for metadata that this version's `about` would not write."""
    name, size = said.get("network", "missing"), said.get("input_size", "missing")
    if name not in SIDE_UNITS:
        raise BadInput(path, f"its metadata have the unknown network {name[:80]!r}", AGAIN)
    if not re.fullmatch(r"[1-9][0-9]{0,5}", size) or not takes(name, int(size)):
        fault = f"its metadata have input_size {size[:80]!r}, which {name} cannot take"
        raise BadInput(path, fault, AGAIN)
    ours = about(checkpoint.CheckpointInfo(name, int(size), said.get("of", "")))
    for key, value in ours.items():
        if said.get(key) != value:
            fault = f"its metadata have {key} {said.get(key, 'missing')[:80]!r}, not {value}"
            raise BadInput(path, fault, AGAIN)


def shapes(side: int) -> dict[str, tuple[int, ...]]:
    """Each tensor's shape without the number of images, for an input of `side` pixels."""
    cells = side // STRIDE
    maps, fields = OUTPUTS
    return {
        INPUT: (3, side, side),
        maps: (len(JOINTS), cells, cells),
        fields: (42, cells, cells),
    }


def _shape(entry: "onnx.ValueInfoProto") -> tuple[int, ...]:
    """A tensor's shape without the number of images; 0 for a side that is not fixed."""
    return tuple(side.dim_value for side in entry.type.tensor_type.shape.dim[1:])
