"""Damage to any file that the workflow writes for itself: it is refused, or changes nothing."""

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posequery import record, training_sets
from posequery.cell import Outcome
from posequery.clips import (
    Clip,
    ClipInfo,
    ClipWriter,
    Stream,
    jpeg,
    read_labels,
    write_index,
    write_labels,
)
from posequery.evaluation.cells import collect, write_table
from posequery.evaluation.columns import columns
from posequery.jobs.files import BadInput, sha256, summed_by, write_summed
from posequery.offline.scores import write_scores
from posequery.offline.selection import read_selection, window, write_selection
from posequery.online import parts
from posequery.report.cells import read_cells, read_seconds
from posequery.report.teacher import read_teacher_error
from posequery.strategies import Selection
from posequery.student import checkpoint, export
from posequery.student.network import build
from posequery.student.samples import TrainingSet
from posequery.teachers.openpose.detections import Detections, read_detections, write_detections

TRIES = 32
"""Of each kind of damage, to each kind of file."""
LONGEST = 20
"""Seconds that a try may take on a busy machine."""
Read = Callable[[], Any]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).uniform(0, 60, shape).astype(np.float32)


def a_stream(folder: Path) -> Path:
    pixels = np.random.default_rng(2).integers(0, 255, (40, 24, 24, 3), np.uint8)
    info = ClipInfo("a", "S1", "Walking", 1, "c", 40, 5.0, 64, 64, 24, "v.mp4")
    with ClipWriter(folder / "a.h5") as writer:
        for frame in pixels:
            writer.append(frame)
        writer.close(info, noise(40, 18, 2))
    write_index(folder / "stream.json", [folder / "a.h5"])
    return folder / "stream.json"


def a_clip(folder: Path) -> tuple[Path, Read]:
    index = a_stream(folder)

    def read() -> Any:
        clip = Clip(folder / "a.h5")
        try:
            return clip.info, clip.joints, clip.times, clip.frames(np.arange(40))
        finally:
            clip.close()

    def indexed() -> Any:
        # The list of clips does not take a damaged one either.
        write_index(folder / "again.json", [folder / "a.h5"])
        return read(), (folder / "again.json").read_text() == index.read_text()

    return folder / "a.h5", indexed


def an_index(folder: Path) -> tuple[Path, Read]:
    index = a_stream(folder)
    return index, lambda: (Stream(index).clips, Stream(index).frames(np.arange(3)))


def labels(folder: Path) -> tuple[Path, Read]:
    index, path = a_stream(folder), folder / "labels.h5"
    write_labels(path, noise(40, 18, 2), noise(40, 18), index)
    return path, lambda: read_labels(path, index)


def a_record(folder: Path) -> tuple[Path, Read]:
    update = parts.Update(2, np.arange(3), noise(3), np.arange(3))
    for name in "ab":
        said = noise(20, 18, 2), noise(20, 18), noise(20, 18, 2)
        parts.write_part(folder / f"{name}.npz", *said, 1, update)
    path = folder / "record.h5"
    parts.join([folder / "a.npz", folder / "b.npz"], path, 5.0)
    return path, lambda: record.read(path).__dict__


def scores(folder: Path) -> tuple[Path, Read]:
    pool, path = Stream(a_stream(folder)), folder / "scores.h5"
    write_scores(path, noise(40), noise(40, 18), pool.path)
    return path, lambda: window(path, pool, Fraction(1, 2), ("error", "peaks")).__dict__


def detections(folder: Path) -> tuple[Path, Read]:
    path, starts, seen = folder / "found.h5", np.arange(41), np.ones(40, bool)
    found = Detections(noise(40, 18, 2), noise(40, 18), starts, seen, "v.mp4", 64, 64, "of")
    write_detections(path, found)
    return path, lambda: read_detections(path).__dict__


def a_training_set(folder: Path) -> tuple[Path, Read]:
    pixels = np.random.default_rng(2).integers(0, 255, (20, 24, 24, 3), np.uint8)
    images = [training_sets.Image(jpeg(image), noise(1, 18, 2), noise(1, 4)) for image in pixels]
    path = folder / "set.h5"
    training_sets.write(path, images)
    return path, lambda: [TrainingSet(path)[number].__dict__ for number in range(20)]


