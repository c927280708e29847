"""Runs the OpenPose program on one video and reads its JSON files as `Detections`.

The flags are those of the demo openpose.bin (include/openpose/flags.hpp, doc/01_demo.md). The real
program was never run here: the tests use a stand-in that takes the same flags and writes the same
files.
"""

import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from posequery.jobs import cards
from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.sources.video import VideoInfo
from posequery.teachers.openpose.detections import Detections
from posequery.teachers.openpose.json_files import from_json
from posequery.teachers.openpose.places import SUFFIX, title
from posequery.teachers.openpose.settings import OpenPose

HEARTBEAT = 0.5
"""Seconds between two counts of the files that the program has written."""
PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""
LOGGED = 4000
"""Number of characters at the end of the program's output that go into the log."""


def detect(
    video: str | os.PathLike[str],
    about: VideoInfo,
    given: OpenPose,
    scratch: str | os.PathLike[str],
) -> Detections:
    """All people that OpenPose detects in a video, or in a folder of its images.

    about: what the video says of itself. given: the program, openpose.bin, its folder of models
    that contains `pose/`, and how to run it. The program's files go into a separate folder under
    `scratch`, which is removed at the end, as is whatever a killed run on the same video left
    there.

    Raises `BadInput` if the program or its models are missing, and if it dies, leaves out frames or
    writes unusable files.
    """
    program, models = given.program, given.models
    assert program is not None and models is not None
    path = shutil.which(program)
    if path is None:
        fix = "Give the path of openpose.bin, and make it executable"
        raise BadInput(program, "there is no such executable program", fix)
    if not models.is_dir():
        fix = "Give OpenPose's folder 'models', filled by its getModels.sh"
        raise BadInput(models, "there is no such folder", fix)
    source = "--image_dir" if Path(video).is_dir() else "--video"
    cards.take()  # it would use all
    with _folder(scratch, video) as folder:
        output = folder / "json"
        output.mkdir()
        command = [
            os.path.abspath(path),  # noqa: PTH100 (resolving a link would change the name)
            f"{source}={Path(video).absolute()}",
            f"--write_json={output}",
            f"--model_folder={models.absolute()}/",
            f"--model_pose={given.model}",
            f"--net_resolution={given.net_resolution}",
            "--keypoint_scale=0",
            "--display=0",
            "--render_pose=0",
        ]
        with Progress(about.frames, "frames", f"OpenPose on {title(video)}") as progress:
            _run(command, folder, output, progress)
        try:
            found = from_json(output, video, about, given)
        except BadInput as error:
            name = Path(error.path).name
            what = f"its file {name} " if name.endswith(SUFFIX) else ""
            raise BadInput(program, f"ran on {video}: {what}{error.fault}", error.fix) from error
    return replace(found, origin=str(Path(video).absolute()))


@contextmanager
def _folder(scratch: str | os.PathLike[str], video: str | os.PathLike[str]) -> Iterator[Path]:
    parent = Path(scratch).absolute()
    parent.mkdir(parents=True, exist_ok=True)
    prefix = hashlib.sha256(os.fsencode(Path(video).absolute())).hexdigest()[:16]
    for left in parent.glob(f"{prefix}.*"):
        shutil.rmtree(left, ignore_errors=True)
    # A unique name: a killed run's program may still be alive and writing into the old folder.
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}.", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path, output: Path, progress: Progress) -> None:
    with open(folder / "stdout", "w+b") as stdout, open(folder / "stderr", "w+b") as stderr:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            fault = f"cannot be run ({error.strerror})"
            raise BadInput(command[0], fault, "Build OpenPose for this machine") from error
        try:
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(HEARTBEAT)
                progress.advance(_written(output) - progress.done)
            progress.advance(_written(output) - progress.done)  # of one that ended at once
        finally:
            process.kill()  # does nothing if it has ended, that is, unless this run is interrupted
            process.wait()
        output_text, errors = _read(stdout), _read(stderr)
    if process.returncode:
        sys.stderr.write(f"{output_text[-LOGGED:]}\n{errors[-LOGGED:]}\n")
        done = f"{progress.done} of {progress.total} frames"
        fault = f"{_ending(process.returncode)} after {done}: {_reason(errors or output_text)}"
        raise BadInput(command[0], fault, "See the log for its output")
    if not progress.done:
        fault = f"ended without an error message, but wrote no file ({command[1]})"
        raise BadInput(command[0], fault, "Give the path of OpenPose's demo, openpose.bin")


def _die_with_parent() -> None:
    """Linux kills this process when its parent is killed; elsewhere it stays alive."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _written(output: Path) -> int:
    with os.scandir(output) as entries:
        return sum(entry.name.endswith(SUFFIX) for entry in entries)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").strip()


def _ending(code: int) -> str:
    return f"ended with exit code {code}" if code > 0 else f"was killed by {_signal(-code)}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"


def _reason(text: str) -> str:
    """The last line, or the line after the last 'Error:', which OpenPose follows with a trace."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    heads = [number for number, line in enumerate(lines[:-1]) if line == "Error:"]
    if not lines:
        return "it printed nothing"
    return lines[heads[-1] + 1] if heads else lines[-1]
