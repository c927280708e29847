"""What a study will cost, before any of it runs: frames, trainings, predictions, jobs, bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from posequery import grid
from posequery.online.policies import frames_in
from posequery.schema import Study
from posequery.study import ClipSource


@dataclass(frozen=True)
class Work:
    """What all of a study's jobs do together.

    extracted: frames of all clips. pool, test, stream: frames of each. windows, batches: how often
    a strategy and `continual` train on the stream. pretrained, finetuned, adapted: images that
    pass through a training network, all epochs. predicted: frames that the student predicts.
    cells: how many there are.
    """

    extracted: int
    pool: int
    test: int
    stream: int
    windows: int
    batches: int
    pretrained: int
    finetuned: int
    adapted: int
    predicted: int
    cells: int


def work(
    study: Study,
    clips: Mapping[str, ClipSource],
    frames: Mapping[str, int],
    fps: float,
    images: int,
) -> Work:
    """The work of a study whose clips (by slug) have these `frames`, at `fps` frames a second.

    images: what the student is pre-trained on; 0 where a checkpoint is given.
    """

    def of(stream: str) -> int:
        return sum(frames[slug] for slug, clip in clips.items() if stream in clip.streams)

    pool, test, stream = of("pool"), of("test"), of("stream")
    online, epochs = study.online, study.training.epochs
    if online.first_frames is not None:
        stream = min(stream, frames_in(online.first_frames, fps))
    window = frames_in(online.window, fps)
    every = frames_in(online.continual_every, fps)
    busy = frames_in(online.training_takes, fps) if online.meanwhile == "missed" else 0
    windows, batches = (_trainings(stream, length, busy) for length in (window, every))
    offline = [cell for cell in grid.cells(study) if cell.setting == "offline"]
    lived = [cell for cell in grid.cells(study) if cell.setting == "online"]
    adapted = 0
    for cell in lived:
        times = {"baseline": 0, "once": 1, "continual": batches}.get(cell.method, windows)
        length = every if cell.method == "continual" else window
        adapted += times * int(length * Fraction(cell.rate))
    # `continual` is read twice: by its live weights, and at the other methods' lag.
    plays = len(lived) + sum(cell.method == "continual" for cell in lived)
    scored = pool if offline else 0
    return Work(
        extracted=sum(frames[slug] for slug in clips),
        pool=pool,
        test=test,
        stream=stream,
        windows=windows,
        batches=batches,
        pretrained=images * study.student.recipe.epochs,
        finetuned=epochs * sum(int(pool * cell.rate) for cell in offline),
        adapted=epochs * adapted,
        predicted=scored + len(offline) * test + plays * stream,
        cells=len(offline) + len(lived),
    )


def _trainings(stream: int, length: int, busy: int) -> int:
    """Trainings on a stream: after each whole stretch behind which there is a frame to test."""
    done, start = 0, 0
    while start + length + busy < stream:
        done, start = done + 1, start + length + busy
    return done
