"""Kinds of source: where a study's frames come from.

A kind is one file of this folder, known by its name, that binds `SOURCE`. To add one:

1. write `sources/kinds/<kind>.py` with a subclass of `Source`, which has the keys of the kind,
   lists its clips and says of itself what differs from the defaults, and `SOURCE = ` this class;
2. name it in a study's file: `source: {kind: <kind>, ...}`;
3. add `tests/sources/kinds/test_<kind>.py` with a class that inherits the common suite
   (`SourceSuite`), run `make docs`, which lists its keys in config/README.md, and
   `.venv/bin/python -m pytest tests/sources/kinds tests/study/test_schema.py`.

A validated object of the class is the study's `source`; it is asked, and never its kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

from posequery.jobs.files import BadInput
from posequery.registry import Registry
from posequery.settings import Duration, Rate, Section

DEFAULT = "videos"
"""The kind of a study that names none."""


@dataclass(frozen=True)
class ClipSource:
    """A clip before it is extracted: where it comes from, and in which streams it plays, by their
    names, the pool and the test among them."""

    slug: str
    subject: str
    action: str
    subaction: int
    camera: str
    video: str
    annotation: str | None
    streams: tuple[str, ...]
    stem: str = ""
    """Human3.6M's name of the sequence."""
    expected: int | None = None
    """Frames that its annotation must have."""
    short_annotation: bool = False
    """Whether its annotation is known to end long before its video."""
    fps: Fraction | None = None
    """Frames a second of its video, where that does not state it."""
    known: tuple[int, float] | None = None
    """How many frames it will have, and how many a second, where that is known before."""
    package: str = ""
    """The folder of the fetched package that holds its video, if one does."""

    @property
    def video_file(self) -> dict[str, str]:
        """What must be there for its video to be read: the package, or the video itself."""
        return {"package": self.package} if self.package else {"video": self.video}

    @property
    def files(self) -> dict[str, str]:
        """What it is extracted from."""
        return self.video_file | ({"annotation": self.annotation} if self.annotation else {})


@dataclass(frozen=True)
class Rendering:
    """What is rendered of one subject: sequences by their stems, annotated frames of each."""

    subject: str
    stems: Sequence[str]
    frames: int


class Split(Section):
    """How videos without ground truth are split in time, for an offline study."""

    pool: Rate = Fraction(7, 10)
    """The share of each video, from its start, that is the pool."""
    # Frames next to each other show nearly the same pose: without a gap the test would begin with
    # what was trained on.
    gap: Duration = "1 s"
    """How much of each video lies between its pool and its test, and is in neither."""


class Source(Section, ABC):
    """A kind of source, and the keys of a study that are its own."""

    kind: str
    title: ClassVar[str]
    """What captions call it."""
    has_truth: ClassVar[bool] = False
    """Whether its frames come with ground truth."""
    rendered: ClassVar[bool] = False
    """Whether they show rendered people."""
    makes: ClassVar[str] = ""
    """How a study comes by the data by itself: 'renders' or 'fetches'; else they must be there."""
    subjects_share_names: ClassVar[bool] = False
    """Whether the videos of different subjects have the same names."""
    whole: ClassVar[str] = ""
    """Why the stream may not be ended early, where that is so."""
    calibration: ClassVar[str] = ""
    """The file in the fetched package that calibrates the cameras, where they see one person."""
    usual_teacher: ClassVar[str] = "openpose"
    """Whom tables name beside ground truth where a study has no other teacher."""
    advice: ClassVar[str] = ""
    """Where to read on when something is wrong with its files."""
    extraction_threads: ClassVar[int] = 2
    # What is wrong with somebody's own videos shows before the long trainings.
    extraction_priority: ClassVar[int] = 90

    @property
    def filmed(self) -> bool:
        """Whether its frames show real people."""
        return not self.rendered

    @property
    def streams(self) -> list[str]:
        """The names of its streams, each of which a student lives on; those of one subject are
        named by `cell.stream_name`."""
        return ["stream"]

    @property
    def frame_rate(self) -> Fraction | None:
        """Frames a second of its streams, where that is known before a video is read."""
        return None

    @property
    def parts(self) -> Split | None:
        """How its streams' videos make a pool and a test; None where they have clips of their
        own."""
        return None

    @abstractmethod
    def clips(self, out: str, offline: bool) -> list[ClipSource]:
        """Every clip in stream order.

        out: the study's folder, in which fetched and rendered data lie. offline: whether there is
        an offline half, which alone plays a pool and a test. Raises BadInput.
        """

    def renderings(self) -> list[Rendering]:
        """What the study has to render."""
        return []

    def place(self) -> str:
        """Whose data they are and where they lie, as a check of them says it."""
        return self.title

    def faults(self, missing: Sequence[Path]) -> list[BadInput]:
        """What is wrong as a whole with data some of whose files are `missing`."""
        return [BadInput(file, "there is no such file", "Check the path") for file in missing]

    def notes(self, offline: bool) -> list[str]:  # noqa: ARG002
        """What a check of the data says beside counts and faults."""
        return []

    def readings(self, offline: bool) -> Mapping[str, Sequence[str]]:  # noqa: ARG002
        """What captions say of it: in all ('common'), of offline numbers, and of online ones."""
        return {}


class Unlabelled(Source, ABC):
    """A kind whose videos come without ground truth, and are labelled by a teacher alone."""

    split: Split = Split()
    """How each video is split in time where there is an offline half: its start makes the pool, its
    end the test, and the teacher's labels stand in for the truth in both."""

    @property
    def parts(self) -> Split:
        return self.split

    def plays(self, offline: bool) -> tuple[str, ...]:
        """The streams of each of its videos."""
        return (*self.streams, "pool", "test") if offline else tuple(self.streams)


_KINDS = Registry[type[Source]](__name__, __path__, "SOURCE", "source kind")
names, load = _KINDS.names, _KINDS.load
