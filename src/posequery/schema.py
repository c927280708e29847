"""The config's schema: what a study may say, with the protocol as its defaults.

The text under each key is printed into `config/README.md` by `python -m posequery.schema`.
"""

import difflib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from posequery import strategies
from posequery.student.names import SIDE_UNITS


def _rate(value: object) -> Fraction:
    text = str(value).strip()
    try:
        rate = Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{value}' is no rate: write 1%, 0.01 or 1/100") from None
    if not 0 < rate <= 1:
        raise ValueError(f"a rate lies above 0 and at most at 100 %, not at {value}")
    return rate


Rate = Annotated[
    Fraction,
    BeforeValidator(_rate, json_schema_input_type=str),
    PlainSerializer(str, return_type=str),
]


def _window(value: object) -> str:
    words = str(value).split()
    unit = words[1] if len(words) == 2 else "frames" if len(words) == 1 else ""
    try:
        count = Fraction(words[0]) if words else Fraction(0)
    except (ValueError, ZeroDivisionError):
        count = Fraction(0)
    if unit not in ("frames", "s") or count <= 0 or (unit == "frames" and count.denominator > 1):
        raise ValueError(f"'{value}' is no stretch of a stream: write '1500 frames' or '30 s'")
    return f"{count} {unit}"


Stretch = Annotated[str, BeforeValidator(_window, json_schema_input_type=str)]
Positive = Annotated[int, Field(ge=1)]


