"""When a study was run, by which code and with what installed: `runs.json`, a record a run."""

import json
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from posequery.jobs.files import REMAKE, BadInput, write_text

RUNS = "runs.json"
"""In the study's folder. It is no part of what two runs have in common."""
PACKAGES = ("av h5py numpy opencv-python-headless scikit-learn scipy snakemake torch").split()
"""Whose versions may decide a number."""


def begin(results: Path, checkout: Path, *, device: str, seeds: list[int]) -> None:
    """Note that a run begins, by the code in `checkout`; before it makes anything."""
    record = {
        "started": _now(),
        "ended": None,
        **code(checkout),
        "device": device,
        "seeds": seeds,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }
    _write(results, [*read(results), record])


def end(results: Path) -> None:
    """Note that the run that began last has made all that it was asked for.

    Within another workflow none is noted when it begins.
    """
    if records := read(results):
        _write(results, [*records[:-1], records[-1] | {"ended": _now()}])


def read(results: Path) -> list[dict[str, Any]]:
    """A record of each run, the first first; raises `BadInput` for a broken file."""
    path = results / RUNS
    if not path.is_file():
        return []
    try:
        records = json.loads(path.read_bytes())
        if all(isinstance(record["started"], str) for record in records):
            return list(records)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise BadInput(path, "is no list of runs", REMAKE)


def code(checkout: Path) -> dict[str, Any]:
    """The commit of a checkout, and the files changed since; None and none outside of git."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(checkout), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    try:
        changed = git("status", "--porcelain", "--untracked-files=no").splitlines()
        return {"commit": git("rev-parse", "HEAD").strip(), "changed": changed}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "changed": []}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _write(results: Path, records: list[dict[str, Any]]) -> None:
    write_text(results / RUNS, json.dumps(records, indent=1) + "\n")
