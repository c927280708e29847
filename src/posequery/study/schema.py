"""The study's schema: what a study may say, with the protocol as its defaults.

Each room defines its own section; here they are put together and checked against each other. The
text under each key goes into `config/README.md` (`make docs`).
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    ValidationError,
    create_model,
    model_validator,
)

from posequery import strategies, teachers
from posequery.evidence.settings import Evidence
from posequery.jobs import bounds
from posequery.jobs.files import BadInput, suggestion, unknown
from posequery.offline.settings import Offline
from posequery.online.settings import Online
from posequery.report.settings import Report
from posequery.settings import Rate, Section, as_percent, counted, one_of, shown
from posequery.sources import kinds
from posequery.student import engines
from posequery.student.recipe import Recipe
from posequery.student.settings import Student
from posequery.study.wording import plain

NAME = "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
"""What a study may be called: it becomes a folder."""


def _strategies(value: object) -> object:
    """Names, or names with parameters of their own: [uniform, {least_confidence: {over: mean}}]."""
    if isinstance(value, Mapping):  # already validated, or its JSON
        value = [{name: parameters} for name, parameters in value.items()]
    if not isinstance(value, list):
        raise ValueError(f"write a list of strategies, not '{shown(value)}'")
    chosen: dict[str, Section] = {}
    for entry in value:
        if isinstance(entry, Mapping) and len(entry) != 1:
            raise ValueError(
                f"write one strategy an entry, as {{name: {{key: value}}}}, not {shown(entry)}"
            )
        [(name, parameters)] = entry.items() if isinstance(entry, Mapping) else [(entry, {})]
        canonical = strategies.canonical(shown(name))
        try:
            own = strategies.parameters(canonical, {} if parameters is None else parameters)
        except ValidationError as error:
            faults = [_parameter_fault(canonical, dict(one)) for one in error.errors()]
            raise ValueError("; ".join(faults)) from None
        if chosen.setdefault(canonical, own) != own:
            raise ValueError(f"{canonical} is listed twice, with different parameters")
    return chosen


def _parameter_fault(strategy: str, error: dict[str, Any]) -> str:
    where = ".".join(map(str, error["loc"])) or "its parameters"
    if error["type"] == "extra_forbidden":
        known = strategies.load(strategy).parameters.model_fields
        there = suggestion(where, known) if known else "it has no parameters"
        return f"{strategy} has no parameter '{where}': {there}"
    return f"{strategy}: {plain(where, [error])}"


Strategies = Annotated[
    dict[str, Any],
    BeforeValidator(_strategies),
    PlainSerializer(lambda chosen: {name: own.model_dump() for name, own in chosen.items()}),
]
"""Each strategy's name, and its own parameters, validated."""


TeacherName = Annotated[str, one_of("teacher", teachers.names())]


def _of_a_kind(value: object) -> object:
    """The kind by its default, where a source does not name it."""
    if not isinstance(value, Mapping):
        return value
    kind = value.get("kind", kinds.DEFAULT)
    if not isinstance(kind, str) or kind not in kinds.names():
        raise ValueError(f"kind: {unknown('source kind', shown(kind), kinds.names())}")
    return {**value, "kind": kind}


def _teacher_sections() -> dict[str, Any]:
    """The sections of the teachers that have one, by their keys."""
    found: dict[str, Any] = {}
    for name in teachers.by_label("title").values():
        teacher, about = teachers.load(name), f"Settings of the teacher `{name}`"
        if teacher.key in found:
            fault = f"its key '{teacher.key}' is another teacher's"
            raise BadInput(f"posequery/teachers/{name}", fault, "Give it another key")
        if teacher.required:
            own = Field(None, description=f"{about}, which needs them.")
            found[teacher.key] = (teacher.settings | None, own)
        elif teacher.key:
            own = Field(teacher.settings(), description=f"{about}.")
            found[teacher.key] = (teacher.settings, own)
    return found


