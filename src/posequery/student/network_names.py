"""What is known of the networks without torch: their names and the inputs that they accept."""

import math

from posequery.jobs import bounds

STRIDE = 4
"""Input pixels per cell of the maps, in every network."""

SMALL = ("densenet_small", "densenet_wide")
"""The stand-in's networks (`network.small`)."""
BACKBONES = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("densenet121", "densenet161", "densenet169", "densenet201"),
)
HEADS = ("baseline", "baseline_att")
"""trt_pose's networks are a backbone under a head, as `densenet121_baseline_att`."""

SIDE_UNITS = dict.fromkeys(SMALL, 16) | {f"{b}_{h}": 32 for b in BACKBONES for h in HEADS}
"""Each network's name, and what the side of its input must be a multiple of: its coarsest stride,
in pixels."""


def takes(name: str, side: int) -> bool:
    """Whether the input of the network called `name` can be a square of `side` pixels."""
    unit = SIDE_UNITS[name]
    return unit <= side <= math.isqrt(bounds.IMAGE_PIXELS) and side % unit == 0
