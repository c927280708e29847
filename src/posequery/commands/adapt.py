"""Adapt a student to videos of your own, which are played one after another.

Writes results/NAME.yaml, a study's file, and runs that study: a teacher labels frames, the student
learns from them window by window, and a page, a film and the adapted weights are made below
results/NAME. To change what it does, edit that file and give it to `posequery report`.
"""

import argparse
import re
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from posequery.commands.checkout import root, run_study
from posequery.commands.options import frame_rate
from posequery.jobs.files import BadInput, write_text

_HEAD = "# Made by `posequery adapt`. config/README.md lists every key that it may hold.\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("videos", type=Path, nargs="+", metavar="VIDEO", help="in this order")
    parser.add_argument("--name", help="the study's name; that of the first video by default")
    parser.add_argument("--fps", type=frame_rate, help="frames a second of what has no clock")


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
    name = options.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", options.videos[0].stem).strip("-._")
    file = _file(name)
    there, folder_there = file.exists(), file.parent.exists()
    report = None
    try:
        write_study(name, options.videos, options.fps)
        report = check.look(planned({"study": str(file)}, checkout / "config"))
    finally:
        if not there and (report is None or report.faults):
            with suppress(OSError):  # what was raised before says more
                file.unlink(missing_ok=True)  # it would stand in the way of the corrected command
                if not folder_there:
                    file.parent.rmdir()
    if report.faults:
        print(check.text(report))
        sys.exit(1)
    weights = f"results/{name}/cells/online/stream/*/*/*/*/weights.pt"
    print(f"The study: {file}. The adapted weights: {weights}.", flush=True)
    run_study(str(file))


def _file(name: str) -> Path:
    from posequery.study.schema import NAME

    if not re.fullmatch(NAME, name):
        fault = f"'{name}' cannot be a study's name, which becomes a folder's"
        raise BadInput("--name", fault, "Give one of letters, digits, '.', '_' and '-'")
    return Path("results", f"{name}.yaml")


def write_study(name: str, videos: list[Path], fps: Fraction | None) -> Path:
    """Write results/<name>.yaml, the file of a study of these videos; returns its path.

    Raises `BadInput` for a name that cannot be a study's, and where the file is there with another
    content.
    """
    import yaml

    from posequery.study import parsing

    file = _file(name)
    values: dict[str, object] = {"videos": [str(path.absolute()) for path in videos]}
    values |= {"source": {"fps": str(fps)}} if fps is not None else {}
    if not file.exists():
        write_text(file, _HEAD + yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    elif parsing.read(file) != values:
        fix = f"Run it as it is (posequery report {file}), or give another --name"
        raise BadInput(file, "is there already, with other videos or settings", fix)
    return file
