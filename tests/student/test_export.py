"""An exported student gives what posequery gives, by the lines that the documentation shows."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx_files import edited, saying
from pythons import broken

from posequery.jobs.files import BadInput
from posequery.prediction.write import write_joints
from posequery.student import checkpoint, export
from posequery.student.network import build

SIDE = 32
INFO = checkpoint.CheckpointInfo("densenet_small", SIDE, "student")
PAGE = Path(__file__).parents[2] / "docs/engines.md"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    checkpoint.save(folder / "weights.pt", build("densenet_small", "one"), INFO)
    export.write(folder / "weights.pt", folder / "student.onnx")
    return folder / "student.onnx"


def maps_of(model: bytes, images: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"images": images})


def texture(width: int, height: int) -> np.ndarray:
    """Smooth colours under noise, as a photo has them, (height, width, 3)."""
    random = np.random.default_rng(3)
    coarse = random.uniform(20, 236, (9, 7, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    noisy = smooth + random.normal(0, 8, smooth.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def turned(jpeg: bytes) -> bytes:
    """A JPEG which EXIF says to turn by a quarter (orientation 6)."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]


def encoded(kind: str, image: np.ndarray) -> bytes:
    return cv2.imencode(kind, image)[1].tobytes()


@pytest.mark.parametrize(
    "photo",
    [
        pytest.param(encoded(".png", texture(50, 70)), id="small"),
        pytest.param(encoded(".png", texture(23, 17)), id="smaller-than-the-input"),
        pytest.param(encoded(".png", texture(641, 479)), id="odd"),
        pytest.param(encoded(".png", texture(1080, 1920)), id="large"),
        pytest.param(encoded(".png", texture(640, 480)[:, :, 0]), id="grey"),
        pytest.param(encoded(".jpg", texture(1080, 1920)), id="jpeg"),
        pytest.param(encoded(".jpg", texture(641, 479)), id="odd-jpeg"),
        pytest.param(turned(encoded(".jpg", texture(641, 479))), id="turned-jpeg"),
    ],
)
def test_the_documented_lines_find_the_joints_that_predict_writes(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photo: bytes
) -> None:
    """Predict once read and scaled pictures by FFmpeg, whose rounding moved joints by 0.26 px in
    a large PNG, and in a JPEG to another cell."""
    lines = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    # OpenCV and FFmpeg know a file's kind by its content.
    (tmp_path / "photo.png").write_bytes(photo)
    (tmp_path / "student.onnx").write_bytes(exported.read_bytes())
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(lines, found)
    table, _ = write_joints(exported.with_name("weights.pt"), "photo.png", "out")
    with table.open() as file:
        rows = {row["joint"]: [float(row["x"]), float(row["y"])] for row in csv.DictReader(file)}
    assert list(rows) == list(found["joints"])
    assert np.abs(np.stack([*found["joints"].values()]) - [*rows.values()]).max() < 1e-3
    # Of random weights some peaks are at the border, where values are mirrored.
    cells = np.stack([*found["maps"]]).reshape(18, -1).argmax(1)
    assert {0, SIDE // 4 - 1} & {*(cells // (SIDE // 4)), *(cells % (SIDE // 4))}


def test_a_patched_graph_gives_the_other_weights_maps() -> None:
    one, other = build("densenet_small", "one"), build("densenet_small", "other").eval()
    for key, value in other.state_dict().items():
        if key.endswith(("running_mean", "running_var")):
            value += torch.rand(value.shape, generator=torch.Generator().manual_seed(1))
    model = export.graph(one, INFO)
    before = model.SerializeToString()
    images = torch.randn(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        old, new = one(images), other(images)
    export.patch(model, other.state_dict())
    for content, expected in ((before, old), (model.SerializeToString(), new)):
        for values, wanted in zip(maps_of(content, images.numpy()), expected, strict=True):
            assert np.abs(values - wanted.numpy()).max() < 1e-5 * wanted.abs().max()
    assert (old[0] - new[0]).abs().max() > 1e-2 * old[0].abs().max()


def test_weights_of_another_network_are_refused_before_any_is_put_in(exported: Path) -> None:
    model = onnx.load(exported)
    before = model.SerializeToString()
    weights = build("densenet_small", "other").state_dict()
    last = [entry.name for entry in model.graph.initializer][-1]
    with pytest.raises(ValueError, match=last):
        export.patch(model, weights | {last: torch.zeros(1, 2)})
    with pytest.raises(ValueError, match="missing"):
        export.patch(model, {key: value for key, value in weights.items() if key != last})
    assert model.SerializeToString() == before


def test_the_file_says_what_it_is_and_nothing_of_this_machine(exported: Path) -> None:
    content, said = export.read(exported)
    assert (said["of"], said["network"]) == ("student", "densenet_small")
    assert json.loads(said["mean"]) == pytest.approx([123.675, 116.28, 103.53])
    assert str(Path(export.__file__).parents[1]).encode() not in content


def test_equal_weights_give_equal_files(exported: Path, tmp_path: Path) -> None:
    export.write(exported.with_name("weights.pt"), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == exported.read_bytes()


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("input_size", "64", "'images' is of the shape (3, 32, 32), not (3, 64, 64)"),
        *(
            ("input_size", size, f"its metadata have input_size '{size}', which densenet_small")
            for size in ("[32]", "", "0", "-32", "3", "4", "33", "19996", "9" * 30)
        ),
        ("network", "resnet1000", "its metadata have the unknown network 'resnet1000'"),
        ("stride", "8", "its metadata have stride '8', not 4"),
        ("joints", "[]", "its metadata have joints '[]', not "),
        ("colours", "BGR", "its metadata have colours 'BGR', not RGB"),
        ("mean", "[0, 0, 0]", "its metadata have mean '[0, 0, 0]', not [123.675, "),
        ("made_by", "somebody", "not one written by posequery"),
    ],
)
def test_a_file_of_another_shape_is_refused(
    exported: Path, key: str, value: str, fault: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(fault)):
        export.read(edited(exported, saying(key, value)))


def test_any_damage_or_edit_is_noticed(exported: Path, tmp_path: Path) -> None:
    """A flipped bit of a weight was accepted, and gave other joints."""
    content, path = exported.read_bytes(), tmp_path / "flipped.onnx"
    weight = build("densenet_small", "one").state_dict()["head.weight"].numpy().tobytes()
    places = [content.index(weight) + 3]
    places += np.random.default_rng(0).integers(len(content), size=60).tolist()
    places += range(len(content) - 100, len(content), 7)
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(BadInput, match="Export it again"):
            export.read(path)
    for change in (saying("of", "a/cell"), lambda model: model.graph.initializer.reverse()):
        with pytest.raises(BadInput, match=r"is damaged or edited \(its sum differs\)\. Export it"):
            export.read(edited(exported, change, sealed=False))


def test_a_file_without_its_sum_is_refused(exported: Path) -> None:
    def forget(model: onnx.ModelProto) -> None:
        assert model.metadata_props.pop().key == "sha256"

    with pytest.raises(BadInput, match=r"edited\.onnx: has no sum, as of an older version"):
        export.read(edited(exported, forget, sealed=False))


def outside(tensor: onnx.TensorProto) -> onnx.TensorProto:
    """One whose values are in a file of the current folder."""
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="legit.bin")
    tensor.ClearField("raw_data")
    return tensor


