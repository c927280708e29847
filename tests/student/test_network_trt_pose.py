"""trt_pose's networks compared with its keys, shapes and counts, and with plain functions."""

import re
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.nn import functional

from posequery.student.network import build
from posequery.student.network.trt_pose import Attention, Baseline, TrtPose

Shapes = dict[str, tuple[int, ...]]
Weights = dict[str, torch.Tensor]

DENSENETS = {
    # growth, layers per block, channels of the stem, parameters (torchvision's documentation)
    "densenet121": (32, (6, 12, 24, 16), 64, 7_978_856),
    "densenet161": (48, (6, 12, 36, 24), 96, 28_681_000),
    "densenet169": (32, (6, 12, 32, 32), 64, 14_149_480),
    "densenet201": (32, (6, 12, 48, 32), 64, 20_013_928),
}
RESNETS = {
    # blocks per layer, convolutions per block, parameters (torchvision's documentation)
    "resnet18": ((2, 2, 2, 2), 2, 11_689_512),
    "resnet34": ((3, 4, 6, 3), 2, 21_797_672),
    "resnet50": ((3, 4, 6, 3), 3, 25_557_032),
    "resnet101": ((3, 4, 23, 3), 3, 44_549_160),
    "resnet152": ((3, 8, 36, 3), 3, 60_192_808),
}
BACKBONES = (*DENSENETS, *RESNETS)


def norm(key: str, channels: int) -> Shapes:
    parts = ("weight", "bias", "running_mean", "running_var")
    shapes: Shapes = {f"{key}.{part}": (channels,) for part in parts}
    return {**shapes, f"{key}.num_batches_tracked": ()}


