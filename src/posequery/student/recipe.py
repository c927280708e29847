"""How a network is trained, as plain data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from posequery.student.augmentation import Augmentation


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults are those of the paper's fine-tuning.

    trt_pose's own pre-training on COCO (train.py, coco.py, experiments/*.json) is `epochs=250` and
    `schedule=(75, 150)` beside the defaults: Adam from 1e-3, batches of 64, the last one kept, both
    losses weighed alike, no flip, images squashed to a square, crowds dropped. We do otherwise:

    - `resampling`: upstream's is `nearest`. Colours are changed in a fixed order (`augmentation`).
    - `mask_unlabelled`: off in upstream's 'A' experiments.
    - `precision`: upstream's is Apex's O1, which is float16.
    - Upstream normalises a joint by (x + 1/2) / (width + 1). There is no key for it: it moves
      labels to the image's top left, by half a pixel of the source on average and by a whole one at
      the far border. Of a picture as wide as COCO's that is 1/1280, in Human3.6M's 0.8 px.
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] | tuple[int, ...] = "constant"
    """Or the epochs after each of which the learning rate falls to a tenth of what it was."""
    batch_size: int = 64
    batch_norm: Literal["train", "eval"] = "train"
    """Whether batch normalisation uses the batch's statistics or the running ones. Fine-tuned on 10
    to 216 frames of the stand-in, `train` ends 0.4 to 1.3 px lower; online, with a single frame a
    window, the two differ by less than their seeds do (measured, three seeds each)."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the network's activations; weights, loss and optimiser stay in float32. With bfloat16 the
    stand-in's pre-training came to the same losses within 0.1 %, on a CPU (measured)."""
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
