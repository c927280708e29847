"""Which checkpoints can predict, and what is said of others."""

import numpy as np
import pytest
import torch

from posequery.jobs.files import BadInput
from posequery.prediction.student import load_student
from posequery.student import export
from posequery.student.network import build
from posequery.student.prediction import forward


@pytest.fixture
def published(tmp_path):
    """Saves the bare weights of a network, as trt_pose does."""

    def save(name, change=dict):
        path = tmp_path / f"{name}.pth"
        torch.save(change(build(name, "a").state_dict()), path)
        return path

    return save


def test_a_checkpoint_of_ours_states_its_size(weights):
    assert load_student(weights, None, "cpu")[1] == load_student(weights, 96, "cpu")[1] == 96
    with pytest.raises(BadInput, match="was trained at 96 pixels, not 128"):
        load_student(weights, 128, "cpu")


def test_an_exported_one_predicts_the_same(weights, tmp_path):
    """Maps of noise agree with torch's as closely as the engine's must online."""
    path = tmp_path / "student.onnx"
    export.write(weights, path)
    network, side = load_student(path, None, "cpu")
    assert side == load_student(path, 96, "cpu")[1] == 96
    frames = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), np.uint8)
    for found, wanted in zip(
        forward(network, frames),
        forward(load_student(weights, None, "cpu")[0], frames),
        strict=True,
    ):
        assert (found - wanted).abs().max() < 1e-4 * wanted.abs().max()
    with pytest.raises(BadInput, match="was trained at 96 pixels, not 128"):
        load_student(path, 128, "cpu")


def test_an_onnx_file_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.onnx"
    path.write_bytes(b"none")
    with pytest.raises(BadInput, match="is damaged or not an ONNX file"):
        load_student(path, None, "cpu")


def test_a_published_one_is_known_by_its_shapes(published, capsys):
    path = published(
        "resnet18_baseline_att", lambda found: {f"module.{k}": v for k, v in found.items()}
    )
    network, side = load_student(path, 224, "cpu")
    assert side == 224 and not network.training
    known = build("resnet18_baseline_att", "a").state_dict()
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, known[key])
    assert "DataParallel" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "fault"),
    [
        (None, "do not state the size of its input"),
        *((size, f"cannot be of {size} pixels") for size in (0, -32, 100, 32 * 1000)),
    ],
)
def test_a_published_one_needs_a_size_that_it_can_take(published, size, fault):
    with pytest.raises(BadInput, match=fault) as error:
        load_student(published("resnet18_baseline_att"), size, "cpu")
    assert "--input-size 224" in str(error.value) and "multiple of 32" in str(error.value)


def test_another_network_is_refused(published, tmp_path):
    path = tmp_path / "other.pt"
    torch.save(torch.nn.Linear(3, 4).state_dict(), path)
    with pytest.raises(BadInput, match="another network than those of trt_pose"):
        load_student(path, 224, "cpu")
    backbone = build("resnet18_baseline_att", "a").backbone.state_dict()
    torch.save(backbone, path)
    with pytest.raises(BadInput, match="holds the backbone resnet18 alone"):
        load_student(path, 224, "cpu")
    path.write_bytes(b"not weights")
    with pytest.raises(BadInput, match="not a checkpoint"):
        load_student(path, 224, "cpu")


def test_a_published_one_for_other_joints_is_refused(published):
    """trt_pose's hand networks have 21 maps in place of 18."""

    def hand(found):
        key = next(key for key in found if "cmap_conv" in key and key.endswith("weight"))
        bias = key.replace("weight", "bias")
        more = {key: found[key].repeat(2, 1, 1, 1)[:21], bias: found[bias].repeat(2)[:21]}
        return {**found, **more}

    with pytest.raises(BadInput, match="has 21 maps, not 18"):
        load_student(published("resnet18_baseline_att", hand), 224, "cpu")
