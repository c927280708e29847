"""Runs Snakemake as a user does."""

import os
import re
import shutil
import subprocess
import sys
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
