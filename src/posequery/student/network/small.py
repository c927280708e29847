"""The small DenseNets, designed to be trained on a CPU."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from posequery.skeletons import JOINTS, LINKS
from posequery.student.network.initial_weights import he_normal
from posequery.student.network_names import STRIDE

HEAD_SHARE = 0.1
"""Scale of the head's initial weights relative to He's: nearly all of its targets are zero."""


class _ContrastConv(nn.Conv2d):
    """A convolution whose filters each sum to zero over each input channel.

    A uniform surface gives zero, however bright it is, so a network trained on other cameras and
    rooms meets no activations that it has never seen: without adaptation, the error of a student
    pre-trained with plain filters was 90 px and more in the stand-in's studio, and 30 px with these
    (measured, 12,000 images).
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.weight - self.weight.mean((2, 3), keepdim=True)
        return functional.conv2d(x, weight, None, self.stride, self.padding)


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, growth, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.conv(self.norm(x).relu_())], dim=1)


def _dense_block(channels: int, growth: int, layers: int) -> nn.Sequential:
    return nn.Sequential(*(_DenseLayer(channels + i * growth, growth) for i in range(layers)))


class _Transition(nn.Sequential):
    def __init__(self, channels: int, out: int) -> None:
        # Pooling first gives the same result as convolving first, at a quarter of the cost.
        super().__init__(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.AvgPool2d(2),
            nn.Conv2d(channels, out, 1, bias=False),
        )


class _Upsample(nn.Module):
    """Doubles the side and adds a skip connection from the dense block of that side."""

    def __init__(self, channels: int, skip: int, out: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(channels, out, 4, stride=2, padding=1, bias=False)
        self.skip = nn.Conv2d(skip, out, 1, bias=False)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.norm(self.up(x).add_(self.skip(skip))).relu_()


class DenseNetSmall(nn.Module):
    """Dense blocks at strides 4, 8 and 16, and two transposed convolutions back to stride 4.

    It belongs to the family of trt_pose's DenseNets; the stem goes to stride 4 at once.
    """

    def __init__(
        self,
        stem: int,
        growth: int,
        layers: tuple[int, int, int],
        transitions: tuple[int, int],
        up: tuple[int, int],
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _ContrastConv(3, stem, 2 * STRIDE, stride=STRIDE, padding=STRIDE // 2, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(inplace=True),
        )
        quarter = stem + growth * layers[0]
        eighth = transitions[0] + growth * layers[1]
        sixteenth = transitions[1] + growth * layers[2]
        self.block4 = _dense_block(stem, growth, layers[0])
        self.down8 = _Transition(quarter, transitions[0])
        self.block8 = _dense_block(transitions[0], growth, layers[1])
        self.down16 = _Transition(eighth, transitions[1])
        self.block16 = _dense_block(transitions[1], growth, layers[2])
        self.norm16 = nn.BatchNorm2d(sixteenth)
        self.up8 = _Upsample(sixteenth, eighth, up[0])
        self.up4 = _Upsample(up[0], quarter, up[1])
        self.head = nn.Conv2d(up[1], len(JOINTS) + 2 * len(LINKS), 1)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        quarter = self.block4(self.stem(images))
        eighth = self.block8(self.down8(quarter))
        sixteenth = self.norm16(self.block16(self.down16(eighth))).relu_()
        maps = self.head(self.up4(self.up8(sixteenth, eighth), quarter))
        return maps[:, : len(JOINTS)], maps[:, len(JOINTS) :]

    @property
    def after_backbone(self) -> nn.Module:
        """What the backbone's last map is the input of."""
        return self.up8

    def draw_weights(self, generator: np.random.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                share = HEAD_SHARE if module is self.head else 1
                he_normal(module, generator, share=share)
