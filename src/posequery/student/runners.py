"""Networks that another runtime than torch computes, each a module like the network itself."""

import copy
import os

import numpy as np
import torch
from torch import nn

from posequery.jobs.files import BadInput, worded
from posequery.student import export
from posequery.student.checkpoint import CheckpointInfo


class _Elsewhere(nn.Module):
    """Takes images and gives maps and fields on a device, wherever they are computed."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        # Whoever uses a network asks its parameters for its device.
        self.place = nn.Parameter(torch.empty(0, device=device), requires_grad=False)


def exported(path: str | os.PathLike[str], device: str) -> tuple[nn.Module, int]:
    """The network of a file that `export.write` wrote, and the side of its input in pixels.

    Raises `BadInput` as `export.read` does, where onnxruntime is missing or cannot use the device,
    and for a graph that it cannot run or that gives other than finite maps of their shapes.
    """
    content, about = export.read(path)
    place, side = torch.device(device), int(about["input_size"])
    try:
        session = _OnnxSession(content, _provider(path, place), place)
        fault = _fault(session, side)
    except BadInput:
        raise
    except ImportError as error:
        fault = f"needs the package onnxruntime ({worded(error)})"
        raise BadInput(path, fault, export.INSTALL) from error
    except Exception as error:  # onnxruntime has classes of its own
        fault = f"cannot be run by onnxruntime ({worded(error)})"
        fix = f"{export.AGAIN}, or install onnxruntime again: {export.PINNED}"
        raise BadInput(path, fault, fix) from error
    if fault:
        raise BadInput(path, fault, export.AGAIN)
    return session, side


def _fault(network: nn.Module, side: int) -> str:
    """What is wrong with the maps and fields of two images, of which none shows anything."""
    count = 2  # a graph for one image alone would take one
    found = network(torch.zeros(count, 3, side, side))
    for name, values in zip(export.OUTPUTS, found, strict=True):
        wanted = (count, *export.shapes(side)[name])
        if values.shape != wanted:
            return f"gives {name} of the shape {tuple(values.shape)}, not {wanted}"
        if not values.isfinite().all():
            return f"gives {name} that are not finite"
    return ""


def _provider(what: str | os.PathLike[str], device: torch.device) -> str:
    """The provider of onnxruntime for a device; raises `BadInput` of `what` where there is none."""
    import onnxruntime

    provider = "CPUExecutionProvider" if device.type == "cpu" else "TensorrtExecutionProvider"
    if provider not in onnxruntime.get_available_providers():
        fix = "Install onnxruntime-gpu and TensorRT, or use the device cpu"
        raise BadInput(what, f"this onnxruntime has no {provider}", fix)
    return provider


class OnnxRuntime:
    """See `engines.Runner`."""

    def __init__(self, network: nn.Module, info: CheckpointInfo) -> None:
        self._device = next(network.parameters()).device
        self._provider = _provider("online.engine=onnxruntime", self._device)
        self._model = export.graph(copy.deepcopy(network).cpu(), info)

    def build(self, network: nn.Module) -> nn.Module:
        export.patch(self._model, network.state_dict())
        return _OnnxSession(self._model.SerializeToString(), self._provider, self._device)

    def describe(self) -> dict[str, str]:
        import onnxruntime

        # `_OnnxSession` raises for any other provider or type.
        about = {"version": onnxruntime.__version__, "provider": self._provider}
        return {**about, "precision": "float32"}


class _OnnxSession(_Elsewhere):
    def __init__(self, model: bytes, provider: str, device: torch.device) -> None:
        import onnxruntime

        super().__init__(device)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 4  # what fails is raised, too
        self._session = onnxruntime.InferenceSession(model, options, providers=[provider])
        # A provider that cannot start is replaced by the CPU's without an error.
        if self._session.get_providers()[0] != provider:
            raise RuntimeError(f"onnxruntime took {self._session.get_providers()[0]}")
        types = {
            entry.type for entry in (*self._session.get_inputs(), *self._session.get_outputs())
        }
        if types != {"tensor(float)"}:
            raise RuntimeError(f"the built engine's tensors are {types}, not float32")

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        given = {export.INPUT: np.ascontiguousarray(images.cpu().numpy())}
        maps, fields = self._session.run(export.OUTPUTS, given)
        device = self.place.device
        return torch.from_numpy(maps).to(device), torch.from_numpy(fields).to(device)


class Torch2Trt:
    """See `engines.Runner`. An engine is for one image, as a stream gives them."""

    def __init__(self, network: nn.Module, info: CheckpointInfo) -> None:
        self._device = next(network.parameters()).device
        self._side = info.input_size

    def build(self, network: nn.Module) -> nn.Module:
        import torch2trt

        image = torch.zeros(1, 3, self._side, self._side, device=self._device)
        # It hangs its converters into the network, hence the copy.
        built = torch2trt.torch2trt(copy.deepcopy(network).eval(), [image], fp16_mode=False)
        found = {value.dtype for value in built(image)}
        if found != {torch.float32}:
            raise RuntimeError(f"the built engine gives {found}, not float32")
        return _TensorRt(built, self._device)

    def describe(self) -> dict[str, str]:
        import tensorrt

        return {
            "version": tensorrt.__version__,
            "provider": "torch2trt",
            "precision": "float32, products in TF32 where the GPU can",
        }


class _TensorRt(_Elsewhere):
    def __init__(self, built: nn.Module, device: torch.device) -> None:
        super().__init__(device)
        self._built = built

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        # It hands on the address of a contiguous copy that nobody keeps, so it gets none to copy.
        outputs = [self._built(image.contiguous()) for image in images.split(1)]
        maps, fields = (torch.cat(values) for values in zip(*outputs, strict=True))
        return maps, fields
