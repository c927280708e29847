"""The config's schema: what a study may say, with the protocol as its defaults.

The text under each key is printed into `config/README.md` by `python -m posequery.study.schema`.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from posequery.study.schema.data import OpenPose, Source
from posequery.study.schema.training import Network, Recipe, Student
from posequery.study.schema.values import NAME, Duration, Rate, Section, StrategyName, Stretch


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
    """End the stream behind these, if it is longer; what lies behind counts nowhere."""
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
        for key, stretch in stretches.items() if Fraction(takes) else ():
            count, other = stretch.split()
            if unit != other:
                raise ValueError(f"training_takes: write it in the unit of {key}, {other}")
            if Fraction(takes) > Fraction(count):
                raise ValueError(
                    f"training_takes: {self.training_takes} is longer than {key}, {stretch}, and "
                    "one training runs at a time; take less, or meanwhile: missed"
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
            raise ValueError(
                "openpose: goes with the teacher 'openpose'; null takes away an inherited one"
            )
        if kind == "lab" and self.online.first_frames:
            raise ValueError("online.first_frames: the lab's four cameras are compared as a whole")
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
