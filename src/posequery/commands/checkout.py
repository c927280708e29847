"""The checkout that posequery is imported from: it holds the workflow and the studies that ship."""

import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from posequery.jobs.files import BadInput

PACKAGE = Path(__file__).resolve().parents[1]


def root() -> Path:
    """The checkout's folder; raises `BadInput` where posequery was installed without one."""
    checkout = PACKAGE.parents[1]
    for part in ("Snakefile", "scripts/run.py", "config"):
        if not (checkout / part).exists():
            fault = f"is installed without the workflow: there is no {checkout / part}"
            fix = "Run this from a checkout's own environment (make, or pip install -e . in it)"
            raise BadInput(PACKAGE, fault, fix)
    return checkout


def version() -> str:
    """The project's, by its `pyproject.toml`, or by the installed package's metadata."""
    project = PACKAGE.parents[1] / "pyproject.toml"
    if project.is_file():  # the environment that make makes has no metadata of it
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return metadata.version(PACKAGE.name)


def run_study(*words: str) -> NoReturn:
    """Become `scripts/run.py` with those words, which runs a study and whose child is Snakemake.

    It takes this process's place, so that a terminal's signals reach what knows how to end a run.
    """
    script = str(root() / "scripts/run.py")
    os.execve(sys.executable, [sys.executable, script, *words], environment())


def reason(done: "subprocess.CompletedProcess[str]") -> str:
    """Why a script of the checkout failed: the last line that it wrote."""
    return (done.stderr.strip() or "it gave no reason").splitlines()[-1]


def environment() -> dict[str, str]:
    """The variables for a script of the checkout: it imports this same package."""
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
