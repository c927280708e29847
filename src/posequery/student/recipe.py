"""How a network is trained, as plain data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from posequery.student.augmentation import Augmentation


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults are those of the paper's fine-tuning.

    trt_pose's own pre-training on COCO (train.py, experiments/*.json) is `epochs=250` and
    `schedule=(75, 150)`, the other values being the defaults. It differs in three ways. Upstream
    reads pixels by `nearest`, and in its 'A' experiments has `mask_unlabelled` off. It normalises a
    joint by (x + 1/2) / (width + 1), for which there is no key: that moves labels towards the
    image's top left, by half a source pixel on average and by one at the far border. And Apex's
    mixed precision is float16.
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] | tuple[int, ...] = "constant"
    """Or the epochs after each of which the learning rate falls to a tenth of what it was."""
    batch_size: int = 64
    batch_norm: Literal["train", "eval"] = "train"
    """Whether batch normalisation uses the batch's statistics or the running ones."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the network's activations; weights, loss and optimiser stay in float32."""
    stdev: float = 0.025
    """Spread of a peak, as a share of the map's height."""
    mask_unlabelled: bool = True
    """Whether the boxes of people without labels, and what lies outside of the image, are left out
    of the loss (trt_pose's 'B' experiments) or taught as background."""
    resampling: Literal["bilinear", "nearest"] = "bilinear"
    """How a crop is read from its image, see `augmentation.warp_image`."""
    augmentation: Augmentation = field(default_factory=Augmentation)

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> "Recipe":
        """A recipe from plain data, such as JSON's; `augmentation` is a mapping too."""
        values = dict(mapping)
        bounds = dict(values.get("augmentation", {}))
        if "scale" in bounds:
            bounds["scale"] = tuple(bounds["scale"])
        if isinstance(values.get("schedule"), list):
            values["schedule"] = tuple(values["schedule"])
        return cls(**{**values, "augmentation": Augmentation(**bounds)})

    def rate(self, batch: int, batches: int) -> float:
        """The learning rate of a batch, counted from 0 over all epochs of `batches` each."""
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule == "cosine":
            done = batch / (self.epochs * batches)
            return self.learning_rate * (0.5 * (1 + math.cos(math.pi * done)))
        passed = sum(batch // batches >= milestone for milestone in self.schedule)
        return self.learning_rate / 10**passed
