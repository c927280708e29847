"""The rendered stand-in: Human3.6M's sequences before one camera, fewer and shorter."""

from typing import Annotated, Literal

from pydantic import Field

from posequery.jobs import bounds
from posequery.settings import one_of
from posequery.sources.human36m import names
from posequery.sources.human36m.settings import Sequences
from posequery.sources.kinds import ClipSource, Rendering, Source
from posequery.sources.rendered import FPS, MORE_SUBJECTS

CAMERA = names.CAMERAS[0]
STREAM_SUBJECTS = ("S1", *MORE_SUBJECTS)
StreamSubject = Annotated[str, one_of("subject", STREAM_SUBJECTS)]
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
    stream_subjects: Annotated[list[StreamSubject], Field(min_length=1)] = ["S1"]
    """Whose 30 sequences make a stream each. All but S1, whose sequences are in the pool as well,
    are rendered for their streams alone."""
    stream_frames: Frames = 28
    """Annotated frames of each of these sequences, and of S1's (at 5 a second)."""
    pool_sequences: Annotated[int, Field(ge=1, le=30)] = 6
    """Sequences of each of S5, S6, S7 and S8."""
    pool_frames: Frames = 10
    """Annotated frames of each of those sequences."""
    test_frames: Frames = 12
    """Annotated frames of each sequence of S9 and S11 (subaction 1 of every action)."""

    @property
    def streams(self) -> list[str]:
        return list(dict.fromkeys(self.stream_subjects))

    @property
    def _subjects(self) -> list[str]:
        return list(dict.fromkeys((*names.SUBJECTS, *self.stream_subjects)))

    def _sequences(self, subject: str) -> tuple[names.Sequence, ...]:
        """All of a stream's, some of the others' of the pool, the first of each action in the
        test."""
        every = tuple(
            sequence
            for sequence in names.sequences("S1" if subject in MORE_SUBJECTS else subject)
            if not names.excluded(self.exclude, subject, sequence.stem, CAMERA)
        )
        if subject in STREAM_SUBJECTS:
            return every
        if subject in names.TEST_SUBJECTS:
            first = names.first_videos(subject, self.first_video)
            return tuple(sequence for sequence in every if sequence in first)
        count = self.pool_sequences
        return tuple(every[number * len(every) // count] for number in range(count))

    def _frames(self, subject: str) -> int:
        if subject in STREAM_SUBJECTS:
            return self.stream_frames
        return self.test_frames if subject in names.TEST_SUBJECTS else self.pool_frames

    def renderings(self) -> list[Rendering]:
        return [
            Rendering(
                subject,
                [sequence.stem for sequence in self._sequences(subject)],
                self._frames(subject),
            )
            for subject in self._subjects
        ]

    def clips(self, out: str, offline: bool) -> list[ClipSource]:  # noqa: ARG002
        return [
            self._clip(f"{out}/data/human36m", subject, sequence)
            for subject in self._subjects
            for sequence in self._sequences(subject)
        ]

    def readings(self, offline: bool) -> dict[str, list[str]]:  # noqa: ARG002
        own = [f"a stream of each of {', '.join(self.streams)}"] if self.streams[1:] else []
        return {"offline": [self.tested_on], "online": own}

    def _clip(self, root: str, subject: str, sequence: names.Sequence) -> ClipSource:
        plays = {
            "pool": subject in names.POOL_SUBJECTS,
            "test": subject in names.TEST_SUBJECTS,
            subject: subject in self.stream_subjects,
        }
        return ClipSource(
            slug=names.slug(subject, sequence.stem, CAMERA),
            subject=subject,
            action=sequence.action,
            subaction=sequence.subaction,
            camera=CAMERA,
            video=str(names.video_path(root, subject, sequence.stem, CAMERA)),
            annotation=str(names.annotation_path(root, subject, sequence.stem, CAMERA)),
            streams=tuple(stream for stream, here in plays.items() if here),
            known=(self._frames(subject), FPS),
        )


SOURCE = Rendered
