"""The settings of a training: free of torch, documented by the schema, read by the training."""

import math
from typing import Annotated, Literal

from pydantic import Field, field_validator

from posequery.settings import Positive, Section


class Augmentation(Section):
    """Random changes of a training image, all drawn evenly; trt_pose's, and a flip."""

    angle: Annotated[float, Field(ge=0)] = 0.2
    """Turned by up to this, in radians, either way."""
    scale: tuple[float, float] = (0.5, 2.0)
    """Magnified by a factor between these."""
    shift: Annotated[float, Field(ge=0)] = 0.2
    """Shifted by up to this share of the image, either way, in x and in y."""
    brightness: Annotated[float, Field(ge=0)] = 0.05
    """Largest change of the factor from 1; so are the next two."""
    contrast: Annotated[float, Field(ge=0)] = 0.05
    saturation: Annotated[float, Field(ge=0)] = 0.05
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.01
    """Largest rotation of the hue, in turns."""
    flip: bool = False
    """Mirrored every second time, left and right joints exchanged. trt_pose does not."""

    @field_validator("scale")
    @classmethod
    def _ordered(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if not 0 < scale[0] <= scale[1]:
            raise ValueError(f"scale goes from low to high, both above 0, not {list(scale)}")
        return scale


class Recipe(Section):
    """How a network is trained. The defaults are those of the paper's fine-tuning."""

    # trt_pose's own pre-training on COCO (train.py, coco.py, experiments/*.json) is `epochs=250`
    # and `schedule=(75, 150)` beside the defaults: Adam from 1e-3, batches of 64, the last one
    # kept, both losses weighed alike, no flip, images squashed to a square, crowds dropped. We do
    # otherwise:
    # - `resampling`: upstream's is `nearest`. Colours are changed in a fixed order
    #   (`augmentation`).
    # - `mask_unlabelled`: off in upstream's 'A' experiments.
    # - `precision`: upstream's is Apex's O1, which is float16.
    # - Upstream normalises a joint by (x + 1/2) / (width + 1). There is no key for it: it moves
    #   labels to the image's top left, by half a pixel of the source on average and by a whole one
    #   at the far border. Of a picture as wide as COCO's that is 1/1280, in Human3.6M's 0.8 px.

    epochs: Positive = 10
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Of Adam, which starts afresh with each training."""
    schedule: Literal["constant", "cosine"] | tuple[Positive, ...] = "constant"
    """Or the epochs after each of which the learning rate falls to a tenth: [75, 150]."""
    batch_size: Positive = 64
    """The last, partial batch of an epoch is kept."""
    # Fine-tuned on 10 to 216 frames of the stand-in, `train` ends 0.4 to 1.3 px lower; online, with
    # a single frame a window, the two differ by less than their seeds do (measured, three seeds).
    batch_norm: Literal["train", "eval"] = "train"
    """`train`: statistics of the batch, running statistics updated. `eval`: both frozen."""
    # With bfloat16 the stand-in's pre-training came to the same losses within 0.1 %, on a CPU
    # (measured).
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the network's activations; weights, loss and optimiser stay in float32."""
    mask_unlabelled: bool = True
    """Whether the boxes of people without labels, and what lies outside of the image, are left out
    of the loss (trt_pose's 'B' experiments) or taught as background."""
    resampling: Literal["bilinear", "nearest"] = "bilinear"
    """How an image is read when it is warped; `nearest` is trt_pose's."""
    stdev: Annotated[float, Field(gt=0, lt=0.5)] = 0.025
    """Width of a target's peak, as a share of the map's height (trt_pose: 0.025)."""
    augmentation: Augmentation = Augmentation()

    def learning_rate_at(self, batch: int, batches: int) -> float:
        """The learning rate of a batch, counted from 0 over all epochs of `batches` each."""
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule == "cosine":
            done = batch / (self.epochs * batches)
            return self.learning_rate * (0.5 * (1 + math.cos(math.pi * done)))
        passed = sum(batch // batches >= milestone for milestone in self.schedule)
        return self.learning_rate / 10**passed
