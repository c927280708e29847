"""The config's schema: what a study may say, with the protocol as its defaults.

The text under each key is printed into `config/README.md` by `python -m posequery.schema`.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
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
from posequery.sources import human36m_names as human36m
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


def _duration(value: object) -> str:
    words = str(value).split()
    unit = words[1] if len(words) == 2 else "frames" if len(words) == 1 else ""
    try:
        count = Fraction(words[0]) if words else Fraction(-1)
    except (ValueError, ZeroDivisionError):
        count = Fraction(-1)
    if unit not in ("frames", "s") or count < 0 or (unit == "frames" and count.denominator > 1):
        raise ValueError(f"'{value}' is no stretch of a stream: write '1500 frames' or '30 s'")
    return f"{count} {unit}"


def _window(value: object) -> str:
    text = _duration(value)
    if text.startswith("0 "):
        raise ValueError(f"'{value}' is no stretch of a stream: it has no frame")
    return text


Duration = Annotated[str, BeforeValidator(_duration, json_schema_input_type=str)]
Stretch = Annotated[str, BeforeValidator(_window, json_schema_input_type=str)]
Positive = Annotated[int, Field(ge=1)]


def _one_of(what: str, names: Sequence[str]) -> BeforeValidator:
    """Takes one of `names`; for another it tells the nearest, or all where none is near."""

    def known(name: object) -> str:
        if str(name) not in names:
            near = difflib.get_close_matches(str(name), names, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names)}"
            raise ValueError(f"no {what} is called '{name}': {hint}")
        return str(name)

    return BeforeValidator(known)


StrategyName = Annotated[str, _one_of("strategy", strategies.names())]
NetworkName = Annotated[str, _one_of("network", tuple(SIDE_UNITS))]
Camera = Annotated[str, _one_of("camera", human36m.CAMERAS)]
Subject = Annotated[str, _one_of("subject", human36m.SUBJECTS)]


NAME = "[A-Za-z0-9][A-Za-z0-9_.-]*"
"""What a study may be called."""


class Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Source(Section):
    """Where the frames come from."""

    kind: Literal["rendered", "human36m", "lab", "videos"] = "videos"
    """`rendered`: the stand-in for Human3.6M and COCO. `human36m`: Human3.6M itself, as its owners
    ship it. `lab`: real videos of a person in a motion-capture lab, fetched. `videos`: your own,
    named under `videos`."""
    root: Path | None = None
    """human36m: the folder that the archives were unpacked in, which holds `S1`, `S5` and so on
    (layout `mmpose`: `images` and `annotation_body3d`)."""
    layout: Literal["official", "mmpose"] = "official"
    """human36m: videos and CDF files, or the images and annotations that mmpose's
    `preprocess_h36m.py` makes of them (at the full 50 frames/s)."""
    cameras: Annotated[list[Camera], Field(min_length=1)] = ["54138969"]
    """human36m: cameras of the offline pool and test."""
    stream_cameras: Annotated[list[Camera], Field(min_length=1)] = ["54138969"]
    """human36m: cameras of the stream. Of several, a sequence is played once from each."""
    pool_subjects: Annotated[list[Subject], Field(min_length=1)] = list(human36m.POOL_SUBJECTS)
    """human36m: whose sequences make the offline pool. The stream is always S1's."""
    test_subjects: Annotated[list[Subject], Field(min_length=1)] = list(human36m.TEST_SUBJECTS)
    """human36m: whom the offline study tests on, on the first video of each action."""
    first_video: Literal["subaction", "file_name", "stem"] = "subaction"
    """human36m: an action's first video: its subaction 1 (Human3.6M's own count), or the one whose
    file name, or whose stem without camera and ending, sorts first."""
    exclude: list[str] = list(human36m.EXCLUDED)
    """human36m: sequences to leave out, as `S9 Greeting` (before every camera) or
    `S11 Directions.54138969` (before one). The first three have annotations that are shifted
    against the picture, the last one's published video is broken."""
    frame_counts: Literal["published", "any"] = "published"
    """human36m: whether a sequence's annotation must have the published number of frames. `any` is
    for a cut of your own."""
    stream_frames: Positive = 28
    """rendered: annotated frames of each of S1's 30 sequences (at 5 a second)."""
    pool_sequences: Annotated[int, Field(ge=1, le=30)] = 6
    """rendered: sequences of each of S5, S6, S7 and S8."""
    pool_frames: Positive = 10
    """rendered: annotated frames of each of those sequences."""
    test_frames: Positive = 12
    """rendered: annotated frames of each sequence of S9 and S11 (subaction 1 of every action)."""

    @field_validator("exclude")
    @classmethod
    def _in_the_table(cls, words: list[str]) -> list[str]:
        for word in words:
            human36m.exclusion(word)
        return words

    @model_validator(mode="after")
    def _apart(self) -> Self:
        both = sorted({*self.pool_subjects} & {*self.test_subjects})
        if both:
            raise ValueError(f"{' and '.join(both)}: in pool_subjects and in test_subjects")
        return self


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


def _pixels(value: object) -> str:
    words = str(value).lower().split("x")
    if len(words) != 2 or not all(word.isdigit() and int(word) > 1 for word in words):
        raise ValueError(f"'{value}' is no size: write WIDTHxHEIGHT, as 656x368")
    return "x".join(words)


def _net_resolution(value: object) -> str:
    if not re.fullmatch(r"-1x\d+|\d+x-1|\d+x\d+", str(value)):
        raise ValueError(f"'{value}' is none of OpenPose's: write -1x368, or WIDTHxHEIGHT")
    return str(value)