if TYPE_CHECKING:
    Source = kinds.Source
    TeacherSections = Section
else:  # of what the folders hold, which no type checker can know
    Source = Annotated[
        reduce(or_, map(kinds.load, kinds.names())),
        Discriminator("kind"),
        BeforeValidator(_of_a_kind),
    ]
    TeacherSections = create_model("TeacherSections", __base__=Section, **_teacher_sections())


class Study(TeacherSections):
    """A study: everything that decides its numbers."""

    name: Annotated[str, Field(pattern=f"^{NAME}$")]
    """The study file's name; its results lie in `results/<name>/`."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]
    """Every cell that a draw enters is run once for each."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where networks run. Numbers are the same to the last bit from run to run on `cpu` alone, and
    there not by `online.clock: measured`."""
    workers: Annotated[int, Field(ge=0, le=bounds.PROCESSES)] = 0
    """Processes that make the batches of pre-training; they change no number."""
    source: Source = Field(default={}, validate_default=True)
    """Where the frames come from."""
    student: Student = Student()
    teachers: Annotated[list[TeacherName], Field(min_length=1)] = ["blazepose"]
    """Who labels the streams: ground truth, and one of the others beside it or alone."""
    least_labelled: Rate = Fraction(1, 5)
    """Share of the stream's frames in which a teacher that labels must find somebody, or the study
    ends; it changes no number."""
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
    evidence: Evidence = Evidence()
    """How the paper's claims are judged, where there is ground truth."""
    report: Report = Report()

    @property
    def labellers(self) -> list[str]:
        """The teachers that label the stream: all but ground truth, which the clips bring."""
        return [name for name in dict.fromkeys(self.teachers) if teachers.load(name).label]

    @property
    def online_rates(self) -> list[Fraction]:
        """The rates at which each strategy picks from a window."""
        return self.online.rates_at(self.source.frame_rate, self.training.epochs)

    @property
    def reference(self) -> str:
        """Whose labels errors are measured against, and the offline study trains on."""
        return "ground_truth" if self.source.has_truth else self.teachers[0]

    @property
    def window_rates(self) -> list[Fraction]:
        """The rates at which something picks from a window."""
        once = [self.online.once_rate] if "once" in self.online.methods else []
        picks = self.strategies or strategies.GUARDED in self.online.methods
        return [*(self.online_rates if picks else []), *once]

    def settings_of(self, teacher: str) -> Any:
        """A teacher's own section; None where it needs one that is not given."""
        found = teachers.load(teacher)
        return getattr(self, found.key) if found.key else found.settings()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        source = self.source
        if self.offline and not (source.has_truth or source.parts):
            fault = f"source kind '{source.kind}' has neither ground truth nor a split in time"
            raise ValueError(f"offline: {fault}")
        for name in self.teachers:
            if not teachers.load(name).fits(source):
                raise ValueError(f"teachers: '{name}' does not go with source kind '{source.kind}'")
        if len(self.labellers) > 1:
            both = " and ".join(sorted(self.labellers))
            raise ValueError(f"teachers: a study has one beside ground_truth, not {both}")
        for name in teachers.names():
            teacher, settings = teachers.load(name), self.settings_of(name)
            if teacher.required and settings and name not in self.teachers:
                raise ValueError(
                    f"{teacher.key}: goes with the teacher '{name}'; "
                    "null takes away an inherited one"
                )
            if teacher.required and not settings and name in self.teachers:
                raise ValueError(f"{teacher.key}: the teacher '{name}' needs this section")
            if name in self.teachers:
                teacher.refuse(settings, source)
        profile, own = self.online.profile, (self.student.name, self.student.input_size)
        if profile and not profile.is_of(*own):
            raise ValueError(
                f"online.clock: the profile {self.online.clock} is of {profile.network} at "
                f"{profile.input_size} pixels, and says nothing of {own[0]} at {own[1]}"
            )
        try:
            rates = self.window_rates
        except ValueError as error:
            raise ValueError(f"online.{error}") from None
        if self.online.forgetting and "uniform" not in self.strategies:
            raise ValueError(
                "online.forgetting: it is measured of uniform alone, which is not among the "
                "strategies; add it to them, or leave this out"
            )
        for name in () if engines.load(self.online.engine).features else self.strategies:
            if "features" in strategies.load(name).needs:
                raise ValueError(
                    f"online.engine: {self.online.engine} does not give the features that the "
                    f"strategy {name} looks at; use torch, or other strategies"
                )
        if source.whole and self.online.first_frames:
            raise ValueError(f"online.first_frames: {source.whole}")
        count, unit = self.online.window.split()
        if unit == "frames":
            for rate in rates:
                if int(count) * rate < 1:
                    window, least = (
                        counted(int(count), "frame"),
                        as_percent(Fraction(1, int(count))),
                    )
                    raise ValueError(
                        f"online: a rate of {as_percent(rate)} selects nothing from a window of "
                        f"{window}; take a rate of {least} or more, or a longer window"
                    )
        return self


