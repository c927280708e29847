"""Teachers: whatever labels a stream.

A teacher is one file or package of this folder, known by its name, that binds `TEACHER`. To add
one:

1. write `teachers/<name>.py` with a function of a stream, the files that the teacher reads, its
   settings and a device that returns `Labels`, and `TEACHER = Teacher(...)` that says what it
   needs; what opens frames or networks is imported inside the function, since every teacher is
   loaded before any job runs;
2. name it under `teachers:` in a study's file, and its settings, if it has any, under its `key`;
3. add `tests/teachers/test_<name>.py` with a class that inherits the common suite
   (`class TestIt(TeacherSuite): name = "<name>"`), run `make docs`, which lists the teacher in
   config/README.md, and `.venv/bin/python -m pytest tests/teachers tests/study/test_schema.py`.

Teachers are loaded by name, so that editing one makes its own labels again and no others.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell
from posequery.metrics import found_error
from posequery.registry import Registry
from posequery.settings import Section

if TYPE_CHECKING:
    from posequery.clips import Stream
    from posequery.sources.kinds import ClipSource, Source
    from posequery.sources.video import VideoInfo

    Videos = Sequence[tuple[ClipSource, VideoInfo | None, int]]


FAR = 0.2
"""Share of the frame's diagonal beyond which it is somebody else: the paper's OpenPose has an error
of 0.006, joints read in a wrong scale are off by 0.25 and more, and nobody runs so far in a frame.

A teacher labels one person. Of several it keeps to the one that it has begun with: the nearest to
the last label, if no farther than this. Where this person is not found, a frame has no label; after
a second without, the teacher begins again with the person whom it sees best.
"""


@dataclass(frozen=True)
class Labels:
    """A teacher's labels of the n frames of a stream.

    joints: (n, 18, 2) float32 in source pixels, NaN where none was found. confidence: (n, 18)
    float32. notes: what the teacher says of its work, as plain data.
    """

    joints: np.ndarray
    confidence: np.ndarray
    notes: Mapping[str, Any] = field(default_factory=dict)


Files = Mapping[str, Any]
"""Each file by the teacher's own name for it: a path, or a list of paths."""
Findings = tuple[list[str], list[BadInput]]
"""Lines for a check of a study's data, and faults."""


@dataclass(frozen=True)
class Teacher:
    """What a study has to know of a teacher before any job runs, and how the teacher labels."""

    title: str
    """Its printed name."""
    label: "Callable[[Stream, Files, Any, str], Labels] | None"
    """From a stream, the files, the settings and a device ('cpu', 'cuda'); None where the clips
    bring the labels."""
    needs: tuple[str, ...] = ()
    """Attributes of `Source` that must be true."""
    key: str = ""
    """The key of a study under which its own settings are."""
    settings: type[Section] = Section
    required: bool = False
    """Whether a study with this teacher must give the settings."""
    torch: bool = False
    """Whether it needs torch."""
    watches: bool = True
    """Whether it reads the source videos as it labels."""
    files: Callable[[Sequence[str]], Files] = lambda slugs: {}
    """From the slugs of the stream's clips to what it reads beside the stream, each path below the
    study's folder."""
    refuse: "Callable[[Any, Source], None]" = lambda settings, source: None
    """Raises ValueError for settings that do not go with a source."""
    readings: Callable[[Any], list[str]] = lambda settings: []
    """What captions report of the settings."""
    inspect: "Callable[[Any, Source, Videos], Findings]" = lambda settings, source, stream: ([], [])
    """Its part of a check of a study's data: what it finds of its own files, from the settings, the
    source, and each clip of the stream with what its video says of itself (None if broken) and how
    many frames the clip will have (0 if unknown)."""

    def fits(self, source: "Source") -> bool:
        """Whether the source has what the teacher needs."""
        return all(getattr(source, need) for need in self.needs)


_TEACHERS = Registry[Teacher](__name__, __path__, "TEACHER", "teacher", reserved=("none",))
names, load, by_label = _TEACHERS.names, _TEACHERS.load, _TEACHERS.by_label


def summary(labels: Labels, stream: "Stream") -> dict[str, Any]:
    """The teacher's error against the clips' own labels, what it found, and its notes.

    `mpjpe_px` is over the limb joints that both have, `found_share` how many of the labelled limb
    joints these are; None where there is no such joint. The paper gives 7.87 px for OpenPose on
    its stream. `labelled_share` is that of the frames in which it found anybody, None where there
    is no frame, `joints_found` the mean number, of 18, of the joints that it found in these.
    """
    error, share = found_error(labels.joints, stream.joints(np.arange(len(stream))))
    joints = _joints_found(labels)
    return {
        "mpjpe_px": None if np.isnan(error) else error,
        "found_share": None if np.isnan(share) else share,
        "labelled_share": float((joints > 0).mean()) if len(joints) else None,
        "joints_found": float(joints[joints > 0].mean()) if joints.any() else 0.0,
        **labels.notes,
    }


def require_labels(
    labels: Labels, stream: "Stream", title: str, least: Fraction, path: str | os.PathLike[str]
) -> None:
    """Report how many frames of a stream a teacher labelled, and where it found nobody.

    Raises `BadInput`, naming the labels' `path`, if it labelled a smaller share than `least`.
    """
    joints = _joints_found(labels)
    seen = joints > 0
    share = f"{seen.sum()} of {len(seen)} frames"
    mean = joints[seen].mean() if seen.any() else 0
    sys.stderr.write(f"{title} found a person in {share}, with {mean:.1f} of 18 joints each\n")
    if seen.sum() < least * len(seen):
        fault = (
            f"{title} found a person in {share}, less than least_labelled={100 * float(least):g}%"
        )
        fix = "Use videos that show a person well, or lower least_labelled in the study's file"
        raise BadInput(path, fault, fix)
    empty = [
        clip.slug
        for clip, start in zip(stream.clips, stream.starts, strict=True)
        if not seen[start : start + clip.frames].any()
    ]
    if empty:
        tell(f"{title} found nobody in {', '.join(empty)}, which therefore has no labels")


def _joints_found(labels: Labels) -> np.ndarray:
    """How many joints each frame's label has (n,)."""
    return np.isfinite(labels.joints).all(axis=2).sum(axis=1)