def _strategy(name: str) -> str:
    if name not in strategies.names():
        near = difflib.get_close_matches(name, strategies.names(), 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {strategies.names()}"
        raise ValueError(f"no strategy is called '{name}': {hint}")
    return name


StrategyName = Annotated[str, BeforeValidator(_strategy)]


def _network(name: str) -> str:
    if name not in SIDE_UNITS:
        near = difflib.get_close_matches(name, SIDE_UNITS, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(SIDE_UNITS)}"
        raise ValueError(f"no network is called '{name}': {hint}")
    return name


NetworkName = Annotated[str, BeforeValidator(_network)]


NAME = "[A-Za-z0-9][A-Za-z0-9_.-]*"
"""What a study may be called."""


class Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Source(Section):
    """Where the frames come from."""

    kind: Literal["rendered", "lab", "videos"] = "videos"
    """`rendered`: the stand-in for Human3.6M and COCO. `lab`: real videos of a person in a
    motion-capture lab, fetched. `videos`: your own, named under `videos`."""
    stream_frames: Positive = 28
    """rendered: annotated frames of each of S1's 30 sequences (at 5 a second)."""
    pool_sequences: Annotated[int, Field(ge=1, le=30)] = 6
    """rendered: sequences of each of S5, S6, S7 and S8."""
    pool_frames: Positive = 10
    """rendered: annotated frames of each of those sequences."""
    test_frames: Positive = 12
    """rendered: annotated frames of each sequence of S9 and S11 (subaction 1 of every action)."""


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


class Coco(Section):
    """Keypoints in COCO's format, as its owners ship them."""

    annotations: Path
    """A `person_keypoints_*.json`."""
    images: Path
    """The folder of its images."""


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


class Offline(Section):
    """The offline study: fine-tune on a part of a pool, test on other subjects."""

    rates: list[Rate] = [Fraction(p, 100) for p in (1, 5, 10, 20, 40)]


class Online(Section):
    """The online study: adapt to a stream, window by window."""

    rates: list[Rate] = [Fraction(1, 100), Fraction(20, 100)]
    window: Stretch = "1500 frames"
    """In frames or in seconds ('30 s')."""
    methods: list[Literal["baseline", "once", "continual"]] = ["baseline", "once", "continual"]
    """Beside the strategies."""
    continual_every: Stretch = "128 frames"
    """continual trains on all frames of each stretch of this length."""
    once_rate: Rate = Fraction(1, 100)
    """once trains on this share of the first window, uniformly, and never again."""
    weights: Literal["continue", "reset"] = "continue"
    """Whether a window's training starts from the live weights or from the pre-trained ones."""
    error_by: Literal["ground_truth", "teacher"] = "ground_truth"
    """What the strategy 'error' measures the student's errors against."""


class Study(Section):
    """A study: everything that decides its numbers."""

    name: Annotated[str, Field(pattern=f"^{NAME}$")]
    """The study file's name; its results lie in `results/<name>/`."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]
    """Every cell is run once for each."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where networks run. Numbers are the same to the last bit from run to run on `cpu` alone."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that make the batches of pre-training; they change no number."""
    source: Source = Source()
    videos: list[Path] = []
    """Your own videos, in the order in which they are played (source kind `videos`)."""
    student: Student = Student()
    teacher_network: Network = Network()
    """The network that stands where OpenPose stands (teacher `network`)."""
    teachers: Annotated[
        list[Literal["ground_truth", "network", "blazepose"]], Field(min_length=1)
    ] = ["blazepose"]
    strategies: list[StrategyName] = ["uniform", "random", "error", "least_confidence"]
    confidence: Literal["lowest", "lowest_limb", "mean"] = "lowest"
    """How the peaks of the maps become a frame's confidence: the lowest of all 18 maps, the lowest
    of the 12 limb joints' maps, or the mean of all."""
    training: Recipe = Recipe()
    """Fine-tuning offline and every training online."""
    offline: Offline | None = None
    """Absent: no offline study."""
    online: Online = Online()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        rendered = self.source.kind == "rendered"
        if (self.source.kind == "videos") != bool(self.videos):
            raise ValueError("videos: name your videos here, with source kind 'videos' alone")
        if self.offline and not rendered:
            raise ValueError("offline: needs a source with ground truth: source kind 'rendered'")
        for teacher in self.teachers:
            if (teacher == "blazepose") == rendered:
                raise ValueError(
                    f"teachers: '{teacher}' does not go with source kind '{self.source.kind}'"
                )
        count, unit = self.online.window.split()
        if unit == "frames" and (self.strategies or "once" in self.online.methods):
            rates = list(self.online.rates if self.strategies else [])
            rates += [self.online.once_rate] if "once" in self.online.methods else []
            for rate in rates:
                if int(count) * rate < 1:
                    raise ValueError(
                        f"online: a rate of {rate} selects nothing from a window of {count} "
                        f"frames; take a rate of 1/{count} or more, or a longer window"
                    )
        return self


def subsection(section: Any, key: object) -> Any:
    """What the schema expects under `key` of a section: another section, or a plain type."""
    annotation = section.model_fields[key].annotation
    for option in getattr(annotation, "__args__", (annotation,)):
        if isinstance(option, type) and issubclass(option, Section):
            return option
    return annotation


PATHS = (
    "student.checkpoint",
    "student.backbone",
    "student.coco.annotations",
    "student.coco.images",
    "student.validation.annotations",
    "student.validation.images",
)
"""Keys that hold a path, beside `videos`."""


def named_paths(study: Study) -> Iterator[tuple[str, Path]]:
    """Each path that a study names, and the key that it stands under."""
    yield from (("videos", video) for video in study.videos)
    for key in PATHS:
        value: Any = study
        for name in key.split("."):
            value = getattr(value, name, None)
        if value is not None:
            yield key, value


GRID = frozenset({"seeds", "strategies", "teachers", "workers"})
"""Keys that add or drop cells and change none, or change no number."""


def protocol(study: Study) -> dict[str, Any]:
    """What decides the numbers of each cell, by dotted key, for telling two studies apart.

    Of the user's own files the names alone: a study may move from folder to folder.
    """
    values = study.model_dump(mode="json", exclude=set(GRID) | {"name"})
    flat: dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        elif prefix not in ("offline.rates", "online.rates", "online.methods"):
            flat[prefix] = value

    walk("", values)
    flat["videos"] = [video.name for video in study.videos]
    flat |= {key: path.name for key, path in named_paths(study) if key in PATHS}
    return flat


def reference() -> str:
    """The documentation of every key, in Markdown."""
    lines: list[str] = []

    def table(section: type[Section], prefix: str) -> None:
        for key, info in section.model_fields.items():
            inner = subsection(section, key)
            name = f"{prefix}{key}"
            if isinstance(inner, type) and issubclass(inner, Section):
                about = info.description or inner.__doc__ or ""
                lines.append(f"| **`{name}`** | | {' '.join(about.split())} |")
                table(inner, f"{name}.")
                continue
            default = "required" if info.is_required() else _shown(info.default)
            about = " ".join((info.description or "").split())
            choices = _choices(info.annotation)
            if choices:
                about = f"{about} One of: {', '.join(f'`{choice}`' for choice in choices)}."
            lines.append(f"| `{name}` | `{default}` | {about.strip()} |")

    table(Study, "")
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *lines])


def _choices(annotation: object) -> list[str]:
    """The words that a type allows, also inside a list or beside another type."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for inner in get_args(annotation) for word in _choices(inner)]


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, Fraction):
        return f"{value * 100} %"
    return "none" if value is None else str(value)


if __name__ == "__main__":
    print(reference())
