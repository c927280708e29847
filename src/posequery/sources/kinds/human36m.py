"""Human3.6M itself, as its owners ship it or as mmpose rewrites it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from posequery.cell import stream_name
from posequery.jobs.files import BadInput
from posequery.settings import Folder
from posequery.sources.human36m import counts, folders, mmpose, names
from posequery.sources.human36m.settings import Camera, Sequences, Subject
from posequery.sources.kinds import ClipSource, Source


class Human36M(Sequences, Source):
    """Human3.6M itself, as its owners ship it."""

    title = "Human3.6M"
    has_truth = True
    subjects_share_names = True
    advice = (
        "Human3.6M comes from vision.imar.ro/human3.6m, after registration; docs/reproduction.md "
        "says which archives, and how to unpack them."
    )

    kind: Literal["human36m"] = "human36m"
    root: Folder
    """The folder that the archives were unpacked in, which holds `S1`, `S5` and so on (layout
    `mmpose`: `images` and `annotation_body3d`)."""
    layout: Literal["official", "mmpose"] = "official"
    """Videos and CDF files, or the images and annotations that mmpose's `preprocess_h36m.py` makes
    of them (at the full 50 frames/s)."""
    cameras: Annotated[list[Camera], Field(min_length=1)] = ["54138969"]
    """Cameras of the offline pool and test."""
    stream_subjects: Annotated[list[Subject], Field(min_length=1)] = ["S1"]
    """Whose sequences make a stream each: a student lives on each, with each seed."""
    stream_cameras: Annotated[list[Camera], Field(min_length=1)] = ["54138969"]
    """Cameras of the streams. Of several, each subject has a stream before each; they film the same
    motion, and count as one subject's."""
    pool_subjects: Annotated[list[Subject], Field(min_length=1)] = list(names.POOL_SUBJECTS)
    """Whose sequences make the offline pool."""
    test_subjects: Annotated[list[Subject], Field(min_length=1)] = list(names.TEST_SUBJECTS)
    """Whom the offline study tests on, on the first video of each action."""
    frame_counts: Literal["published", "any"] = "published"
    """Whether a sequence's annotation must have the published number of frames. `any` is for a cut
    of your own."""

    @model_validator(mode="after")
    def _apart(self) -> "Human36M":
        both = sorted({*self.pool_subjects} & {*self.test_subjects})
        if both:
            raise ValueError(f"{' and '.join(both)}: in pool_subjects and in test_subjects")
        return self

    @property
    def streams(self) -> list[str]:
        played = [(subject, camera) for subject in self.stream_subjects for camera in self._before]
        return list(dict.fromkeys(self._stream(*one) for one in played))

    @property
    def _before(self) -> list[str]:
        return list(dict.fromkeys(self.stream_cameras))

    def _stream(self, subject: str, camera: str) -> str:
        return stream_name(subject, camera if self._before[1:] else "")

    def clips(self, out: str, offline: bool) -> list[ClipSource]:  # noqa: ARG002
        found = [
            self._clip(subject, sequence, camera, streams)
            for subject in names.SUBJECTS
            for sequence, camera in names.recordings(subject, names.CAMERAS)
            if (streams := self._streams(subject, sequence, camera, offline))
        ]
        for stream in ("pool", "test", *self.streams) if offline else self.streams:
            if not any(stream in clip.streams for clip in found):
                fault = f"leaves no sequence for {_called(stream)}"
                raise BadInput("source.exclude", fault, "Take fewer words, or other subjects")
        return found

    def _streams(
        self, subject: str, sequence: names.Sequence, camera: str, offline: bool
    ) -> tuple[str, ...]:
        """The streams that a sequence before a camera plays in."""
        if names.excluded(self.exclude, subject, sequence.stem, camera):
            return ()
        half = offline and camera in self.cameras
        plays = {
            "pool": half and subject in self.pool_subjects,
            "test": half
            and subject in self.test_subjects
            and sequence in names.first_videos(subject, self.first_video),
            self._stream(subject, camera): subject in self.stream_subjects
            and camera in self.stream_cameras,
        }
        return tuple(stream for stream, here in plays.items() if here)

    def _clip(
        self, subject: str, sequence: names.Sequence, camera: str, streams: tuple[str, ...]
    ) -> ClipSource:
        layout = {"official": names, "mmpose": mmpose}[self.layout]
        where = (subject, sequence.stem, camera)
        counted = self.frame_counts == "published"
        return ClipSource(
            slug=names.slug(*where),
            subject=subject,
            action=sequence.action,
            subaction=sequence.subaction,
            camera=camera,
            video=str(layout.video_path(self.root, *where)),
            annotation=str(layout.annotation_path(self.root, *where)),
            streams=streams,
            stem=sequence.stem,
            expected=counts.expected(subject, sequence.stem) if counted else None,
            short_annotation=(subject, sequence.stem) in counts.SHORT_ANNOTATIONS,
            fps=mmpose.FPS if self.layout == "mmpose" else None,
        )

    def left_out(self, offline: bool) -> tuple[list[str], list[str]]:
        """Known exclusions that bear on the study: those in force, and those that are not.

        The second are `names.EXCLUDED` without what `exclude` names.
        """
        everything = self.model_copy(update={"exclude": []}).clips("", offline)
        played = [(clip.subject, clip.stem, clip.camera) for clip in everything]

        def bears(word: str) -> bool:
            return any(names.excluded([word], *where) for where in played)

        known = [word for word in names.EXCLUDED if word not in self.exclude]
        return list(filter(bears, self.exclude)), list(filter(bears, known))

    def place(self) -> str:
        return f"{self.title} in {self.root}"

    def faults(self, missing: Sequence[Path]) -> list[BadInput]:
        if not self.root.is_dir():
            return []  # which is a fault of the key `root`
        elsewhere = folders.elsewhere(self.root, self.layout)
        return [elsewhere] if elsewhere else folders.lacking(self.root, missing)

    def notes(self, offline: bool) -> list[str]:
        excluded, kept = self.left_out(offline)
        notes = [f"Left out by source.exclude: {', '.join(excluded)}"] if excluded else []
        known = f"Known to be bad, and not in source.exclude: {', '.join(kept)}"
        return [*notes, known] if kept else notes

    def readings(self, offline: bool) -> dict[str, list[str]]:
        excluded, _ = self.left_out(offline)
        common = [f"left out: {', '.join(excluded)}"] if excluded else []
        if self.frame_counts == "any":
            common.append("frame counts need not be the published ones")
        pool, test = ", ".join(self.pool_subjects), ", ".join(self.test_subjects)
        people = f"pool of {pool}, test of {test}, {_cameras(self.cameras)}"
        return {
            "common": common,
            "offline": [self.tested_on, people],
            "online": [self._said_of_streams()],
        }

    def _said_of_streams(self) -> str:
        cameras = _cameras(self._before)
        if self.streams == ["S1"]:
            return f"stream of {cameras}"
        subjects = ", ".join(dict.fromkeys(self.stream_subjects))
        return f"a stream of each of {subjects} before {cameras}"


def _called(stream: str) -> str:
    return f"the {stream}" if stream in ("pool", "test") else f"the stream {stream}"


def _cameras(names: list[str]) -> str:
    return f"camera{'s' if names[1:] else ''} {', '.join(names)}"


SOURCE = Human36M
