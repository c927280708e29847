"""A study on a cluster with Slurm: what the cluster must have, and what a killed run left on it."""

import hashlib
import subprocess
import time
from collections.abc import Collection, Iterable
from importlib.util import find_spec
from pathlib import Path

import yaml

from posequery.jobs.files import BadInput

PLUGIN = "snakemake-executor-plugin-slurm"
ENDING = 60
"""Seconds that cancelled jobs get to end: Slurm kills them after KillWait, 30 s by default."""


def executor(profile: str | None) -> str:
    """What runs the jobs under a profile of Snakemake's, a folder: "local", "slurm" or another.

    Raises `BadInput` for a folder that holds none, or one that is no YAML.
    """
    if profile is None:
        return "local"
    # Snakemake's names: profile.yaml, profile.v9+.yaml, and the older config.yaml.
    files = sorted([*Path(profile).glob("profile*.yaml"), *Path(profile).glob("config*.yaml")])
    if not files:
        raise BadInput(profile, "there is no profile.yaml", "Name the folder of a profile")
    named = []
    for file in files:
        try:
            keys = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            fault = f"is no YAML ({str(error).splitlines()[0]})"
            raise BadInput(file, fault, "Correct it") from None
        named += [keys["executor"]] if isinstance(keys, dict) and "executor" in keys else []
    return str(named[-1]) if named else "local"


def require_plugin() -> None:
    """Raise `BadInput` if Snakemake cannot submit to Slurm, for which it needs a package."""
    if not find_spec(PLUGIN.replace("-", "_")):
        fix = "Run .venv/bin/pip install -r envs/slurm.lock"
        raise BadInput(PLUGIN, "is not installed", fix)


def job_prefix(out: Path) -> str:
    """What the names of a study's Slurm jobs begin with, whichever run submitted them.

    out: the folder of its results.
    """
    return f"posequery-{hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:12]}"


def cancel(out: Path) -> set[str]:
    """Cancel the Slurm jobs of the study in `out`, and return their numbers.

    To be called by the study's one run, while it submits none. Raises `BadInput` if the
    cluster does not answer.
    """
    if left := _jobs(out):
        _ask("scancel", *left)
    return {*left}


def await_end(out: Path) -> None:
    """Wait until the cancelled Slurm jobs of a study have ended.

    Raises `BadInput` if the cluster does not answer, or if that takes more than `ENDING` seconds.
    """
    for _ in range(ENDING):
        if not _jobs(out):
            return
        time.sleep(1)
    fault = f"its Slurm jobs {', '.join(_jobs(out))} do not end, though they are cancelled"
    raise BadInput(out, fault, "See why (squeue --me), and run again when they have")


def _jobs(out: Path) -> list[str]:
    """Numbers of those that have not ended."""
    rows = _ask("squeue", "--me", "--noheader", "--format=%i %j").splitlines()
    named = [row.partition(" ") for row in rows]
    return [number for number, _, name in named if name.startswith(f"{job_prefix(out)}_")]


def require_plain(words: Iterable[object]) -> None:
    """Raise `BadInput` for a word of a job's command that does not reach Slurm as it is.

    Snakemake puts one with an apostrophe into double quotes, in which a shell reads more.
    """
    for word in map(str, words):
        if "'" in word and any(mark in word for mark in '$`"\\'):
            fault = 'has an apostrophe and one of $ ` " \\, which Snakemake cannot pass to Slurm'
            raise BadInput(word, fault, "Rename it")


def require_partitions(wanted: Collection[str]) -> None:
    """Raise `BadInput` for a partition that the cluster does not have; empty is its default one."""
    if not wanted:
        return
    rows = _ask("sinfo", "--noheader", "--format=%P").split()
    there = {row.rstrip("*") for row in rows}
    it_has = f"it has {', '.join(sorted(there))}"
    for partition in sorted(wanted):
        if not partition and not any(row.endswith("*") for row in rows):
            fault = f"is not given, and the cluster has no default partition ({it_has})"
            raise BadInput(
                "slurm_partition", fault, "Name one under the profile's default-resources"
            )
        if partition and partition not in there:
            fault = f"the cluster has no such partition ({it_has})"
            raise BadInput(
                f"slurm_partition={partition}", fault, "Name one of these in the profile"
            )


def _ask(*command: str) -> str:
    fix = "Run this where jobs are submitted, when Slurm answers"
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BadInput(command[0], f"cannot be run ({error.strerror})", fix) from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise BadInput(command[0], f"failed ({said[-1]})", fix)
    return done.stdout
