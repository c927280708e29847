"""Tests for every network; `test_network_trt_pose.py` has those for trt_pose's alone."""

import hashlib
import subprocess
import sys

import pytest
import torch
from torch import nn

from posequery.student.network import NETWORKS, STRIDE, build
from posequery.student.network_names import SIDE_UNITS

SMALL = ("densenet_small", "densenet_wide")
ONE_OF_EACH_FAMILY = (*SMALL, "resnet18_baseline", "densenet121_baseline_att")


def test_the_names_known_without_torch_are_the_networks() -> None:
    assert SIDE_UNITS.keys() == NETWORKS.keys()
    code = "import posequery.student.network_names, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", NETWORKS)
def test_maps_and_fields_have_a_quarter_of_the_side(name: str) -> None:
    side = 3 * SIDE_UNITS[name]
    maps, fields = build(name)(torch.zeros(2, 3, side, side, device="meta"))
    assert maps.shape == (2, 18, side // STRIDE, side // STRIDE)
    assert fields.shape == (2, 42, side // STRIDE, side // STRIDE)


@pytest.mark.parametrize("name", ONE_OF_EACH_FAMILY)
def test_a_built_network_runs(name: str) -> None:
    side = 2 * SIDE_UNITS[name]
    outputs = build(name, "a")(torch.ones(2, 3, side, side))
    assert [tuple(output.shape) for output in outputs] == [
        (2, 18, side // STRIDE, side // STRIDE),
        (2, 42, side // STRIDE, side // STRIDE),
    ]
    assert all(output.isfinite().all() for output in outputs)


@pytest.mark.parametrize("name", ONE_OF_EACH_FAMILY)
def test_words_fix_every_weight(name: str) -> None:
    torch.manual_seed(0)
    first = build(name, "study", 0).state_dict()
    torch.manual_seed(1)
    again, other = build(name, "study", 0).state_dict(), build(name, "study", 1).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize(
    ("name", "digest"),
    [("densenet_small", "29eb71e03863872f"), ("densenet_wide", "23aa1d08a245d198")],
)
def test_the_weights_of_earlier_studies_are_reproduced(name: str, digest: str) -> None:
    content = hashlib.sha256()
    for key, value in build(name, "study", 0).state_dict().items():
        content.update(key.encode() + value.numpy().tobytes())
    assert content.hexdigest()[:16] == digest


@pytest.mark.parametrize("name", SMALL)
def test_initial_weights_keep_the_scale_of_activations(name: str) -> None:
    images = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    network = build(name, "a").train()
    sizes = []
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            module.register_forward_hook(lambda _, __, output: sizes.append(output.std().item()))
    network(images)
    assert 0.3 < min(sizes[:-1])
    assert max(sizes[:-1]) < 3
    # Except the head, which starts near its targets, nearly all of which are zero.
    assert sizes[-1] < 0.3


@pytest.mark.parametrize("name", [*ONE_OF_EACH_FAMILY, "resnet50_baseline_att"])
def test_every_weight_is_trained(name: str) -> None:
    network = build(name, "a")
    maps, fields = network(torch.rand(2, 3, 64, 64))
    (maps.square().sum() + fields.square().sum()).backward()
    for key, parameter in network.named_parameters():
        if "classifier" in key or ".fc." in key:  # ImageNet's, which are never run
            assert parameter.grad is None and not parameter.requires_grad
        else:
            assert parameter.grad is not None and parameter.grad.isfinite().all(), key
            # A bias before a normalisation has no effect.
            assert parameter.grad.any() or key.endswith("bias"), key


@pytest.mark.parametrize("name", SMALL)
def test_a_brighter_image_gives_the_same_features(name: str) -> None:
    """Except at the border, beyond which there is black."""
    images = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    stem = build(name, "a").eval().stem
    before, after = stem(images), stem(images + 0.7)
    torch.testing.assert_close(before[..., 1:-1, 1:-1], after[..., 1:-1, 1:-1])


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        build("nonsense")