class OpenPose(Section):
    """The teacher `openpose`: the JSON files that OpenPose wrote, or the program to run."""

    labels: Path | None = None
    """The folder of the JSON files, for a video `V` of a subject `S` in `S/V`, `S` or `V`."""
    program: Path | None = None
    """OpenPose's own program (`openpose.bin`), in place of `labels`."""
    models: Path | None = None
    """The program's folder of models."""
    model: Literal["BODY_25", "COCO"] = "BODY_25"
    """What the program finds. In JSON files both are told apart by themselves."""
    net_resolution: Annotated[str, BeforeValidator(_net_resolution)] = "-1x368"
    """The program's network size in pixels, width x height; -1: by the frame's shape."""
    keypoint_scale: Annotated[int, Field(ge=0, le=4)] = 0
    """labels: what OpenPose was told to write. 0: pixels of the video, 1: of its network's input,
    2: of its output, 3: shares from 0 to 1, 4: from -1 to 1."""
    scale_size: Annotated[str, BeforeValidator(_pixels)] | None = None
    """labels, keypoint_scale 1 and 2: width x height, in pixels, of that input or output."""
    missing: Literal["refuse", "unlabelled"] = "refuse"
    """Frames that have no JSON file: an error, or frames without a label. (A frame in which nobody
    was found has a file.)"""
    person: Literal["tracked", "labelled", "strongest"] = "tracked"
    """Who is taken of several people: the one nearest the last frame's, nearest the ground truth,
    or most confident of."""

    @property
    def pixels(self) -> tuple[int, int] | None:
        """`scale_size` as numbers."""
        width, _, height = (self.scale_size or "").partition("x")
        return (int(width), int(height)) if width else None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.labels) == bool(self.program):
            raise ValueError("give labels (the folder of JSON files) or program, one of the two")
        if bool(self.program) != bool(self.models):
            raise ValueError("program and models go together")
        if self.program and (self.keypoint_scale or self.scale_size):
            raise ValueError("keypoint_scale and scale_size are of labels; the program writes 0")
        if (self.keypoint_scale in (1, 2)) != bool(self.scale_size):
            raise ValueError("scale_size is needed for keypoint_scale 1 and 2, and for them alone")
        return self


class Offline(Section):
    """The offline study: fine-tune on a part of a pool, test on other subjects."""

    rates: list[Rate] = [Fraction(p, 100) for p in (1, 5, 10, 20, 40)]
    select_from: Literal["pool", "clip"] = "pool"
    """What a strategy picks its share from: the whole pool at once, or each clip on its own. A clip
    too short for one frame at that rate then gives none."""


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
    first_frames: Stretch | None = None
    """Play this much of the stream, or all of a shorter one. What lies behind counts nowhere."""
    training_takes: Duration = "0 frames"
    """How long after the end of a stretch the weights trained on it go live. 0: the ideal clock."""
    meanwhile: Literal["watched", "missed"] = "watched"
    """What happens to the frames that pass while a training runs. `watched`: the weights before
    predict them, and they belong to the next stretch; a training must then be over when that one
    is. `missed`: they are neither predicted nor measured nor collected; the next stretch begins
    behind them."""

    @model_validator(mode="after")
    def _one_training_at_a_time(self) -> Self:
        if self.meanwhile == "missed":
            return self
        stretches = {"window": self.window}
        if "continual" in self.methods:
            stretches["continual_every"] = self.continual_every
        takes, unit = self.training_takes.split()
        for key, stretch in stretches.items():
            count, other = stretch.split()
            if unit == other and Fraction(takes) > Fraction(count):
                raise ValueError(
                    f"training_takes: {self.training_takes} are more than {key}, {stretch}, and "
                    "one training runs at a time; take fewer, or meanwhile: missed"
                )
        return self


_SOURCES = {
    "ground_truth": ("rendered", "human36m"),
    "network": ("rendered",),
    "blazepose": ("human36m", "lab", "videos"),
}
"""Source kinds that a teacher can label, where it cannot label all."""


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
    openpose: OpenPose | None = None
    """Needed for the teacher `openpose`."""
    teachers: Annotated[
        list[Literal["ground_truth", "network", "openpose", "blazepose"]], Field(min_length=1)
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

    @property
    def has_truth(self) -> bool:
        """Whether the frames come with ground truth."""
        return self.source.kind in ("rendered", "human36m")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        kind = self.source.kind
        if (kind == "videos") != bool(self.videos):
            raise ValueError("videos: name your videos here, with source kind 'videos' alone")
        if (kind == "human36m") != bool(self.source.root):
            raise ValueError("source.root: name Human3.6M's folder, with source kind 'human36m'")
        if self.offline and not self.has_truth:
            raise ValueError("offline: needs ground truth: source kind 'rendered' or 'human36m'")
        for teacher in self.teachers:
            if kind not in _SOURCES.get(teacher, (kind,)):
                raise ValueError(f"teachers: '{teacher}' does not go with source kind '{kind}'")
        others = sorted({*self.teachers} - {"ground_truth"})
        if len(others) > 1:
            both = " and ".join(others)
            raise ValueError(f"teachers: a study has one beside ground_truth, not {both}")
        if ("openpose" in others) != bool(self.openpose):
            raise ValueError("openpose: needed for the teacher 'openpose', and for it alone")
        if self.openpose and self.openpose.person == "labelled" and not self.has_truth:
            raise ValueError(f"openpose.person: 'labelled' needs labels, which '{kind}' has not")
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
    "source.root",
    "openpose.labels",
    "openpose.program",
    "openpose.models",
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
