"""Adapt a student to videos of your own, which are played one after another.

Writes results/NAME.yaml, a study's file, and runs that study: a teacher labels frames, the student
learns from them window by window, and a page, a film and the adapted weights are made below
results/NAME. To change what it does, edit that file and give it to `posequery report`.
"""

import argparse
import math
import re
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from posequery.commands.checkout import environment, reason, root, run_study
from posequery.commands.options import frame_rate, stretch
from posequery.jobs.files import BadInput, write_text

if TYPE_CHECKING:
    from posequery.student.settings import Student
    from posequery.study.check import Report

_HEAD = "# Made by `posequery adapt`. config/README.md lists every key that it may hold.\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("videos", type=Path, nargs="+", metavar="VIDEO", help="in this order")
    parser.add_argument("--name", help="the study's name; that of the first video by default")
    parser.add_argument("--fps", type=frame_rate, help="frames a second of what has no clock")
    window = "how much of the videos it learns from at a time, such as '2 s' or '50 frames'"
    parser.add_argument("--window", type=stretch, help=window)
    weights = "the student to start from, such as results/walk/student/pretrained.pt"
    parser.add_argument("--weights", type=Path, metavar="CHECKPOINT", help=weights)


def call(options: argparse.Namespace) -> None:
    """Write the study's file, unless it is there with the same content, and run it.

    Where a check finds a fault it is printed, nothing is left, and the exit code is 1.
    """
    from posequery.sources import video
    from posequery.study import check
    from posequery.study.plan import planned

    checkout = root()
    for path in options.videos:
        video.info(path, options.fps)  # what is no video is known before a file is written
    name = _name_of(options.videos[0]) if options.name is None else options.name
    file = _file(name)
    there, folder_there = file.exists(), file.parent.exists()
    will_do = False
    try:
        write_study(name, options.videos, options.fps, options.window, options.weights)
        plan = planned({"study": str(file)}, checkout / "config")
        report = check.look(plan)
        if report.faults:
            print(check.text(report) + _about_windows(report))
            sys.exit(1)
        if options.weights:
            _try(plan.study.student, checkout)
        will_do = True
    finally:
        if not there and not will_do:
            with suppress(OSError):  # what was raised before says more
                file.unlink(missing_ok=True)  # it would stand in the way of the corrected command
                if not folder_there:
                    file.parent.rmdir()
    print(f"The study: {file}.", flush=True)
    run_study(str(file))


def _about_windows(report: "Report") -> str:
    """What a window must be, where a fault is about it; it begins a line of its own."""
    keys = ("online.window", "online.rates")
    if not any(fault.path.startswith(keys) for fault in report.faults):
        return ""
    seconds = sum(count / report.fps[slug] for slug, count in report.frames.items())
    least = math.ceil(1 / min(report.study.window_rates))
    return (
        f"\n\nGive another --window: shorter than the videos together, {seconds:.3g} s, and of at "
        f"least {least} frames."
    )


def _try(student: "Student", checkout: Path) -> None:
    """Raise `BadInput` for a checkpoint that cannot be the student.

    It is loaded as its job will, by a process of its own: nothing else here needs torch.
    """
    with TemporaryDirectory() as folder:
        command = [sys.executable, str(checkout / "scripts/import_checkpoint.py")]
        command += ["--checkpoint", str(student.checkpoint), "--network", student.name]
        command += ["--input-size", str(student.input_size), "--output", f"{folder}/student.pt"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment())
    if done.returncode:
        fix = (
            f"Give a student of {student.name} at {student.input_size} pixels; another goes with a "
            "study's file of your own"
        )
        raise BadInput("--weights", reason(done).removeprefix("error: "), fix)


_NAMING = "of letters, digits, '.', '_' and '-'"


def _name_of(video: Path) -> str:
    from posequery.study.schema import NAME

    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", video.stem).strip("-._")
    if not re.fullmatch(NAME, name):
        fault = "its name makes no study's name, which becomes a folder's"
        raise BadInput(video, fault, f"Give --name, {_NAMING}")
    return name


def _file(name: str) -> Path:
    from posequery.study.schema import NAME

    if not re.fullmatch(NAME, name):
        fault = f"'{name}' cannot be a study's name, which becomes a folder's"
        raise BadInput("--name", fault, f"Give one {_NAMING}")
    return Path("results", f"{name}.yaml")


def write_study(
    name: str,
    videos: list[Path],
    fps: Fraction | None = None,
    window: str | None = None,
    weights: Path | None = None,
) -> Path:
    """Write results/<name>.yaml, the file of a study of these videos; returns its path.

    fps: frames a second of videos without a clock. window: as the key `online.window` has it.
    weights: the checkpoint that the student starts from. Raises `BadInput` for a name that cannot
    be a study's, and where the file is there with another content.
    """
    import yaml

    from posequery.jobs import strict_yaml

    file = _file(name)
    values: dict[str, object] = {"videos": [str(path.absolute()) for path in videos]}
    values |= {"source": {"fps": str(fps)}} if fps is not None else {}
    values |= {"student": {"checkpoint": str(weights.absolute())}} if weights else {}
    values |= {"online": {"window": window}} if window else {}
    if not file.exists():
        write_text(file, _HEAD + yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    elif strict_yaml.read(file) != values:
        fix = f"Run it as it is (posequery report {file}), or give another --name"
        raise BadInput(file, "is there already, with other videos or settings", fix)
    return file
