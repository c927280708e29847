"""An exported student that onnxruntime cannot run as one is refused in one line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx_files import edited
from pythons import broken

from posequery.jobs.files import BadInput
from posequery.student import checkpoint, export
from posequery.student.network import build
from posequery.student.runners import exported

SIDE = 32


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    info = checkpoint.CheckpointInfo("densenet_small", SIDE, "student")
    checkpoint.save(folder / "weights.pt", build("densenet_small", "one"), info)
    export.write(folder / "weights.pt", folder / "student.onnx")
    return folder / "student.onnx"


Change = Callable[[onnx.ModelProto], object]


def then(*nodes: tuple[str, list[str], dict[str, object]], **constants: np.ndarray) -> Change:
    """The maps go through further nodes: each an operator, its inputs beside them, attributes."""

    def change(model: onnx.ModelProto) -> None:
        for name, values in constants.items():
            model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
        for node in model.graph.node:
            node.output[:] = ["maps0" if name == "maps" else name for name in node.output]
            node.input[:] = ["maps0" if name == "maps" else name for name in node.input]
        for number, (kind, inputs, attributes) in enumerate(nodes, 1):
            last = "maps" if number == len(nodes) else f"maps{number}"
            given = [f"maps{number - 1}", *inputs]
            model.graph.node.append(helper.make_node(kind, given, [last], **attributes))

    return change


def custom(model: onnx.ModelProto) -> None:
    then(("Mine", [], {"domain": "mine"}))(model)
    model.opset_import.append(helper.make_opsetid("mine", 1))


def future(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 99


def halves(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT16


def one_image(model: onnx.ModelProto) -> None:
    for entry in (*model.graph.input, *model.graph.output):
        entry.type.tensor_type.shape.dim[0].dim_value = 1


def at(place: int) -> np.ndarray:
    return np.array([place])


def undefined(share: float) -> Change:
    def change(model: onnx.ModelProto) -> None:
        for entry in model.graph.initializer:
            values = onnx.numpy_helper.to_array(entry).copy()
            values.flat[: max(1, int(share * values.size))] = np.nan
            entry.raw_data = values.tobytes()

    return change


def one_undefined(model: onnx.ModelProto) -> None:
    entry = model.graph.initializer[0]
    values = onnx.numpy_helper.to_array(entry).copy()
    values.flat[0] = np.nan
    entry.raw_data = values.tobytes()


def unbounded(model: onnx.ModelProto) -> None:
    """A constant beyond any machine's addresses."""
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1 << 50]), "size"))
    model.graph.node.append(helper.make_node("ConstantOfShape", ["size"], ["large"]))
    model.graph.node.append(helper.make_node("ReduceMax", ["large"], ["most"], keepdims=0))
    then(("Add", ["most"], {}))(model)


RUN = r"cannot be run by onnxruntime \(.*\)\. Export it again: .*, or install onnxruntime again"
UNDEFINED = "gives maps that are not finite. Export it again"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param(custom, RUN, id="custom"),
        pytest.param(future, RUN, id="future"),
        pytest.param(halves, RUN, id="halves"),
        pytest.param(one_image, RUN, id="one_image"),
        pytest.param(unbounded, RUN, id="unbounded"),
        pytest.param(undefined(1), UNDEFINED, id="all undefined"),
        pytest.param(undefined(0), UNDEFINED, id="one number of each weight undefined"),
        pytest.param(one_undefined, UNDEFINED, id="one undefined"),
        pytest.param(
            then(("Slice", ["one", "nine", "three"], {}), one=at(1), nine=at(9), three=at(3)),
            r"gives maps of the shape \(2, 18, 8, 7\), not \(2, 18, 8, 8\)\. Export it again",
            id="another shape than declared",
        ),
    ],
)
def test_a_graph_that_gives_no_maps_is_one_line(
    student: Path, change: Change, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each was a traceback, most of them after an empty folder had been made for the results."""
    with pytest.raises(BadInput, match=fault):
        exported(edited(student, change), "cpu")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", [ImportError, OSError, RuntimeError])
def test_a_broken_runtime_is_one_line(
    student: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    broken(monkeypatch, "onnxruntime", error("libcudart.so.12:\nno such file"))
    with pytest.raises(BadInput, match=rf"student\.onnx: .*\({error.__name__}: libcudart.so.12: "):
        exported(student, "cpu")