def densenet(name: str) -> tuple[Shapes, int]:
    growth, blocks, channels, _ = DENSENETS[name]
    at = "0.densenet.features."
    shapes = {f"{at}conv0.weight": (channels, 3, 7, 7), **norm(f"{at}norm0", channels)}
    for b, count in enumerate(blocks, start=1):
        for i in range(1, count + 1):
            layer = f"{at}denseblock{b}.denselayer{i}."
            shapes |= norm(f"{layer}norm1", channels) | norm(f"{layer}norm2", 4 * growth)
            shapes[f"{layer}conv1.weight"] = (4 * growth, channels, 1, 1)
            shapes[f"{layer}conv2.weight"] = (growth, 4 * growth, 3, 3)
            channels += growth
        if b < 4:
            shapes |= norm(f"{at}transition{b}.norm", channels)
            shapes[f"{at}transition{b}.conv.weight"] = (channels // 2, channels, 1, 1)
            channels //= 2
    shapes |= norm(f"{at}norm5", channels)
    shapes["0.densenet.classifier.weight"] = (1000, channels)
    shapes["0.densenet.classifier.bias"] = (1000,)
    return shapes, channels


def resnet(name: str) -> tuple[Shapes, int]:
    blocks, convolutions, _ = RESNETS[name]
    at = "0.resnet."
    shapes = {f"{at}conv1.weight": (64, 3, 7, 7), **norm(f"{at}bn1", 64)}
    channels = 64
    for number, count in enumerate(blocks, start=1):
        width = 32 * 2**number
        out = width if convolutions == 2 else 4 * width
        for i in range(count):
            block = f"{at}layer{number}.{i}."
            if convolutions == 2:
                sizes = [(width, channels, 3, 3), (width, width, 3, 3)]
            else:
                sizes = [(width, channels, 1, 1), (width, width, 3, 3), (out, width, 1, 1)]
            for place, size in enumerate(sizes, start=1):
                shapes[f"{block}conv{place}.weight"] = size
                shapes |= norm(f"{block}bn{place}", size[0])
            if i == 0 and (number > 1 or channels != out):
                shapes[f"{block}downsample.0.weight"] = (out, channels, 1, 1)
                shapes |= norm(f"{block}downsample.1", out)
            channels = out
    shapes[f"{at}fc.weight"], shapes[f"{at}fc.bias"] = (1000, channels), (1000,)
    return shapes, channels


def head(channels: int, attention: bool) -> Shapes:
    shapes: Shapes = {}
    for branch, outputs in (("1.cmap", 18), ("1.paf", 42)):
        up, last = (f"{branch}_up", f"{branch}_conv")
        if attention:
            shapes |= {f"{branch}_att.weight": (256, 256, 3, 3), f"{branch}_att.bias": (256,)}
        else:
            up, last = f"{branch}_conv.0", f"{branch}_conv.1"
        for place, inputs in ((0, channels), (3, 256), (6, 256)):
            shapes |= {f"{up}.{place}.weight": (inputs, 256, 4, 4), f"{up}.{place}.bias": (256,)}
            shapes |= norm(f"{up}.{place + 1}", 256)
        shapes |= {f"{last}.weight": (outputs, 256, 1, 1), f"{last}.bias": (outputs,)}
    return shapes


def shapes_of(network: nn.Module) -> Shapes:
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_keys_and_shapes_are_the_originals(backbone: str, attention: bool) -> None:
    network = build(f"{backbone}_baseline{'_att' if attention else ''}")
    shapes, channels = (densenet if backbone in DENSENETS else resnet)(backbone)
    assert shapes_of(network) == shapes | head(channels, attention)
    for key, value in network.state_dict().items():
        counts = key.endswith("num_batches_tracked")
        assert value.dtype == (torch.int64 if counts else torch.float32), key
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert (module.momentum, module.eps) == (0.1, 1e-5)


def test_densenet121_baseline_att_has_the_originals_counts() -> None:
    network = build("densenet121_baseline_att")
    assert isinstance(network, TrtPose)
    keys = network.state_dict().keys()
    assert len(keys) == 777 and parameters(network) == 21_761_956
    assert sum(key.startswith("0.") for key in keys) == 727
    assert parameters(network.head) == 13_783_100


@pytest.mark.parametrize("backbone", BACKBONES)
def test_backbones_have_torchvisions_parameter_counts(backbone: str) -> None:
    table = DENSENETS if backbone in DENSENETS else RESNETS
    assert parameters(build(f"{backbone}_baseline")[0]) == table[backbone][-1]


def randomised(network: nn.Module) -> Weights:
    """The state dict, with batch normalisations that change their input."""
    random = torch.Generator().manual_seed(0)
    weights: Weights = network.state_dict()
    for key, value in weights.items():
        if value.dim() == 1:
            spread = torch.rand(value.shape, generator=random)
            value.copy_(spread + 0.5 if key.endswith(("weight", "var")) else spread - 0.5)
    network.eval()
    return weights


class Plain:
    """The networks as functions of a state dict."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def conv(self, x: torch.Tensor, key: str, stride: int = 1) -> torch.Tensor:
        weight, bias = self.weights[f"{key}.weight"], self.weights.get(f"{key}.bias")
        return functional.conv2d(x, weight, bias, stride, padding=weight.shape[-1] // 2)

    def norm(self, x: torch.Tensor, key: str) -> torch.Tensor:
        mean, var, weight, bias = (
            self.weights[f"{key}.{part}"].view(1, -1, 1, 1)
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (var + 1e-5).sqrt() * weight + bias

    def children(self, at: str) -> Iterator[str]:
        """The keys `at`1, `at`2, … for which there are weights."""
        place = re.compile(re.escape(at) + r"(\d+)\.")
        found = {int(match[1]) for key in self.weights if (match := place.match(key))}
        yield from (f"{at}{number}" for number in sorted(found))

    def densenet(self, x: torch.Tensor) -> torch.Tensor:
        at = "0.densenet.features."
        x = self.norm(self.conv(x, f"{at}conv0", 2), f"{at}norm0").relu()
        x = functional.max_pool2d(x, 3, 2, 1)
        for number, block in enumerate(self.children(f"{at}denseblock"), start=1):
            for layer in self.children(f"{block}.denselayer"):
                narrow = self.conv(self.norm(x, f"{layer}.norm1").relu(), f"{layer}.conv1")
                new = self.conv(self.norm(narrow, f"{layer}.norm2").relu(), f"{layer}.conv2")
                x = torch.cat([x, new], dim=1)
            if number < 4:
                x = self.norm(x, f"{at}transition{number}.norm").relu()
                x = functional.avg_pool2d(self.conv(x, f"{at}transition{number}.conv"), 2)
        return self.norm(x, f"{at}norm5")

    def resnet(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.conv(x, "0.resnet.conv1", 2), "0.resnet.bn1").relu()
        x = functional.max_pool2d(x, 3, 2, 1)
        for layer in self.children("0.resnet.layer"):
            for block in self.children(f"{layer}."):
                stride = 2 if block.endswith(".0") and not layer.endswith("layer1") else 1
                count = len([*self.children(f"{block}.conv")])
                shortcut, strided = x, 1 if count == 2 else 2
                if f"{block}.downsample.0.weight" in self.weights:
                    shortcut = self.conv(x, f"{block}.downsample.0", stride)
                    shortcut = self.norm(shortcut, f"{block}.downsample.1")
                for i in range(1, count + 1):
                    x = self.conv(x, f"{block}.conv{i}", stride if i == strided else 1)
                    x = self.norm(x, f"{block}.bn{i}")
                    x = x.relu() if i < count else (x + shortcut).relu()
        return x

    def up(self, x: torch.Tensor, at: str) -> torch.Tensor:
        for place in (0, 3, 6):
            weight, bias = self.weights[f"{at}.{place}.weight"], self.weights[f"{at}.{place}.bias"]
            x = functional.conv_transpose2d(x, weight, bias, stride=2, padding=1)
            x = self.norm(x, f"{at}.{place + 1}").relu()
        return x

    def baseline(self, x: torch.Tensor) -> list[torch.Tensor]:
        keys = ("cmap_conv", "paf_conv")
        return [self.conv(self.up(x, f"{key}.0"), f"{key}.1") for key in keys]

    def attention(self, x: torch.Tensor) -> list[torch.Tensor]:
        maps, fields = self.up(x, "cmap_up"), self.up(x, "paf_up")
        maps = maps * self.conv(maps, "cmap_att").sigmoid()
        fields = fields * self.conv(fields, "paf_att").tanh()
        return [self.conv(maps, "cmap_conv"), self.conv(fields, "paf_conv")]


@pytest.mark.parametrize("name", ["resnet18_baseline", "resnet50_baseline", "densenet121_baseline"])
def test_backbones_compute_what_the_papers_define(name: str) -> None:
    network = build(name, "a")
    assert isinstance(network, TrtPose)
    plain = Plain(randomised(network))
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = network.backbone(images)
        expected = plain.resnet(images) if "resnet" in name else plain.densenet(images)
    assert features.shape == (1, network.backbone.channels, 2, 2)
    scale = expected.abs().max()
    torch.testing.assert_close(features / scale, expected / scale, rtol=0, atol=1e-5)
    # A DenseNet ends in a normalisation, without the activation that precedes its classifier.
    assert bool((features < 0).any()) == ("densenet" in name)


@pytest.mark.parametrize("kind", [Baseline, Attention])
def test_heads_are_what_the_original_computes(kind: type[Baseline | Attention]) -> None:
    torch.manual_seed(0)
    module = kind(8)
    plain = Plain(randomised(module))
    features = torch.randn(2, 8, 3, 5)
    with torch.no_grad():
        found = module(features)
        expected = plain.attention(features) if kind is Attention else plain.baseline(features)
    assert [tuple(maps.shape) for maps in found] == [(2, 18, 24, 40), (2, 42, 24, 40)]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["resnet18_baseline_att", "densenet121_baseline_att"])
def test_initial_weights_are_distributed_like_torchvisions_and_torchs(name: str) -> None:
    network = build(name, "a")
    assert isinstance(network, TrtPose)
    for module in network.backbone.modules():
        if isinstance(module, nn.Conv2d):
            # He et al.: torchvision counts a ResNet's outputs, a DenseNet's inputs.
            weight = module.weight.detach()
            out, inputs, height, width = weight.shape
            terms = (out if "resnet" in name else inputs) * height * width
            assert float(weight.std()) == pytest.approx((2 / terms) ** 0.5, rel=0.05)
            assert abs(float(weight.mean())) < 0.1 * float(weight.std())
    for module in network.head.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            bound = module.weight[0].numel() ** -0.5
            for parameter in (module.weight.detach(), module.bias.detach()):
                assert 0.8 * bound < float(parameter.abs().max()) < 1.0001 * bound
            spread = float(module.weight.detach().std())
            assert spread == pytest.approx(bound / 3**0.5, rel=0.05)
        elif isinstance(module, nn.BatchNorm2d):
            assert bool((module.weight == 1).all()) and not module.bias.any()
            assert bool((module.running_var == 1).all()) and not module.running_mean.any()