def a_checkpoint(folder: Path) -> tuple[Path, Read]:
    path = folder / "weights.pt"
    checkpoint.save(
        path,
        build("densenet_small", "a"),
        checkpoint.CheckpointInfo("densenet_small", 96, "student"),
    )

    def read() -> Any:
        network, info = checkpoint.load(path)
        return info, {key: value.numpy() for key, value in network.state_dict().items()}

    return path, read


def an_exported_student(folder: Path) -> tuple[Path, Read]:
    weights, path = a_checkpoint(folder)[0], folder / "student.onnx"
    export.write(weights, path)
    return path, lambda: export.read(path)


def a_selection(folder: Path) -> tuple[Path, Read]:
    pool, path = Stream(a_stream(folder)), folder / "picked.csv"
    write_selection(
        path, pool, Selection(np.arange(0, 40, 2), noise(20), np.arange(20) % 18), "a/5pct/seed0"
    )
    return path, lambda: read_selection(path, pool, "a/5pct/seed0")


CELL = {"setting": "online", "teacher": "t", "method": "uniform", "rate": "1/2", "seed": 0}
CELL |= {"stream": "S1"}
COUNTS = {"k": 1, "n": 2, "trainings": 1, "frames_trained": 1}


def a_cell(folder: Path) -> tuple[Path, Read]:
    outcome = Outcome(**CELL, **COUNTS, epochs=2, record_sha256="0" * 64, weights_sha256="1" * 64)
    outcome.write(folder / outcome.folder)
    return folder / outcome.folder / "cell.json", lambda: Outcome.read(folder / outcome.folder)


def tables(folder: Path) -> tuple[tuple[Path, Path, Path], tuple[Path, Path, Path], Read]:
    """What `measure` writes of three cells and their seconds, and what is collected of it."""
    measured, found = folder / "measures/S1.csv", folder / "measures/S1_breakdown.csv"
    rows = []
    for seed in range(3):
        errors = {"mpjpe_px": 1.5 + seed, "mpjpe_px_without_first_window": 2.5}
        others = dict.fromkeys((column.name for column in columns()), 0.5)
        counts = COUNTS | {"passes": 10, "frames": 40}
        rows.append(CELL | {"seed": seed} | others | errors | counts | {"folder": f"../{seed}"})
        spent = dict.fromkeys(("training", "inference", "selection", "stream"), 2.5)
        write_summed(
            folder / f"{seed}/seconds.json",
            json.dumps(spent),
            f"online/S1/t/uniform/50pct/seed{seed}",
        )
    write_table(measured, list(rows[0]), (row.values() for row in rows))
    by = [*CELL.values(), "joint", "left_knee", 1.5]
    write_table(found, [*CELL, "by", "name", "mpjpe_px"], [by])
    made = tuple(folder / f"{name}.csv" for name in ("cells", "breakdown", "seconds"))

    def read() -> Any:
        collect([measured], [found], *made)
        return [path.read_bytes() for path in made]

    return (measured, found, folder / "1/seconds.json"), made, read


def a_measure(folder: Path) -> tuple[Path, Read]:
    made, _, read = tables(folder)
    return made[0], read


def a_breakdown(folder: Path) -> tuple[Path, Read]:
    made, _, read = tables(folder)
    return made[1], read


def seconds_of_a_cell(folder: Path) -> tuple[Path, Read]:
    made, _, read = tables(folder)
    return made[2], read


def the_cells(folder: Path) -> tuple[Path, Read]:
    _, (path, *_), make = tables(folder)
    make()
    return path, lambda: read_cells(path).to_csv()


def the_seconds(folder: Path) -> tuple[Path, Read]:
    _, (cells, _, path), make = tables(folder)
    make()
    return path, lambda: read_seconds(path, cells).to_csv()


def a_summary(folder: Path) -> tuple[Path, Read]:
    path = folder / "teacher.json"
    write_summed(path, json.dumps({"mpjpe_px": 7.5, "found_share": 0.5, "frames": 40}))
    return path, lambda: read_teacher_error(path)