def a_node(model: onnx.ModelProto, **attributes: object) -> None:
    """A node, unlike those of the export, in front of its own."""
    model.graph.node.insert(0, onnx.helper.make_node("Constant", [], ["more"], **attributes))


def zeros() -> onnx.TensorProto:
    return onnx.numpy_helper.from_array(np.zeros(4, np.float32), "zeros")


def in_a_subgraph(model: onnx.ModelProto) -> None:
    inner = onnx.helper.make_graph([], "inner", [], [], [outside(zeros())])
    a_node(model, graphs=[onnx.helper.make_graph([], "outer", [], []), inner])


def in_a_sparse_tensor(model: onnx.ModelProto) -> None:
    places = onnx.numpy_helper.from_array(np.arange(4), "places")
    sparse = onnx.helper.make_sparse_tensor(outside(zeros()), places, [9])
    model.graph.sparse_initializer.append(sparse)


def in_a_function(model: onnx.ModelProto) -> None:
    node = onnx.helper.make_node("Constant", [], ["more"], value=outside(zeros()))
    model.functions.append(onnx.helper.make_function("of", "mine", [], ["more"], [node], []))


@pytest.mark.parametrize(
    "change",
    [
        lambda model: outside(model.graph.initializer[3]),
        lambda model: a_node(model, value=outside(zeros())),
        in_a_subgraph,
        in_a_sparse_tensor,
        in_a_function,
    ],
)
def test_tensors_in_other_files_are_refused_and_not_read(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    """A file of that name in the current folder took the place of the weights."""
    monkeypatch.chdir(tmp_path)
    Path("legit.bin").write_bytes(bytes(1 << 20))
    for sealed in (True, False):
        with pytest.raises(BadInput, match=r"in another file \(external data\)\. Export it again"):
            export.read(edited(exported, change, sealed=sealed))


def test_what_is_no_graph_is_refused(exported: Path) -> None:
    with pytest.raises(BadInput, match=r"is no valid ONNX file\. Export it again"):
        export.read(edited(exported, lambda model: model.graph.node.reverse()))


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save(tmp_path / "weights.pt", build("densenet_small", "one"), INFO)
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(BadInput, match="needs the packages onnx and onnxscript"):
        export.write(tmp_path / "weights.pt", tmp_path / "student.onnx")
    assert not (tmp_path / "student.onnx").exists()


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_broken_package_is_one_line(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """Whatever its import raises: protobuf's of another version is no ImportError."""
    broken(monkeypatch, package, RuntimeError("gencode 7\nruntime 5"))
    with pytest.raises(BadInput, match=r"\(RuntimeError: gencode 7 runtime 5\)\. Install"):
        export.write(exported.with_name("weights.pt"), tmp_path / "student.onnx")
    assert not (tmp_path / "student.onnx").exists()
    if package == "onnx":
        with pytest.raises(BadInput, match=r"needs the package onnx \(RuntimeError: gencode 7 run"):
            export.read(exported)


INTERRUPTED = """
import sys
from importlib.abc import MetaPathFinder
from posequery.jobs.command import run
from posequery.student import export

class Interrupting(MetaPathFinder):
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
run(lambda: export.write(*sys.argv[2:]))
"""


@pytest.mark.parametrize(
    "module", ["torch._dynamo.bytecode_transformation", "torch.distributed.fsdp._debug_utils"]
)
def test_an_interrupt_ends_it_in_one_line(exported: Path, tmp_path: Path, module: str) -> None:
    """While torch imported the rest of its exporter, it was taken for a failure of the export."""
    files = exported.with_name("weights.pt"), tmp_path / "student.onnx"
    words = [sys.executable, "-c", INTERRUPTED, module, *map(str, files)]
    environment = {**os.environ, "PYTHONPATH": str(PAGE.parents[1] / "src")}
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (130, "error: interrupted\n")
    assert not [*tmp_path.iterdir()]


def test_the_checkpoint_and_what_is_no_onnx_file_are_not_written_over(tmp_path: Path) -> None:
    weights = tmp_path / "weights.pt"
    checkpoint.save(weights, build("densenet_small", "one"), INFO)
    before = weights.read_bytes()
    (tmp_path / "link.onnx").symlink_to(weights)
    for name in ("weights.pt", "link.onnx"):
        with pytest.raises(BadInput, match=r"is the checkpoint itself\. Name another file"):
            export.write(weights, tmp_path / name)
    with pytest.raises(BadInput, match=r"does not end in \.onnx"):
        export.write(weights, tmp_path / "other.pt")
    assert weights.read_bytes() == before and not (tmp_path / "other.pt").exists()


def test_bare_weights_are_refused_by_an_error_that_names_the_way(tmp_path: Path) -> None:
    torch.save(build("densenet_small", "one").state_dict(), tmp_path / "bare.pth")
    with pytest.raises(BadInput, match=r"student\.checkpoint, and export its student/pre"):
        export.write(tmp_path / "bare.pth", tmp_path / "student.onnx")


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        export.read(tmp_path / "none.onnx")
    for content in (b"\x08\x0a weights", b"", b"\x08\x0a"):
        (tmp_path / "none.onnx").write_bytes(content)
        with pytest.raises(BadInput, match="damaged or not an ONNX file"):
            export.read(tmp_path / "none.onnx")
