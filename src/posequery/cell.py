"""A cell: one point of a study's grid, one folder, one row of `cells.csv`."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError, model_validator

from posequery.jobs.files import BadInput, read_summed, unreadable, write_summed
from posequery.settings import Section

WORD = "^[a-z0-9_]{1,100}$"
"""What a method or a teacher may be called: it becomes a folder."""
NO_STREAM = "none"
"""The stream of an offline cell."""
REPAIR = "Delete this cell's folder and run the study again"


def rate_slug(rate: Fraction) -> str:
    """A rate as part of a path: '5pct', or '1of3pct' where it is no whole percentage."""
    percent = rate * 100
    whole = percent.denominator == 1
    return f"{percent}pct" if whole else f"{percent.numerator}of{percent.denominator}pct"


def parse_rate_slug(slug: str) -> Fraction:
    """The rate that `rate_slug` wrote."""
    return Fraction(slug.removesuffix("pct").replace("of", "/")) / 100


def stream_name(subject: str, camera: str = "") -> str:
    """What a stream of a subject is called; with the camera, where the subject has several."""
    return f"{subject}_{camera}" if camera else subject


def stream_subject(stream: str) -> str:
    """The subject in the name that `stream_name` made."""
    return stream.partition("_")[0]


def draw(method: str, rate: Fraction, seed: int) -> str:
    """What sets one draw of a method apart, as part of a path."""
    return f"{method}/{rate_slug(rate)}/seed{seed}"


def _share(value: object) -> Fraction:
    try:
        share = Fraction(str(value))
    except ZeroDivisionError:
        raise ValueError(f"'{value}' divides by 0") from None
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {value}")
    return share


class Cell(Section):
    """Which cell it is, as the grid, a job's `--cell` and `cell.json` have it."""

    setting: Literal["offline", "online"]
    teacher: Annotated[str, Field(pattern=WORD)]
    """Who labels: ground_truth, network, ..., or none."""
    method: Annotated[str, Field(pattern=WORD)]
    """none, all, all_equal_steps, baseline, once, continual, guarded, or a strategy."""
    rate: Annotated[Fraction, BeforeValidator(_share), PlainSerializer(str)]
    """The share picked: 0 of methods that train on nothing, 1 of those that train on all."""
    seed: Annotated[int, Field(ge=0)]
    stream: Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,100}$")]
    """The one that an online cell plays; of an offline one none."""

    @property
    def folder(self) -> str:
        """Path of the cell below the study's `cells/`."""
        played = [] if self.setting == "offline" else [self.stream]
        words = [self.setting, *played, self.teacher, draw(self.method, self.rate, self.seed)]
        return "/".join(words)

    @model_validator(mode="after")
    def _plays(self) -> Self:
        if (self.setting == "offline") != (self.stream == NO_STREAM):
            raise ValueError(f"an {self.setting} cell cannot have the stream '{self.stream}'")
        return self


KEY = tuple(Cell.model_fields)
"""What sets a cell apart: the first columns of every table of cells."""


class Outcome(Cell):
    """A cell whose job is done, and what that job counted: `cell.json`."""

    k: Annotated[int, Field(ge=0)]
    """Frames picked: of the first stretch online, of the pool offline."""
    n: Annotated[int, Field(ge=0)]
    """Frames picked from. Stretches in seconds differ where the frame rate varies; what was picked
    of each is in the record."""
    window: Annotated[int, Field(ge=1)] | None = None
    """Online: frames of the first window, which one error leaves out."""
    trainings: Annotated[int, Field(ge=0)]
    refused: Annotated[int, Field(ge=0)] | None = None
    """Of these, whose weights did not go live; None of cells without a guard."""
    unswapped: Annotated[int, Field(ge=0)] | None = None
    """Of these, whose weights the engine did not take; None where torch is the engine."""
    engine: dict[str, str] | None = None
    """Its version, provider and precision; None where it is torch."""
    frames_trained: Annotated[int, Field(ge=0)]
    """Labelled frames trained on, in all trainings."""
    labelled: Annotated[int, Field(ge=0)] | None = None
    """Frames that the teacher was asked for: those picked, or all that were picked from where the
    strategy compares the student with the labels. None of cells that did not count them."""
    epochs: Annotated[int, Field(ge=0)]
    """Of each training, but of those that the clock stops."""
    passes: Annotated[int, Field(ge=0)] | None = None
    """Images that went through the training network; None: the frames trained, each epoch once."""
    record_sha256: str
    weights_sha256: str
    lagged_sha256: str | None = None
    """Of `continual` alone."""
    after_sha256: str | None = None
    """As `final_sha256` of cells that measure forgetting alone."""
    final_sha256: str | None = None

    def write(self, folder: Path) -> None:
        write_summed(folder / "cell.json", self.model_dump_json(indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Outcome":
        """Of a cell's folder; raises `BadInput` where its file is missing, broken or another's."""
        path = folder / "cell.json"
        try:
            cell = cls.model_validate_json(read_summed(path, REPAIR))
        except FileNotFoundError:
            raise BadInput(path, "the cell has no such file", "Let its job finish first") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            faults = {
                "missing": f"has no '{where}'",
                "json_invalid": f"is not readable JSON ({first['msg']})",
            }
            fault = faults.get(first["type"], f"{where}: {first['msg']}")
            raise BadInput(path, fault, REPAIR) from None
        except OSError as error:
            raise unreadable(path, error) from None
        if not folder.resolve().as_posix().endswith(f"/{cell.folder}"):
            fault = f"is of the cell {cell.folder}, in whose folder it is not"
            raise BadInput(path, fault, REPAIR)
        return cell
