"""The study's schema: what a study may say, with the protocol as its defaults.

Each room defines its own section; here they are put together and checked against each other. The
text under each key goes into `config/README.md` (`make docs`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError, model_validator

from posequery import strategies
from posequery.offline.settings import Offline
from posequery.online.settings import Online
from posequery.settings import Section
from posequery.sources.settings import Source
from posequery.student.recipe import Recipe
from posequery.student.settings import Network, Student
from posequery.teachers.openpose.settings import OpenPose

NAME = "[A-Za-z0-9][A-Za-z0-9_.-]*"
"""What a study may be called."""


def _strategies(value: object) -> object:
    """Names, or names with parameters of their own: [uniform, {least_confidence: {over: mean}}]."""
    if isinstance(value, Mapping):  # already validated, or its JSON
        value = [{name: parameters} for name, parameters in value.items()]
    if not isinstance(value, list):
        raise ValueError(f"write a list of strategies, not {value!r}")
    chosen: dict[str, Section] = {}
    for entry in value:
        if isinstance(entry, Mapping) and len(entry) != 1:
            raise ValueError(
                f"write one strategy an entry, as {{name: {{key: value}}}}, not {entry}"
            )
        [(name, parameters)] = entry.items() if isinstance(entry, Mapping) else [(entry, {})]
        canonical = strategies.canonical(str(name))
        try:
            chosen[canonical] = strategies.parameters(canonical, parameters)
        except ValidationError as error:
            faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise ValueError(f"{name}: {'; '.join(faults)}") from None
    return chosen


Strategies = Annotated[
    dict[str, Any],
    BeforeValidator(_strategies),
    PlainSerializer(lambda chosen: {name: own.model_dump() for name, own in chosen.items()}),
]
"""Each strategy's name, and its own parameters, validated."""


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
    strategies: Strategies = Field(
        default=["uniform", "random", "error", "least_confidence"], validate_default=True
    )
    """Each by its name, or with parameters of its own: `{least_confidence: {over: mean}}`. The
    paper's word for `least_confidence`, `uncertainty`, is taken as well."""
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
    for name, parameters in study.strategies.items():
        flat[f"strategies.{name}"] = parameters.model_dump(mode="json")
    flat["videos"] = [video.name for video in study.videos]
    flat |= {key: path.name for key, path in named_paths(study) if key in PATHS}
    return flat
