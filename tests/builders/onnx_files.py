"""Exported students that somebody changed."""

from collections.abc import Callable
from pathlib import Path

import onnx

from posequery.student import export


def edited(path: Path, change: Callable[[onnx.ModelProto], object], sealed: bool = True) -> Path:
    """The file after a change, with the sum of the change if `sealed`."""
    model = onnx.load(path)
    change(model)
    if sealed:
        entry = next(entry for entry in model.metadata_props if entry.key == "sha256")
        model.metadata_props.remove(entry)
    content = model.SerializeToString()
    path.with_name("edited.onnx").write_bytes(export._sealed(content) if sealed else content)
    return path.with_name("edited.onnx")


def saying(key: str, value: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        next(entry for entry in model.metadata_props if entry.key == key).value = value

    return change
