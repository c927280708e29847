"""ResNet (He et al., 2016) with torchvision's keys, so that its weight files load."""

import torch
from torch import nn

CLASSES = 1000
"""Outputs of the classifier: ImageNet's classes."""


class Basic(nn.Module):
    expansion = 1

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _downsample(channels, width, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.bn1(self.conv1(x)).relu_()
        out = self.bn2(self.conv2(out))
        return out.add_(self.downsample(x) if self.downsample else x).relu_()


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        wide = width * self.expansion
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        # torchvision has the stride here, the paper in the first convolution.
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, wide, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(wide)
        self.downsample = _downsample(channels, wide, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.bn1(self.conv1(x)).relu_()
        out = self.bn2(self.conv2(out)).relu_()
        out = self.bn3(self.conv3(out))
        return out.add_(self.downsample(x) if self.downsample else x).relu_()


def _downsample(channels: int, out: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and channels == out:
        return None
    convolution = nn.Conv2d(channels, out, 1, stride=stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out))


class ResNet(nn.Module):
    """Images (b, 3, s, s) to features (b, channels, s/32, s/32).

    The classifier `fc` exists only so that weight files load: it is never run, so never trained.
    """

    def __init__(self, block: type[Basic | Bottleneck], layers: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.channels = 64
        self.conv1 = nn.Conv2d(3, self.channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(self.channels)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._layer(block, 64, layers[0], stride=1)
        self.layer2 = self._layer(block, 128, layers[1], stride=2)
        self.layer3 = self._layer(block, 256, layers[2], stride=2)
        self.layer4 = self._layer(block, 512, layers[3], stride=2)
        self.fc = nn.Linear(self.channels, CLASSES).requires_grad_(False)

    def _layer(
        self, block: type[Basic | Bottleneck], width: int, count: int, stride: int
    ) -> nn.Sequential:
        blocks = []
        for place in range(count):
            blocks.append(block(self.channels, width, stride if place == 0 else 1))
            self.channels = width * block.expansion
        return nn.Sequential(*blocks)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.maxpool(self.bn1(self.conv1(images)).relu_())
        features: torch.Tensor = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return features
