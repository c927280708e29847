"""The settings of a training, without torch: part of the schema, and read by the training."""

import math
from typing import Annotated, Literal

from pydantic import Field, field_validator

from posequery.settings import Positive, Section

# Beyond these bounds an image holds nothing that could be learnt, or a target is no number.
Magnification = Annotated[float, Field(ge=0.05, le=20)]
Jitter = Annotated[float, Field(ge=0, le=10)]
Milestones = Annotated[tuple[Positive, ...], Field(max_length=20)]


class Augmentation(Section):
    """Random changes to a training image, drawn uniformly: trt_pose's, and a flip."""

    angle: Annotated[float, Field(ge=0, le=math.pi)] = 0.2
    """Largest rotation in either direction, in radians."""
    scale: tuple[Magnification, Magnification] = (0.5, 2.0)
    """Smallest and largest factor of magnification."""
    shift: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Largest shift in either direction, in x and in y, as a share of the image."""
    brightness: Jitter = 0.05
    """Largest difference of the brightness factor from 1."""
    contrast: Jitter = 0.05
    """Largest difference of the contrast factor from 1."""
    saturation: Jitter = 0.05
    """Largest difference of the saturation factor from 1."""
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.01
    """Largest rotation of the hue in either direction, in turns."""
    flip: bool = False
    """Mirror half of the images at random, swapping left and right joints; trt_pose does not."""

    @field_validator("scale")
    @classmethod
    def _ordered(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if scale[0] > scale[1]:
            raise ValueError(f"scale goes from low to high, not {list(scale)}")
        return scale


class Recipe(Section):
    """How a network is trained. The defaults are those of the paper's fine-tuning."""

    # trt_pose's own pre-training on COCO (train.py, coco.py, experiments/*.json) is `epochs=250`
    # and `schedule=(75, 150)` with these defaults: Adam from 1e-3, batches of 64, the last one
    # kept, both losses weighted equally, no flip, images squashed to a square, crowds dropped.
    # Differences here:
    # - `resampling`: upstream uses `nearest`. Colours are changed in a fixed order
    #   (`augmentation`).
    # - `mask_unlabelled`: off in upstream's 'A' experiments.
    # - `precision`: upstream uses Apex's O1, which is float16.
    # - Upstream normalises a joint by (x + 1/2) / (width + 1). There is no key for this: it moves
    #   labels to the image's top left, by half a source pixel on average and by a whole one at the
    #   far border. Half a pixel of an image as wide as COCO's is 1/1280 of its width, which in
    #   Human3.6M is 0.8 px.

    epochs: Positive = 10
    """Passes over the training images."""
    learning_rate: Annotated[float, Field(ge=1e-9, le=10)] = 1e-3
    """Learning rate of Adam; each training starts with a new optimiser."""
    schedule: Literal["constant", "cosine"] | Milestones = "constant"
    """How the learning rate changes. A list of epochs, as in [75, 150], cuts it to a tenth after
    each of them."""
    batch_size: Positive = 64
    """Images in a batch. The last, partial batch of an epoch is kept."""
    # After fine-tuning on 10 to 216 frames of the stand-in, the error with `train` is 0.4 to 1.3 px
    # lower; online, with one frame per window, the two differ by less than seeds do (measured,
    # three seeds).
    batch_norm: Literal["train", "eval"] = "train"
    """Batch normalisation. `train`: uses the batch's statistics and updates the running ones.
    `eval`: uses the running ones, which stay as they are."""
    # In bfloat16, the stand-in's pre-training reached the same losses within 0.1 %, on a CPU
    # (measured).
    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of the network's activations; weights, loss and optimiser stay in float32."""
    mask_unlabelled: bool = True
    """Whether the boxes of people without labels, and everything outside the image, are left out
    of the loss (trt_pose's 'B' experiments) or trained as background."""
    resampling: Literal["bilinear", "nearest"] = "bilinear"
    """How an image is sampled when it is warped; trt_pose uses `nearest`."""
    stdev: Annotated[float, Field(ge=1e-3, lt=0.5)] = 0.025
    """Width of a target's peak, as a share of the confidence map's height (trt_pose: 0.025)."""
    augmentation: Augmentation = Augmentation()

    def learning_rate_at(self, batch: int, batches: int) -> float:
        """The learning rate of a batch, counted from 0 over all epochs of `batches` batches."""
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule == "cosine":
            done = batch / (self.epochs * batches)
            return self.learning_rate * (0.5 * (1 + math.cos(math.pi * done)))
        passed = sum(batch // batches >= milestone for milestone in self.schedule)
        return self.learning_rate / 10**passed