for _key in TeacherSections.model_fields.keys() & Study.__annotations__.keys():
    raise BadInput("posequery/teachers", f"'{_key}' is a key of studies", "Give it another key")


def sections(section: type[Section], key: str) -> dict[str, type[Section]]:
    """The sections that may stand under a key: by their kinds, or by '' where there is one."""
    annotation = section.model_fields[key].annotation
    found = [
        option
        for option in get_args(annotation) or (annotation,)
        if isinstance(option, type) and issubclass(option, Section)
    ]
    if len(found) > 1:
        return {option.model_fields["kind"].default: option for option in found}
    return dict.fromkeys([""], *found) if found else {}


def _path_keys(section: type[Section], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, info in section.model_fields.items():
        for mark in _path_marks(info.annotation, info.metadata):
            yield f"{prefix}{key}", mark
        for inner in sections(section, key).values():
            yield from _path_keys(inner, f"{prefix}{key}.")


def _path_marks(annotation: Any, marks: Sequence[Any] = ()) -> Iterator[str]:
    """How each Path of a type is marked, as 'file' by `settings.File`."""
    if annotation is Path:
        yield next((mark for mark in marks if isinstance(mark, str)), "")
    elif get_origin(annotation) is Annotated:
        inner, *own = get_args(annotation)
        yield from _path_marks(inner, own)
    else:
        for inner in get_args(annotation):
            yield from _path_marks(inner)


PATHS = dict(_path_keys(Study))
"""Keys that hold a path or a list of them: 'file', 'folder', 'program', or '' for either."""


def named_paths(study: Study) -> dict[str, list[Path]]:
    """The paths that a study names, by their keys."""
    found = {}
    for key in PATHS:
        value: Any = study
        for name in key.split("."):
            value = getattr(value, name, None)
        if value:
            found[key] = value if isinstance(value, list) else [value]
    return found


NO_PROTOCOL = frozenset(
    {
        *("name", "seeds", "strategies", "teachers", "least_labelled", "workers"),
        *("offline.rates", "offline.methods", "online.rates", "online.methods"),
        "online.forgetting",
        "source.stream_subjects",
        "report.frames",
    }
)
"""Keys that add or drop cells and change none, or change no number. Each strategy's parameters are
noted for themselves."""


def protocol(study: Study) -> dict[str, Any]:
    """What decides the numbers of each cell, by dotted key, for telling two studies apart.

    Of the user's own files the names alone: a study may move from folder to folder.
    """
    flat: dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        if prefix in NO_PROTOCOL:
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            flat[prefix] = value

    walk("", study.model_dump(mode="json"))
    for name, parameters in study.strategies.items():
        flat[f"strategies.{name}"] = parameters.model_dump(mode="json")
    for key, paths in named_paths(study).items():
        names = [path.name for path in paths]
        flat[key] = names if isinstance(flat[key], list) else names[0]
    return flat
