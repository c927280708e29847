"""trt_pose's networks (trt_pose/models): an ImageNet backbone and a head at stride 4.

Keys and shapes of the state dict are trt_pose's.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, cast

import numpy as np
import torch
from torch import nn

from posequery.skeletons import JOINTS, LINKS
from posequery.student.network.densenet import DenseNet
from posequery.student.network.initial_weights import he_normal, torch_default
from posequery.student.network.resnet import Basic, Bottleneck, ResNet

WIDTH = 256
"""Channels of each branch of a head."""

Pair = tuple[torch.Tensor, torch.Tensor]


def _upsampler(channels: int) -> nn.Sequential:
    """From stride 32 to stride 4."""
    layers: list[nn.Module] = []
    for inputs in (channels, WIDTH, WIDTH):
        layers += [
            nn.ConvTranspose2d(inputs, WIDTH, 4, stride=2, padding=1),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class Baseline(nn.Module):
    """Features (b, channels, h, w) to maps (b, 18, 8h, 8w) and fields (b, 42, 8h, 8w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.cmap_conv = nn.Sequential(_upsampler(channels), nn.Conv2d(WIDTH, len(JOINTS), 1))
        self.paf_conv = nn.Sequential(_upsampler(channels), nn.Conv2d(WIDTH, 2 * len(LINKS), 1))

    def forward(self, features: torch.Tensor) -> Pair:
        return self.cmap_conv(features), self.paf_conv(features)


class Attention(nn.Module):
    """Like `Baseline`, with attention weights per place: 0 to 1 for maps, -1 to 1 for fields."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.cmap_up = _upsampler(channels)
        self.paf_up = _upsampler(channels)
        self.cmap_att = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.paf_att = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.cmap_conv = nn.Conv2d(WIDTH, len(JOINTS), 1)
        self.paf_conv = nn.Conv2d(WIDTH, 2 * len(LINKS), 1)

    def forward(self, features: torch.Tensor) -> Pair:
        maps, fields = self.cmap_up(features), self.paf_up(features)
        maps = self.cmap_conv(maps * self.cmap_att(maps).sigmoid_())
        return maps, self.paf_conv(fields * self.paf_att(fields).tanh_())


BACKBONES: dict[str, Callable[[], DenseNet | ResNet]] = {
    "resnet18": lambda: ResNet(Basic, (2, 2, 2, 2)),
    "resnet34": lambda: ResNet(Basic, (3, 4, 6, 3)),
    "resnet50": lambda: ResNet(Bottleneck, (3, 4, 6, 3)),
    "resnet101": lambda: ResNet(Bottleneck, (3, 4, 23, 3)),
    "resnet152": lambda: ResNet(Bottleneck, (3, 8, 36, 3)),
    "densenet121": lambda: DenseNet(32, (6, 12, 24, 16), stem=64),
    "densenet161": lambda: DenseNet(48, (6, 12, 36, 24), stem=96),
    "densenet169": lambda: DenseNet(32, (6, 12, 32, 32), stem=64),
    "densenet201": lambda: DenseNet(32, (6, 12, 48, 32), stem=64),
}

HEADS: dict[str, type[Baseline | Attention]] = {"baseline": Baseline, "baseline_att": Attention}


class TrtPose(nn.Sequential):
    """A backbone of `BACKBONES` followed by a head of `HEADS`."""

    def __init__(self, backbone: str, head: str) -> None:
        features = BACKBONES[backbone]()
        family = "densenet" if isinstance(features, DenseNet) else "resnet"
        named = nn.Sequential(OrderedDict([(family, features)]))
        super().__init__(named, HEADS[head](features.channels))

    @property
    def backbone(self) -> DenseNet | ResNet:
        """The backbone itself, whose keys are those of torchvision's files."""
        [backbone] = self[0].children()
        return cast(DenseNet | ResNet, backbone)

    @property
    def head(self) -> Baseline | Attention:
        return cast(Baseline | Attention, self[1])

    @property
    def after_backbone(self) -> nn.Module:
        """What the backbone's last map is the input of."""
        return self.head

    def draw_weights(self, generator: np.random.Generator) -> None:
        # As torchvision initialises its backbones, and trt_pose its heads.
        fan: Literal["in", "out"] = "in" if isinstance(self.backbone, DenseNet) else "out"
        for module in self.backbone.modules():
            if isinstance(module, nn.Conv2d):
                he_normal(module, generator, fan)
        for module in self.head.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                torch_default(module, generator)
