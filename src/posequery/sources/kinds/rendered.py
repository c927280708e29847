"""The rendered stand-in: Human3.6M's sequences before one camera, fewer and shorter."""

from typing import Annotated, Literal

from pydantic import Field

from posequery.jobs import bounds
from posequery.sources.human36m import names
from posequery.sources.human36m.settings import Sequences
from posequery.sources.kinds import ClipSource, Rendering, Source
from posequery.sources.rendered import FPS

CAMERA = names.CAMERAS[0]
Frames = Annotated[int, Field(ge=1, le=bounds.SEQUENCE)]


class Rendered(Sequences, Source):
    """The stand-in for Human3.6M and COCO, rendered."""

    title = "rendered stand-in"
    has_truth = True
    rendered = True
    makes = "renders"
    subjects_share_names = True
    usual_teacher = "network"
    extraction_threads = 1
    extraction_priority = 0

    kind: Literal["rendered"] = "rendered"
    stream_frames: Frames = 28
    """Annotated frames of each of S1's 30 sequences (at 5 a second)."""
    pool_sequences: Annotated[int, Field(ge=1, le=30)] = 6
    """Sequences of each of S5, S6, S7 and S8."""
    pool_frames: Frames = 10
    """Annotated frames of each of those sequences."""
    test_frames: Frames = 12
    """Annotated frames of each sequence of S9 and S11 (subaction 1 of every action)."""

    def _sequences(self, subject: str) -> tuple[names.Sequence, ...]:
        """All of S1's, some of the others' of the pool, the first of each action in the test."""
        every = tuple(
            sequence
            for sequence in names.sequences(subject)
            if not names.excluded(self.exclude, subject, sequence.stem, CAMERA)
        )
        if subject == "S1":
            return every
        if subject in names.TEST_SUBJECTS:
            first = names.first_videos(subject, self.first_video)
            return tuple(sequence for sequence in every if sequence in first)
        count = self.pool_sequences
        return tuple(every[number * len(every) // count] for number in range(count))

    def _frames(self, subject: str) -> int:
        if subject == "S1":
            return self.stream_frames
        return self.test_frames if subject in names.TEST_SUBJECTS else self.pool_frames

    def renderings(self) -> list[Rendering]:
        return [
            Rendering(
                subject,
                [sequence.stem for sequence in self._sequences(subject)],
                self._frames(subject),
            )
            for subject in names.SUBJECTS
        ]

    def clips(self, out: str, offline: bool) -> list[ClipSource]:  # noqa: ARG002
        return [
            _clip(f"{out}/data/human36m", subject, sequence, self._frames(subject))
            for subject in names.SUBJECTS
            for sequence in self._sequences(subject)
        ]

    def readings(self, offline: bool) -> dict[str, list[str]]:  # noqa: ARG002
        return {"offline": [self.tested_on]}


def _clip(root: str, subject: str, sequence: names.Sequence, frames: int) -> ClipSource:
    if subject in names.TEST_SUBJECTS:
        streams: tuple[str, ...] = ("test",)
    else:
        streams = ("pool", "stream") if subject == "S1" else ("pool",)
    return ClipSource(
        slug=names.slug(subject, sequence.stem, CAMERA),
        subject=subject,
        action=sequence.action,
        subaction=sequence.subaction,
        camera=CAMERA,
        video=str(names.video_path(root, subject, sequence.stem, CAMERA)),
        annotation=str(names.annotation_path(root, subject, sequence.stem, CAMERA)),
        streams=streams,
        known=(frames, FPS),
    )


SOURCE = Rendered