FILES = {
    "a clip": a_clip,
    "an index": an_index,
    "labels": labels,
    "a record": a_record,
    "scores": scores,
    "detections": detections,
    "a training set": a_training_set,
    "a checkpoint": a_checkpoint,
    "an exported student": an_exported_student,
    "a selection": a_selection,
    "a cell.json": a_cell,
    "a seconds.json": seconds_of_a_cell,
    "a table of measures": a_measure,
    "a table of breakdowns": a_breakdown,
    "cells.csv": the_cells,
    "seconds.csv": the_seconds,
    "a teacher's summary": a_summary,
}


TEXTS = [
    "an index",
    "a selection",
    "a cell.json",
    "a seconds.json",
    "a table of measures",
    "a table of breakdowns",
    "cells.csv",
    "seconds.csv",
    "a teacher's summary",
]


def flipped(data: bytes, random: np.random.Generator) -> bytes:
    place = random.integers(len(data))
    return data[:place] + bytes([data[place] ^ 1 << random.integers(8)]) + data[place + 1 :]


def zeroed(data: bytes, random: np.random.Generator) -> bytes:
    """A block of a disk, or half of a small file."""
    size = min(4096, max(1, len(data) // 2))
    start = random.integers(-(-len(data) // size)) * size
    return data[:start] + bytes(len(data[start : start + size])) + data[start + size :]


def cut(data: bytes, random: np.random.Generator) -> bytes:
    return data[: random.integers(len(data))]


def lengthened(data: bytes, random: np.random.Generator) -> bytes:
    return data + random.bytes(1 + int(random.integers(600)))


def without_a_line(data: bytes, random: np.random.Generator) -> bytes:
    """The last for sure, half of the times."""
    lines = data.splitlines(keepends=True)
    del lines[-1 if random.integers(2) else random.integers(len(lines))]
    return b"".join(lines)


DAMAGES = {
    "a flipped bit": flipped,
    "a zeroed block": zeroed,
    "a missing end": cut,
    "bytes after the end": lengthened,
    "a missing line": without_a_line,
}


@contextmanager
def time_limit() -> Iterator[None]:
    """Ends the process where a read hangs: HDF5 does not return to Python on its own."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other)


@pytest.mark.parametrize("what", FILES)
def test_no_damage_passes(what: str, tmp_path: Path, seed: int, tried) -> None:
    path, read = FILES[what](tmp_path)
    data, expected = path.read_bytes(), read()
    for number, (fault, damage) in enumerate(DAMAGES.items()):
        if fault == "a missing line" and path.suffix not in (".csv", ".json"):
            continue
        random, outcomes = np.random.default_rng([seed, number, len(what)]), Counter()
        for _ in range(TRIES):
            damaged = damage(data, random)
            path.unlink()  # never the same inode: HDF5 remembers open files by it
            path.write_bytes(damaged)
            with time_limit():
                outcomes[outcome(read, expected, unchanged=damaged == data)] += 1
        path.write_bytes(data)
        assert outcomes.keys() <= {"refused", "same result"}, f"{fault} in {what}: {outcomes}"
        tried("5", f"{fault} in {what}", outcomes)
    assert same(read(), expected)


def outcome(read: Read, expected: Any, unchanged: bool) -> str:
    try:
        found = read()
    except BadInput as error:
        return "refused" if str(error).isprintable() and not unchanged else "refused wrongly"
    return "same result" if same(found, expected) else "changed"


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_needs_its_sum(what: str, tmp_path: Path, tried) -> None:
    path, read = FILES[what](tmp_path)
    expected, beside = read(), summed_by(path)
    line = beside.read_text()
    assert line.endswith(f"{sha256(path)}  {path.name}\n")
    agree = ["sha256sum", "--check", "--strict", "--status", beside.name]
    subprocess.run(agree, cwd=path.parent, check=True)
    for content in ("", line[:-1], line.upper(), line.replace(path.name, "other"), line * 2):
        beside.write_text(content)
        with pytest.raises(BadInput, match="its sum differs"):
            read()
    beside.unlink()
    with pytest.raises(BadInput, match="its sum is missing"):
        read()
    beside.write_text(line)
    assert same(read(), expected)
    tried("5", "a damaged or missing sum beside a text", {"refused": 6})
