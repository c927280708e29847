"""Runs Snakemake as a user does."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def snakemake(
    folder: Path, *arguments: str, root: Path = ROOT, ok: bool = True
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile")]
    command += ["--directory", str(folder), "--cores", "2", *arguments]
    # Without the tests' own PYTHONPATH: the workflow must find its checkout by itself.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode == 0) == ok, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def started(command: Sequence[str], folder: Path, **changed: str) -> subprocess.Popen[str]:
    """A program that runs in `folder`, with changes to the environment; see `ended`."""
    # A file, since what a killed run leaves running holds on to a pipe.
    said = tempfile.TemporaryFile("w+")  # noqa: SIM115 (as long as the run)
    environment = {**os.environ, **changed}
    run = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
    run.said = said
    return run


def ended(run: subprocess.Popen[str], seconds: int = 300) -> tuple[int, str]:
    """What `started` returned has ended by then: its exit code, and all that it said."""
    code = run.wait(timeout=seconds)
    run.said.seek(0)
    return code, run.said.read()


def planned(text: str) -> dict[str, int]:
    """Number of jobs by rule, from a dry run's table."""
    rows = re.findall(r"^(\w+) +(\d+)$", text, re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule != "total"}


def checkout(folder: Path) -> Path:
    """A copy in `folder` of what the workflow needs of this checkout, to be edited."""
    folder.mkdir(exist_ok=True)
    for name in ("Snakefile", "config", "envs", "scripts", "src", "workflow"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    return folder
