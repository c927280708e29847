"""Under `--sdm conda` a job runs in the interpreter of the environment that its rule names.

conda itself is a stand-in that answers what Snakemake asks, and whose environments hold a `python`
that notes each call: what is under test is which interpreter the rules' commands take.
"""

import os
import sys
from pathlib import Path

import pytest
from runs import snakemake

CONDA = """#!{python}
import json, pathlib, sys

words = sys.argv[1:]
if words == ["--version"]:
    print("conda 24.9.2")
elif words[0] == "info":
    print(json.dumps({{"conda_prefix": {prefix!r}, "platform": "linux-64"}}))
elif words[0] == "config":
    print(json.dumps({{"get": {{"channel_priority": "strict"}}}}))
elif words[0] == "env":
    made = pathlib.Path(words[words.index("--prefix") + 1], "bin")
    made.mkdir(parents=True)
    python = made / "python"
    python.write_text('#!/bin/sh\\necho "$@" >> {calls}\\nexec {python} "$@"\\n')
    python.chmod(0o755)
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the environment's interpreter notes what it is called with."""
    folder = tmp_path / "conda/bin"
    folder.mkdir(parents=True)
    noted = tmp_path / "calls"
    text = CONDA.format(python=sys.executable, prefix=str(folder.parent), calls=noted)
    (folder / "conda").write_text(text)
    (folder / "conda").chmod(0o755)
    (folder / "activate").write_text('export PATH="$1/bin:$PATH"\n')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return noted


def test_jobs_run_in_the_environment_that_conda_makes(calls: Path, tmp_path: Path) -> None:
    target = "results/tiny/clips/S1-Eating-54138969.h5"
    snakemake(tmp_path, "--sdm", "conda", "--config", "study=tiny", "--", target)
    assert (tmp_path / target).is_file()
    scripts = [Path(line.split()[0]).name for line in calls.read_text().splitlines()]
    assert sorted(scripts) == ["extract.py", "render_studio.py"]


def test_without_it_the_interpreter_is_snakemakes_own(calls: Path, tmp_path: Path) -> None:
    target = "results/tiny/clips/S1-Eating-54138969.h5"
    snakemake(tmp_path, "--config", "study=tiny", "--", target)
    assert (tmp_path / target).is_file() and not calls.exists()
