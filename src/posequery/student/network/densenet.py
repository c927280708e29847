"""DenseNet (Huang et al., 2017) with torchvision's keys, so that its weight files load."""

from collections import OrderedDict

import torch
from torch import nn

from posequery.student.network.resnet import CLASSES

BOTTLENECK = 4
"""Channels between a dense layer's two convolutions, as a multiple of the growth."""


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, BOTTLENECK * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(BOTTLENECK * growth)
        self.conv2 = nn.Conv2d(BOTTLENECK * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        narrow = self.norm2(self.conv1(self.norm1(x).relu_()))
        return torch.cat([x, self.conv2(narrow.relu_())], dim=1)


class DenseNet(nn.Module):
    """Images (b, 3, s, s) to features (b, channels, s/32, s/32), up to the last normalisation.

    The classifier exists only so that weight files load: it is never run, and so never trained.
    """

    def __init__(self, growth: int, blocks: tuple[int, ...], stem: int) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(stem),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, stride=2, padding=1),
        )
        channels = stem
        for number, count in enumerate(blocks, start=1):
            block: OrderedDict[str, nn.Module] = OrderedDict()
            for place in range(1, count + 1):
                block[f"denselayer{place}"] = _DenseLayer(channels, growth)
                channels += growth
            layers[f"denseblock{number}"] = nn.Sequential(block)
            if number < len(blocks):
                layers[f"transition{number}"] = _transition(channels)
                channels //= 2
        layers["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(layers)
        self.classifier = nn.Linear(channels, CLASSES).requires_grad_(False)
        self.channels = channels

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.features(images)
        return features


def _transition(channels: int) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        norm=nn.BatchNorm2d(channels),
        relu=nn.ReLU(inplace=True),
        conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
        pool=nn.AvgPool2d(2),
    )
    return nn.Sequential(layers)
