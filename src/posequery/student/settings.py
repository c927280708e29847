"""The settings of networks and of the images that they are pre-trained on."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from posequery.settings import File, Folder, Positive, Section, Side, one_of
from posequery.student.network_names import SIDE_UNITS
from posequery.student.recipe import Recipe

NetworkName = Annotated[str, one_of("network", tuple(SIDE_UNITS))]


class Coco(Section):
    """Keypoints in COCO's format, as its owners distribute them."""

    annotations: File
    """The annotation file, `person_keypoints_*.json` or another of people in its format. Joints are
    found by their names, under `categories[].keypoints`."""
    images: Folder
    """The folder that contains its images."""


class Network(Section):
    """A network and how it is pre-trained."""

    name: NetworkName = "densenet_small"
    """densenet_small, densenet_wide, or one of trt_pose's: resnet18, 34, 50, 101, 152 and
    densenet121, 161, 169, 201, each followed by _baseline or _baseline_att."""
    input_size: Annotated[Side, Field(ge=32)] = 96
    """Side of the square that the whole frame is squashed to, in pixels: a multiple of 16 for
    densenet_small and densenet_wide, of 32 for trt_pose's networks."""
    images: Positive = 4000
    """Number of rendered images to pre-train on."""
    image_size: Side = 128
    """Side of each of these images, in pixels."""
    recipe: Recipe = Recipe()

    @model_validator(mode="after")
    def _fits(self) -> "Network":
        unit = SIDE_UNITS[self.name]
        # At the coarsest stride, one position of one image has no variance to normalise by.
        if self.input_size % unit or self.input_size < 2 * unit:
            raise ValueError(
                f"input_size: {self.name} takes multiples of {unit}, at least {2 * unit}"
            )
        return self


class Student(Network):
    """The light network that adapts."""

    scenes: Literal["generic", "rooms"] = "generic"
    """What the rendered images show. `generic`: people in bright clothes in front of bright
    shapes. `rooms`: people in plain clothes, some of them bare-chested, in furnished rooms and
    yards of muted colours, which is nearer to video of real people."""
    checkpoint: File | None = None
    """A checkpoint to start from instead of pre-training: posequery's own or trt_pose's."""
    per_seed: bool = False
    """Whether each seed pre-trains a student of its own. Otherwise all seeds share one, and what a
    study says is said given that student."""
    backbone: File | None = None
    """ImageNet weights of the backbone, to start pre-training from, in torchvision's file
    format."""
    coco: Coco | None = None
    """Images of people to pre-train on, instead of rendered ones."""
    validation: Coco | None = None
    """Images of people to validate pre-training on: the loss after each epoch, and the average
    precision by object keypoint similarity (OKS)."""

    @model_validator(mode="after")
    def _one_start(self) -> "Student":
        if self.checkpoint and (self.coco or self.backbone):
            raise ValueError("checkpoint takes the place of coco and backbone: give it or them")
        if self.checkpoint and self.per_seed:
            raise ValueError(
                "per_seed: a given checkpoint is one student; leave out one of the two"
            )
        if self.backbone and SIDE_UNITS[self.name] < 32:
            raise ValueError(f"backbone: {self.name} has none; trt_pose's networks have one")
        return self
