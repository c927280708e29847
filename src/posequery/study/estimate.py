"""What a study will cost, before any of it runs: frames, trainings, bytes, hours."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from posequery import strategies
from posequery.online.clock import Train
from posequery.online.policies import Policy, by_its_clock, trainings
from posequery.settings import counted
from posequery.sources.extraction import compressed
from posequery.sources.kinds import ClipSource
from posequery.study import grid
from posequery.study.conditions import timing_of
from posequery.study.schema import Study

RECORDED = 364
"""Bytes that a cell keeps of each frame that it predicts (`posequery.record`)."""
SAMPLE = 200
"""Frames of a video that extraction is timed on."""


class Extraction(NamedTuple):
    """Frames a second, and bytes that each takes in its clip."""

    frames: float
    bytes: float


class Student(NamedTuple):
    """Images a second that this machine trains and reads, and the bytes of the weights."""

    training: float
    inference: float
    weights: int


@dataclass(frozen=True)
class Work:
    """What all of a study's jobs do together.

    extracted: frames of all clips. pool, test, stream: frames of each; scored: of the pool, once
    before the cells. windows, batches: how often a strategy and `continual` train on the stream.
    pretrained, finetuned, adapted: images that pass through a training network, all epochs.
    predicted: frames that the student predicts; mirrored: those that it reads once more, of which
    nothing is kept. cells: how many there are.
    """

    extracted: int
    pool: int
    test: int
    stream: int
    scored: int
    windows: int
    batches: int
    pretrained: int
    finetuned: int
    adapted: int
    predicted: int
    mirrored: int
    cells: int


def work(
    study: Study,
    clips: Mapping[str, ClipSource],
    frames: Mapping[str, int],
    fps: Mapping[str, float],
    images: int,
) -> Work:
    """The work of a study whose clips (by slug) have these `frames`, at `fps` frames a second.

    fps: of each clip that is whole. images: what the student is pre-trained on; 0 where a
    checkpoint is given.
    """

    def of(stream: str) -> int:
        return sum(frames[slug] for slug, clip in clips.items() if stream in clip.streams)

    pool, test, stream = of("pool"), of("test"), of("stream")
    online, epochs = study.online, study.training.epochs
    played = [slug for slug, clip in clips.items() if "stream" in clip.streams and slug in fps]
    timing = timing_of(study, [(frames[slug], fps[slug]) for slug in played])
    stream = len(timing)
    windows = _sizes(trainings(Policy(online.window), timing, online))
    batches = []
    if "continual" in online.methods:
        batches = _sizes(trainings(Policy(online.continual_every), timing, online))
    every = _sizes(trainings(Policy(online.window), timing, by_its_clock("all", online, None)[0]))
    offline = [cell for cell in grid.cells(study) if cell.setting == "offline"]
    lived = [cell for cell in grid.cells(study) if cell.setting == "online"]
    adapted = 0
    for cell in lived:
        own = {"baseline": [], "once": windows[:1], "continual": batches, "all": every}
        adapted += sum(int(size * cell.rate) for size in own.get(cell.method, windows))
    # `continual` is read twice: by its live weights, and at the other methods' lag.
    plays = len(lived) + sum(cell.method == "continual" for cell in lived)
    mirrored = sum(_mirrored([cell.method]) for cell in lived) * stream
    scored = pool if offline else 0
    return Work(
        extracted=sum(frames[slug] for slug in clips),
        pool=pool,
        test=test,
        stream=stream,
        scored=scored,
        windows=len(windows),
        batches=len(batches),
        pretrained=images * study.student.recipe.epochs,
        finetuned=epochs * sum(int(pool * cell.rate) for cell in offline),
        adapted=epochs * adapted,
        predicted=scored + len(offline) * test + plays * stream,
        mirrored=scored * _mirrored(study.strategies) + mirrored,
        cells=len(offline) + len(lived),
    )


def _mirrored(methods: Iterable[str]) -> bool:
    """Whether one is a strategy that has each frame read a second time, mirrored; what else a
    strategy needs is reduced from the first reading."""
    known = strategies.names()
    return any("flipped" in strategies.load(name).extras for name in methods if name in known)


def _sizes(found: Sequence[Train]) -> list[int]:
    """Frames of the stretch that each training picks from."""
    return [training.stop - training.first for training in found]


def measure_extraction(path: str, size: int) -> Extraction:
    """Extract a video's first frames as a job does, with two threads, and keep nothing."""
    start, count, written = time.perf_counter(), 0, 0
    with closing(compressed(path, size, threads=2, most=SAMPLE)) as frames:
        for data, _ in frames:
            count, written = count + 1, written + len(data)
    return Extraction(count / (time.perf_counter() - start), written / count)


def duration(seconds: float) -> str:
    """A length of time in the unit that suits it: '12 s', '15 min', '31 h', '3 days'."""
    for name, unit, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 100)):
        if seconds < most * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400:,.0f} days"


def size(amount: float) -> str:
    """A number of bytes in the unit that suits it: '0.4 MB', '12 GB'."""
    name, unit = ("GB", 1e9) if amount >= 1e9 else ("MB", 1e6)
    return f"{amount / unit:,.{1 if amount < 10 * unit else 0}f} {name}"


def text(
    study: Study,
    done: Work,
    extraction: Extraction | None,
    student: Student | None,
    copied: int,
) -> str:
    """The estimate for a person; without `student` it has no hours of training and reading, and
    without `extraction`, where there is no video yet, neither those of extraction nor the clips'
    bytes.

    copied: bytes of images that the study keeps beside what it makes.
    """
    rows: list[tuple[str, int, str, float | None]] = [
        ("extract", done.extracted, "frames", extraction and extraction.frames),
        ("pre-train", done.pretrained, "images", student and student.training),
        ("fine-tune", done.finetuned, "images", student and student.training),
        ("adapt", done.adapted, "images", student and student.training),
        ("predict", done.predicted + done.mirrored, "frames", student and student.inference),
    ]
    seeds = "one seed takes" if len(study.seeds) == 1 else f"{len(study.seeds)} seeds take"
    lines = [f"What {seeds}, by rates measured here ({study.device}, one job at a time):", ""]
    seconds = 0.0
    for what, amount, unit, rate in rows:
        if not amount:
            continue
        line = f"  {what:<10} {amount:>15,} {unit}"
        if rate:
            seconds += amount / rate
            line += f"  {rate:>8,.1f}/s  {duration(amount / rate):>10}"
        lines.append(line)
    disk = done.extracted * (extraction.bytes if extraction else 0) + copied
    if student:
        disk += done.cells * student.weights
        lines.append(f"  {'together':<10} {duration(seconds):>45}")
    disk += RECORDED * (done.predicted - done.scored)
    beside = "" if extraction else " beside the data and their frames"
    where = f"{size(disk)} in results/{study.name}{beside}"
    lines += ["", f"{counted(done.cells, 'cell')}; {where}."]
    if not extraction:
        made = {"renders": "render", "fetches": "fetch"}[study.source.makes]
        lines.append(f"To {made} the videos and to extract their frames is not in these hours.")
    openpose = study.settings_of("openpose")
    if openpose and openpose.program:
        lines.append(f"OpenPose's own time on {done.stream:,} frames is not in these hours.")
    lines.append(
        f"The stream has {done.stream:,} frames; windows that are trained on: {done.windows}."
    )
    if study.online.clock != "ideal":
        lines.append(f"By the clock '{study.online.clock}' fewer may be trained on.")
    if "continual" in study.online.methods:
        lines.append(f"Batches that continual trains on: {done.batches}.")
    return "\n".join(lines)
