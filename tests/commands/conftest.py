"""The command as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def posequery(tmp_path):
    """Runs `posequery` with some words in an empty folder; returns the finished process."""

    def called(*words):
        return subprocess.run(
            [sys.executable, "-m", "posequery", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
        )

    return called


@pytest.fixture
def started(monkeypatch):
    """The words with which `scripts/run.py` would run, in place of a run."""
    words = []

    def execve(program, command, environment):
        assert program == command[0] == sys.executable
        assert Path(command[1]) == ROOT / "scripts/run.py"
        assert environment["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT / "src")
        words.append(command[2:])

    monkeypatch.setattr(os, "execve", execve)
    return words
