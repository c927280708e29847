"""The sections on networks and their training."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from posequery.student.network_names import SIDE_UNITS
from posequery.study.schema.data import Coco
from posequery.study.schema.values import NetworkName, Positive, Section


class Augmentation(Section):
    """Random changes of a training image; trt_pose's, and a flip."""

    angle: Annotated[float, Field(ge=0)] = 0.2
    """Turned by up to this, in radians, either way."""
    scale: tuple[float, float] = (0.5, 2.0)
    """Magnified by a factor between these."""
    shift: Annotated[float, Field(ge=0)] = 0.2
    """Shifted by up to this share of the image, either way, in x and in y."""
    brightness: Annotated[float, Field(ge=0)] = 0.05
    contrast: Annotated[float, Field(ge=0)] = 0.05
    saturation: Annotated[float, Field(ge=0)] = 0.05
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.01
    flip: bool = False
    """Mirrored every second time, left and right joints exchanged. trt_pose does not."""

    @field_validator("scale")
    @classmethod
    def _ordered(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if not 0 < scale[0] <= scale[1]:
            raise ValueError(f"scale goes from low to high, both above 0, not {list(scale)}")
        return scale


class Recipe(Section):
    """How a network is trained."""

    epochs: Positive = 10
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Of Adam, which starts afresh with each training."""
    schedule: Literal["constant", "cosine"] | list[Positive] = "constant"
    """Or the epochs after each of which the learning rate falls to a tenth: [75, 150]."""
    batch_size: Positive = 64
    """The last, partial batch of an epoch is kept."""
    batch_norm: Literal["train", "eval"] = "train"
    """`train`: statistics of the batch, running statistics updated. `eval`: both frozen."""
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


class Network(Section):
    """A network and how it is pre-trained."""

    name: NetworkName = "densenet_small"
    """densenet_small, densenet_wide, or trt_pose's: resnet18, 34, 50, 101, 152 and densenet121,
    161, 169, 201, each with _baseline or _baseline_att behind it."""
    input_size: Annotated[int, Field(ge=32)] = 96
    """Side of the square that the whole frame is squashed to, in pixels: a multiple of 16 for the
    first two networks, of 32 for trt_pose's."""
    images: Positive = 4000
    """Rendered images to train on."""
    image_size: Positive = 128
    """Side of those images, in pixels."""
    recipe: Recipe = Recipe()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        unit = SIDE_UNITS[self.name]
        # At its coarsest stride a single cell of a single image has no spread to normalise by.
        if self.input_size % unit or self.input_size < 2 * unit:
            raise ValueError(
                f"input_size: {self.name} takes multiples of {unit}, from {2 * unit} on"
            )
        return self


class Student(Network):
    """The light network that adapts."""

    checkpoint: Path | None = None
    """A checkpoint to start from, in place of pre-training: posequery's own or trt_pose's."""
    backbone: Path | None = None
    """ImageNet weights of the backbone to pre-train from, in torchvision's file format."""
    coco: Coco | None = None
    """People to pre-train on, in place of rendered ones."""
    validation: Coco | None = None
    """People to validate pre-training on: loss after each epoch, and average precision (OKS)."""

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        if self.checkpoint and (self.coco or self.backbone):
            raise ValueError("checkpoint takes the place of coco and backbone: give it or them")
        if self.backbone and SIDE_UNITS[self.name] < 32:
            raise ValueError(f"backbone: {self.name} has none; trt_pose's networks have one")
        return self
