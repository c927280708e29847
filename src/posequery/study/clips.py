"""A study's clips before extraction: where each comes from, and in which streams it plays."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from posequery.jobs.files import BadInput
from posequery.sources.human36m import counts, mmpose
from posequery.sources.human36m import names as human36m
from posequery.sources.settings import Source
from posequery.study.schema import Study, named_paths

CAMERA = human36m.CAMERAS[0]


LAB_CAMERAS = ("cam01", "cam02", "cam03", "cam04")


@dataclass(frozen=True)
class ClipSource:
    """A clip before it is extracted: where it comes from, and in which streams it plays."""

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


def rendered_sequences(study: Study, subject: str) -> tuple[human36m.Sequence, ...]:
    """The sequences rendered of a subject: all of S1, some of the pool's, the test's first ones."""
    source = study.source
    every = tuple(
        sequence
        for sequence in human36m.sequences(subject)
        if not human36m.excluded(source.exclude, subject, sequence.stem, CAMERA)
    )
    if subject == "S1":
        return every
    if subject in human36m.TEST_SUBJECTS:
        first = human36m.first_videos(subject, source.first_video)
        return tuple(sequence for sequence in every if sequence in first)
    count = source.pool_sequences
    return tuple(every[number * len(every) // count] for number in range(count))


def rendered_frames(study: Study, subject: str) -> int:
    """Annotated frames in each rendered sequence of a subject."""
    if subject == "S1":
        return study.source.stream_frames
    test = subject in human36m.TEST_SUBJECTS
    return study.source.test_frames if test else study.source.pool_frames


FOLDERS = (
    "source.root",
    "student.coco.images",
    "student.validation.images",
    "openpose.labels",
    "openpose.models",
)
"""Keys that name a folder; the others name a file."""


def unusable_files(study: Study) -> Iterator[tuple[str, BadInput]]:
    """What is wrong with each file or folder that the study names, and the key it stands under."""
    for key, path in named_paths(study):
        mend = f"Mend its path under {key}"
        if not path.exists():
            yield key, BadInput(path, "there is no such file", mend)
        elif key != "videos" and path.is_dir() != (key in FOLDERS):
            wanted = "folder" if key in FOLDERS else "file"
            yield key, BadInput(path, f"is no {wanted}", mend)
        elif key == "openpose.program" and not os.access(path, os.X_OK):
            yield key, BadInput(path, "may not be run", "Make it executable (chmod +x)")
        if {"{", "}"} & set(str(path)):
            yield key, BadInput(path, "holds a brace, a wildcard to Snakemake", "Rename it")


def clips(study: Study, out: str) -> dict[str, ClipSource]:
    """Every clip of a study by its slug, in stream order."""
    if study.source.kind == "rendered":
        found = [
            _rendered(f"{out}/data/human36m", subject, sequence)
            for subject in human36m.SUBJECTS
            for sequence in rendered_sequences(study, subject)
        ]
    elif study.source.kind == "human36m":
        found = list(_human36m(study.source, study.offline is not None))
        for name in ("pool", "test", "stream") if study.offline else ("stream",):
            if not any(name in clip.streams for clip in found):
                fault = f"leaves no sequence for the {name}"
                raise BadInput("source.exclude", fault, "Take fewer words, or other subjects")
    elif study.source.kind == "lab":
        videos = [f"{out}/data/pose2sim/videos/{camera}.mp4" for camera in LAB_CAMERAS]
        found = [
            ClipSource(camera, "person", "lab", 1, camera, video, None, ("stream",))
            for camera, video in zip(LAB_CAMERAS, videos, strict=True)
        ]
    else:
        found = []
        for number, path in enumerate(study.videos, start=1):
            stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-") or "video"
            slug = f"{number:02d}-{stem}"
            found.append(ClipSource(slug, "person", stem, 1, "own", str(path), None, ("stream",)))
    return {clip.slug: clip for clip in found}


def _rendered(root: str, subject: str, sequence: human36m.Sequence) -> ClipSource:
    if subject in human36m.TEST_SUBJECTS:
        streams: tuple[str, ...] = ("test",)
    else:
        streams = ("pool", "stream") if subject == "S1" else ("pool",)
    return ClipSource(
        slug=human36m.slug(subject, sequence.stem, CAMERA),
        subject=subject,
        action=sequence.action,
        subaction=sequence.subaction,
        camera=CAMERA,
        video=str(human36m.video_path(root, subject, sequence.stem, CAMERA)),
        annotation=str(human36m.annotation_path(root, subject, sequence.stem, CAMERA)),
        streams=streams,
    )


def _human36m(source: Source, offline: bool) -> Iterator[ClipSource]:
    """Human3.6M's clips of a study, subject by subject in stream order."""
    layout = {"official": human36m, "mmpose": mmpose}[source.layout]
    root = source.root or ""
    counted = source.frame_counts == "published"
    for subject in human36m.SUBJECTS:
        first = human36m.first_videos(subject, source.first_video)
        for sequence, camera in human36m.recordings(subject, human36m.CAMERAS):
            where = (subject, sequence.stem, camera)
            if human36m.excluded(source.exclude, *where):
                continue
            plays = {
                "pool": offline and subject in source.pool_subjects and camera in source.cameras,
                "test": offline
                and subject in source.test_subjects
                and camera in source.cameras
                and sequence in first,
                "stream": subject == "S1" and camera in source.stream_cameras,
            }
            streams = tuple(name for name, here in plays.items() if here)
            if streams:
                yield ClipSource(
                    slug=human36m.slug(*where),
                    subject=subject,
                    action=sequence.action,
                    subaction=sequence.subaction,
                    camera=camera,
                    video=str(layout.video_path(root, *where)),
                    annotation=str(layout.annotation_path(root, *where)),
                    streams=streams,
                    stem=sequence.stem,
                    expected=counts.expected(subject, sequence.stem) if counted else None,
                )


def left_out(study: Study) -> tuple[list[str], list[str]]:
    """Known exclusions that bear on a study of Human3.6M: those in force, and those that are not.

    The second are `human36m.EXCLUDED` without what `source.exclude` names.
    """
    everything = study.model_copy(
        update={"source": study.source.model_copy(update={"exclude": []})}
    )
    played = [(clip.subject, clip.stem, clip.camera) for clip in clips(everything, "").values()]

    def bears(word: str) -> bool:
        return any(human36m.excluded([word], *where) for where in played)

    named = study.source.exclude
    known = [word for word in human36m.EXCLUDED if word not in named]
    return list(filter(bears, named)), list(filter(bears, known))


def require_sources(study: Study, clips: dict[str, ClipSource], out: Path) -> None:
    """Raise `BadInput` for what is missing and still to be read.

    What was made of it may be in `out`: results may lie where the data are not.
    """
    unmade = [clip for clip in clips.values() if not (out / "clips" / f"{clip.slug}.h5").is_file()]
    made = {
        "student": (out / "student/pretrained.pt").is_file(),
        "openpose": (out / "labels/openpose.h5").is_file(),
    }
    for key, fault in unusable_files(study):
        if not made.get(key.split(".")[0], not unmade):
            raise fault
    if study.source.kind != "human36m":
        return
    files = (file for clip in unmade for file in (clip.video, clip.annotation) if file)
    missing = [file for file in files if not Path(file).exists()]
    if missing:
        many = f" ({len(missing)} files are missing, this is the first)" if missing[1:] else ""
        told = f"there is no such video or annotation{many}"
        raise BadInput(missing[0], told, "`make check CONFIG=...` tells all that is missing")
