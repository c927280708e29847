"""The networks by name: images in, 18 confidence maps and 42 part affinity field channels out.

`forward(images (b, 3, s, s) float32, normalised)` gives maps (b, 18, s/4, s/4) and fields
(b, 42, s/4, s/4), both without activation; s is a multiple of `network_names.SIDE_UNITS[name]`.

To add a network, write the module with its `draw_weights(generator)`, and add its name to
`NETWORKS` and to `network_names.SIDE_UNITS`; the tests that run for every name then cover it.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from posequery.jobs import seeds
from posequery.student.network.small import DenseNetSmall
from posequery.student.network.trt_pose import TrtPose
from posequery.student.network_names import BACKBONES, HEADS, STRIDE

__all__ = ["NETWORKS", "STRIDE", "build"]

NETWORKS: dict[str, Callable[[], DenseNetSmall | TrtPose]] = {
    "densenet_small": partial(
        DenseNetSmall, stem=32, growth=16, layers=(2, 3, 4), transitions=(48, 64), up=(32, 32)
    ),
    "densenet_wide": partial(
        DenseNetSmall, stem=32, growth=32, layers=(1, 3, 6), transitions=(80, 96), up=(64, 48)
    ),
    **{
        f"{backbone}_{head}": partial(TrtPose, backbone, head)
        for backbone in BACKBONES
        for head in HEADS
    },
}


def build(name: str, *words: str | int) -> nn.Module:
    """The network called `name`, with random weights seeded by `words`.

    Without words it has only shapes (it is on torch's meta device), and
    `load_state_dict(weights, assign=True)` gives it weights. Raises KeyError for a name that is not
    in `NETWORKS`.
    """
    with torch.device("meta"):  # no memory, and no initial weights from torch
        network = NETWORKS[name]()
    if words:
        # Not `to_empty`, which imports torch's compiler at first use (0.8 s).
        network.load_state_dict(
            {
                key: torch.zeros(value.shape, dtype=value.dtype)
                for key, value in network.state_dict().items()
            },
            assign=True,
        )
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
        network.draw_weights(seeds.generator(*words))
    return network
