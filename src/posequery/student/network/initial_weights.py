"""Initial weights, drawn with a numpy generator: the same on every machine and in every torch."""

from typing import Literal

import numpy as np
import torch
from torch import nn

Convolution = nn.Conv2d | nn.ConvTranspose2d


@torch.no_grad()
def he_normal(
    convolution: Convolution,
    generator: np.random.Generator,
    fan: Literal["in", "out"] = "in",
    share: float = 1,
) -> None:
    """Draw the weight as in He et al. (2015), its spread times `share`; a bias is unchanged."""
    weight = convolution.weight
    if isinstance(convolution, nn.ConvTranspose2d):
        # Each output cell sees kernel / stride taps of each input channel.
        taps = weight[0, 0].numel() // (convolution.stride[0] * convolution.stride[1])
        terms = convolution.in_channels * taps
    else:
        terms = weight[0].numel() if fan == "in" else weight[:, 0].numel()
    drawn = generator.standard_normal(weight.shape, np.float32)
    weight.copy_(torch.from_numpy(drawn) * ((2 / terms) ** 0.5 * share))


@torch.no_grad()
def torch_default(convolution: Convolution, generator: np.random.Generator) -> None:
    """Draw weight and bias as torch does by default: uniformly within ±1/√fan_in."""
    # torch takes the second axis as the inputs, even in a transposed convolution.
    bound = convolution.weight[0].numel() ** -0.5
    for parameter in (convolution.weight, convolution.bias):
        if parameter is not None:
            drawn = generator.random(parameter.shape, np.float32)
            parameter.copy_(torch.from_numpy(drawn).sub_(0.5).mul_(2 * bound))
