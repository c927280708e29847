"""Look at a study's data before it runs: what is there, what is broken, what it would take."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posequery.commands.checkout import environment, reason, root
from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell

if TYPE_CHECKING:
    from posequery.study.estimate import Student
    from posequery.study.schema import Study

_CONFIG = "JSON: keys over the file's, and 'python', the interpreter that has torch"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("study", help="a study's name, or the path of its file")
    parser.add_argument("--config", type=keys, default={}, help=_CONFIG)


def keys(text: str) -> dict[str, Any]:
    """A study's keys as a JSON object, which may not name another study."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError('is no JSON object, as {"student": {"images": 100}} is')
    if "study" in found:
        raise argparse.ArgumentTypeError("names a study: name it before --config alone")
    return found


def call(options: argparse.Namespace) -> int | None:
    """Print what was found; 1 if a fault stops the study."""
    from posequery.study import check, estimate
    from posequery.study.plan import planned

    checkout = root()
    plan = planned({"study": options.study, **options.config}, checkout / "config")
    python = str(options.config.get("python", sys.executable))
    study, report = plan.study, check.look(plan, python)
    print(check.text(report), end="\n\n", flush=True)
    files = [path for path in (study.student.checkpoint, study.student.backbone) if path]
    # They are tried whatever else is wrong, as long as they are there.
    if report.faults and not (files and all(path.is_file() for path in files)):
        return 1
    student = _measured(python, checkout, study)
    if report.faults:
        return 1
    work = estimate.work(study, plan.clips, report.frames, report.fps, report.images)
    first, made = next(iter(plan.clips.values())), study.source.makes
    size = study.student.input_size
    extraction = None if made else estimate.measure_extraction(first.video, size)
    print(estimate.text(study, work, extraction, student, report.copied))
    return None


def _measured(python: str, checkout: Path, study: "Study") -> "Student | None":
    """Its files tried and its speed measured, by a process of its own: nothing else needs torch."""
    from posequery.study.estimate import Student

    student = study.student
    recipe = json.dumps(study.training.model_dump(mode="json"))
    command = [python, str(checkout / "scripts/measure_speed.py"), "--network", student.name]
    command += ["--input-size", str(student.input_size), "--device", study.device]
    for key in ("checkpoint", "backbone"):
        path = getattr(student, key)
        command += [f"--{key}", str(path)] if path else []
    command += ["--recipe", recipe]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment())
    except OSError as error:
        fault = f"cannot be run ({error.strerror})"
        raise BadInput(f"python={python}", fault, "Name the interpreter that has torch") from None
    if done.returncode:
        why = reason(done)
        if f"device={study.device}" not in why:
            tell(why)
            sys.exit(1)
        print(f"No hours, since the student's speed could not be measured ({why})")
        return None
    return Student(**json.loads(done.stdout))
